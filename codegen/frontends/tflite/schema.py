"""The flatbuffer schema of TFLite behind plain dataclasses: the only module that imports `tflite`.

:func:`decode` reads untrusted bytes.  Offsets may point anywhere, so every read can fail or give
nonsense: reads outside the file become :class:`DamagedError` here, numbers are checked here
against the limits below, and what they mean is checked by those who use them.  No memory is taken
but what the file itself bounds: constants are views into it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import tflite

from codegen.ir import Array

SCHEMA_VERSION = 3
IDENTIFIER = b"TFL3"

MAX_ITEMS = 20_000
"""Most tensors, operators, buffers or operands of one operator that a file may have."""
MAX_OPERANDS = 200_000
"""Most operands of all operators together."""
MAX_RANK = 8
MAX_NAME = 80
"""Longer names are cut; they are labels."""

_EMPTY_TABLE = bytes((4, 0, 4, 0, 4, 0, 0, 0))
"""A flatbuffer table at position 4 that has no fields, so that every field has the schema's default."""


class DamagedError(Exception):
    """The bytes are not a valid TFLite file; the message says what was found."""


@dataclass(frozen=True, eq=False)
class FileTensor:
    """A tensor as the file has it.

    Attributes:
        name: printable, at most MAX_NAME characters.
        type: name of the element type ("INT8"), or its number when the schema does not know it.
        shape: as stored; -1 may stand for a dynamic dimension.
        signature: the shape with -1 where it is dynamic; empty when the file has none.
        content: bytes of a constant, as a view into the file; None for activations.
        scales: float32 quantisation scales; empty when not quantised.
        zero_points: as stored; may differ from `scales` in length.
        axis: quantised dimension, meaningful with several scales.
        is_variable: the tensor keeps its value between runs.
        is_sparse: the constant is stored in a sparse format.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    content: Array | None
    scales: Array
    zero_points: Array
    axis: int
    is_variable: bool
    is_sparse: bool


@dataclass(frozen=True, eq=False)
class FileOperator:
    """An operator as the file has it.

    Attributes:
        name: of the builtin operator ("CONV_2D"), or "CUSTOM".
        custom_name: of a custom operator; "" for builtin ones.
        custom_options: bytes that a custom operator brings.
        inputs: tensor indices, -1 where an optional input is missing; all within the file.
        outputs: tensor indices, all within the file.
        intermediates: tensor indices, -1 where one is missing; they say how a kernel quantises inside.
        options: fields of the options table by name, for the operators in OPTIONS.
    """

    name: str
    custom_name: str
    custom_options: bytes
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    intermediates: tuple[int, ...]
    options: dict[str, Any]

    @property
    def label(self) -> str:
        """The operator as messages name it."""
        return f"CUSTOM {self.custom_name!r}" if self.custom_name else self.name


@dataclass(frozen=True, eq=False)
class FileModel:
    """A subgraph of a file: the main one, which holds the others.

    Attributes:
        description: free text, printable.
        tensors: all of them, used or not.
        operators: in order of execution.
        inputs: tensor indices, all within the subgraph.
        outputs: tensor indices, all within the subgraph.
        others: the other subgraphs by number; only the main one has them.
    """

    description: str
    tensors: list[FileTensor]
    operators: list[FileOperator]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    others: dict[int, FileModel] = field(default_factory=dict)


_CONV = ("Padding", "StrideH", "StrideW", "DilationHFactor", "DilationWFactor", "FusedActivationFunction")
_POOL = ("Padding", "StrideH", "StrideW", "FilterHeight", "FilterWidth", "FusedActivationFunction")
_MASKS = ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask", "Offset")
_FUSED = ("FusedActivationFunction",)
_RESIZE = ("AlignCorners", "HalfPixelCenters")
_HYBRID = ("AsymmetricQuantizeInputs", *_FUSED)
_CLIPS = ("CellClip", "ProjClip", *_HYBRID)
_LSTM = ("TimeMajor", *_CLIPS)

_REDUCED = ("KeepDims",)

OPTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ADD": ("AddOptions", ("PotScaleInt16", *_FUSED)),
    "ARG_MAX": ("ArgMaxOptions", ("OutputType",)),
    "ARG_MIN": ("ArgMinOptions", ("OutputType",)),
    "AVERAGE_POOL_2D": ("Pool2DOptions", _POOL),
    "BATCH_MATMUL": ("BatchMatMulOptions", ("AdjX", "AdjY", "AsymmetricQuantizeInputs")),
    "BIDIRECTIONAL_SEQUENCE_LSTM": ("BidirectionalSequenceLSTMOptions", ("MergeOutputs", *_LSTM)),
    "CALL_ONCE": ("CallOnceOptions", ("InitSubgraphIndex",)),
    "CONCATENATION": ("ConcatenationOptions", ("Axis", *_FUSED)),
    "CONV_2D": ("Conv2DOptions", _CONV),
    "CUMSUM": ("CumsumOptions", ("Exclusive", "Reverse")),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2DOptions", _CONV),
    "DEPTH_TO_SPACE": ("DepthToSpaceOptions", ("BlockSize",)),
    "DIV": ("DivOptions", _FUSED),
    "FULLY_CONNECTED": ("FullyConnectedOptions", ("WeightsFormat", "KeepNumDims", *_HYBRID)),
    "GATHER": ("GatherOptions", ("Axis", "BatchDims")),
    "L2_NORMALIZATION": ("L2NormOptions", _FUSED),
    "L2_POOL_2D": ("Pool2DOptions", _POOL),
    "LEAKY_RELU": ("LeakyReluOptions", ("Alpha",)),
    "LSTM": ("LSTMOptions", ("KernelType", *_CLIPS)),
    "MAX_POOL_2D": ("Pool2DOptions", _POOL),
    "MEAN": ("ReducerOptions", ("KeepDims",)),
    "MIRROR_PAD": ("MirrorPadOptions", ("Mode",)),
    "MUL": ("MulOptions", _FUSED),
    "PACK": ("PackOptions", ("ValuesCount", "Axis")),
    "REDUCE_ALL": ("ReducerOptions", _REDUCED),
    "REDUCE_ANY": ("ReducerOptions", _REDUCED),
    "REDUCE_MAX": ("ReducerOptions", _REDUCED),
    "REDUCE_MIN": ("ReducerOptions", _REDUCED),
    "REDUCE_PROD": ("ReducerOptions", _REDUCED),
    "RESHAPE": ("ReshapeOptions", ("NewShape",)),
    "RESIZE_BILINEAR": ("ResizeBilinearOptions", _RESIZE),
    "RESIZE_NEAREST_NEIGHBOR": ("ResizeNearestNeighborOptions", _RESIZE),
    "RNN": ("RNNOptions", _HYBRID),
    "SHAPE": ("ShapeOptions", ("OutType",)),
    "SOFTMAX": ("SoftmaxOptions", ("Beta",)),
    "SPACE_TO_DEPTH": ("SpaceToDepthOptions", ("BlockSize",)),
    "SPLIT": ("SplitOptions", ("NumSplits",)),
    "SPLIT_V": ("SplitVOptions", ("NumSplits",)),
    "SQUEEZE": ("SqueezeOptions", ("SqueezeDims",)),
    "STRIDED_SLICE": ("StridedSliceOptions", _MASKS),
    "SUB": ("SubOptions", ("PotScaleInt16", *_FUSED)),
    "SUM": ("ReducerOptions", _REDUCED),
    "SVDF": ("SVDFOptions", ("Rank", *_HYBRID)),
    "TRANSPOSE_CONV": ("TransposeConvOptions", ("Padding", "StrideH", "StrideW", *_FUSED)),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (
        "UnidirectionalSequenceLSTMOptions",
        (*_LSTM, "DiagonalRecurrentTensors"),
    ),
    "UNIDIRECTIONAL_SEQUENCE_RNN": ("SequenceRNNOptions", ("TimeMajor", *_HYBRID)),
    "UNPACK": ("UnpackOptions", ("Num", "Axis")),
    "VAR_HANDLE": ("VarHandleOptions", ("Container", "SharedName")),
}
"""Options table of each operator that has one, and its fields that gen-c reads."""


def _names(enum: type[Any]) -> dict[int, str]:
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


_OPERATOR_NAMES = _names(tflite.BuiltinOperator)
_TYPE_NAMES = _names(tflite.TensorType)
_OPTIONS_NAMES = _names(tflite.BuiltinOptions)
_FIELD_NAMES = {
    "Padding": _names(tflite.Padding),
    "Mode": _names(tflite.MirrorPadMode),
    "FusedActivationFunction": _names(tflite.ActivationFunctionType),
    "WeightsFormat": _names(tflite.FullyConnectedOptionsWeightsFormat),
    "OutType": _TYPE_NAMES,
    "KernelType": _names(tflite.LSTMKernelType),
}
"""Option fields whose number is a name."""

_READ_ERRORS = (struct.error, ValueError, IndexError, OverflowError, TypeError, MemoryError, RecursionError)
"""What flatbuffers raises when an offset leads outside the file."""


def decode(data: bytes) -> FileModel:
    """Read a TFLite file.

    Raises:
        DamagedError: it is not one, or it is damaged.
    """
    if data[4:8] != IDENTIFIER:
        raise DamagedError("it does not have the identifier TFL3")
    try:
        return _model(data)
    except _READ_ERRORS as error:
        raise DamagedError("an offset in it leads outside the file") from error


def _model(data: bytes) -> FileModel:
    model = tflite.Model.GetRootAs(data)
    if model.Version() != SCHEMA_VERSION:
        raise DamagedError(f"its schema version is {model.Version()}, not {SCHEMA_VERSION}")
    if model.SubgraphsLength() < 1:
        raise DamagedError("it has no subgraph")
    buffers = [_buffer(data, b) for b in _tables("buffers", model.BuffersLength(), model.Buffers)]
    codes = [_code(c) for c in _tables("operator codes", model.OperatorCodesLength(), model.OperatorCodes)]
    graphs = list(_tables("subgraphs", model.SubgraphsLength(), model.Subgraphs))
    if sum(g.TensorsLength() + g.OperatorsLength() for g in graphs[1:]) > MAX_ITEMS:
        raise DamagedError(f"its subgraphs behind the main one have more than {MAX_ITEMS} tensors and operators")
    main, *others = (_subgraph(g, text(model.Description()), buffers, codes) for g in graphs)
    if sum(len(op.inputs) + len(op.outputs) for g in (main, *others) for op in g.operators) > MAX_OPERANDS:
        raise DamagedError(f"its operators have more than {MAX_OPERANDS} operands")
    return replace(main, others=dict(enumerate(others, 1)))


def _subgraph(graph: Any, description: str, buffers: list[Array | None], codes: list[tuple[str, str]]) -> FileModel:
    tensors = [_tensor(t, buffers) for t in _tables("tensors", graph.TensorsLength(), graph.Tensors)]
    operators = [
        _operator(op, codes, len(tensors)) for op in _tables("operators", graph.OperatorsLength(), graph.Operators)
    ]
    return FileModel(
        description=description,
        tensors=tensors,
        operators=operators,
        inputs=_indices("model inputs", graph.InputsAsNumpy(), 0, len(tensors)),
        outputs=_indices("model outputs", graph.OutputsAsNumpy(), 0, len(tensors)),
    )


def _tables(what: str, count: int, get: Callable[[int], Any]) -> Iterator[Any]:
    if count > MAX_ITEMS:
        raise DamagedError(f"it claims to have {count} {what}")
    return (get(i) for i in range(count))


def _vector(value: Any) -> Array:
    """A vector as flatbuffers gives it: a view, or the number 0 when it is missing."""
    return value if isinstance(value, np.ndarray) else np.zeros(0, np.int64)


def _indices(what: str, value: Any, low: int, count: int) -> tuple[int, ...]:
    vector = _vector(value)
    if len(vector) > MAX_ITEMS:
        raise DamagedError(f"it claims to have {len(vector)} {what}")
    if len(vector) and not low <= int(vector.min()) <= int(vector.max()) < count:
        raise DamagedError(f"{what} name a tensor that does not exist")
    return tuple(vector.tolist())


def text(raw: bytes | None) -> str:
    """A string of the file, made printable and of bounded length."""
    text = (raw or b"")[: 4 * MAX_NAME].decode("utf-8", "backslashreplace")
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 3] + "..."


def _buffer(data: bytes, buffer: Any) -> Array | None:
    """Bytes of a buffer, inside the flatbuffer or (in files above 2 GB) behind it; None when there are none."""
    start, size = buffer.Offset(), buffer.Size()
    if start > 1:
        if start + size > len(data):
            raise DamagedError(f"a constant of {size} bytes at {start} lies outside the file")
        return np.frombuffer(data, np.uint8, size, start)
    content = _vector(buffer.DataAsNumpy())
    return content if len(content) else None


def _code(code: Any) -> tuple[str, str]:
    """Name of an operator code, and the custom name."""
    number = max(code.DeprecatedBuiltinCode(), code.BuiltinCode())
    name = _OPERATOR_NAMES.get(number, f"number {number} of a newer schema")
    return name, (text(code.CustomCode()) or "without a name") if name == "CUSTOM" else ""


def _dims(vector: Array) -> tuple[int, ...]:
    if len(vector) > MAX_RANK:
        raise DamagedError(f"a tensor has rank {len(vector)}; the limit is {MAX_RANK}")
    return tuple(vector.tolist())


def _tensor(tensor: Any, buffers: list[Array | None]) -> FileTensor:
    buffer, quant, type_number = tensor.Buffer(), tensor.Quantization(), tensor.Type()
    if buffer >= max(len(buffers), 1):
        raise DamagedError(f"a tensor names buffer {buffer} of {len(buffers)}")
    return FileTensor(
        name=text(tensor.Name()),
        type=_TYPE_NAMES.get(type_number, f"type {type_number}"),
        shape=_dims(_vector(tensor.ShapeAsNumpy())),
        signature=_dims(_vector(tensor.ShapeSignatureAsNumpy())),
        content=buffers[buffer] if buffers else None,
        scales=_vector(quant.ScaleAsNumpy() if quant else None),
        zero_points=_vector(quant.ZeroPointAsNumpy() if quant else None),
        axis=quant.QuantizedDimension() if quant else 0,
        is_variable=tensor.IsVariable(),
        is_sparse=tensor.Sparsity() is not None,
    )


def _operator(op: Any, codes: list[tuple[str, str]], tensor_count: int) -> FileOperator:
    if op.OpcodeIndex() >= len(codes):
        raise DamagedError(f"an operator has code {op.OpcodeIndex()} of {len(codes)}")
    name, custom_name = codes[op.OpcodeIndex()]
    return FileOperator(
        name=name,
        custom_name=custom_name,
        custom_options=_vector(op.CustomOptionsAsNumpy()).astype(np.uint8).tobytes(),
        inputs=_indices("operator inputs", op.InputsAsNumpy(), -1, tensor_count),
        outputs=_indices("operator outputs", op.OutputsAsNumpy(), 0, tensor_count),
        intermediates=_indices("operator intermediates", op.IntermediatesAsNumpy(), -1, tensor_count),
        options=_options(op, name),
    )


def _options(op: Any, name: str) -> dict[str, Any]:
    """The options gen-c reads of an operator; the schema's defaults when the file has none."""
    if name not in OPTIONS:
        return {}
    table_name, fields = OPTIONS[name]
    options = getattr(tflite, table_name)()
    options.Init(_EMPTY_TABLE, 4)
    source = op.BuiltinOptions()
    if source is not None and op.BuiltinOptionsType():
        found = _OPTIONS_NAMES.get(op.BuiltinOptionsType())
        if found != table_name:
            raise DamagedError(f"an operator {name} carries {found or 'unknown options'}")
        options.Init(source.Bytes, source.Pos)
    return {field: _field(options, field) for field in fields}


def _field(options: Any, field: str) -> Any:
    if hasattr(options, f"{field}AsNumpy"):
        return _dims(_vector(getattr(options, f"{field}AsNumpy")()))
    value = getattr(options, field)()
    return _FIELD_NAMES[field].get(value, f"number {value}") if field in _FIELD_NAMES else value
