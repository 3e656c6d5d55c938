"""What a segment does, step by step: maps in KPU RAM, layers of the chip, copies by the CPU."""

from __future__ import annotations

from dataclasses import dataclass, replace

from codegen.backends.kpu.requantize import Tables
from codegen.backends.kpu.words import RAM_ROWS, Layer, Map
from codegen.ir import Array, Tensor

UNUSED = -1
Corner = tuple[int, int]


class NoRoomError(Exception):
    """The maps do not fit KPU RAM."""


@dataclass(eq=False)
class Place:
    """A map in KPU RAM.

    Attributes:
        map: its size.
        parent: the place that this one is a part of, from row `offset` of it on; None: it has rows of its own.
        rows: that it takes: those of the map or, where layers compute planes of rows, more.
        first, last: steps between which it is alive.
        at: its row in KPU RAM, when it has no parent.
    """

    map: Map
    parent: Place | None = None
    offset: int = 0
    rows: int = 0
    first: int = UNUSED
    last: int = UNUSED
    at: int = UNUSED

    def touch(self, step: int, rows: int = 0) -> None:
        """A step reads or writes it, and as many rows of KPU RAM from its first one on."""
        self.rows = max(self.rows, self.map.rows, rows)
        self.first = step if self.first == UNUSED else min(self.first, step)
        self.last = max(self.last, step)
        if self.parent is not None:
            self.parent.touch(step, self.offset + self.rows)

    @property
    def row(self) -> int:
        """Of KPU RAM."""
        return self.at if self.parent is None else self.parent.row + self.offset


@dataclass(frozen=True, eq=False)
class Stored:
    """Where a tensor is.

    Attributes:
        place: its map.
        stride: pixels of the map from one of the tensor's to the next: 2 behind a depthwise layer with a stride.
        clean: around the tensor the map holds the zero point.
        corner: row and column of the map where the tensor begins.
    """

    place: Place
    stride: int
    clean: bool
    corner: Corner = (0, 0)


@dataclass(frozen=True, eq=False)
class Upload:
    """A tensor goes to a map, from `corner` on."""

    tensor: Tensor
    target: Place
    corner: Corner = (0, 0)


@dataclass(frozen=True, eq=False)
class Refit:
    """The CPU writes a tensor to another map, or cleans the margin of its map (source is target).

    Attributes:
        tensor: with the target's zero point.
        origin, corner: where it begins in source and target.
        stride: of the source.
        channel: of the target, for the tensor's first one.
        table: 256 bytes that pixels go through; None: they are copied.
    """

    tensor: Tensor
    source: Place
    target: Place
    stride: int = 1
    origin: Corner = (0, 0)
    corner: Corner = (0, 0)
    channel: int = 0
    table: Array | None = None


@dataclass(frozen=True, eq=False)
class Command:
    """The KPU computes a layer.

    Attributes:
        title: the operators, for people: "CONV_2D #2".
        name: of the last operator, as the model has it.
        layer: without its places.
        source, target: where its maps begin.
        weights: uint8 or uint16, in the chip's order.
        order: what that is.
        tables: scaling and activation.
        counted: what `tables.wrong` counts.
    """

    title: str
    name: str
    layer: Layer
    source: Place
    target: Place
    weights: Array
    order: str
    tables: Tables
    counted: str

    def placed(self, *, interrupt: bool = False) -> Layer:
        """The layer with its places."""
        return replace(self.layer, source_row=self.source.row, target_row=self.target.row, interrupt=interrupt)


@dataclass(frozen=True, eq=False)
class Download:
    """A tensor comes from a map, from `corner` on."""

    tensor: Tensor
    source: Place
    stride: int
    corner: Corner


Step = Upload | Refit | Command | Download


def allocate(places: list[Place]) -> None:
    """Give every place without a parent rows of its own for as long as it lives, large ones first.

    Raises:
        NoRoomError: they do not fit.
    """
    done: list[Place] = []
    for place in sorted(places, key=lambda p: -p.rows):
        busy = sorted(
            (other.at, other.at + other.rows)
            for other in done
            if other.first <= place.last and place.first <= other.last
        )
        row = 0
        for begin, end in busy:
            if row + place.rows <= begin:
                break
            row = max(row, end)
        if row + place.rows > RAM_ROWS:
            raise NoRoomError
        place.at = row
        done.append(place)
