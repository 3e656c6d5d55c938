"""Which convolutions the KPU can compute, and with what: weights, tables, what it takes along behind them.

A map may lie in KPU RAM rotated by 180 degrees: then the chip's left-top pick of every second pixel is what
TensorFlow's SAME padding takes of an even side, without a pixel of padding moved.  Rotating costs nothing: uploads and
downloads count backwards, kernels are flipped here.  Other windows, VALID ones for instance, are brought to where the
chip's stand by the place of the image in its map (plan.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from codegen.backends.kpu.requantize import UNSIGNED, Channels, Range, Tables, solve
from codegen.backends.kpu.words import MAX_POOLS, MIN_SIDE
from codegen.ir import Array, DType, Operator
from codegen.ir.ops import Conv2D, DepthwiseConv2D, Lookup, MaxPool2D
from codegen.reference import parameters

Linear = Conv2D | DepthwiseConv2D
BYTE_WEIGHTS, WIDE_WEIGHTS = (1 << 8) - 1, (1 << 16) - 1
"""From the least weight to the largest, 0 included."""
MAX_SUM = 1 << 31


@dataclass(frozen=True, eq=False)
class Convolution:
    """A layer for the chip.

    Attributes:
        op: the operator.
        rotated: its maps are.
        weights: uint8 or uint16 [O, I, K, K] or, depthwise, [C, K, K].
        tables: scaling and activation.
        zero: of the input, as the chip's byte.
        strided: it takes every second pixel.
        offset: what was added to the weights.
    """

    op: Linear
    rotated: bool
    weights: Array
    tables: Tables
    zero: int
    strided: bool
    offset: int = UNSIGNED

    @property
    def kernel(self) -> int:
        """1 or 3."""
        return int(self.weights.shape[-1])

    @property
    def wide(self) -> bool:
        """Weights have 16 bits."""
        return self.weights.dtype == np.uint16

    @property
    def depthwise(self) -> bool:
        """One input channel for each output channel."""
        return self.weights.ndim == 3

    @property
    def pools(self) -> bool:
        """Its stride is a pick of the chip: it needs a map whose every second pixel is there."""
        return self.strided and not self.depthwise

    def first(self, axis: int) -> int:
        """Row (0) or column (1) of the image, as it lies, around which the first output's window stands."""
        return 0 if self.kernel != self.op.kernel[0] else first_window(self.op, axis, rotated=self.rotated)

    def least_side(self, axis: int) -> int:
        """How high (0) or wide (1) the input's map must at least be, for a map of at least 4x4 behind the stride."""
        size, out = self.op.x.shape[1 + axis], self.op.y.shape[1 + axis]
        return max(size, 2 * max(out, MIN_SIDE)) if self.strided else max(size, MIN_SIDE)


@lru_cache(maxsize=4096)
def refusal(op: Linear) -> str | None:
    """Why the chip cannot compute a layer; None when it can."""
    w, depthwise = op.weights, isinstance(op, DepthwiseConv2D)
    if op.x.dtype is not DType.INT8 or op.y.dtype is not DType.INT8 or w.data is None:
        return "only int8 layers with constant weights"
    if _spread(w.data) > WIDE_WEIGHTS:
        return "only weights of 8 and 16 bits"
    channels = op.y.shape[3] if depthwise else w.shape[3]
    checks = [
        (op.x.shape[0] != 1, "several images"),
        (op.kernel not in {(1, 1), (3, 3)} or op.dilation != (1, 1), "only 1x1 and 3x3, not dilated"),
        (op.stride not in {(1, 1), (2, 2)}, "only strides 1x1 and 2x2"),
        (channels != op.x.shape[3], "several outputs for each channel" if depthwise else "groups"),
    ]
    reason = next((text for wrong, text in checks if wrong), None)
    if reason is None and parameters.linear(op).low >= parameters.linear(op).high:
        reason = "its output is constant"
    if reason is None and any((np.abs(end + parameters.linear(op).bias) >= MAX_SUM).any() for end in _reach(op)):
        reason = "its sums may leave 32 bits"
    return reason


def _spread(weights: Array) -> int:
    return max(int(weights.max()), 0) - min(int(weights.min()), 0)


def first_window(op: Linear, axis: int, *, rotated: bool) -> int:
    """Row (0) or column (1) around which the window of the first output stands, in an image that is rotated or not."""
    pads = (op.pad_h, op.pad_w)[axis]
    centre = op.kernel[0] // 2 - pads[0]
    last = centre + (op.y.shape[1 + axis] - 1) * op.stride[0]
    return op.x.shape[1 + axis] - 1 - last if rotated else centre


def misplaced(op: Linear, *, rotated: bool) -> str | None:
    """Why windows do not stand where the chip's do: around pixel q * stride of a map that the image begins."""
    reach, stride = op.kernel[0] // 2, op.stride[0]
    for axis in (0, 1):
        first = first_window(op, axis, rotated=rotated)
        if stride == 1 and (first != 0 or op.y.shape[1 + axis] != op.x.shape[1 + axis]):
            return "only SAME padding"
        if stride == 2 and first != 0 and not (reach == 0 and first == 1):
            return "its windows stand on odd pixels"
    return None


