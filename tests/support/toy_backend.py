"""A back-end for tests of the schedule: kernels that are only declarations, of random behaviour.

`Blend` is an operator whose output rows read any input rows; the operators that move elements, a few
element-wise ones and pooling are offered too, so that graphs can be computed by reference/.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from codegen import reference
from codegen.backends.candidate import (
    Call,
    Candidate,
    Core,
    Operand,
    RowsAhead,
    RowsHeld,
    Window,
    rowwise,
    whole,
    windowed,
)
from codegen.ir import Array, DType, Graph, Operator, Tensor, ops
from tests.support.graphs import activation, constant

CORE = Core("toy")


@dataclass(eq=False, kw_only=True)
class Blend(Operator):
    """Byte j of output row r is a hash of all input bytes of the rows that `reads` gives for r."""

    rows: tuple[int, ...]
    reads: tuple[tuple[tuple[int, int], ...], ...]
    in_place: frozenset[int] = frozenset()

    def evaluate(self, inputs: Sequence[Array]) -> list[Array]:
        out_rows = len(self.reads[0])
        results = []
        for number, y in enumerate(self.outputs):
            value = np.zeros((out_rows, y.bytes // out_rows), np.int64)
            for x, rows, reads in zip(inputs, self.rows, self.reads, strict=True):
                lines = x.reshape(rows, -1).astype(np.int64)
                for r, (first, last) in enumerate(reads):
                    value[r] += lines[first : last + 1].sum() * 31 + lines[first : last + 1].size
            value = value * 7 + np.arange(value.shape[1]) + number
            results.append((value % 256).astype(np.uint8).view(np.int8).reshape(y.shape))
        return results


def evaluate(op: Operator, inputs: Sequence[Array]) -> list[Array]:
    return op.evaluate(inputs) if isinstance(op, Blend) else reference.evaluate(op, inputs)


class Toy:
    """Offers one candidate for each operator; `rng` decides what a kernel is free to declare."""

    name = "toy"
    scratches = (0, 0, 8, 30)
    keeps = 0.6

    def __init__(self, rng: random.Random | None = None) -> None:
        self.rng = rng or random.Random(0)  # noqa: S311

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        del core
        calls = self._calls(op)
        return [Candidate(op, self.name, tuple(calls), 1.0, "toy")] if calls else []

    def _calls(self, op: Operator) -> list[Call]:
        if isinstance(op, ops.Concat):
            outer = math.prod(op.y.shape[: op.axis])
            return [self._call([rowwise(t, outer)], [rowwise(op.y, outer)]) for t in op.activations]
        if isinstance(op, ops.Split):
            outer = math.prod(op.x.shape[: op.axis])
            return [self._call([rowwise(op.x, outer)], [rowwise(t, outer)]) for t in op.outputs]
        if isinstance(op, ops.Reshape | ops.Slice):
            return [self._call([whole(t, 1) for t in op.activations], [rowwise(op.y, 1)])]
        one: dict[type[Operator], Callable[[Any], Call]] = {
            Blend: self._blend,
            ops.Relu: self._elementwise,
            ops.Add: self._elementwise,
            ops.MaxPool2D: self._pool,
        }
        return [one[type(op)](op)] if type(op) in one else []

    def _call(self, inputs: list[Operand], outputs: list[Operand], in_place: frozenset[int] = frozenset()) -> Call:
        scratch = self.rng.choice(self.scratches)
        held = [i for i in range(len(inputs) + len(outputs)) if self.rng.random() < 0.9]
        rings = (
            *((f"held_{i}", RowsHeld(i)) for i in held),
            *((f"ahead_{i}", RowsAhead(i)) for i in held if self.rng.random() < 0.9),
        )
        return Call("toy", rings, tuple(inputs), tuple(outputs), outputs[0].rows, scratch, 8, in_place)

    def _elementwise(self, op: Operator) -> Call:
        rows = self.rng.choice([1, op.y.shape[0] * op.y.shape[1]]) if len(op.y.shape) == 4 else 1
        align = self.rng.choice([1, 1, 4])
        free = frozenset(i for i in range(len(op.inputs)) if self.rng.random() < 0.7)
        inputs = [rowwise(t, rows, align) for t in op.activations]
        return self._call(inputs, [rowwise(op.y, rows, align)], free)

    def _pool(self, op: ops.MaxPool2D) -> Call:
        window = Window(op.x.shape[1], op.y.shape[1], op.kernel[0], op.stride[0], 1, op.pad_h[0])
        n = op.x.shape[0]
        if n == 1 and op.x.shape == op.y.shape and self.rng.random() < self.keeps:
            return self._keeping_pool(op, op.kernel[0] - 1 - op.pad_h[0])
        return self._call([windowed(op.x, n, window)], [rowwise(op.y, n * op.y.shape[1])])

    def _keeping_pool(self, op: ops.MaxPool2D, lag: int) -> Call:
        """A pool that keeps the rows that it sees again, and may work on what it reads, in blocks of some rows."""
        height, block = op.x.shape[1], self.rng.randint(1, 4)
        first = tuple(row - block + 1 + lag if row >= block else 0 for row in range(height))
        last = tuple(min(row + lag, height - 1) for row in range(height))
        alone = tuple(row + lag if row else 0 for row in range(height))
        x = Operand(op.x, height, op.x.bytes // height, first, last, alone=alone)
        call = self._call([x], [rowwise(op.y, height)], frozenset({0}))
        return replace(call, lag=lag, kept_bytes=(op.kernel[0] - 1) * x.row_bytes)

    def _blend(self, op: Blend) -> Call:
        inputs = []
        for t, rows, reads in zip(op.activations, op.rows, op.reads, strict=True):
            first, last = zip(*reads, strict=True)
            inputs.append(Operand(t, rows, t.bytes // rows, first, last, self.rng.choice([1, 2, 8])))
        outputs = [rowwise(t, len(op.reads[0])) for t in op.outputs]
        return self._call(inputs, outputs, op.in_place)


def random_graph(rng: random.Random, layers: int) -> Graph:
    """Any DAG of toy operators over int8 images, with everything that views and outputs can do."""
    shape = (1, rng.randint(1, 4), rng.randint(1, 3), rng.randint(1, 4))
    inputs = [activation(f"in{i}", *shape) for i in range(rng.randint(1, 2))]
    tensors, operators = list(inputs), []
    for index in range(layers):
        op = rng.choice(MAKERS)(rng, f"t{index}", tensors)
        if op is not None:
            op.name = op.name or op.y.name
            operators.append(op)
            tensors += op.outputs
    read = {t for op in operators for t in op.inputs}
    outputs = [t for t in tensors if t not in read and t not in inputs] or [rng.choice(tensors)]
    outputs += rng.sample(tensors, rng.choice([0, 0, 1, 2]) if len(tensors) > 2 else 0)
    outputs += [constant("fixed", 5)] * rng.choice([0, 0, 0, 2])
    return Graph("random", inputs, outputs, operators)


def _blend(rng: random.Random, name: str, tensors: list[Tensor]) -> Blend:
    xs = [rng.choice(tensors[-3:]) for _ in range(rng.randint(1, 2))]
    out_rows = rng.randint(1, 5)
    rows = tuple(rng.choice([r for r in range(1, 7) if x.bytes % r == 0]) for x in xs)
    reads = []
    for n in rows:
        top = sorted(rng.randrange(n) for _ in range(out_rows)) if rng.random() < 0.7 else [0] * out_rows
        reads.append(tuple((t, min(n - 1, t + rng.randint(-1, 2))) for t in top))
    ys = [activation(name + "ab"[i], 1, out_rows, 1, rng.randint(1, 12)) for i in range(rng.choice([1, 1, 2]))]
    return Blend(inputs=list(xs), outputs=ys, rows=rows, reads=tuple(reads))


def _reshape(rng: random.Random, name: str, tensors: list[Tensor]) -> Operator:
    x = rng.choice(tensors)
    shape = rng.choice([(x.size,), (1, 1, 1, x.size), (1, x.size, 1, 1), x.shape])
    return ops.Reshape(inputs=[x], outputs=[activation(name, *shape)], shape=shape)


def _concat(rng: random.Random, name: str, tensors: list[Tensor]) -> Operator:
    first = rng.choice(tensors)
    axis = rng.randrange(len(first.shape))
    rest = [*first.shape[:axis], *first.shape[axis + 1 :]]
    same = [t for t in tensors if len(t.shape) == len(first.shape) and [*t.shape[:axis], *t.shape[axis + 1 :]] == rest]
    inputs = [first, *(rng.choice(same) for _ in range(rng.randint(1, 2)))]
    op = ops.Concat(inputs=list(inputs), outputs=[], axis=axis)
    op.outputs = [activation(name, *op.infer_shapes()[0])]
    return op


def _split(rng: random.Random, name: str, tensors: list[Tensor]) -> Operator | None:
    x = rng.choice(tensors)
    axes = [i for i, d in enumerate(x.shape) if d > 1]
    if not axes:
        return None
    axis = rng.choice(axes)
    cut = rng.randint(1, x.shape[axis] - 1)
    op = ops.Split(inputs=[x], outputs=[], axis=axis, sizes=(cut, x.shape[axis] - cut))
    op.outputs = [activation(f"{name}{'ab'[i]}", *shape) for i, shape in enumerate(op.infer_shapes())]
    return op


def _slice(rng: random.Random, name: str, tensors: list[Tensor]) -> Operator:
    x = rng.choice(tensors)
    begin = tuple(rng.randrange(d) for d in x.shape)
    size = tuple(rng.randint(1, d - b) for d, b in zip(x.shape, begin, strict=True))
    return ops.Slice(inputs=[x], outputs=[activation(name, *size)], begin=begin, size=size, strides=(1,) * len(size))


def _relu(rng: random.Random, name: str, tensors: list[Tensor]) -> Operator:
    x = rng.choice(tensors)
    return ops.Relu(inputs=[x], outputs=[activation(name, *x.shape)])


def _add(rng: random.Random, name: str, tensors: list[Tensor]) -> Operator:
    x = rng.choice(tensors)
    other = rng.choice([t for t in tensors if t.shape == x.shape])
    return ops.Add(inputs=[x, other], outputs=[activation(name, *x.shape)])


def _pool(rng: random.Random, name: str, tensors: list[Tensor]) -> Operator:
    x = rng.choice([t for t in tensors if len(t.shape) == 4])
    kernel, stride = rng.randint(1, 2), rng.randint(1, 2)
    pads = (kernel - 1, kernel - 1)
    op = ops.MaxPool2D(inputs=[x], outputs=[], kernel=(kernel, kernel), stride=(stride, stride), pad_h=pads, pad_w=pads)
    op.outputs = [activation(name, *op.infer_shapes()[0])]
    return op


MAKERS = (_blend, _blend, _reshape, _concat, _split, _slice, _relu, _add, _pool)


def random_inputs(graph: Graph, rng: np.random.Generator) -> list[Array]:
    return [rng.integers(-128, 128, t.shape).astype(DType.INT8.numpy) for t in graph.inputs]


def run(graph: Graph, inputs: Sequence[Array]) -> dict[Tensor, Array]:
    """Every tensor of a graph with toy operators."""
    values = dict(zip(graph.inputs, inputs, strict=True))
    values.update({t: t.value for t in graph.outputs if t.is_constant})
    for op in graph.operators:
        operands = [t.value if t.is_constant else values[t] for t in op.inputs if t is not None]
        values.update(zip(op.outputs, evaluate(op, operands), strict=True))
    return values
