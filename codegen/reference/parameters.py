"""The integer parameters of each operator, exactly as TFLite's Prepare functions compute them.

The numpy meaning and every back-end take their numbers from here.  TFLite holds scales as float32
and combines them now in float32, now in double, operator by operator; `np.float32` and Python floats
follow it, and tests/reference measures each choice against the real interpreter.

Multipliers and shifts are as in fixed_point.py: factor = multiplier * 2**(shift - 31).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.ir import Activation, Array, DType, Quantization, Tensor
from codegen.ir.ops import (
    Add,
    Binary,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    HardSwish,
    LeakyRelu,
    Logistic,
    LogSoftmax,
    Mean,
    Pool2D,
    PRelu,
    Quantize,
    Relu,
    Relu6,
    ReluN1To1,
    Resize,
    Softmax,
    Sub,
    Tanh,
    TransposeConv,
)
from codegen.reference.exact_multiplier import exact_multiplier
from codegen.reference.fixed_point import quantize_multiplier, round_half_away

SOFTMAX_INTEGER_BITS = 5
RESIZE_FRACTION_BITS = 10


def _quant(tensor: Tensor) -> Quantization:
    assert tensor.quant is not None, f"{tensor.name} has no quantisation"
    return tensor.quant


def _scale(tensor: Tensor) -> float:
    return _quant(tensor).scale


def _zero(tensor: Tensor) -> int:
    return _quant(tensor).zero_point


def clamp_range(activation: Activation, quant: Quantization | None, dtype: DType) -> tuple[int, int]:
    """Smallest and largest quantised value of a fused activation (CalculateActivationRangeQuantized).

    The bounds are divided by the scale in float32 and rounded, ties away from zero.
    """
    lowest, highest = dtype.limits
    low, high = activation.value
    if quant is None:
        assert activation is Activation.NONE
        return lowest, highest

    def quantized(real: float) -> int:
        return quant.zero_point + round_half_away(float(np.float32(real) / np.float32(quant.scale)))

    return (
        lowest if low is None else max(lowest, quantized(low)),
        highest if high is None else min(highest, quantized(high)),
    )


@dataclass(frozen=True, eq=False)
class LinearParams:
    """Convolutions and matrix products; y = clamp(y_zero + requantize(bias + sum((x - x_zero) * w))).

    Attributes:
        bias: int64 [O], zeros when the operator has none; the input offset is not folded in.
        multiplier: int32 [O].
        shift: int32 [O], positive to the left.
        x_zero: zero point of the input, also the value of padding.
        y_zero: zero point of the output.
        low: smallest output.
        high: largest output.
        single_rounding: one 64-bit multiply, add half, shift; else doubling high multiply and rounding shift.
        wide: the accumulator has 64 bits and is scaled by fixed_point.multiply_wide (int16 with an int64 bias).
        w_zero: zero point of the weights, 0 unless they are uint8.
        factor: float64 [O], where the accumulator is multiplied by it in double and rounded, ties away from zero
            (int16 FULLY_CONNECTED): multiplier and shift do not matter then.
    """

    bias: npt.NDArray[np.int64]
    multiplier: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int32]
    x_zero: int
    y_zero: int
    low: int
    high: int
    single_rounding: bool
    wide: bool = False
    w_zero: int = 0
    factor: npt.NDArray[np.float64] | None = None


def linear(op: Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv) -> LinearParams:
    """Parameters of a layer with weights; factors are computed in double, of the products of scale_products.

    Convolutions are rounded twice, in TFLite and TFLM.  TFLite's reference FULLY_CONNECTED computes
    round(acc * factor) in double: here a single rounding whose multiplier makes it equal for every
    accumulator of this layer (exact_multiplier.py).  TFLM rounds it twice, like a convolution.
    """
    channels = op.y.shape[-1]
    y_zero, y_scale = _zero(op.y), _scale(op.y)
    low, high = clamp_range(op.activation, op.y.quant, op.y.dtype)
    bias = np.zeros(channels, np.int64) if op.bias is None else op.bias.value.reshape(-1).astype(np.int64)
    factors = [product / y_scale for product in scale_products(op)]
    once = isinstance(op, FullyConnected) and op.x.dtype is not DType.INT16
    wide = op.x.dtype is DType.INT16 and (op.bias is None or op.bias.dtype is DType.INT64)
    real = None
    if isinstance(op, FullyConnected) and not once:
        real = np.array(factors * (channels // len(factors)))
    if once:
        reach = _reach(op, bias).reshape(len(factors), -1).max(axis=1)
        pairs = [exact_multiplier(f, int(r), low - y_zero, high - y_zero) for f, r in zip(factors, reach, strict=True)]
    else:
        pairs = [quantize_multiplier(factor) for factor in factors]
    multiplier, shift = np.array(pairs * (channels // len(pairs)), np.int32).T
    w_zero = _quant(op.weights).zero_points[0] if op.weights.dtype is DType.UINT8 else 0
    return LinearParams(bias, multiplier.copy(), shift.copy(), _zero(op.x), y_zero, low, high, once, wide, w_zero, real)


def scale_products(op: Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv) -> list[float]:
    """The input's scale times each scale of the weights, in double; uint8 convolutions round the product to float32."""
    products = [_scale(op.x) * scale for scale in _quant(op.weights).scales]
    if op.x.dtype is DType.UINT8 and not isinstance(op, FullyConnected):
        return [float(np.float32(product)) for product in products]
    return products


