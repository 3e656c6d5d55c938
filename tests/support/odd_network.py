"""A small network of odd sizes, for libraries whose code depends on the core: every kind of window, most operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.tflite_writer import ModelWriter

Map = tuple[int, list[int]]
"""A tensor and its shape."""


class _Builder:
    """Adds layers of one element type; `same` padding throughout."""

    def __init__(self, dtype: str, weights: str = "int8", seed: int = 7) -> None:
        self.writer, self.dtype, self.weights, self.count = ModelWriter(), dtype, weights, 0
        self.rng = np.random.default_rng(seed)
        self.scale, self.zero = (0.06, -5) if dtype == "int8" else (0.06 / 256, 0)

    def tensor(self, shape: list[int]) -> int:
        self.count += 1
        return self.writer.tensor(f"t{self.count}", shape, self.dtype, scale=self.scale, zero_point=self.zero)

    def layer(self, kind: str, inputs: list[int], shape: list[int], **options: Any) -> Map:
        y = self.tensor(shape)
        self.writer.operator(kind, inputs, [y], **options)
        return y, shape

    def weight(self, shape: list[int], **quant: Any) -> int:
        most = 127 if self.weights == "int8" else 7
        values = self.rng.integers(-most, most + 1, shape).astype(np.int8)
        return self.writer.tensor(f"w{self.count}", shape, self.weights, data=values, **quant)

    def window(self, kind: str, x: Map, filter_shape: list[int], stride: int, dilation: int, **options: Any) -> Map:
        axis = 0 if kind == "CONV_2D" else 3
        channels, scale = filter_shape[axis], 0.012 if self.weights == "int8" else 0.2
        weights = self.weight(filter_shape, scale=[scale] * channels, axis=axis)
        bias_type, bias = "int32" if self.dtype == "int8" else "int64", self.rng.integers(-3000, 3000, channels)
        scales = [scale * self.scale] * channels
        added = self.writer.tensor(f"b{self.count}", [channels], bias_type, scale=scales, axis=0, data=bias)
        shape = [1, -(-x[1][1] // stride), -(-x[1][2] // stride), channels]
        steps = {"stride_h": stride, "stride_w": stride}
        steps |= {"dilation_h_factor": dilation, "dilation_w_factor": dilation}
        return self.layer(kind, [x[0], weights, added], shape, padding="SAME", **steps, **options)

    def conv(self, x: Map, channels: int, kernel: tuple[int, int], stride: int = 1, groups: int = 1) -> Map:
        shape = [channels, *kernel, x[1][3] // groups]
        return self.window("CONV_2D", x, shape, stride, 1, fused_activation_function="RELU")

    def depthwise(
        self, x: Map, kernel: tuple[int, int], stride: int = 1, multiplier: int = 1, dilation: int = 1
    ) -> Map:
        shape = [1, *kernel, x[1][3] * multiplier]
        return self.window("DEPTHWISE_CONV_2D", x, shape, stride, dilation, depth_multiplier=multiplier)

    def pool(self, kind: str, x: Map, side: int) -> Map:
        sizes = {"filter_height": side, "filter_width": side, "stride_h": 1, "stride_w": 1}
        return self.layer(kind, [x[0]], x[1], padding="SAME", **sizes)

    def pair(self, kind: str, a: Map, b: Map) -> Map:
        return self.layer(kind, [a[0], b[0]], a[1])


def odd_network(dtype: str) -> bytes:
    """A TFLite model of int8, or of int16 by weights of int8; input [1, 11, 9, 5]."""
    b = _Builder(dtype)
    shape = [1, 11, 9, 5]
    x = b.tensor(shape), shape
    first = b.conv(x, 13, (3, 3))
    both = b.pair("ADD", b.depthwise(first, (3, 3)), b.depthwise(first, (5, 5)))
    wide = b.conv(both, 16, (1, 1))
    if dtype == "int8":
        wide = b.conv(wide, 16, (3, 3), groups=4)
    product = b.pair("MUL", wide, b.depthwise(wide, (3, 3)))
    mean = b.pool("AVERAGE_POOL_2D", product, 3)
    most = b.pool("MAX_POOL_2D", mean, 2)
    if dtype == "int8":
        most = b.pair("MINIMUM", b.pair("MAXIMUM", most, product), mean)
    y = b.conv(b.depthwise(b.depthwise(most, (3, 2), 2, multiplier=2), (3, 3), dilation=2), 9, (2, 5), stride=2)
    return b.writer.build(inputs=[x[0]], outputs=[y[0]])


def nibble_network(seed: int) -> bytes:
    """A TFLite model of int8 by weights of int4: windows of random sizes, then a matrix product."""
    b = _Builder("int8", "int4", seed)
    h, w, c = (int(b.rng.integers(low, high)) for low, high in ((3, 9), (3, 9), (1, 40)))
    x = b.tensor([1, h, w, c]), [1, h, w, c]
    y = b.conv(x, int(b.rng.integers(1, 20)), (1, 1))
    y = b.conv(y, 2 * int(b.rng.integers(1, 20)), (3, 2), stride=int(b.rng.integers(1, 3)))
    y = b.depthwise(b.depthwise(y, (3, 3)), (2, 3), dilation=2)
    y = b.conv(b.depthwise(y, (3, 5), multiplier=int(b.rng.integers(1, 4))), int(b.rng.integers(1, 30)), (1, 1))
    depth, outputs = int(np.prod(y[1])), int(b.rng.integers(1, 30))
    options = {"keep_num_dims": False, "fused_activation_function": "RELU"}
    last = b.layer("FULLY_CONNECTED", [y[0], b.weight([outputs, depth], scale=0.05), -1], [1, outputs], **options)
    return b.writer.build(inputs=[x[0]], outputs=[last[0]])
