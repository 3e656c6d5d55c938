"""Tensors of a TFLite file as tensors of the IR: types, shapes, quantisation, constants, all checked."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from codegen.frontends import shapes
from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.schema import FileTensor
from codegen.ir import Array, DType, Quantization, Tensor
from codegen.ir.constraints import QUANTIZED_TYPES

MAX_SCALE = 1e30
"""Real values stay far inside float32."""

FIXED_SHAPE = "Convert the model with a fixed input shape (batch 1)."
INT8_CURE = (
    "Quantise the model to int8: post-training full-integer quantisation with a representative dataset "
    "(supported_ops = [TFLITE_BUILTINS_INT8])."
)
TYPE_CURES = {
    DType.FLOAT32: INT8_CURE,
    DType.UINT8: "Convert the model again with TensorFlow 2: its int8 quantisation replaces the old uint8 one.",
    DType.INT16: "Quantise activations to int8, not to int16 (16x8).",
}
"""The way out for layers on other types than int8."""


def element_type(tensor: FileTensor) -> DType:
    """The element type.

    Raises:
        RefusedError: gen-c has no such type.
    """
    try:
        return DType(tensor.type.lower())
    except ValueError:
        reason = f"tensor {tensor.name!r} has element type {tensor.type}, which is not supported"
        cure = INT8_CURE if tensor.type.startswith("FLOAT") else ""
        raise RefusedError(reason, cure, ("type", tensor.type)) from None


def check_shape(name: str, shape: tuple[int, ...], dtype: DType) -> None:
    """Accept a static shape of bounded size.

    Raises:
        RefusedError: a dimension is not positive, or there are too many or too large ones.
    """
    shapes.check_shape(name, shape, dtype, FIXED_SHAPE)


def declared(tensor: FileTensor) -> Tensor:
    """A tensor that an operator writes, with the shape that the file claims (it will be inferred)."""
    dtype = element_type(tensor)
    if dtype is DType.FLOAT16:
        raise RefusedError(
            f"tensor {tensor.name!r} is computed in float16; only constants may be",
            "Convert with float16 weights and float32 activations (the default of float16 quantisation).",
            ("type", tensor.type),
        )
    quant = _quantization(tensor, dtype)
    if quant is not None and quant.per_channel:
        raise RefusedError(f"activation {tensor.name!r} is quantised per channel; only weights may be")
    return Tensor(tensor.name, tensor.shape, dtype, quant)


def model_input(tensor: FileTensor) -> Tensor:
    """A tensor that the user writes; a dynamic batch is 1.

    Raises:
        RefusedError: its type or shape is not supported, or another dimension than the first is dynamic.
    """
    shape, signature = tensor.shape, tensor.signature
    if len(signature) == len(shape) and -1 in signature[1:]:
        raise RefusedError(f"the shape of input {tensor.name!r} is dynamic: {list(signature)}", FIXED_SHAPE)
    if shape[:1] == (-1,):
        shape = (1, *shape[1:])
    result = declared(tensor)
    check_shape(tensor.name, shape, result.dtype)
    result.shape = shape
    return result


def constant(tensor: FileTensor) -> Tensor:
    """A tensor with data; parameters such as a scalar's shape may be empty.

    Raises:
        RefusedError: type, shape, size or quantisation are wrong.
    """
    if tensor.is_sparse:
        cure = "Convert the model without sparsity (no pruned, sparse-encoded weights)."
        raise RefusedError(f"constant {tensor.name!r} is stored in a sparse format", cure, "sparse")
    nibbles = tensor.type == "INT4"
    if nibbles:
        tensor = _unpacked(tensor)
    dtype = element_type(tensor)
    if 0 not in tensor.shape:
        check_shape(tensor.name, tensor.shape, dtype)
    quant = _quantization(tensor, dtype)
    return Tensor(tensor.name, tensor.shape, dtype, quant, _values(tensor, dtype), nibbles=nibbles)


def _unpacked(tensor: FileTensor) -> FileTensor:
    """A constant of int4, two to a byte, the first in the low half, as int8."""
    content = np.zeros(0, np.uint8) if tensor.content is None else tensor.content
    count = math.prod(tensor.shape)
    if min(tensor.shape, default=1) < 0 or len(content) != (count + 1) // 2:
        text = f"int4{list(tensor.shape)}"
        raise RefusedError(f"constant {tensor.name!r}, {text}, has {len(content)} bytes, not {(count + 1) // 2}")
    halves = np.stack([content << 4, content & 0xF0], axis=-1).reshape(-1)[:count].astype(np.uint8).view(np.int8)
    return replace(tensor, type="INT8", content=(halves >> 4).view(np.uint8))


def _values(tensor: FileTensor, dtype: DType) -> Array:
    content = np.zeros(0, np.uint8) if tensor.content is None else tensor.content
    size_bytes = math.prod(tensor.shape) * dtype.bytes
    if min(tensor.shape, default=1) < 0 or len(content) != size_bytes:
        text = f"{dtype.value}{list(tensor.shape)}"
        raise RefusedError(f"constant {tensor.name!r}, {text}, has {len(content)} bytes, not {size_bytes}")
    raw = np.frombuffer(content.tobytes(), dtype.numpy.newbyteorder("<") if dtype is not DType.BOOL else np.uint8)
    return raw.astype(dtype.numpy, copy=False).reshape(tensor.shape)


def _quantization(tensor: FileTensor, dtype: DType) -> Quantization | None:
    """Scales and zero points of int8, uint8 and int16, the scale of an int32 activation; others mean nothing."""
    count = len(tensor.scales)
    int32 = dtype is DType.INT32 and count == 1 and tensor.content is None
    if not (dtype in QUANTIZED_TYPES or int32) or not count:
        return None
    scales, zero_points = tensor.scales, tensor.zero_points
    if not (np.isfinite(scales).all() and (scales > 0).all() and (scales < MAX_SCALE).all()):
        raise RefusedError(f"tensor {tensor.name!r} has a scale that is not a positive number below {MAX_SCALE:g}")
    if len(zero_points) not in {0, 1, count}:
        raise RefusedError(f"tensor {tensor.name!r} has {count} scales and {len(zero_points)} zero points")
    low, high = dtype.limits
    if len(zero_points) and not low <= int(zero_points.min()) <= int(zero_points.max()) <= high:
        raise RefusedError(f"tensor {tensor.name!r} has a zero point outside {dtype.value}")
    zeros = np.broadcast_to(zero_points if len(zero_points) else np.int64(0), count).tolist()
    if count == 1:
        return Quantization((float(scales[0]),), (int(zeros[0]),))
    if not 0 <= tensor.axis < len(tensor.shape) or tensor.shape[tensor.axis] != count:
        where = f"axis {tensor.axis} of shape {list(tensor.shape)}"
        raise RefusedError(f"tensor {tensor.name!r} has {count} scales, which do not fit {where}")
    return Quantization(tuple(scales.tolist()), tuple(zeros), tensor.axis)
