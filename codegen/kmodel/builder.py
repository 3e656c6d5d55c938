"""Layers of a kmodel, one after the other; addresses come last."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from codegen.backends.kpu.convolution import Convolution
from codegen.backends.kpu.units import Chain
from codegen.backends.kpu.words import LEFT_TOP, MIN_SIDE, POOL_STRIDES, RAM_ROWS, Map
from codegen.backends.kpu.words import Layer as Command
from codegen.errors import GencError, Problem
from codegen.ir import Array, Graph, Operator, Tensor
from codegen.kmodel.layout import Kind, KModel, Layer, Number
from codegen.kmodel.rooms import Room, place

UNSIGNED = 128
MAIN_ALIGN = 8
MAIN_MEMORY_OUT = 1
CURE = "--format c computes it"


@dataclass(frozen=True, eq=False)
class Stored:
    """Where a tensor is in KPU RAM: as codegen.backends.kpu.steps.Stored, with the layer that made it."""

    map: Map
    room: Room
    stride: int
    clean: bool
    maker: Draft | None


@dataclass(eq=False)
class Draft:
    """A layer whose addresses are not known yet.

    Attributes:
        index: of the layer.
        fields: numbers; a Room is its address.
        ranges: of a concatenation: room, offset in it, bytes.
        command: of a convolution, with the rooms of its maps.
    """

    index: int
    kind: Kind
    fields: dict[str, Number | Room]
    arrays: dict[str, Array]
    source: str
    ranges: list[tuple[Room, int, int]] = field(default_factory=list)
    command: tuple[Command, Room, Room] | None = None


def planes(tensor: Tensor) -> tuple[int, int, int]:
    """(C, H, W) of a tensor [1, H, W, C] or [1, N]."""
    if len(tensor.shape) == 4:
        _, height, width, channels = tensor.shape
        return channels, height, width
    return tensor.size, 1, 1


def offset_of(tensor: Tensor) -> float:
    """What kpu.c adds behind the scale: real = scale * byte + offset."""
    assert tensor.quant is not None
    return tensor.quant.scale * -(tensor.quant.zero_point + UNSIGNED)


class Builder:
    """Layers, one after the other; `wide`: the weights of all of them have 16 bits."""

    def __init__(self, graph: Graph, *, rotated: bool, wide: bool = False) -> None:
        self.graph, self.rotated, self.wide = graph, rotated, wide
        self.drafts: list[Draft] = []
        self.stored: dict[Tensor, Stored] = {}
        self._main: list[Room] = []
        self._rows: list[Room] = []
        self._bytes: dict[Tensor, Room] = {}
        self._raw: dict[Tensor, tuple[Room, tuple[int, int]]] = {}
        self._floats: dict[Tensor, Room] = {}
        self.at: Operator | None = None

    # ---- layers and rooms

    def add(self, kind: Kind, **fields: Number | Room) -> Draft:
        """Append a layer; rooms among its fields are alive at it."""
        index = len(self.drafts)
        draft = Draft(index, kind, {"flags": 0, **fields}, {}, self.at.source if self.at else "")
        for value in fields.values():
            if isinstance(value, Room):
                value.touch(index)
        self.drafts.append(draft)
        return draft

    def room(self, size_bytes: int) -> Room:
        """Main memory from the next layer on."""
        made = Room(size_bytes, len(self.drafts), len(self.drafts))
        self._main.append(made)
        return made

    def map_room(self, shape: Map) -> Room:
        """KPU RAM from the next layer on."""
        made = Room(shape.rows, len(self.drafts), len(self.drafts))
        self._rows.append(made)
        return made

    def gather(self, source: Room, index: Array, fill: int, *, unit: int = 1) -> Room:
        """Bytes of `source` in the order of `index`, units of `unit` bytes; -1 is the byte `fill`."""
        index = index.reshape(-1)
        follows = np.where(index[1:] < 0, index[:-1] < 0, (index[:-1] >= 0) & (index[1:] == index[:-1] + 1))
        starts = np.concatenate([[0], np.flatnonzero(~follows) + 1])
        sizes = np.diff(np.append(starts, len(index)))
        filled = sizes[index[starts] < 0]
        filler: Room | None = None
        if filled.size:
            filler = self.room(int(filled.max()))
            constant = self.add(Kind.REQUANTIZE, **{"in": filler}, out=filler, count=int(filled.max()))
            constant.arrays["table"] = np.full(256, fill, np.uint8)
        target = self.room(len(index) * unit)
        draft = self.add(Kind.QUANTIZED_CONCAT, out=target, inputs=len(starts))
        for first, size in zip(index[starts].tolist(), sizes.tolist(), strict=True):
            origin = source if first >= 0 or filler is None else filler
            draft.ranges.append((origin.touch(draft.index), max(first, 0) * unit, size * unit))
        return target

    # ---- forms of a tensor

    def bytes_of(self, tensor: Tensor) -> Room:
        """Its planes of bytes in main memory."""
        if tensor not in self._bytes:
            self._bytes[tensor] = self._rounded(tensor) if tensor in self._raw else self._streamed(tensor)
        return self._bytes[tensor]

    def floats_of(self, tensor: Tensor) -> Room:
        """Its planes of floats, rounded to its scale."""
        if tensor not in self._floats:
            assert tensor.quant is not None
            self._floats[tensor] = self.scaled(tensor, tensor.quant.scale, offset_of(tensor))
        return self._floats[tensor]

    def scaled(self, tensor: Tensor, scale: float, bias: float) -> Room:
        """Floats, scale * byte + bias."""
        source, target = self.bytes_of(tensor), self.room(4 * tensor.size)
        self.add(Kind.DEQUANTIZE, **{"in": source}, out=target, count=tensor.size, scale=scale, bias=bias)
        return target

    def give(self, tensor: Tensor, room: Room, limits: tuple[int, int] | None = None) -> None:
        """A layer's result: floats that are rounded when they are read, and clamped to `limits`; None: bytes."""
        if limits is None:
            self._bytes[tensor] = room
        else:
            self._raw[tensor] = room, limits

    def _rounded(self, tensor: Tensor) -> Room:
        (source, limits), quant = self._raw[tensor], tensor.quant
        assert quant is not None
        target = self.room(tensor.size)
        fields: dict[str, Number | Room] = {"in": source, "out": target, "count": tensor.size}
        self.add(Kind.QUANTIZE, **fields, scale=quant.scale, bias=offset_of(tensor))
        return self.mapped(target, np.clip(np.arange(256), limits[0] + UNSIGNED, limits[1] + UNSIGNED))

    def mapped(self, source: Room, table: Array) -> Room:
        """Bytes through a table of 256; the room itself when that changes nothing."""
        if np.array_equal(table, np.arange(256)):
            return source
        target = self.room(source.size)
        draft = self.add(Kind.REQUANTIZE, **{"in": source}, out=target, count=source.size)
        draft.arrays["table"] = table.astype(np.uint8)
        return target

    def _streamed(self, tensor: Tensor) -> Room:
        """From KPU RAM: the convolution that made it also sends it to main memory."""
        stored, (channels, height, width) = self.stored[tensor], planes(tensor)
        maker, lies = stored.maker, stored.map
        assert maker is not None, "an input is copied first"
        room = Room(channels * lies.height * lies.width, maker.index, maker.index)
        self._main.append(room)
        maker.fields |= {"flags": MAIN_MEMORY_OUT, "main_out": room}
        if (lies.height, lies.width, stored.stride) == (height, width, 1):
            return room
        if (height, width, lies.height, lies.width) == (1, 1, 4, 4):
            target = self.room(channels)
            self.add(Kind.K210_REMOVE_PADDING, **{"in": room}, out=target, channels=channels)
            return target
        step = stored.stride
        index = np.arange(room.size).reshape(lies)[:, : height * step : step, : width * step : step]
        return self.gather(room, index, 0)

    # ---- convolutions

    def convolve(self, chain: Chain) -> None:
        """A layer of the KPU, behind what brings its input to where it can be read."""
        conv = chain.conv
        source = self._source(conv, pooled=chain.pool != 0)
        pool = chain.pool or (LEFT_TOP if conv.pools or source.stride == 2 else 0)
        height, width = (side // POOL_STRIDES[pool] for side in source.map[1:])
        result = chain.members[-1].y
        target = Map(conv.op.y.shape[3], height, width)
        command = Command(
            source.map,
            target,
            conv.kernel,
            conv.depthwise,
            pool,
            pad_value=conv.zero,
            x_factor=-conv.offset,
            w_factor=-conv.zero,
            addend=conv.kernel**2 * conv.offset * conv.zero,
            wide_weights=self.wide,
        )
        tables = conv.tables
        activation = np.concatenate([tables.segments.view(np.uint8), tables.bias])
        arrays = {"weights": self._weights(conv.weights), "scaling": tables.scaling, "activation": activation}
        pending = 2 if conv.strided and conv.depthwise else 1
        clean = (height, width) == result.shape[1:3] and pending == 1
        room, draft = self.command(command, source.room, arrays)
        self.stored[result] = Stored(target, room, pending, clean, draft)

    def _weights(self, weights: Array) -> Array:
        """In the file's order and width."""
        return weights.reshape(-1).astype("<u2" if self.wide else np.uint8)

    def command(self, command: Command, source: Room, arrays: dict[str, Array]) -> tuple[Room, Draft]:
        """Append a K210_CONV; returns where its map will be."""
        misfit = command.misfit()
        if misfit is not None:
            raise misfit_error(self.at, misfit)
        target = self.map_room(command.target)
        draft = self.add(Kind.K210_CONV, main_out=0, **dict.fromkeys(("words", *arrays), 0))
        draft.command = command, source.touch(draft.index), target
        draft.arrays = arrays
        return target, draft

    def _source(self, conv: Convolution, *, pooled: bool) -> Stored:
        """Where a layer reads its input; uploaded from main memory when it cannot be read as it lies."""
        tensor, sides = conv.op.x, (conv.least_side(0), conv.least_side(1))
        stored = self.stored.get(tensor)
        if stored is None or not _readable(conv, stored, sides, pooled=pooled):
            stored = self.stored[tensor] = self._upload(conv, sides, stored)
        return stored

    def _upload(self, conv: Convolution, sides: tuple[int, int], before: Stored | None) -> Stored:
        tensor = conv.op.x
        channels, height, width = planes(tensor)
        if not self.drafts and sides == (height, width) and not self.rotated:
            lies = Map(channels, *sides)
            return Stored(lies, self.map_room(lies), 1, clean=True, maker=None)
        source, lies = self.bytes_of(tensor), Map(channels, *sides)
        maker = before.maker if before is not None else None
        if (height, width) == (1, 1) and sides == (MIN_SIDE, MIN_SIDE) and conv.kernel == 1:
            room = self.map_room(lies)
            self.add(Kind.K210_ADD_PADDING, **{"in": source}, kpu_out=room, channels=channels)
            return Stored(lies, room, 1, clean=False, maker=maker)
        if sides != (height, width):
            index = np.full(lies, -1)
            index[:, :height, :width] = np.arange(tensor.size).reshape(channels, height, width)
            source = self.gather(source, index, conv.zero)
        room = self.map_room(lies)
        fields: dict[str, Number | Room] = {"in": source, "kpu_out": room}
        self.add(Kind.K210_UPLOAD, **fields, width=lies.width, height=lies.height, channels=channels)
        return Stored(lies, room, 1, clean=True, maker=maker)

    def take_image(self, tensor: Tensor) -> None:
        """An input that is not a convolution's at once: the KPU copies it to main memory, where it may be turned."""
        lies = Map(*planes(tensor))
        identity = Command(lies, lies, 1, wide_weights=self.wide)
        starts = [(-(1 << 35), 0, 0), (0, 1 << 14, 24), *((0x7FFFFFFF0 + i, 0, 0) for i in range(14))]
        words = [by | slope << 8 | (start & (1 << 36) - 1) << 24 for start, slope, by in starts]
        arrays: dict[str, Array] = {
            "weights": self._weights(np.eye(lies.channels)),
            "scaling": np.full(lies.channels, 1 << 10, np.uint64),
            "activation": np.concatenate([np.array(words, np.uint64).view(np.uint8), np.zeros(16, np.uint8)]),
        }
        room, draft = self.command(identity, self.map_room(lies), arrays)
        self.stored[tensor] = Stored(lies, room, 1, clean=True, maker=draft)
        if self.rotated:
            source = self.bytes_of(tensor)
            del self.stored[tensor]
            index = np.arange(tensor.size).reshape(lies)[:, ::-1, ::-1]
            self._bytes[tensor] = self.gather(source, index, 0)

    def take_vector(self, tensor: Tensor) -> None:
        """An input of a matrix product: the caller gives floats."""
        self._floats[tensor] = self.room(4 * tensor.size)

    # ---- the file

    def flat(self, tensor: Tensor) -> Room:
        """Floats in the order [H][W][C], not rotated."""
        channels, height, width = planes(tensor)
        source = self.floats_of(tensor)
        if height * width == 1:
            return source
        target = self.room(4 * tensor.size)
        fields: dict[str, Number | Room] = {"in": source, "out": target}
        self.add(Kind.TENSORFLOW_FLATTEN, **fields, width=width, height=height, channels=channels)
        return self.gather(target, np.arange(height * width)[::-1], 0, unit=4 * channels) if self.rotated else target

    def result(self, tensor: Tensor) -> Room:
        """An output: floats, planes of an image not rotated."""
        raw = self._raw.get(tensor)
        source = raw[0] if raw is not None else self.floats_of(tensor)
        channels, height, width = planes(tensor)
        if not self.rotated or height * width == 1:
            return source
        index = np.arange(tensor.size).reshape(channels, height, width)[:, ::-1, ::-1]
        return self.gather(source, index, 0, unit=4)

    def finish(self, outputs: list[Room], sizes: list[int]) -> KModel:
        """Places for all rooms; addresses into all layers."""
        for room in outputs:
            room.touch(len(self.drafts))
        main_bytes = place(self._main, MAIN_ALIGN)
        if place(self._rows, 1) > RAM_ROWS:
            raise misfit_error(None, "its maps do not fit the 2 MB of KPU RAM")
        layers = [_layer(draft) for draft in self.drafts]
        return KModel(
            layers, [(room.at, size) for room, size in zip(outputs, sizes, strict=True)], main_bytes, self.wide
        )


def _layer(draft: Draft) -> Layer:
    fields = {name: value.at if isinstance(value, Room) else value for name, value in draft.fields.items()}
    arrays = dict(draft.arrays)
    if draft.ranges:
        arrays["ranges"] = np.array([(room.at + offset, size) for room, offset, size in draft.ranges], np.uint32)
    if draft.command is not None:
        command, source, target = draft.command
        values = {**vars(command), "source_row": source.at, "target_row": target.at}
        arrays["words"] = np.array(Command(**values).words(), np.uint64)
    return Layer(draft.kind, fields, arrays, draft.source)


def _readable(conv: Convolution, stored: Stored, sides: tuple[int, int], *, pooled: bool) -> bool:
    """Whether a layer may read a map as it is (codegen.backends.kpu.plan)."""
    height, width = stored.map[1:]
    if stored.stride == 2:
        plain = conv.kernel == 1 and not conv.depthwise and not conv.strided and not pooled
        return plain and min(height, width) >= 2 * MIN_SIDE
    if conv.kernel == 1 and not conv.strided:
        return True
    return (height, width) == sides and stored.clean


def misfit_error(op: Operator | None, reason: str) -> GencError:
    """The chip cannot do this for an operator; None is the input."""
    return GencError("cannot write a kmodel", [Problem(op.where if op else "the input", reason, CURE)])
