"""The whole tool, from top to bottom: a model file becomes a static layer list and then C.

    file -- frontends --> Graph -- passes --> Graph -- backends, schedule --> Program -- render --> C

Data flows one way; each line of :func:`_compile` and :func:`compile_package` calls one room.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from codegen.backends import Adopting, Rewriting, load_backends, wants_powers
from codegen.boards import Board, fit
from codegen.errors import GencError, Problem
from codegen.frontends import load_model
from codegen.frontends.options import NO_OPTIONS, ImportOptions
from codegen.ir import Graph
from codegen.ir.verifier import verify
from codegen.passes import PASSES, PASSES_BY_ROWS, run_passes
from codegen.passes.keep_float import keep_float
from codegen.passes.quantized_borders import quantized_borders
from codegen.placement import Homes, find_homes
from codegen.progress import step
from codegen.quantize import Calibration, Quantized, quantize
from codegen.render import RenderOptions, render_package
from codegen.render.library import describe
from codegen.render.names import model_name
from codegen.render.package import Package, check_names
from codegen.report.facts import ModelFacts, report_facts
from codegen.report.page import report_files
from codegen.report.summary import Summary
from codegen.schedule import DEFAULT_GOAL, Goal, schedule
from codegen.schedule.goal import FLASH
from codegen.schedule.program import Program
from codegen.verify.calibrated import self_test
from codegen.verify.golden import golden_vector


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        name: prefix of the library, or name of a package of several; None makes one from the files' names.
        backend: kernel library; None takes the board's default, "auto" its vendor's where that is cheaper.
        force: generate even when the model does not fit the board.
        goal: what the schedule aims for.
        place: wishes for memories, "PART=MEMORY[:BYTES]" (codegen.placement).
        quantized_io: leave the conversions of inputs and outputs from and to float to the caller.
        float_layers: names or patterns of layers that are computed in float32 (codegen.passes.keep_float).
        calibration: samples with which a float model is made an int8 model (codegen.quantize).
        exact: use no kernel whose results may differ from TFLite's (some layers on the KPU, by one unit).
        inputs: shapes of inputs that the file leaves open, and values of inputs that never change.
        golden: npz file whose first case becomes the self-test; None makes one with reference/.
    """

    name: str | None = None
    backend: str | None = None
    force: bool = False
    golden: Path | None = None
    goal: Goal = DEFAULT_GOAL
    place: tuple[str, ...] = ()
    quantized_io: bool = False
    float_layers: tuple[str, ...] = ()
    calibration: Calibration | None = None
    exact: bool = False
    inputs: ImportOptions = NO_OPTIONS


@dataclass(frozen=True, eq=False)
class Compiled:
    """One or several models, compiled into one package.

    Attributes:
        package: the facts the C was printed from.
        models: what is known of each.
        files: what to write: path inside the output folder -> text.
        facts: the content of report.json.
    """

    package: Package
    models: tuple[ModelFacts, ...]
    files: dict[str, str]
    facts: Any

    @property
    def graph(self) -> Graph:
        """The first model as imported, before the passes."""
        return self.models[0].imported

    @property
    def quantized(self) -> Quantized | None:
        """What the first model was in float, if it was quantised here."""
        return self.models[0].quantized

    @property
    def program(self) -> Program:
        """The static layer list of the first model."""
        return self.models[0].program

    @property
    def summary(self) -> Summary:
        """The facts a user wants first."""
        return Summary(self.package, self.models)


def compile_model(path: Path, board: Board, options: Options) -> Compiled:
    """Compile the model at `path` for `board`.

    Raises:
        GencError: everything that is wrong with the file, the options or the fit, all at once.
    """
    return compile_package([path], board, options)


