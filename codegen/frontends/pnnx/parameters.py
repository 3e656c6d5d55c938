"""The operators of a `.pnnx.param` file and the arrays of a `.pnnx.bin` file, as plain data."""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from codegen.frontends.shapes import MAX_TENSOR_BYTES
from codegen.ir import Array

TYPES = {
    "f32": "float32",
    "f64": "float64",
    "f16": "float16",
    "i64": "int64",
    "i32": "int32",
    "i16": "int16",
    "i8": "int8",
    "u8": "uint8",
    "bool": "bool",
}
"""Element types as PNNX writes them."""

_INTEGER = re.compile(r"[-+]?\d+")
_FLOAT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?(inf|nan)")
_ARRAY = re.compile(r"\(([-0-9?,]*)\)(\w+)")


class DamagedError(Exception):
    """The file is not what it claims to be."""


@dataclass(frozen=True)
class FileOperator:
    """One operator.

    Attributes:
        type: "nn.Conv2d", "F.relu", "torch.cat", "Tensor.view", "pnnx.Expression" ...
        name: of it.
        inputs, outputs: names of operands.
        values: parameters by name: None, bool, int, float, str or a tuple of these.
        arrays: attributes by name: shape and element type.
        roles: argument -> operand, where the file says it.
        shapes: operand -> shape and element type, where the file says it; -1 is not known.
    """

    type: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    values: Mapping[str, Any]
    arrays: Mapping[str, tuple[tuple[int, ...], str]]
    roles: Mapping[str, str]
    shapes: Mapping[str, tuple[tuple[int, ...], str]]


def parse(text: str) -> list[FileOperator]:
    """The operators of a file.

    Raises:
        DamagedError: a line is not an operator's, or there are fewer or more than the second line says.
    """
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or len(lines[1]) != 2 or not lines[1][0].isdecimal():
        raise DamagedError("it ends before its operators")
    if int(lines[1][0]) != len(lines) - 2:
        raise DamagedError(f"it has {len(lines) - 2} operators, not the {lines[1][0]} that its second line says")
    return [_operator(words, number) for number, words in enumerate(lines[2:], 3)]


def _operator(words: list[str], line: int) -> FileOperator:
    if len(words) < 4 or not words[2].isdecimal() or not words[3].isdecimal():
        raise DamagedError(f"line {line} is not an operator: {' '.join(words)[:60]!r}")
    inputs, ends = int(words[2]), int(words[2]) + int(words[3])
    operands, rest = words[4 : 4 + ends], words[4 + ends :]
    if len(operands) < ends:
        raise DamagedError(f"line {line} has fewer operands than it says")
    values: dict[str, Any] = {}
    arrays: dict[str, tuple[tuple[int, ...], str]] = {}
    roles: dict[str, str] = {}
    shapes: dict[str, tuple[tuple[int, ...], str]] = {}
    for word in rest:
        key, equals, value = word.partition("=")
        if not equals:
            raise DamagedError(f"line {line}: {word[:40]!r} is not name=value")
        if key.startswith("@"):
            arrays[key[1:]] = _array(value, line)
        elif key.startswith("$"):
            roles[key[1:]] = value
        elif key.startswith("#"):
            shapes[key[1:]] = _array(value, line)
        else:
            values[key] = _value(value)
    return FileOperator(
        words[0], words[1], tuple(operands[:inputs]), tuple(operands[inputs:]), values, arrays, roles, shapes
    )


def _array(text: str, line: int) -> tuple[tuple[int, ...], str]:
    """`(1,3,?)f32`; an axis that is not known is -1."""
    match = _ARRAY.fullmatch(text)
    if match is None:
        raise DamagedError(f"line {line}: {text[:40]!r} is not a shape and a type")
    sizes = [size for size in match[1].split(",") if size]
    return tuple(-1 if size == "?" else int(size) for size in sizes), match[2]


def _value(text: str) -> Any:
    if text[:1] in {"(", "["} and text[-1:] in {")", "]"}:
        return tuple(_value(part) for part in text[1:-1].split(",") if part)
    if text in {"None", "True", "False"}:
        return {"None": None, "True": True, "False": False}[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class Weights:
    """A `.pnnx.bin` file: a zip archive of plain arrays."""

    def __init__(self, data: bytes) -> None:
        """Open it.

        Raises:
            DamagedError: it is no zip archive.
        """
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
            raise DamagedError("it is not a zip archive") from error

    def array(self, name: str, shape: tuple[int, ...], kind: str) -> Array:
        """The array of a name; float64 as float32.

        Raises:
            DamagedError: there is none, or it has another size.
        """
        if kind not in TYPES or min(shape, default=1) < 0:
            raise DamagedError(f"{name} has a shape or a type that is not known")
        dtype = np.dtype(TYPES[kind]).newbyteorder("<")
        count = math.prod(shape) * dtype.itemsize
        if count > MAX_TENSOR_BYTES:
            raise DamagedError(f"{name} has {count:,} bytes")
        try:
            if self._archive.getinfo(name).file_size != count:
                raise DamagedError(f"{name} has {self._archive.getinfo(name).file_size:,} bytes, not {count:,}")
            data = self._archive.read(name)
        except KeyError:
            raise DamagedError(f"it holds no {name}") from None
        except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
            raise DamagedError(f"{name} cannot be read: {error}") from error
        array = np.frombuffer(data, dtype).reshape(shape)
        return array.astype(np.float32 if dtype.kind == "f" else dtype.newbyteorder("="))