def _reach(
    op: Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv, bias: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Largest magnitude of each output channel's accumulator, over all inputs; weights [O, K]."""
    weights = op.weights.value.astype(np.int64) - _quant(op.weights).zero_points[0]
    ends = [weights * (limit - _zero(op.x)) for limit in op.x.dtype.limits]
    largest, smallest = np.maximum(*ends).sum(axis=1) + bias, np.minimum(*ends).sum(axis=1) + bias
    return np.asarray(np.minimum(np.maximum(np.abs(largest), np.abs(smallest)), 2**31 - 1))


@dataclass(frozen=True)
class AddParams:
    """ADD and SUB.

    a' = (a - a_zero) << left_shift, times (a_multiplier, a_shift); b' likewise;
    y = clamp(y_zero + (a' + sign * b') times (y_multiplier, y_shift)); all double rounding.
    """

    left_shift: int
    a_zero: int
    a_multiplier: int
    a_shift: int
    b_zero: int
    b_multiplier: int
    b_shift: int
    sign: int
    y_zero: int
    y_multiplier: int
    y_shift: int
    low: int
    high: int


def _is_power(scale: float) -> bool:
    """Whether a scale is a power of two (CheckedLog2)."""
    octave = math.log2(scale)
    return abs(octave - round(octave)) < 1e-3


def add_sub(op: Add | Sub) -> AddParams:
    """Parameters of ADD and SUB; the scales are combined in double (TFLM does it in float32 for SUB).

    Int16 operands whose scales are powers of two are only shifted, each rounded by itself; the sum saturates.
    """
    left_shift = 20 if op.y.dtype is not DType.INT16 else 15
    a, b, y = _scale(op.x), _scale(op.other), _scale(op.y)
    low, high = clamp_range(op.activation, op.y.quant, op.y.dtype)
    sign = -1 if isinstance(op, Sub) else 1
    if op.y.dtype is DType.INT16 and op.power_scales and all(_is_power(scale) for scale in (a, b, y)):
        right = [round(math.log2(scale / y)) for scale in (a, b)]
        return AddParams(1, 0, 2**30, right[0], 0, 2**30, right[1], sign, 0, 2**30, 1, low, high)
    twice = 2 * max(a, b)
    factors = [a / twice, b / twice, twice / (2**left_shift * y)]
    (am, ash), (bm, bsh), (ym, ysh) = map(quantize_multiplier, factors)
    return AddParams(left_shift, _zero(op.x), am, ash, _zero(op.other), bm, bsh, sign, _zero(op.y), ym, ysh, low, high)


@dataclass(frozen=True)
class MulParams:
    """MUL: y = clamp(y_zero + ((a - a_zero) * (b - b_zero)) times (multiplier, shift)); double rounding."""

    a_zero: int
    b_zero: int
    multiplier: int
    shift: int
    y_zero: int
    low: int
    high: int


def mul(op: Binary) -> MulParams:
    """Parameters of MUL; the factor is computed in float32 (TFLM does it in double)."""
    factor = np.float32(_scale(op.x)) * np.float32(_scale(op.other)) / np.float32(_scale(op.y))
    multiplier, shift = quantize_multiplier(float(factor))
    low, high = clamp_range(op.activation, op.y.quant, op.y.dtype)
    return MulParams(_zero(op.x), _zero(op.other), multiplier, shift, _zero(op.y), low, high)


@dataclass(frozen=True)
class ClampParams:
    """What pools, maximum and minimum need: y = clamp(value)."""

    low: int
    high: int


def pool(op: Pool2D) -> ClampParams:
    """Clamp of AVERAGE_POOL_2D and MAX_POOL_2D."""
    return ClampParams(*clamp_range(op.activation, op.y.quant, op.y.dtype))


average_pool = max_pool = pool


def min_max(op: Binary) -> ClampParams:
    """Clamp of MAXIMUM and MINIMUM: none, these have no fused activation."""
    return ClampParams(*op.y.dtype.limits)


@dataclass(frozen=True)
class RequantizeParams:
    """y = clamp(y_zero + (x - x_zero) times (multiplier, shift)); double rounding."""

    x_zero: int
    multiplier: int
    shift: int
    y_zero: int
    low: int
    high: int


def relu(op: Relu | Relu6 | ReluN1To1) -> RequantizeParams:
    """Parameters of a RELU that is an operator of its own; the factor is computed in float32."""
    activation = {Relu: Activation.RELU, Relu6: Activation.RELU6, ReluN1To1: Activation.RELU_N1_TO_1}[type(op)]
    factor = np.float32(_scale(op.x)) / np.float32(_scale(op.y))
    low, high = clamp_range(activation, op.y.quant, op.y.dtype)
    return RequantizeParams(_zero(op.x), *quantize_multiplier(float(factor)), _zero(op.y), low, high)


def requantize(op: Quantize) -> RequantizeParams:
    """Parameters of QUANTIZE from integer to integer; the factor is computed in double."""
    factor = quantize_multiplier(_scale(op.x) / _scale(op.y))
    return RequantizeParams(_zero(op.x), *factor, _zero(op.y), *op.y.dtype.limits)


@dataclass(frozen=True)
class AffineParams:
    """QUANTIZE from float32, y = clamp(zero_point + round(x / scale)), or DEQUANTIZE, scale * (x - zero_point)."""

    scale: float
    zero_point: int
    low: int
    high: int


def quantize(op: Quantize) -> AffineParams:
    """Parameters of QUANTIZE from float32."""
    return AffineParams(_scale(op.y), _zero(op.y), *op.y.dtype.limits)


def dequantize(op: Dequantize) -> AffineParams:
    """Parameters of DEQUANTIZE; low and high are those of the input."""
    return AffineParams(_scale(op.x), _zero(op.x), *op.x.dtype.limits)


@dataclass(frozen=True)
class MeanParams:
    """MEAN: y = clamp(y_zero + (sum(x) - count * x_zero) times (multiplier, shift)); double rounding."""

    count: int
    x_zero: int
    multiplier: int
    shift: int
    y_zero: int
    low: int
    high: int


def mean(op: Mean) -> MeanParams:
    """Parameters of MEAN: the scales' ratio, divided by the number of elements with truncation."""
    count = math.prod(op.x.shape[axis] for axis in op.axes)
    multiplier, shift = quantize_multiplier(_scale(op.x) / _scale(op.y))
    spare = min(count.bit_length() - 1, 32, 31 + shift)
    multiplier = (multiplier << spare) // count
    return MeanParams(count, _zero(op.x), multiplier, shift - spare, _zero(op.y), *op.y.dtype.limits)


@dataclass(frozen=True)
class LeakyReluParams:
    """LEAKY_RELU: the identity factor where x >= x_zero, else the alpha factor; `alpha_multiplier` may be negative.

    A negative alpha is applied by its magnitude and the result negated; all double rounding.
    """

    x_zero: int
    multiplier: int
    shift: int
    alpha_multiplier: int
    alpha_shift: int
    y_zero: int
    low: int
    high: int


def leaky_relu(op: LeakyRelu) -> LeakyReluParams:
    """Parameters of LEAKY_RELU; both factors are computed in float32."""
    x, y = np.float32(_scale(op.x)), np.float32(_scale(op.y))
    identity, alpha = quantize_multiplier(float(x / y)), quantize_multiplier(float(x * np.float32(op.alpha) / y))
    return LeakyReluParams(_zero(op.x), *identity, *alpha, _zero(op.y), *op.y.dtype.limits)


@dataclass(frozen=True)
class PReluParams:
    """PRELU: (x - x_zero) times the identity factor where that is >= 0, else (x - x_zero) * (alpha - alpha_zero)
    times the alpha factor; double rounding.
    """

    x_zero: int
    multiplier: int
    shift: int
    alpha_zero: int
    alpha_multiplier: int
    alpha_shift: int
    y_zero: int
    low: int
    high: int


def prelu(op: PRelu) -> PReluParams:
    """Parameters of PRELU; both factors are computed in float32 (TFLM does it in double)."""
    x, alpha, y = (np.float32(_scale(t)) for t in (op.x, op.alpha, op.y))
    identity, slope = quantize_multiplier(float(x / y)), quantize_multiplier(float(x * alpha / y))
    return PReluParams(_zero(op.x), *identity, _zero(op.alpha), *slope, _zero(op.y), *op.y.dtype.limits)


@dataclass(frozen=True)
class SoftmaxParams:
    """SOFTMAX int8: differences to the row's maximum below `diff_min` count as exp = 0.

    Others are scaled by (multiplier, left_shift >= 0) to Q5.26, which they just fit.
    """

    multiplier: int
    left_shift: int
    diff_min: int


def softmax(op: Softmax) -> SoftmaxParams:
    """Parameters of SOFTMAX (PreprocessSoftmaxScaling)."""
    return _exponents(float(np.float32(op.beta)) * _scale(op.x))


def log_softmax(op: LogSoftmax) -> SoftmaxParams:
    """Parameters of LOG_SOFTMAX (PreprocessLogSoftmaxScalingExp)."""
    return _exponents(_scale(op.x))


def _exponents(scale: float) -> SoftmaxParams:
    factor = min(scale * 2.0 ** (31 - SOFTMAX_INTEGER_BITS), 2.0**31 - 1)
    multiplier, left_shift = quantize_multiplier(factor)
    largest = ((1 << SOFTMAX_INTEGER_BITS) - 1) * 2.0 ** (31 - SOFTMAX_INTEGER_BITS) / 2.0**left_shift
    return SoftmaxParams(multiplier, left_shift, -math.floor(largest))


@dataclass(frozen=True)
class TableParams:
    """LOGISTIC and TANH: dequantise, apply the function in float32, quantise; best done by a table of 256 results."""

    x_scale: float
    x_zero: int
    y_scale: float
    y_zero: int
    low: int
    high: int


def table(op: Logistic | Tanh) -> TableParams:
    """Parameters of LOGISTIC and TANH."""
    return TableParams(_scale(op.x), _zero(op.x), _scale(op.y), _zero(op.y), *op.y.dtype.limits)


@dataclass(frozen=True)
class HardSwishParams:
    """HARD_SWISH int8, in 16-bit fixed point: multipliers in Q15, shifts positive to the left."""

    x_zero: int
    y_zero: int
    y_multiplier: int
    y_shift: int
    reluish_multiplier: int
    reluish_shift: int


def hard_swish(op: HardSwish) -> HardSwishParams:
    """Parameters of HARD_SWISH; factors are computed in float32 and cut to 16 bits with rounding."""
    fine = np.float32(1 / 128) * np.float32(_scale(op.x))
    output = _multiplier16(float(fine / np.float32(_scale(op.y))))
    reluish = _multiplier16(float(fine / np.float32(3.0 / 32768.0)))
    return HardSwishParams(_zero(op.x), _zero(op.y), *output, *reluish)


def _multiplier16(factor: float) -> tuple[int, int]:
    """The factor's multiplier rounded to 16 bits (DownScaleInt32ToInt16Multiplier), and its shift."""
    multiplier, shift = quantize_multiplier(factor)
    return (0x7FFF if multiplier >= 0x7FFF0000 - 0x8000 else (multiplier + 0x8000) >> 16), shift


@dataclass(frozen=True, eq=False)
class NearestParams:
    """RESIZE_NEAREST_NEIGHBOR: source row of each output row and source column of each output column."""

    rows: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]


