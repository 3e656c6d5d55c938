"""Transposes that the passes could not take out, and why: ONNX models keep channels first, kernels take them last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from codegen.ir import Graph, Operator, Tensor
from codegen.ir.ops import Transpose

MOST = 8
"""So many are listed on a terminal."""


@dataclass(frozen=True)
class Left:
    """A transpose that is left.

    Attributes:
        where: the layer.
        bytes: that it moves.
        reason: whose orders of axes differ.
    """

    where: str
    bytes: int
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.bytes:,} bytes; {self.reason}"


def transposes_left(graph: Graph) -> list[Left]:
    """Every transpose of a graph that the passes have rewritten."""
    producers, consumers = graph.producers(), graph.consumers()
    found = []
    for op in graph.operators:
        if isinstance(op, Transpose):
            readers = _readers(op.y, graph, consumers.get(op.y, []))
            reason = f"{_writer(op.x, graph, producers.get(op.x))} has the axes in another order than {readers}"
            found.append(Left(op.where, op.x.bytes, reason))
    return found


def transpose_lines(graph: Graph) -> list[str]:
    """For a terminal: how many are left and why; nothing for a graph without any."""
    left = transposes_left(graph)
    if not left:
        return []
    count = "1 transpose is" if len(left) == 1 else f"{len(left)} transposes are"
    total = f"{count} left after the passes, {sum(t.bytes for t in left):,} bytes:"
    more = [f"  and {len(left) - MOST} more"] if len(left) > MOST else []
    return [total, *(f"  {t}" for t in left[:MOST]), *more]


def _writer(tensor: Tensor, graph: Graph, producer: Operator | None) -> str:
    if producer is not None:
        return producer.kind
    return f"input {tensor.name!r}" if tensor in graph.inputs else f"state {tensor.name!r}"


def _readers(tensor: Tensor, graph: Graph, readers: Iterable[Operator]) -> str:
    names = list(dict.fromkeys(op.kind for op in readers))
    return " and ".join([*names, *(["an output"] if tensor in graph.sinks else [])])
