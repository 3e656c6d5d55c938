"""Layers run row by row: when each row is computed, and how few rows of each tensor must be kept.

Problem: a run of layers shall be computed in turns, a row at a time, so that tensors inside it never
exist whole.  Nothing is computed twice, and the C that does it must stay a loop with a few counters.
Method: one firing rule, *the last layer whose input rows are there computes its next row*.  It serves
residual branches, concatenation, padding, strides and pooling alike, and input that arrives row by
row.  Narrow rows fire several at a time, a block, which a layer begins where the layer before has just enough rows
for it.  :class:`Timeline` plays it once and notes when each row fires.  What a layer can fire depends
only on layers before it, so the times hold for every shorter run from the same start.
Guarantee: between the write of a row and its last declared read, its place in a ring of `ring_rows`
rows is not written.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from codegen.backends.candidate import Call, Operand
from codegen.ir import Tensor

Int64 = npt.NDArray[np.int64]

INPUT = -1
"""Stands for the layer that writes the graph's input when it is pushed row by row."""


@dataclass(frozen=True, eq=False)
class Step:
    """A layer as the simulator sees it.

    Attributes:
        calls: computed for one row, one after the other; all have `rows` rows.
        rows: that the layer computes.
    """

    calls: tuple[Call, ...]
    rows: int

    @property
    def reads(self) -> list[Operand]:
        """Every input operand."""
        return [operand for call in self.calls for operand in call.inputs]

    @property
    def writes(self) -> list[Operand]:
        """Every output operand."""
        return [operand for call in self.calls for operand in call.outputs]


