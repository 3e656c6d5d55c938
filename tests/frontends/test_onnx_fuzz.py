"""Damaged and hostile ONNX files: one GencError and nothing else, soon, in little memory."""

from __future__ import annotations

import contextlib
import random
import time
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.ir.verifier import verify
from tests.conftest import FULL

SECONDS = 60.0 if FULL else 4.0
SLOWEST_S = 2.0
INTEGERS = (-(2**63), -(2**31), -2, -1, 0, 1, 2, 3, 4, 7, 8, 255, 65536, 2**31 - 1, 2**40, 2**63 - 1)
FLOATS = (0.0, -1.0, 1e-45, 1e-9, 1e9, 3e38, float("inf"), float("nan"))

pytestmark = pytest.mark.filterwarnings("error")


def survives(path: Path, data: bytes) -> bool:
    """Import the bytes; whether they were accepted."""
    path.write_bytes(data)
    start = time.monotonic()
    accepted = False
    with contextlib.suppress(GencError):
        verify(load_model(path))
        accepted = True
    assert time.monotonic() - start < SLOWEST_S
    return accepted


@lru_cache(maxsize=1)
def originals() -> list[onnx.ModelProto]:
    """The node tests' models, whose inputs of integers are constants, so that parameters are known."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = load_model_tests(kind="node")
    models = []
    for case in cases:
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        for value, array in zip(model.graph.input, case.data_sets[0][0], strict=False):
            if isinstance(array, np.ndarray) and (array.dtype.kind == "i" or value.name in "wWB"):
                model.graph.initializer.append(numpy_helper.from_array(array, value.name))
        models.append(model)
    return models


def test_damaged_bytes_are_survived(tmp_path: Path) -> None:
    rng = random.Random(7)  # noqa: S311
    files = [model.SerializeToString() for model in originals()]
    deadline, accepted, count = time.monotonic() + SECONDS, 0, 0
    while time.monotonic() < deadline:
        data = bytearray(rng.choice(files))
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)) :]
        accepted += survives(tmp_path / "model.onnx", bytes(data))
        count += 1
    assert 0 < accepted < count


def test_hostile_numbers_are_survived(tmp_path: Path) -> None:
    rng = random.Random(8)  # noqa: S311
    models = originals()
    deadline, accepted, count = time.monotonic() + SECONDS, 0, 0
    while time.monotonic() < deadline:
        model = onnx.ModelProto()
        model.CopyFrom(rng.choice(models))
        for _ in range(rng.randint(1, 3)):
            alter(model, rng)
        accepted += survives(tmp_path / "model.onnx", model.SerializeToString())
        count += 1
    assert 0 < accepted < count


def alter(model: onnx.ModelProto, rng: random.Random) -> None:
    """Change one thing: a shape, an attribute, a constant, a name, an operator."""
    graph = model.graph
    node = rng.choice(graph.node)
    change = rng.choice((_shape, _attribute, _constant, _name, _operator, _type))
    change(model, node, rng)


def _shape(model: onnx.ModelProto, _node: Any, rng: random.Random) -> None:
    values = [*model.graph.input, *model.graph.output]
    dims = rng.choice(values).type.tensor_type.shape.dim if values else []
    if len(dims):
        rng.choice(dims).dim_value = rng.choice(INTEGERS)


def _attribute(_model: onnx.ModelProto, node: Any, rng: random.Random) -> None:
    if not node.attribute:
        node.attribute.append(helper.make_attribute(rng.choice(["axis", "mode", "to", "pads"]), rng.choice(INTEGERS)))
        return
    attribute = rng.choice(node.attribute)
    if attribute.ints and rng.random() < 0.8:
        attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(INTEGERS)
    elif attribute.ints:
        del attribute.ints[-1]
    attribute.i = rng.choice(INTEGERS)
    attribute.f = rng.choice(FLOATS)
    attribute.s = rng.choice((attribute.s, b"", b"linear", b"\xff\xfe"))


def _constant(model: onnx.ModelProto, _node: Any, rng: random.Random) -> None:
    if not model.graph.initializer:
        return
    tensor = rng.choice(model.graph.initializer)
    array = numpy_helper.to_array(tensor).copy()
    if array.size and array.dtype.kind in "if":
        value = rng.choice(INTEGERS if array.dtype.kind == "i" else FLOATS)
        array.reshape(-1)[rng.randrange(array.size)] = np.clip(value, *_limits(array.dtype))
    tensor.CopyFrom(numpy_helper.from_array(array.reshape(-1) if rng.random() < 0.1 else array, tensor.name))


def _limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind == "f":
        return -np.inf, np.inf
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def _name(_model: onnx.ModelProto, node: Any, rng: random.Random) -> None:
    for names in (node.input, node.output):
        if names and rng.random() < 0.5:
            names[rng.randrange(len(names))] = rng.choice(["", "x", "y", *names])


def _operator(_model: onnx.ModelProto, node: Any, rng: random.Random) -> None:
    node.op_type = rng.choice(["Conv", "Reshape", "Gemm", "Slice", "Resize", "Pad", "If", "Einsum", "LSTM", "Concat"])


def _type(model: onnx.ModelProto, _node: Any, rng: random.Random) -> None:
    if model.graph.input:
        rng.choice(model.graph.input).type.tensor_type.elem_type = rng.randrange(24)


def small_model(**tensor: Any) -> onnx.ModelProto:
    """y = x + w, where w is stored as `tensor` says."""
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])],
        [TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], **tensor)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def refusal(path: Path) -> str:
    """The text of the error; it has one line beside its cure."""
    with pytest.raises(GencError) as caught:
        load_model(path)
    assert not caught.value.problems
    return str(caught.value)


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    data = small_model(raw_data=bytes(16)).SerializeToString()
    path = tmp_path / "cut.onnx"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(GencError):
            load_model(path)


def test_data_of_the_wrong_size_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    onnx.save(small_model(raw_data=bytes(12)), path)
    assert "data of constant 'w' do not fit its shape [4]" in refusal(path)


class TestExternalData:
    """Constants in files beside the model."""

    @staticmethod
    def saved(folder: Path, **entries: str) -> Path:
        model = small_model(data_location=TensorProto.EXTERNAL)
        for key, value in entries.items():
            model.graph.initializer[0].external_data.add(key=key, value=value)
        onnx.save(model, folder / "model.onnx")
        return folder / "model.onnx"

    def test_are_read(self, tmp_path: Path) -> None:
        weights = np.arange(4, dtype=np.float32)
        (tmp_path / "w.bin").write_bytes(b"0000" + weights.tobytes())
        graph = load_model(self.saved(tmp_path, location="w.bin", offset="4", length="16"))
        np.testing.assert_array_equal(graph.operators[0].inputs[1].value, weights)

    def test_may_be_missing(self, tmp_path: Path) -> None:
        assert "'w.bin' cannot be read" in refusal(self.saved(tmp_path, location="w.bin"))

    def test_may_be_cut_off(self, tmp_path: Path) -> None:
        (tmp_path / "w.bin").write_bytes(bytes(15))
        assert "do not fit" in refusal(self.saved(tmp_path, location="w.bin", length="16"))

    @pytest.mark.parametrize("location", ["../w.bin", "/etc/hostname", "", "a/../../w.bin"])
    def test_lie_beside_the_model(self, location: str, tmp_path: Path) -> None:
        (tmp_path / "w.bin").write_bytes(bytes(16))
        (tmp_path / "model").mkdir()
        assert "not a file beside the model" in refusal(self.saved(tmp_path / "model", location=location))

    def test_do_not_leave_by_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "w.bin").write_bytes(bytes(16))
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "w.bin").symlink_to(tmp_path / "w.bin")
        assert "not a file beside the model" in refusal(self.saved(tmp_path / "model", location="w.bin"))

    @pytest.mark.parametrize("entry", [{"offset": "-4"}, {"offset": "x"}, {"length": "1e3"}, {"offset": "9" * 30}])
    def test_places_make_sense(self, entry: dict[str, str], tmp_path: Path) -> None:
        (tmp_path / "w.bin").write_bytes(bytes(16))
        assert "constant 'w'" in refusal(self.saved(tmp_path, location="w.bin", **entry))


def test_a_web_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_text("<!DOCTYPE html>")
    assert "is not a ONNX file" in refusal(path)
