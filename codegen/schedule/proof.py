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

from dataclasses import replace

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
                self.write(operand, self.program.offsets[push.tensor], done[INPUT], push.rows, push.held)
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
        scratch, content = self.claim(placed, where), SCRATCH
        if call.keeps_scratch:
            content = self.kept.setdefault(call, SCRATCH - 1 - len(self.kept))
            if placed.row_begin and np.any(scratch != content):
                raise PlanError(f"{where}: what {call.kernel} keeps in its scratch is overwritten")
        scratch[:] = content
        sources = list(zip(call.inputs, placed.inputs, placed.rows_held, strict=False))
        targets = list(zip(call.outputs, placed.outputs, placed.rows_held[len(call.inputs) :], strict=True))
        before = [
            source
            for i, source in enumerate(sources)
            if any(call.may_coincide(i, j) and source[1] == offset for j, offset in enumerate(placed.outputs))
        ]
        after = [s for s in sources if s not in before]
        for row in range(placed.row_begin, placed.row_end):
            for operand, offset, held in before:
                self.read(operand, (offset, held), self.rows_read(operand, placed, row), where)
            for operand, offset, held in targets:
                self.write(operand, offset, row, call.out_rows, held)
            for operand, offset, held in after:
                self.read(operand, (offset, held), self.rows_read(operand, placed, row), where)
        if np.any(scratch != content):
            raise PlanError(f"{where}: an output lies in the scratch")

    def claim(self, placed: PlacedCall, where: str) -> Array:
        """Check that everything a call touches is in the arena, aligned and whole; returns its scratch."""
        call = placed.call
        operands = (*call.inputs, *call.outputs)
        for operand, offset, held in zip(operands, (*placed.inputs, *placed.outputs), placed.rows_held, strict=True):
            self.span(operand.tensor, held * operand.row_bytes, offset, operand.align)
            if operand.rows * operand.row_bytes != operand.tensor.bytes or not 0 < held <= max(operand.rows, 1):
                raise PlanError(f"{where}: the rows of {call.kernel} are not those of {operand.tensor.name!r}")
        begin = placed.scratch or 0
        scratch = self.arena[begin : begin + call.scratch_bytes]
        end = begin + call.scratch_bytes
        inside = end == begin or (end <= self.program.end_of_part(begin) and not self.program.is_state(begin))
        inside |= placed.scratch is None
        if len(scratch) != call.scratch_bytes or begin % call.scratch_align or not inside:
            raise PlanError(f"{where}: scratch of {call.kernel} is unaligned or outside the arena")
        return scratch

    def rows_read(self, operand: Operand, placed: PlacedCall, row: int) -> Array:
        """The input rows of an output row; a call reads none that are before the first one of its first row."""
        return np.arange(operand.first_in_call(row, placed.row_begin), operand.last[row] + 1)

    def read(self, operand: Operand, ring: tuple[int, int], rows: Array, where: str) -> None:
        """Input rows must be there, in a ring given as (offset, rows held)."""
        offset, held = ring
        if len(rows) and operand.tensor not in self.numbers:
            raise PlanError(f"{where}: reads {operand.tensor.name!r}, which nobody has written")
        if not len(rows):
            return
        memory = self.arena[offset : offset + held * operand.row_bytes].reshape(held, operand.row_bytes)
        wanted = self.numbers[operand.tensor].reshape(operand.rows, operand.row_bytes)
        if np.any(memory[rows % held] != wanted[rows]):
            raise PlanError(
                f"{where}: reads row {rows[0]} or a later one of {operand.tensor.name!r} after it was overwritten"
            )

    def write(self, operand: Operand, offset: int, row: int, rows: int, held: int) -> None:
        """An output row arrives, but for pieces that are there; an output of other rows is written anew with each."""
        begin, end = row * operand.row_bytes, (row + 1) * operand.row_bytes
        at = offset + row % held * operand.row_bytes
        if operand.rows != rows:
            begin, end, at = 0, operand.tensor.bytes, offset
        numbers = self.numbers[operand.tensor].ravel()[begin:end]
        np.copyto(self.arena[at : at + end - begin], numbers, where=numbers > self.older)
