"""In which order branches run.

Problem: operators of parallel branches may run in any order that respects the data; the order decides how
many bytes live at once.
Method: a state is the set of operators that have run.  Best-first search over states, by the largest
number of bytes alive so far, an output taking the place of inputs that die with it as far as they reach;
the first way to the end is the best.  When there are too many states, the search gives way to
a greedy order: of the operators that are ready, the one that leaves the fewest bytes alive.
Guarantee: the order respects the data; it is the given one unless another has a smaller peak; up to
MAX_STATES states, none has a smaller one, by this measure, which knows neither streaming nor kernels.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import replace

from codegen.ir import Graph, Tensor

MAX_STATES = 4000
"""States that the exact search may visit; about a tenth of a second."""


def reordered(graph: Graph) -> Graph:
    """`graph`, with its operators in the order of the smallest peak; the same graph when it has that already."""
    network = _Network(graph)
    given = list(range(len(graph.operators)))
    best = network.search()
    if best is None:
        best = network.greedy()
    if network.peak(best) >= network.peak(given):
        return graph
    return replace(graph, operators=[graph.operators[i] for i in best])


class _Network:
    """Operators as numbers, sets of them as bits."""

    def __init__(self, graph: Graph) -> None:
        self.operators = graph.operators
        self.readers: dict[Tensor, int] = defaultdict(int)
        self.needs = [0] * len(graph.operators)
        writer = {t: i for i, op in enumerate(graph.operators) for t in op.outputs}
        for index, op in enumerate(graph.operators):
            for tensor in op.activations:
                self.readers[tensor] |= 1 << index
                if tensor in writer:
                    self.needs[index] |= 1 << writer[tensor]
        self.kept = set(graph.sinks)
        self.start = sum(t.bytes for t in dict.fromkeys(graph.sources))

    def step(self, done: int, index: int) -> tuple[int, int]:
        """What running operator `index` after those in `done` changes: bytes alive during it, and after it."""
        op, after = self.operators[index], done | 1 << index
        born = sum(t.bytes for t in op.outputs)
        dying = sum(t.bytes for t in dict.fromkeys(op.activations) if not self.alive(t, after))
        useless = sum(t.bytes for t in op.outputs if not self.alive(t, after))
        return born - min(born, dying), born - dying - useless

    def alive(self, tensor: Tensor, done: int) -> bool:
        """True when a tensor is still wanted."""
        return tensor in self.kept or bool(self.readers[tensor] & ~done)

    def ready(self, done: int) -> list[int]:
        """The operators that may run next."""
        return [i for i, needs in enumerate(self.needs) if not done >> i & 1 and not needs & ~done]

    def peak(self, order: list[int]) -> int:
        """Most bytes alive at once."""
        done, live, most = 0, self.start, self.start
        for index in order:
            during, change = self.step(done, index)
            most, live, done = max(most, live + during), live + change, done | 1 << index
        return most

    def search(self) -> list[int] | None:
        """The order with the smallest peak, or None when there are too many states."""
        end = (1 << len(self.operators)) - 1
        heap: list[tuple[int, int, int, int]] = [(self.start, 0, 0, self.start)]
        came: dict[int, tuple[int, int]] = {0: (0, -1)}
        visited: set[int] = set()
        while heap and len(visited) < MAX_STATES:
            most, _, done, live = heapq.heappop(heap)
            if done == end:
                return self._way(came, end)
            if done in visited:
                continue
            visited.add(done)
            for index in self.ready(done):
                during, change = self.step(done, index)
                after, peak = done | 1 << index, max(most, live + during)
                if after not in visited and peak < came.get(after, (peak + 1, 0))[0]:
                    came[after] = (peak, index)
                    heapq.heappush(heap, (peak, -after.bit_count(), after, live + change))
        return None

    def _way(self, came: dict[int, tuple[int, int]], end: int) -> list[int]:
        """The operators that led to a state."""
        order: list[int] = []
        while end:
            index = came[end][1]
            order.insert(0, index)
            end &= ~(1 << index)
        return order

    def greedy(self) -> list[int]:
        """Always the operator that leaves the fewest bytes alive; among equals, the one that needs the fewest."""
        order: list[int] = []
        done = 0
        while len(order) < len(self.operators):
            index = min(self.ready(done), key=lambda i: (self.step(done, i)[::-1], i))
            order.append(index)
            done |= 1 << index
        return order
