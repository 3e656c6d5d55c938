"""The words of a layer against those of shipped models, and whole TFLite layers through the simulator."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from codegen.backends.kpu.requantize import solve
from codegen.backends.kpu.words import LEFT_TOP, Layer, Map
from tests.kpu.test_requantize import LAYERS, layer
from tests.support.kpu import SILICON, VECTORS, run, simulator
from tests.support.tools import need

SHIPPED = sorted(path for path in VECTORS.glob("*.npz") if "regs" in np.load(path))


@pytest.fixture(scope="module")
def lib(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    need("gcc")
    return simulator(tmp_path_factory.mktemp("kpu"))


def signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_words_of_shipped_layers(path: Path) -> None:
    z = np.load(path)
    words = [int(word) for word in z["regs"]]
    made = Layer(
        source=Map(*z["input"].shape),
        target=Map(*z["output"].shape),
        kernel=3 if words[4] & 1 else 1,
        depthwise=bool(words[0] >> 3 & 1),
        pool=words[4] >> 4 & 15,
        pad_value=words[4] >> 24 & 255,
        x_factor=signed(words[9] >> 32 & 0xFFFFFF, 24),
        w_factor=signed(words[9] >> 8 & 0xFFFFFF, 24),
        addend=signed(words[10] & 0xFFFFFFFFFF, 40),
        source_row=words[1] & 0x7FFF,
        target_row=words[1] >> 32 & 0x7FFF,
        interrupt=bool(words[0] & 1),
        stream=bool(words[11] & 1),
    )
    masks = {4: 0xFFFFFFFF << 32, 5: 0xFFFFFFFF << 32, 7: 0xFFFFFFFF << 32, 9: 0xFF}  # addresses, shifts
    if "mbnetv1" in path.stem:  # Maix-EMC fills the chip's buffer further than we do: other loads
        masks |= {2: 0x3FF << 48, 5: -1}
    assert made.misfit() is None
    for index, (own, theirs) in enumerate(zip(made.words(), words, strict=True)):
        compared = ~masks.get(index, 0)
        assert own & compared == theirs & compared, f"word {index}: {own:x}, not {theirs:x}"


@pytest.mark.parametrize("path", LAYERS, ids=lambda path: path.stem)
def test_a_tflite_layer_to_the_byte(lib: ctypes.CDLL, path: Path) -> None:
    z = np.load(path)
    channels, clamp = layer(path)
    tables = solve(channels, clamp)
    stride, depthwise = int(z["stride"]), "_dw" in path.stem
    x = (z["input"].astype(np.int16) + 128).astype(np.uint8).transpose(2, 0, 1)
    y = (z["output"].astype(np.int16) + 128).astype(np.uint8).transpose(2, 0, 1)
    weights = (z["weights"].astype(np.int16) + 128).astype(np.uint8)
    planes = weights[..., 0] if depthwise else weights.transpose(0, 3, 1, 2)
    kernel = planes.shape[-1]
    if stride == 2:  # rotated by 180 degrees, where the chip's left-top pick is TensorFlow's
        x, y = x[:, ::-1, ::-1], y[:, ::-1, ::-1]
        planes = planes[..., ::-1, ::-1]
        if kernel == 1:  # the pixel that the stride takes is one to the right and below
            planes = np.pad(planes, ((0, 0), (0, 0), (2, 0), (2, 0)), constant_values=128)
            kernel = 3
    zero = int(z["input_zero"]) + 128
    full = y.shape if not (depthwise and stride == 2) else x.shape
    made = Layer(
        source=Map(*x.shape),
        target=Map(full[0], *full[1:]),
        kernel=kernel,
        depthwise=depthwise,
        pool=LEFT_TOP if stride == 2 and not depthwise else 0,
        pad_value=zero,
        x_factor=-128,
        w_factor=-zero,
        addend=kernel**2 * 128 * zero,
        target_row=Map(*x.shape).rows,
    )
    assert made.misfit() is None
    parts = [planes, tables.scaling, np.concatenate([tables.segments.view(np.uint8), tables.bias])]
    got = run(lib, made.words(), parts, np.ascontiguousarray(x), shape=full, rules=SILICON)
    got = got[:, ::2, ::2] if depthwise and stride == 2 else got
    wrong = int((got != y).sum())
    assert np.abs(got.astype(int) - y).max() <= 1
    assert wrong == 0 if tables.exact else wrong <= 20
