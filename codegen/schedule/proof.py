"""A plan is proved before it is used.

Problem: a wrong view, lifetime, overlap or offset gives wrong results on the chip, sometimes.
Method: every byte of every tensor gets a number; two tensors share numbers where, by the meaning of
their operators, one is a piece of the other.  All calls are replayed on an arena of numbers.  Of each
row the output is written first; then everything that the kernel declares to read for that row must
still be there (before the write, for an operand that the kernel works on in place).  Scratch is
overwritten at the start of a call and must be untouched at its end.  The next value of a state must
lie in the state part where its value lies, and be whole.  Nothing that the planner
computed is trusted but the offsets in the calls.
Guarantee: if the kernels do as they declare, every read finds the bytes that their producer wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from codegen.backends.candidate import Call, Operand
from codegen.ir import Array, Tensor
from codegen.ir.ops import Concat, Reshape, Slice, Split
from codegen.schedule.program import Layer, PlacedCall, Program, Push, Segment, Stage
from codegen.schedule.rows import INPUT, Blocks

NOBODY = 0
"""What lies where nobody has written."""

SCRATCH = -1
"""What scratch holds; what is kept there from row to row has numbers below."""


class PlanError(Exception):
    """A defect of the schedule or of a kernel's declaration: the plan would compute wrong results."""


def verify_plan(program: Program) -> None:
    """Replay `program` on an arena of byte numbers.

    Raises:
        PlanError: a read would not find what it expects, or something lies outside the arena or unaligned.
    """
    _Replay(program).run()


@dataclass(frozen=True)
class Ring:
    """Where an operand lies: rows held from an offset on, row r in place (r + ahead) % held."""

    offset: int
    held: int
    ahead: int = 0

    def coincides(self, y: Ring, lag: int) -> bool:
        """True when row r of y lies where a row from r to r + lag of this one lies."""
        return (self.offset, self.held) == (y.offset, y.held) and 0 <= y.ahead - self.ahead <= lag


def rows_read(operand: Operand, row_begin: int, row: int) -> Array:
    """The input rows of an output row; a call reads none that are before the first one of its first row."""
    return np.arange(operand.first_in_call(row, row_begin), operand.last[row] + 1)


