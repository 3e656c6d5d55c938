"""The static layer list: what the renderer prints.  Made by the schedule, complete and final."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from codegen.backends.candidate import Call, Candidate
from codegen.ir import Array, Graph, Operator, Tensor
from codegen.ir.ops import Transpose
from codegen.schedule.rows import Blocks

IMAGE_RANK = 4
"""An input of that many axes is an image: [batch, rows, columns, channels], in whatever order."""

ADDRESS_BYTES = 8
"""Room that an instance has for the address of its slow part: the same on every processor."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a tensor lies: a span of the arena, or of the state part behind it, during a span of layers.

    Attributes:
        tensor: the activation, or None for scratch.
        label: name for the arena map.
        offset: bytes from the start of the arena.
        bytes: size.
        first: layer that writes it (-1: the user, or the run before).
        last: last layer that reads it (`layer count`: the user, or the next run).
        view_of: the tensor whose memory this one shares (reshape, slice), or None.
        rows: kept of a tensor that is a ring, else 0.
    """

    tensor: Tensor | None
    label: str
    offset: int
    bytes: int
    first: int
    last: int
    view_of: Tensor | None = None
    rows: int = 0


@dataclass(frozen=True, eq=False)
class PlacedCall:
    """A kernel call with addresses.

    Attributes:
        call: kernel, parameters, operands.
        inputs: offset of each input operand, bytes.
        outputs: offset of each output operand, bytes.
        scratch: arena offset of the scratch, or None.
        kept: arena offset of what is kept from row to row, or None.
        rows_held: rows kept of each operand, inputs first.
        rows_ahead: where the ring of each operand begins: row r lies in place (r + ahead) % held.
        row_begin: first output row.
        row_end: one past the last output row.
    """

    call: Call
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    scratch: int | None
    kept: int | None
    rows_held: tuple[int, ...]
    rows_ahead: tuple[int, ...]
    row_begin: int
    row_end: int


@dataclass(frozen=True, eq=False)
class Layer:
    """One operator of the schedule.

    Attributes:
        index: position, from 0.
        op: the operator.
        candidate: the pick; None for a view, which needs no code.
        calls: the placed calls; empty for a view.
        why: reason of the pick, for the report.
        instructions: estimate of one run, all turns included.
    """

    index: int
    op: Operator
    candidate: Candidate | None
    calls: tuple[PlacedCall, ...]
    why: str = ""
    instructions: float = 0.0


@dataclass(frozen=True, eq=False)
class Stage:
    """A layer that takes turns with others.

    Attributes:
        layer: its index.
        blocks: of rows that it computes together.
        waits: layer (INPUT: the user) -> rows of it that must be there before each block of this one.
    """

    layer: int
    blocks: Blocks
    waits: dict[int, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Segment:
    """Layers that run row by row: the last one whose input rows are there computes its next block, until none can.

    A layer that runs whole is a segment without stages.

    Attributes:
        layers: their indices.
        stages: how they take turns, in the order of the layers.
    """

    layers: range
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, eq=False)
class Push:
    """The input, arriving row by row.

    Attributes:
        tensor: the input.
        rows: that it has.
        row_bytes: of one row.
        held: rows kept, a ring.
        left_out: operators in front of everything that rearrange the model's input: it is pushed as if they had run.
    """

    tensor: Tensor
    rows: int
    row_bytes: int
    held: int
    left_out: tuple[Operator, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the input in the model file."""
        return self.left_out[0].x.shape if self.left_out else self.tensor.shape

    @property
    def is_image(self) -> bool:
        """The input is a picture, whose rows are lines; else its rows are the frames of a sequence."""
        return len(self.shape) == IMAGE_RANK

    @property
    def order(self) -> tuple[int, ...]:
        """The axes of the model's input in the order in which elements are pushed."""
        numbers = np.arange(math.prod(self.shape)).reshape(self.shape)
        steps = np.array(np.unravel_index(self.arranged(numbers).reshape(-1), self.shape))
        changes = np.argmax(steps != steps[:, :1], axis=1)
        moving = [axis for axis, size in enumerate(self.shape) if size > 1]
        return tuple(sorted(moving, key=lambda axis: -changes[axis]))

    def arranged(self, values: Array) -> Array:
        """The model's input in the order in which it is pushed."""
        for op in self.left_out:
            values = values.transpose(op.perm) if isinstance(op, Transpose) else values.reshape(op.y.shape)
        return values


