"""Products of two computed matrices."""

from __future__ import annotations

import math

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, RowsHeld, rowwise, whole
from codegen.backends.portable import cost
from codegen.backends.portable.rows import only
from codegen.ir import DType, Tensor
from codegen.ir.ops import BatchMatMul, MatrixProduct
from codegen.reference import function_parameters as parameters
from codegen.reference.fixed_point import narrow_multiplier

SUFFIX = {DType.INT8: "s8", DType.INT16: "s16", DType.FLOAT32: "f32"}
PRODUCT = 10
"""Instructions per product of integers."""


def batch_matmul(op: BatchMatMul, core: Core) -> list[Candidate]:
    """Sum by sum, with any strides; a transposed operand is read where it lies."""
    a, b = op.x, op.operand(1)
    (rows, depth), (_, columns) = op.matrix(0), op.matrix(1)
    a_steps, b_steps = _steps(a, adjoint=op.adj_x), _steps(b, adjoint=op.adj_y)
    known = a if a.is_constant else b if b.is_constant else None
    params: Fields = (
        ("constant", None if known is None else Constant("matrix", known.value, known.type_text)),
        ("constant_is_a", int(known is a)),
        ("batches", math.prod(op.y.shape[:-2])),
        ("a_batches", _batches(a, op.y)),
        ("b_batches", _batches(b, op.y)),
        ("rows", rows),
        ("columns", columns),
        ("depth", depth),
        ("a_row_step", a_steps[0]),
        ("a_depth_step", a_steps[1]),
        ("b_depth_step", b_steps[0]),
        ("b_column_step", b_steps[1]),
        *_numbers(op),
    )
    suffix = SUFFIX[op.y.dtype]
    kernel = f"genc_batch_matmul_{suffix}" if known is None else f"genc_batch_matmul_constant_{suffix}"
    read = tuple(whole(t, 1, t.dtype.bytes) for t in (a, b) if t is not known)
    call = Call(kernel, params, read, (rowwise(op.y, 1, op.y.dtype.bytes),), 1)
    product = 6 + 2 * cost.float_operation(core) if op.y.dtype is DType.FLOAT32 else PRODUCT
    return only(op, call, op.macs() * product + op.y.size * (20 + cost.scaling(core)), "sum by sum")


def matrix_product(op: MatrixProduct, core: Core) -> list[Candidate]:
    """FULLY_CONNECTED of weights that are computed at run time."""
    p = parameters.matrix_product(op)
    outputs, depth = op.weights.shape
    rows = op.x.size // depth
    bias = None if op.bias is None else Constant("bias", op.bias.value.reshape(-1).astype(np.int32))
    params: Fields = (
        ("depth", depth),
        ("x_held", RowsHeld(0)),
        ("outputs", outputs),
        ("y_held", RowsHeld(2)),
        ("x_zero", p.x_zero),
        ("w_zero", p.w_zero),
        ("bias", bias),
        ("multiplier", p.multiplier),
        ("right", 31 - p.shift),
        ("y_zero", p.y_zero),
        ("low", p.low),
        ("high", p.high),
    )
    kernel = "genc_matrix_product_u8" if op.y.dtype is DType.UINT8 else "genc_matrix_product_s8"
    call = Call(kernel, params, (rowwise(op.x, rows), whole(op.weights, rows)), (rowwise(op.y, rows),), rows)
    return only(op, call, op.macs() * PRODUCT + op.y.size * (20 + cost.scaling(core)), "sum by sum")


def _numbers(op: BatchMatMul) -> Fields:
    if op.y.dtype is DType.FLOAT32:
        return ()
    p = parameters.batch_matmul(op)
    if op.y.dtype is DType.INT16:
        return ("multiplier", int(narrow_multiplier(p.multiplier))), ("right", 15 - p.shift)
    return (
        ("a_zero", p.a_zero),
        ("b_zero", p.b_zero),
        ("multiplier", p.multiplier),
        ("shift", p.shift),
        ("y_zero", p.y_zero),
    )


def _steps(tensor: Tensor, *, adjoint: bool) -> tuple[int, int]:
    """Elements from row to row and from column to column of the matrix as it is multiplied."""
    columns = tensor.shape[-1]
    return (1, columns) if adjoint else (columns, 1)


def _batches(tensor: Tensor, y: Tensor) -> Constant:
    """First element of the operand's matrix for each matrix of y."""
    own = tensor.shape[:-2]
    first = np.arange(math.prod(own)).reshape(own) * math.prod(tensor.shape[-2:])
    return Constant("batches", np.broadcast_to(first, y.shape[:-2]).ravel().astype(np.int32), "first elements")
