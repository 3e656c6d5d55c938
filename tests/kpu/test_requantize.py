"""The solver of the KPU's tables: TFLite's integers for every reachable accumulator, or how many differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.backends.kpu.requantize import Channels, Int64, Range, Tables, apply, requantize, solve, thresholds
from codegen.reference.fixed_point import quantize_multiplier
from tests.support.kpu import VECTORS

LAYERS = sorted(VECTORS.glob("litert_*.npz"))


def layer(path: Path) -> tuple[Channels, Range]:
    z = np.load(path)
    weights = z["weights"].astype(np.int64).reshape(len(z["weights"]), -1)
    low, high = -128 - int(z["input_zero"]), 127 - int(z["input_zero"])
    most = np.where(weights > 0, weights * high, weights * low).sum(axis=1)
    least = np.where(weights > 0, weights * low, weights * high).sum(axis=1)
    scales = np.float64(z["input_scale"]) * z["weight_scales"].astype(np.float64) / np.float64(z["output_scale"])
    factors = np.array([quantize_multiplier(float(scale)) for scale in scales], np.int64)
    zero, activation = int(z["output_zero"]), str(z["activation"])
    end = zero + round(6 / float(z["output_scale"])) if activation == "relu6" else 127
    clamp = Range(zero, -128 if activation == "none" else zero, min(end, 127))
    return Channels(factors[:, 0], factors[:, 1], z["bias"].astype(np.int64), least, most), clamp


def differing(channels: Channels, clamp: Range, tables: Tables, c: int, values: Int64) -> int:
    one = Channels(*(v[c : c + 1] for v in channels))
    wanted = requantize(values[np.newaxis], one, clamp)[0]
    got = apply(values, c, tables)
    assert np.abs(got - wanted).max(initial=0) <= 1
    return int((got != wanted).sum())


@pytest.mark.parametrize("path", LAYERS, ids=lambda path: path.stem)
def test_real_layers_around_every_threshold(path: Path) -> None:
    channels, clamp = layer(path)
    tables = solve(channels, clamp)
    marks = thresholds(channels, clamp)
    for c in range(len(marks)):
        around = np.unique(np.clip(marks[c][:, np.newaxis] + np.arange(-40, 40), channels.least[c], channels.most[c]))
        assert differing(channels, clamp, tables, c, around) == tables.wrong[c]
    linear = clamp.low < clamp.zero_point
    assert (tables.wrong > 0).sum() <= (0.6 * len(tables.wrong) if linear else 1)


def test_every_accumulator_of_a_channel() -> None:
    channels, clamp = layer(next(path for path in LAYERS if "resnet8_op06" in path.stem))
    tables = solve(channels, clamp)
    c = int(np.argmax(tables.wrong))
    values = np.arange(channels.least[c], channels.most[c] + 1)
    assert tables.wrong[c] > 0
    assert differing(channels, clamp, tables, c, values) == tables.wrong[c]


@given(
    scale=st.floats(1e-6, 0.5),
    bias=st.integers(-100_000, 100_000),
    ends=st.tuples(st.integers(-60_000, 60_000), st.integers(0, 60_000)),
    output=st.tuples(st.integers(-128, 127), st.integers(-128, 126), st.integers(1, 255)),
)
def test_random_channels(scale: float, bias: int, ends: tuple[int, int], output: tuple[int, int, int]) -> None:
    zero, low, above = output
    factor = quantize_multiplier(scale)
    columns = [factor[0], factor[1], bias, ends[0], ends[0] + ends[1]]
    channels = Channels(*(np.array([value], np.int64) for value in columns))
    clamp = Range(zero, low, min(low + above, 127))
    tables = solve(channels, clamp)
    values = np.arange(ends[0], ends[0] + ends[1] + 1)
    assert differing(channels, clamp, tables, 0, values) == tables.wrong[0]


def test_a_dead_channel_gives_one_value() -> None:
    zero = np.zeros(1, np.int64)
    channels = Channels(zero, zero, zero + 500, zero - 1000, zero + 1000)
    tables = solve(channels, Range(-3, -128, 127))
    assert set(apply(np.arange(-1000, 1001), 0, tables)) == {-3}
    assert tables.exact
