"""What CMSIS-NN is compiled for, and what its functions take there: instructions by GCC 12 -O2, counted in QEMU.

By what the core has: "mve" (M55), "dsp" (M4), or neither (M0+).
"""

from __future__ import annotations

from codegen.backends.candidate import Core

CALL_INSTRUCTIONS = 220
"""Of a call of the library: the band's rows, the structs, the function's entry."""

MATRIX = {"mve": (2.7, 14.4), "dsp": (1.434, 40.5), "": (6.0, 97.7)}
"""Of a multiply-accumulate (mve: of sixteen), and of an output, of many rows by a matrix."""

WEIGHT = {"mve": 0.0, "dsp": 3.4, "": 6.0}
"""Of a weight in each call of that: they are summed up."""

VECTOR = {"mve": (7.5, 15.5), "dsp": (1.875, 57.0), "": (5.375, 109.0)}
"""The same of one row by a matrix."""

TAP = {"mve": (50.0, 0.4), "dsp": (60.0, 9.0), "": (80.0, 14.0)}
"""To copy a tap, the channels of a pixel, into a patch, in arm_convolve_s8: of it, and of a byte."""

PATCH = {"mve": (130.0, 15.0, 1.1), "dsp": (130.0, 15.0, 1.1), "": (200.0, 45.0, 12.0)}
"""To copy a patch ourselves: of it, of a line, and of a byte."""

DEPTHWISE = {
    "genc_cmsis_depthwise_3x3_s8": {"dsp": (0.0, 4.0, 36.0), "": (0.0, 21.0, 155.0)},
    "genc_cmsis_depthwise_opt_s8": {"mve": (18.8, 1.0, 12.6), "dsp": (42.0, 6.67, 47.0)},
    "genc_cmsis_depthwise_s8": {"mve": (0.0, 22.0, 43.0), "dsp": (0.0, 22.0, 43.0), "": (0.0, 32.0, 157.0)},
    "genc_cmsis_depthwise_fast_s16": {"mve": (40.0, 1.5, 60.0), "dsp": (20.0, 5.0, 45.0)},
    "genc_cmsis_depthwise_s16": {"mve": (0.0, 14.0, 60.0), "dsp": (0.0, 14.0, 60.0), "": (0.0, 60.0, 190.0)},
}
"""Of a tap of a pixel, of a multiply-accumulate, and of an output."""

MATRIX_S16 = {"mve": (0.6, 25.0), "dsp": (1.6, 40.0), "": (6.5, 150.0)}
"""Of a multiply-accumulate and of an output of arm_convolve_s16."""

POOL = {
    "genc_cmsis_average_pool_s8": {"mve": (1.5, 14.0), "dsp": (6.3, 30.0), "": (16.0, 80.0)},
    "genc_cmsis_average_pool_s16": {"mve": (2.0, 16.0), "dsp": (6.3, 30.0), "": (16.0, 80.0)},
    "genc_cmsis_max_pool_s8": {"mve": (0.8, 6.0), "dsp": (5.0, 12.0), "": (6.0, 14.0)},
    "genc_cmsis_max_pool_s16": {"mve": (1.2, 6.0), "dsp": (6.0, 12.0), "": (7.0, 14.0)},
}
"""Of an element of a window, and of an output."""

PAIR = {
    "add": {"mve": 14.0, "dsp": 81.0, "": 450.0},
    "mul": {"mve": 7.0, "dsp": 25.0, "": 90.0},
    "maximum": {"mve": 1.0, "dsp": 7.0, "": 7.0},
    "minimum": {"mve": 1.0, "dsp": 7.0, "": 7.0},
}
"""Of a pair of elements."""

MAC = {"mve": 0.35, "dsp": 1.5, "": 5.4}
"""Of a multiply-accumulate in other products, roughly."""

SOFTMAX = {"mve": 480.0, "dsp": 500.0, "": 1500.0}
"""Of an element of a distribution, roughly."""

NIBBLES = {"mve": 1.6, "dsp": 1.56, "": 1.25}
"""Of functions whose weights are of 4 bits: how many times those of bytes, counted in 1x1 layers."""

LANES = 16
"""Multiply-accumulates of an instruction of MVE."""


def extension(core: Core) -> str:
    """The instructions that the library is compiled for: "mve", "dsp" or none ("")."""
    return next((feature for feature in ("mve", "dsp") if feature in core.features), "")


def _sums(depth: int, has: str) -> int:
    """What is counted of a sum of so many products."""
    return -(-depth // LANES) if has == "mve" else depth


def matrix(outputs: int, depth: int, has: str, pixels: int) -> float:
    """arm_convolve_1x1_s8_fast for so many pixels."""
    mac, output = MATRIX[has]
    return outputs * (depth * WEIGHT[has] + pixels * (_sums(depth, has) * mac + output))


def vector(outputs: int, depth: int, has: str) -> float:
    """arm_fully_connected_per_channel_s8 for one row."""
    mac, output = VECTOR[has]
    return CALL_INSTRUCTIONS + outputs * (_sums(depth, has) * mac + output)


def patches(outputs: int, taps: tuple[int, int, int], has: str, pixels: int) -> float:
    """arm_convolve_1x1_s8_fast for patches of so many pixels, which the adapter copies line by line."""
    lines, width, channels = taps
    patch, line, byte = PATCH[has]
    copying = patch + lines * (line + byte * width * channels)
    return pixels * copying + matrix(outputs, lines * width * channels, has, pixels)


def convolution(outputs: int, depth: int, taps: tuple[int, int, int], has: str, pixels: int) -> float:
    """arm_convolve_s8, whose windows have lines, columns and channels of input."""
    (tap, byte), (mac, output) = TAP[has], MATRIX[has]
    copying = taps[0] * taps[1] * (tap + taps[2] * byte)
    return pixels * (copying + outputs * (_sums(depth, has) * mac + output))


def depthwise(channels: int, taps: int, kernel: str, has: str, pixels: int) -> float:
    """One of the depthwise functions."""
    tap, mac, output = DEPTHWISE[kernel][has]
    return pixels * (taps * (tap + channels * mac) + channels * output)


def pool(channels: int, taps: int, kernel: str, has: str, pixels: int) -> float:
    """One of the pools."""
    tap, output = POOL[kernel][has]
    return pixels * channels * (taps * tap + output)


def convolution_s16(outputs: int, depth: int, taps: tuple[int, int, int], has: str, pixels: int) -> float:
    """arm_convolve_s16, whose windows have lines, columns and channels of input."""
    (tap, byte), (mac, output) = TAP[has], MATRIX_S16[has]
    copying = taps[0] * taps[1] * (tap + 2 * taps[2] * 0.1 * byte)
    return pixels * (copying + outputs * (depth * mac + output))
