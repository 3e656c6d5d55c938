"""`gen-c bench`: what a model costs on a board, measured in an emulator.

Instructions are exact.  Cycles and milliseconds are estimates from one factor per core, without flash wait
states and caches, and are labelled so.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.boards import Board
from codegen.errors import GencError, Problem
from codegen.ir import Graph
from codegen.quantize import Quantized
from codegen.report.listing import table
from codegen.schedule.program import Program
from codegen.verify.build import compile_library
from codegen.verify.calibrated import calibrated_cases, float_cases
from codegen.verify.golden import load_cases, pushed_cases, random_cases
from codegen.verify.report import compare, meaning_of
from codegen.verify.run import Result, run_package, target_of
from codegen.verify.sizes import FlashBytes, flash_bytes

SEED = 7
CASES = 3
"""Random inputs, when there are no golden data: all lowest, all highest, one uniform."""


@dataclass(frozen=True)
class LayerCost:
    """One layer.

    Attributes:
        index: position in the schedule.
        layer: operator and name.
        kernel: C function.
        macs: multiply-accumulates.
        instructions: of the first run, with a few of the hooks.
        estimate: what the back-end had estimated when it was picked.
    """

    index: int
    layer: str
    kernel: str
    macs: int
    instructions: int
    estimate: int


@dataclass(frozen=True, eq=False)
class Bench:
    """What was measured.

    Attributes:
        name: of the library.
        board: what it was generated for.
        target: what it ran on.
        model_macs: of the model as imported.
        instructions: of one run, the most of all inputs.
        ram_bytes: sizeof(NAME_t).
        stack_bytes: the deepest reach of NAME_run(), with up to 100 bytes of the harness.
        flash: weights and the rest.
        layers: those that compute.
        estimate: of the instructions of one run, as the plan was made with.
    """

    name: str
    board: Board
    target: str
    model_macs: int
    instructions: int
    ram_bytes: int
    stack_bytes: int
    flash: FlashBytes
    layers: tuple[LayerCost, ...]
    estimate: int = 0

    @property
    def estimate_off(self) -> float:
        """By how much the estimate is off, as a part of the instructions."""
        return self.estimate / max(self.instructions, 1) - 1

    @property
    def per_multiply(self) -> float:
        """Instructions per multiply-accumulate of the model as imported."""
        return self.instructions / max(self.model_macs, 1)

    @property
    def cycles_estimate(self) -> float:
        """Cycles of one run: an estimate."""
        return self.instructions * self.board.cycles_per_instruction

    @property
    def ms_estimate(self) -> float:
        """Milliseconds of one run at the board's clock: an estimate."""
        return self.cycles_estimate / (1000 * max(self.board.clock_mhz, 1))

    def json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "name": self.name,
            "board": self.board.name,
            "target": self.target,
            "macs": self.model_macs,
            "instructions": self.instructions,
            "instructions_per_mac": round(self.per_multiply, 3),
            "instructions_estimate": self.estimate,
            "cycles_estimate": round(self.cycles_estimate),
            "ms_estimate": round(self.ms_estimate, 3),
            "clock_mhz": self.board.clock_mhz,
            "ram_bytes": self.ram_bytes,
            "stack_bytes": self.stack_bytes,
            "weights_bytes": self.flash.weights,
            "code_bytes": self.flash.rest,
            "layers": [vars(layer) for layer in self.layers],
        }

    def text(self) -> str:
        """For people."""
        header = ("#", "layer", "kernel", "MACs", "instructions", "share %", "per MAC", "estimated")
        total = max(sum(layer.instructions for layer in self.layers), 1)
        rows = [
            (
                layer.index,
                layer.layer,
                layer.kernel,
                f"{layer.macs:,}",
                f"{layer.instructions:,}",
                f"{100 * layer.instructions / total:.1f}",
                f"{layer.instructions / layer.macs:.2f}" if layer.macs else "",
                f"{layer.estimate:,}",
            )
            for layer in self.layers
        ]
        factor, weights, code = self.board.cycles_per_instruction, self.flash.weights, self.flash.rest
        lines = [
            f"{self.name} for {self.board.title}, run on {self.target}; results equal to the model's meaning",
            "",
            table(header, rows),
            "",
            f"  instructions  {self.instructions:>12,}   {self.per_multiply:.2f} per multiply; exact",
            f"  estimate      {self.estimate:>12,}   {self.estimate_off:+.1%}: what the plan was made with",
            f"  cycles        {round(self.cycles_estimate):>12,}   estimate: {factor:g} an instruction, no wait states",
            f"  time          {self.ms_estimate:>12.2f}   ms at {self.board.clock_mhz} MHz; estimate",
            f"  RAM           {self.ram_bytes:>12,}   bytes, and {self.stack_bytes:,} of stack",
            f"  flash         {weights + code:>12,}   bytes: {weights:,} constants + {code:,} code",
        ]
        return "\n".join(lines)


def bench_model(
    package: Path,
    name: str,
    graph: Graph,
    program: Program,
    board: Board,
    *,
    io: Path | None = None,
    quantized: Quantized | None = None,
) -> Bench:
    """Build the library in `package` for a board's emulator, run it twice (whole, then with hooks), compare.

    Args:
        package: folder that gen-c wrote.
        name: prefix of the library.
        graph: the model as imported.
        program: its schedule.
        board: must have an emulator.
        io: golden data; None takes random inputs and numpy's meaning.
        quantized: what the model was in float, when it was quantised here; inputs are calibration samples then.

    Raises:
        GencError: no emulator, a missing tool, or results that are wrong: a number for a wrong result is none.
    """
    target = target_of(board)
    if not target.counts:
        cure = "stm32f4, stm32g0, esp32c3 and k210 have one; `gen-c boards` lists them"
        raise GencError("cannot count instructions", [Problem(board.name, "has no emulator", cure)])
    if any(layer.candidate is not None and layer.candidate.backend == "kpu" for layer in program.layers):
        cure = "--backend portable measures the kernels of its CPU"
        raise GencError("cannot count instructions", [Problem(board.name, "its KPU has no emulator that counts", cure)])
    if quantized:
        cases = calibrated_cases(graph, float_cases(quantized, io)[:CASES])
    else:
        cases = load_cases(io, graph) if io else random_cases(graph, meaning_of(graph), CASES, SEED)
    pushed = pushed_cases(cases, program.push)
    result = run_package(package, name, board, pushed)
    report = compare(name, graph, cases, result)
    if not report.passed:
        raise GencError("the results are wrong, so there is nothing to measure\n" + report.text())
    layered = run_package(package, name, board, pushed[:1], layers=max(len(program.layers), 1))
    with tempfile.TemporaryDirectory(prefix="genc-bench-") as folder:
        flash = flash_bytes(compile_library(package, target, Path(folder)))
    return Bench(
        name=name,
        board=board,
        target=target.title,
        model_macs=graph.macs,
        instructions=max(result.instructions),
        ram_bytes=result.instance_bytes,
        stack_bytes=result.stack_bytes or 0,
        flash=flash,
        layers=_layers(program, layered),
        estimate=round(program.instructions),
    )


def _layers(program: Program, result: Result) -> tuple[LayerCost, ...]:
    counts = result.layers or [0] * len(program.layers)
    return tuple(
        LayerCost(
            layer.index,
            layer.op.source or layer.op.kind,
            ", ".join(dict.fromkeys(placed.call.kernel for placed in layer.calls)),
            layer.op.macs(),
            counts[layer.index],
            round(layer.instructions),
        )
        for layer in program.layers
        if layer.candidate is not None
    )
