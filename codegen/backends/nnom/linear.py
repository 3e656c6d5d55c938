"""Layers with weights by NNoM: convolution, depthwise convolution, matrix product.

NNoM shifts a sum to the right once, ties up.  TFLite scales the sums of convolutions by 2^30 / 2^31 and then
by a shift, ties away from zero: that is a unit more for one sum in 2^shift, and a unit less below zero; those of matrix
products it scales once.  `differs` says what of that a layer can show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from codegen.backends.candidate import Call, Constant, Fields, ParamValue, whole
from codegen.backends.library import Declined
from codegen.backends.nnom import scales
from codegen.backends.nnom.operators import Plan, all_of
from codegen.backends.nnom.scales import Int64
from codegen.ir import Array, Tensor
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.reference import parameters
from codegen.reference.fixed_point import multiply_double_rounding, multiply_single_rounding
from codegen.reference.parameters import LinearParams

Linear = Conv2D | DepthwiseConv2D | FullyConnected

MAX_SIZE = 2**16 - 1
"""NNoM's sizes are of 16 bits."""

MAC, DEPTHWISE_MAC, OUTPUT = 7.0, 14.0, 60.0
"""Instructions of a multiply-accumulate, and of an output, in NNoM's C."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Images(Plan):
    """A convolution of whole images.

    Attributes:
        sizes: fields of the adapter, by name.
        weights: [O][KH][KW][C], depthwise [KH][KW][O].
        bias, bias_shift, out_shift: [O].
        rectified, high: fused activation.
    """

    sizes: dict[str, int]
    weights: Array
    bias: Int64
    bias_shift: Int64
    out_shift: Int64
    rectified: int
    high: int

    def compute(self, inputs: Sequence[Array]) -> Array:
        """Sums of all taps, shifted."""
        taps = self.weights.astype(np.float64)  # sums stay below 2^53
        out_c, depthwise = self.sizes["out_c"], self.weights.ndim == 3
        sums = np.zeros((self.sizes["batches"], self.sizes["out_h"], self.sizes["out_w"], out_c))
        for row, column, seen in self._seen(inputs[0]):
            if depthwise:
                sums += np.repeat(seen, out_c // seen.shape[3], axis=3) * taps[row, column]
            else:
                sums += seen @ taps[:, row, column].T
        total = sums.astype(np.int64) + (self.bias << self.bias_shift)
        return scales.activated(scales.shifted(total, self.out_shift), self.rectified, self.high).astype(np.int8)

    def _seen(self, x: Array) -> Iterator[tuple[int, int, Array]]:
        """For each tap, what the outputs see there; zeros outside."""
        s = self.sizes
        top, left = s["pad_top"], s["pad_left"]
        down = (s["out_h"] - 1) * s["stride_h"] + 1
        across = (s["out_w"] - 1) * s["stride_w"] + 1
        below = max(0, down + (s["kernel_h"] - 1) * s["dilation_h"] - top - s["in_h"])
        right = max(0, across + (s["kernel_w"] - 1) * s["dilation_w"] - left - s["in_w"])
        padded = np.pad(x.astype(np.float64), ((0, 0), (top, below), (left, right), (0, 0)))
        for row, column in np.ndindex(s["kernel_h"], s["kernel_w"]):
            y, z = row * s["dilation_h"], column * s["dilation_w"]
            yield row, column, padded[:, y : y + down : s["stride_h"], z : z + across : s["stride_w"]]

    def call(self, inputs: Sequence[Tensor], output: Tensor) -> Call:
        """All images in one call."""
        fields: Fields = (
            *self.sizes.items(),
            ("rectified", self.rectified),
            ("high", self.high),
            ("weights", Constant("weights", self.weights, "in the model's order")),
            ("bias", Constant("bias", self.bias.astype(np.int8))),
            ("bias_shift", Constant("bias_shift", self.bias_shift.astype(np.int32), "to the left")),
            ("out_shift", Constant("out_shift", self.out_shift.astype(np.int32), "to the right")),
        )
        return Call(self.kernel, fields, (whole(inputs[0], 1),), (all_of(output),), 1)


def conv_2d(op: Conv2D) -> Images:
    """CONV_2D of one group."""
    _check(op)
    if op.groups != 1:
        raise Declined(f"no function for {op.groups} groups")
    return _images(op, op.weights.value, "local_convolve_HWC_q7_nonsquare", "genc_nnom_conv_q7", MAC)


def depthwise_conv_2d(op: DepthwiseConv2D) -> Images:
    """DEPTHWISE_CONV_2D."""
    _check(op)
    function = "local_depthwise_separable_conv_HWC_q7_nonsquare"
    return _images(op, op.weights.value[0], function, "genc_nnom_depthwise_q7", DEPTHWISE_MAC)


def _images(op: Conv2D | DepthwiseConv2D, weights: Array, function: str, kernel: str, each: float) -> Images:
    rectified, high = scales.activation(op.activation, op.y)
    rows = weights.reshape(len(weights), -1) if isinstance(op, Conv2D) else weights.reshape(-1, weights.shape[-1]).T
    sums = _sums(op, rows.astype(np.int64))
    bias, bias_shift = scales.q7_bias(sums.bias, together=False)
    return Images(
        function=function,
        kernel=kernel,
        instructions=op.macs() * each + op.y.size * OUTPUT,
        differs=_differs(op, sums, 0 if rectified else scales.LOWEST, high),
        macs=op.macs(),
        sizes=_sizes(op),
        weights=np.ascontiguousarray(weights),
        bias=bias,
        bias_shift=bias_shift,
        out_shift=sums.shift,
        rectified=rectified,
        high=high,
    )


def _sizes(op: Conv2D | DepthwiseConv2D) -> dict[str, int]:
    (batches, in_h, in_w, in_c), (_, out_h, out_w, out_c) = op.x.shape, op.y.shape
    names = "batches in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w"
    numbers = (batches, in_h, in_w, in_c, out_h, out_w, out_c, *op.kernel, *op.stride, *op.dilation)
    sizes = dict(zip(names.split(), map(int, numbers), strict=True))
    return {**sizes, "pad_top": op.pad_h[0], "pad_left": op.pad_w[0]}


@dataclass(frozen=True, eq=False, kw_only=True)
class Product(Plan):
    """A matrix product of all rows.

    Attributes:
        rows: of the input.
        weights: [O][K].
        bias: [O], with one shift to the left.
        out_shift: of all outputs.
        rectified, high: fused activation.
        shape: of the output.
    """

    rows: int
    weights: Array
    bias: Int64
    bias_shift: int
    out_shift: int
    rectified: int
    high: int
    shape: tuple[int, ...]

    def compute(self, inputs: Sequence[Array]) -> Array:
        """Sums of all inputs, shifted."""
        x = inputs[0].reshape(self.rows, -1).astype(np.float64)
        sums = (x @ self.weights.astype(np.float64).T).astype(np.int64) + (self.bias << self.bias_shift)
        values = scales.activated(scales.shifted(sums, self.out_shift), self.rectified, self.high)
        return values.astype(np.int8).reshape(self.shape)

    def call(self, inputs: Sequence[Tensor], output: Tensor) -> Call:
        """All rows in one call."""
        fields: tuple[tuple[str, ParamValue], ...] = (
            ("rows", self.rows),
            ("depth", self.weights.shape[1]),
            ("outputs", len(self.weights)),
            ("rectified", self.rectified),
            ("high", self.high),
            ("weights", Constant("weights", self.weights, "[output][input]")),
            ("bias", Constant("bias", self.bias.astype(np.int8))),
            ("bias_shift", self.bias_shift),
            ("out_shift", self.out_shift),
        )
        return Call(self.kernel, fields, (whole(inputs[0], 1),), (all_of(output),), 1)


def fully_connected(op: FullyConnected) -> Product:
    """FULLY_CONNECTED whose outputs have one shift."""
    _check(op)
    weights = op.weights.value
    rectified, high = scales.activation(op.activation, op.y)
    sums = _sums(op, weights.astype(np.int64))
    if len(set(sums.shift.tolist())) > 1:
        raise Declined("its outputs have scales of their own: NNoM's matrix product takes one shift")
    bias, bias_shift = scales.q7_bias(sums.bias, together=True)
    return Product(
        function="local_fully_connected_q7",
        kernel="genc_nnom_fully_connected_q7",
        instructions=op.macs() * MAC + op.y.size * OUTPUT,
        differs=_differs(op, sums, 0 if rectified else scales.LOWEST, high),
        macs=op.macs(),
        rows=op.x.size // weights.shape[1],
        weights=weights,
        bias=bias,
        bias_shift=int(bias_shift[0]),
        out_shift=int(sums.shift[0]),
        rectified=rectified,
        high=high,
        shape=op.y.shape,
    )


def tensors(op: Any) -> list[tuple[str, Tensor]]:
    """The tensors that must be q7 of NNoM, and what to call them."""
    return [("its input", op.x), ("its weights", op.operand(1)), ("its output", op.y)]


def _check(op: Linear) -> None:
    scales.check(tensors(op))
    if not op.weights.is_constant or (op.bias is not None and not op.bias.is_constant):
        raise Declined("its weights are computed at run time")
    largest = max((*op.x.shape, *op.y.shape, *op.weights.shape))
    if largest > MAX_SIZE:
        raise Declined(f"a size of {largest:,} is too large")


@dataclass(frozen=True, eq=False)
class _Sums:
    """What the outputs' sums can be: bias, least and largest, and their shift; [O]."""

    bias: Int64
    low: Int64
    high: Int64
    shift: Int64


