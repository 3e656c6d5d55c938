"""Short factors against the two roundings of TFLite: every step, both ends, and sums in between."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.portable.staircase import SPLIT, short_table, steps
from codegen.reference.fixed_point import multiply_double_rounding

CHANNELS = 8


def output(sums: np.ndarray, row: np.ndarray) -> np.ndarray:
    """What genc_linear.h computes, before the clamp; fails where C would overflow."""
    upper, lower, add, right = (int(v) for v in row)
    products = sums * lower, sums * upper
    y = (products[0] >> SPLIT) + products[1]
    for value in (*products, y, y + add):
        assert (abs(value) < 2**31).all()
    return (y + add) >> right


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_same_bytes(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    reach = data.draw(st.sampled_from([1, 300, 30_000, 2**18, 2**21, 2**24]))
    low, high = -rng.integers(0, reach, CHANNELS), rng.integers(0, reach, CHANNELS)
    bias = rng.integers(-reach, reach + 1, CHANNELS)
    multiplier = rng.integers(2**30, 2**31, CHANNELS)
    shift = -rng.integers(0, data.draw(st.sampled_from([3, 12, 30])), CHANNELS)
    zero = data.draw(st.one_of(st.sampled_from([-128, 127]), st.integers(-128, 127)))
    least, most = data.draw(st.sampled_from([(-128, 127), (zero, 127)]))
    table, exact = short_table((low, high), bias, multiplier, shift, (zero, least, most))
    for o in np.flatnonzero(exact):
        edges = steps(multiplier[[o]], shift[[o]], zero, np.arange(least, most + 1))[0] - bias[o]
        sums = np.concatenate([edges, edges - 1, [low[o], high[o], 0], rng.integers(low[o], high[o] + 1, 500)])
        sums = sums[(sums >= low[o]) & (sums <= high[o])]
        want = multiply_double_rounding(sums + bias[o], multiplier[o], shift[o]) + zero
        assert np.array_equal(np.clip(output(sums, table[o]), least, most), np.clip(want, least, most))


def test_layers_with_relu_have_them() -> None:
    """Accumulators of 18 bits that use the output's range from its zero point on."""
    rng = np.random.default_rng(3)
    reach = rng.integers(2**15, 2**18, 200)
    multiplier, shift = rng.integers(2**30, 2**31, 200), np.full(200, -8)
    _, exact = short_table((-reach, reach), reach // 9, multiplier, shift, (-128, -128, 127))
    assert exact.mean() > 0.95


def test_steps_are_where_the_output_changes() -> None:
    multiplier, shift = np.array([1518500249]), np.array([-3])
    outputs = np.arange(-100, 101)
    at = steps(multiplier, shift, 7, outputs)[0]
    for sums, want in ((at, outputs), (at - 1, outputs - 1)):
        assert np.array_equal(multiply_double_rounding(sums, multiplier, shift) + 7, want)
