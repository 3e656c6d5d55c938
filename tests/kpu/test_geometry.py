"""The simulator against a model of the chip in numpy, written from the field tables: any geometry, table and pool."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from codegen.backends.kpu.words import POOL_STRIDES, Layer, Map
from codegen.ir import Array
from tests.support.kpu import Rules, run, simulator
from tests.support.tools import need

FIRST = -(1 << 35)
WINDOWS = {0: 1, 1: 2, 2: 2, 3: 4, 4: 4, 5: 1, 6: 1, 7: 1, 8: 2, 9: 2}
WIDTHS = (4, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 130, 511, 512)


@dataclass(frozen=True, eq=False)
class Job:
    """A layer with everything it reads.

    Attributes:
        shifts: of the sums of pixels and of weights.
        scaling: (multiplier, addend, shift) of each output channel.
        pieces: (start, slope, shift, bias) of the activation.
    """

    layer: Layer
    x: Array
    weights: Array
    shifts: tuple[int, int]
    scaling: list[tuple[int, int, int]]
    pieces: list[tuple[int, int, int, int]]

    def words(self) -> list[int]:
        words = self.layer.words()
        words[9] |= self.shifts[1] | self.shifts[0] << 4
        return words

    def tables(self) -> list[Array]:
        scaling = [m & 0xFFFFFF | (n & 0xFFFFFFFF) << 24 | b << 56 for m, n, b in self.scaling]
        words = [by | (slope & 0xFFFF) << 8 | (start & (1 << 36) - 1) << 24 for start, slope, by, _ in self.pieces]
        bias = np.array([bias for *_, bias in self.pieces], np.uint8)
        activation = np.concatenate([np.array(words, np.uint64).view(np.uint8), bias])
        return [self.weights, np.array(scaling, np.uint64), activation]


def sums(job: Job, rules: Rules) -> Array:
    """The convolution, [O, H, W]."""
    layer, k = job.layer, job.layer.kernel
    c, h, w = job.x.shape
    margin = k // 2
    x = np.full((c, h + 2 * margin, w + 2 * margin), layer.pad_value, np.int64)
    x[:, margin : margin + h, margin : margin + w] = job.x
    taps = [(dy, dx, x[:, dy : dy + h, dx : dx + w]) for dy in range(k) for dx in range(k)]
    pixels = sum(part for _, _, part in taps)
    result = []
    for o in range(layer.target.channels):
        inputs = slice(o, o + 1) if layer.depthwise else slice(None)
        own = job.weights[o : o + 1].astype(np.int64) if layer.depthwise else job.weights[o].astype(np.int64)
        products = sum(part[inputs] * own[:, dy, dx, None, None] for dy, dx, part in taps)
        of_x, of_w = layer.x_factor * pixels[inputs], layer.w_factor * own.sum(axis=(1, 2))[:, None, None]
        total = (products + layer.addend).sum(axis=0)
        if rules.shift_after_sum:
            total += (of_x.sum(axis=0) >> job.shifts[0]) + (of_w.sum(axis=0) >> job.shifts[1])
        else:
            total += (of_x >> job.shifts[0]).sum(axis=0) + (of_w >> job.shifts[1]).sum(axis=0)
        result.append(total)
    return np.stack(result)


def activated(job: Job, values: Array, rules: Rules) -> Array:
    """Bytes of scaled sums."""
    starts = np.array([start for start, *_ in job.pieces])
    at = np.maximum(np.searchsorted(starts, values, "left") - 1, 0)  # the last piece that starts below the value
    start, slope, by, bias = (np.array(column)[at] for column in zip(*job.pieces, strict=True))
    product = (values - start) * slope
    whole = product >> by
    twice, one = (product - (whole << by)) * 2, np.int64(1) << by
    up = (twice > one) | ((twice == one) & ((whole & 1 == 1) | bool(rules.half_up)))
    return np.asarray(np.clip(whole + up + bias, 0, 255))


def pooled(values: Array, kind: int) -> Array:
    """[C, H, W] behind a pool."""
    stride, window = POOL_STRIDES[kind], WINDOWS[kind]
    _, h, w = values.shape
    column = 1 if kind == 6 else 0
    rows = np.arange(h // stride) * stride
    columns = np.arange(w // stride) * stride + column
    taps = [
        values[:, np.minimum(rows + dy, h - 1)][:, :, np.minimum(columns + dx, w - 1)]
        for dy in range(window)
        for dx in range(window)
    ]
    return np.asarray(sum(taps) // len(taps) if kind in (2, 4, 8) else np.max(taps, axis=0))


def model(job: Job, rules: Rules) -> Array:
    """What the chip makes of a layer."""
    total = sums(job, rules)
    values = np.stack([(part * m >> b) + n for part, (m, n, b) in zip(total, job.scaling, strict=True)])
    return pooled(activated(job, values, rules), job.layer.pool)


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """A layer that fits the chip."""
    depthwise = draw(st.booleans())
    pool = 0 if depthwise else draw(st.integers(0, 9))
    least = 4 * POOL_STRIDES[pool]
    width = draw(st.sampled_from(WIDTHS).filter(lambda w: w >= least) | st.integers(least, 70))
    height = draw(st.integers(least, least + (2 if width > 100 else 12)))
    inputs = draw(st.integers(1, 3 if width > 100 else 9))
    outputs = inputs if depthwise else draw(st.integers(1, 3 if width > 100 else 9))
    source = Map(inputs, height, width)
    target = Map(outputs, height // POOL_STRIDES[pool], width // POOL_STRIDES[pool])
    between = draw(st.integers(0, 9))
    layer = Layer(
        source=source,
        target=target,
        kernel=draw(st.sampled_from([1, 3])),
        depthwise=depthwise,
        pool=pool,
        pad_value=draw(st.integers(0, 255)),
        x_factor=draw(st.sampled_from([-128, 0, 77, -(1 << 15) + 3, (1 << 15) - 1])),
        w_factor=draw(st.sampled_from([-255, 0, 33, -(1 << 15) + 5])),
        addend=draw(st.integers(-(1 << 24), 1 << 24)),
        wide_weights=draw(st.booleans()),
        source_row=between,
        target_row=between + source.rows + draw(st.integers(0, 50)),
        interrupt=draw(st.booleans()),
        stream=draw(st.booleans()),
    )
    if draw(st.booleans()):  # the other way round
        return replace(layer, source_row=between + target.rows, target_row=between)
    return layer


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """A layer with random tables; scaled sums stay in 36 bits and meet the pieces."""
    layer = draw(layers())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bits = 16 if layer.wide_weights else 8
    shape = (layer.source.channels,) if layer.depthwise else (layer.target.channels, layer.source.channels)
    weights = rng.integers(0, 1 << bits, (*shape, layer.kernel, layer.kernel)).astype(
        np.uint16 if bits == 16 else np.uint8
    )
    x = rng.integers(0, 256, layer.source).astype(np.uint8)
    job = Job(layer, x, weights, (draw(st.integers(0, 15)), draw(st.integers(0, 15))), [], [])
    most = max(int(np.abs(sums(job, Rules(0, 0))).max()), 1)
    assume(most < 1 << 35)
    span = draw(st.integers(12, 30))
    scaling = []
    for _ in range(layer.target.channels):
        b = int(rng.integers(0, 16))
        m = min(int((1 << span + b) // most), (1 << 23) - 1)
        scaling.append((m if rng.integers(0, 5) else -m, int(rng.integers(-(1 << span), 1 << span)), b))
    starts = sorted(int(v) for v in rng.choice(1 << span + 2, 15, replace=False) - (1 << span + 1))
    pieces = [(FIRST, 0, 0, int(rng.integers(0, 256)))]
    for start in starts:
        by = int(rng.integers(0, 44))
        slope = min((1 << by + 7) >> span, (1 << 15) - 1)
        pieces.append((start, int(rng.integers(0, slope + 1)), by, int(rng.integers(0, 256))))
    return replace(job, scaling=scaling, pieces=pieces)


@pytest.fixture(scope="module")
def lib(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    need("gcc")
    return simulator(tmp_path_factory.mktemp("geometry"))


@settings(max_examples=300)
@given(jobs(), st.sampled_from([Rules(0, 0), Rules(1, 0), Rules(0, 1)]))
def test_any_layer(lib: ctypes.CDLL, job: Job, rules: Rules) -> None:
    assert job.layer.misfit() is None
    shape, wide = tuple(job.layer.target), job.layer.wide_weights
    got = run(lib, job.words(), job.tables(), job.x, shape=shape, rules=rules, wide=wide)
    assert np.array_equal(got, model(job, rules))


def test_many_channels_in_many_loads(lib: ctypes.CDLL) -> None:
    """1024 channels, weights in several loads, of both widths."""
    rng = np.random.default_rng(1)
    for wide in (False, True):
        layer = Layer(Map(1024, 4, 4), Map(64, 4, 4), 1, wide_weights=wide, target_row=1024)
        layer = replace(layer, x_factor=-(1 << (15 if wide else 7)))
        x = rng.integers(0, 256, (1024, 4, 4)).astype(np.uint8)
        weights = rng.integers(0, 1 << (16 if wide else 8), (64, 1024, 1, 1)).astype(np.uint16 if wide else np.uint8)
        assert layer.loads > 1
        pieces = [(FIRST, 0, 0, 0), (0, 1 << 14, 22, 0), *((0x7FFFFFFF0 + i, 0, 0, 0) for i in range(14))]
        job = Job(layer, x, weights, (0, 0), [(8, 1 << 15, 15 if wide else 7)] * 64, pieces)
        got = run(lib, job.words(), job.tables(), x, shape=(64, 4, 4), rules=Rules(0, 0), wide=wide)
        assert np.array_equal(got, model(job, Rules(0, 0)))
        assert len(np.unique(got)) > 10
