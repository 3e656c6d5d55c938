"""A plan is proved before it is used.

Problem: a wrong view, lifetime, overlap or offset gives wrong results on the chip, sometimes.
Method: every byte of every tensor gets a number; two tensors share numbers where, by the meaning of
their operators, one is a piece of the other.  All calls are replayed on an arena of numbers.  Of each
row the output is written first; then everything that the kernel declares to read for that row must
still be there (before the write, for an operand that the kernel works on in place).  Scratch is
overwritten at the start of a call and must be untouched at its end.  Nothing that the planner
computed is trusted but the offsets in the calls.
Guarantee: if the kernels do as they declare, every read finds the bytes that their producer wrote.
"""

from __future__ import annotations

import numpy as np

from codegen.backends.candidate import Operand
from codegen.ir import Array, Tensor
from codegen.ir.ops import Concat, Reshape, Slice, Split
from codegen.schedule.program import Layer, PlacedCall, Program

NOBODY = 0
"""What lies where nobody has written."""

SCRATCH = -1
"""What scratch holds."""


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
        self.arena: Array = np.full(program.arena_bytes, NOBODY, np.int32)
        self.numbers: dict[Tensor, Array] = {}
        self.used = 0
        self.older = 0

    def run(self) -> None:
        """Inputs are written, layers run, outputs are read."""
        program = self.program
        for tensor in program.graph.inputs:
            self.numbers[tensor] = self.fresh(tensor)
            self.locate(tensor, program.offsets[tensor], tensor.dtype.bytes)[:] = self.numbers[tensor].ravel()
        self.expect(program.graph.inputs, "the user's input")
        for layer in program.layers:
            self.layer(layer)
        self.expect(program.graph.outputs, "the user's output")

    def fresh(self, tensor: Tensor) -> Array:
        """New numbers for a tensor that a kernel or the user writes."""
        begin, self.used = self.used + 1, self.used + tensor.bytes
        return np.arange(begin, self.used + 1, dtype=np.int32).reshape(*tensor.shape, tensor.dtype.bytes)

    def locate(self, tensor: Tensor, offset: int, align: int) -> Array:
        """The bytes of the arena where a tensor lies."""
        if offset < 0 or offset + tensor.bytes > len(self.arena) or offset % align:
            raise PlanError(f"{tensor.name!r} at {offset} is unaligned or outside the arena of {len(self.arena)} bytes")
        return self.arena[offset : offset + tensor.bytes]

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
        scratch = self.claim(placed, where)
        scratch[:] = SCRATCH
        sources = list(zip(call.inputs, placed.inputs, strict=True))
        before = [
            source
            for i, source in enumerate(sources)
            if any(call.may_coincide(i, j) and source[1] == offset for j, offset in enumerate(placed.outputs))
        ]
        after = [s for s in sources if s not in before]
        for row in range(placed.row_begin, placed.row_end):
            for operand, offset in before:
                self.read(operand, offset, row, where)
            for operand, offset in zip(call.outputs, placed.outputs, strict=True):
                self.write(operand, offset, row, call.out_rows)
            for operand, offset in after:
                self.read(operand, offset, row, where)
        if np.any(scratch != SCRATCH):
            raise PlanError(f"{where}: an output lies in the scratch")

    def claim(self, placed: PlacedCall, where: str) -> Array:
        """Check that everything a call touches is in the arena, aligned and whole; returns its scratch."""
        call = placed.call
        operands = (*call.inputs, *call.outputs)
        for operand, offset, held in zip(operands, (*placed.inputs, *placed.outputs), placed.rows_held, strict=True):
            self.locate(operand.tensor, offset, operand.align)
            if operand.rows * operand.row_bytes != operand.tensor.bytes or held != operand.rows:
                raise PlanError(f"{where}: the rows of {call.kernel} are not those of {operand.tensor.name!r}")
        begin = placed.scratch or 0
        scratch = self.arena[begin : begin + call.scratch_bytes]
        if len(scratch) != call.scratch_bytes or begin % call.scratch_align:
            raise PlanError(f"{where}: scratch of {call.kernel} is unaligned or outside the arena")
        return scratch

    def read(self, operand: Operand, offset: int, row: int, where: str) -> None:
        """The input rows of an output row must be there."""
        begin, end = operand.first[row] * operand.row_bytes, (operand.last[row] + 1) * operand.row_bytes
        if begin < end and operand.tensor not in self.numbers:
            raise PlanError(f"{where}: reads {operand.tensor.name!r}, which nobody has written")
        if begin < end and np.any(
            self.arena[offset + begin : offset + end] != self.numbers[operand.tensor].ravel()[begin:end]
        ):
            raise PlanError(f"{where}: row {row} reads {operand.tensor.name!r} at {offset} after it was overwritten")

    def write(self, operand: Operand, offset: int, row: int, rows: int) -> None:
        """An output row arrives, but for pieces that are there; an output of other rows is written anew with each."""
        begin, end = row * operand.row_bytes, (row + 1) * operand.row_bytes
        if operand.rows != rows:
            begin, end = 0, operand.tensor.bytes
        numbers = self.numbers[operand.tensor].ravel()[begin:end]
        np.copyto(self.arena[offset + begin : offset + end], numbers, where=numbers > self.older)
