"""docs/pytorch.md: what PyTorch exported, as C, against what PyTorch computed; PNNX gives the same as ONNX."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from codegen import reference
from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.frontends import load_model
from codegen.render.writer import write
from codegen.verify import target_of, verify_model
from tests.support.tools import need

FOLDER = Path(os.environ.get("GENC_EEG", Path(__file__).parents[2] / "examples" / "pytorch" / "models"))
"""What `make test-torch` has just exported, or the files of the example."""
NAMES = ["eeg_lstm", "eeg_gru"]
FLOAT16_BOUND = 2e-3
"""Of NCNN's files, whose weights have float16's eleven bits."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffix", ["onnx", "pnnx.param"])
@pytest.mark.parametrize("board", ["host", "stm32f4"])
def test_the_c_computes_what_pytorch_does(name: str, suffix: str, board: str, tmp_path: Path) -> None:
    target = find_board(board)
    need(*target_of(target).tools)
    compiled = compile_model(FOLDER / f"{name}.{suffix}", target, Options(name="net"))
    write(compiled.files, tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", compiled.graph, target, FOLDER / f"{name}.npz")
    assert report.passed, report.text()


@pytest.mark.parametrize("name", NAMES)
def test_pnnx_and_ncnn_say_the_same(name: str) -> None:
    x = np.load(FOLDER / f"{name}.npz")["in0"][0]
    want, same = (
        reference.Session(load_model(FOLDER / f"{name}.{suffix}")).step([x])[0] for suffix in ("onnx", "pnnx.param")
    )
    assert np.abs(same - want).max() <= 1e-5 * np.abs(want).max()
    ncnn = _ncnn(FOLDER / f"{name}.ncnn.param", x)
    assert np.abs(ncnn - want[0]).max() <= FLOAT16_BOUND * np.abs(want).max()


def _ncnn(path: Path, x: np.ndarray) -> np.ndarray:
    from codegen.frontends.options import ImportOptions

    graph = load_model(path, ImportOptions({"in0": x.shape[1:]}, {}))
    return reference.Session(graph).step([x[0]])[0]
