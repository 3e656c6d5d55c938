"""Operators that ONNX itself defines by others: the definitions come from the package onnx.

They serve for what no rule knows (Attention, RotaryEmbedding, losses, windows ...): a call is imported like that of a
function of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx
from onnx import AttributeProto, TypeProto, defs, helper

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.model import FileFunction, FileNode, attribute_value, read_function
from codegen.frontends.onnx.scope import Scope
from codegen.frontends.onnx.types import WIDENED
from codegen.ir import DType, Tensor

NUMBERS: dict[DType, int] = {dtype: number for number, dtype in reversed(WIDENED.items())}
"""The TensorProto.DataType of each type."""


def definition(node: FileNode, scope: Scope) -> FileFunction | None:
    """ONNX's definition of an operator by others, for the types of its arguments; None when there is none."""
    schema: Any  # the package's stubs do not know these methods
    try:
        schema, opset = defs.get_schema(node.op, scope.opset), scope.opset
    except defs.SchemaError:
        return None
    if schema.has_function:
        version = _latest(schema.function_opset_versions, opset)
        body = schema.get_function_with_opset_version(version)
    elif schema.has_context_dependent_function:
        version = _latest(schema.context_dependent_function_opset_versions, opset)
        types = [_type(scope.read(name) if name else None).SerializeToString() for name in node.inputs]
        try:
            body = schema.get_context_dependent_function_with_opset_version(
                version, _message(node).SerializeToString(), types
            )
        except (ValueError, RuntimeError, defs.SchemaError) as error:
            raise RefusedError(f"ONNX does not define it for these operands: {error}") from error
    else:
        return None
    proto = onnx.FunctionProto()
    proto.ParseFromString(body)
    function = read_function(proto)
    defaults = {n: a.default_value for n, a in schema.attributes.items() if a.default_value.type}
    return FileFunction(
        function.inputs,
        function.outputs,
        {name: attribute_value(value) for name, value in defaults.items()} | function.defaults,
        function.nodes,
        max(function.opset, version),
    )


def _latest(versions: Sequence[int], opset: int) -> int:
    """The version of a definition that goes with a version of the operators."""
    return max((v for v in versions if v <= opset), default=min(versions))


def _type(tensor: Tensor | None) -> TypeProto:
    return TypeProto() if tensor is None else helper.make_tensor_type_proto(NUMBERS[tensor.dtype], tensor.shape)


def _message(node: FileNode) -> Any:
    """The operator with its attributes, as far as they are numbers and texts."""
    message = helper.make_node(node.op, list(node.inputs), list(node.outputs))
    for name, value in node.attributes.items():
        if isinstance(value, int | float | str | tuple):
            attribute: AttributeProto = helper.make_attribute(name, value)
            message.attribute.append(attribute)
    return message
