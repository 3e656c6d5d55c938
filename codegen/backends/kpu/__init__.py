"""The back-end for the KPU of the K210 (docs/kpu.md).

`partition` groups what the chip can compute (`units`), `plan` brings the maps of a group to KPU RAM, `convolution` and
`sums` say what a layer needs, `requantize` and `pieces` make its tables, `words` its commands.  What the KPU cannot
compute is left to the other back-ends.
"""

from __future__ import annotations

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, whole
from codegen.backends.kpu.partition import CPU_PER_BYTE, CPU_PER_LAYER, partition
from codegen.backends.kpu.plan import Plan, bytes_of, zero_of
from codegen.backends.kpu.segment import KpuSegment
from codegen.backends.kpu.steps import Command, Corner, Download, Place, Refit, Step, Upload
from codegen.backends.library import Coverage
from codegen.ir import DType, Graph, Operator, Tensor

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
        types, only = (DType.INT8.value, DType.UINT8.value), "any padding, strides 1 and 2, one group, no dilation"
        return [
            Coverage("conv_2d", types, (), f"1x1 and 3x3, {only}; weights of 8 or 16 bits"),
            Coverage("depthwise_conv_2d", types, (), f"3x3 and 1x1, {only}; weights of 8 or 16 bits"),
            Coverage(
                "max_pool_2d",
                types,
                (),
                "2x2 and 4x4 side by side, right behind a convolution or a rising function of one",
            ),
            Coverage("lookup", types, (), "every function of a byte, between layers of the KPU"),
            Coverage("add", types, (), "two maps of one shape, behind layers of the KPU"),
            Coverage("sub", types, (), "two maps of one shape, behind layers of the KPU"),
            Coverage("concat", types, (), "channels, one scale, behind layers of the KPU"),
        ]


def _candidate(segment: KpuSegment) -> Candidate:
    plan = Plan(segment)
    waiting = _waits(plan.steps)
    calls = tuple(_call(segment, step, waits=index in waiting) for index, step in enumerate(plan.steps))
    moved = sum(t.size for t in (*segment.activations, *segment.outputs))
    return Candidate(segment, "kpu", calls, CPU_PER_BYTE * moved + CPU_PER_LAYER * len(calls), _summary(plan))


def _waits(steps: list[Step]) -> set[int]:
    """Commands behind which the CPU waits: it touches a map next, the weights' width changes, or the queue is full."""
    waiting, queued = set(), 0
    for index, step in enumerate(steps):
        if not isinstance(step, Command):
            continue
        queued += 1
        behind = steps[index + 1] if index + 1 < len(steps) else None
        goes_on = isinstance(behind, Command) and behind.layer.wide_weights == step.layer.wide_weights
        if queued == QUEUE or not goes_on:
            waiting.add(index)
            queued = 0
    return waiting


def _summary(plan: Plan) -> str:
    """What runs where, and how exact it is."""
    commands = [command for command, _ in plan.commands()]
    text = f"{len(commands)} layers on the KPU"
    inexact = [c for c in commands if not c.tables.exact]
    if not inexact:
        return f"{text}, all exact"
    listed = ", ".join(f"{c.title}: {_counted(c)}" for c in inexact)
    return f"{text}; not always exact, by one unit ({listed}): --exact leaves them to the CPU"


def _counted(command: Command) -> str:
    """How many inputs of a layer give another result than TFLite's."""
    wrong = command.tables.wrong
    channels = f" of {int((wrong > 0).sum())} channels" if command.counted == "accumulators" else ""
    return f"{int(wrong.sum())} {command.counted}{channels}"


def _call(segment: KpuSegment, step: Step, *, waits: bool) -> Call:
    match step:
        case Upload():
            title = f'upload "{step.tensor.name}"'
            return Call("genc_kpu_upload", _upload(segment, step), (whole(step.tensor, 1),), (), 1, title=title)
        case Refit():
            return Call("genc_kpu_place", _refit(step), (), (), 1, title=f'place "{step.tensor.name}"')
        case Download():
            title = f'download "{step.tensor.name}"'
            return Call("genc_kpu_download", _download(segment, step), (), (whole(step.tensor, 1),), 1, title=title)
        case Command():
            title = f'{step.title} "{step.name.partition(";")[0]}", {_shapes(step)}'
            fields = _command(step, waits=waits)
            return Call("genc_kpu_conv", fields, (), (), 1, title=title, prepares=True)


def _shapes(step: Command) -> str:
    return " -> ".join(f"{m.height}x{m.width}x{m.channels}" for m in (step.layer.source, step.layer.target))


def _map(place: Place, name: str) -> Fields:
    numbers = (place.row, place.map.height, place.map.width, place.map.group, place.map.line_rows)
    return ((name, f"{{{', '.join(map(str, numbers))}}}"),)


def _sizes(tensor: Tensor) -> Fields:
    _, height, width, channels = tensor.shape
    return (("height", height), ("width", width), ("channels", channels))


def _corner(corner: Corner, *names: str) -> Fields:
    return tuple(zip(names, corner, strict=True))


def _upload(segment: KpuSegment, step: Upload) -> Fields:
    corner = _corner(step.corner, "top", "left")
    turn = (("rotated", int(segment.rotated)), ("fill", zero_of(step.tensor)))
    return (*_map(step.target, "map"), *corner, *_sizes(step.tensor), *turn)


def _refit(step: Refit) -> Fields:
    return (
        *_map(step.source, "from"),
        *_map(step.target, "to"),
        *_corner(step.origin, "from_top", "from_left"),
        *_corner(step.corner, "top", "left"),
        *_sizes(step.tensor),
        ("stride", step.stride),
        ("channel", step.channel),
        ("fill", zero_of(step.tensor)),
        ("table", None if step.table is None else Constant("table", step.table, "a byte for each byte", 8)),
    )


def _download(segment: KpuSegment, step: Download) -> Fields:
    corner = _corner(step.corner, "top", "left")
    turn = (("stride", step.stride), ("rotated", int(segment.rotated)))
    return (*_map(step.source, "map"), *corner, *_sizes(step.tensor), *turn)


def _command(step: Command, *, waits: bool) -> Fields:
    layer, tables = step.placed(interrupt=waits), step.tables
    words = np.array(layer.words(), np.uint64)
    what = f"{step.title}, {_shapes(step)}: the chip's layer, without the addresses of its tables"
    activation = np.concatenate([tables.segments, tables.bias.view(np.uint64)])
    order = f"{step.order}; 16 bits, low byte first" if layer.wide_weights else step.order
    return (
        ("words", Constant("words", words, what, 8)),
        ("weights", Constant("weights", bytes_of(step.weights), order, 128)),
        ("scaling", Constant("scaling", tables.scaling, "multiplier, addend << 24, shift << 56", 128)),
        ("activation", Constant("activation", activation, "16 of {shift, slope << 8, start << 24}, 16 offsets", 256)),
        ("wide", int(layer.wide_weights)),
        ("waits", int(waits)),
    )
