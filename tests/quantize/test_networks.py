"""Random float networks, quantised: near the float ones, equal before and after the passes, byte for byte in C."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.errors import GencError
from codegen.ir import Array
from codegen.ir.verifier import verify
from codegen.passes import run_passes
from codegen.quantize import METHODS, Calibration, Quantized, quantize
from codegen.reference import Session
from codegen.render.writer import write
from codegen.verify import verify_model
from tests.conftest import FULL
from tests.support.onnx_models import imported
from tests.support.onnx_networks import BLOCKS, random_network
from tests.support.tools import need

SAMPLES = 12
NEAR_DB = 12.0
"""Of minmax over all samples; 8 bits through dozens of random layers, norms among them that magnify."""
FOLDED = 1e-5
"""Float layers that are left add up in another order."""


def network(seed: int, folder: Path) -> tuple[onnx.ModelProto, Path, list[Array]]:
    """A random network, a file of samples and the first of them."""
    model, inputs = random_network(seed, 1 + seed % (2 * len(BLOCKS)))
    rng = np.random.default_rng(seed)
    arrays = {
        f"in{i}": np.concatenate([value[None], rng.normal(size=(SAMPLES - 1, *value.shape))]).astype(np.float32)
        for i, value in enumerate(inputs.values())
    }
    np.savez(folder / "samples.npz", **arrays)
    return model, folder / "samples.npz", [array[0] for array in arrays.values()]


def made(model: onnx.ModelProto, calibration: Calibration) -> Quantized | None:
    """The quantised network; None for one that has nothing to quantise."""
    try:
        return quantize(imported(model), calibration)
    except GencError as error:
        assert "nothing to quantise" in str(error)  # noqa: PT017
        return None


@pytest.mark.parametrize("seed", range(400 if FULL else 40))
def test_numbers_are_near_and_passes_do_not_change_them(seed: int, tmp_path: Path) -> None:
    model, samples, first = network(seed, tmp_path)
    found = made(model, Calibration(samples, "minmax"))
    if found is None:
        return
    verify(found.graph)
    assert all(output.snr_db is None or output.snr_db > NEAR_DB for output in found.report.outputs)
    rewritten = found.graph.copy()
    run_passes(rewritten)
    verify(rewritten)
    for want, got in zip(Session(found.graph).step(first), Session(rewritten).step(first), strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=FOLDED * np.abs(want).max())


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("seed", range(2000, 2100 if FULL else 2004))
def test_every_method_gives_a_network(seed: int, method: str, tmp_path: Path) -> None:
    model, samples, _ = network(seed, tmp_path)
    found = made(model, Calibration(samples, method))
    if found is not None:
        verify(found.graph)
        assert found.report.samples == SAMPLES
        assert all(output.cosine > 0.8 for output in found.report.outputs)


@pytest.mark.parametrize(
    ("seed", "board", "quantized_io"),
    [(seed, *pair) for seed in range(1000, 1040 if FULL else 1001) for pair in (("host", False), ("k210", True))],
)
def test_c_gives_the_bytes_of_the_quantised_network(seed: int, board: str, quantized_io: bool, tmp_path: Path) -> None:
    need("cc")
    model, samples, _ = network(seed, tmp_path)
    onnx.save(model, tmp_path / "net.onnx")
    wanted = Options(name="net", calibration=Calibration(samples), quantized_io=quantized_io, exact=True, force=True)
    compiled = compile_model(tmp_path / "net.onnx", find_board(board), wanted)
    write(compiled.files, tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", compiled.graph, find_board("host"), quantized=compiled.quantized)
    assert report.passed, report.text()
    assert report.cases == 8
    assert [fact.name for fact in report.distances] == [t.name for t in compiled.graph.outputs]
    assert compiled.quantized is not None
    for mine, far in zip(compiled.quantized.report.outputs, report.distances, strict=True):
        assert far.max_error <= mine.max_error * (1 + 1e-4) + 1e-6
