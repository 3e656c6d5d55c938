"""exp, log and 1/(1+x) in 32-bit fixed point, as gemmlowp defines them.

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


LOG_INPUT_BITS = 12
LOG_2 = 1488522236
ROOT_HALF = 1518500250
FOURTH_ROOT_HALF = 1805811301
LOG_NUMERATOR = 117049297
"""11/240 * 2**(1/4)."""
LOG_DENOMINATOR = (1057819769, 638450708, 127690142)
"""2 * 2**(-1/4) - 2**(1/4), 2**(1/4) / 4, 2**(1/4) / 20."""


def log_of_sum(z: Int64) -> Int64:
    """log(z) in Q5 of z >= 1 in Q12: z = r * 2**n with r near 2**(-1/4), log(r) by a rational function of r."""
    headroom = _headroom(z)
    r_a = saturating_shift_left(doubling_high_mul(z << headroom, ROOT_HALF), 1)
    n_a = ((LOG_INPUT_BITS - 1 - headroom) << 25) + (1 << 23)
    headroom_b = _headroom(doubling_high_mul(z, ROOT_HALF))
    r_b = np.minimum(z << headroom_b, INT32_MAX)
    n_b = ((LOG_INPUT_BITS - headroom_b) << 25) - (1 << 23)
    r, n = np.minimum(r_a, r_b), np.maximum(n_a, n_b)
    p, q = (r + FOURTH_ROOT_HALF + 1) >> 1, 2 * (r - FOURTH_ROOT_HALF)
    square = doubling_high_mul(q, q)
    numerator = doubling_high_mul(q, r) + doubling_high_mul(doubling_high_mul(q, square), LOG_NUMERATOR)
    constant, linear, quadratic = LOG_DENOMINATOR
    inner = constant + q + doubling_high_mul(quadratic, square)
    reciprocal = one_over_one_plus(doubling_high_mul(p, inner) + doubling_high_mul(linear, q))
    fraction = doubling_high_mul(rounding_shift_right(numerator, 6), reciprocal)
    return saturating_shift_left(doubling_high_mul(n, LOG_2) + fraction, 1)


def _headroom(z: Int64) -> Int64:
    """Bits by which positive values can be shifted to the left in 32 bits."""
    return 31 - np.frexp(z.astype(np.float64))[1].astype(np.int64)
