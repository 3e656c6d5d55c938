"""Estimated instructions of the kernels without weights, measured with QEMU on Cortex-M4, M0+, RV32, RV64 and Xtensa.

Good to about a third: enough to choose between kernels and to tell which layer takes the time.
"""

from __future__ import annotations

import math

from codegen.backends.candidate import Core

ROW = 30
"""Beginning a row."""

CALL = 60
"""Beginning a call, or a copy of a box."""

LOOKUP = 4.6
MAX_MIN = 12
POOL_TAP = 5
POOL_OUTPUT = 35
MEAN_TAP = 4.5
MEAN_OUTPUT = 25
MEAN_LINE_TAP = 6
SOFTMAX = 50
SOFTMAX_ROW = 200
LINE_CALL, LINE_ROW = 100, 130
"""A call of a line function, and a row of it."""

COPY_ROW = 95
"""A row of a strided copy."""

LINE = 26
"""A line of blocks of a strided copy."""

ELEMENT = 5.2
"""A block of it that is one element of 1, 2 or 4 bytes."""
PIXEL = 25
"""A pixel moved by a resize, beside its words."""
BILINEAR = 34


def copy(byte_count: float) -> float:
    """Instructions of memcpy and memset."""
    return byte_count / 4


def block(byte_count: float) -> float:
    """A block of a strided copy that is more than an element, by words where they are whole."""
    return 42 + byte_count * (0.7 if byte_count % 4 == 0 else 3.5)


def fill(byte_count: float, element: int) -> float:
    """Filling a row with an element."""
    return 60 + byte_count / 2 if element == 1 else 130 + 0.7 * byte_count + 20 * math.log2(max(byte_count / 16, 1))


def scaling(core: Core) -> float:
    """One multiplication by a fixed-point factor: cores without a long multiply put it together from four."""
    return 10 if "mul64" in core.features else 60


def float_function(core: Core) -> float:
    """A function of libm."""
    return 70 if "fpu" in core.features else 1800


def float_operation(core: Core) -> float:
    """One conversion, multiplication or division of float32; a library call on cores without a unit for it."""
    return 3 if "fpu" in core.features else 130
