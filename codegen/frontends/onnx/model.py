"""The content of an ONNX file as plain data: what protobuf, damage and files beside the file are, only this file knows.

Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto and docs/ExternalData.md there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import AttributeProto, TensorProto, numpy_helper

from codegen.errors import GencError
from codegen.frontends.onnx.types import CONSTANTS
from codegen.frontends.shapes import MAX_TENSOR_BYTES
from codegen.ir import Array

MAX_DEPTH = 16
"""Graphs inside graphs."""
Dimension = int | str


class DamagedError(Exception):
    """The file is not what it claims to be."""


@dataclass(frozen=True)
class FileValue:
    """Name, element type (a number of TensorProto.DataType, 0 when not given or no tensor) and shape, None if unknown.

    A dimension is a number, the name of a symbol, or "" when nothing is said of it.
    """

    name: str
    type: int
    shape: tuple[Dimension, ...] | None


@dataclass(frozen=True, eq=False)
class FileTensor:
    """A constant; `data` is None when gen-c has no such element type."""

    name: str
    type: int
    shape: tuple[int, ...]
    data: Array | None


@dataclass(frozen=True, eq=False)
class FileNode:
    """One operator.

    Attributes:
        op: its name, with the domain before it when that is not ONNX's own: "com.microsoft.FusedConv".
        name: as in the file; may be empty.
        inputs, outputs: names of tensors; "" where one is left out.
        attributes: int, float, str, FileTensor, FileGraph or tuples of these; None where a type is not known.
        references: inside a function, the attribute of the call that each of these attributes takes its value from.
    """

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    references: dict[str, str]


@dataclass(frozen=True, eq=False)
class FileGraph:
    """A graph, or the body of a branch or loop.

    Attributes:
        claims: what the file says of tensors inside, by name.
    """

    inputs: tuple[FileValue, ...]
    outputs: tuple[FileValue, ...]
    constants: dict[str, FileTensor]
    nodes: tuple[FileNode, ...]
    claims: dict[str, FileValue] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FileFunction:
    """A function of the model: an operator that is defined by others."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    defaults: dict[str, Any]
    nodes: tuple[FileNode, ...]
    opset: int


@dataclass(frozen=True, eq=False)
class FileModel:
    """A decoded file; `opset` is the version of ONNX's own operators."""

    graph: FileGraph
    opset: int
    functions: dict[str, FileFunction]
    description: str


def read_model(path: Path) -> FileModel:
    """Decode a file and the data files that it names.

    Raises:
        GencError: it cannot be read, or is damaged.
    """
    try:
        return decode(path.read_bytes(), path.parent)
    except DamagedError as error:
        raise GencError(f"{path} is not a valid ONNX file: {error}", cure="Is it truncated or damaged?") from error
    except OSError as error:
        raise GencError(f"{path} cannot be read: {error.strerror}") from error


def decode(content: bytes, folder: Path) -> FileModel:
    """Decode the bytes of a file; `folder` holds the data files that it may name.

    Raises:
        DamagedError: these are not the bytes of an ONNX model.
    """
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(content)
    except (DecodeError, RecursionError) as error:
        raise DamagedError("it is not a complete protobuf") from error
    if not proto.HasField("graph"):
        raise DamagedError("it holds no graph")
    if not len(proto.opset_import):
        raise DamagedError("it does not say the version of its operators (opset_import)")
    reader = _Reader(folder)
    functions = {_qualified(f.domain, f.name): reader.function(f) for f in proto.functions}
    graph = reader.graph(proto.graph, 0)
    producer = f"{_text(proto.producer_name)} {_text(proto.producer_version)}".strip()
    return FileModel(graph, _opset(proto.opset_import), functions, _text(proto.doc_string) or producer)


def read_function(proto: Any) -> FileFunction:
    """The content of a FunctionProto that comes from the package onnx."""
    return _Reader(Path()).function(proto)


def attribute_value(proto: Any) -> Any:
    """The value of an AttributeProto that comes from the package onnx."""
    return _Reader(Path()).attribute(proto, 0)


def _opset(imports: Iterable[Any]) -> int:
    """Version of the operators of ONNX's own domain; 1 for a function that names none."""
    return max((int(o.version) for o in imports if o.domain in {"", "ai.onnx"}), default=1)


def _qualified(domain: bytes | str, name: bytes | str) -> str:
    """Name of an operator, with its domain unless that is ONNX's own."""
    return _text(name) if domain in {"", "ai.onnx"} else f"{_text(domain)}.{_text(name)}"


