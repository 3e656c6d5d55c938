"""The plan of a segment: its steps, and a place in KPU RAM for every map.

Maps that a concatenation joins, or that a sum reads, lie behind one another from the start where that is possible: then
joining costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from codegen.backends.kpu.convolution import Convolution, function_bytes
from codegen.backends.kpu.requantize import UNSIGNED, Tables
from codegen.backends.kpu.segment import KpuSegment
from codegen.backends.kpu.steps import Command, Corner, Download, Place, Refit, Step, Stored, Upload, allocate
from codegen.backends.kpu.sums import byte_function, planes
from codegen.backends.kpu.units import Chain, Function, Join, Total
from codegen.backends.kpu.windows import Windows, windows_of
from codegen.backends.kpu.words import LEFT_TOP, MIN_SIDE, POOL_STRIDES, Layer, Map, natural
from codegen.ir import Array, Tensor
from codegen.ir.ops import Lookup


class _Slot(NamedTuple):
    """A part of a place that a tensor's map belongs to; `rows`: as many may be written there."""

    parent: Place
    offset: int
    rows: int

    def holds(self, place: Place) -> bool:
        """Whether a place is this one."""
        return place.parent is self.parent and place.offset == self.offset


@dataclass(eq=False)
class Plan:
    """The steps of a segment; every map has its place.

    Attributes:
        steps: in order.
    """

    segment: KpuSegment
    steps: list[Step] = field(default_factory=list)
    _stored: dict[Tensor, list[Stored]] = field(default_factory=dict)
    _places: list[Place] = field(default_factory=list)
    _slots: dict[Tensor, _Slot] = field(default_factory=dict)
    _parts: dict[Join | Total, list[_Slot | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Walk over the units.

        Raises:
            NoRoomError: the maps do not fit.
        """
        for unit in reversed(self.segment.units):
            if isinstance(unit, Join | Total):
                self._reserve(unit)
        for unit in self.segment.units:
            match unit:
                case Chain():
                    self._chain(unit)
                case Function():
                    self._function(unit)
                case Total():
                    self._total(unit)
                case Join():
                    self._join(unit)
        for tensor in self.segment.outputs:
            stored = self._stored[tensor][0]
            self._add(Download(tensor, stored.place, stored.stride, stored.corner), stored.place)
        allocate(self._places)

    def commands(self) -> Iterator[tuple[Command, Layer]]:
        """Every command with its layer, but for the interrupt."""
        return ((step, step.placed()) for step in self.steps if isinstance(step, Command))

    # ---- steps and places

    def _add(self, step: Step, *places: Place) -> None:
        for place in places:
            place.touch(len(self.steps))
        self.steps.append(step)

    def _own(self, shape: Map) -> Place:
        place = Place(shape)
        self._places.append(place)
        return place

    def _target(self, tensor: Tensor, shape: Map, rows: int = 0, corner: Corner = (0, 0)) -> Place:
        """Where a tensor's map is written, as many rows with it: its slot if it has the slot's shape, else anywhere."""
        slot, dense = self._slots.get(tensor), (shape, corner) == (natural(tensor.shape), (0, 0))
        if slot is not None and dense and max(rows, shape.rows) <= slot.rows:
            return Place(shape, slot.parent, slot.offset)
        return self._own(shape)

    def _reserve(self, unit: Join | Total) -> None:
        """Slots for what a unit reads; those of later units are known already, so that parts may have parts.

        A tensor that several units read gets its slot in the first of them.
        """
        slots = self._sum_slots(unit) if isinstance(unit, Total) else self._join_slots(unit)
        self._parts[unit] = slots
        for tensor, slot in zip(unit.op.activations, slots, strict=True):
            if slot is not None:
                self._slots[tensor] = slot

    def _sum_slots(self, unit: Total) -> list[_Slot | None]:
        both = _planes(unit.op.y, 2)
        parent, rows = self._own(both), both.channel_rows
        return [_Slot(parent, 0, rows), _Slot(parent, rows, rows)]

    def _join_slots(self, unit: Join) -> list[_Slot | None]:
        whole = natural(unit.op.y.shape)
        parent = self._target(unit.op.y, whole)
        slots: list[_Slot | None] = []
        channel = 0
        for tensor in unit.op.activations:
            offset = channel // whole.group * whole.channel_rows
            rows = natural(tensor.shape).rows
            slots.append(_Slot(parent, offset, rows) if channel % whole.group == 0 else None)
            channel += tensor.shape[3]
        return slots

    # ---- units

    def _chain(self, unit: Chain) -> None:
        """One convolution, behind what brings its input to where it can be read."""
        conv, windows = unit.conv, windows_of(unit)
        source = self._source(conv, windows)
        pool = unit.pool or (LEFT_TOP if conv.pools or source.stride == 2 else 0)
        stride, pending = POOL_STRIDES[pool], 2 if conv.strided and conv.depthwise else 1
        height, width = (side // stride for side in source.place.map[1:])
        top, left = ((at + w.first) // stride for at, w in zip(source.corner, windows, strict=True))
        result, shape = unit.members[-1].y, Map(conv.op.y.shape[3], height, width)
        target = self._target(result, shape, corner=(top, left)) if pending == 1 else self._own(shape)
        order = f"{'[C][3][3]' if conv.depthwise else '[O][C][k][k]'}, {conv.offset} added"
        title, name = " + ".join(op.source for op in unit.members), unit.members[-1].name
        layer = _layer(conv, source.place.map, shape, pool)
        step = Command(title, name, layer, source.place, target, conv.weights, order, conv.tables, "accumulators")
        self._command(step)
        clean = (height, width) == result.shape[1:3] and pending == 1
        self._stored[result] = [Stored(target, pending, clean, (top, left))]

    def _function(self, unit: Function) -> None:
        op = unit.op
        source = self._dense(op.x).place
        if unit.tables is not None:
            target = self._planes(op, source, unit.tables)
        else:
            target = self._target(op.y, natural(op.y.shape))
            table = function_bytes(op).astype(np.uint8)
            self._add(Refit(op.y, source, target, table=table), source, target)
        self._keep(op.y, target)

    def _total(self, unit: Total) -> None:
        op, total = unit.op, unit.sum
        slots = self._parts[unit]
        for tensor, slot in zip(op.activations, slots, strict=True):
            assert slot is not None
            self._settle(tensor, slot)
        assert slots[0] is not None
        source = slots[0].parent
        shape, rows = _planes(op.y, 1), source.map.channel_rows
        target = self._target(op.y, natural(op.y.shape), rows)
        weights = np.array(total.weights, np.int64) + total.offset
        layer = Layer(source.map, shape, 1, wide_weights=True, x_factor=-total.offset)
        order = f"of both operands, {total.offset} added"
        wide = weights.astype(np.uint16)
        step = Command(op.source, op.name, layer, source, target, wide, order, total.tables, "pairs")
        self._command(step, rows)
        self._keep(op.y, target)

    def _join(self, unit: Join) -> None:
        op, channel = unit.op, 0
        slots = self._parts[unit]
        parent = next(slot.parent for slot in slots if slot is not None)
        for tensor, slot in zip(op.activations, slots, strict=True):
            if slot is not None:
                self._settle(tensor, slot)
            else:
                stored = self._fetched(tensor)
                step = Refit(tensor, stored.place, parent, stored.stride, stored.corner, channel=channel)
                self._add(step, stored.place, parent)
            channel += tensor.shape[3]
        self._keep(op.y, parent)

    # ---- maps

    def _keep(self, tensor: Tensor, place: Place) -> None:
        """A tensor's result, in its natural map; what is around it there is not known."""
        self._stored[tensor] = [Stored(place, 1, clean=place.map[1:] == tensor.shape[1:3])]

    def _command(self, step: Command, rows: int = 0) -> None:
        step.source.touch(len(self.steps), step.layer.source.rows)
        step.target.touch(len(self.steps), rows)
        self.steps.append(step)

    def _planes(self, op: Lookup, source: Place, tables: Tables) -> Place:
        """A function of each byte, from a map to another of the same shape: where that is."""
        plane = _planes(op.y, 1)
        target = self._target(op.y, source.map, plane.rows)
        self._bytes_through((op.source, op.name), source, target, tables, plane)
        return target

    def _bytes_through(self, names: tuple[str, str], source: Place, target: Place, tables: Tables, plane: Map) -> None:
        layer, one = Layer(plane, plane, 1), np.ones(1, np.uint8)
        self._command(Command(*names, layer, source, target, one, "one", tables, "of 256 bytes"), plane.rows)

    def _settle(self, tensor: Tensor, slot: _Slot) -> None:
        """Bring a tensor to a slot, unless it is there."""
        shape = natural(tensor.shape)
        known = self._stored.setdefault(tensor, [])
        if any(slot.holds(stored.place) for stored in known):
            return
        target = Place(shape, slot.parent, slot.offset)
        clean = True
        if not known:
            self._add(Upload(tensor, target), target)
        else:
            stored, plane = known[0], _planes(tensor, 1)
            if _is_dense(stored, shape) and plane.rows <= slot.rows and _whole_rows(shape):
                self._bytes_through(("copy", tensor.name), stored.place, target, _identity(), plane)
                clean = stored.clean
            else:
                self._add(Refit(tensor, stored.place, target, stored.stride, stored.corner), stored.place, target)
        known.append(Stored(target, 1, clean))

    def _fetched(self, tensor: Tensor) -> Stored:
        """Where a tensor is; uploaded if it is nowhere."""
        if tensor not in self._stored:
            target = self._target(tensor, natural(tensor.shape))
            self._add(Upload(tensor, target), target)
            self._stored[tensor] = [Stored(target, 1, clean=True)]
        return self._stored[tensor][0]

    def _dense(self, tensor: Tensor) -> Stored:
        """A natural map of a tensor."""
        shape = natural(tensor.shape)
        self._fetched(tensor)
        known = self._stored[tensor]
        found = next((stored for stored in known if _is_dense(stored, shape)), None)
        return found if found is not None else self._refitted(tensor, shape)

    def _refitted(self, tensor: Tensor, shape: Map, corner: Corner = (0, 0)) -> Stored:
        known = self._stored[tensor]
        target, origin = self._own(shape), known[0]
        self._add(Refit(tensor, origin.place, target, origin.stride, origin.corner, corner), origin.place, target)
        known.append(Stored(target, 1, clean=True, corner=corner))
        return known[-1]

    def _source(self, conv: Convolution, windows: Windows) -> Stored:
        """Where a layer reads its input: where it is, if that will do; else it is brought to where it will."""
        tensor = conv.op.x
        corner = (windows[0].corner, windows[1].corner)
        shape = Map(tensor.shape[3], windows[0].side, windows[1].side)
        if tensor not in self._stored:
            target = self._target(tensor, shape, corner=corner)
            self._add(Upload(tensor, target, corner), target)
            self._stored[tensor] = [Stored(target, 1, clean=True, corner=corner)]
        known = self._stored[tensor]
        found = next((stored for stored in known if _readable(conv, stored, windows)), None)
        if found is not None:
            return found
        for number, stored in enumerate(known):
            cleaned = replace(stored, clean=True)
            if stored.stride == 1 and _readable(conv, cleaned, windows):  # only what is around it is wrong
                place, at = stored.place, stored.corner
                self._add(Refit(tensor, place, place, 1, at, at), place)
                known[number] = cleaned
                return cleaned
        return self._refitted(tensor, shape, corner)


def _readable(conv: Convolution, stored: Stored, windows: Windows) -> bool:
    """Whether a layer may read a map as it is."""
    sides = stored.place.map[1:]
    if stored.stride == 2:  # the pick of a 1x1 layer does what is left to do
        plain = conv.kernel == 1 and not conv.depthwise and all(w.plain for w in windows)
        return plain and min(sides) >= 2 * MIN_SIDE and all(at % 2 == 0 for at in stored.corner)
    stand = (w.stand(at, side, clean=stored.clean) for w, at, side in zip(windows, stored.corner, sides, strict=True))
    return all(stand)


def _is_dense(stored: Stored, shape: Map) -> bool:
    """Whether a tensor lies in a map of that shape from its first pixel on."""
    return stored.stride == 1 and stored.corner == (0, 0) and stored.place.map == shape


def _planes(tensor: Tensor, channels: int) -> Map:
    """Planes for the rows of a tensor's map; units are made only where there are."""
    found = planes(natural(tensor.shape).rows, channels)
    assert found is not None
    return found


def _whole_rows(shape: Map) -> bool:
    """Whether no row has bytes of anything else."""
    return shape.channels % shape.group == 0


def _identity() -> Tables:
    found = byte_function(np.arange(256))
    assert found is not None
    return found


def _layer(conv: Convolution, source: Map, target: Map, pool: int) -> Layer:
    """What the chip is told of a convolution."""
    return Layer(
        source=source,
        target=target,
        kernel=conv.kernel,
        depthwise=conv.depthwise,
        pool=pool,
        pad_value=conv.zero,
        x_factor=-conv.offset,
        w_factor=-conv.zero,
        addend=conv.kernel**2 * conv.offset * conv.zero,
        wide_weights=conv.wide,
    )


def zero_of(tensor: Tensor) -> int:
    """A tensor's zero point as the chip's byte."""
    assert tensor.quant is not None
    return tensor.quant.zero_point + UNSIGNED


def bytes_of(weights: Array) -> Array:
    """Weights as the chip reads them, little-endian."""
    return np.ascontiguousarray(weights.reshape(-1)).astype(weights.dtype.newbyteorder("<")).view(np.uint8)