def compile_package(paths: Sequence[Path], board: Board, options: Options) -> Compiled:
    """Compile the models at `paths`, at least one, into one package whose models share kernels.

    Raises:
        GencError: what is wrong with a file, the options or the fit.
    """
    names = [model_name(path.stem) for path in paths]
    package_name = model_name(options.name or "_".join(names))
    if len(paths) == 1:
        names = [package_name]
    check_names(package_name, names)
    if options.golden is not None and len(paths) > 1:
        raise GencError("golden data belong to one model", cure="give them to `gen-c verify`, model by model")
    if options.calibration is not None and len(paths) > 1:
        raise GencError("calibration data belong to one model", cure="quantise the models one by one")
    homes = find_homes(options.place, board)
    flash = board.memory("flash")
    if flash is not None:
        options = replace(options, goal=replace(options.goal, flash_bytes=flash.bytes // len(paths)))
    printed = RenderOptions(
        package_name, board, "", "", homes=homes, package=package_name, small=options.goal.optimize == FLASH
    )
    models = tuple(
        _compile(path, board, options, replace(printed, name=name, model_file=path.name))
        for path, name in zip(paths, names, strict=True)
    )
    package = Package(package_name, tuple(model.library for model in models))
    with step("writing C"):
        files = render_package(package)
    summary = Summary(package, models)
    problems = _check_fit(summary, homes, board, options)
    with step("writing the report"):
        facts = report_facts(package, models, problems)
        files |= report_files(facts)
    return Compiled(package, models, files, facts)


def _check_fit(summary: Summary, homes: Homes, board: Board, options: Options) -> list[Problem]:
    """What does not fit the board, if it is to be written all the same.

    Raises:
        GencError: something does not fit.
    """
    package, flash = summary.package, board.memory("flash")
    problems = fit(
        board,
        package.ram_bytes,
        summary.flash_bytes,
        summary.peak_text,
        home=homes.instance,
        fast=homes.weights,
        fast_bytes=package.fast_bytes,
        slow=homes.slow,
        slow_bytes=package.slow_bytes,
    )
    if problems and not options.force:
        short = flash is not None and summary.flash_bytes > flash.bytes and options.goal.optimize != FLASH
        cure = f"{'--optimize flash takes less flash; ' if short else ''}--force writes it all the same"
        files = ", ".join(model.model_file for model in package.models)
        raise GencError(f"{files} does not fit", problems, cure=cure)
    return problems


def read_model(path: Path, options: Options) -> tuple[Graph, Quantized | None]:
    """The model at `path` as the options want it, before the passes; and what it was in float, if it is quantised here.

    Raises:
        GencError: what is wrong with the file, the calibration data or the options.
    """
    with step(f"reading {path.name}"):
        graph, quantized = keep_float(load_model(path, options.inputs), options.float_layers), None
    if options.calibration is not None:
        with step(f"quantising {path.name}"):
            calibration = replace(options.calibration, powers=wants_powers(options.backend))
            quantized = quantize(graph, calibration, options.float_layers)
            graph = quantized.graph
    return (quantized_borders(graph) if options.quantized_io else graph), quantized


def _compile(path: Path, board: Board, options: Options, printed: RenderOptions) -> ModelFacts:
    """One model, up to the facts its C is printed from; digest and test vector are added to what is `printed`."""
    imported, quantized = read_model(path, options)
    backends = load_backends(options.backend or board.backend, board.backend, board.library)
    for backend in backends:
        if isinstance(backend, Adopting):
            imported = backend.adopt(imported, exact=options.exact)
    with step("simplifying the graph"):
        graph = imported.copy()
        applied = run_passes(graph, PASSES_BY_ROWS if options.goal.input_rows else PASSES)
        for backend in backends:
            if isinstance(backend, Rewriting):
                backend.rewrite(graph, exact=options.exact)
        verify(graph)
    with step("choosing kernels and planning memory"):
        goal = replace(options.goal, fast_bytes=printed.homes.fast_bytes)
        program = schedule(graph, backends, board.core, goal)
    with step("computing the self-test"):
        golden = (
            self_test(quantized, imported, options.golden) if quantized else golden_vector(imported, options.golden)
        )
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    library = describe(program, replace(printed, model_sha256=sha256, golden=golden))
    return ModelFacts(imported, program, library, applied, quantized)
