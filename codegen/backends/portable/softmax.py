"""Softmax, its exponentials tabulated: they depend only on the difference to the row's maximum."""

from __future__ import annotations

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, RowsHeld, rowwise
from codegen.backends.portable import cost
from codegen.backends.portable.rows import only
from codegen.ir import Array
from codegen.ir.ops import Softmax
from codegen.reference import parameters
from codegen.reference.exponential import exp_on_negative
from codegen.reference.fixed_point import doubling_high_mul


def softmax(op: Softmax, _core: Core) -> list[Candidate]:
    """Softmax over the last axis; a row is one distribution."""
    table = exponentials(parameters.softmax(op))
    depth = op.x.shape[-1]
    rows = op.x.size // depth
    params = (
        ("depth", depth),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        ("y_bytes", op.y.dtype.bytes),
        ("exponentials", table.size),
        ("exp_table", Constant("exp_table", table, "exp(-d * beta * scale) in Q0.31")),
    )
    io = (rowwise(op.x, rows),), (rowwise(op.y, rows, op.y.dtype.bytes),)
    in_place = frozenset({0} if op.y.bytes == op.x.bytes else ())
    call = Call("genc_softmax_s8", params, *io, rows, in_place=in_place)
    instructions = op.x.size * cost.SOFTMAX + rows * cost.SOFTMAX_ROW
    return only(op, call, instructions, "tabulated exponentials")


def exponentials(p: parameters.SoftmaxParams) -> Array:
    """exp(-d * beta * scale) in Q0.31 of each difference d that TFLite does not count as zero, int32 [1 ... 256]."""
    difference = -np.arange(min(255, -p.diff_min) + 1, dtype=np.int64)
    scaled = doubling_high_mul(difference << p.left_shift, p.multiplier)
    table = exp_on_negative(scaled, parameters.SOFTMAX_INTEGER_BITS).astype(np.int32)
    return np.trim_zeros(table, "b")
