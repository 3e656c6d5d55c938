"""`gen-c verify --layers`: which layer is the first that is not what it should be.

Every tensor of the model file is shown, with its range, how many of its numbers are saturated and how many are not
finite.  Three computations are held against each other: the generated C, tapped while it runs; numpy's meaning of the
model; and, where it is installed, the runtime that the model was made for.  The passes rename, narrow, transpose and
fuse tensors; a tensor of the file is found among those of the C by its name and the meaning of both graphs, and what
was removed from it is filled in from what was proved of it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codegen.boards import Board
from codegen.ir import Array, DType, Graph, Operator, Tensor
from codegen.quantize import Quantized
from codegen.reference import run
from codegen.report.listing import table
from codegen.schedule.program import Program
from codegen.verify.calibrated import calibrated_cases, float_cases
from codegen.verify.compare import FLOAT_BOUND, STATE_BOUND, Difference, difference, largest_magnitude
from codegen.verify.golden import Case, load_cases, pushed_cases, random_cases
from codegen.verify.report import Report, compare, meaning_of
from codegen.verify.run import Result, run_package
from codegen.verify.runtimes import Values, runtime_of, runtime_values
from codegen.verify.taps import tap_source, tapped_values

CASES = 3
"""Random inputs: all lowest, all highest, one uniform; of golden data, the first so many cases."""

SEED = 20_240_229

FLIP = 128
"""Between uint8 numbers and the int8 ones that a pass makes of them."""

ROUNDING = 1e-4
"""By how much the passes may change float32 results, of the largest value: they add in another order."""

MOST_AXES = 5
NAME_CHARACTERS = 44

View = Callable[[Array], Array]
"""From a tensor of the C to the tensor of the file that it stands for."""


@dataclass(frozen=True)
class LayerFact:
    """One tensor that an operator of the model file computes.

    Attributes:
        layer: the operator, by number and name.
        tensor: its name.
        type_text: element type and shape.
        low, high: smallest and largest finite real value.
        saturated: numbers at the ends of their integer type, where that does not stand for zero.
        not_finite: NaN and infinities.
        size: elements.
        found: how the C holds it: "as it is", "without 3 channels", "fused" (it does not).
        departure: of the C from numpy's meaning; None when there is none, or no value.
        runtime: of numpy's meaning from the runtime; None when there is none, or no value.
    """

    layer: str
    tensor: str
    type_text: str
    low: float
    high: float
    saturated: int
    not_finite: int
    size: int
    found: str
    departure: Difference | None
    runtime: Difference | None


@dataclass(frozen=True, eq=False)
class LayerReport:
    """What was found, layer by layer.

    Attributes:
        name: of the library.
        result: what the run gave.
        cases: inputs that were run.
        facts: of every tensor, in the order of the file.
        runtime: the runtime's name, or "".
        asked: it could run the model.
        judged: the outputs, as `gen-c verify` compares them.
    """

    name: str
    result: Result
    cases: int
    facts: tuple[LayerFact, ...]
    runtime: str
    asked: bool
    judged: Report

    @property
    def passed(self) -> bool:
        """The outputs are right.  Floats that are rounded to integers may differ inside, by one."""
        return self.judged.passed

    def text(self) -> str:
        """For people."""
        header = ("layer", "tensor", "type", "real range", "saturated", "not finite", "in the C", "departs")
        rows = [
            (
                fact.layer,
                _short(fact.tensor),
                fact.type_text,
                f"{fact.low:.4g} .. {fact.high:.4g}",
                _share(fact.saturated, fact.size),
                fact.not_finite or "",
                fact.found,
                f"by {fact.departure.max_abs:g}" if fact.departure else "",
            )
            for fact in self.facts
        ]
        held = sum(fact.found != FUSED for fact in self.facts)
        count = f"the C holds {held} of the {len(self.facts)} tensors of the model file"
        lines = [
            f"{self.name} on {self.result.target.title}: {self.cases} inputs; {count}",
            "",
            table(header, rows),
            "",
            *(f"  {fault}" for fault in self.result.faults),
            f"  C and numpy's meaning: {_first(self.facts, 'departure')}",
        ]
        if self.runtime:
            agreement = _first(self.facts, "runtime") if self.asked else "it cannot run this model tensor by tensor"
            lines.append(f"  numpy's meaning and {self.runtime}: {agreement}")
        return "\n".join([*lines, *self._warnings()])

    def _warnings(self) -> list[str]:
        """The layers that overflow."""
        infinite = [f.layer for f in self.facts if f.not_finite]
        full = sorted((f for f in self.facts if f.saturated * 4 > f.size), key=lambda f: -f.saturated / f.size)
        lines = [f"  not finite from {infinite[0]} on"] if infinite else []
        if full:
            lines.append(f"  most saturated: {full[0].layer}, {_share(full[0].saturated, full[0].size)}")
        return lines

    def json(self) -> dict[str, Any]:
        """For scripts."""
        plain = [{**vars(f), "departure": _plain(f.departure), "runtime": _plain(f.runtime)} for f in self.facts]
        return {
            "name": self.name,
            "target": self.result.target.name,
            "passed": self.passed,
            "cases": self.cases,
            "runtime": self.runtime if self.asked else None,
            "faults": self.result.faults,
            "first_departure": next((f.layer for f in self.facts if f.departure), None),
            "first_departure_from_runtime": next((f.layer for f in self.facts if f.runtime), None),
            "layers": plain,
        }


FUSED = "fused"
"""A tensor that the C never holds: its layer does it in passing."""


def verify_layers(
    package: Path,
    name: str,
    graph: Graph,
    program: Program,
    board: Board,
    *,
    model: Path | None,
    io: Path | None = None,
    quantized: Quantized | None = None,
) -> LayerReport:
    """Build the library in `package` with taps, run it, and compare every tensor of the model file.

    Args:
        package: folder that gen-c wrote.
        name: prefix of the library.
        graph: the model as imported.
        program: its schedule.
        board: where to run.
        model: the file, for the runtime; None asks none.
        io: golden data, for their inputs; None takes random ones.
        quantized: what the model was in float, when it was quantised here; inputs are calibration samples then.

    Raises:
        GencError: golden data that do not fit, a missing compiler, C that does not build.
    """
    if quantized:
        cases = calibrated_cases(graph, float_cases(quantized, io)[:CASES])
    else:
        cases = load_cases(io, graph)[:CASES] if io else random_cases(graph, meaning_of(graph), CASES, SEED)
    cases = [Case(case.label, case.steps[:1]) for case in cases]
    result = run_package(package, name, board, pushed_cases(cases, program.push), taps=tap_source(program, name))
    runs = [_Run(graph, program, result, number, case) for number, case in enumerate(cases)]
    title, values = _runtime(model, cases)
    facts = [_fact(op, tensor, program, runs, values) for op in graph.operators for tensor in op.outputs]
    return LayerReport(name, result, len(cases), tuple(facts), title, bool(values), compare(name, graph, cases, result))


def _runtime(model: Path | None, cases: Sequence[Case]) -> tuple[str, list[Values]]:
    """The runtime's name and its values for each case; none when there is none, or when it refuses the model."""
    title = runtime_of(model) if model else ""
    return title, runtime_values(model, [case.steps[0].inputs for case in cases]) if model and title else []


