"""Runs a Program in numpy on a byte arena, as hostile as the kernels' contract allows.

Of each output row first garbage is written, then exactly the declared input rows are read (all others
are garbage), the operator is evaluated and the row is written.  After each layer, all bytes that the
arena map calls dead are overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from codegen.backends.candidate import Operand
from codegen.ir import Array, Operator, Tensor, ops
from codegen.schedule.program import Layer, PlacedCall, Program

Evaluate = Callable[[Operator, Sequence[Array]], list[Array]]


class Machine:
    """An arena that runs a program."""

    def __init__(self, program: Program, evaluate: Evaluate, seed: int = 0, *, poison: bool = True) -> None:
        self.program = program
        self.evaluate = evaluate
        self.rng = np.random.default_rng(seed)
        self.arena = self.garbage(program.arena_bytes)
        self.poisons = poison

    def garbage(self, count: int) -> Array:
        return self.rng.integers(0, 256, count).astype(np.uint8)

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        program = self.program
        for tensor, value in zip(program.graph.inputs, inputs, strict=True):
            self.bytes_of(tensor)[:] = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        for layer in program.layers:
            for placed in layer.calls:
                self.call(layer, placed)
            if self.poisons:
                self.poison(layer.index)
        return [self.bytes_of(t).copy().view(t.dtype.numpy).reshape(t.shape) for t in program.graph.outputs]

    def bytes_of(self, tensor: Tensor) -> Array:
        offset = self.program.offsets[tensor]
        return self.arena[offset : offset + tensor.bytes]

    def poison(self, layer: int) -> None:
        live = np.zeros(len(self.arena), bool)
        for p in self.program.placements:
            if p.first <= layer < p.last:
                live[p.offset : p.offset + p.bytes] = True
        self.arena[~live] = self.garbage(int((~live).sum()))

    def call(self, layer: Layer, placed: PlacedCall) -> None:
        call = placed.call
        if placed.scratch is not None:
            self.arena[placed.scratch : placed.scratch + call.scratch_bytes] = self.garbage(call.scratch_bytes)
        for row in range(placed.row_begin, placed.row_end):
            sources = list(zip(call.inputs, placed.inputs, strict=True))
            early = [
                any(call.may_coincide(i, j) and placed.inputs[i] == y for j, y in enumerate(placed.outputs))
                for i in range(len(sources))
            ]
            values = [self.rows(*s, row) if e else None for s, e in zip(sources, early, strict=True)]
            for operand, offset in zip(call.outputs, placed.outputs, strict=True):
                mask = self.written(layer.op, call.inputs, operand, row, call.out_rows)
                self.arena[offset : offset + operand.tensor.bytes][mask] = self.garbage(int(mask.sum()))
            values = [self.rows(*s, row) if v is None else v for s, v in zip(sources, values, strict=True)]
            results = self.results(layer.op, call.inputs, values)
            for operand, offset in zip(call.outputs, placed.outputs, strict=True):
                mask = self.written(layer.op, call.inputs, operand, row, call.out_rows)
                value = results[operand.tensor].reshape(-1).view(np.uint8)
                self.arena[offset : offset + operand.tensor.bytes][mask] = value[mask]

    def rows(self, operand: Operand, offset: int, row: int) -> Array:
        value = self.garbage(operand.tensor.bytes)
        begin, end = operand.first[row] * operand.row_bytes, (operand.last[row] + 1) * operand.row_bytes
        value[begin:end] = self.arena[offset + begin : offset + end]
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