@dataclass(frozen=True, eq=False)
class Program:
    """A network, scheduled.

    Offsets count from the start of the arena; the state part lies right behind it, and behind that, at a multiple of
    the alignment, the slow part: what of the activations lies in another memory.

    Attributes:
        graph: the lowered graph.
        layers: in order of execution, views included.
        placements: every tensor and scratch with its span, in order of first use.
        arena_bytes: size of the arena; with states, a multiple of its alignment.
        arena_align: alignment of the arena, bytes.
        lower_bound_bytes: no placement of these buffers, whole, can be smaller.
        peak_layer: index of the layer that sets the peak.
        state_bytes: size of the state part.
        slow_bytes: size of the slow part; 0 when all of an instance is one piece.
        offsets: of every tensor; of a ring, where its row 0 lies.
        segments: the layers, grouped; none means that each runs whole.
        push: the input that arrives row by row, or None; its rows go to stage INPUT of the first segment.
    """

    graph: Graph
    layers: tuple[Layer, ...]
    placements: tuple[Placement, ...]
    arena_bytes: int
    arena_align: int
    lower_bound_bytes: int
    peak_layer: int
    state_bytes: int = 0
    slow_bytes: int = 0
    offsets: dict[Tensor, int] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()
    push: Push | None = None

    @property
    def runs(self) -> tuple[Segment, ...]:
        """The layers, grouped, in order of execution."""
        return self.segments or tuple(Segment(range(i, i + 1)) for i in range(len(self.layers)))

    @property
    def counters(self) -> int:
        """Row counters that an instance must keep from one pushed row to the next."""
        return 1 + len(self.runs[0].stages) if self.push else 0

    @property
    def ram_bytes(self) -> int:
        """Size of an instance: arena, state, row counters, address of the slow part, each aligned (model.h.j2)."""
        align = max(self.arena_align, 4)
        end = max(self.arena_bytes, 1)
        if self.state_bytes:
            end = _round_up(end, align) + self.state_bytes
        if self.counters:
            end = _round_up(end, 4) + 4 * self.counters
        if self.slow_bytes:
            end = _round_up(end, ADDRESS_BYTES) + ADDRESS_BYTES
        return _round_up(end, align)

    @property
    def total_bytes(self) -> int:
        """Size of an instance, its slow part included."""
        return self.ram_bytes + self.slow_bytes

    @property
    def activation_bytes(self) -> int:
        """Arena and slow part: what the planner keeps small."""
        return self.arena_bytes + self.slow_bytes

    @property
    def end(self) -> int:
        """One past the last offset."""
        return self.slow_start + self.slow_bytes if self.slow_bytes else self.arena_bytes + self.state_bytes

    @property
    def slow_start(self) -> int:
        """Offset of the slow part."""
        return _round_up(self.arena_bytes + self.state_bytes, self.arena_align)

    def is_state(self, offset: int) -> bool:
        """True for an offset in the state part."""
        return bool(self.state_bytes) and self.arena_bytes <= offset < self.arena_bytes + self.state_bytes

    def is_slow(self, offset: int) -> bool:
        """True for an offset in the slow part."""
        return bool(self.slow_bytes) and offset >= self.slow_start

    def end_of_part(self, offset: int) -> int:
        """Where the arena, the state part or the slow part ends, in which an offset lies."""
        if self.is_slow(offset):
            return self.slow_start + self.slow_bytes
        return self.arena_bytes + (self.state_bytes if self.is_state(offset) else 0)

    @property
    def instructions(self) -> float:
        """Estimated instructions of one run."""
        return sum(layer.instructions for layer in self.layers)


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
