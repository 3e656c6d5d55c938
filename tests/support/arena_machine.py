"""Runs a Program in numpy on a byte arena, as hostile as the kernels' contract allows.

Of each output row first garbage is written, then exactly the declared input rows are read (all others
are garbage), the operator is evaluated and the row is written.  After each layer, all bytes that the
arena map calls dead are overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from codegen.backends.candidate import Call, Operand
from codegen.ir import Array, Operator, Tensor, ops
from codegen.schedule.program import Layer, PlacedCall, Program, Segment

Evaluate = Callable[[Operator, Sequence[Array]], list[Array]]


class Machine:
    """An arena that runs a program."""

    def __init__(self, program: Program, evaluate: Evaluate, seed: int = 0, *, poison: bool = True) -> None:
        self.program = program
        self.evaluate = evaluate
        self.rng = np.random.default_rng(seed)
        self.arena = self.garbage(program.end)
        for state in program.graph.states:
            self.bytes_of(state.value)[:] = np.ascontiguousarray(state.initial).reshape(-1).view(np.uint8)
        self.poisons = poison
        self.kept: dict[Call, Array] = {}
        self.read: dict[Call, Array] = {}

    def garbage(self, count: int) -> Array:
        return self.rng.integers(0, 256, count).astype(np.uint8)

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        program = self.program
        for tensor, value in zip(program.graph.inputs, inputs, strict=True):
            self.bytes_of(tensor)[:] = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        for segment in program.runs:
            for index, placed in self.turns(segment) if segment.stages else self.whole(segment):
                self.call(program.layers[index], placed)
            if self.poisons:
                self.poison(segment.layers[-1])
        return [self.bytes_of(t).copy().view(t.dtype.numpy).reshape(t.shape) for t in program.graph.outputs]

    def whole(self, segment: Segment) -> Iterator[tuple[int, PlacedCall]]:
        return ((index, placed) for index in segment.layers for placed in self.program.layers[index].calls)

    def turns(self, segment: Segment) -> Iterator[tuple[int, PlacedCall]]:
        """The calls of layers that run row by row: always the last one that may."""
        done = dict.fromkeys(segment.layers, 0)
        blocks = {s.layer: s.blocks for s in segment.stages}
        while True:
            able = [
                s.layer
                for s in segment.stages
                if done[s.layer] < s.blocks.count
                and all(blocks[p].done(done[p]) >= n[done[s.layer]] for p, n in s.waits.items())
            ]
            if not able:
                return
            begin, end = blocks[able[-1]].bounds(done[able[-1]])
            for placed in self.program.layers[able[-1]].calls:
                yield able[-1], replace(placed, row_begin=begin, row_end=end)
            done[able[-1]] += 1

    def bytes_of(self, tensor: Tensor) -> Array:
        offset = self.program.offsets[tensor]
        return self.arena[offset : offset + tensor.bytes]

    def poison(self, layer: int) -> None:
        live = np.array([self.program.is_state(at) for at in range(len(self.arena))])
        for p in self.program.placements:
            if p.first <= layer < p.last:
                live[p.offset : p.offset + p.bytes] = True
        self.arena[~live] = self.garbage(int((~live).sum()))

    def call(self, layer: Layer, placed: PlacedCall) -> None:
        call = placed.call
        if placed.scratch is not None:
            self.arena[placed.scratch : placed.scratch + call.scratch_bytes] = self.garbage(call.scratch_bytes)
        if placed.kept is not None:
            kept = self.arena[placed.kept : placed.kept + call.kept_bytes]
            if placed.row_begin:
                np.testing.assert_array_equal(kept, self.kept[call])
            kept[:] = self.kept[call] = self.garbage(call.kept_bytes)
        for row in range(placed.row_begin, placed.row_end):
            rings = list(zip((*placed.inputs, *placed.outputs), placed.rows_held, placed.rows_ahead, strict=True))
            sources = list(zip(call.inputs, rings, strict=False))
            targets = list(zip(call.outputs, rings[len(sources) :], strict=True))
            early = [
                any(call.may_coincide(i, j) and placed.inputs[i] == y for j, y in enumerate(placed.outputs))
                for i in range(len(sources))
            ]
            # What is overwritten in place is read row by row.
            begins = [row if e and o.alone else placed.row_begin for e, (o, _) in zip(early, sources, strict=True)]
            reads = list(zip(sources, begins, early, strict=True))
            values = [self.rows(*s, row, begin) if e else None for s, begin, e in reads]
            for operand, ring in targets:
                mask = self.written(layer.op, call.inputs, operand, row, call.out_rows)
                self.arena[addresses(operand, *ring)[mask]] = self.garbage(int(mask.sum()))
            values = [
                self.rows(*s, row, begin) if v is None else v for (s, begin, _), v in zip(reads, values, strict=True)
            ]
            if call.kept_bytes:
                values = self.remembered(call, row, begins[0], values)
            results = self.results(layer.op, call.inputs, values)
            for operand, ring in targets:
                mask = self.written(layer.op, call.inputs, operand, row, call.out_rows)
                value = results[operand.tensor].reshape(-1).view(np.uint8)
                self.arena[addresses(operand, *ring)[mask]] = value[mask]

    def remembered(self, call: Call, row: int, row_begin: int, values: Sequence[Array]) -> list[Array]:
        """The inputs of a kernel that keeps something: what it has read so far, and garbage."""
        (operand,), (value,) = call.inputs, values
        begin = operand.first_in_call(row, row_begin) * operand.row_bytes
        end = (operand.last[row] + 1) * operand.row_bytes
        if row == 0:
            self.read[call] = self.garbage(operand.tensor.bytes)
        self.read[call][begin:end] = value.reshape(-1).view(np.uint8)[begin:end]
        return [self.read[call].view(value.dtype).reshape(value.shape)]

    def rows(self, operand: Operand, ring: tuple[int, int, int], row: int, row_begin: int) -> Array:
        value = self.garbage(operand.tensor.bytes)
        first = operand.first_in_call(row, row_begin)
        begin, end = first * operand.row_bytes, (operand.last[row] + 1) * operand.row_bytes
        value[begin:end] = self.arena[addresses(operand, *ring)[begin:end]]
        return value.view(operand.tensor.dtype.numpy).reshape(operand.tensor.shape)

    def results(self, op: Operator, inputs: Sequence[Operand], values: Sequence[Array]) -> dict[Tensor, Array]:
        waiting = [(operand.tensor, value) for operand, value in zip(inputs, values, strict=True)]
        known = dict(waiting)
        full = []
        for t in op.inputs:
            at = next((i for i, (tensor, _) in enumerate(waiting) if tensor is t), None)
            if at is not None:
                full.append(waiting.pop(at)[1])
            elif t is None or t.is_constant:
                full.append(t and t.value)
            else:
                full.append(known.get(t, np.zeros(t.shape, t.dtype.numpy)))
        return dict(zip(op.outputs, self.evaluate(op, full), strict=True))

    def written(self, op: Operator, inputs: Sequence[Operand], target: Operand, row: int, rows: int) -> Array:
        """Which bytes of the output this call writes for a row: of a concatenation, only those of its input."""
        tensor = target.tensor
        mask = np.zeros((*tensor.shape, tensor.dtype.bytes), bool)
        start = 0
        for t in op.inputs if isinstance(op, ops.Concat) else ():
            if t is not None and (t is inputs[0].tensor if inputs else t.is_constant):
                np.moveaxis(mask, op.axis, 0)[start : start + t.shape[op.axis]] = True
            start += t.shape[op.axis]
        if not isinstance(op, ops.Concat):
            mask[:] = True
        line = np.zeros(tensor.bytes, bool)
        line[row * target.row_bytes : (row + 1) * target.row_bytes] = True
        return mask.ravel() & (line if target.rows == rows else True)


def addresses(operand: Operand, offset: int, held: int, ahead: int) -> Array:
    """Where each byte of a tensor lies when a ring of `held` rows holds it, row 0 in place `ahead`."""
    row, byte = np.divmod(np.arange(operand.tensor.bytes), operand.row_bytes)
    return offset + (row + ahead) % held * operand.row_bytes + byte
