"""The NCNN front-end: parameters and weights become a file of layers, which the walk of the ONNX front-end imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from onnx import TensorProto

from codegen.errors import GencError
from codegen.frontends.ncnn import MAGIC
from codegen.frontends.ncnn.parameters import DamagedError, FileLayer, parse_binary, parse_text
from codegen.frontends.ncnn.rules import RULES
from codegen.frontends.ncnn.schema import LAYERS
from codegen.frontends.ncnn.weights import Reader
from codegen.frontends.onnx.frontend import import_model
from codegen.frontends.onnx.model import FileGraph, FileModel, FileNode, FileTensor, FileValue
from codegen.frontends.options import ImportOptions
from codegen.frontends.pair import read_pair
from codegen.ir import Array, Graph

TYPES = {"float32": TensorProto.FLOAT, "int8": TensorProto.INT8}


def import_files(path: Path, options: ImportOptions) -> Graph:
    """The graph of a `.param` file and the `.bin` beside it.

    Raises:
        GencError: one cannot be read or is damaged (no problems), or the model is not supported (all problems).
    """
    weights_path = _weights_path(path)
    cure = "An NCNN model is two files, NAME.param and NAME.bin: keep them in one folder."
    content, weights = read_pair(path, weights_path, cure)
    try:
        binary = content[:4] == MAGIC.to_bytes(4, "little")
        layers = parse_binary(content) if binary else parse_text(content.decode("utf-8", "replace"))
    except DamagedError as error:
        raise GencError(f"{path} is not a valid NCNN file: {error}", cure="Is it truncated or damaged?") from error
    try:
        model = file_model(layers, weights)
    except DamagedError as error:
        raise GencError(
            f"{weights_path} does not belong to {path.name}: {error}", cure="Are both files of the same export?"
        ) from error
    return import_model(model, weights_path.stem, options, RULES)


def _weights_path(path: Path) -> Path:
    """model.bin of model.param or of model.param.bin."""
    stem = path.name.removesuffix(".bin").removesuffix(".param")
    return path.with_name(f"{stem}.bin")


def file_model(layers: list[FileLayer], weights: bytes) -> FileModel:
    """Layers with their weights, as the ONNX front-end's walk wants them.

    Raises:
        DamagedError: the weights are too short or too long for the layers.
    """
    reader = Reader(weights)
    constants: dict[str, FileTensor] = {}
    nodes = [_node(layer, index, reader, constants) for index, layer in enumerate(layers) if layer.type != "Input"]
    # An unknown layer may have weights of any size: what is left then says nothing.
    if reader.left and all(layer.type in LAYERS for layer in layers):
        raise DamagedError(f"{reader.left:,} bytes are left over behind the weights of the last layer")
    inputs = tuple(_input(layer) for layer in layers if layer.type == "Input" for _ in layer.outputs[:1])
    read = {name for layer in layers for name in layer.inputs}
    ends = [name for layer in layers for name in layer.outputs if name not in read]
    borders = [FileNode("Batch", "", (v.name,), (f"{v.name} in a batch",), {}, {}) for v in inputs]
    renamed = {v.name: f"{v.name} in a batch" for v in inputs}
    inner = [_with_names(node, renamed, set(ends)) for node in nodes]
    unbatched = [FileNode("Unbatch", "", (f"{name} in a batch",), (name,), {}, {}) for name in ends]
    outputs = tuple(FileValue(name, 0, None) for name in ends)
    return FileModel(FileGraph(inputs, outputs, constants, (*borders, *inner, *unbatched)), 22, {}, "")


def _with_names(node: FileNode, renamed: dict[str, str], ends: set[str]) -> FileNode:
    """Inside, every blob has a batch of one: what the user sees without it has another name there."""
    inputs = tuple(renamed.get(name, name) for name in node.inputs)
    outputs = tuple(f"{name} in a batch" if name in ends else name for name in node.outputs)
    return FileNode(node.op, node.name, inputs, outputs, node.attributes, node.references)


def _input(layer: FileLayer) -> FileValue:
    """The shape that the file gives, or one open axis where it gives none."""
    values = LAYERS["Input"].values(layer.parameters)
    sizes = [int(values[name]) for name in ("c", "d", "h", "w")]
    known = tuple(size for size in sizes if size > 0)
    return FileValue(layer.outputs[0], TensorProto.FLOAT, known or None)


def _node(layer: FileLayer, index: int, reader: Reader, constants: dict[str, FileTensor]) -> FileNode:
    """A layer as an operator: blobs first, then the weights it has, by name in its attributes."""
    kind = LAYERS.get(layer.type)
    if kind is None:
        given = {str(number): value for number, value in layer.parameters.items()}
        return FileNode(layer.type, layer.name, layer.inputs, layer.outputs, given, {})
    values = kind.values(layer.parameters)
    names: dict[str, str] = {}
    for weight, array in _weights(layer, values, reader):
        name = f"{layer.name or index}/{weight}"
        name = name if name not in constants else f"{index}/{name}"
        constants[name] = FileTensor(name, TYPES[array.dtype.name], array.shape, array)
        names[weight] = name
    attributes = {**values, "weights": tuple(names)}
    return FileNode(layer.type, layer.name, (*layer.inputs, *names.values()), layer.outputs, attributes, {})


def _weights(layer: FileLayer, values: dict[str, object], reader: Reader) -> Iterator[tuple[str, Array]]:
    """The arrays that a layer has, in the order of the file."""
    for weight in LAYERS[layer.type].weights:
        try:
            present, size = weight.when(values), weight.size(values)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise DamagedError(f"the parameters of layer {layer.name!r} make no sense: {error}") from error
        if present:
            what = f"{weight.name.replace('_', ' ')} of layer {layer.name!r}"
            yield weight.name, np.asarray(reader.array(size, tagged=weight.tagged, what=what))
