"""The PNNX front-end: operators and arrays become a file of nodes, which the walk of the ONNX front-end imports."""

from __future__ import annotations

from pathlib import Path

from onnx import TensorProto

from codegen.errors import GencError
from codegen.frontends.onnx.frontend import import_model
from codegen.frontends.onnx.model import FileGraph, FileModel, FileNode, FileTensor, FileValue
from codegen.frontends.options import ImportOptions
from codegen.frontends.pair import read_pair
from codegen.frontends.pnnx.parameters import DamagedError, FileOperator, Weights, parse
from codegen.frontends.pnnx.rules import RULES
from codegen.ir import Graph

NUMBERS = {
    "float32": TensorProto.FLOAT,
    "int64": TensorProto.INT64,
    "int32": TensorProto.INT32,
    "int16": TensorProto.INT16,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "bool": TensorProto.BOOL,
}
INPUT_TYPES = {"f32": TensorProto.FLOAT, "i64": TensorProto.INT64, "i32": TensorProto.INT32, "u8": TensorProto.UINT8}
TUPLES = {"prim::TupleConstruct", "prim::ListConstruct"}


def import_files(path: Path, options: ImportOptions) -> Graph:
    """The graph of a `.pnnx.param` file and the `.pnnx.bin` beside it.

    Raises:
        GencError: one cannot be read or is damaged (no problems), or the model is not supported (all problems).
    """
    weights_path = path.with_suffix(".bin")
    cure = "A PNNX model is two files, NAME.pnnx.param and NAME.pnnx.bin: keep them in one folder."
    text, data = read_pair(path, weights_path, cure)
    try:
        operators = parse(text.decode("utf-8", "replace"))
    except DamagedError as error:
        raise GencError(f"{path} is not a valid PNNX file: {error}", cure="Is it truncated or damaged?") from error
    try:
        model = file_model(operators, data)
    except DamagedError as error:
        raise GencError(
            f"{weights_path} does not belong to {path.name}: {error}", cure="Are both files of the same export?"
        ) from error
    return import_model(model, path.name.removesuffix(".param").removesuffix(".pnnx"), options, RULES)


def file_model(operators: list[FileOperator], data: bytes) -> FileModel:
    """Operators with their arrays, as the ONNX front-end's walk wants them.

    Raises:
        DamagedError: an array is missing, or of another size.
    """
    weights = Weights(data) if any(op.arrays for op in operators) else None
    tuples = {op.outputs[0]: op.inputs for op in operators if op.type in TUPLES and len(op.outputs) == 1}
    inputs, outputs, nodes = list[FileValue](), list[str](), list[FileNode]()
    constants: dict[str, FileTensor] = {}
    for op in operators:
        if op.type == "pnnx.Input":
            inputs += [_input(op, name) for name in op.outputs]
        elif op.type == "pnnx.Output":
            outputs += _flat(op.inputs, tuples)
        elif op.type not in TUPLES:
            nodes.append(_node(op, weights, constants, tuples))
    ends = tuple(FileValue(name, 0, None) for name in outputs)
    return FileModel(FileGraph(tuple(inputs), ends, constants, tuple(nodes)), 22, {}, "")


def _flat(names: tuple[str, ...], tuples: dict[str, tuple[str, ...]], depth: int = 0) -> list[str]:
    """Operands, those of tuples in the place of the tuples."""
    if depth > 16:
        raise DamagedError("its tuples are nested too deeply")
    return [inner for name in names for inner in (_flat(tuples[name], tuples, depth + 1) if name in tuples else [name])]


def _input(op: FileOperator, name: str) -> FileValue:
    shape, kind = op.shapes.get(name, (None, "f32"))
    known = None if shape is None else tuple(size if size > 0 else "" for size in shape)
    return FileValue(name, INPUT_TYPES.get(kind, 0), known)


def _node(
    op: FileOperator, weights: Weights | None, constants: dict[str, FileTensor], tuples: dict[str, tuple[str, ...]]
) -> FileNode:
    """An operator: operands first, then its arrays, by name in its attributes."""
    names: dict[str, str] = {}
    for key, (shape, kind) in op.arrays.items():
        assert weights is not None
        name = f"{op.name}.{key}"
        array = weights.array(name, shape, kind)
        constants.setdefault(name, FileTensor(name, NUMBERS[array.dtype.name], array.shape, array))
        names[key] = name
    operands = tuple(_flat(op.inputs, tuples))
    roles = {role: operands.index(name) for role, name in op.roles.items() if name in operands}
    attributes = {"values": dict(op.values), "arrays": tuple(names), "roles": roles}
    return FileNode(op.type, op.name, (*operands, *names.values()), op.outputs, attributes, {})
