"""Cases for a model that was quantised here: what goes in, what must come out, and what the float model gives.

Inputs are golden data of the float model, or the first calibration samples.  What must come out is numpy's meaning of
the quantised model, to the last bit; how far that is from the float model is a fact, not a fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codegen.ir import Array, Graph, Tensor
from codegen.passes.integer.parts import quantized_values
from codegen.quantize import Quantized
from codegen.quantize.measure import Distance, real
from codegen.quantize.report import OutputFact, output_fact
from codegen.reference import Session
from codegen.verify.golden import Case, Step, load_cases

NUMPY = "numpy"


def float_cases(quantized: Quantized, io: Path | None) -> list[Case]:
    """Cases of the float model."""
    if io is not None:
        return load_cases(io, quantized.floating)
    cases: list[Case] = []
    session = Session(quantized.floating)
    for sample in quantized.first:
        if sample.first or not cases:
            session.reset()
            cases.append(Case(f"sample {len(cases)}", []))
        cases[-1].steps.append(Step(sample.inputs, {"out": session.step(sample.inputs)}))
    return cases


def calibrated_cases(graph: Graph, cases: Sequence[Case]) -> list[Case]:
    """The same cases for the quantised model.

    Args:
        graph: of the model, perhaps with integers at the borders.
        cases: of the float model.
    """
    made = []
    for case in cases:
        session, steps = Session(graph), []
        for step in case.steps:
            inputs = [_stored(t, value) for t, value in zip(graph.inputs, step.inputs, strict=True)]
            steps.append(Step(inputs, {NUMPY: session.step(inputs)}))
        made.append(Case(case.label, steps))
    return made


def _stored(tensor: Tensor, value: Array) -> Array:
    """A float input as the graph takes it."""
    if tensor.quant is None or value.dtype == tensor.dtype.numpy:
        return value
    return quantized_values(value, tensor.quant)


def self_test(quantized: Quantized, graph: Graph, io: Path | None) -> tuple[list[Array], list[Array]]:
    """Inputs of the first case and the outputs of the quantised graph."""
    first = float_cases(quantized, io)[0]
    (step,) = calibrated_cases(graph, [Case(first.label, first.steps[:1])])[0].steps
    return step.inputs, step.expected[NUMPY]


def distances(
    graph: Graph, cases: Sequence[Case], outputs: dict[tuple[int, int], list[Array]]
) -> tuple[OutputFact, ...]:
    """How far outputs are from those of the float model.

    Args:
        graph: the quantised graph.
        cases: of the float model.
        outputs: of the C by case and step.
    """
    found = [Distance() for _ in graph.outputs]
    for number, case in enumerate(cases):
        for time, step in enumerate(case.steps):
            triples = zip(graph.outputs, step.expected["out"], outputs.get((number, time), []), strict=False)
            for distance, (tensor, want, got) in zip(found, triples, strict=False):
                if want.shape == got.shape:
                    distance.extend(want, real(tensor, got))
    inputs = {t.shape for t in graph.inputs}
    return tuple(output_fact(t, d, inputs) for t, d in zip(graph.outputs, found, strict=True) if d.samples)
