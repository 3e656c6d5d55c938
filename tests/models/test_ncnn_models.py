"""Real NCNN models: computed as ncnn does, in generated C."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.frontends.options import ImportOptions
from codegen.render.writer import write
from codegen.verify import verify_model
from tests.support.models import MODELS, model_folder

pytestmark = pytest.mark.models

NAMES = sorted(path.parent.name for path in MODELS.glob("*/model.param"))
HOST = find_board("host")


def test_there_are_models() -> None:
    assert "ncnn_ultraface_slim320" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_outputs(name: str, tmp_path: Path) -> None:
    folder = model_folder(name)
    inputs = json.loads((folder / "meta.json").read_text())["inputs"]
    shapes = ImportOptions({i["name"]: tuple(i["shape"]) for i in inputs}, {})
    compiled = compile_model(folder / "model.param", HOST, Options(name="net", force=True, inputs=shapes))
    write(compiled.files, tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", compiled.graph, HOST, folder / "io.npz")
    assert report.passed, report.text()
