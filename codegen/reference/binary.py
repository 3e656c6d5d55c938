"""Element-wise operators of two operands.

Quantised operands follow TFLite's integer kernels; int32, int64 and float32 (constant subgraphs)
are computed as what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array
from codegen.ir.constraints import QUANTIZED_TYPES
from codegen.ir.ops import Add, Binary, Maximum, Minimum, Mul, Sub
from codegen.reference import parameters
from codegen.reference.fixed_point import int64, multiply_double_rounding, wrap32

PLAIN: Mapping[type[Binary], Callable[[Array, Array], Array]] = {
    Add: np.add,
    Sub: np.subtract,
    Mul: np.multiply,
    Maximum: np.maximum,
    Minimum: np.minimum,
}


def add_sub(op: Add | Sub, inputs: Sequence[Any]) -> list[Array]:
    """ADD and SUB: both operands to one common scale, then to the output's."""
    a, b = inputs
    if op.y.dtype not in QUANTIZED_TYPES:
        return plain(op, inputs)
    p = parameters.add_sub(op)
    scaled_a = multiply_double_rounding((int64(a) - p.a_zero) << p.left_shift, p.a_multiplier, p.a_shift)
    scaled_b = multiply_double_rounding((int64(b) - p.b_zero) << p.left_shift, p.b_multiplier, p.b_shift)
    raw = multiply_double_rounding(wrap32(scaled_a + p.sign * scaled_b), p.y_multiplier, p.y_shift)
    return [np.clip(raw + p.y_zero, p.low, p.high)]


def mul(op: Mul, inputs: Sequence[Any]) -> list[Array]:
    """MUL: the product of the centred operands, to the output's scale."""
    if op.y.dtype not in QUANTIZED_TYPES:
        return plain(op, inputs)
    p = parameters.mul(op)
    product = (int64(inputs[0]) - p.a_zero) * (int64(inputs[1]) - p.b_zero)
    raw = multiply_double_rounding(product, p.multiplier, p.shift)
    return [np.clip(raw + p.y_zero, p.low, p.high)]


def plain(op: Binary, inputs: Sequence[Any]) -> list[Array]:
    """The operator on the stored numbers; MAXIMUM and MINIMUM of TFLite ignore quantisation altogether."""
    low, high = (None if v is None else op.y.dtype.numpy.type(v) for v in op.activation.value)
    with np.errstate(all="ignore"):
        y = PLAIN[type(op)](*inputs)
    return [y if low is None and high is None else np.clip(y, low, high)]


MEANINGS: Mapping[Any, Any] = {Add: add_sub, Sub: add_sub, Mul: mul, Maximum: plain, Minimum: plain}