def _sums(op: Linear, rows: Int64) -> _Sums:
    """Of weights [O][K]; Declined when they could overflow or are not shifted to the right."""
    bias = np.zeros(len(rows), np.int64) if op.bias is None else op.bias.value.reshape(-1).astype(np.int64)
    ends = np.stack([rows * scales.LOWEST, rows * scales.HIGHEST])
    low, high = bias + ends.min(axis=0).sum(axis=1), bias + ends.max(axis=0).sum(axis=1)
    powers = int(scales.powers(op.y)[0]) - int(scales.powers(op.x)[0]) - scales.powers(op.weights)
    most = int(np.maximum(abs(low), abs(high)).max())
    shift = np.array([scales.right_shift(most, int(each)) for each in powers], np.int64)
    return _Sums(bias, low, high, np.broadcast_to(shift, bias.shape).copy())


def _differs(op: Linear, sums: _Sums, low: int, high: int) -> str:
    """Of how many outputs NNoM's steps are not TFLite's; a clamped staircase is known by where it steps."""
    p = parameters.linear(op)
    results = np.arange(low + 1, high + 1, dtype=np.int64)[:, None]
    first = (results << sums.shift) - (1 << sums.shift >> 1)  # the smallest sum that gives each result, or more
    at, before = (np.clip(each, sums.low, sums.high) for each in (first, first - 1))
    late = (first <= sums.high) & (_tflite(at, p) < results)
    early = (first > sums.low) & (_tflite(before, p) >= results)
    wrong = int((late | early).any(axis=0).sum())
    return (
        f"ties go up: one sum beside a step differs by a unit in {wrong} of {len(sums.bias)} outputs" if wrong else ""
    )


def _tflite(sums: Int64, p: LinearParams) -> Int64:
    multiply = multiply_single_rounding if p.single_rounding else multiply_double_rounding
    return multiply(sums, p.multiplier, p.shift)
