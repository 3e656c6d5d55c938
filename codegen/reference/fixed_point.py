"""Fixed-point arithmetic of the integer kernels, on numpy arrays, bit for bit as TFLite does it.

A real factor is (multiplier, shift): factor = multiplier * 2**(shift - 31), the multiplier in
[2**30, 2**31) or 0.  A positive shift is to the left.
Values are int64 arrays that hold int32 values; 32-bit overflow wraps, as it does in the C++ kernels.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from codegen.ir import Array

Int64 = npt.NDArray[np.int64]

INT32_MIN = -(2**31)
INT32_MAX = 2**31 - 1


def round_half_away(value: float) -> int:
    """The nearest integer, ties away from zero, as C's round()."""
    nearest = math.floor(abs(value))
    nearest += abs(value) - nearest >= 0.5
    return -nearest if value < 0 else nearest


def quantize_multiplier(real: float) -> tuple[int, int]:
    """(multiplier, shift) of a real factor; TFLite's QuantizeMultiplier.

    Factors under about 2**-32 become (0, 0).  A negative factor gives a negative multiplier.
    """
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    multiplier = round_half_away(fraction * 2**31)
    if multiplier == 2**31:
        multiplier //= 2
        shift += 1
    return (0, 0) if shift < -31 else (multiplier, shift)


def int64(values: Array | int) -> Int64:
    """The values as int64, so that products of two 32-bit numbers are exact."""
    return np.asarray(values, np.int64)


def wrap32(values: Array | int) -> Int64:
    """The values modulo 2**32, as int32."""
    return int64(values).astype(np.int32).astype(np.int64)


def doubling_high_mul(a: Array | int, b: Array | int) -> Int64:
    """round(a * b / 2**31) of int32 values, ties up; saturates INT32_MIN * INT32_MIN.

    SaturatingRoundingDoublingHighMul of gemmlowp, SQRDMULH of Arm.
    """
    return int64(np.minimum((int64(a) * int64(b) + 2**30) >> 31, INT32_MAX))


def rounding_shift_right(values: Array | int, shift: Array | int) -> Int64:
    """round(values / 2**shift), ties away from zero; RoundingDivideByPOT of gemmlowp; 0 <= shift <= 31."""
    wide, by = int64(values), int64(shift)
    mask = (np.int64(1) << by) - 1
    threshold = (mask >> 1) + (wide < 0)
    return int64((wide >> by) + ((wide & mask) > threshold))


def saturating_shift_left(values: Array | int, shift: int) -> Int64:
    """Shift left by `shift` bits, saturated to int32; shift >= 0."""
    return int64(np.clip(int64(values) << shift, INT32_MIN, INT32_MAX))


def multiply_double_rounding(values: Array | int, multiplier: Array | int, shift: Array | int) -> Int64:
    """Scale by a factor in int32, rounded twice: high multiply, then rounding shift.

    MultiplyByQuantizedMultiplier of TFLite and TFLM as they are built by default.
    """
    by = int64(shift)
    left, right = np.maximum(by, 0), np.maximum(-by, 0)
    return rounding_shift_right(doubling_high_mul(wrap32(int64(values) << left), multiplier), right)


def multiply_wide(values: Array | int, multiplier: Array | int, shift: Array | int) -> Int64:
    """Scale a 64-bit accumulator by a factor cut to 16 bits, rounded once, ties up, to 32 bits; shift <= 14.

    MultiplyByQuantizedMultiplier of TFLite for int64_t; |values| < 2**47.
    """
    total = 15 - int64(shift)
    return wrap32((int64(values) * narrow_multiplier(multiplier) + (np.int64(1) << (total - 1))) >> total)


def narrow_multiplier(multiplier: Array | int) -> Int64:
    """A multiplier in Q31 rounded to Q15, saturated."""
    return int64(np.minimum((int64(multiplier) + (1 << 15)) >> 16, 0x7FFF))


def multiply_single_rounding(values: Array | int, multiplier: Array | int, shift: Array | int) -> Int64:
    """Scale by a factor, rounded once, ties up: (values * multiplier + half) >> (31 - shift); shift <= 30."""
    total = 31 - int64(shift)
    product = int64(values) * int64(multiplier) + (np.int64(1) << (total - 1))
    return int64(product >> total)
