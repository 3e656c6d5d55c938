"""PNNX files: operators as PyTorch computes them (tests/data/make_pnnx.py), expressions, damage."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen import reference
from codegen.errors import GencError
from codegen.frontends import load_model

DATA = Path(__file__).parents[1] / "data" / "pnnx.zip"
with zipfile.ZipFile(DATA) as _archive:
    NAMES = sorted({name.partition("/")[0] for name in _archive.namelist()})


def unpacked(name: str, folder: Path) -> Path:
    with zipfile.ZipFile(DATA) as archive:
        for file in ("model.pnnx.param", "model.pnnx.bin", "io.npz"):
            (folder / file).write_bytes(archive.read(f"{name}/{file}"))
    return folder / "model.pnnx.param"


@pytest.mark.parametrize("name", NAMES)
def test_an_operator_as_pytorch_computes_it(name: str, tmp_path: Path) -> None:
    graph = load_model(unpacked(name, tmp_path))
    io = np.load(tmp_path / "io.npz")
    got = reference.Session(graph).step([io[f"in{i}"] for i in range(len(graph.inputs))])
    assert len(got) == sum(key.startswith("out") for key in io)
    for i, value in enumerate(got):
        want = io[f"out{i}"]
        assert value.shape == want.shape
        assert np.abs(value - want).max() <= 1e-5 * np.abs(want).max() + 1e-6


def test_there_are_many() -> None:
    assert len(NAMES) > 80


def written(folder: Path, *lines: str) -> Path:
    path = folder / "model.pnnx.param"
    path.write_text(f"7767517\n{len(lines)} 9\n" + "\n".join(lines) + "\n")
    with zipfile.ZipFile(folder / "model.pnnx.bin", "w"):
        pass
    return path


X = "pnnx.Input i 0 1 0 #0=(1,4)f32"
OUT = "pnnx.Output o 1 0 1"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("add(mul(@0,2),-1.5e0)", lambda x: 2 * x - 1.5),
        ("div(@0,size(@0,1))", lambda x: x / 4),
        ("maximum(neg(@0),floor_divide(7,2))", lambda x: np.maximum(-x, 3)),
        ("torch.square(@0)", lambda x: x * x),
    ],
)
def test_expressions(text: str, meaning: object, tmp_path: Path) -> None:
    graph = load_model(written(tmp_path, X, f"pnnx.Expression e 1 1 0 1 expr={text}", OUT))
    x = np.array([[-2, -0.5, 1, 3]], np.float32)
    assert np.allclose(reference.Session(graph).step([x])[0], meaning(x))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("pnnx.Expression e 1 1 0 1 expr=add(@0,", "ends too early"),
        ("pnnx.Expression e 1 1 0 1 expr=add(@3,1)", "reads operand 3"),
        ("pnnx.Expression e 1 1 0 1 expr=nonsense(@0,1)", "nonsense of 2 arguments"),
        ("nn.Nonsense e 1 1 0 1", "nn.Nonsense is not supported"),
        ("nn.ReLU e 1 1 0 1 speed=9", "'speed' is not supported"),
    ],
)
def test_refusals(line: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(GencError, match=reason):
        load_model(written(tmp_path, X, line, OUT))


def test_wrong_weights_are_one_error(tmp_path: Path) -> None:
    path = unpacked("conv2d", tmp_path)
    weights = path.with_suffix(".bin")
    full = weights.read_bytes()
    weights.write_bytes(full[: len(full) // 2])
    with pytest.raises(GencError, match="not a zip archive"):
        load_model(path)
    with zipfile.ZipFile(weights, "w"):
        pass
    with pytest.raises(GencError, match="it holds no"):
        load_model(path)
    weights.unlink()
    with pytest.raises(GencError, match="keep them in one folder"):
        load_model(path)


@given(data=st.data())
def test_damage_is_one_error(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = unpacked(data.draw(st.sampled_from(NAMES)), tmp_path_factory.mktemp("pnnx"))
    target = path if data.draw(st.booleans()) else path.with_suffix(".bin")
    content = bytearray(target.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    target.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(GencError):
        load_model(path)
