"""The static layer list: what the renderer prints.  Made by the schedule, complete and final."""

from __future__ import annotations

from dataclasses import dataclass, field

from codegen.backends.candidate import Call, Candidate
from codegen.ir import Graph, Operator, Tensor


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a tensor lies: a span of the arena during a span of layers.

    Attributes:
        tensor: the activation, or None for scratch.
        label: name for the arena map.
        offset: bytes from the start of the arena.
        bytes: size.
        first: layer that writes it (-1: the user, before the run).
        last: last layer that reads it (`layer count`: the user, after the run).
        view_of: the tensor whose memory this one shares (reshape, slice), or None.
    """

    tensor: Tensor | None
    label: str
    offset: int
    bytes: int
    first: int
    last: int
    view_of: Tensor | None = None


@dataclass(frozen=True, eq=False)
class PlacedCall:
    """A kernel call with addresses.

    Attributes:
        call: kernel, parameters, operands.
        inputs: arena offset of each input operand, bytes.
        outputs: arena offset of each output operand, bytes.
        scratch: arena offset of the scratch, or None.
        rows_held: rows kept of each operand, inputs first.
        row_begin: first output row.
        row_end: one past the last output row.
    """

    call: Call
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    scratch: int | None
    rows_held: tuple[int, ...]
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
    """

    index: int
    op: Operator
    candidate: Candidate | None
    calls: tuple[PlacedCall, ...]
    why: str = ""


@dataclass(frozen=True, eq=False)
class Program:
    """A network, scheduled.

    Attributes:
        graph: the lowered graph.
        layers: in order of execution, views included.
        placements: every tensor and scratch with its span, in order of first use.
        arena_bytes: size of the arena.
        arena_align: alignment of the arena, bytes.
        lower_bound_bytes: no placement of these buffers, whole, can be smaller.
        peak_layer: index of the layer that sets the peak.
        state_bytes: of recurrent state (0 so far).
    """

    graph: Graph
    layers: tuple[Layer, ...]
    placements: tuple[Placement, ...]
    arena_bytes: int
    arena_align: int
    lower_bound_bytes: int
    peak_layer: int
    state_bytes: int = 0
    offsets: dict[Tensor, int] = field(default_factory=dict)

    @property
    def instructions(self) -> float:
        """Estimated instructions of one run."""
        return sum(layer.candidate.instructions for layer in self.layers if layer.candidate)
