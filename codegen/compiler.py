"""The whole tool, from top to bottom: a model file becomes a static layer list and then C.

    file -- frontends --> Graph -- passes --> Graph -- backends, schedule --> Program -- render --> C

Data flows one way; each line of :func:`compile_model` calls one room.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.backends import load_backends
from codegen.boards import Board, fit
from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.ir import Graph
from codegen.ir.verifier import verify
from codegen.library import describe
from codegen.passes import run_passes
from codegen.progress import step
from codegen.render import RenderOptions, render_library
from codegen.report.facts import ModelFacts, report_facts
from codegen.report.page import report_files
from codegen.report.summary import Summary
from codegen.schedule import DEFAULT_GOAL, Goal, schedule
from codegen.schedule.program import Program
from codegen.verify.golden import golden_vector


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        name: prefix of the library; None makes one from the file's name.
        backend: kernel library; None takes the board's default.
        force: generate even when the model does not fit the board.
        goal: what the schedule aims for.
        golden: npz file whose first case becomes the self-test; None makes one with reference/.
    """

    name: str | None = None
    backend: str | None = None
    force: bool = False
    golden: Path | None = None
    goal: Goal = DEFAULT_GOAL


@dataclass(frozen=True, eq=False)
class Compiled:
    """A model, compiled.

    Attributes:
        graph: as imported, before the passes.
        program: the static layer list.
        files: what to write: path inside the output folder -> text.
        summary: the facts a user wants first.
        facts: the content of report.json.
    """

    graph: Graph
    program: Program
    files: dict[str, str]
    summary: Summary
    facts: Any


def compile_model(path: Path, board: Board, options: Options) -> Compiled:
    """Compile the model at `path` for `board`.

    Raises:
        GencError: everything that is wrong with the file, the options or the fit, all at once.
    """
    with step(f"reading {path.name}"):
        imported = load_model(path)
    with step("simplifying the graph"):
        graph = imported.copy()
        applied = run_passes(graph)
        verify(graph)
    with step("choosing kernels and planning memory"):
        program = schedule(graph, load_backends(options.backend or board.backend), board.core, options.goal)
    with step("computing the self-test"):
        golden = golden_vector(imported, options.golden)
    with step("writing C"):
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        library = describe(program, RenderOptions(options.name or path.stem, board, path.name, sha256, golden))
        files = render_library(library)
    summary = Summary(program, library)
    problems = fit(board, library.ram_bytes, summary.flash_bytes, summary.peak_text)
    if problems and not options.force:
        raise GencError(f"{path.name} does not fit", problems, cure="--force writes it all the same")
    with step("writing the report"):
        facts = report_facts(library.name, board, [ModelFacts(imported, program, library, applied)], problems)
        files |= report_files(facts)
    return Compiled(imported, program, files, summary, facts)
