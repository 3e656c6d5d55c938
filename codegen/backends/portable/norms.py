"""Norms over the last axis: a row is one sum."""

from __future__ import annotations

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, RowsHeld, rowwise
from codegen.backends.portable import cost
from codegen.backends.portable.rows import only
from codegen.backends.portable.softmax import exponentials
from codegen.ir import DType, Operator
from codegen.ir.ops import L2Norm, LogSoftmax
from codegen.reference import parameters
from codegen.reference.fixed_point import rounding_shift_right
from codegen.reference.norms import SUM_INTEGER_BITS

EXPONENTIAL = 60
"""Instructions of a float exponential, beside its operations."""


def log_softmax(op: LogSoftmax, core: Core) -> list[Candidate]:
    """LOG_SOFTMAX: exponentials of bytes are tabulated, by their difference to the row's maximum."""
    if op.y.dtype is DType.FLOAT32:
        return _rows(op, "genc_log_softmax_f32", (), EXPONENTIAL + 8 * cost.float_operation(core))
    p = parameters.log_softmax(op)
    table = rounding_shift_right(exponentials(p), SUM_INTEGER_BITS).astype("int32")
    fields: Fields = (
        ("multiplier", p.multiplier),
        ("shift", p.left_shift),
        ("terms", table.size),
        ("term_table", Constant("term_table", table, "exp(-d * scale) in Q12.19")),
    )
    return _rows(op, "genc_log_softmax_s8", fields, cost.SOFTMAX)


def l2_norm(op: L2Norm, core: Core) -> list[Candidate]:
    """L2_NORMALIZATION."""
    if op.y.dtype is DType.FLOAT32:
        return _rows(op, "genc_l2_norm_f32", (), 4 * cost.float_operation(core))
    assert op.x.quant is not None
    kernel = "genc_l2_norm_u8" if op.y.dtype is DType.UINT8 else "genc_l2_norm_s8"
    return _rows(op, kernel, (("x_zero", op.x.quant.zero_point),), cost.SOFTMAX)


def _rows(op: Operator, kernel: str, fields: Fields, per_element: float) -> list[Candidate]:
    depth, size = op.x.shape[-1], op.x.dtype.bytes
    rows = op.x.size // depth
    params: Fields = (("depth", depth), ("x_held", RowsHeld(0)), ("y_held", RowsHeld(1)), *fields)
    io = (rowwise(op.x, rows, size),), (rowwise(op.y, rows, size),)
    call = Call(kernel, params, *io, rows, in_place=frozenset({0}))
    return only(op, call, op.x.size * per_element + rows * cost.SOFTMAX_ROW, "row by row")
