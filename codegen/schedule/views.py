"""Which tensors share memory, so that moving elements costs nothing.

Problem: Reshape, and Split, Slice and Concat whose pieces are contiguous, only rename bytes.
Method: a forest.  Each tensor that shares has a parent and a place in it: the result of a reshape,
split or slice lies in its input; an input of a concatenation lies in its output, provided that it
fills its own memory alone (it is no piece of something else) and was not already put elsewhere.
What cannot share is copied by the operator's own call for that piece.
Guarantee: bytes shared by two tensors hold the same values for both, always; every tensor lies at a
multiple of the alignment that its kernels and the user need, provided its root does.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field

from codegen.backends.candidate import Call
from codegen.ir import Activation, Graph, Operator, Tensor
from codegen.ir.ops import Concat, Slice, Split
from codegen.schedule.pick import Pick, is_renaming

IO_ALIGN = 16
"""Alignment of the graph's inputs and outputs, bytes: enough for the vector units and DMA of every board."""

MIN_ALIGN = 4
"""Least alignment of any memory, bytes."""

Piece = tuple[Tensor, Tensor, int]
"""(tensor, the tensor that it would lie in, bytes from its start)."""


@dataclass(eq=False)
class Views:
    """The forest of shared memory.

    Attributes:
        aligns: alignment that each tensor needs, bytes; the result of a reshape counts for its input too.
        parents: tensor -> (the tensor that it lies in, bytes from its start).
        placed: operator -> the tensors that it need not copy.
    """

    aligns: dict[Tensor, int]
    parents: dict[Tensor, tuple[Tensor, int]] = field(default_factory=dict)
    placed: dict[Operator, set[Tensor]] = field(default_factory=dict)
    _members: dict[Tensor, list[Tensor]] = field(default_factory=dict)

    def root(self, tensor: Tensor) -> tuple[Tensor, int]:
        """The tensor that owns the memory, and where in it `tensor` starts, bytes."""
        start = 0
        while tensor in self.parents:
            tensor, delta = self.parents[tensor]
            start += delta
        return tensor, start

    def members(self, root: Tensor) -> list[Tensor]:
        """All tensors in the memory of `root`, itself first."""
        return self._members.get(root, [root])

    def align(self, root: Tensor) -> int:
        """Alignment of `root` that serves all that lies in it, bytes."""
        return max(MIN_ALIGN, *(self.aligns.get(t, 1) for t in self.members(root)))

    def fits(self, piece: Piece) -> bool:
        """True when the tensor, with all that lies in its memory, would be aligned there."""
        tensor, parent, start = piece
        base = self.root(parent)[1] + start
        return all((base + self.root(t)[1]) % self.aligns.get(t, 1) == 0 for t in self.members(tensor))

    def share(self, piece: Piece) -> None:
        """Put a root, with all that lies in it, into another tensor."""
        tensor, parent, start = piece
        owner = self.root(parent)[0]
        self._members[owner] = [*self.members(owner), *self.members(tensor)]
        self._members.pop(tensor, None)
        self.parents[tensor] = (parent, start)

    def remaining_calls(self, op: Operator, calls: tuple[Call, ...]) -> tuple[Call, ...]:
        """The calls of `op` that still have something to do."""
        placed = self.placed.get(op, set())
        return tuple(c for c in calls if placed.isdisjoint(o.tensor for o in (*c.inputs, *c.outputs)))


def find_views(graph: Graph, picks: dict[Operator, Pick], apart: Collection[Tensor] = ()) -> Views:
    """Decide what shares memory; the tensors in `apart` lie in no other one."""
    views = Views(_needed_aligns(graph, picks))
    for op in graph.operators:
        pieces = [piece for piece in _pieces(op, views) if views.root(piece[0])[0] not in apart]
        calls = picks[op].candidate.calls if op in picks else ()
        separable = all(len(c.inputs) <= 1 and len(c.outputs) == 1 for c in calls)
        if not separable and len(pieces) < max(len(op.inputs), len(op.outputs)):
            continue
        for tensor, parent, start in pieces:
            views.share((views.root(tensor)[0], parent, start))
            views.placed.setdefault(op, set()).add(tensor)
    return views


def _pieces(op: Operator, views: Views) -> list[Piece]:
    """The tensors of `op` that need not be copied, and where they lie."""
    if is_renaming(op):
        return [(op.y, op.x, 0)]
    if isinstance(op, Split | Slice) and not op.x.is_constant:
        starts = _split_starts(op) if isinstance(op, Split) else _slice_start(op)
        pieces = [(t, op.x, start) for t, start in zip(op.outputs, starts, strict=False)]
        return [piece for piece in pieces if views.fits(piece)]
    return _concat_pieces(op, views) if isinstance(op, Concat) else []


def _split_starts(op: Split) -> list[int]:
    """Where each piece starts in the input, bytes; empty when the pieces are not contiguous."""
    if math.prod(op.x.shape[: op.axis]) != 1:
        return []
    inner = math.prod(op.x.shape[op.axis + 1 :]) * op.x.dtype.bytes
    return [sum(op.sizes[:i]) * inner for i in range(len(op.sizes))]


def _slice_start(op: Slice) -> list[int]:
    """Where the result starts in the input, bytes; empty when it is not contiguous."""
    shape = op.x.shape
    if any(stride != 1 for stride, size in zip(op.strides, op.size, strict=True) if size > 1):
        return []
    cut = max((i for i, (size, full) in enumerate(zip(op.size, shape, strict=True)) if size != full), default=0)
    if math.prod(op.size[:cut]) != 1:
        return []
    element = sum(b * math.prod(shape[i + 1 :]) for i, b in enumerate(op.begin))
    return [element * op.x.dtype.bytes]


def _concat_pieces(op: Concat, views: Views) -> list[Piece]:
    """The inputs that may be produced where the output wants them."""
    if math.prod(op.y.shape[: op.axis]) != 1 or op.activation is not Activation.NONE:
        return []
    inner = math.prod(op.y.shape[op.axis + 1 :]) * op.y.dtype.bytes
    pieces: list[Piece] = []
    taken: set[Tensor] = set()
    start = 0
    for tensor in op.inputs:
        assert tensor is not None
        owner, _ = views.root(tensor)
        free = owner not in taken and owner.bytes == tensor.bytes and not tensor.is_constant
        if free and op.inputs.count(tensor) == 1 and views.fits((owner, op.y, start)):
            pieces.append((tensor, op.y, start))
            taken.add(owner)
        start += tensor.shape[op.axis] * inner
    return pieces


def _needed_aligns(graph: Graph, picks: dict[Operator, Pick]) -> dict[Tensor, int]:
    """Alignment that each tensor needs, bytes: the user's for inputs and outputs, the kernels' for all."""
    aligns = {t: t.dtype.bytes for t in (*graph.sources, *graph.sinks)}
    aligns.update(dict.fromkeys((*graph.inputs, *graph.outputs), IO_ALIGN))
    for pick in picks.values():
        for call in pick.candidate.calls:
            for operand in (*call.inputs, *call.outputs):
                aligns[operand.tensor] = max(aligns.get(operand.tensor, 1), operand.align)
    for op in reversed(graph.operators):
        if is_renaming(op):
            aligns[op.x] = max(aligns.get(op.x, 1), aligns.get(op.y, 1))
    return aligns
