"""Golden data: every form is read, everything wrong is an error that names the array."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import GencError
from codegen.ir import DType, Graph, Tensor
from codegen.verify.compare import difference
from codegen.verify.golden import load_cases, random_cases

A, B = Tensor("a", (2, 3), DType.INT8), Tensor("b", (4,), DType.FLOAT32)
ONE = Graph("one", [A], [B])
TAPPED = Graph("tapped", [A], [B, A])
INPUT, OUTPUT = np.arange(6, dtype=np.int8).reshape(2, 3), np.arange(4, dtype=np.float32)


def write(path: Path, **arrays: np.ndarray) -> Path:
    file = path / "io.npz"
    np.savez(file, **arrays)
    return file


def test_recorded_cases_and_steps(tmp_path: Path) -> None:
    twelve = {f"c{k}_in0": np.stack([INPUT + k] * 2) for k in range(12)}
    twelve |= {f"c{k}_out0": np.stack([OUTPUT * k] * 2) for k in range(12)}
    cases = load_cases(write(tmp_path, **twelve), ONE)
    assert [case.label for case in cases] == [f"case {k}" for k in range(12)]
    assert [len(case.steps) for case in cases] == [2] * 12
    step = cases[11].steps[1]
    np.testing.assert_array_equal(step.inputs[0], INPUT + 11)
    np.testing.assert_array_equal(step.expected["out"][0], OUTPUT * 11)
    assert list(step.expected) == ["out"]


def test_simple_form_one_case_and_many(tmp_path: Path) -> None:
    (case,) = load_cases(write(tmp_path, in0=INPUT, out0=OUTPUT), ONE)
    np.testing.assert_array_equal(case.steps[0].inputs[0], INPUT)
    cases = load_cases(write(tmp_path, in0=np.stack([INPUT] * 5), out0=np.stack([OUTPUT] * 5)), ONE)
    assert [len(case.steps) for case in cases] == [1] * 5


def test_taps_follow_the_outputs(tmp_path: Path) -> None:
    path = write(tmp_path, c0_in0=INPUT[None], c0_out0=OUTPUT[None], c0_tap0=INPUT[None], c0_tflmtap0=INPUT[None] + 1)
    expected = load_cases(path, TAPPED)[0].steps[0].expected
    np.testing.assert_array_equal(expected["out"][1], INPUT)
    np.testing.assert_array_equal(expected["tflm"][0], OUTPUT)
    np.testing.assert_array_equal(expected["tflm"][1], INPUT + 1)


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ({}, r"in0: is missing; 'a' is int8\[2, 3\]"),
        ({"c0_in0": INPUT[None]}, "c0_out0: is missing"),
        ({"c0_in0": INPUT, "c0_out0": OUTPUT}, r"c0_in0: is int8\[2, 3\], but 'a' is int8\[2, 3\], with one more"),
        ({"c0_in0": INPUT[None].astype(np.uint8), "c0_out0": OUTPUT[None]}, r"c0_in0: is uint8"),
        ({"c0_in0": np.stack([INPUT] * 2), "c0_out0": OUTPUT[None]}, "different numbers of steps"),
        ({"c0_in0": np.empty((0, 2, 3), np.int8), "c0_out0": np.empty((0, 4), np.float32)}, "c0_in0: is int8"),
        ({"in0": INPUT.reshape(3, 2), "out0": OUTPUT}, "in0: is int8"),
        ({"in0": np.int8(3), "out0": OUTPUT}, "in0: is int8"),
        ({"in0": np.array([None]), "out0": OUTPUT}, "is not an npz file"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, arrays: dict[str, np.ndarray], match: str) -> None:
    with pytest.raises(GencError, match=match):
        load_cases(write(tmp_path, **arrays), ONE)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04" + bytes(40), b"\x93NUMPY\x01\x00"])
def test_a_file_of_another_kind(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "io.npz"
    path.write_bytes(content)
    with pytest.raises(GencError, match=r"io\.npz: is not an npz file"):
        load_cases(path, ONE)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_truncated_or_damaged_file(tmp_path: Path, save: Callable[..., None]) -> None:
    path = tmp_path / "damaged.npz"
    save(path, c0_in0=INPUT[None], c0_out0=OUTPUT[None])
    whole = path.read_bytes()
    for index in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[index] ^= 0xFF
        for content in (bytes(damaged), whole[:index]):
            path.write_bytes(content)
            try:
                load_cases(path, ONE)
            except GencError as error:
                assert "damaged.npz" in str(error)  # noqa: PT017 - damage in padding may go unnoticed


def test_a_plain_npy_file(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", INPUT)
    with pytest.raises(GencError, match=r"x\.npy: is not an npz file"):
        load_cases(tmp_path / "x.npy", ONE)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(GencError, match="No such file"):
        load_cases(tmp_path / "io.npz", ONE)


def test_random_cases_start_with_the_extremes_and_repeat() -> None:
    graph = Graph("g", [A, B], [B])
    cases = random_cases(graph, lambda steps: [[inputs[1]] for inputs in steps], 4, seed=1)
    again = random_cases(graph, lambda steps: [[inputs[1]] for inputs in steps], 4, seed=1)
    assert (cases[0].steps[0].inputs[0] == -128).all()
    assert (cases[1].steps[0].inputs[0] == 127).all()
    for one, two in zip(cases, again, strict=True):
        np.testing.assert_array_equal(one.steps[0].inputs[0], two.steps[0].inputs[0])
    assert cases[2].steps[0].inputs[1].dtype == np.float32
    assert len(np.unique(cases[2].steps[0].inputs[0])) > 1


def test_difference_is_by_bytes() -> None:
    assert difference(OUTPUT, OUTPUT.copy()) is None
    nan = np.array([np.nan, 1], np.float32)
    assert difference(nan, nan.copy()) is None
    assert difference(np.float32([0.0]), np.float32([-0.0])).count == 1
    found = difference(nan, np.float32([1, 1]))
    assert (found.count, found.first, found.max_abs) == (1, (0,), np.inf)
    found = difference(INPUT, INPUT.astype(np.uint8))
    assert found.max_abs == np.inf
    assert difference(np.int8([-128]), np.int8([127])).max_abs == 255
    assert difference(np.int8(3), np.int8(4)).first == ()
    assert difference(np.empty((0,), np.int8), np.empty((0,), np.int8)) is None