class _Run:
    """The values of one case: what both graphs mean, and what the C gave."""

    def __init__(self, graph: Graph, program: Program, result: Result, number: int, case: Case) -> None:
        (step,) = case.steps
        self.meant = run(graph, step.inputs)
        lowered, push = program.graph, program.push
        inputs = [push.arranged(step.inputs[0])] if push else step.inputs
        self.lowered = run(lowered, inputs)
        given = dict(zip(lowered.inputs, inputs, strict=True)) | {s.value: s.initial for s in lowered.states}
        self.got = tapped_values(program, result.taps.get((number, 0), []), given)


def _fact(op: Operator, tensor: Tensor, program: Program, runs: Sequence[_Run], runtime: Sequence[Values]) -> LayerFact:
    meant = [each.meant[tensor] for each in runs]
    real = np.concatenate([_real(tensor, value).reshape(-1) for value in meant])
    finite = real[np.isfinite(real)]
    bound = (STATE_BOUND if program.graph.states else FLOAT_BOUND) * largest_magnitude(meant)
    twin = _find(tensor, program, runs)
    got = [twin.view(each.got[twin.tensor]) for each in runs] if twin else []
    theirs = [value for values, own in zip(runtime, meant, strict=False) for value in _named(values, tensor, own)]
    ends = [end for end in tensor.dtype.limits if end not in tensor.quant.zero_points] if tensor.quant else []
    return LayerFact(
        layer=op.source or op.where,
        tensor=tensor.name,
        type_text=tensor.type_text,
        low=float(finite.min()) if finite.size else math.nan,
        high=float(finite.max()) if finite.size else math.nan,
        saturated=sum(int(np.isin(value, ends).sum()) for value in meant),
        not_finite=int(real.size - finite.size),
        size=int(real.size),
        found=twin.found if twin else FUSED,
        departure=_worst(meant, got, bound),
        runtime=_worst(theirs, meant, bound) if len(theirs) == len(meant) else None,
    )


