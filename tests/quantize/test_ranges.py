"""The four methods against values computed by hand, and against sorting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.quantize.convert import covered, quantization
from codegen.quantize.ranges import METHODS, divergence
from codegen.quantize.statistics import BINS, Spread


def spread_of(*samples: object) -> Spread:
    arrays = [np.asarray(sample, np.float32) for sample in samples]
    spread = Spread()
    for array in arrays:
        spread.extend(array)
    for array in arrays:
        spread.count(array)
    return spread


def chosen(name: str, *samples: object) -> tuple[float, float]:
    return METHODS[name].choose(spread_of(*samples))


def test_minmax_has_all_values() -> None:
    assert chosen("minmax", [-1, 2], [0, 5], [-3, 1]) == (-3, 5)


def test_meanminmax_has_the_means_of_the_extremes() -> None:
    assert chosen("meanminmax", [-1, 2], [0, 5], [-3, 2]) == (-4 / 3, 3)


def test_minmax98_leaves_out_a_hundredth_at_each_end() -> None:
    values = np.arange(1000)  # sorted: value k stands at place k
    low, high = chosen("minmax98", *np.random.default_rng(0).permutation(values).reshape(10, 100))
    assert low == pytest.approx(10, abs=1000 / BINS)
    assert high == pytest.approx(990, abs=1000 / BINS)


def test_minmax98_counts_zeros() -> None:
    values = np.r_[np.zeros(985), np.arange(1, 16)]  # place 990 is the sixth behind the zeros
    assert chosen("minmax98", values) == pytest.approx((0, 6), abs=15 / BINS)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["normal", "exponential", "laplace", "relu"]))
def test_minmax98_is_what_sorting_gives(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    draw = rng.normal if kind == "relu" else getattr(rng, kind)
    samples = draw(size=(5, int(rng.integers(20, 500)))).astype(np.float32)
    samples = np.maximum(samples, 0) if kind == "relu" else samples
    ordered = np.sort(samples.reshape(-1).astype(np.float64))
    places = [min(round(ordered.size * share), ordered.size - 1) for share in (0.01, 0.99)]
    width = (ordered[-1] - ordered[0]) / BINS
    assert chosen("minmax98", *samples) == pytest.approx(tuple(ordered[places]), abs=1.001 * width)


def test_divergence_by_hand() -> None:
    # 512 bins in 256 levels of two: counts 1 and 3 in one level are told as 2 and 2, all others are equal.
    counts = np.full(512, 2.0)
    counts[100:102] = 1, 3
    p, q = counts / counts.sum(), np.full(512, 2.0) / 1024
    assert divergence(counts, 0, 512) == pytest.approx(float((p * np.log(p / q)).sum()))
    # In [0, 256) nothing is rounded; what is outside is missing in the last level.
    counts = np.zeros(512)
    counts[[10, 255, 300]] = 4, 5, 1
    assert divergence(counts, 0, 256) == pytest.approx(0.6 * np.log(6 / 5))


def test_kld_keeps_what_is_uniform_and_drops_a_far_outlier() -> None:
    rng = np.random.default_rng(0)
    low, high = chosen("kld", rng.uniform(-1, 1, 100_000))
    assert (low, high) == pytest.approx((-1, 1), abs=0.02)
    bulk = rng.normal(0, 1, 100_000)
    low, high = chosen("kld", bulk, [40.0, -40.0])
    assert -10 < low < -2.5
    assert 2.5 < high < 10


def test_kld_leaves_a_thousandth_outside_at_most() -> None:
    rng = np.random.default_rng(1)
    values = np.r_[rng.exponential(0.01, 10_000), rng.uniform(5, 6, 30), -rng.uniform(5, 6, 5)]
    low, high = chosen("kld", values)
    assert high > 5
    assert (values < low).sum() <= 10


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(METHODS)))
def test_every_range_lies_inside_what_occurred(seed: int, name: str) -> None:
    rng = np.random.default_rng(seed)
    samples = [rng.normal(rng.normal(), 10.0 ** rng.integers(-20, 20), int(rng.integers(1, 60))) for _ in range(3)]
    samples[0] *= rng.integers(0, 2)
    spread = spread_of(*samples)
    low, high = METHODS[name].choose(spread)
    slack = 1e-6 * (spread.high - spread.low)
    assert spread.low - slack <= low <= high <= spread.high + slack


@pytest.mark.parametrize("name", sorted(METHODS))
@pytest.mark.parametrize("value", [0.0, 3.0, -2.5])
def test_a_tensor_of_one_value(name: str, value: float) -> None:
    assert chosen(name, [value] * 10) == pytest.approx((value, value), rel=1e-6)


def test_values_that_are_not_finite_are_noticed() -> None:
    for wrong in (np.nan, np.inf, -np.inf):
        spread = Spread()
        spread.extend(np.array([1.0, wrong]))
        assert not spread.finite
    assert spread_of([1.0, 2.0]).finite


@pytest.mark.parametrize(
    ("low", "high", "scale", "zero"),
    [
        (0, 255, 1.0, -128),
        (-128, 127, 1.0, 0),
        (-1, 1, 2 / 255, -1),  # -128 + 127.5, away from zero
        (0.5, 2.55, 0.01, -128),  # zero is inside
        (-51, -1, 0.2, 127),
        (0, 0, 1 / 256, -128),
    ],
)
def test_scale_and_zero_point(low: float, high: float, scale: float, zero: int) -> None:
    quant = quantization(low, high)
    assert quant.scale == pytest.approx(scale, rel=1e-6)
    assert quant.zero_point == zero
    assert float(np.float32(quant.scale)) == quant.scale


@given(st.floats(-1e30, 1e30), st.floats(-1e30, 1e30))
def test_every_number_of_a_range_is_half_a_step_from_one_that_int8_has(a: float, b: float) -> None:
    low, high = sorted((a, b))
    quant = quantization(low, high)
    assert -128 <= quant.zero_point <= 127
    reach = covered(quant)
    assert reach[0] - 0.501 * quant.scale <= min(low, 0)
    assert reach[1] + 0.501 * quant.scale >= max(high, 0)
