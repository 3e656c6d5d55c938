"""Cases to run and what must come out: from an npz file, or from numpy's meaning of the model.

Recorded files have, for case k and input or output i, `c{k}_in{i}` and `c{k}_out{i}`, whose first axis is
time: a case starts with a reset and its steps share state.  `c{k}_tap{j}` are outputs behind the model's own,
`c{k}_tflm{i}` and `c{k}_tflmtap{j}` what TensorFlow Lite Micro gives where that differs.

A file made by hand may simply have `in0`, `out0`, `in1`, ...: of a tensor's shape for one case, or with one more
axis in front for many cases.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from codegen.errors import GencError, Problem
from codegen.ir import Array, Graph, Tensor
from codegen.reference import run
from codegen.schedule.program import Push

Meaning = Callable[[list[list[Array]]], list[list[Array]]]
"""The outputs of steps that follow a reset, from their inputs."""

STATE_STEPS = 4
"""Steps of a random case, for a graph with states."""


@dataclass(frozen=True, eq=False)
class Step:
    """One inference.

    Attributes:
        inputs: one array for each input, of its type and shape.
        expected: outputs by who says so ("out", "tflm", "numpy"); the first is the main one.
    """

    inputs: list[Array]
    expected: dict[str, list[Array]]


@dataclass(frozen=True, eq=False)
class Case:
    """Steps from a reset on.

    Attributes:
        label: for messages.
        steps: at least one.
    """

    label: str
    steps: list[Step]


def load_cases(path: Path, graph: Graph) -> list[Case]:
    """The cases of an npz file.

    Raises:
        GencError: the file cannot be read, or an array is missing or of another shape or type.
    """
    arrays = _read(path)
    numbers = sorted({int(m[1]) for key in arrays if (m := re.fullmatch(r"c(\d+)_in0", key))})
    prefixes = {f"c{number}_": f"case {number}" for number in numbers} or {"": ""}
    reader = _Reader(path, graph, arrays)
    cases: list[Case] = []
    for prefix, label in prefixes.items():
        cases += reader.cases(prefix, label)
        if reader.problems:  # the other cases have the same
            raise GencError("the golden data do not fit the model", reader.problems)
    return cases


def _read(path: Path) -> Mapping[str, Array]:
    try:
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    except Exception as error:  # numpy, zipfile and zlib each have their own for damaged files
        raise GencError("cannot read the golden data", [Problem(str(path), f"is not an npz file: {error}")]) from error


class _Reader:
    """Arrays of a file, checked against a model."""

    def __init__(self, path: Path, graph: Graph, arrays: Mapping[str, Array]) -> None:
        self.path, self.graph, self.arrays = path, graph, arrays
        self.problems: list[Problem] = []

    def cases(self, prefix: str, label: str) -> Iterator[Case]:
        """One recorded case, or all cases of a simple file (prefix "")."""
        inputs = [self.steps(f"{prefix}in{i}", t) for i, t in enumerate(self.graph.inputs)]
        names = self.output_names(prefix)
        expected = {"out": [self.steps(key, t) for (key, _), t in zip(names, self.graph.outputs, strict=True)]}
        if any(other in self.arrays for _, other in names):
            pairs = zip(names, self.graph.outputs, strict=True)
            expected["tflm"] = [self.steps(o if o in self.arrays else key, t) for (key, o), t in pairs]
        count = {len(steps) for steps in (*inputs, *(s for group in expected.values() for s in group))}
        if len(count) != 1:
            self.problems.append(Problem(f"{self.path}, {prefix}*", "the arrays have different numbers of steps"))
        if self.problems:
            return
        steps = [
            Step([s[t] for s in inputs], {who: [s[t] for s in group] for who, group in expected.items()})
            for t in range(count.pop())
        ]
        yield from [Case(label, steps)] if label else [Case(f"case {k}", [step]) for k, step in enumerate(steps)]

    def output_names(self, prefix: str) -> list[tuple[str, str]]:
        """For each output, its key and the key of TFLM's version; taps follow the model's own outputs."""
        own = sum(f"{prefix}out{i}" in self.arrays for i in range(len(self.graph.outputs)))
        taps = len(self.graph.outputs) - own if f"{prefix}tap0" in self.arrays else 0
        names = [(f"{prefix}out{i}", f"{prefix}tflm{i}") for i in self._order(prefix, len(self.graph.outputs) - taps)]
        return names + [(f"{prefix}tap{j}", f"{prefix}tflmtap{j}") for j in range(taps)]

    def _order(self, prefix: str, count: int) -> list[int]:
        """Which recorded output each output is: the same number, or the only one of its shape.

        Outputs of NCNN have names and no order: whoever recorded them chose one.
        """
        shapes = [self.arrays[f"{prefix}out{i}"].shape[1:] for i in range(count) if f"{prefix}out{i}" in self.arrays]
        wanted = [tensor.shape for tensor in self.graph.outputs[:count]]
        if shapes == wanted or len(set(wanted)) != count or sorted(shapes) != sorted(wanted):
            return list(range(count))
        return [shapes.index(shape) for shape in wanted]

    def steps(self, key: str, tensor: Tensor) -> Array:
        """The values of a tensor, step after step."""
        if key not in self.arrays:
            self.problems.append(Problem(f"{self.path}, {key}", f"is missing; {tensor.name!r} is {tensor.type_text}"))
            return np.empty(0)
        array = self.arrays[key]
        if array.shape == tensor.shape and not key.startswith("c"):
            array = array[None]
        if array.shape[1:] == tensor.shape and array.ndim and array.dtype == tensor.dtype.numpy and len(array):
            return array
        found = f"{array.dtype}{list(array.shape)}"
        reason = f"is {found}, but {tensor.name!r} is {tensor.type_text}, with one more axis in front for the steps"
        self.problems.append(Problem(f"{self.path}, {key}", reason))
        return np.empty(0)


def pushed_cases(cases: Sequence[Case], push: Push | None) -> Sequence[Case]:
    """The cases with their input in the order in which it is pushed."""
    if push is None or not push.left_out:
        return cases
    return [Case(c.label, [Step([push.arranged(s.inputs[0])], s.expected) for s in c.steps]) for c in cases]


def random_cases(graph: Graph, meaning: Meaning, count: int, seed: int) -> list[Case]:
    """Cases with random inputs.

    The first are the extremes (all smallest, all largest), the rest uniform over the element type, or over
    [-1, 1) for float32.  A graph with states runs several steps.

    Args:
        graph: gives the inputs.
        meaning: the outputs that must come out.
        count: number of cases.
        seed: of numpy's generator.
    """
    rng = np.random.default_rng(seed)
    draws: Sequence[Callable[[Tensor], Array]] = (
        lambda t: np.full(t.shape, _range(t)[0], t.dtype.numpy),
        lambda t: np.full(t.shape, _range(t)[1], t.dtype.numpy),
        lambda t: _random(rng, t),
    )
    cases = []
    for number in range(count):
        step_count = STATE_STEPS if graph.states else 1
        inputs = [[draws[min(number, 2)](t) for t in graph.inputs] for _ in range(step_count)]
        steps = [Step(x, {"numpy": y}) for x, y in zip(inputs, meaning(inputs), strict=True)]
        cases.append(Case(f"random {number}", steps))
    return cases


def golden_vector(graph: Graph, io: Path | None, seed: int = 0) -> tuple[list[Array], list[Array]]:
    """The inputs and outputs of a self-test: the first of the golden data, else random with numpy's meaning.

    Raises:
        GencError: the golden data cannot be read or do not fit.
    """
    if io is not None:
        first = load_cases(io, graph)[0].steps[0]
        return first.inputs, next(iter(first.expected.values()))
    rng = np.random.default_rng(seed)
    inputs = [_random(rng, t) for t in graph.inputs]
    values = run(graph, inputs)
    return inputs, [values[t] for t in graph.outputs]


def _range(tensor: Tensor) -> tuple[int, int]:
    return tensor.dtype.limits if tensor.dtype.is_integer else (0, 1)


def _random(rng: np.random.Generator, tensor: Tensor) -> Array:
    if tensor.dtype.is_integer:
        low, high = tensor.dtype.limits
        return rng.integers(low, high, tensor.shape, tensor.dtype.numpy, endpoint=True)
    return rng.uniform(-1, 1, tensor.shape).astype(tensor.dtype.numpy)
