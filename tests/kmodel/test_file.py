"""Files of kmodel v3: written, read back, damaged; the structures of two files that others have shipped."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.kpu.words import Layer as Command
from codegen.backends.kpu.words import Map
from codegen.errors import GencError
from codegen.kmodel import is_kmodel, read_kmodel, write_kmodel
from codegen.kmodel.layout import ARRAYS, Kind, KModel, Layer, conv_shape
from tests.support.kmodel_machine import Machine
from tests.support.kpu import simulator
from tests.support.tools import need

RNG = np.random.default_rng(7)
LEFT_TOP = 5


def layer(kind: Kind, *values: float) -> Layer:
    """A layer with random arrays."""
    fields = dict(zip(kind.types, (0, *values), strict=True))
    shapes = {name: (dtype, shape(fields)) for name, (dtype, shape) in ARRAYS.get(kind, {}).items()}
    arrays = {name: RNG.integers(0, 8, shape).astype(dtype) for name, (dtype, shape) in shapes.items()}
    return Layer(kind, fields, arrays)


def conv(source: Map, target: Map, kernel: int, *, rows: tuple[int, int], out: int = -1, pool: int = 0) -> Layer:
    """A convolution with random weights, depthwise when it has `kernel` 3 and as many channels as before, above 3."""
    depthwise = kernel == 3 and source.channels == target.channels
    command = Command(source, target, kernel, depthwise, pool, source_row=rows[0], target_row=rows[1])
    assert command.misfit() is None
    count = target.channels * (1 if depthwise else source.channels) * kernel**2
    starts = [0, *(0x7FFFFFFF0 + i for i in range(15))]
    segments = np.array([20 | 1 << 8 | start << 24 for start in starts], np.uint64)
    arrays = {
        "words": np.array(command.words(), np.uint64),
        "weights": RNG.integers(0, 256, count).astype(np.uint8),
        "scaling": RNG.integers(1, 50, target.channels).astype(np.uint64),
        "activation": np.concatenate([segments.view(np.uint8), np.arange(16, dtype=np.uint8)]),
    }
    fields = dict.fromkeys(Kind.K210_CONV.types, 0) | {"flags": int(out >= 0), "main_out": max(out, 0)}
    return Layer(Kind.K210_CONV, fields, arrays)


def cifar10() -> KModel:
    """Two convolutions, pools on the CPU, two matrix products."""
    image, first, half, second = Map(3, 32, 32), Map(32, 32, 32), Map(32, 16, 16), Map(64, 16, 16)
    layers = [
        conv(image, first, 3, rows=(0, 20000), out=0),
        layer(Kind.QUANTIZED_MAX_POOL2D, 0, 32768, 32, 32, 32, 16, 16, 32, 3, 3, 2, 2, 0, 0),
        layer(Kind.K210_UPLOAD, 32768, 0, 16, 16, 32),
        conv(half, second, 3, rows=(0, 20000), out=0),
        layer(Kind.QUANTIZED_MAX_POOL2D, 0, 16384, 16, 16, 64, 8, 8, 64, 3, 3, 2, 2, 0, 0),
        layer(Kind.QUANTIZED_TENSORFLOW_FLATTEN, 16384, 0, 8, 8, 64),
        layer(Kind.DEQUANTIZE, 0, 4096, 4096, 0.5, -1.0),
        layer(Kind.FULLY_CONNECTED, 4096, 0, 4096, 16, 1),
        layer(Kind.FULLY_CONNECTED, 0, 64, 16, 10, 0),
    ]
    return KModel(layers, [(64, 40)], 40960)


def mbnetv1() -> KModel:
    """A MobileNet of width 0.75 at 224x224; each stride is a pick of the 1x1 layer."""
    channels = [24, 48, 96, 96, 192, 192, *[384] * 6, 768, 768]
    strided = {1, 3, 5, 11}
    here = Map(24, 112, 112)
    layers = [conv(Map(3, 224, 224), here, 3, rows=(0, 20000), pool=LEFT_TOP)]
    for index, count in enumerate(channels[1:]):
        layers.append(conv(here, here, 3, rows=(20000, 0)))
        pool = LEFT_TOP if index in strided else 0
        side = here.height // 2 if pool else here.height
        there = Map(count, side, side)
        last = index == len(channels) - 2
        layers.append(conv(here, there, 1, rows=(0, 20000), pool=pool, out=0 if last else -1))
        here = there
    assert here == (768, 7, 7)
    layers += [
        layer(Kind.DEQUANTIZE, 0, 40000, 37632, 0.25, 0.0),
        layer(Kind.GLOBAL_AVERAGE_POOL2D, 40000, 0, 49, 768),
        layer(Kind.QUANTIZE, 0, 4096, 768, 0.25, 0.0),
        layer(Kind.K210_ADD_PADDING, 4096, 0, 768),
        conv(Map(768, 4, 4), Map(1000, 4, 4), 1, rows=(0, 20000), out=8192),
        layer(Kind.K210_REMOVE_PADDING, 8192, 0, 1000),
        layer(Kind.QUANTIZED_TENSORFLOW_FLATTEN, 0, 1000, 1, 1, 1000),
        layer(Kind.DEQUANTIZE, 1000, 2000, 1000, 0.25, 0.0),
        layer(Kind.SOFTMAX, 2000, 8000, 1000),
    ]
    return KModel(layers, [(8000, 4000)], 192000)


@pytest.mark.parametrize(("make", "layers"), [(cifar10, 9), (mbnetv1, 36)])
def test_shipped_structures_are_written_and_read_back(make: object, layers: int) -> None:
    model = make()  # type: ignore[operator]
    data = write_kmodel(model)
    found = read_kmodel(data)
    assert is_kmodel(data)
    assert len(found.layers) == layers
    assert (found.outputs, found.main_bytes, found.wide) == (model.outputs, model.main_bytes, False)
    for ours, theirs in zip(model.layers, found.layers, strict=True):
        assert (ours.kind, ours.fields) == (theirs.kind, theirs.fields)
        assert ours.arrays.keys() == theirs.arrays.keys()
        assert all(np.array_equal(ours.arrays[name], theirs.arrays[name]) for name in ours.arrays)


def test_a_convolution_read_back_computes_the_same(tmp_path: Path) -> None:
    need("gcc")
    lib: ctypes.CDLL = simulator(tmp_path)
    model = cifar10()
    model.layers = model.layers[:5]
    x = RNG.integers(0, 256, (3, 32, 32)).astype(np.uint8)
    machines = [Machine(m, lib) for m in (model, read_kmodel(write_kmodel(model)))]
    for machine in machines:
        machine.run(x)
    assert np.array_equal(machines[0].main, machines[1].main)
    assert len(np.unique(machines[0].streamed[3])) > 10


def test_every_array_of_a_convolution_is_aligned_in_the_file() -> None:
    data = write_kmodel(mbnetv1())
    header = 28 + 8 + 8 * 36
    assert np.frombuffer(data, "<u4", 6, header)[:2].tolist() == [0, 0]
    offsets = np.frombuffer(data, "<u4", 4, header + 8)
    assert (offsets % [8, 128, 128, 256] == 0).all()
    assert conv_shape(np.frombuffer(data, "<u8", 12, offsets[0])).source == (3, 224, 224)


CIFAR = write_kmodel(cifar10())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(CIFAR) - 1))
def test_a_cut_file_is_refused(length: int) -> None:
    with pytest.raises(GencError):
        read_kmodel(CIFAR[:length])


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 600), st.integers(0, 255))
def test_a_damaged_file_is_read_or_refused(at: int, value: int) -> None:
    data = bytearray(CIFAR)
    data[at] = value
    with suppress(GencError):
        read_kmodel(bytes(data))