def resize_nearest(op: Resize) -> NearestParams:
    """Sources of RESIZE_NEAREST_NEIGHBOR, computed in float32 as TFLite does."""
    rows, columns = (
        _nearest(op.x.shape[axis], op.size[axis - 1], align=op.align_corners, half=op.half_pixel_centers)
        for axis in (1, 2)
    )
    return NearestParams(rows, columns)


def _nearest(in_size: int, out_size: int, *, align: bool, half: bool) -> npt.NDArray[np.int32]:
    corners = align and out_size > 1
    scale = (
        np.float32(in_size - 1) / np.float32(out_size - 1) if corners else np.float32(in_size) / np.float32(out_size)
    )
    position = (np.arange(out_size, dtype=np.float32) + np.float32(0.5 if half else 0.0)) * scale
    # Positions are not negative: floor(p + 0.5) in double is C's roundf(p).
    source = np.floor(position.astype(np.float64) + 0.5) if align else np.floor(position)
    return np.asarray(np.minimum(source, in_size - 1), np.int32)


@dataclass(frozen=True, eq=False)
class BilinearAxis:
    """One axis of RESIZE_BILINEAR: y = x[lower] * (1024 - fraction) + x[upper] * fraction, in units of 2**-10.

    The fraction may be negative or above 1024 at the borders, where lower == upper.
    """

    lower: npt.NDArray[np.int32]
    upper: npt.NDArray[np.int32]
    fraction: npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class BilinearParams:
    """RESIZE_BILINEAR int8: weights of both axes multiplied, summed in Q20, rounded to nearest, ties away from zero."""

    rows: BilinearAxis
    columns: BilinearAxis


def resize_bilinear(op: Resize) -> BilinearParams:
    """Sources and weights of RESIZE_BILINEAR in the integer form TFLite uses for int8."""
    rows, columns = (
        _bilinear(op.x.shape[axis], op.size[axis - 1], align=op.align_corners, half=op.half_pixel_centers)
        for axis in (1, 2)
    )
    return BilinearParams(rows, columns)


def _bilinear(in_size: int, out_size: int, *, align: bool, half: bool) -> BilinearAxis:
    one = 1 << RESIZE_FRACTION_BITS
    if align and out_size > 1:
        scale = (one * (in_size - 1) + (out_size - 1) // 2) // (out_size - 1)
    else:
        scale = (one * in_size + out_size // 2) // out_size
    position: Array = np.arange(out_size, dtype=np.int64) * scale
    if half:
        position += scale // 2 - one // 2
    lower = np.clip(_divide_truncating(position, one), 0, in_size - 1)
    upper = np.clip(_divide_truncating(position + one - 1, one), 0, in_size - 1)
    return BilinearAxis(*(v.astype(np.int32) for v in (lower, upper, position - one * lower)))


def _divide_truncating(values: Array, divisor: int) -> Array:
    return np.asarray(np.sign(values) * (np.abs(values) // divisor))
