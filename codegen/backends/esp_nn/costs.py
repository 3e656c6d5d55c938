"""What ESP-NN's functions take: plain C on RV32IMC, GCC 12 -O2, measured in QEMU; vectors by the library's tables."""

from __future__ import annotations

from codegen.backends.candidate import Core
from codegen.backends.esp_nn.chips import Chip, chip_of

CALL = 150
"""Of a call: the band's rows, the structs, the function's entry."""

POOL_TAP = 10
MEAN_OUTPUT = 60
MAX_OUTPUT = 30
SOFTMAX = 400
"""Of an element."""
ADD = 120
MUL = 45
MEAN = 4
LOOKUP = 5

SPEED = {Chip.GENERIC: 1.0, Chip.S3: 0.12, Chip.P4: 0.15}
"""Time of a chip's convolutions against plain C, from the tables of the library's README."""


def mac(pointwise: bool, core: Core) -> float:
    """Of a multiply-accumulate in a convolution."""
    return (5.0 if pointwise else 5.6) * SPEED[chip_of(core)]


def depthwise_mac(core: Core) -> float:
    """Of a multiply-accumulate in a depthwise convolution."""
    return 9.0 * SPEED[chip_of(core)]


def output(core: Core) -> float:
    """To requantise one output."""
    return 38 if chip_of(core) is Chip.GENERIC else 20
