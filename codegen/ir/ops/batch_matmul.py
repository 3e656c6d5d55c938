"""Products of two computed matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codegen.ir.constraints import product_factor, quantized, uniform_operands
from codegen.ir.operator import Constraint, Operator, Shape
from codegen.ir.tensor import DType


def matrices_fit(op: BatchMatMul) -> str | None:
    """Both have rank 2 or more, the same inner dimension, and batches that broadcast as numpy's do."""
    a, b = op.x, op.operand(1)
    text = f"{a.type_text} and {b.type_text} cannot be multiplied"
    if min(len(a.shape), len(b.shape)) < 2 or op.matrix(0)[1] != op.matrix(1)[0]:
        return text
    pairs = zip(a.shape[-3::-1], b.shape[-3::-1], strict=False)
    return None if all(p == q or 1 in (p, q) for p, q in pairs) else text


@dataclass(eq=False, kw_only=True)
class BatchMatMul(Operator):
    """a @ b over the last two dimensions; `adj_x` and `adj_y` transpose them first."""

    kind: ClassVar[str] = "batch_matmul"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (uniform_operands, matrices_fit)
    constraints: ClassVar[tuple[Constraint, ...]] = (quantized, product_factor)

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
