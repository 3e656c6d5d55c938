"""What the patterns have in common: the conversions around a float operator, and operators checked before use."""

from __future__ import annotations

from typing import Any

import numpy as np

from codegen.ir import Array, DType, Operator, Quantization, Tensor
from codegen.ir.ops import Dequantize, Quantize
from codegen.passes.rewriter import Rewriter

GRID_TOLERANCE = 1e-5
"""How far, in steps, a constant may be from the number that it was stored as, relative to that number."""


def stored(tensor: Tensor, rewriter: Rewriter) -> Tensor | None:
    """The int8 numbers that a float tensor was made from by a Dequantize; of a constant those it was stored as."""
    if tensor.is_constant:
        return _stored_constant(tensor)
    producer = rewriter.producer(tensor)
    if isinstance(producer, Dequantize) and producer.x.dtype is DType.INT8 and not producer.x.is_constant:
        return producer.x
    return None


def _stored_constant(tensor: Tensor) -> Tensor | None:
    if len(set(tensor.steps)) != 1:
        return None
    numbers = on_grid(tensor.value, np.float32(tensor.steps[0]))
    if numbers is None or not tensor.size:
        return None
    low, high = int(numbers.min()), int(numbers.max())
    zero = 0 if low >= -128 and high <= 127 else -128 - low
    if high + zero > 127 or not -128 <= zero <= 127:
        return None
    quant = Quantization((float(tensor.steps[0]),), (zero,))
    return Tensor(tensor.name, tensor.shape, DType.INT8, quant, (numbers + zero).astype(np.int8))


def on_grid(values: Array, steps: Any) -> Array | None:
    """Floats as multiples of steps, int64; None where one is not a multiple."""
    if values.dtype != np.float32:
        return None
    real = values.astype(np.float64) / steps
    numbers = np.rint(real)
    near = np.abs(real - numbers) <= GRID_TOLERANCE * np.maximum(np.abs(numbers), 1)
    return numbers.astype(np.int64) if near.all() and (np.abs(numbers) < 2**15).all() else None


def between(op: Operator, rewriter: Rewriter) -> Operator | None:
    """The float operator whose only reader is the Quantize `op`, to int8."""
    if not isinstance(op, Quantize) or op.y.dtype is not DType.INT8 or op.x.dtype is not DType.FLOAT32:
        return None
    producer = rewriter.producer(op.x)
    if producer is None or len(producer.outputs) != 1 or not rewriter.feeds_only(op.x, op):
        return None
    return producer


def twin(op: Operator, inputs: list[Tensor | None], outputs: list[Tensor]) -> Operator:
    """The same operator on other tensors."""
    return type(op)(**{**vars(op), "inputs": inputs, "outputs": outputs})


def put(rewriter: Rewriter, quantize: Operator, *new: Operator) -> bool:
    """Let operators write what `quantize` did and take its float producer out, if all of them are supported."""
    if any(each.violations() for each in new):
        return False
    floating = rewriter.producer(quantize.x)
    assert floating is not None
    rewriter.replace(quantize, *new)
    rewriter.remove(floating)
    return True


def quantize(x: Tensor, y: Tensor, op: Operator) -> Quantize:
    """A conversion that `op` gives its name."""
    return Quantize(inputs=[x], outputs=[y], name=op.name, source=op.source)


def quantized_values(values: Array, quant: Quantization) -> Array:
    """Floats as int8, to nearest, ties to even, saturating: QuantizeLinear."""
    numbers = np.rint(values / np.float32(quant.scale)) + quant.zero_point
    return np.asarray(np.clip(np.nan_to_num(numbers, nan=quant.zero_point), -128, 127).astype(np.int8))
