"""Whose kernels run a model: what a library covers, what `auto` takes, and what the report says of every layer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codegen.backends import Covering, Explaining, find_backend, known_backends, load_backends, wants_powers
from codegen.backends.library import Library
from codegen.boards import find_board, load_boards
from codegen.cli import main
from codegen.compiler import Compiled, Options, compile_model
from codegen.errors import GencError
from codegen.ir import REGISTRY
from codegen.report.coverage import backend_listing, with_tables
from codegen.schedule.pick import cheapest, offered_kernels
from tests.support.nnom.network import small_network

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "examples" / "digits" / "digits.tflite"
FLOAT = ROOT / "examples" / "pytorch" / "models" / "eeg_lstm.onnx"
LIBRARIES = [name for name, make in known_backends().items() if isinstance(make(), Library)]


def compiled(backend: str, board: str = "stm32f4", model: Path = DIGITS) -> Compiled:
    return compile_model(model, find_board(board), Options(name="net", backend=backend, force=True))


@pytest.mark.parametrize("name", known_backends())
def test_every_backend_says_what_it_covers(name: str) -> None:
    backend = find_backend(name)
    assert isinstance(backend, Covering)
    rows = backend.covers()
    assert rows
    assert {row.operator for row in rows} <= set(REGISTRY)
    data, text = backend_listing(name)
    assert [row["operator"] for row in data["operators"]] == [row.operator for row in rows]
    assert json.dumps(data)
    assert all(function.name in text for row in rows for function in row.functions)


def test_the_tables_of_the_page_are_fresh() -> None:
    page = (ROOT / "docs" / "backends.md").read_text()
    assert all(f"<!-- ops {name} -->" in page for name in LIBRARIES)
    assert with_tables(page) == page, "run `make docs`"


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_layer_of_a_library_has_its_name_and_the_others_a_reason(name: str, tmp_path: Path) -> None:
    library = find_backend(name)
    (tmp_path / "powers.tflite").write_bytes(small_network(0)[0])
    made = compiled(name, model=tmp_path / "powers.tflite" if wants_powers(name) else DIGITS)
    assert isinstance(library, Explaining)
    layers = made.facts["models"][0]["layers"]
    mine = [layer for layer in layers if layer["backend"] == name]
    ours = [layer for layer in layers if layer["backend"] not in ("", name)]
    assert mine
    assert all(layer["library"] == library.title for layer in mine)
    assert all(layer["why"].startswith(f"{name} was asked for") for layer in mine)
    assert all(layer["library"] == "gen-c" for layer in ours)
    assert all(layer["why"].startswith(f"not {library.title}: ") for layer in ours)
    for layer in [*mine, *ours]:
        assert f"<span>{layer['library']}" in made.files["report.html"]


def test_auto_takes_the_cheapest_of_the_vendors_library_and_ours() -> None:
    board = find_board("stm32f4")
    backends = load_backends("auto", board.backend, board.library)
    assert [backend.name for backend in backends] == ["cmsis-nn", "mve", "armv7em", "portable"]
    graph = compiled("portable").program.graph
    offers = offered_kernels(graph, backends, board.core)
    ours = offered_kernels(graph, load_backends("armv7em"), board.core)
    theirs = offered_kernels(graph, load_backends("cmsis-nn"), board.core)
    for op, some in offers.items():
        least = min(cheapest(ours[op]).candidate.instructions, cheapest(theirs[op]).candidate.instructions)
        assert cheapest(some).candidate.instructions == least
    assert any(c.backend == "cmsis-nn" for some in offers.values() for c in some)


def test_auto_without_a_vendors_library_is_the_boards_own_choice() -> None:
    assert [backend.name for backend in load_backends("auto", "kpu")] == ["kpu", "portable"]


def test_every_boards_library_is_a_backend() -> None:
    named = {board.name: board.library for board in load_boards().values()}
    assert set(named.values()) - {""} <= set(LIBRARIES)
    assert all(library == "cmsis-nn" for name, library in named.items() if name.startswith("stm32"))


def test_inspect_and_report_name_the_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wish = ["--board", "stm32f4", "--backend", "cmsis-nn"]
    assert main(["inspect", str(DIGITS), *wish]) == 0
    assert "CMSIS-NN" in capsys.readouterr().out
    assert main(["inspect", str(DIGITS), *wish, "--json"]) == 0
    kernels = json.loads(capsys.readouterr().out)["kernels"]
    assert {kernel["library"] for kernel in kernels} == {"CMSIS-NN"}
    assert main(["report", str(DIGITS), *wish, "-o", str(tmp_path / "report")]) == 0
    assert "layers CMSIS-NN" in capsys.readouterr().out
    assert main(["report", str(FLOAT), *wish, "-o", str(tmp_path / "float")]) == 0
    assert "not CMSIS-NN: no function for" in capsys.readouterr().out


def test_ops_of_a_backend(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ops", "--backend", "cmsis-nn"]) == 0
    assert "arm_convolve_s8" in capsys.readouterr().out
    assert main(["ops", "--backend", "cmsis-nn", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dependency"]["variable"] == "GENC_CMSIS_NN_DIR"
    for name, hint in (("auto", "boards"), ("cmsis", "did you mean cmsis-nn")):
        assert main(["ops", "--backend", name]) == 2
        assert hint in capsys.readouterr().err


def test_a_name_that_is_no_backend_is_refused_with_the_names() -> None:
    with pytest.raises(GencError, match="did you mean auto"):
        load_backends("auot")
