"""kmodel v3 as bytes: header, outputs, layer headers, bodies; little-endian."""

from __future__ import annotations

import struct

import numpy as np

from codegen.errors import GencError, Problem
from codegen.ir import Array
from codegen.kmodel.layout import ARRAYS, BY_NUMBER, CONV_ARRAYS, Kind, KModel, Layer, conv_shape

VERSION = 3
HEADER = struct.Struct("<7I")
PAIR = struct.Struct("<2I")
ALIGNMENTS = {"words": 8, "weights": 128, "scaling": 128, "activation": 256}
ACTIVATION_BYTES = 144
MOST_ENTRIES = 1 << 16


def is_kmodel(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a kmodel, of any version that has a header."""
    return head[:4] == b"KMDL" or (len(head) >= HEADER.size and HEADER.unpack_from(head)[0::2][:2] == (VERSION, 0))


def write_kmodel(model: KModel) -> bytes:
    """The file; offsets of convolutions are put in."""
    header = HEADER.pack(VERSION, int(not model.wide), 0, len(model.layers), 0, model.main_bytes, len(model.outputs))
    start = HEADER.size + PAIR.size * (len(model.outputs) + len(model.layers))
    bodies, headers = bytearray(), bytearray()
    for layer in model.layers:
        before = len(bodies)
        _body(layer, bodies, start)
        headers += PAIR.pack(layer.kind.number, len(bodies) - before)
    outputs = b"".join(PAIR.pack(*output) for output in model.outputs)
    return header + outputs + bytes(headers) + bytes(bodies)


def _body(layer: Layer, bodies: bytearray, start: int) -> None:
    """Append the fields and arrays of a layer to the bodies, which begin `start` bytes into the file."""
    kind, fields = layer.kind, dict(layer.fields)
    at = len(bodies)
    bodies += bytes(struct.calcsize(kind.format))
    for name in CONV_ARRAYS if kind is Kind.K210_CONV else ():
        bodies += bytes(-(start + len(bodies)) % ALIGNMENTS[name])
        fields[name] = start + len(bodies)
        bodies += layer.arrays[name].tobytes()
    for name, (dtype, _) in ARRAYS.get(kind, {}).items():
        bodies += np.ascontiguousarray(layer.arrays[name], dtype).tobytes()
    struct.pack_into(kind.format, bodies, at, *(fields[name] for name in kind.types))
    bodies += bytes(-len(bodies) % 4)


class _Reader:
    """A stranger's bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def unpack(self, form: str, at: int, where: str) -> tuple[int | float, ...]:
        """Numbers at an offset."""
        return struct.unpack(form, self.bytes(at, struct.calcsize(form), where))

    def bytes(self, at: int, count: int, where: str) -> bytes:
        """`count` bytes at an offset."""
        if at < 0 or at + count > len(self.data):
            raise _damaged(where, f"reaches beyond the end of the file, byte {len(self.data):,}")
        return self.data[at : at + count]

    def array(self, dtype: str, shape: tuple[int, ...], at: int, where: str) -> Array:
        """An array at an offset."""
        count = int(np.prod(shape, dtype=object))
        return np.frombuffer(self.bytes(at, count * np.dtype(dtype).itemsize, where), dtype).reshape(shape)


def _damaged(where: str, reason: str) -> GencError:
    return GencError("the kmodel is damaged or is not one of version 3", [Problem(where, reason)])


def read_kmodel(data: bytes) -> KModel:
    """Read a file.

    Raises:
        GencError: another version, an unknown layer, or a file that ends too early.
    """
    if data[:4] == b"KMDL":
        cure = "version 3 is what gen-c reads and writes; nncase inspects its own"
        raise GencError("this is a kmodel of version 4 or 5, which is nncase's own", cure=cure)
    reader = _Reader(data)
    version, flags, arch, count, _, main_bytes, output_count = map(int, reader.unpack("<7I", 0, "header"))
    if (version, arch) != (VERSION, 0) or max(count, output_count) > MOST_ENTRIES:
        raise _damaged("header", f"says version {version}, {count:,} layers, {output_count:,} outputs")
    wide = not flags & 1
    at = HEADER.size
    pairs = [reader.unpack("<2I", at + i * PAIR.size, "header") for i in range(output_count + count)]
    at += len(pairs) * PAIR.size
    layers = []
    for index, (number, size) in enumerate(pairs[output_count:]):
        layers.append(_layer(reader, int(number), at, f"layer {index}", wide=wide))
        at += int(size)
    return KModel(layers, [(int(a), int(b)) for a, b in pairs[:output_count]], main_bytes, wide)


def _layer(reader: _Reader, number: int, at: int, where: str, *, wide: bool) -> Layer:
    """The layer whose body is at an offset."""
    kind = BY_NUMBER.get(number)
    if kind is None:
        raise _damaged(where, f"has the unknown type {number}")
    where = f"{where} {kind.name}"
    fields = dict(zip(kind.types, reader.unpack(kind.format, at, where), strict=True))
    at += struct.calcsize(kind.format)
    if kind is Kind.K210_CONV:
        arrays = _conv_arrays(reader, {name: int(fields[name]) for name in CONV_ARRAYS}, where, wide=wide)
        return Layer(kind, fields | dict.fromkeys(CONV_ARRAYS, 0), arrays)
    arrays = {}
    for name, (dtype, shape) in ARRAYS.get(kind, {}).items():
        arrays[name] = reader.array(dtype, shape(fields), at, where)
        at += arrays[name].nbytes
    return Layer(kind, fields, arrays)


def _conv_arrays(reader: _Reader, offsets: dict[str, int], where: str, *, wide: bool) -> dict[str, Array]:
    words = reader.array("<u8", (12,), offsets["words"], where)
    shape = conv_shape(words)
    return {
        "words": words,
        "weights": reader.array("<u2" if wide else "u1", (shape.weights,), offsets["weights"], where),
        "scaling": reader.array("<u8", (shape.target[0],), offsets["scaling"], where),
        "activation": reader.array("u1", (ACTIVATION_BYTES,), offsets["activation"], where),
    }