class _Reader:
    """Turns messages into data; knows where data files lie."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def graph(self, proto: Any, depth: int) -> FileGraph:
        if depth > MAX_DEPTH:
            raise DamagedError("graphs are nested too deeply")
        constants = {_text(t.name): self.tensor(t) for t in proto.initializer}
        if len(proto.sparse_initializer):
            raise DamagedError("it has sparse constants, which are not supported")
        inputs = tuple(v for v in map(value, proto.input) if v.name not in constants)
        claims = {v.name: v for v in map(value, (*proto.value_info, *proto.output))}
        nodes = tuple(self.node(n, depth) for n in proto.node)
        return FileGraph(inputs, tuple(map(value, proto.output)), constants, nodes, claims)

    def node(self, proto: Any, depth: int) -> FileNode:
        given = {_text(a.name): self.attribute(a, depth) for a in proto.attribute if not a.ref_attr_name}
        references = {_text(a.name): _text(a.ref_attr_name) for a in proto.attribute if a.ref_attr_name}
        op = _qualified(proto.domain, proto.op_type)
        return FileNode(op, _text(proto.name), _texts(proto.input), _texts(proto.output), given, references)

    def function(self, proto: Any) -> FileFunction:
        defaults = {_text(a.name): self.attribute(a, 0) for a in proto.attribute_proto}
        nodes = tuple(self.node(n, 0) for n in proto.node)
        return FileFunction(_texts(proto.input), _texts(proto.output), defaults, nodes, _opset(proto.opset_import))

    def attribute(self, proto: Any, depth: int) -> Any:
        """The value as Python data; None for a type that no supported operator has."""
        readers: dict[int, Callable[[], Any]] = {
            AttributeProto.FLOAT: lambda: float(proto.f),
            AttributeProto.INT: lambda: int(proto.i),
            AttributeProto.STRING: lambda: _text(proto.s),
            AttributeProto.TENSOR: lambda: self.tensor(proto.t),
            AttributeProto.GRAPH: lambda: self.graph(proto.g, depth + 1),
            AttributeProto.FLOATS: lambda: tuple(map(float, proto.floats)),
            AttributeProto.INTS: lambda: tuple(map(int, proto.ints)),
            AttributeProto.STRINGS: lambda: _texts(proto.strings),
        }
        reader = readers.get(proto.type)
        return reader() if reader else None

    def tensor(self, proto: Any) -> FileTensor:
        """A constant with its data, in the type that gen-c computes with (types.CONSTANTS)."""
        name, shape = _text(proto.name), tuple(int(d) for d in proto.dims)
        if proto.data_type not in CONSTANTS:
            return FileTensor(name, proto.data_type, shape, None)
        dtype = CONSTANTS[proto.data_type].numpy
        size = math.prod(shape)
        if min(shape, default=1) < 0 or size * dtype.itemsize > MAX_TENSOR_BYTES:
            raise DamagedError(f"constant {name!r} has shape {list(shape)}")
        if proto.data_location == TensorProto.EXTERNAL:
            proto = self._with_external_data(proto, name)
        try:
            data = numpy_helper.to_array(proto)
        except (ValueError, TypeError, KeyError, OverflowError, RuntimeError) as error:
            raise DamagedError(f"the data of constant {name!r} do not fit its shape {list(shape)}") from error
        if data.shape != shape:
            raise DamagedError(f"the data of constant {name!r} do not fit its shape {list(shape)}")
        return FileTensor(name, proto.data_type, shape, np.ascontiguousarray(data.astype(dtype)).reshape(shape))

    def _with_external_data(self, proto: Any, constant: str) -> Any:
        """The message with the bytes that lie in another file, which must be beside the model."""
        where = {_text(entry.key): _text(entry.value) for entry in proto.external_data}
        name, folder = where.get("location", ""), self._folder.resolve()
        try:
            path = (folder / name).resolve()
            offset, length = int(where.get("offset", 0)), int(where.get("length", -1))
        except (ValueError, OSError, RuntimeError) as error:
            raise DamagedError(f"the place of constant {constant!r}, {where}, makes no sense") from error
        if not name or not path.is_relative_to(folder) or offset < 0:
            raise DamagedError(f"constant {constant!r} lies in {name!r}, which is not a file beside the model")
        try:
            with path.open("rb") as file:
                file.seek(offset)
                raw = file.read(MAX_TENSOR_BYTES + 1 if length < 0 else min(length, MAX_TENSOR_BYTES + 1))
        except (OSError, ValueError, OverflowError) as error:
            raise DamagedError(f"the data of constant {constant!r} in {name!r} cannot be read: {error}") from error
        return TensorProto(data_type=proto.data_type, dims=proto.dims, raw_data=raw)


def value(proto: Any) -> FileValue:
    """What the file says of a tensor."""
    tensor = proto.type.tensor_type
    if not proto.type.HasField("tensor_type") or not tensor.HasField("shape"):
        return FileValue(_text(proto.name), int(tensor.elem_type), None)
    shape = tuple(int(d.dim_value) if d.HasField("dim_value") else _text(d.dim_param) for d in tensor.shape.dim)
    return FileValue(_text(proto.name), int(tensor.elem_type), shape)


def _text(raw: bytes | str) -> str:
    """A string of the file; protobuf gives bytes where they are not UTF-8."""
    return raw if isinstance(raw, str) else raw.decode("utf-8", "replace")


def _texts(raw: Iterable[bytes | str]) -> tuple[str, ...]:
    return tuple(map(_text, raw))
