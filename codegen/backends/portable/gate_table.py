"""The table of runtime_c/portable/recurrent/genc_gate_table_s16.h: exact logistic and tanh of int16, sooner.

Problem: gemmlowp's fixed-point functions take some 150 instructions a value, and a table of all their results 64 kB.
Method: both are made of one function r; its rounding errors stay near a straight line for 512 arguments, so that an
entry is four bits above its line.
Guarantee: the table is decoded again and compared with codegen.reference, entry by entry, when it is made.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from codegen.backends.candidate import Constant
from codegen.ir import Array
from codegen.reference.fixed_point import Int64
from codegen.reference.fixed_point_16 import logistic16

ENTRIES, LINE, HALF = 1 << 15, 512, 1 << 13
"""Arguments below 8 in Q3; entries of a line; r at zero, where gemmlowp's functions are exact."""

FRACTION = 15
"""Bits of a slope behind the point; a base is even and stands one bit higher."""

LEAST_TANH_BITS = 2
"""Arguments of tanh with fewer integer bits are finer than the entries."""


@cache
def gate_table() -> Constant:
    """uint32 [64 lines, then 4096 words of eight entries]."""
    exact = _entries()
    blocks = exact.reshape(-1, LINE)
    at = np.arange(LINE)
    slopes = np.array([np.polyfit(at, block, 1)[0] for block in blocks])
    slope = np.clip(np.round(slopes * (1 << FRACTION)), 0, (1 << FRACTION) - 1).astype(np.int64)
    rise = slope[:, None] * (at + 1) >> FRACTION  # the slope is also in the low bits of the base
    base = (blocks - rise).min(axis=1) // 2 * 2
    above = blocks - rise - base[:, None]
    assert above.max() < 16, "an entry lies too far from its line"
    lines = base // 2 << 16 | slope
    words = (above.reshape(-1, 8) << 4 * np.arange(8)).sum(axis=1)
    table = np.concatenate([lines, words]).astype(np.uint32)
    assert np.array_equal(_decoded(table), exact), "an entry is not the function's"
    return Constant(
        "gate_table", table, "logistic and tanh: [64]{slope, base / 2}, then 4 bits for each of 32768 entries"
    )


def _entries() -> Int64:
    """Of codegen.reference: r is half of the logistic of all arguments."""
    r = logistic16(np.arange(ENTRIES)) // 2
    assert r[0] == HALF
    return r


def _decoded(table: Array) -> Int64:
    """What genc_gate_entry makes of every entry."""
    entry = np.arange(ENTRIES)
    line = table[entry // LINE].astype(np.int64)
    above = table[len(table) - ENTRIES // 8 + entry // 8].astype(np.int64) >> 4 * (entry % 8) & 15
    return np.asarray((line + (line & (1 << FRACTION) - 1) * (entry % LINE) >> FRACTION) + above)
