"""Sums and products of two int8 tensors of one shape, four elements at a time.

Problem: TFLite's sum rounds four times on the way from two bytes to one; a single rounding takes a third of the time
but need not give the same byte.
Method: there are 65,536 pairs of bytes.  The short formula's addend must lie in an interval for each of them; where
the intervals have a number in common, the formula is exact.
Guarantee: a sum for which there is no such number gets no offer.
"""

from __future__ import annotations

import itertools

import numpy as np

from codegen.backends.candidate import Call, Candidate, Fields, RowsHeld, rowwise
from codegen.backends.portable.elementwise import broadcast
from codegen.ir import Operator, Tensor
from codegen.ir.ops import Add, Binary, Mul, Sub
from codegen.reference import binary, parameters
from codegen.reference.fixed_point import Int64, int64

FRACTION = 20
"""Bits behind the point of a value before it is rounded: GENC_QUAD_FRACTION."""

LANE = 8
"""Bits of the floor that the kernel takes of each product of ADD: lanes hold bytes in their upper halves."""

NEARBY = (0, 1, -1, 2, -2)
"""Changes of a factor that are tried when it is not exact itself."""

BYTES = np.arange(-128, 128)

MOST_RIGHT = 22
"""A zero point shifted further to the left would leave int32, with all that is added to it."""

MOST_PRODUCT, MOST_LANE = 255 * 255, 2**15 - 256
"""Of two centred bytes; what a product becomes, less than which it fits int16 with a zero point."""

ROW, CALL, ADD_QUAD, MUL_QUAD, CLAMP_QUAD = 40.0, 20.0, 29.0, 36.0, 9.0
"""Instructions of a row, of a call and of four elements, Cortex-M4, GCC 12 -O2."""


def add_sub(op: Add | Sub) -> list[Candidate]:
    """ADD and SUB without broadcasting, when all pairs of bytes are exact."""
    if not _alike(op):
        return []
    p = parameters.add_sub(op)
    exact = int64(binary.add_sub(op, [BYTES[:, None], BYTES[None, :]])[0])
    units = 1 << (FRACTION + LANE)
    factors = [sign * round(_scale(t) / _scale(op.y) * units) for t, sign in ((op.x, 1), (op.other, p.sign))]
    for change in itertools.product(NEARBY, NEARBY):
        a_factor, b_factor = (f + c for f, c in zip(factors, change, strict=True))
        if max(abs(a_factor), abs(b_factor)) >= 1 << 31:
            break
        terms = (BYTES * a_factor >> LANE)[:, None] + (BYTES * b_factor >> LANE)[None, :]
        add = _addend(terms, exact, p.low, p.high)
        if add is not None:
            numbers: Fields = (("a_factor", a_factor), ("b_factor", b_factor), ("add", add))
            return _offer(op, "genc_add_s8_dsp", numbers, (p.low, p.high), ADD_QUAD)
    return []


def mul(op: Mul) -> list[Candidate]:
    """MUL without broadcasting, when what is limited to int8 fits int16."""
    p = parameters.mul(op)
    right = -p.shift
    add = (1 << right >> 1) + (p.y_zero << right) if right > 0 else 0
    if not _alike(op) or not 1 <= right <= MOST_RIGHT or MOST_PRODUCT * p.multiplier >> 31 + right >= MOST_LANE:
        return []
    numbers: Fields = (
        ("a_zero", _both_lanes(p.a_zero)),
        ("b_zero", _both_lanes(p.b_zero)),
        ("multiplier", p.multiplier),
        ("add", add),
        ("right", right),
    )
    return _offer(op, "genc_mul_s8_dsp", numbers, (p.low, p.high), MUL_QUAD)


def _alike(op: Binary) -> bool:
    """Two different activations of one shape."""
    return op.x is not op.other and len(op.activations) == 2 and op.x.shape == op.other.shape


def _scale(tensor: Tensor) -> float:
    assert tensor.quant is not None
    return tensor.quant.scale


def _both_lanes(zero: int) -> int:
    return (zero & 0xFFFF) * 0x10001


def _addend(terms: Int64, exact: Int64, low: int, high: int) -> int | None:
    """A number that makes (terms + it) >> FRACTION, clamped, exact, inside int32; None when there is none."""
    least = np.where(exact > low, (exact << FRACTION) - terms, -(1 << 40)).max()
    most = np.where(exact < high, ((exact + 1) << FRACTION) - 1 - terms, 1 << 40).min()
    add = int(least + most) // 2
    reach = max(abs(int(terms.min())), abs(int(terms.max()))) + abs(add)
    return add if least <= most and reach < 1 << 31 else None


def _offer(op: Operator, kernel: str, numbers: Fields, clamp: tuple[int, int], quad: float) -> list[Candidate]:
    rows = broadcast(op.activations[0], op.activations[1], op.outputs[0].shape).rows
    y = op.outputs[0]
    row_bytes = y.bytes // rows
    params: Fields = (
        ("row_bytes", row_bytes),
        *((f"{name}_held", RowsHeld(i)) for i, name in enumerate("aby")),
        *numbers,
        ("low", clamp[0]),
        ("high", clamp[1]),
    )
    inputs = tuple(rowwise(t, rows) for t in op.activations)
    call = Call(kernel, params, inputs, (rowwise(y, rows),), rows, in_place=frozenset({0, 1}))
    each = quad + (CLAMP_QUAD if clamp != (-128, 127) else 0)
    return [Candidate(op, "armv7em", (call,), CALL + rows * (ROW + row_bytes / 4 * each), "four elements at a time")]