class _Replay:
    """The arena, and the numbers that each tensor should hold, shaped like the tensor with its bytes as last axis."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.arena: Array = np.full(program.end, NOBODY, np.int32)
        self.numbers: dict[Tensor, Array] = {}
        self.used = 0
        self.older = 0
        self.kept: dict[Call, int] = {}

    def run(self) -> None:
        """Inputs and states are there, layers run, outputs and next values are read."""
        program = self.program
        for state in program.graph.states:
            at = program.offsets[state.value]
            if not program.is_state(at) or program.offsets[state.next] != at:
                raise PlanError(f"state {state.name!r} does not come back to where it was")
        whole = [t for t in program.graph.sources if program.push is None or t is not program.push.tensor]
        for tensor in whole:
            self.numbers[tensor] = self.fresh(tensor)
            self.locate(tensor, program.offsets[tensor], tensor.dtype.bytes)[:] = self.numbers[tensor].ravel()
        self.expect(whole, "the input or state")
        for segment in program.runs:
            if segment.stages:
                self.segment(segment, program.push if segment is program.runs[0] else None)
            else:
                for index in segment.layers:
                    self.layer(program.layers[index])
        self.expect(program.graph.sinks, "the output or next state")

    def fresh(self, tensor: Tensor) -> Array:
        """New numbers for a tensor that a kernel or the user writes."""
        begin, self.used = self.used + 1, self.used + tensor.bytes
        return np.arange(begin, self.used + 1, dtype=np.int32).reshape(*tensor.shape, tensor.dtype.bytes)

    def locate(self, tensor: Tensor, offset: int, align: int) -> Array:
        """The bytes of the arena where a tensor lies."""
        return self.span(tensor, tensor.bytes, offset, align)

    def span(self, tensor: Tensor, size: int, offset: int, align: int) -> Array:
        """The bytes of the arena, or of the state part, where a tensor or its ring lies."""
        end = self.program.end_of_part(offset)
        if offset < 0 or offset + size > end or offset % align:
            raise PlanError(f"{tensor.name!r} at {offset} is unaligned or outside the arena of {end} bytes")
        return self.arena[offset : offset + size]

    def expect(self, tensors: list[Tensor], reader: str) -> None:
        """What tensors hold must be in the arena."""
        for tensor in tensors:
            found = self.locate(tensor, self.program.offsets[tensor], tensor.dtype.bytes)
            if not np.array_equal(found, self.numbers[tensor].ravel()):
                raise PlanError(f"{reader} {tensor.name!r} is overwritten")

    def layer(self, layer: Layer) -> None:
        """Give the outputs their numbers and run the calls."""
        self.older = self.used
        copied = {o.tensor for placed in layer.calls for o in (*placed.call.inputs, *placed.call.outputs)}
        if not layer.calls or isinstance(layer.op, Concat | Split):
            self.rename(layer, copied)
        for tensor in layer.op.outputs:
            if tensor not in self.numbers:
                self.numbers[tensor] = self.fresh(tensor)
        for placed in layer.calls:
            self.call(placed, layer.op.where)

    def segment(self, segment: Segment, push: Push | None) -> None:
        """Layers take turns, as the C does it: the last one that may computes its next row; else a row is pushed."""
        done = dict.fromkeys((stage.layer for stage in segment.stages), 0)
        blocks = {stage.layer: stage.blocks for stage in segment.stages}
        self.older = self.used
        if push is not None:
            done[INPUT], blocks[INPUT] = 0, Blocks(push.rows)
            self.numbers[push.tensor] = self.fresh(push.tensor)
        for stage in segment.stages:
            for tensor in self.program.layers[stage.layer].op.outputs:
                self.numbers[tensor] = self.fresh(tensor)

        def may_fire(stage: Stage) -> bool:
            block = done[stage.layer]
            ready = (blocks[layer].done(done[layer]) >= needed[block] for layer, needed in stage.waits.items())
            return block < stage.blocks.count and all(ready)

        while any(done[layer] < each.count for layer, each in blocks.items()):
            turn = next(filter(may_fire, reversed(segment.stages)), None)
            if turn is not None:
                self.turn(self.program.layers[turn.layer], turn.blocks.bounds(done[turn.layer]))
                done[turn.layer] += 1
            elif push is not None and done[INPUT] < push.rows:
                operand = Operand(push.tensor, push.rows, push.row_bytes)
                self.write(operand, Ring(self.program.offsets[push.tensor], push.held), done[INPUT], push.rows)
                done[INPUT] += 1
            else:
                raise PlanError(f"layers {segment.layers[0]} to {segment.layers[-1]} wait for each other")

    def turn(self, layer: Layer, rows: tuple[int, int]) -> None:
        """Rows [begin, end) of a layer that takes turns."""
        for placed in layer.calls:
            self.call(replace(placed, row_begin=rows[0], row_end=rows[1]), layer.op.where)

    def rename(self, layer: Layer, copied: set[Tensor]) -> None:
        """The numbers of outputs that are pieces of what exists, by the meaning of the operator."""
        op = layer.op
        x = self.numbers.get(op.x)
        if isinstance(op, Concat):
            parts = [self.fresh(t) if t in copied or t.is_constant else self.numbers[t] for t in op.inputs if t]
            self.numbers[op.y] = np.concatenate(parts, axis=op.axis)
            return
        if x is None:
            raise PlanError(f"{op.where}: reads a tensor that nobody has written")
        if isinstance(op, Split):
            pieces = np.split(x, np.cumsum(op.sizes)[:-1], axis=op.axis)
            self.numbers.update({t: piece for t, piece in zip(op.outputs, pieces, strict=True) if t not in copied})
        elif isinstance(op, Slice):
            ranges = (np.arange(n) * s + b for b, n, s in zip(op.begin, op.size, op.strides, strict=True))
            self.numbers[op.y] = x[np.ix_(*ranges)]
        elif isinstance(op, Reshape):
            self.numbers[op.y] = x.reshape(*op.shape, op.y.dtype.bytes)
        else:
            raise PlanError(f"{op.where}: no code, though it is not a view")

    def call(self, placed: PlacedCall, where: str) -> None:
        """Replay one call, row by row."""
        call = placed.call
        self.claim(placed, where)
        scratch = self.scratch(placed.scratch, call.scratch_bytes, placed, where)
        kept = self.scratch(placed.kept, call.kept_bytes, placed, where)
        mark = self.kept.setdefault(call, SCRATCH - 1 - len(self.kept))
        if placed.row_begin and np.any(kept != mark):
            raise PlanError(f"{where}: what {call.kernel} keeps from row to row is overwritten")
        kept[:] = mark
        scratch[:] = SCRATCH
        at = (*placed.inputs, *placed.outputs)
        rings = list(map(Ring, at, placed.rows_held, placed.rows_ahead))
        sources = list(zip(call.inputs, rings, strict=False))
        targets = list(zip(call.outputs, rings[len(call.inputs) :], strict=True))
        before = [
            source
            for i, source in enumerate(sources)
            if any(call.may_coincide(i, j) and source[1].coincides(y, call.lag) for j, (_, y) in enumerate(targets))
        ]
        after = [s for s in sources if s not in before]
        for row in range(placed.row_begin, placed.row_end):
            for operand, ring in before:
                # A row of a tensor that is overwritten in place is read before that, and only once.
                begin = row if operand.alone else placed.row_begin
                self.read(operand, ring, rows_read(operand, begin, row), where)
            for operand, ring in targets:
                self.write(operand, ring, row, call.out_rows)
            for operand, ring in after:
                self.read(operand, ring, rows_read(operand, placed.row_begin, row), where)
        if np.any(scratch != SCRATCH) or np.any(kept != mark):
            raise PlanError(f"{where}: an output lies in the scratch")

    def claim(self, placed: PlacedCall, where: str) -> None:
        """Check that every operand of a call is in the arena, aligned and whole."""
        call = placed.call
        operands = (*call.inputs, *call.outputs)
        for operand, offset, held in zip(operands, (*placed.inputs, *placed.outputs), placed.rows_held, strict=True):
            self.span(operand.tensor, held * operand.row_bytes, offset, operand.align)
            if operand.rows * operand.row_bytes != operand.tensor.bytes or not 0 < held <= max(operand.rows, 1):
                raise PlanError(f"{where}: the rows of {call.kernel} are not those of {operand.tensor.name!r}")

    def scratch(self, offset: int | None, size: int, placed: PlacedCall, where: str) -> Array:
        """The bytes of a scratch of a call, which must be in the arena and aligned."""
        if offset is None:
            return self.arena[:0]
        end = offset + size
        inside = size == 0 or (end <= self.program.end_of_part(offset) and not self.program.is_state(offset))
        if end > len(self.arena) or offset % placed.call.scratch_align or not inside:
            raise PlanError(f"{where}: scratch of {placed.call.kernel} is unaligned or outside the arena")
        return self.arena[offset:end]

    def read(self, operand: Operand, ring: Ring, rows: Array, where: str) -> None:
        """Input rows must be there."""
        if len(rows) and operand.tensor not in self.numbers:
            raise PlanError(f"{where}: reads {operand.tensor.name!r}, which nobody has written")
        if not len(rows):
            return
        size = ring.held * operand.row_bytes
        memory = self.arena[ring.offset : ring.offset + size].reshape(ring.held, operand.row_bytes)
        wanted = self.numbers[operand.tensor].reshape(operand.rows, operand.row_bytes)
        if np.any(memory[(rows + ring.ahead) % ring.held] != wanted[rows]):
            raise PlanError(
                f"{where}: reads row {rows[0]} or a later one of {operand.tensor.name!r} after it was overwritten"
            )

    def write(self, operand: Operand, ring: Ring, row: int, rows: int) -> None:
        """An output row arrives, but for pieces that are there; an output of other rows is written anew with each."""
        begin, end = row * operand.row_bytes, (row + 1) * operand.row_bytes
        at = ring.offset + (row + ring.ahead) % ring.held * operand.row_bytes
        if operand.rows != rows:
            begin, end, at = 0, operand.tensor.bytes, ring.offset
        numbers = self.numbers[operand.tensor].ravel()[begin:end]
        np.copyto(self.arena[at : at + end - begin], numbers, where=numbers > self.older)
