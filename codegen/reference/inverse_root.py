"""1 / sqrt(x) in 32-bit fixed point, as TFLite's GetInvSqrtQuantizedMultiplierExp computes it."""

from __future__ import annotations

import numpy as np

from codegen.reference.fixed_point import INT32_MAX, Int64, doubling_high_mul, int64, rounding_shift_right, wrap32

HALF_THREE_Q3 = (1 << 28) + (1 << 27)
HALF_ROOT_TWO_Q0 = 1518500250
"""sqrt(2) / 2."""
NEWTON_STEPS = 5


def _times_8(raw: Int64) -> Int64:
    """Saturated to int32."""
    return int64(np.clip(raw << 3, -(2**31), INT32_MAX))


def _times_64(raw: Int64) -> Int64:
    return int64(np.clip(raw << 6, -(2**31), INT32_MAX))


def inverse_root(values: Int64) -> tuple[Int64, Int64]:
    """(multiplier, shift, positive to the left) with 1 / sqrt(x) = multiplier * 2**(shift - 31), of x >= 0.

    0 counts as 1.
    """
    x = np.maximum(int64(values), 2)
    right = np.full_like(x, 11)
    for _ in range(2):
        large = x >= (1 << 29)
        x, right = np.where(large, x >> 2, x), right + large
    bits = np.frexp(x.astype(np.float64))[1].astype(np.int64)
    pairs = (31 - bits) // 2 - 1
    right, x = right - pairs, x << (2 * pairs)
    half = rounding_shift_right(x >> 1, 1)
    root = np.full_like(x, 1 << 28)
    for _ in range(NEWTON_STEPS):
        cube = _times_64(doubling_high_mul(doubling_high_mul(root, root), root))
        root = _times_8(wrap32(doubling_high_mul(HALF_THREE_Q3, root) - doubling_high_mul(half, cube)))
    multiplier = doubling_high_mul(root, HALF_ROOT_TWO_Q0)
    multiplier = np.where(right < 0, wrap32(multiplier << np.maximum(-right, 0)), multiplier)
    small = int64(values) <= 1
    return np.where(small, INT32_MAX, multiplier), np.where(small, 0, -np.maximum(right, 0))
