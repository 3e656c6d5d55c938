"""Largest elements of windows, int8, four channels at a time."""

from __future__ import annotations

import math

from codegen.backends.candidate import Candidate
from codegen.backends.portable.pool import pool_call
from codegen.ir.ops import MaxPool2D

TAP, LINE, WORD, WINDOW = 6.0, 17.0, 22.0, 85.0
"""Instructions of four channels of an element, of a line and of a window, and of a window; Cortex-M4, GCC 12 -O2."""


def max_pool_2d(op: MaxPool2D) -> list[Candidate]:
    """MAX_POOL_2D of four channels or more."""
    channels = op.y.shape[3]
    if channels < 4:
        return []
    words = -(-channels // 4)
    window = WINDOW + words * (WORD + op.kernel[0] * LINE + math.prod(op.kernel) * TAP)
    instructions = op.y.size / channels * window
    return [Candidate(op, "armv7em", (pool_call("genc_max_pool_s8_dsp", op),), instructions, "four channels at a time")]
