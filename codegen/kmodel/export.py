"""A quantised graph as a kmodel v3: convolutions on the KPU, all else by the float layers that kpu.c has.

What the KPU computes is what the C back-end computes.  Behind each float layer the result is rounded to its tensor's
scale again: it differs from TFLite's by one unit at most.  Bytes in main memory are planes, 128 added; where
TensorFlow's SAME padding asks for it, all maps are rotated by 180 degrees (codegen.backends.kpu.convolution), the
input by a QUANTIZED_CONCAT of its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from codegen.backends.kpu.convolution import convolution, misplaced, refusal
from codegen.backends.kpu.units import Chain, Surroundings, unit_of
from codegen.errors import GencError, Problem
from codegen.ir import DType, Graph, Operator
from codegen.ir.ops import Conv2D, DepthwiseConv2D, Lookup, Transpose
from codegen.kmodel.builder import CURE, UNSIGNED, Builder
from codegen.kmodel.layout import KModel
from codegen.kmodel.operators import EMITTERS, first_is_product, why_not


def _signed_borders(graph: Graph) -> Graph:
    """The graph of a uint8 model without its conversions to and from int8 at the ends: a kmodel has unsigned bytes."""
    as_signed = np.arange(256) - UNSIGNED
    shifts = [
        op
        for op in graph.operators
        if isinstance(op, Lookup) and np.array_equal(op.table.value.astype(np.int16) & 0xFF, as_signed & 0xFF)
    ]
    return _without_borders(graph, shifts, shifts)


def _plane_borders(graph: Graph) -> Graph:
    """The graph of a model with channels first, as ONNX has it, without transposes at the ends: a kmodel has planes."""
    turns = [op for op in graph.operators if isinstance(op, Transpose)]
    behind, ahead = ([op for op in turns if op.perm == perm] for perm in ((0, 2, 3, 1), (0, 3, 1, 2)))
    return _without_borders(graph, behind, ahead)


def _without_borders(graph: Graph, behind: Sequence[Operator], ahead: Sequence[Operator]) -> Graph:
    """The graph without those operators right behind its inputs and right ahead of its outputs."""
    first = {op.x: op.y for op in behind if op.x in graph.inputs and graph.consumers()[op.x] == [op]}
    last = {op.y: op.x for op in ahead if op.y in graph.outputs and op.y not in graph.consumers()}
    gone = [op for op in (*behind, *ahead) if op.x in first or op.y in last]
    return replace(
        graph,
        inputs=[first.get(t, t) for t in graph.inputs],
        outputs=[last.get(t, t) for t in graph.outputs],
        operators=[op for op in graph.operators if op not in gone],
    )


def export(graph: Graph, *, exact: bool = False) -> KModel:
    """A graph, lowered and with integers at its borders, as a kmodel; `exact` refuses what may differ from TFLite.

    Raises:
        GencError: with every layer that version 3 cannot express.
    """
    graph = _plane_borders(_signed_borders(graph))
    tried = [_problems(graph, rotated=rotated, exact=exact) for rotated in (False, True)]
    problems = min(tried, key=len)
    if problems:
        raise GencError("cannot write a kmodel", problems)
    return _build(graph, rotated=tried.index(problems) == 1, exact=exact)


def _problems(graph: Graph, *, rotated: bool, exact: bool) -> list[Problem]:
    """Everything that stands in the way, with maps rotated or not."""
    found = []
    ends = (("input", graph.inputs), ("output", graph.outputs))
    for noun, tensors in ends:
        wrong = [t for t in tensors if t.dtype is not DType.INT8 or t.shape[:1] != (1,) or len(t.shape) not in (2, 4)]
        found += [Problem(f'{noun} "{t.name}"', "must be int8, [1, H, W, C] or [1, N]", CURE) for t in wrong]
    if len(graph.inputs) != 1 or graph.states:
        found.append(Problem("the model", "must have one input and no state: kpu.c has no more", CURE))
    taken: set[Operator] = set()
    around = _surroundings(graph, rotated=rotated, exact=exact)
    for op in graph.operators:
        if op in taken:
            continue
        if isinstance(op, Conv2D | DepthwiseConv2D):
            reason = misplaced(op, rotated=rotated) if refusal(op) is None else None
            unit = unit_of(op, around) if reason is None else None
            taken.update(unit.members if unit is not None else ())
            reason = reason if unit is not None or reason is not None else _refused(op, rotated=rotated)
        else:
            reason = why_not(op, rotated=rotated)
        if reason is not None:
            found.append(Problem(op.where, f"kmodel v3 cannot express it: {reason}", CURE))
    return found


def _surroundings(graph: Graph, *, rotated: bool, exact: bool) -> Surroundings:
    return Surroundings(rotated, exact, graph.consumers(), frozenset(graph.outputs))


def _refused(op: Conv2D | DepthwiseConv2D, *, rotated: bool) -> str:
    """Why the KPU cannot compute a layer, or not as TFLite does."""
    reason = refusal(op)
    if reason is not None:
        return reason
    try:
        tables = convolution(op, rotated=rotated).tables
    except ValueError as error:
        return str(error)
    return f"--exact, and {int(tables.wrong.sum())} of its sums differ from TFLite by one unit"


def _build(graph: Graph, *, rotated: bool, exact: bool) -> KModel:
    around = _surroundings(graph, rotated=rotated, exact=exact)
    chains = {op: unit for op in graph.operators if isinstance(unit := unit_of(op, around), Chain)}
    builder = Builder(graph, rotated=rotated, wide=any(chain.conv.wide for chain in chains.values()))
    first = graph.inputs[0]
    taken: set[Operator] = set()
    if first_is_product(graph):
        builder.take_vector(first)
    elif rotated or not _begins_on_the_kpu(graph):
        builder.take_image(first)
    for op in graph.operators:
        builder.at = op
        if op in taken:
            continue
        if op in chains:
            taken |= set(chains[op].members)
            builder.convolve(chains[op])
        else:
            EMITTERS[type(op)](builder, op)
    builder.at = None
    rooms = [builder.result(t) for t in graph.outputs]
    return builder.finish(rooms, [4 * t.size for t in graph.outputs])


def _begins_on_the_kpu(graph: Graph) -> bool:
    """Whether the input is read by one convolution, first of all, as it comes."""
    readers, op = graph.consumers().get(graph.inputs[0], []), graph.operators[0] if graph.operators else None
    if readers != [op] or not isinstance(op, Conv2D | DepthwiseConv2D):
        return False
    conv = convolution(op, rotated=False)
    return (conv.least_side(0), conv.least_side(1)) == op.x.shape[1:3]
