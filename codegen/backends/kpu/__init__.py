"""The back-end for the KPU of the K210 (docs/kpu.md).

`partition` groups the layers that the chip can compute, `segment` plans the maps of a group in KPU RAM, `convolution`
says what a layer needs, `requantize` makes its tables, `words` its commands.  What the KPU cannot compute is left to
the other back-ends.
"""

from __future__ import annotations

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, whole
from codegen.backends.kpu.partition import CPU_PER_BYTE, CPU_PER_LAYER, partition
from codegen.backends.kpu.segment import Command, Download, KpuSegment, Place, Plan, Refit, Step, Upload, layer_of
from codegen.backends.library import Coverage
from codegen.ir import DType, Graph, Operator

QUEUE = 12
"""Layers that the chip takes before the CPU waits."""


class Kpu:
    """Convolutions on the accelerator of the K210."""

    name = "kpu"

    def rewrite(self, graph: Graph, *, exact: bool) -> int:
        """Group the layers that the chip computes into segments; `exact`: those alone that equal TFLite always."""
        return partition(graph, exact=exact)

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        """Segments; empty for every other operator, and for another processor than the K210's."""
        del core
        return [_candidate(op)] if isinstance(op, KpuSegment) else []

    def covers(self) -> list[Coverage]:
        """The layers that segments are made of (docs/kpu.md)."""
        types, only = (DType.INT8.value, DType.UINT8.value), "SAME padding, strides 1 and 2, one group, no dilation"
        return [
            Coverage("conv_2d", types, (), f"1x1 and 3x3, {only}"),
            Coverage("depthwise_conv_2d", types, (), f"3x3 and 1x1, {only}"),
            Coverage("max_pool_2d", types, (), "2x2, right behind a convolution"),
        ]


def _candidate(segment: KpuSegment) -> Candidate:
    plan = Plan(segment)
    waiting = _waits(plan.steps)
    calls = tuple(_call(segment, step, waits=index in waiting) for index, step in enumerate(plan.steps))
    moved = sum(t.size for t in (*segment.activations, *segment.outputs))
    return Candidate(segment, "kpu", calls, CPU_PER_BYTE * moved + CPU_PER_LAYER * len(calls), _summary(plan))


def _waits(steps: list[Step]) -> set[int]:
    """Commands behind which the CPU waits: before it touches a map itself, and when the queue is full."""
    waiting, queued = set(), 0
    for index, step in enumerate(steps):
        if not isinstance(step, Command):
            continue
        queued += 1
        if queued == QUEUE or index + 1 == len(steps) or not isinstance(steps[index + 1], Command):
            waiting.add(index)
            queued = 0
    return waiting


def _summary(plan: Plan) -> str:
    """What runs where, and how exact it is."""
    convs = [command.conv for command, _ in plan.commands()]
    text = f"{len(convs)} layers on the KPU"
    inexact = [c for c in convs if not c.tables.exact]
    if not inexact:
        return f"{text}, all exact"
    listed = ", ".join(
        f"{c.op.source}: {int(c.tables.wrong.sum())} accumulators of {int((c.tables.wrong > 0).sum())} channels"
        for c in inexact
    )
    return f"{text}; not always exact, by one unit ({listed}): --exact leaves them to the CPU"


def _call(segment: KpuSegment, step: Step, *, waits: bool) -> Call:
    match step:
        case Upload():
            return Call("genc_kpu_upload", _upload(segment, step), (whole(step.tensor, 1),), (), 1)
        case Refit():
            return Call("genc_kpu_place", _refit(step), (), (), 1)
        case Download():
            return Call("genc_kpu_download", _download(segment, step), (), (whole(step.tensor, 1),), 1)
        case Command():
            return Call("genc_kpu_conv", _command(step, waits=waits), (), (), 1)


def _map(place: Place, name: str) -> Fields:
    numbers = (place.row, place.map.height, place.map.width, place.map.group, place.map.line_rows)
    return ((name, f"{{{', '.join(map(str, numbers))}}}"),)


def _zero(step: Upload | Refit) -> int:
    quant = step.tensor.quant
    assert quant is not None
    return quant.zero_point + 128


def _upload(segment: KpuSegment, step: Upload) -> Fields:
    _, height, width, channels = step.tensor.shape
    sizes = (("height", height), ("width", width), ("channels", channels))
    return (*_map(step.target, "map"), *sizes, ("rotated", int(segment.rotated)), ("fill", _zero(step)))


def _refit(step: Refit) -> Fields:
    _, height, width, channels = step.tensor.shape
    sizes = (("height", height), ("width", width), ("channels", channels))
    return (
        *_map(step.source, "from"),
        *_map(step.target, "to"),
        *sizes,
        ("stride", step.stride),
        ("fill", _zero(step)),
    )


def _download(segment: KpuSegment, step: Download) -> Fields:
    _, height, width, channels = step.tensor.shape
    sizes = (("height", height), ("width", width), ("channels", channels))
    return (*_map(step.source, "map"), *sizes, ("stride", step.stride), ("rotated", int(segment.rotated)))


def _command(step: Command, *, waits: bool) -> Fields:
    conv = step.conv
    layer = layer_of(step, interrupt=waits)
    words = np.array(layer.words(), np.uint64)
    maps = " -> ".join(f"{m.height}x{m.width}x{m.channels}" for m in (layer.source, layer.target))
    what = f"{conv.op.source}, {maps}: the chip's layer, without the addresses of its tables"
    shape = "[C][3][3]" if conv.depthwise else "[O][C][k][k]"
    activation = np.concatenate([conv.tables.segments, conv.tables.bias.view(np.uint64)])
    return (
        ("words", Constant("words", words, what, 8)),
        ("weights", Constant("weights", conv.weights.reshape(-1), f"{shape}, {conv.offset} added", 128)),
        ("scaling", Constant("scaling", conv.tables.scaling, "multiplier, addend << 24, shift << 56", 128)),
        ("activation", Constant("activation", activation, "16 of {shift, slope << 8, start << 24}, 16 offsets", 256)),
        ("waits", int(waits)),
    )
