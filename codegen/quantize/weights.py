"""Weights and biases as integers.

Each output channel has a scale: the largest weight is the largest integer.  It is coarser where a sum of products and
the bias could leave 32 bits, as weights of 16 bits or tiny ones beside a bias would let it.
"""

from __future__ import annotations

import numpy as np

from codegen.ir import Array, DType, Quantization, Tensor, ops

Linear = ops.Conv2D | ops.DepthwiseConv2D | ops.FullyConnected | ops.TransposeConv

SUM_LIMIT = 2.0**30
"""Of the magnitude of a sum, in units of one product of numbers: a spare bit makes requantisation short."""
FINEST = 2.0**-30
"""Of a product, in units of the output: a finer one would be shifted out."""
REACH = 255
"""The largest difference of an int8 number from its zero point."""
SHORT = 127
"""The largest number of 8 bits."""
TYPES = {8: DType.INT8, 16: DType.INT16}


def up_to_power(scales: Array | float) -> Array:
    """The power of two that is as large as each scale, or larger."""
    powers: Array = np.exp2(np.ceil(np.log2(scales)))
    return powers


def integer_parameters(
    op: Linear, x: Quantization, y: Quantization, bits: int, *, powers: bool = False
) -> list[Tensor | None] | None:
    """The weights and the bias of an int8 layer, for its input and output scales; None where no scale would do.

    Args:
        op: the float layer; weights that are int8 already (hybrid layers) stay as they are.
        x: of the input.
        y: of the output.
        bits: 8, or 16 for weights as fine as 32-bit sums let them be.
        powers: scales are powers of two, biases 8 bits and a shift to the left; both are one for all outputs of a
            matrix product.
    """
    bias = None if op.bias is None else op.bias.value.reshape(-1).astype(np.float64)
    weights = op.weights if op.is_hybrid else _weights(op, bias, x.scale, y.scale, bits, powers=powers)
    if weights is None or weights.quant is None:
        return None
    if op.bias is None or bias is None:
        return [weights, None]
    products = np.float64(x.scale) * np.array(weights.quant.scales)
    numbers = _short(bias / products, op) if powers else np.rint(bias / products)
    if not (np.abs(numbers) < SUM_LIMIT).all():
        return None
    quant = Quantization(tuple(map(float, products)), (0,) * len(products), 0 if len(products) > 1 else None)
    return [weights, Tensor(op.bias.name, numbers.shape, DType.INT32, quant, numbers.astype(np.int32))]


def _short(numbers: Array, op: Linear) -> Array:
    """Rounded to 8 bits and a shift to the left."""
    units = np.maximum(up_to_power(np.maximum(np.abs(numbers), 1) / SHORT), 1)
    if isinstance(op, ops.FullyConnected):
        units = np.full_like(units, units.max(initial=1))
    rounded: Array = np.rint(numbers / units) * units
    return rounded


def _weights(op: Linear, bias: Array | None, x: float, y: float, bits: int, *, powers: bool) -> Tensor | None:
    """Float weights, rounded; each channel to its own scale."""
    axis, shape = op.channel_axis, op.weights.shape
    rows = np.moveaxis(op.weights.value.astype(np.float64), axis, 0).reshape(shape[axis], -1)
    scales = _scales(np.abs(rows), np.zeros(len(rows)) if bias is None else np.abs(bias), x, y, bits)
    if powers:
        scales = up_to_power(scales)
        if isinstance(op, ops.FullyConnected):
            scales = np.full_like(scales, scales.max())
    if not np.isfinite(scales).all():
        return None
    limit = 2 ** (bits - 1) - 1
    by_axis = scales.reshape([-1 if i == axis else 1 for i in range(len(shape))])
    numbers = np.clip(np.rint(op.weights.value / by_axis.astype(np.float64)), -limit, limit)
    quant = Quantization(tuple(map(float, scales)), (0,) * len(scales), axis)
    dtype = TYPES[bits]
    return Tensor(op.weights.name, shape, dtype, quant, numbers.astype(dtype.numpy))


def _scales(weights: Array, bias: Array, x: float, y: float, bits: int) -> Array:
    """The scale of each row of weights, float32; from magnitudes."""
    largest = weights.max(axis=1, initial=0) / (2 ** (bits - 1) - 1)
    rounded = weights.shape[1] * REACH / 2
    summed = (weights.sum(axis=1) * REACH + bias / x) / (SUM_LIMIT - rounded)
    scales: Array = np.maximum(np.maximum(largest, summed), y / x * FINEST).astype(np.float32)
    return scales