@lru_cache(maxsize=4096)
def convolution(op: Linear, *, rotated: bool) -> Convolution:
    """The chip's layer for an operator that it can compute.

    Raises:
        ValueError: its numbers do not fit the chip.
    """
    tables = _tables(op)
    assert tables is not None
    return _layer(op, tables, rotated=rotated)


@lru_cache(maxsize=4096)
def with_function(op: Linear, lookup: Lookup, *, rotated: bool) -> Convolution | None:
    """The same with the function behind it in the chip's table; None when that may be two units off."""
    tables = _tables(op, lookup)
    return None if tables is None or tables.error > 1 else _layer(op, tables, rotated=rotated)


def _layer(op: Linear, tables: Tables, *, rotated: bool) -> Convolution:
    depthwise = isinstance(op, DepthwiseConv2D)
    planes = op.weights.value[0].transpose(2, 0, 1) if depthwise else op.weights.value.transpose(0, 3, 1, 2)
    if rotated:
        planes = planes[..., ::-1, ::-1]
    if op.stride[0] == 2 and planes.shape[-1] == 1:
        planes = _shifted(op, planes, rotated=rotated)
    offset, dtype = _offset(planes)
    unsigned = np.ascontiguousarray(planes.astype(np.int32) + offset).astype(dtype)
    zero = parameters.linear(op).x_zero + UNSIGNED
    return Convolution(op, rotated, unsigned, tables, zero, op.stride[0] == 2, offset)


def _offset(planes: Array) -> tuple[int, type[np.uint8 | np.uint16]]:
    """What makes the weights unsigned: 128, or what those need that are not int8; and their type."""
    least, most = min(int(planes.min()), 0), max(int(planes.max()), 0)
    dtype = np.uint8 if most - least <= BYTE_WEIGHTS else np.uint16
    return UNSIGNED if least >= -UNSIGNED and most < UNSIGNED else -least, dtype


def _shifted(op: Linear, planes: Array, *, rotated: bool) -> Array:
    """1x1 weights as the tap of a 3x3 kernel that stands on the pixel wanted, when that is not the pixel picked."""
    taps = []
    for axis, pads in enumerate((op.pad_h, op.pad_w)):
        last = (op.y.shape[1 + axis] - 1) * 2 - pads[0]
        taps.append(1 + (op.x.shape[1 + axis] - 1 - last if rotated else -pads[0]))
    if taps == [1, 1] or min(taps) < 0 or max(taps) > 2:
        return planes
    wide = np.zeros((*planes.shape[:-2], 3, 3), planes.dtype)
    wide[..., taps[0], taps[1]] = planes[..., 0, 0]
    return wide


@lru_cache(maxsize=4096)
def _tables(op: Linear, lookup: Lookup | None = None) -> Tables | None:
    """Scaling and activation, from the accumulators that can occur."""
    params = parameters.linear(op)
    least, most = _reach(op)
    multiplier, shift = params.multiplier.astype(np.int64), params.shift.astype(np.int64)
    channels = Channels(multiplier, shift, params.bias, least, most)
    results = None if lookup is None else function_bytes(lookup)[params.low + UNSIGNED : params.high + UNSIGNED + 1]
    return solve(channels, Range(params.y_zero, params.low, params.high), results=results)


def _reach(op: Linear) -> tuple[Array, Array]:
    """The least and the largest accumulator of each channel, without bias."""
    last = op.weights.value.shape[-1]
    weights = op.weights.value.astype(np.int64)
    by_channel = weights.reshape(-1, last).T if isinstance(op, DepthwiseConv2D) else weights.reshape(len(weights), -1)
    low, high = (limit - parameters.linear(op).x_zero for limit in op.x.dtype.limits)
    most = np.where(by_channel > 0, by_channel * high, by_channel * low).sum(axis=1)
    least = np.where(by_channel > 0, by_channel * low, by_channel * high).sum(axis=1)
    return least, most


def share_of_sums(conv: Convolution) -> float:
    """Of all accumulators that can occur, those whose result may differ from TFLite's."""
    least, most = _reach(conv.op)
    return float(conv.tables.wrong.sum() / (most - least + 1).sum())


def function_bytes(lookup: Lookup) -> Array:
    """Results of a function of int8, as the chip's bytes for its bytes 0 to 255 (int8 -128 to 127)."""
    return np.roll(lookup.table.value.astype(np.int64), UNSIGNED) + UNSIGNED


def fused_pool(op: Operator, pool: MaxPool2D, lookup: Lookup | None = None) -> int | None:
    """The chip's pool_type for a maximum right behind a layer; None when the chip does not take it along.

    Args:
        op: the layer.
        pool: the maximum.
        lookup: a function between them, which the layer's table has.
    """
    _, h, w, _ = pool.x.shape
    side = pool.kernel[0]
    plain = pool.kernel == pool.stride == (side, side) and pool.pad_h == pool.pad_w == (0, 0)
    if not plain or side not in MAX_POOLS or not isinstance(op, Conv2D) or op.stride != (1, 1):
        return None
    least = parameters.linear(op).low if lookup is None else int(lookup.table.value.min())
    free = parameters.pool(pool).low <= least and parameters.pool(pool).high >= pool.x.dtype.limits[1]
    fits = h % side == w % side == 0 and min(h, w) >= side * MIN_SIDE
    return MAX_POOLS[side] if fits and free and pool.x.quant == pool.y.quant else None
