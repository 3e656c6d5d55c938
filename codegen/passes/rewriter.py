"""The hands of the passes: a graph with its producer and consumer maps kept true while it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from codegen.ir import Graph, Operator, Tensor

T = TypeVar("T")


class Rewriter:
    """Edits a graph.  Maps are made when asked for and forgotten at every edit."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._producers: dict[Tensor, Operator] | None = None
        self._consumers: dict[Tensor, list[Operator]] | None = None
        self._analyses: dict[str, Any] = {}

    def cached(self, name: str, analysis: Callable[[Graph], T]) -> T:
        """The result of an analysis of the whole graph, made anew when the graph has changed."""
        if name not in self._analyses:
            self._analyses[name] = analysis(self.graph)
        result: T = self._analyses[name]
        return result

    def keep(self, name: str, result: object) -> None:
        """Say what an analysis would find in the graph as it is now, edited: it need not be made anew."""
        self._analyses[name] = result

    def producer(self, tensor: Tensor) -> Operator | None:
        """The operator that writes `tensor`; None for inputs and constants."""
        if self._producers is None:
            self._producers = self.graph.producers()
        return self._producers.get(tensor)

    def consumers(self, tensor: Tensor) -> list[Operator]:
        """The operators that read `tensor`."""
        if self._consumers is None:
            self._consumers = self.graph.consumers()
        return self._consumers.get(tensor, [])

    def is_output(self, tensor: Tensor) -> bool:
        """True when `tensor` is read after the run: by the user, or as the next value of a state."""
        return any(tensor is t for t in self.graph.sinks)

    def feeds_only(self, tensor: Tensor, op: Operator) -> bool:
        """True when `op` is the only one to see `tensor`: it may be changed or vanish with a fusion."""
        return self.consumers(tensor) == [op] and not self.is_output(tensor)

    def changed(self) -> None:
        """Forget the maps: the graph was edited."""
        self._producers = self._consumers = None
        self._analyses = {}

    def replace(self, op: Operator, *new: Operator) -> None:
        """Put operators in the place of one."""
        index = self.graph.operators.index(op)
        self.graph.operators[index : index + 1] = new
        self.changed()

    def remove(self, op: Operator) -> None:
        """Take an operator out; its outputs must have no reader left."""
        self.graph.operators.remove(op)
        self.changed()

    def bypass(self, op: Operator) -> bool:
        """Let the readers of `op`'s output read its first input; False when an output name would be lost.

        Both tensors must have the same bytes, type, shape and quantisation.
        """
        x, y = op.x, op.y
        if not self.is_output(y):
            self.graph.replace_tensor(y, x)
        else:
            producer = self.producer(x)
            if producer is None or self.is_output(x):
                return False
            producer.outputs = [y if t is x else t for t in producer.outputs]
            self.graph.replace_tensor(x, y)
        self.remove(op)
        return True


def same_value_type(a: Tensor, b: Tensor) -> bool:
    """True when one tensor can stand for the other."""
    return (a.shape, a.dtype, a.quant) == (b.shape, b.dtype, b.quant)
