"""What ESP-NN takes: plain C in instructions of RV32IMC by GCC 12 -O2, measured in QEMU; vectors by its README."""

from __future__ import annotations

from codegen.backends.esp_nn.chips import Chip
from codegen.backends.esp_nn.windows import Axis, Geometry

CALL = 150
"""Of a call: the band's rows, the structs, the function's entry."""

COPY = 1.5
"""Of a weight that a chip with vectors copies, or sums up, in each call."""

POOL_TAP = 6.5
POOL_OUTPUT = 60
SOFTMAX = 380
"""Of an element."""
ADD = 97
MUL = 45
MEAN = 4
LOOKUP = 5

MATRIX_MAC = 9
MATRIX_OUTPUT = 50

POINTWISE_MAC = 6
POINTWISE_OUTPUT = 72

OUTPUT = 100
"""Of a convolution: to begin and to requantise one output."""

DEPTHWISE_TAP = 9
DEPTHWISE_OUTPUT = 45

SPEED = {Chip.GENERIC: 1.0, Chip.S3: 0.12, Chip.P4: 0.25}
"""Time of a chip's convolutions against plain C, roughly, by the tables of the library's README."""

DEPTHWISE_SPEED = {Chip.GENERIC: 1.0, Chip.S3: 0.18, Chip.P4: 0.5}
ELEMENT_SPEED = {Chip.GENERIC: 1.0, Chip.S3: 0.28, Chip.P4: 0.5}
POOL_SPEED = {Chip.GENERIC: 1.0, Chip.S3: 0.25, Chip.P4: 0.28}


def conv_row(g: Geometry, groups: int, chip: Chip) -> float:
    """An output row of a convolution."""
    channels = g.in_c // groups
    if g.area == 1:
        each = float(POINTWISE_OUTPUT + channels * POINTWISE_MAC)
    else:
        each = OUTPUT + _taps(g) * (28 + 6 * channels if channels >= 4 else 18 + 8 * channels)
    return g.w.out * g.out_c * each * SPEED[chip]


def depthwise_row(g: Geometry, chip: Chip) -> float:
    """An output row of a depthwise convolution."""
    return g.w.out * g.out_c * (DEPTHWISE_OUTPUT + _taps(g) * DEPTHWISE_TAP) * DEPTHWISE_SPEED[chip]


def pool_row(g: Geometry, chip: Chip) -> float:
    """An output row of a pool."""
    return g.w.out * g.out_c * (POOL_OUTPUT + _taps(g) * POOL_TAP) * POOL_SPEED[chip]


def _taps(g: Geometry) -> float:
    """Elements of a window inside the image, in the mean."""
    return _inside(g.h) * _inside(g.w)


def _inside(axis: Axis) -> float:
    starts = [place * axis.stride - axis.pad for place in range(axis.out)]
    return sum(min(start + axis.kernel, axis.size) - max(start, 0) for start in starts) / axis.out