def _real(tensor: Tensor, value: Array) -> Array:
    """Real numbers of a tensor."""
    quant = tensor.quant
    if quant is None or quant.per_channel:
        return value.astype(np.float64)
    return (value.astype(np.float64) - quant.zero_point) * quant.scale


def _worst(expected: Sequence[Array], got: Sequence[Array], bound: float) -> Difference | None:
    """The largest difference of any case."""
    found = [difference(e, g, bound) for e, g in zip(expected, got, strict=False)]
    return max((each for each in found if each is not None), key=lambda each: each.max_abs, default=None)


def _named(values: Values, tensor: Tensor, own: Array) -> list[Array]:
    """The runtime's value of a tensor, if it has one of that name and type."""
    alike = (value for value in values.get(tensor.name, []) if (value.dtype, value.size) == (own.dtype, own.size))
    return [value.reshape(own.shape) for value in itertools.islice(alike, 1)]


# ---- a tensor of the file among those of the C ---------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Twin:
    """A tensor of the C that stands for one of the file.

    Attributes:
        tensor: of the C.
        view: from its value to the file's.
        found: in words.
    """

    tensor: Tensor
    view: View
    found: str


def _find(tensor: Tensor, program: Program, runs: Sequence[_Run]) -> _Twin | None:
    """By identity, else by name, else by value; both graphs must mean the same for every case."""
    held = [t for t in runs[0].got if t in runs[0].lowered]
    named = [t for t in held if t.name == tensor.name]
    varied = any(each.meant[tensor].min() != each.meant[tensor].max() for each in runs)
    others = [t for t in held if t.size == tensor.size and t.name != tensor.name] if varied else []
    for candidate in (*(t for t in held if t is tensor), *named, *others):
        for twin in _twins(tensor, candidate, program.graph):
            if all(_alike(twin.view(each.lowered[candidate]), each.meant[tensor]) for each in runs):
                return twin
    return None


def _alike(value: Array, meant: Array) -> bool:
    """Equal integers; floats up to what an order of sums changes."""
    if value.dtype != meant.dtype or meant.dtype.kind != "f":
        return bool(np.array_equal(value, meant))
    return bool(
        np.allclose(value, meant, rtol=0, atol=ROUNDING * max(largest_magnitude([meant]), 1e-30), equal_nan=True)
    )


def _twins(tensor: Tensor, candidate: Tensor, graph: Graph) -> Iterator[_Twin]:
    """The ways in which one tensor may stand for another: widened, flipped, transposed."""
    steps: list[View] = []
    source, removed = candidate, 0
    while source in graph.origins:
        narrowed = graph.origins[source]
        steps.append(narrowed.widened)
        removed += int((~narrowed.kept).sum())
        source = narrowed.tensor
    if (source.dtype, tensor.dtype) == (DType.INT8, DType.UINT8):
        steps.append(lambda value: (value.astype(np.int16) + FLIP).astype(np.uint8))
    elif source.dtype is not tensor.dtype:
        return
    found = f"{removed} channels constant" if removed else "as it is"
    moving = [axis for axis, size in enumerate(tensor.shape) if size > 1]
    wanted = [size for size in source.shape if size > 1]
    if len(moving) > MOST_AXES:
        return
    for order in itertools.permutations(moving):
        if [tensor.shape[axis] for axis in order] == wanted:
            text = found if list(order) == moving else f"{found}, transposed"
            yield _Twin(candidate, _composed(steps, tensor.shape, order), text)


def _composed(steps: Sequence[View], shape: tuple[int, ...], order: tuple[int, ...]) -> View:
    """All steps, then the axes in `order` back to where they are in a tensor of `shape`."""
    still = [axis for axis in range(len(shape)) if axis not in order]
    axes = [*still, *order]

    def view(value: Array) -> Array:
        for step in steps:
            value = step(value)
        return np.ascontiguousarray(value.reshape([shape[axis] for axis in axes]).transpose(np.argsort(axes)))

    return view


# ---- text ----------------------------------------------------------------------------------------


def _first(facts: Sequence[LayerFact], which: str) -> str:
    """The first layer that departs, or that none does."""
    for fact in facts:
        found: Difference | None = getattr(fact, which)
        if found is not None:
            return f"depart first in {fact.layer} {_short(fact.tensor)!r}: {found}"
    return "agree everywhere"


def _plain(found: Difference | None) -> dict[str, Any] | None:
    return None if found is None else vars(found)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f} %" if part else ""


def _short(name: str) -> str:
    """A name that may be long, for a table."""
    plain = "".join(c if c.isprintable() else "?" for c in name.partition(";")[0])
    return plain if len(plain) <= NAME_CHARACTERS else f"...{plain[3 - NAME_CHARACTERS :]}"
