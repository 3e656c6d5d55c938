"""Writes small TFLite files, operator by operator, for tests and examples.

The schema's own names are used throughout: operators as in `BuiltinOperator`, options as fields of
their options table (`padding="SAME"`, `stride_h=2`, `fused_activation_function="RELU6"`)::

    w = ModelWriter()
    x = w.tensor("x", [1, 8, 8, 3], scale=0.5, zero_point=-3)
    f = w.tensor("f", [4, 3, 3, 3], scale=[0.1, 0.2, 0.1, 0.3], axis=0, data=filters)
    b = w.tensor("b", [4], "int32", scale=[0.05, 0.1, 0.05, 0.15], axis=0, data=bias)
    y = w.tensor("y", [1, 8, 8, 4], scale=0.7, zero_point=12)
    w.operator("CONV_2D", [x, f, b], [y], padding="SAME", stride_h=1, stride_w=1)
    model = w.build(inputs=[x], outputs=[y])
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
import tflite

Scale = float | Sequence[float] | npt.NDArray[np.floating[Any]]
ZeroPoint = int | Sequence[int] | npt.NDArray[np.integer[Any]]

_SCHEMA_VERSION = 3
_BUFFER_ALIGN_BYTES = 16

# Options tables whose name is not that of the operator.
_OPTIONS = {
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "L2_POOL_2D": "Pool2DOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "MEAN": "ReducerOptions",
    "SUM": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "REDUCE_MIN": "ReducerOptions",
    "REDUCE_PROD": "ReducerOptions",
    "REDUCE_ANY": "ReducerOptions",
    "REDUCE_ALL": "ReducerOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "UNIDIRECTIONAL_SEQUENCE_RNN": "SequenceRNNOptions",
}

# Operator versions that the converter writes for int8; 1 for the others.
_VERSIONS = {
    **dict.fromkeys(("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "MEAN", "PAD", "PADV2", "CONCATENATION"), 2),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "SOFTMAX", "LOGISTIC", "TANH", "RELU", "RELU6"), 2),
    **dict.fromkeys(("LEAKY_RELU", "SPLIT", "SPLIT_V", "PACK", "UNPACK", "SLICE", "STRIDED_SLICE"), 2),
    **dict.fromkeys(("TRANSPOSE", "DEQUANTIZE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), 2),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D"), 3),
    "BROADCAST_TO": 2,
    "FULLY_CONNECTED": 4,
    "TRANSPOSE_CONV": 3,
}

# Options whose value is a name.
_ENUMS = {
    "padding": tflite.Padding,
    "fused_activation_function": tflite.ActivationFunctionType,
    "mode": tflite.MirrorPadMode,
    "in_data_type": tflite.TensorType,
    "out_data_type": tflite.TensorType,
    "out_type": tflite.TensorType,
    "output_type": tflite.TensorType,
    "kernel_type": tflite.LSTMKernelType,
    "weights_format": tflite.FullyConnectedOptionsWeightsFormat,
    "quantized_bias_type": tflite.TensorType,
}


@dataclass
class _Tensor:
    name: str
    shape: list[int]
    dtype: str
    scales: list[float]
    zero_points: list[int]
    axis: int
    data: bytes | None
    shape_signature: list[int] | None
    is_variable: bool


@dataclass
class _Operator:
    code: int
    inputs: list[int]
    outputs: list[int]
    options: dict[str, Any]
    custom_options: bytes
    intermediates: list[int]


class ModelWriter:
    """A model, collected call by call and written by :meth:`build`; :meth:`subgraph` adds subgraphs for CALL_ONCE."""

    def __init__(self, description: str = "") -> None:
        self._description = description
        self._tensors: list[_Tensor] = []
        self._operators: list[_Operator] = []
        self._codes: list[tuple[str, int]] = []
        self._subgraphs: list[ModelWriter] = []

    def tensor(
        self,
        name: str,
        shape: Sequence[int],
        dtype: str = "int8",
        scale: Scale | None = None,
        zero_point: ZeroPoint = 0,
        *,
        axis: int | None = None,
        data: npt.ArrayLike | bytes | None = None,
        shape_signature: Sequence[int] | None = None,
        is_variable: bool = False,
    ) -> int:
        """Add a tensor and return its index.

        Args:
            name: as it stands in the file; nothing is checked.
            shape: dimensions; [] is a scalar.
            dtype: a name of `TensorType`, in lower case.
            scale: None when not quantised; a sequence is per channel along `axis`.
            zero_point: one for all channels, or one per channel.
            axis: quantised dimension; needed with several scales.
            data: a constant's values, of `shape` and `dtype`; bytes are written as they are, whatever their number.
            shape_signature: the shape with -1 where it is dynamic.
            is_variable: whether the tensor keeps its value between runs.
        """
        scales = [] if scale is None else [float(s) for s in np.ravel(scale)]
        assert axis is not None or len(scales) <= 1, f"{name}: several scales need an axis"
        zeros = [int(z) for z in np.broadcast_to(np.ravel(zero_point), len(scales))]
        signature = None if shape_signature is None else list(shape_signature)
        content = data if data is None or isinstance(data, bytes) else _content(name, shape, dtype, data)
        dims = [int(d) for d in shape]
        self._tensors.append(_Tensor(name, dims, dtype, scales, zeros, axis or 0, content, signature, is_variable))
        return len(self._tensors) - 1

    def retype(self, index: int, dtype: str, data: npt.ArrayLike) -> None:
        """Store a constant's data as another type of the same shape."""
        tensor = self._tensors[index]
        tensor.dtype, tensor.data = dtype, _content(tensor.name, tensor.shape, dtype, data)

    def operator(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        version: int | None = None,
        custom_options: bytes = b"",
        intermediates: Sequence[int] = (),
        **options: Any,
    ) -> None:
        """Add an operator; a name that `BuiltinOperator` does not have makes a custom operator.

        Args:
            name: "CONV_2D", "MyOp".
            inputs: tensor indices; -1 is an optional input left out.
            outputs: tensor indices.
            version: of the operator; the one that the converter writes for int8 by default.
            custom_options: payload of a custom operator.
            intermediates: tensor indices that say how a kernel quantises inside.
            options: fields of the operator's options table.
        """
        key = (name, _VERSIONS.get(name, 1) if version is None else version)
        if key not in self._codes:
            self._codes.append(key)
        operands = list(inputs), list(outputs)
        self._operators.append(
            _Operator(self._codes.index(key), *operands, options, custom_options, list(intermediates))
        )

    def subgraph(self) -> ModelWriter:
        """Add a subgraph without inputs and outputs; the first one has number 1."""
        other = ModelWriter()
        other._codes = self._codes
        self._subgraphs.append(other)
        return other

    def variable(self, name: str) -> int:
        """Add a VAR_HANDLE; the result is the tensor that names the resource variable."""
        handle = self.tensor(f"{name}_handle", [], "resource")
        self.operator("VAR_HANDLE", [], [handle], shared_name=name)
        return handle

    def build(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Return the file of the model with these tensors as inputs and outputs."""
        b = flatbuffers.Builder(1024)
        buffers = [b""]
        subgraphs = [self._written(b, buffers, "main", inputs, outputs)]
        subgraphs += [other._written(b, buffers, f"once{i}", [], []) for i, other in enumerate(self._subgraphs, 1)]
        buffer_offsets = [_buffer(b, data) for data in buffers]
        model = _table(
            b,
            "Model",
            version=_SCHEMA_VERSION,
            operator_codes=_offsets(b, [_code(b, name, version) for name, version in self._codes]),
            subgraphs=_offsets(b, subgraphs),
            description=b.CreateString(self._description),
            buffers=_offsets(b, buffer_offsets),
        )
        b.Finish(model, b"TFL3")
        return bytes(b.Output())

    def _written(
        self, b: flatbuffers.Builder, buffers: list[bytes], name: str, inputs: Sequence[int], outputs: Sequence[int]
    ) -> int:
        """Write this subgraph and append its constants to `buffers`."""
        tensors = []
        for t in self._tensors:
            if t.data is not None:
                buffers.append(t.data)
            tensors.append(_tensor(b, t, len(buffers) - 1 if t.data is not None else 0))
        operators = [_operator(b, op, self._codes[op.code][0]) for op in self._operators]
        return _table(
            b,
            "SubGraph",
            tensors=_offsets(b, tensors),
            inputs=_int32s(b, inputs),
            outputs=_int32s(b, outputs),
            operators=_offsets(b, operators),
            name=b.CreateString(name),
        )


def _content(name: str, shape: Sequence[int], dtype: str, data: npt.ArrayLike) -> bytes:
    array = np.asarray(data)
    if dtype == "int4":
        return _packed_int4(array)
    assert array.shape == tuple(shape), f"{name}: data of shape {array.shape} for a tensor of shape {tuple(shape)}"
    typed = array.astype(np.dtype(dtype).newbyteorder("<"))
    assert dtype.startswith("float") or np.array_equal(typed, array), f"{name}: data does not fit {dtype}"
    return typed.tobytes()


def _packed_int4(array: npt.NDArray[Any]) -> bytes:
    """Two values a byte, the first in the low half."""
    assert array.min() >= -8
    assert array.max() <= 7
    halves = np.pad(array.ravel(), (0, array.size % 2)).astype(np.uint8) & 0xF
    return bytes(halves[::2] | halves[1::2] << 4)


def _camel(field: str) -> str:
    return "".join(part.capitalize() for part in field.split("_"))


def _table(b: flatbuffers.Builder, table: str, **fields: Any) -> int:
    """Write a table with the given fields; offsets must have been made before."""
    module = importlib.import_module(f"tflite.{table}")
    module.Start(b)
    for name, value in fields.items():
        add = getattr(module, f"Add{_camel(name)}", None)
        assert add is not None, f"{table} has no field {name}"
        add(b, value)
    return int(module.End(b))


def _bytes(b: flatbuffers.Builder, data: bytes, align: int = 1) -> int:
    b.StartVector(1, len(data), align)
    b.head -= len(data)
    b.Bytes[b.head : b.head + len(data)] = data
    return int(b.EndVector())


def _int32s(b: flatbuffers.Builder, values: Iterable[int]) -> int:
    return int(b.CreateNumpyVector(np.array(list(values), np.int32)))


def _offsets(b: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return int(b.EndVector())


def _buffer(b: flatbuffers.Builder, data: bytes) -> int:
    return _table(b, "Buffer", data=_bytes(b, data, _BUFFER_ALIGN_BYTES)) if data else _table(b, "Buffer")


def _tensor(b: flatbuffers.Builder, t: _Tensor, buffer: int) -> int:
    fields: dict[str, Any] = {
        "shape": _int32s(b, t.shape),
        "type": getattr(tflite.TensorType, t.dtype.upper()),
        "buffer": buffer,
        "name": b.CreateString(t.name),
        "is_variable": t.is_variable,
        "has_rank": True,
    }
    if t.scales:
        fields["quantization"] = _table(
            b,
            "QuantizationParameters",
            scale=b.CreateNumpyVector(np.array(t.scales, np.float32)),
            zero_point=b.CreateNumpyVector(np.array(t.zero_points, np.int64)),
            quantized_dimension=t.axis,
        )
    if t.shape_signature is not None:
        fields["shape_signature"] = _int32s(b, t.shape_signature)
    return _table(b, "Tensor", **fields)


def _code(b: flatbuffers.Builder, name: str, version: int) -> int:
    custom = tflite.BuiltinOperator.CUSTOM
    builtin = getattr(tflite.BuiltinOperator, name, custom)
    fields: dict[str, Any] = {
        "deprecated_builtin_code": min(builtin, tflite.BuiltinOperator.PLACEHOLDER_FOR_GREATER_OP_CODES),
        "builtin_code": builtin,
        "version": version,
    }
    if builtin == custom:
        fields["custom_code"] = b.CreateString(name)
    return _table(b, "OperatorCode", **fields)


def _options_table(operator: str) -> str | None:
    """Name of the operator's options table, None when it has none."""
    wanted = _OPTIONS.get(operator, operator.replace("_", "") + "Options").lower()
    return next((name for name in vars(tflite.BuiltinOptions) if name.lower() == wanted), None)


def _option_value(b: flatbuffers.Builder, name: str, value: Any) -> Any:
    if isinstance(value, str):
        return getattr(_ENUMS[name], value) if name in _ENUMS else b.CreateString(value)
    if isinstance(value, (list, tuple)):
        return _int32s(b, value)
    return value


def _operator(b: flatbuffers.Builder, op: _Operator, name: str) -> int:
    fields: dict[str, Any] = {
        "opcode_index": op.code,
        "inputs": _int32s(b, op.inputs),
        "outputs": _int32s(b, op.outputs),
    }
    if op.intermediates:
        fields["intermediates"] = _int32s(b, op.intermediates)
    table = _options_table(name)
    assert table is not None or not op.options, f"{name} has no options"
    if table is not None:
        options = {key: _option_value(b, key, value) for key, value in op.options.items()}
        fields["builtin_options_type"] = getattr(tflite.BuiltinOptions, table)
        fields["builtin_options"] = _table(b, table, **options)
    if op.custom_options:
        fields["custom_options"] = _bytes(b, op.custom_options)
    return _table(b, "Operator", **fields)
