"""Products of two computed matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codegen.ir.constraints import product_factor, quantized, symmetric_int16, uniform_operands
from codegen.ir.operator import Activation, Constraint, Operator, Shape
from codegen.ir.ops.linear import MAX_INT16_FACTOR
from codegen.ir.tensor import DType, Tensor


def matrices_fit(op: BatchMatMul) -> str | None:
    """Both have rank 2 or more, the same inner dimension, and batches that broadcast as numpy's do."""
    a, b = op.x, op.operand(1)
    text = f"{a.type_text} and {b.type_text} cannot be multiplied"
    if min(len(a.shape), len(b.shape)) < 2 or op.matrix(0)[1] != op.matrix(1)[0]:
        return text
    pairs = zip(a.shape[-3::-1], b.shape[-3::-1], strict=False)
    return None if all(p == q or 1 in (p, q) for p, q in pairs) else text


MAX_DEPTH_INT16 = 1 << 17


def short_sums(op: BatchMatMul) -> str | None:
    """In int16 a sum has fewer than 2^17 products, and their scale is below 2^7 output scales."""
    a, b, y = (t.quant for t in (op.x, op.operand(1), op.y))
    if op.y.dtype is not DType.INT16 or a is None or b is None or y is None:
        return None
    depth, factor = op.matrix(0)[1], a.scale * b.scale / y.scale
    fits = depth < MAX_DEPTH_INT16 and factor < MAX_INT16_FACTOR
    return None if fits else f"sums of {depth} products, each {factor:.3g} steps of the output"


@dataclass(eq=False, kw_only=True)
class BatchMatMul(Operator):
    """a @ b over the last two dimensions; `adj_x` and `adj_y` transpose them first."""

    kind: ClassVar[str] = "batch_matmul"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT16, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_operands, matrices_fit)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, symmetric_int16, product_factor, short_sums)

    adj_x: bool = False
    adj_y: bool = False

    def matrix(self, which: int) -> tuple[int, int]:
        """Rows and columns of operand 0 or 1 as they are multiplied."""
        rows, columns = self.operand(which).shape[-2:]
        return (columns, rows) if (self.adj_x, self.adj_y)[which] else (rows, columns)

    def infer_shapes(self) -> list[Shape]:
        """Broadcast batches, rows of a, columns of b."""
        batches = np.broadcast_shapes(self.x.shape[:-2], self.operand(1).shape[:-2])
        return [(*batches, self.matrix(0)[0], self.matrix(1)[1])]

    def macs(self) -> int:
        """Outputs times the inner dimension."""
        return self.y.size * self.matrix(0)[1]


def product_types(op: MatrixProduct) -> str | None:
    """x, weights and result have one type, of those listed; the bias, if there is one, is a constant int32."""
    types = {op.x.dtype, op.weights.dtype, op.y.dtype}
    if len(types) > 1 or op.x.dtype not in op.types:
        return f"{op.x.type_text} and weights {op.weights.type_text} cannot give {op.y.dtype.value}"
    bias = op.bias
    if bias is None or (bias.is_constant and bias.dtype is DType.INT32):
        return None
    return f"bias {bias.name!r} is {bias.type_text}, not a constant of int32"


def product_shapes(op: MatrixProduct) -> str | None:
    """Weights have rank 2, [O, K], the bias O elements; the input's elements divide into rows of K."""
    if len(op.weights.shape) != 2:
        return f"weights {op.weights.name!r} are {op.weights.type_text}, not rank 2"
    outputs, depth = op.weights.shape
    if op.x.size % depth or (op.keep_dims and op.x.shape[-1:] != (depth,)):
        return f"input {op.x.type_text} does not divide into rows of {depth} elements"
    return f"bias {op.bias.type_text} for {outputs} outputs" if op.bias and op.bias.size != outputs else None


@dataclass(eq=False, kw_only=True)
class MatrixProduct(Operator):
    """FULLY_CONNECTED whose weights are computed at run time: y = x * weights^T + bias, integers.

    x is seen as [rows, K]; weights [O, K]; bias [O]; y is [rows, O], or x.shape[:-1] + [O] when `keep_dims`.
    """

    kind: ClassVar[str] = "matrix_product"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8)
    preconditions: ClassVar[tuple[Constraint, ...]] = (product_types, product_shapes)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, product_factor)

    keep_dims: bool = False
    activation: Activation = Activation.NONE

    @property
    def weights(self) -> Tensor:
        """[O, K]."""
        return self.operand(1)

    @property
    def bias(self) -> Tensor | None:
        """[O]."""
        return self.inputs[2]

    def infer_shapes(self) -> list[Shape]:
        """[rows, O] or [..., O]."""
        o, k = self.weights.shape
        return [(*self.x.shape[:-1], o) if self.keep_dims else (self.x.size // k, o)]

    def macs(self) -> int:
        """Rows times weights."""
        return self.x.size // self.weights.shape[1] * self.weights.size
