"""The KPU simulator against every golden vector: what a chip printed, and the vendor's kernels."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from tests.support.kpu import SILICON, VECTORS, VENDOR, Layer, Rules, aligned, run, simulator
from tests.support.tools import need

if not VECTORS.is_dir():
    pytest.skip(f"no KPU vectors at {VECTORS}", allow_module_level=True)

FILES = sorted(path for path in VECTORS.glob("*.npz") if "regs" in np.load(path))


@pytest.fixture(scope="module")
def lib(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    need("gcc")
    return simulator(tmp_path_factory.mktemp("kpu"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize(("rules", "key"), [(SILICON, "output"), (VENDOR, "output_vendor")], ids=["silicon", "vendor"])
def test_a_layer_byte_for_byte(lib: ctypes.CDLL, path: Path, rules: Rules, key: str) -> None:
    z = np.load(path)
    y = run(lib, z["regs"], [z["weights"], z["bn"], z["act"]], z["input"], shape=z[key].shape, rules=rules)
    assert np.array_equal(y, z[key])


def max_pool(x: np.ndarray) -> np.ndarray:
    """3x3, stride 2, nothing before, clipped behind; [C, H, W]."""
    _, h, w = x.shape
    rows = [x[:, y : min(y + 3, h)].max(axis=1) for y in range(0, h, 2)]
    lines = np.stack(rows, axis=1)
    return np.stack([lines[:, :, c : min(c + 3, w)].max(axis=2) for c in range(0, w, 2)], axis=2)


def dense(x: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """In the order of the elements, with fused multiply-add; the bias last."""
    sums = np.zeros(len(weights), np.float32)
    for value, column in zip(x, weights.T, strict=True):
        sums = (sums.astype(np.float64) + value.astype(np.float64) * column.astype(np.float64)).astype(np.float32)
    return sums + bias


def test_the_ten_values_that_a_chip_printed(lib: ctypes.CDLL) -> None:
    z = np.load(VECTORS / "silicon_cifar10.npz")
    x = z["image"]
    for name in ("L0", "L3"):
        tables = [z[f"{name}_{table}"] for table in ("weights", "bn", "act")]
        x = run(lib, z[f"{name}_regs"], tables, x, shape=z[f"{name}_output"].shape, rules=SILICON)
        assert np.array_equal(x, z[f"{name}_output"])
        x = max_pool(x)
    features = x.transpose(1, 2, 0).reshape(-1).astype(np.float32) * z["deq_scale"] + z["deq_bias"]
    hidden = np.maximum(dense(features, z["fc1_w"], z["fc1_b"]), np.float32(0))
    assert [f"{value:.6f}" for value in dense(hidden, z["fc2_w"], z["fc2_b"])] == [
        t.strip() for t in z["hardware_printed"]
    ]


def test_the_vendor_differs_where_the_readme_says_so(lib: ctypes.CDLL) -> None:
    z = np.load(VECTORS / "mbnetv1_L14.npz")
    y = run(lib, z["regs"], [z["weights"], z["bn"], z["act"]], z["input"], shape=z["output"].shape, rules=VENDOR)
    assert (y != z["output"]).sum() == 11942


@pytest.mark.parametrize(
    ("word", "added", "status"),
    [
        (0, 2, 1),
        (4, 1 << 8, 1),
        (4, 1 << 9, 1),
        (7, 1 << 17, 1),
        (8, 1 << 18, 1),
        (5, 1 << 16, 1),
        (11, 1 << 30, 1),
        (3, 1 << 34, 1),
        (1, 0x7FFF, 2),
    ],
)
def test_a_wrong_word_is_refused(lib: ctypes.CDLL, word: int, added: int, status: int) -> None:
    z = np.load(VECTORS / "mask5_L12.npz")
    words = [int(value) for value in z["regs"]]
    assert words[word] & added != added
    words[word] |= added
    ram = np.zeros(1 << 21, np.uint8)
    tables = [aligned(z[name]) for name in ("weights", "bn", "act")]
    raw = np.array(words, np.uint64)
    layer = Layer(raw.ctypes.data, *(table.ctypes.data for table in tables))
    sent = np.zeros(1 << 20, np.uint8)
    stream = ctypes.c_void_p(sent.ctypes.data) if words[11] & 1 else None
    rules, place = ctypes.byref(SILICON), ctypes.c_void_p(ram.ctypes.data)
    assert lib.genc_kpu_simulate(ctypes.byref(layer), rules, place, stream) == status
