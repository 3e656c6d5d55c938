"""Let recurrent layers of which single steps are read keep no others, nor compute them.

    y, h = lstm(x); z = slice(y, the last step)                    ->   y, h = lstm(x); z = reshape(h)
    y, h = lstm(x)          (nobody reads y)                       ->   y, h = lstm(x, last_only)
    z = slice(concat(y forward, y backward), the last time)        ->   z = concat(h, the first step of backward)

Steps count in the order of computing: the last one of a layer that runs backward is that of time 0.  Between layers and
slice elements may only move.  A layer of which the first step alone is read computes that one only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from codegen.ir import Array, DType, Operator, Tensor
from codegen.ir.ops import Concat, Gather, Reshape, Slice, Transpose
from codegen.ir.ops.sequence import Recurrent
from codegen.passes.rewriter import Rewriter
from codegen.reference import evaluate

MOVING = (Concat, Gather, Reshape, Slice, Transpose)
MOST_ELEMENTS = 1 << 24
"""Numbers up to here are exact in float32."""


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Read states instead of steps of sequences; give a sequence up that nobody reads."""
    if isinstance(op, Recurrent):
        return _forget_sequence(op, rewriter)
    return isinstance(op, Slice | Gather) and op.y.dtype is DType.FLOAT32 and _read_steps(op, rewriter)


def _forget_sequence(op: Recurrent, rewriter: Rewriter) -> bool:
    read = rewriter.consumers(op.y) or rewriter.is_output(op.y)
    if op.last_only or op.x.dtype is not DType.FLOAT32 or read:
        return False
    op.last_only = True
    op.y.shape = op.infer_shapes()[0]
    rewriter.changed()
    return True


@dataclass
class _Origin:
    """Where the elements of a tensor come from: each element of each sequence has a number.

    Attributes:
        rewriter: the graph.
        sequences: the outputs of layers that were met, as numbers.
        moving: the operators in between.
    """

    rewriter: Rewriter
    sequences: dict[Recurrent, Array] = field(default_factory=dict)
    moving: list[Operator] = field(default_factory=list)
    count: int = 0

    def numbers(self, tensor: Tensor) -> Array | None:
        """The numbers of the elements of a tensor; None if some come from elsewhere."""
        op = self.rewriter.producer(tensor)
        if isinstance(op, Recurrent) and tensor is op.y and not op.last_only:
            return self._sequence(op)
        movable = isinstance(op, MOVING) and (len(op.activations) == 1 or isinstance(op, Concat))
        if op is None or not movable or op.x.is_constant or self.count > MOST_ELEMENTS:
            return None
        self.moving.append(op)
        operands: list[Array | None] = []
        for t in op.inputs:
            value = t.value if t is not None and t.is_constant else None
            operands.append(self.numbers(t) if t is not None and value is None else value)
            if operands[-1] is None or (value is not None and isinstance(op, Concat)):
                return None
        return evaluate(op, operands)[0]

    def _sequence(self, layer: Recurrent) -> Array:
        if layer not in self.sequences:
            new = np.arange(self.count, self.count + layer.y.size, dtype=np.float32)
            self.sequences[layer] = new.reshape(layer.y.shape)
            self.count += layer.y.size
        return self.sequences[layer]

    def step(self, layer: Recurrent, *, last: bool) -> Array:
        """The numbers of the first or last step that a layer computes, [B, O]."""
        at = -1 if last != layer.backward else 0
        return np.asarray(self.sequences[layer].take(at, axis=0 if layer.time_major else 1))

    def is_closed(self, op: Operator) -> bool:
        """Whether nobody but `op` reads what is in between."""
        inner = [t for each in self.moving if each is not op for t in each.outputs]
        readers = {reader for t in inner for reader in self.rewriter.consumers(t)}
        return readers <= set(self.moving) and not any(map(self.rewriter.is_output, inner))


def _read_steps(op: Operator, rewriter: Rewriter) -> bool:
    """Put states, and first steps computed alone, in the place of a slice of sequences."""
    origin = _Origin(rewriter)
    numbers = origin.numbers(op.y)
    if numbers is None or origin.count > MOST_ELEMENTS:
        return False
    layers = list(origin.sequences)
    lasts = [bool(np.isin(origin.step(layer, last=True), numbers).all()) for layer in layers]
    steps = [origin.step(layer, last=last) for layer, last in zip(layers, lasts, strict=True)]
    if len({len(s) for s in steps}) > 1 or not np.array_equal(
        np.concatenate(steps, -1).reshape(-1), numbers.reshape(-1)
    ):
        return False
    firsts = [layer for layer, last in zip(layers, lasts, strict=True) if not last]
    if firsts and not (origin.is_closed(op) and all(_only_sequence(layer, origin) for layer in firsts)):
        return False
    _replace(op, origin, dict(zip(layers, lasts, strict=True)))
    return True


def _only_sequence(layer: Recurrent, origin: _Origin) -> bool:
    """Whether nothing of a layer is read but its sequence, there."""
    states = layer.outputs[1:]
    used = any(origin.rewriter.consumers(t) or origin.rewriter.is_output(t) for t in states)
    return not used and set(origin.rewriter.consumers(layer.y)) <= set(origin.moving)


def _replace(op: Operator, origin: _Origin, lasts: dict[Recurrent, bool]) -> None:
    rewriter, graph = origin.rewriter, origin.rewriter.graph
    joined: list[Tensor | None] = []
    made: list[Operator] = []
    for layer, last in lasts.items():
        part = layer.outputs[1] if last else _first_step(layer, rewriter)
        shape = layer.batches, part.size // layer.batches
        flat = Tensor(part.name, shape, part.dtype)
        joined.append(flat)
        made.append(Reshape(inputs=[part], outputs=[flat], shape=shape, name=op.name, source=op.source))
    if len(joined) > 1:
        result = Tensor(op.y.name, (), op.y.dtype)
        made.append(Concat(inputs=joined, outputs=[result], axis=1, name=op.name, source=op.source))
        result.shape = made[-1].infer_shapes()[0]
    made.append(Reshape(inputs=[made[-1].y], outputs=[op.y], shape=op.y.shape, name=op.name, source=op.source))
    rewriter.replace(op, *made)
    if not all(lasts.values()):
        graph.operators[:] = [each for each in graph.operators if each not in origin.moving]
        rewriter.changed()


def _first_step(layer: Recurrent, rewriter: Rewriter) -> Tensor:
    """Let a layer compute its first step only; the output."""
    axis, x = 0 if layer.time_major else 1, layer.x
    at = layer.steps - 1 if layer.backward else 0
    shape = tuple(1 if i == axis else d for i, d in enumerate(x.shape))
    step = Tensor(f"{x.name}/step", shape, x.dtype, x.quant)
    begin = tuple(at if i == axis else 0 for i in range(3))
    cut = Slice(inputs=[x], outputs=[step], begin=begin, size=shape, strides=(1, 1, 1), name=layer.name)
    layer.inputs[0] = step
    layer.last_only = True
    layer.outputs[0] = Tensor(layer.y.name, layer.infer_shapes()[0], layer.y.dtype, layer.y.quant)
    rewriter.replace(layer, cut, layer)
    return layer.y
