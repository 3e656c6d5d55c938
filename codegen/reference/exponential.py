"""exp and 1/(1+x) in 32-bit fixed point, as gemmlowp defines them.

A value in Qm has m integer bits and 31 - m fractional ones: real = raw / 2**(31 - m).
Products of raw values are doubling high multiplies: Qm * Qn is Q(m + n).
"""

from __future__ import annotations

import numpy as np

from codegen.reference.fixed_point import (
    INT32_MAX,
    Int64,
    doubling_high_mul,
    rounding_shift_right,
    saturating_shift_left,
)

ONE_Q2 = 1 << 29
EXP_MINUS_EIGHTH = 1895147668
ONE_THIRD = 715827883
EXP_MINUS_POWER = {-2: 1672461947, -1: 1302514674, 0: 790015084, 1: 290630308, 2: 39332535, 3: 720401, 4: 242}
"""exp(-2**k) in Q0, by k."""
NEWTON_START_Q2 = 1515870810
"""48 / 17: the first approximation of a reciprocal is 48/17 - 32/17 * d."""
NEWTON_SLOPE_Q2 = -1010580540
"""-32 / 17."""


def exp_on_negative(a: Int64, integer_bits: int) -> Int64:
    """exp(a) in Q0 of a <= 0 in Q(integer_bits), at most 5; exp(0) is INT32_MAX."""
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    within = (a & (quarter - 1)) - quarter
    result = _exp_near_zero(saturating_shift_left(within, integer_bits))
    remainder = within - a
    for exponent, factor in EXP_MINUS_POWER.items():
        if exponent < integer_bits:
            bit = remainder & (1 << (fraction_bits + exponent))
            result = np.where(bit != 0, doubling_high_mul(result, factor), result)
    return np.where(a == 0, INT32_MAX, result)


def _exp_near_zero(a: Int64) -> Int64:
    """exp(a) in Q0 of a in Q0 in [-1/4, 0): Taylor's series around -1/8."""
    x = a + (1 << 28)
    x2 = doubling_high_mul(x, x)
    x3 = doubling_high_mul(x2, x)
    x4_over_4 = rounding_shift_right(doubling_high_mul(x2, x2), 2)
    tail = rounding_shift_right(doubling_high_mul(x4_over_4 + x3, ONE_THIRD) + x2, 1)
    return EXP_MINUS_EIGHTH + doubling_high_mul(EXP_MINUS_EIGHTH, x + tail)


def one_over_one_plus(a: Int64) -> Int64:
    """1 / (1 + a) in Q0 of a in Q0 in [0, 1], by three Newton steps for twice that in Q2."""
    half_denominator = (a + INT32_MAX + 1) // 2
    x = NEWTON_START_Q2 + doubling_high_mul(half_denominator, NEWTON_SLOPE_Q2)
    for _ in range(3):
        error = ONE_Q2 - doubling_high_mul(half_denominator, x)
        x = x + saturating_shift_left(doubling_high_mul(x, error), 2)
    return saturating_shift_left(x, 1)
