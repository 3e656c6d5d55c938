"""Logistic and tanh in 16-bit fixed point, as gemmlowp defines them: the gates of the int8 LSTM.

A value in Qm has m integer bits and 15 - m fractional ones: real = raw / 2**(15 - m).  Products of raw
values are rounding doubling high multiplies.  Values are int64 arrays that hold int16 values.
"""

from __future__ import annotations

import numpy as np

from codegen.reference.exponential import (
    EXP_MINUS_EIGHTH,
    EXP_MINUS_POWER,
    NEWTON_SLOPE_Q2,
    NEWTON_START_Q2,
    ONE_THIRD,
)
from codegen.reference.fixed_point import Int64, int64, rounding_shift_right

INT16_MAX = 2**15 - 1
LONGEST_TANH_BITS = 6
"""TFLite has no tanh for inputs with more integer bits."""


def _short(constant: int) -> int:
    """A Q31 constant in 16 bits."""
    return int(rounding_shift_right(constant, 16))


def saturate16(values: Int64) -> Int64:
    """The nearest int16."""
    return int64(np.clip(values, -INT16_MAX - 1, INT16_MAX))


def wrap16(values: Int64) -> Int64:
    """The values modulo 2**16, as int16."""
    return values.astype(np.int16).astype(np.int64)


def high_multiply16(a: Int64 | int, b: Int64 | int) -> Int64:
    """round(a * b / 2**15), ties up; saturates."""
    return saturate16((int64(a) * int64(b) + (1 << 14)) >> 15)


def logistic16(x: Int64) -> Int64:
    """1 / (1 + exp(-x)) in Q0 of x in Q3."""
    magnitude = wrap16(np.abs(x))
    positive = _double_twice(_reciprocal(_exp_on_negative(wrap16(-magnitude), 3)))
    return np.where(x == 0, 1 << 14, np.where(x > 0, positive, INT16_MAX - positive))


def tanh16(x: Int64, integer_bits: int) -> Int64:
    """tanh(x) in Q0 of x in Q(integer_bits), 0 to 6."""
    negative = wrap16(-wrap16(np.abs(x)))
    exponential = _exp_on_negative(negative, integer_bits + 1)
    magnitude = saturate16((_reciprocal(exponential) - (1 << 13)) << 2)
    return np.where(x == 0, 0, np.where(x < 0, wrap16(-magnitude), magnitude))


def _double_twice(x: Int64) -> Int64:
    """Half of a value in Q2, in Q0."""
    return saturate16(x << 1)


def _exp_on_negative(a: Int64, integer_bits: int) -> Int64:
    """exp(a) in Q0 of a <= 0 in Q(integer_bits)."""
    fraction_bits = 15 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    within = (a & (quarter - 1)) - quarter
    result = _exp_near_zero(within << integer_bits)
    remainder = wrap16(within - a)
    for exponent, factor in EXP_MINUS_POWER.items():
        if exponent < integer_bits:
            bit = remainder & (1 << (fraction_bits + exponent))
            result = np.where(bit != 0, high_multiply16(result, _short(factor)), result)
    if integer_bits > 5:
        result = np.where(a < -(1 << (20 - integer_bits)), 0, result)
    return np.where(a == 0, INT16_MAX, result)


def _exp_near_zero(a: Int64) -> Int64:
    """exp(a) in Q0 of a in Q0 in [-1/4, 0): Taylor's series around -1/8."""
    constant = _short(EXP_MINUS_EIGHTH)
    x = a + (1 << 12)
    x2 = high_multiply16(x, x)
    x3 = high_multiply16(x2, x)
    x4_over_4 = rounding_shift_right(high_multiply16(x2, x2), 2)
    tail = rounding_shift_right(high_multiply16(x4_over_4 + x3, _short(ONE_THIRD)) + x2, 1)
    return saturate16(constant + high_multiply16(constant, x + tail))


def _reciprocal(a: Int64) -> Int64:
    """2 / (1 + a) in Q2 of a in Q0 in [0, 1]: three Newton steps."""
    half_denominator = (a + INT16_MAX + 1) // 2
    x = _short(NEWTON_START_Q2) + high_multiply16(half_denominator, _short(NEWTON_SLOPE_Q2))
    for _ in range(3):
        error = (1 << 13) - high_multiply16(half_denominator, x)
        x = wrap16(x + saturate16(high_multiply16(x, error) << 2))
    return x