@dataclass(frozen=True)
class Blocks:
    """How the rows of a layer are computed: block k has rows [first + k * size, first + (k + 1) * size) that there are.

    Attributes:
        rows: that the layer computes.
        size: rows of a block.
        first: 0, or less, to above -size: the first block is a smaller one.
    """

    rows: int
    size: int = 1
    first: int = 0

    @property
    def count(self) -> int:
        """Number of blocks."""
        return -(-(self.rows - self.first) // self.size)

    def bounds(self, block: int) -> tuple[int, int]:
        """Rows [begin, end) of a block."""
        begin = self.first + block * self.size
        return max(begin, 0), min(begin + self.size, self.rows)

    def done(self, blocks: int) -> int:
        """Rows of the first `blocks` blocks."""
        return min(max(self.first + blocks * self.size, 0), self.rows)

    def most(self, by_row: tuple[int, ...]) -> tuple[int, ...]:
        """For each block, the largest of the numbers that belong to its rows."""
        return tuple(max(by_row[slice(*self.bounds(block))]) for block in range(self.count))


def step_of(calls: tuple[Call, ...]) -> Step | None:
    """The layer of these calls, or None when they cannot take turns with others.

    A value that is updated is read before the first row and written anew with each: the kernel goes on from there.
    """
    rows = {call.out_rows for call in calls}
    rewritten = all(call.outputs[j].rows != call.out_rows for call in calls for _, j in call.updates)
    if len(rows) != 1 or 0 in rows or not rewritten:
        return None
    return Step(calls, rows.pop())


def rows_needed(read: Operand, written: Operand, rows: int) -> tuple[int, ...]:
    """For each output row of a reader, how many of the producer's `rows` rows must be there before it.

    Args:
        read: the tensor as its reader declares it.
        written: the same tensor as its producer declares it.
        rows: that the producer computes.
    """
    if written.rows != rows:
        return (rows,) * len(read.first)
    ends = [
        (last + 1) * read.row_bytes if first <= last else 0
        for first, last in zip(read.first_alone, read.last, strict=True)
    ]
    return tuple(min(-(-end // written.row_bytes), rows) for end in ends)


def waits_of(step: Step, producers: dict[Tensor, tuple[int, Operand, int]]) -> dict[int, tuple[int, ...]]:
    """What a layer waits for: producing layer -> rows of it that each row of this one needs.

    Args:
        step: the layer.
        producers: tensors that are made row by row -> (layer, operand that writes them, rows of the layer).
    """
    waits: dict[int, tuple[int, ...]] = {}
    for read in step.reads:
        if read.tensor not in producers:
            continue
        layer, written, rows = producers[read.tensor]
        needed = rows_needed(read, written, rows)
        waits[layer] = tuple(itertools.accumulate(map(max, needed, waits.get(layer, needed)), max))
    return waits


@dataclass(frozen=True, eq=False)
class RingUse:
    """A tensor in a ring.

    Attributes:
        written: how its producer sees it.
        producer: layer, or INPUT.
        readers: layers.
        ahead: rows by which the ring begins later.
    """

    written: Operand
    producer: int
    readers: tuple[int, ...]
    ahead: int = 0


@dataclass(eq=False)
class Timeline:
    """The order in which the rows of a run of layers fire.

    Attributes:
        steps: layer -> what it computes; INPUT is the user who pushes rows.
        sizes: layer -> rows of its blocks; 1 for those that are not there.
        blocks: layer -> its blocks.
        times: layer -> for each of its rows, when it fires.
        waits: layer -> producing layer -> rows of it that each block needs.
    """

    steps: dict[int, Step]
    sizes: dict[int, int] = field(default_factory=dict)
    blocks: dict[int, Blocks] = field(default_factory=dict)
    times: dict[int, Int64] = field(default_factory=dict)
    waits: dict[int, dict[int, tuple[int, ...]]] = field(default_factory=dict)
    _writes: dict[Tensor, list[tuple[int, Operand]]] = field(default_factory=dict)
    _reads: dict[Tensor, tuple[Int64, Int64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        producers: dict[Tensor, tuple[int, Operand, int]] = {}
        for layer, step in sorted(self.steps.items()):
            needed = waits_of(step, producers)
            blocks = self.blocks[layer] = self._blocks(layer, needed)
            self.waits[layer] = {p: self._wanted(p, blocks.most(by_row)) for p, by_row in needed.items()}
            producers.update({w.tensor: (layer, w, step.rows) for w in step.writes})
            for write in step.writes:
                self._writes.setdefault(write.tensor, []).append((layer, write))
        self._play()

    def _wanted(self, producer: int, needed: tuple[int, ...]) -> tuple[int, ...]:
        """Rows to wait for; a counter that begins below 0 has to pass it."""
        return tuple(max(rows, 1) for rows in needed) if self.blocks[producer].first else needed

    def _blocks(self, layer: int, needed: dict[int, tuple[int, ...]]) -> Blocks:
        """Blocks that end where those of the layer before allow."""
        rows = self.steps[layer].rows
        size = min(self.sizes.get(layer, 1), rows)
        if size == 1 or not needed:
            return Blocks(rows, size)
        before = self.blocks[max(needed)]
        ends = [before.bounds(block)[1] for block in range(before.count)]
        able = np.searchsorted(np.maximum.accumulate(needed[max(needed)]), ends, side="right")
        ahead = int(able[len(able) // 2]) % size
        return Blocks(rows, size, ahead - size if ahead else 0)

    def _play(self) -> None:
        """Fire every block.  A layer that may fire may do so until it has: a heap holds those, the last first."""
        fired = dict.fromkeys(self.steps, 0)
        times: dict[int, list[int]] = {layer: [] for layer in self.steps}
        readers: dict[int, list[int]] = {layer: [layer] for layer in self.steps}
        for layer, waits in self.waits.items():
            for producer in waits:
                readers[producer].append(layer)
        ready = [-layer for layer in self.steps if self._may_fire(layer, fired)]
        queued = {-layer for layer in ready}
        heapq.heapify(ready)
        clock = 0
        while ready:
            layer = -heapq.heappop(ready)
            queued.discard(layer)
            begin, end = self.blocks[layer].bounds(fired[layer])
            times[layer] += [clock] * (end - begin)
            clock += 1
            fired[layer] += 1
            for reader in readers[layer]:
                if reader not in queued and self._may_fire(reader, fired):
                    queued.add(reader)
                    heapq.heappush(ready, -reader)
        self.times = {layer: np.array(clocks, np.int64) for layer, clocks in times.items()}

    def _may_fire(self, layer: int, fired: dict[int, int]) -> bool:
        block = fired[layer]
        return block < self.blocks[layer].count and all(
            self.blocks[producer].done(fired[producer]) >= needed[block]
            for producer, needed in self.waits[layer].items()
        )

    def ring_rows(self, members: Sequence[RingUse]) -> int:
        """Places that tensors in a ring need: from the first that may still be read to the last one in use."""
        return max((self._span(member, members) for member in members), default=1)

    def _span(self, member: RingUse, members: Sequence[RingUse]) -> int:
        """Most places in use while a member is written; its own row r lies in place r + ahead."""
        fired = self.times[member.producer]
        high = np.arange(len(fired)) + member.ahead
        low = high.copy()
        for other in members:
            for reader in other.readers:
                done = np.searchsorted(self.times[reader], fired)
                for read in self.steps[reader].reads:
                    if read.tensor is not other.written.tensor:
                        continue
                    low = np.minimum(low, np.append(_still_needed(read), read.rows)[done] + other.ahead)
                    if reader == member.producer:  # made of the other in place: a block of both is there
                        begin, end = (np.searchsorted(fired, fired, side) for side in ("left", "right"))
                        low = np.minimum(low, begin + member.ahead)
                        high = np.maximum(high, np.array(read.last)[end - 1] + other.ahead)
        return int((high + 1 - low).max(initial=1))

    def distance(self, x: Tensor, y: Tensor, layers: range) -> int:
        """Least d such that whole tensor y may start at or below x - d; it is written in `layers`, and x dies there."""
        needed_at, needed = self._reads_of(x)
        distance = -x.bytes
        for layer, write in self._writes.get(y, ()):
            if layer in layers and len(needed_at):
                rows = self.steps[layer].rows
                each = write.rows == rows
                ends = (np.arange(rows) + 1) * write.row_bytes if each else np.full(rows, y.bytes)
                still = needed[np.searchsorted(needed_at, self.times[layer])]
                distance = max(distance, int(np.where(still < x.bytes, ends - still, distance).max()))
        return distance

    def _reads_of(self, x: Tensor) -> tuple[Int64, Int64]:
        """When x is read, ascending, and the lowest byte of it read then or later; at the end, its size."""
        if x not in self._reads:
            self._reads[x] = self._find_reads(x)
        return self._reads[x]

    def _find_reads(self, x: Tensor) -> tuple[Int64, Int64]:
        times, starts = [], []
        for layer, step in self.steps.items():
            for read in step.reads:
                if read.tensor is x:
                    first, last = np.array(read.first_alone), np.array(read.last)
                    reads = first <= last
                    times.append(self.times[layer][reads])
                    starts.append(first[reads] * read.row_bytes)
        if not times:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        when, where = np.concatenate(times), np.concatenate(starts)
        order = np.argsort(when, kind="stable")
        return when[order], np.append(np.minimum.accumulate(where[order][::-1])[::-1], x.bytes)


def _still_needed(read: Operand) -> Int64:
    """For each output row, the first input row that it or a later one reads."""
    first, last = np.array(read.first_alone), np.array(read.last)
    return np.minimum.accumulate(np.where(first <= last, first, read.rows)[::-1])[::-1]
