"""Calibration data: every form is read, sample by sample; everything wrong is one error with a way out."""

from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import GencError
from codegen.ir import DType, Graph, Tensor
from codegen.ir.graph import State
from codegen.quantize.samples import Samples

IMAGE = Tensor("image", (1, 4, 6, 3), DType.FLOAT32)
IDS = Tensor("ids", (5,), DType.INT32)
ONE, TWO = Graph("one", [IMAGE], []), Graph("two", [IMAGE, IDS], [])
VALUES = np.random.default_rng(0).normal(size=(7, 1, 4, 6, 3)).astype(np.float32)
NUMBERS = np.arange(35, dtype=np.int64).reshape(7, 5)


def read(path: Path, graph: Graph) -> list[list[np.ndarray]]:
    samples = Samples(path, graph)
    first, second = ([s.inputs for s in samples] for _ in range(2))
    assert samples.count == len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        for tensor, x, y in zip(graph.inputs, a, b, strict=True):
            assert (x.dtype, x.shape) == (tensor.dtype.numpy, tensor.shape)
            np.testing.assert_array_equal(x, y)
    return first


@pytest.mark.parametrize("shape", [(7, 1, 4, 6, 3), (7, 4, 6, 3)])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2"])
def test_an_npy_has_samples_along_its_first_axis(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    values = VALUES.astype(dtype)
    np.save(tmp_path / "x.npy", values.reshape(shape))
    for got, want in zip(read(tmp_path / "x.npy", ONE), values, strict=True):
        np.testing.assert_array_equal(got[0], want.astype(np.float32))


@pytest.mark.parametrize("shape", [(1, 4, 6, 3), (4, 6, 3)])
def test_an_npy_may_be_one_sample(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "x.npy", VALUES[0].reshape(shape))
    np.testing.assert_array_equal(read(tmp_path / "x.npy", ONE)[0][0], VALUES[0])


def test_bytes_are_taken_as_numbers(tmp_path: Path) -> None:
    pixels = np.arange(72, dtype=np.uint8).reshape(1, 4, 6, 3)
    np.save(tmp_path / "x.npy", pixels)
    np.testing.assert_array_equal(read(tmp_path / "x.npy", ONE)[0][0], pixels.astype(np.float32))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("keys", [("image", "ids"), ("in0", "in1")])
def test_an_npz_names_the_inputs(tmp_path: Path, save: Callable[..., None], keys: tuple[str, str]) -> None:
    save(tmp_path / "x.npz", **dict(zip(keys, (VALUES, NUMBERS), strict=True)), labels=np.zeros(3))
    found = read(tmp_path / "x.npz", TWO)
    for k, (image, ids) in enumerate(found):
        np.testing.assert_array_equal(image, VALUES[k])
        np.testing.assert_array_equal(ids, NUMBERS[k])


def test_the_only_array_serves_the_only_input(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", whatever=VALUES)
    assert len(read(tmp_path / "x.npz", ONE)) == 7


def test_recorded_cases_are_samples(tmp_path: Path) -> None:
    arrays = {f"c{k}_in0": VALUES[k : k + 1] for k in range(7)} | {"c0_out0": np.zeros(3)}
    np.savez(tmp_path / "io.npz", **arrays)
    for got, want in zip(read(tmp_path / "io.npz", ONE), VALUES, strict=True):
        np.testing.assert_array_equal(got[0], want)


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    np.save(tmp_path / "b.npy", VALUES[1:3])
    np.save(tmp_path / "a.npy", VALUES[0])
    np.savez(tmp_path / "c.npz", image=VALUES[3:])
    (tmp_path / "readme.txt").write_text("not read")
    for got, want in zip(read(tmp_path, ONE), VALUES, strict=True):
        np.testing.assert_array_equal(got[0], want)


def test_states_are_reset_at_every_file_and_sequence(tmp_path: Path) -> None:
    state = State("s", IMAGE, IMAGE, np.zeros(IMAGE.shape, np.float32))
    graph = Graph("stateful", [IMAGE], [], states=[state])
    np.save(tmp_path / "a.npy", VALUES[:3])
    np.save(tmp_path / "b.npy", VALUES[:6].reshape(2, 3, *IMAGE.shape))
    assert [s.first for s in Samples(tmp_path, graph)] == [True, False, False] * 3
    assert all(s.first for s in Samples(tmp_path / "a.npy", ONE))


def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    wide = Graph("wide", [Tensor("x", (1, 1000), DType.FLOAT32)], [])
    file = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (10_000, 1000))
    file.flush()
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "x.npy", "x.npy")
    for name in ("x.npy", "x.npz"):
        tracemalloc.start()
        count = sum(1 for _ in Samples(tmp_path / name, wide))
        assert count == 10_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
        tracemalloc.stop()


