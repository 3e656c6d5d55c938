"""Let operators that do not care work in the order of axes of their neighbours, so that transposes vanish.

    t = transpose(x); y = relu(t); z = transpose(y) back       ->   z = relu(x)

From a transpose a region grows over all operators that do not care (layouts.py); inside it every tensor is held
in the order in which the transpose finds it.  At the border transposes meet and cancel, or others become necessary: the
region is rewritten when fewer bytes are moved then.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from codegen.ir import Operator, Tensor
from codegen.ir.ops import Transpose
from codegen.passes.layouts import Layout, composed, in_order, inverse, layouts_around, permuted, relaid
from codegen.passes.rewriter import Rewriter

MAX_REGION = 2000


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Rewrite the region behind or before the transpose `op` if that moves fewer bytes."""
    if not isinstance(op, Transpose) or in_order(op.x.shape, op.perm):
        return False
    return any(
        _rewritten(_Region(rewriter, tensor, layout))
        for tensor, layout in ((op.y, inverse(op.perm)), (op.x, op.perm))
        if not tensor.is_constant
    )


class _Region:
    """Tensors held in other layouts, and the operators between them.

    Attributes:
        layouts: of every tensor of the region.
        operators: those that work on held tensors only.
    """

    def __init__(self, rewriter: Rewriter, seed: Tensor, layout: Layout) -> None:
        self.rewriter = rewriter
        self.layouts: dict[Tensor, Layout] = {seed: layout}
        self.operators: set[Operator] = set()
        waiting = [seed]
        while waiting and len(self.layouts) < MAX_REGION:
            waiting += self._grow(waiting.pop())

    def _grow(self, tensor: Tensor) -> Iterator[Tensor]:
        """Take in the neighbours of a tensor; the tensors that are new."""
        for op in self._neighbours(tensor):
            around = None if op in self.operators else layouts_around(op, tensor, self.layouts[tensor])
            if around is None or any(self.layouts.get(t, layout) != layout for t, layout in around.items()):
                continue
            self.operators.add(op)
            new = [t for t in around if t not in self.layouts]
            self.layouts.update(around)
            yield from new

    def _neighbours(self, tensor: Tensor) -> list[Operator]:
        producer = self.rewriter.producer(tensor)
        return [*([producer] if producer else []), *self.rewriter.consumers(tensor)]

    def enters(self, tensor: Tensor) -> bool:
        """Whether a tensor of the region is written outside of it."""
        return self.rewriter.producer(tensor) not in self.operators

    def leaves(self, tensor: Tensor) -> bool:
        """Whether a tensor must be there in its own order: somebody outside, no transpose, reads it."""
        outside = [op for op in self.rewriter.consumers(tensor) if op not in self.operators]
        return self.rewriter.is_output(tensor) or any(not isinstance(op, Transpose) for op in outside)

    def transposes(self, tensor: Tensor) -> list[Transpose]:
        """The transposes that read a tensor."""
        return [op for op in self.rewriter.consumers(tensor) if isinstance(op, Transpose)]


def _moved_bytes(shape: tuple[int, ...], layout: Layout, element_bytes: int) -> int:
    """What a transpose costs: one that only moves dimensions of 1 is a view."""
    return 0 if in_order(shape, layout) else math.prod(shape) * element_bytes


def _saving(region: _Region) -> int:
    """Bytes that are not moved any more."""
    saved = 0
    for tensor, layout in region.layouts.items():
        element_bytes = tensor.dtype.bytes
        producer = region.rewriter.producer(tensor)
        held = permuted(tensor.shape, layout)
        own = _moved_bytes(tensor.shape, layout, element_bytes)
        if region.enters(tensor) and isinstance(producer, Transpose):
            before = _moved_bytes(producer.x.shape, producer.perm, element_bytes)
            saved += before * (not region.leaves(tensor))
            source = region.layouts.get(producer.x, tuple(range(len(layout))))
            after = composed(inverse(source), composed(producer.perm, layout))
            saved -= _moved_bytes(permuted(producer.x.shape, source), after, element_bytes)
        elif region.enters(tensor) or region.leaves(tensor):
            saved -= own
        for op in region.transposes(tensor):
            if op.y in region.layouts and not region.leaves(op.y):
                continue  # counted where its result enters
            saved += _moved_bytes(tensor.shape, op.perm, element_bytes)
            saved -= _moved_bytes(held, composed(inverse(layout), op.perm), element_bytes)
    return saved


def _rewritten(region: _Region) -> bool:
    """Rewrite the region if that saves anything."""
    if not region.operators or _saving(region) <= 0:
        return False
    graph, editor = region.rewriter.graph, _Editor(region)
    for op in graph.operators:
        if op in region.operators:
            editor.relay(op)
        elif isinstance(op, Transpose) and op.x in region.layouts:
            editor.hold([op.x], op)
            perm = composed(inverse(region.layouts[op.x]), op.perm)
            editor.operators.append(_transpose(op, editor.held[op.x], op.y, perm))
        else:
            editor.operators.append(op)
    graph.operators[:] = editor.operators
    region.rewriter.changed()
    return True


class _Editor:
    """The operators after the rewriting.

    Attributes:
        operators: in order.
        held: the tensor that holds each tensor of the region in its layout.
    """

    def __init__(self, region: _Region) -> None:
        self.operators: list[Operator] = []
        self.held = {
            t: Tensor(t.name, permuted(t.shape, layout), t.dtype, t.quant) for t, layout in region.layouts.items()
        }
        self._region = region
        self._made: set[Tensor] = set()

    def relay(self, op: Operator) -> None:
        """An operator of the region, on held tensors; what leaves the region is transposed back."""
        self.hold(op.activations, op)
        self.operators.append(relaid(op, self._region.layouts, self.held))
        self._made.update(op.outputs)
        for tensor in filter(self._region.leaves, op.outputs):
            layout = inverse(self._region.layouts[tensor])
            self.operators.append(_transpose(op, self.held[tensor], tensor, layout))

    def hold(self, tensors: list[Tensor], reader: Operator) -> None:
        """Make the held forms of tensors that come from outside; a transpose that they come from is skipped."""
        for tensor in dict.fromkeys(tensors):
            if tensor in self._made:
                continue
            self._made.add(tensor)
            producer, layout = self._region.rewriter.producer(tensor), self._region.layouts[tensor]
            if isinstance(producer, Transpose):
                source, perm = producer.x, composed(producer.perm, layout)
                if source in self.held:
                    self.hold([source], producer)
                    perm = composed(inverse(self._region.layouts[source]), perm)
                    source = self.held[source]
                made = _transpose(producer, source, self.held[tensor], perm)
            else:
                made = _transpose(reader, tensor, self.held[tensor], layout)
            self.operators.append(made)


def _transpose(op: Operator, x: Tensor, y: Tensor, perm: Layout) -> Transpose:
    return Transpose(inputs=[x], outputs=[y], perm=perm, name=op.name, source=op.source)
