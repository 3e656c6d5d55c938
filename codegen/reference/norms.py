"""Norms over the last axis; integers in fixed point, as TFLite's reference kernels compute them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array
from codegen.ir.ops import L2Norm, LogSoftmax
from codegen.reference import exponential, parameters
from codegen.reference.fixed_point import int64, multiply_double_rounding, rounding_shift_right
from codegen.reference.inverse_root import inverse_root

SMALLEST_NORM = 1e-6
"""L2_NORMALIZATION of float32 divides by no less."""
SUM_INTEGER_BITS = 12
OUTPUT_SHIFT = 22
"""From Q5.26 to sixteenths."""


def log_softmax(op: LogSoftmax, inputs: Sequence[Any]) -> list[Array]:
    """LOG_SOFTMAX of bytes: differences to the row's maximum less the logarithm of the sum of their exponentials."""
    p = parameters.log_softmax(op)
    difference = int64(inputs[0]) - int64(inputs[0]).max(axis=-1, keepdims=True)
    counts = difference >= p.diff_min
    scaled = multiply_double_rounding(np.where(counts, difference, 0), p.multiplier, p.left_shift)
    exps = exponential.exp_on_negative(scaled, parameters.SOFTMAX_INTEGER_BITS)
    total = np.where(counts, rounding_shift_right(exps, SUM_INTEGER_BITS), 0).sum(axis=-1, keepdims=True)
    low, high = op.y.dtype.limits
    raw = rounding_shift_right(scaled - exponential.log_of_sum(total), OUTPUT_SHIFT) + high
    return [np.where(counts, np.clip(raw, low, high), low)]


def log_softmax_f32(_op: LogSoftmax, inputs: Sequence[Any]) -> list[Array]:
    """LOG_SOFTMAX of float32."""
    x = inputs[0].astype(np.float64)
    shifted = x - x.max(axis=-1, keepdims=True)
    return [(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))).astype(np.float32)]


def l2_norm(op: L2Norm, inputs: Sequence[Any]) -> list[Array]:
    """L2_NORMALIZATION of int8: in steps of 1/128."""
    zero = op.x.quant.zero_point if op.x.quant else 0
    x = int64(inputs[0]) - zero
    multiplier, shift = inverse_root((x * x).sum(axis=-1, keepdims=True))
    return [np.clip(multiply_double_rounding(x, multiplier, shift + 7), *op.y.dtype.limits)]


def l2_norm_u8(op: L2Norm, inputs: Sequence[Any]) -> list[Array]:
    """L2_NORMALIZATION of uint8: as of int8, but 128 times x is scaled, which rounds finer."""
    zero = op.x.quant.zero_point if op.x.quant else 0
    x = int64(inputs[0]) - zero
    multiplier, shift = inverse_root((x * x).sum(axis=-1, keepdims=True))
    return [np.clip(multiply_double_rounding(128 * x, multiplier, shift) + 128, *op.y.dtype.limits)]


def l2_norm_f32(_op: L2Norm, inputs: Sequence[Any]) -> list[Array]:
    """L2_NORMALIZATION of float32."""
    x = inputs[0].astype(np.float64)
    root = np.sqrt((x * x).sum(axis=-1, keepdims=True))
    return [(x / np.maximum(root, SMALLEST_NORM)).astype(np.float32)]


MEANINGS: Mapping[Any, Any] = {LogSoftmax: log_softmax, L2Norm: l2_norm}
UINT8_MEANINGS: Mapping[Any, Any] = {L2Norm: l2_norm_u8}
FLOAT_MEANINGS: Mapping[Any, Any] = {LogSoftmax: log_softmax_f32, L2Norm: l2_norm_f32}
