"""Memory of a kmodel: who is alive when, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class Room:
    """Bytes of the main buffer, or rows of KPU RAM.

    Attributes:
        size: in the memory's unit.
        first, last: layers between which it is alive, both included.
        at: where it is, when it is placed.
    """

    size: int
    first: int
    last: int
    at: int = 0

    def touch(self, layer: int) -> Room:
        """Keep it until a layer."""
        self.first, self.last = min(self.first, layer), max(self.last, layer)
        return self


def place(rooms: list[Room], align: int) -> int:
    """Give every room a place, large ones first, none over another that is alive with it; returns the memory's size.

    Args:
        rooms: to be placed.
        align: unit of all places; sizes are rounded up to it.
    """
    done: list[Room] = []
    for room in sorted(rooms, key=lambda r: -r.size):
        room.at = 0
        size = -(-room.size // align) * align
        busy = sorted((o.at, o.at + o.size) for o in done if o.first <= room.last and room.first <= o.last)
        for begin, end in busy:
            if room.at + size <= begin:
                break
            room.at = max(room.at, -(-end // align) * align)
        done.append(room)
    return max((-(-(room.at + room.size) // align) * align for room in rooms), default=0)