def test_arrays_in_fortran_s_order(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", image=np.asfortranarray(VALUES), other=np.array([None]))
    for got, want in zip(read(tmp_path / "x.npz", ONE), VALUES, strict=True):
        np.testing.assert_array_equal(got[0], want)


@pytest.mark.parametrize(
    ("array", "match"),
    [
        (VALUES[:0], "no samples"),
        (VALUES[..., :2], r"has shape \[7, 1, 4, 6, 2\], but 'image' is float32\[1, 4, 6, 3\]"),
        (VALUES[:, 0].transpose(0, 3, 1, 2), r"takes channels last: transpose every sample by \(1, 2, 0\)"),
        (VALUES.astype(complex), "holds complex128"),
        (np.array(["a"] * 3), "holds <U1"),
        (np.where(np.arange(7)[:, None, None, None, None] == 4, np.nan, VALUES), "sample 4 holds NaN or infinity"),
        (VALUES.astype(np.float64) * 1e200, "sample 0 holds NaN or infinity"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, array: np.ndarray, match: str) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(GencError, match=match):
        read(tmp_path / "x.npy", ONE)


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ({"image": VALUES}, r"holds 'image'; the model's inputs are 'image' float32\[1, 4, 6, 3\], 'ids' int32\[5\]"),
        ({"image": VALUES, "ids": NUMBERS[:3]}, "different numbers of samples: .*image 7, .*ids 3"),
        ({"image": VALUES, "ids": NUMBERS.astype(float)}, "holds float64, but 'ids' is int32"),
        ({"image": VALUES, "ids": NUMBERS + 2**40}, "sample 0 does not fit int32"),
    ],
)
def test_archives_that_do_not_fit(tmp_path: Path, arrays: dict[str, np.ndarray], match: str) -> None:
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(GencError, match=match):
        read(tmp_path / "x.npz", TWO)


def test_what_is_no_file_of_numpy(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"not numpy")
    (tmp_path / "y.npz").write_bytes(b"PK\x03\x04 damaged")
    np.save(tmp_path / "cut.npy", VALUES)
    data = (tmp_path / "cut.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(data[:-8])
    np.savez(tmp_path / "flipped.npz", image=np.repeat(VALUES, 50, axis=0))
    packed = bytearray((tmp_path / "flipped.npz").read_bytes())
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "flipped.npz").write_bytes(packed)
    np.save(tmp_path / "objects.npy", np.array([{}, []], object), allow_pickle=True)
    for name, match in [
        ("x.npy", "is no file of numpy"),
        ("y.npz", "is no file of numpy"),
        ("cut.npy", "ends too early"),
        ("flipped.npz", "is damaged"),
        ("objects.npy", "holds object"),
        ("missing.npz", "No such file"),
    ]:
        with pytest.raises(GencError, match=match):
            read(tmp_path / name, ONE)
    (tmp_path / "empty").mkdir()
    with pytest.raises(GencError, match="the folder holds no"):
        read(tmp_path / "empty", ONE)


def test_a_folder_of_wrong_files_is_told_briefly(tmp_path: Path) -> None:
    for k in range(30):
        np.save(tmp_path / f"{k}.npy", VALUES[..., :2])
    with pytest.raises(GencError) as caught:
        read(tmp_path, ONE)
    assert len(caught.value.problems) == 6
    assert "25 more" in str(caught.value)
