"""Changes of representation, at the borders of a model."""

from __future__ import annotations

from codegen.backends.candidate import Call, Candidate, Core, Fields, RowsHeld, rowwise
from codegen.backends.portable import cost
from codegen.backends.portable.elementwise import byte_table
from codegen.backends.portable.rows import line_count, only
from codegen.ir import DType, Operator
from codegen.ir.ops import Dequantize, Quantize
from codegen.passes.lower_to_table import table_of
from codegen.reference import parameters

BYTES = (DType.INT8, DType.UINT8)


def quantize(op: Quantize, core: Core) -> list[Candidate]:
    """To an integer type, from float32 or from another integer type."""
    if op.x.dtype is DType.FLOAT32:
        return _from_float(op, core)
    if op.x.dtype in BYTES and op.y.dtype in BYTES:
        return byte_table(op, table_of(op), core)
    p = parameters.requantize(op)
    fields: Fields = (
        ("x_bytes", op.x.dtype.bytes),
        ("x_unsigned", int(op.x.dtype is DType.UINT8)),
        ("y_bytes", op.y.dtype.bytes),
        ("x_zero", p.x_zero),
        ("multiplier", p.multiplier),
        ("shift", p.shift),
        ("y_zero", p.y_zero),
        ("low", p.low - p.y_zero),
        ("high", p.high - p.y_zero),
    )
    call = _call("genc_requantize_int", op, fields)
    return only(op, call, op.x.size * (40 + cost.scaling(core)), "integer to integer")


def _from_float(op: Quantize, core: Core) -> list[Candidate]:
    p = parameters.quantize(op)
    fields: Fields = (
        ("y_bytes", op.y.dtype.bytes),
        ("scale", float(p.scale)),
        ("zero_point", p.zero_point),
        ("low", p.low),
        ("high", p.high),
    )
    call = _call("genc_quantize_f32", op, fields)
    return only(op, call, op.x.size * (5 + 3 * cost.float_operation(core)), "float to integer")


def dequantize(op: Dequantize, core: Core) -> list[Candidate]:
    """From an integer type to float32."""
    p = parameters.dequantize(op)
    fields: Fields = (
        ("x_bytes", op.x.dtype.bytes),
        ("x_unsigned", int(op.x.dtype is DType.UINT8)),
        ("zero_point", p.zero_point),
        ("scale", float(p.scale)),
    )
    instructions = op.x.size * (10 + 2 * cost.float_operation(core))
    return only(op, _call("genc_dequantize_f32", op, fields), instructions, "integer to float")


def _call(kernel: str, op: Operator, fields: Fields) -> Call:
    rows = line_count(op.x)
    params: Fields = (
        ("row_elements", op.x.size // rows),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        *fields,
    )
    io = (rowwise(op.x, rows, op.x.dtype.bytes),), (rowwise(op.y, rows, op.y.dtype.bytes),)
    in_place = frozenset({0} if op.x.dtype.bytes == op.y.dtype.bytes else ())
    return Call(kernel, params, *io, rows, in_place=in_place)
