"""The layers of a `.param` file, text or binary, as plain data."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from codegen.frontends.ncnn.schema import LAYERS, NUMBERED

MAX_LAYERS = 100_000
MAX_ARRAY = 4096
FIRST_ARRAY = -23300
STRING_ARRAYS = -23400
END = -233


class DamagedError(Exception):
    """The file is not what it claims to be."""


@dataclass(frozen=True)
class FileLayer:
    """One layer.

    Attributes:
        type: as in the file: "Convolution".
        name: of the layer.
        inputs, outputs: names of blobs.
        parameters: by number; int, float, str or a tuple.
    """

    type: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: Mapping[int, Any]


def parse_text(text: str) -> list[FileLayer]:
    """The layers of a text file.

    Raises:
        DamagedError: a line is not a layer's, or there are fewer or more than the second line says.
    """
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or len(lines[1]) != 2:
        raise DamagedError("it ends before its layers")
    count = _integer(lines[1][0], "number of layers")
    if count != len(lines) - 2:
        raise DamagedError(f"it has {len(lines) - 2} layers, not the {count} that its second line says")
    return [_layer(words, number) for number, words in enumerate(lines[2:], 3)]


def _layer(words: list[str], line: int) -> FileLayer:
    if len(words) < 4:
        raise DamagedError(f"line {line} is not a layer: {' '.join(words)[:60]!r}")
    kind, name = words[:2]
    inputs, outputs = (_integer(word, f"line {line}") for word in words[2:4])
    if min(inputs, outputs) < 0 or len(words) < 4 + inputs + outputs:
        raise DamagedError(f"line {line} has fewer blobs than it says")
    blobs, rest = words[4 : 4 + inputs + outputs], words[4 + inputs + outputs :]
    return FileLayer(kind, name, tuple(blobs[:inputs]), tuple(blobs[inputs:]), dict(_parameters(rest, line)))


def _parameters(words: list[str], line: int) -> Iterator[tuple[int, Any]]:
    """`number=value`; arrays have the number FIRST_ARRAY - number, in older files `count,` in front of the values."""
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise DamagedError(f"line {line}: {word[:40]!r} is not number=value")
        number = _integer(key, f"line {line}")
        if number <= STRING_ARRAYS:
            yield STRING_ARRAYS - number, text.strip('"')
        elif number <= FIRST_ARRAY:
            values = text.split(",")
            yield FIRST_ARRAY - number, tuple(_value(v) for v in values[1:] if v)
        elif text.startswith('"'):
            yield number, text.strip('"')
        elif "," in text:
            yield number, tuple(_value(v) for v in text.split(",") if v)
        else:
            yield number, _value(text)


def _value(text: str) -> Any:
    try:
        return float(text) if any(c in text for c in ".eEnN") else int(text)
    except ValueError:
        return text


def _integer(text: str, where: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise DamagedError(f"{where}: {text[:40]!r} is not a number") from None


def parse_binary(data: bytes) -> list[FileLayer]:
    """The layers of a binary file; blobs have numbers for names.

    Raises:
        DamagedError: it ends too early, or a layer has no known number.
    """
    reader = _Words(data)
    reader.take()  # the magic number
    count, _ = reader.take(), reader.take()
    if not 0 <= count <= MAX_LAYERS:
        raise DamagedError(f"it claims {count} layers")
    return [_binary_layer(reader, index) for index in range(count)]


class _Words:
    """Little-endian 32-bit words, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self) -> int:
        """The next one, signed."""
        if self._at + 4 > len(self._data):
            raise DamagedError("it ends in the middle of a layer")
        (value,) = struct.unpack_from("<i", self._data, self._at)
        self._at += 4
        return int(value)


def _binary_layer(words: _Words, index: int) -> FileLayer:
    number, inputs, outputs = words.take(), words.take(), words.take()
    if not 0 <= number < len(NUMBERED) or not 0 <= inputs <= MAX_ARRAY or not 0 <= outputs <= MAX_ARRAY:
        raise DamagedError(f"layer {index} is of kind {number} with {inputs} inputs and {outputs} outputs")
    kind = NUMBERED[number]
    blobs = [str(words.take()) for _ in range(inputs + outputs)]
    parameters: dict[int, Any] = {}
    while (key := words.take()) != END:
        real = FIRST_ARRAY - key if key <= FIRST_ARRAY else key
        known = LAYERS[kind].parameters if kind in LAYERS else {}
        default = known.get(real, ("", 0))[1]
        if key <= FIRST_ARRAY:
            length = words.take()
            if not 0 <= length <= MAX_ARRAY:
                raise DamagedError(f"layer {index} has an array of {length} values")
            floats = known.get(real, ("",))[0] in {"activation_params", "coeffs"}
            parameters[real] = tuple(_number(words.take(), real=floats) for _ in range(length))
        else:
            parameters[real] = _number(words.take(), real=isinstance(default, float))
    return FileLayer(kind, f"layer {index}", tuple(blobs[:inputs]), tuple(blobs[inputs:]), parameters)


def _number(word: int, *, real: bool) -> int | float:
    return float(struct.unpack("<f", struct.pack("<i", word))[0]) if real else word
