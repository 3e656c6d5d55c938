"""`gen-c verify`: one question, one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from codegen.boards import Board
from codegen.ir import Array, DType, Graph
from codegen.quantize import Quantized
from codegen.quantize.report import OutputFact
from codegen.schedule.program import Push
from codegen.verify.calibrated import calibrated_cases, distances, float_cases
from codegen.verify.compare import (
    FLOAT_BOUND,
    STATE_BOUND,
    Difference,
    difference,
    largest_difference,
    largest_magnitude,
)
from codegen.verify.golden import Case, Meaning, Step, load_cases, pushed_cases, random_cases
from codegen.verify.run import Result, run_package
from codegen.verify.units import count_off, is_within, units

RANDOM_CASES = 5
SEED = 20_240_229
SHOWN = 10


@dataclass(frozen=True)
class Mismatch:
    """An output that is not what it should be.

    Attributes:
        case: label of the case.
        step: number of the step.
        output: name of the output; "" when the run gave none.
        difference: from the main expectation; None when the run gave none.
    """

    case: str
    step: int
    output: str
    difference: Difference | None

    def __str__(self) -> str:
        if self.difference is None:
            return f"{self.case}, step {self.step}: no output"
        return f"{self.case}, step {self.step}, output {self.output}: {self.difference}"


@dataclass(frozen=True)
class Report:
    """What verify found.

    Attributes:
        name: of the library.
        result: what the run gave.
        judge: whose numbers were equal throughout: "out", "tflm" (golden data) or "numpy"; "" for nobody's.
        cases: number of cases.
        bytes_compared: of all outputs.
        mismatches: with the main expectation; empty when a judge was found.
        note: what the user should know about the place where it ran.
        float_bound: float32 outputs may be off by this much of the largest value expected of them; None without any.
        float_error: by how much they are off, in the same measure.
        units_off: how many elements are off by a unit of their output, in an integer network of a file that computes
            in float, which may be; None in others.
        distances: of each output from the float model's, where the model was quantised here.
    """

    name: str
    result: Result
    judge: str
    cases: int
    bytes_compared: int
    mismatches: tuple[Mismatch, ...]
    note: str = ""
    float_bound: float | None = None
    float_error: float = 0.0
    units_off: int | None = None
    distances: tuple[OutputFact, ...] = ()

    @property
    def passed(self) -> bool:
        """Every byte is right (every float32 within its bound) and nothing forbidden happened."""
        return bool(self.judge) and not self.result.faults

    def text(self) -> str:
        """For people."""
        verdict = f"equal to {JUDGES[self.judge]}" if self.judge else "DIFFERENT"
        if self.result.faults:
            verdict = "FAULTY"
        lines = [
            f"{self.name} on {self.result.target.title}: {verdict} ({self.cases} cases, {self.bytes_compared:,} bytes)"
        ]
        if self.float_bound is not None:
            bound = f"{self.float_bound:g} of the largest value expected"
            lines.append(f"  float32 outputs are compared within {bound}; they are off by {self.float_error:.2g}")
        if self.units_off is not None:
            lines.append(f"  an integer network: outputs may be off by one unit of their scale; {self.units_off:,} are")
        lines += [f"  from the float model: {fact}" for fact in self.distances]
        lines += [f"  {fault}" for fault in self.result.faults]
        lines += [f"  {mismatch}" for mismatch in self.mismatches[:SHOWN]]
        if len(self.mismatches) > SHOWN:
            lines.append(f"  and {len(self.mismatches) - SHOWN} outputs more")
        if self.result.instructions:
            lines.append(
                f"  {max(self.result.instructions):,} instructions, {self.result.stack_bytes:,} bytes of stack"
            )
        return "\n".join([*lines, f"  {self.note}"] if self.note else lines)

    def json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "name": self.name,
            "target": self.result.target.name,
            "passed": self.passed,
            "equal_to": self.judge or None,
            "cases": self.cases,
            "bytes_compared": self.bytes_compared,
            "float_bound": self.float_bound,
            "float_error": self.float_error,
            "units_off": self.units_off,
            "from_float": [asdict(fact) for fact in self.distances],
            "faults": self.result.faults,
            "mismatches": [str(mismatch) for mismatch in self.mismatches],
            "instructions": max(self.result.instructions, default=None),
            "stack_bytes": self.result.stack_bytes,
            "instance_bytes": self.result.instance_bytes,
            "note": self.note,
        }


NUMPY = "numpy"
JUDGES = {"out": "the golden data", "tflm": "the golden data of TensorFlow Lite Micro", NUMPY: "numpy's meaning"}


def verify_model(
    package: Path,
    name: str,
    graph: Graph,
    board: Board,
    io: Path | None = None,
    *,
    push: Push | None = None,
    quantized: Quantized | None = None,
) -> Report:
    """Build the library in `package`, run it and compare.

    Args:
        package: folder that gen-c wrote.
        name: prefix of the library.
        graph: the model as imported: names, shapes and types of inputs and outputs, and its meaning.
        board: where to run; a board without an emulator is run on this PC.
        io: golden data; None compares with codegen.reference on random inputs.
        push: the input, when it arrives row by row.
        quantized: what the model was in float, when it was quantised here; golden data are of that one then.

    Raises:
        GencError: golden data that do not fit, a missing compiler, C that does not build.
    """
    wanted = float_cases(quantized, io) if quantized else []
    if quantized:
        cases = calibrated_cases(graph, wanted)
    else:
        cases = load_cases(io, graph) if io else random_cases(graph, meaning_of(graph), RANDOM_CASES, SEED)
    result = run_package(package, name, board, pushed_cases(cases, push))
    no_emulator = f"{board.name} has no emulator: the same C ran on this PC"
    note = no_emulator if board.emulator is None else ""
    report = compare(name, graph, cases, result, note)
    return replace(report, distances=distances(graph, wanted, result.outputs))


def meaning_of(graph: Graph) -> Meaning:
    """The function that a model is, as codegen.reference computes it."""
    from codegen.reference import Session

    def meaning(steps: list[list[Array]]) -> list[list[Array]]:
        session = Session(graph)
        return [session.step(inputs) for inputs in steps]

    return meaning


def compare(name: str, graph: Graph, cases: Sequence[Case], result: Result, note: str = "") -> Report:
    """The report of a run.  One and the same judge must agree with every output of every case."""
    judges = list(dict.fromkeys(who for case in cases for step in case.steps for who in step.expected))
    bound = STATE_BOUND if graph.states else FLOAT_BOUND
    found = {who: tuple(_mismatches(graph, cases, result, who, bound)) for who in judges}
    judge = next((who for who, mismatches in found.items() if not mismatches), "")
    arrays = [array for outputs in result.outputs.values() for array in outputs]
    size = sum(array.nbytes for array in arrays)
    mismatches = () if judge else next(iter(found.values()), ())
    off = _units_off(graph, cases, result, judge or next(iter(judges), ""))
    if not any(t.dtype is DType.FLOAT32 for t in graph.outputs):
        return Report(name, result, judge, len(cases), size, mismatches, note, units_off=off)
    error = _float_error(graph, cases, result, judge or judges[0]) if judges else 0.0
    return Report(name, result, judge, len(cases), size, mismatches, note, bound, error, off)


def _expected(step: Step, who: str) -> list[Array]:
    """What a judge expects; the main one where it says nothing."""
    return step.expected.get(who) or next(iter(step.expected.values()))


def _scales(graph: Graph, cases: Sequence[Case], who: str) -> list[float]:
    """Of each float32 output, the largest value expected in any case; 0 for the others."""
    steps = [_expected(step, who) for case in cases for step in case.steps]
    return [
        largest_magnitude([arrays[i] for arrays in steps]) if t.dtype is DType.FLOAT32 else 0.0
        for i, t in enumerate(graph.outputs)
    ]


def _mismatches(graph: Graph, cases: Sequence[Case], result: Result, who: str, bound: float) -> list[Mismatch]:
    mismatches = []
    scales = _scales(graph, cases, who)
    for number, case in enumerate(cases):
        for time, step in enumerate(case.steps):
            outputs = result.outputs.get((number, time), [])
            expected = _expected(step, who)
            if len(outputs) != len(expected):
                mismatches.append(Mismatch(case.label, time, "", None))
                continue
            allowed = zip(scales, [0.0] * len(scales) if who == NUMPY else units(graph), strict=True)
            for tensor, want, got, (scale, unit) in zip(graph.outputs, expected, outputs, allowed, strict=True):
                found = difference(want, got, bound * scale)
                if found and not is_within(want, got, unit):
                    mismatches.append(Mismatch(case.label, time, tensor.name, found))
    return mismatches


def _units_off(graph: Graph, cases: Sequence[Case], result: Result, who: str) -> int | None:
    """How many elements are a unit off what a judge other than numpy's meaning expects; None where none may be."""
    allowed = units(graph)
    if who in {"", NUMPY} or not any(allowed):
        return None
    off = 0
    for number, case in enumerate(cases):
        for time, step in enumerate(case.steps):
            outputs = result.outputs.get((number, time), [])
            off += count_off(list(zip(_expected(step, who), outputs, allowed, strict=False)))
    return off


def _float_error(graph: Graph, cases: Sequence[Case], result: Result, who: str) -> float:
    """The largest difference of any float32 output, relative to the largest value expected of it."""
    scales, worst = _scales(graph, cases, who), 0.0
    for number, case in enumerate(cases):
        for time, step in enumerate(case.steps):
            outputs = zip(_expected(step, who), result.outputs.get((number, time), []), scales, strict=False)
            errors = [
                largest_difference(want, got) / (scale or 1.0) for want, got, scale in outputs if _alike(want, got)
            ]
            worst = max([worst, *errors])
    return worst


def _alike(want: Array, got: Array) -> bool:
    return bool(want.dtype == got.dtype == "float32" and want.shape == got.shape)
