"""The short way from accumulator to output byte: two products of 32 bits, rounded once.

Problem: TFLite multiplies an accumulator by 31 bits, rounds, shifts and rounds again.  Cores without a high multiply
take dozens of instructions for that, and the others a dozen.
Method: the byte, as a function of the accumulator, is a staircase of at most 255 steps, and where they lie is known
exactly.  A shorter factor with a single rounding has the same steps if one summand satisfies two inequalities per step;
a factor near the real one, as long as its products fit 32 bits, nearly always leaves room for such a summand.
Guarantee: a channel has a short factor only if it gives the same byte for every accumulator that inputs can cause.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from codegen.ir import Array
from codegen.reference.fixed_point import Int64, int64

SPLIT = 11
"""GENC_CHANNEL_SPLIT of runtime_c/portable/linear/genc_linear.h: bits of a factor's lower part."""

NEIGHBOURS = (0, 1, -1, 2, -2, 3, -3, 4, -4)
"""Factors tried around the real one."""


def steps(multiplier: Int64, shift: Int64, y_zero: int, outputs: Int64) -> Int64:
    """int64 [O, outputs]: the least accumulator, bias included, whose unclamped output is at least that much.

    Args:
        multiplier: [O], 2**30 ... 2**31 - 1.
        shift: [O], 0 or to the right (negative).
        y_zero: zero point of the output.
        outputs: the outputs asked for.
    """
    level, right = (outputs - y_zero)[None, :], -shift[:, None]
    half = (np.int64(1) << right) >> 1
    high = (level << right) - half + ((level <= 0) & (right > 0))  # ties of negative values go away from zero
    return int64(-((2**30 - (high << 31)) // multiplier[:, None]))


def short_table(
    sums: tuple[Int64, Int64], bias: Int64, multiplier: Int64, shift: Int64, y: tuple[int, int, int]
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """int32 [O, 4], {high, low, add, shift} of genc_linear.h, and which of the channels have one.

    Args:
        sums: least and largest sum of products that inputs can cause, [O] each.
        bias: [O], added to it before the scaling.
        multiplier: [O].
        shift: [O], positive to the left.
        y: zero point, least and largest output.
    """
    zero, least, most = y
    table = np.zeros((len(bias), 4), np.int64)
    low, high = sums
    usable = (shift <= 0) & (shift >= -22) & (multiplier >= 2**30)
    usable &= (low + bias > -(2**30)) & (high + bias < 2**30)
    todo = np.flatnonzero(usable)
    outputs = np.arange(least + 1, most + 1)
    at = np.zeros((len(bias), len(outputs)), np.int64)
    at[todo] = steps(multiplier[todo], shift[todo], zero, outputs) - bias[todo, None]
    factor = multiplier * 2.0 ** (shift - 31)
    widest = np.maximum(np.maximum(abs(low), abs(high)), abs(bias)) * factor
    room = np.floor(30 - np.log2(np.maximum(widest, 256))).astype(np.int64) + SPLIT
    for more in (1, 0, -1):
        for near in NEIGHBOURS:
            total = room[todo] + more
            short = np.round(factor[todo] * 2.0**total).astype(np.int64) + near
            rows, fits = _fit(at[todo], outputs, (low[todo], high[todo]), short, total)
            table[todo[fits]] = rows[fits]
            todo = todo[~fits]
    found = usable.copy()
    found[todo] = False
    return table.astype(np.int32), found


def _fit(
    at: Int64, outputs: Int64, sums: tuple[Int64, Int64], factor: Int64, total: Int64
) -> tuple[Int64, npt.NDArray[np.bool_]]:
    """Rows of the table for these factors, and which of them have the steps `at` and stay inside int32."""
    low, high = (end[:, None] for end in sums)
    level = outputs[None, :] << total[:, None]
    far = np.int64(2**62)
    # (sum * factor + add) >> total reaches each output at its step, and not before it.
    reached = np.where(at <= high, level - factor[:, None] * np.clip(at, low, high), -far).max(axis=1, initial=-far)
    before = np.where(at > low, level - 1 - factor[:, None] * np.clip(at - 1, low, high), far).min(axis=1, initial=far)
    add = np.where(reached > -far, -(-reached >> SPLIT), before >> SPLIT)
    upper = (factor + (1 << SPLIT >> 1)) >> SPLIT
    lower = factor - (upper << SPLIT)
    right = total - SPLIT
    fits = (add << SPLIT <= before) & (abs(add) < 2**30) & (right >= 1) & (right <= 30)
    for end in sums:
        fits &= (abs(end * lower) < 2**31) & (abs(end * upper) + abs(end) + 1 < 2**31)
        fits &= abs(end * upper + add) + abs(end) + 1 < 2**31
    return np.stack([upper, lower, add, right], axis=1), fits
