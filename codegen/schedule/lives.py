"""What lives in a segment that could be: its bytes, before anything is placed.

Problem: the planner wants the bytes of every segment of the network, without placing any of them.
Method: tensors alive across the segment count whole, those inside it by their rings; what is born in it and lives on
takes what it can from what dies in it, pair by pair, the largest first.
Guarantee: none; alignment and fragmentation are left out, and the caller places what it chooses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from codegen.backends.candidate import Call
from codegen.ir import Tensor
from codegen.schedule.overlap import layer_rule
from codegen.schedule.rows import INPUT, Int64

if TYPE_CHECKING:
    from codegen.schedule.segments import Planner, Style


class Lives:
    """What lives in segments that begin at one layer, run in one style."""

    def __init__(self, planner: Planner, begin: int, style: Style | None = None) -> None:
        self.planner, self.begin = planner, begin
        self.style = style or planner.styles[0]
        self.turns = planner.turns[self.style.keeping]
        self.names = list(planner.roots)
        self.born = np.array([planner.roots[t].born for t in self.names], np.int64)
        self.last = np.array([planner.roots[t].last for t in self.names], np.int64)
        self.whole = np.array([planner.roots[t].bytes for t in self.names], np.int64)
        self._rings: Int64 | None = None
        self._distances: dict[tuple[Tensor, Tensor, bool], int] = {}

    def ring_bytes(self) -> Int64:
        """Bytes of each root where it is inside the segment."""
        if self._rings is None:
            run = [layer for layer in self.planner.timeline(self.begin, self.style).steps if layer != INPUT]
            rings = self.planner.rings(self.begin, self.begin + len(run), self.style)
            self._rings = self.whole.copy()
            for index, tensor in enumerate(self.names):
                if tensor in rings.aliases:
                    self._rings[index] = 0
                elif tensor in rings.rows:
                    self._rings[index] = rings.rows[tensor] * self.planner.writer[tensor][1].row_bytes
        return self._rings

    def whole_bytes(self, calls: tuple[Call, ...]) -> int:
        """Of the layer alone, run whole by the given calls; without scratch."""
        live = (self.born <= self.begin) & (self.last >= self.begin)

        def shared(x: Tensor, y: Tensor) -> int:
            rule = layer_rule(calls, x, y)
            return min(x.bytes, y.bytes) if rule.at is not None else _most_shared(x, y, -rule.below)

        return int(self.whole[live].sum()) - self._saving(self.begin + 1, shared)

    def streamed_bytes(self, end: int) -> int:
        """Of the layers up to `end`, run row by row; without scratch."""
        pushed = self.begin == 0 and self.planner.pushed is not None
        inside = ((self.born >= self.begin) | (pushed & (self.born < 0))) & (self.last < end)
        live = (self.born < end) & (self.last >= self.begin)
        sizes = np.where(inside, self.ring_bytes(), self.whole)

        def shared(x: Tensor, y: Tensor) -> int:
            if x is self.planner.pushed:
                return 0
            return _most_shared(x, y, max(self._distance(x, t, end) for t in self.turns.lying_on(y)))

        calls = [call for layer in self.turns.calls[self.begin : end] for call in layer]
        kept = sum(call.kept_bytes for call in calls)
        return int(sizes[live].sum()) + kept - self._saving(end, shared)

    def _distance(self, x: Tensor, y: Tensor, end: int) -> int:
        """Timeline.distance of x, whose reads lie in all of these segments alike, and y, which may be written later."""
        key = x, y, y in self.planner.writer and self.planner.writer[y][0] < end
        if key not in self._distances:
            timeline = self.planner.timeline(self.begin, self.style)
            self._distances[key] = timeline.distance(x, y, range(self.begin, end))
        return self._distances[key]

    def _saving(self, end: int, shared: Callable[[Tensor, Tensor], int]) -> int:
        """Bytes that tensors born before `end` and needed later can take from those that die before `end`."""
        dying = [
            self.names[i]
            for i in np.flatnonzero((self.born < self.begin) & (self.last >= self.begin) & (self.last < end))
        ]
        kept = [
            self.names[i] for i in np.flatnonzero((self.born >= self.begin) & (self.born < end) & (self.last >= end))
        ]
        pairs = sorted(((shared(x, y), i, j) for i, x in enumerate(dying) for j, y in enumerate(kept)), reverse=True)
        saving, used_x, used_y = 0, set(), set()
        for bytes_, i, j in pairs:
            if bytes_ > 0 and i not in used_x and j not in used_y:
                saving += bytes_
                used_x.add(i)
                used_y.add(j)
        return saving


def _most_shared(x: Tensor, y: Tensor, distance: int) -> int:
    """Most bytes that y can have in common with x when it starts at or below x - distance."""
    x_bytes, y_bytes = x.bytes, y.bytes
    below = max(distance, min(0, y_bytes - x_bytes))
    return max(0, min(x_bytes, y_bytes - below) - max(0, -below))
