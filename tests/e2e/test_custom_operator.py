"""The worked example of docs/custom_operators.md: model file -> plug-in -> sanitised C."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from codegen import custom
from codegen.backends.candidate import Core
from codegen.backends.portable import Portable
from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.render import kernels_source
from codegen.render.writer import write
from codegen.verify import verify_model
from examples.custom_operator.count_above import CountAbove
from tests.support.kernel_harness import check_candidate
from tests.support.tflite_writer import ModelWriter


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the example's package were installed."""
    monkeypatch.setattr(custom, "load_group", lambda *_: {"CountAbove": CountAbove})
    caches = (custom.custom_operators, kernels_source.kernel_library)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def model(path: Path, options: bytes = b"\x05", dtype: str = "int8") -> Path:
    writer = ModelWriter()
    quant = {"scale": 0.1, "zero_point": 3} if dtype == "int8" else {}
    x = writer.tensor("x", (4, 9), dtype=dtype, **quant)
    y = writer.tensor("y", (4, 1), dtype="int8", scale=1.0, zero_point=0)
    writer.operator("CountAbove", [x], [y], custom_options=options)
    path.write_bytes(writer.build(inputs=[x], outputs=[y]))
    return path


def test_from_the_file_to_the_chip(tmp_path: Path) -> None:
    compiled = compile_model(model(tmp_path / "count.tflite"), find_board("host"), Options())
    assert "src/count_count_above.c" in compiled.files
    write(compiled.files, tmp_path / "count", force=False)
    report = verify_model(tmp_path / "count", "count", compiled.graph, find_board("host"))
    assert report.passed, report.text()


def test_the_kernel_keeps_the_contract(tmp_path: Path) -> None:
    (op,) = load_model(model(tmp_path / "count.tflite")).operators
    (candidate,) = Portable().candidates(op, Core("host"))
    check_candidate(candidate, [np.random.default_rng(1).integers(-128, 128, (4, 9)).astype(np.int8)])


@pytest.mark.parametrize(("options", "dtype"), [(b"", "int8"), (b"\x05\x06", "int8"), (b"\x05", "float32")])
def test_what_it_refuses_is_said(tmp_path: Path, options: bytes, dtype: str) -> None:
    with pytest.raises(GencError, match="CountAbove"):
        load_model(model(tmp_path / "count.tflite", options, dtype))
