"""Fixed-point arithmetic against values worked out by hand, corners first."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.reference.exact_multiplier import exact_multiplier
from codegen.reference.fixed_point import (
    INT32_MAX,
    INT32_MIN,
    doubling_high_mul,
    multiply_double_rounding,
    multiply_single_rounding,
    quantize_multiplier,
    round_half_away,
    rounding_shift_right,
    saturating_shift_left,
    wrap32,
)

Array = npt.NDArray[Any]
INT32 = st.integers(INT32_MIN, INT32_MAX)


@pytest.mark.parametrize(
    ("value", "nearest"),
    [(0.5, 1), (-0.5, -1), (2.5, 3), (-2.5, -3), (0.49999999999999994, 0), (-1.4, -1), (2.0**52 + 1, 2**52 + 1)],
)
def test_round_half_away(value: float, nearest: int) -> None:
    assert round_half_away(value) == nearest


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        (0.0, (0, 0)),
        (1.0, (2**30, 1)),
        (0.5, (2**30, 0)),
        (0.25, (2**30, -1)),
        (0.75, (3 * 2**29, 0)),
        (3.0, (3 * 2**29, 2)),
        (-0.75, (-3 * 2**29, 0)),
        (1.0 - 2.0**-40, (2**30, 1)),  # rounds up to 1: the multiplier is halved and the shift grows
        (2.0**-32, (2**30, -31)),
        (2.0**-33, (0, 0)),  # a shift below -31 counts as zero
        (2.0**31, (2**30, 32)),
    ],
)
def test_quantize_multiplier(real: float, expected: tuple[int, int]) -> None:
    assert quantize_multiplier(real) == expected


@pytest.mark.parametrize(
    ("a", "b", "product"),
    [
        (INT32_MIN, INT32_MIN, INT32_MAX),  # the one that saturates
        (INT32_MIN, INT32_MAX, -INT32_MAX),
        (INT32_MAX, INT32_MAX, INT32_MAX - 1),
        (2**30, 1, 1),  # one half rounds up
        (2**30, -1, 0),  # minus one half rounds up, too
        (2**30, 3, 2),
        (2**30, -3, -1),
        (0, INT32_MIN, 0),
    ],
)
def test_doubling_high_mul(a: int, b: int, product: int) -> None:
    assert doubling_high_mul(a, b) == product


@pytest.mark.parametrize(
    ("value", "shift", "shifted"),
    [
        (5, 0, 5),
        (-5, 0, -5),
        (1, 1, 1),
        (-1, 1, -1),  # ties go away from zero
        (-3, 1, -2),
        (-5, 2, -1),
        (-6, 2, -2),
        (-7, 2, -2),
        (6, 2, 2),
        (INT32_MAX, 31, 1),
        (INT32_MIN, 31, -1),
        (-(2**30), 31, -1),
        (-(2**30) + 1, 31, 0),
    ],
)
def test_rounding_shift_right(value: int, shift: int, shifted: int) -> None:
    assert rounding_shift_right(value, shift) == shifted


def test_wrap_and_saturate() -> None:
    np.testing.assert_array_equal(wrap32(np.array([2**31, -(2**31) - 1, 5])), [INT32_MIN, INT32_MAX, 5])
    np.testing.assert_array_equal(
        saturating_shift_left(np.array([2**30, -(2**30) - 1, 3]), 1), [INT32_MAX, INT32_MIN, 6]
    )


def test_the_two_roundings_differ() -> None:
    """0.75 * 0.5 * 1 is 0.375: high multiply gives round(0.75) = 1, shifted by one bit round(0.5) = 1."""
    assert multiply_double_rounding(1, 3 * 2**29, -1) == 1
    assert multiply_single_rounding(1, 3 * 2**29, -1) == 0
    assert multiply_double_rounding(-1, 3 * 2**29, -1) == -1
    assert multiply_single_rounding(-1, 3 * 2**29, -1) == 0


def test_left_shift_comes_first_and_wraps() -> None:
    assert multiply_double_rounding(100, 2**30, 3) == 400
    assert multiply_double_rounding(2**30, 2**30, 2) == 0
    assert multiply_single_rounding(100, 2**30, 3) == 400


def test_one_factor_per_channel() -> None:
    scaled = multiply_double_rounding(np.array([[8, 8, 8]]), np.array([2**30, 2**30, 0]), np.array([1, -1, 0]))
    np.testing.assert_array_equal(scaled, [[8, 2, 0]])


@given(INT32, st.integers(2**30, INT32_MAX), st.integers(-31, 0))
def test_roundings_are_within_a_step_of_the_real_product(value: int, multiplier: int, shift: int) -> None:
    real = Fraction(value * multiplier, 2 ** (31 - shift))
    assert abs(Fraction(int(multiply_single_rounding(value, multiplier, shift))) - real) <= Fraction(1, 2)
    assert abs(Fraction(int(multiply_double_rounding(value, multiplier, shift))) - real) <= 1


REACH, LOW, HIGH = 300_000, -131, 124


def steps_of_double(factor: float) -> tuple[Array, Array]:
    """Accumulators whose result differs from round(acc * factor) in double, and these products."""
    multiplier, shift = exact_multiplier(factor, REACH, LOW, HIGH)
    acc = np.arange(-REACH, REACH + 1)
    real = acc * factor
    whole = np.floor(np.abs(real))
    wanted = np.sign(real) * (whole + (np.abs(real) - whole >= 0.5))
    ours = multiply_single_rounding(acc, multiplier, shift)
    differ = np.clip(ours, LOW, HIGH) != np.clip(wanted, LOW, HIGH)
    return acc[differ], real[differ]


@pytest.mark.parametrize("factor", [0.25, 2.0**-7, 2.0**-7 / 3, 2.0**-9 / 5, 0.0012345, 0.9, 3.0, 7.5, 2.0**-20])
def test_exact_multiplier_steps_where_double_steps(factor: float) -> None:
    """Every accumulator, ties included; powers of two and simple fractions have many ties."""
    assert not len(steps_of_double(factor)[0])


def test_the_one_case_without_an_exact_multiplier() -> None:
    """0.7: double puts some ties on the tie and some below it; only these differ."""
    acc, real = steps_of_double(0.7)
    assert {45, -45} <= set(acc.tolist())
    np.testing.assert_array_equal(np.round(np.abs(real), 9) % 1, 0.5)


def test_exact_multiplier_of_factors_that_vanish() -> None:
    assert exact_multiplier(2.0**-40, 2**31 - 1, -128, 127) == (0, 0)
