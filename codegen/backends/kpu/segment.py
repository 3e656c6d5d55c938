"""Operators that the KPU computes one after the other, and the steps they become: maps in KPU RAM, commands, copies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from codegen.backends.kpu.convolution import Convolution, convolution, fused_pool
from codegen.backends.kpu.words import LEFT_TOP, MAX_POOL, MIN_SIDE, RAM_ROWS, Layer, Map
from codegen.ir import Operator, Tensor
from codegen.ir.operator import Shape
from codegen.ir.ops import Conv2D, DepthwiseConv2D, MaxPool2D


@dataclass(eq=False, kw_only=True)
class KpuSegment(Operator):
    """Layers that follow one another on the KPU: inputs are uploaded, outputs downloaded, all between stays there.

    Attributes:
        members: the operators, in order.
        rotated: the maps lie rotated by 180 degrees.
    """

    kind: ClassVar[str] = "kpu_segment"

    members: tuple[Operator, ...]
    rotated: bool

    def infer_shapes(self) -> list[Shape]:
        """Those of the members' results."""
        return [t.shape for t in self.outputs]

    def macs(self) -> int:
        """Of all members."""
        return sum(op.macs() for op in self.members)


@dataclass(eq=False)
class Place:
    """A map in KPU RAM.

    Attributes:
        map: its size.
        first, last: steps between which it is alive.
        row: where it is.
    """

    map: Map
    first: int
    last: int = -1
    row: int = -1


@dataclass(frozen=True, eq=False)
class Stored:
    """Where a tensor is.

    Attributes:
        place: its map.
        stride: pixels of the map from one of the tensor's to the next: 2 behind a depthwise layer with a stride.
        clean: right of and below the tensor the map holds the zero point.
    """

    place: Place
    stride: int
    clean: bool


@dataclass(frozen=True, eq=False)
class Upload:
    """A tensor goes to a map."""

    tensor: Tensor
    target: Place


@dataclass(frozen=True, eq=False)
class Refit:
    """A tensor gets a map of another size, or its map a clean margin (source is target)."""

    tensor: Tensor
    source: Place
    target: Place
    stride: int


@dataclass(frozen=True, eq=False)
class Command:
    """The KPU computes a layer."""

    conv: Convolution
    source: Place
    target: Place
    pool: int


@dataclass(frozen=True, eq=False)
class Download:
    """A tensor comes from a map."""

    tensor: Tensor
    source: Place
    stride: int


Step = Upload | Refit | Command | Download


class NoRoomError(Exception):
    """The maps do not fit KPU RAM."""


@dataclass(eq=False)
class Plan:
    """The steps of a segment; every map has its place.

    Attributes:
        steps: in order.
    """

    segment: KpuSegment
    steps: list[Step] = field(default_factory=list)
    _stored: dict[Tensor, Stored] = field(default_factory=dict)
    _places: list[Place] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Walk over the members.

        Raises:
            NoRoomError: the maps do not fit.
        """
        members = list(self.segment.members)
        for op in members:
            if isinstance(op, MaxPool2D):
                continue  # taken by the layer in front of it
            readers = [other for other in members if op.y in other.inputs]
            pool = fused_pool(op, readers) if op.y not in self.segment.outputs else None
            self._command(op, pool)
        for tensor in self.segment.outputs:
            stored = self._stored[tensor]
            self._add(Download(tensor, stored.place, stored.stride), stored.place)
        self._allocate()

    def _add(self, step: Step, *read: Place) -> None:
        for place in read:
            place.last = len(self.steps)
        self.steps.append(step)

    def _place(self, channels: int, sides: tuple[int, int]) -> Place:
        place = Place(Map(channels, *sides), len(self.steps), len(self.steps))
        self._places.append(place)
        return place

    def _command(self, op: Operator, pool: MaxPool2D | None) -> None:
        """One operator, behind what brings its input to where it can be read."""
        assert isinstance(op, Conv2D | DepthwiseConv2D)
        conv = convolution(op, rotated=self.segment.rotated)
        source = self._source(conv)
        picks = conv.pools or source.stride == 2
        halves = picks or pool is not None
        height, width = (side // 2 if halves else side for side in source.place.map[1:])
        result = op.y if pool is None else pool.y
        target = self._place(op.y.shape[3], (height, width))
        kind = MAX_POOL if pool is not None else LEFT_TOP if picks else 0
        self._add(Command(conv, source.place, target, kind), source.place)
        target.last = len(self.steps) - 1
        pending = 2 if conv.strided and conv.depthwise else 1
        clean = (height, width) == result.shape[1:3] and pending == 1
        self._stored[result] = Stored(target, pending, clean)

    def _source(self, conv: Convolution) -> Stored:
        """Where a layer reads its input: where it is, if that will do; else it is refitted first."""
        tensor = conv.op.x
        sides = (conv.least_side(0), conv.least_side(1))
        stored = self._stored.get(tensor)
        if stored is None:
            target = self._place(tensor.shape[3], sides)
            self._add(Upload(tensor, target))
            stored = Stored(target, 1, clean=True)
        elif not self._readable(conv, stored, sides):
            same = stored.place.map[1:] == sides and stored.stride == 1
            target = stored.place if same else self._place(tensor.shape[3], sides)
            self._add(Refit(tensor, stored.place, target, stored.stride), stored.place)
            target.last = len(self.steps) - 1
            stored = Stored(target, 1, clean=True)
        self._stored[tensor] = stored
        return stored

    @staticmethod
    def _readable(conv: Convolution, stored: Stored, sides: tuple[int, int]) -> bool:
        """Whether a layer may read a map as it is."""
        height, width = stored.place.map[1:]
        if stored.stride == 2:  # the pick of a 1x1 layer does what is left to do
            plain = conv.kernel == 1 and not conv.depthwise and not conv.strided
            return plain and min(height, width) >= 2 * MIN_SIDE
        if conv.kernel == 1 and not conv.strided:
            return True
        return (height, width) == sides and stored.clean

    def _allocate(self) -> None:
        """Give every map rows of its own for as long as it lives, large ones first."""
        done: list[Place] = []
        for place in sorted(self._places, key=lambda p: -p.map.rows):
            busy = sorted(
                (other.row, other.row + other.map.rows)
                for other in done
                if other.first <= place.last and place.first <= other.last
            )
            row = 0
            for begin, end in busy:
                if row + place.map.rows <= begin:
                    break
                row = max(row, end)
            if row + place.map.rows > RAM_ROWS:
                raise NoRoomError
            place.row = row
            done.append(place)

    def commands(self) -> Iterator[tuple[Command, Layer]]:
        """Every command with its layer, but for the interrupt."""
        for step in self.steps:
            if isinstance(step, Command):
                yield step, layer_of(step)


def layer_of(step: Command, *, interrupt: bool = False) -> Layer:
    """What the chip is told."""
    conv = step.conv
    return Layer(
        source=step.source.map,
        target=step.target.map,
        kernel=conv.kernel,
        depthwise=conv.depthwise,
        pool=step.pool,
        pad_value=conv.zero,
        x_factor=-conv.offset,
        w_factor=-conv.zero,
        addend=conv.kernel**2 * conv.offset * conv.zero,
        source_row=step.source.row,
        target_row=step.target.row,
        interrupt=interrupt,
    )
