"""Convolutions and matrix products: everything with weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import constant_parameters, int8_activations, quantized, symmetric_weights
from codegen.ir.operator import Activation, Constraint, Operator, Shape
from codegen.ir.tensor import DType, Tensor


def int32_bias(op: Operator) -> str | None:
    """The bias, if there is one, is int32 with one value per output channel."""
    bias = op.inputs[2]
    if bias is None:
        return None
    channels = op.y.shape[-1]
    if bias.dtype is not DType.INT32:
        return f"bias {bias.name!r} is {bias.dtype.value}; int8 layers take an int32 bias"
    return None if bias.size == channels else f"bias {bias.name!r} has {bias.size} values for {channels} channels"


def scales_per_channel(op: Operator) -> str | None:
    """Weights have one scale, or one per output channel."""
    weights = op.operand(1)
    count, channels = len(weights.quant.scales) if weights.quant else 1, op.y.shape[-1]
    return None if count in (1, channels) else f"weights {weights.name!r} have {count} scales for {channels} channels"


INT8_LINEAR: tuple[Constraint, ...] = (
    int8_activations,
    quantized,
    constant_parameters,
    symmetric_weights,
    scales_per_channel,
    int32_bias,
)


def window_out(size: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int]) -> int:
    """Output size of a sliding window along one axis."""
    return (size + sum(pads) - ((kernel - 1) * dilation + 1)) // stride + 1


@dataclass(eq=False, kw_only=True)
class _Linear(Operator):
    """What layers with weights share: inputs are x, weights, bias (None when missing)."""

    activation: Activation = Activation.NONE

    @property
    def weights(self) -> Tensor:
        """The weights; layout in the operator's docstring."""
        return self.operand(1)

    @property
    def bias(self) -> Tensor | None:
        """The bias, int32 [channels], at scale x.scale * weights.scale."""
        return self.inputs[2]


@dataclass(eq=False, kw_only=True)
class Conv2D(_Linear):
    """2-D convolution, any stride, dilation, padding and number of groups.

    x [N, H, W, C]; weights [O, KH, KW, C / groups]; bias [O]; y [N, OH, OW, O].
    Groups are C / weights.shape[3].  Padding counts are resolved; padded values are the zero point.
    """

    kind: ClassVar[str] = "conv_2d"
    constraints: ClassVar[tuple[Constraint, ...]] = INT8_LINEAR

    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pad_h: tuple[int, int] = (0, 0)
    pad_w: tuple[int, int] = (0, 0)

    @property
    def groups(self) -> int:
        """Number of channel groups."""
        return self.x.shape[3] // self.weights.shape[3]

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the kernel."""
        return self.weights.shape[1], self.weights.shape[2]

    def infer_shapes(self) -> list[Shape]:
        """[N, OH, OW, O]."""
        n, h, w, _ = self.x.shape
        kh, kw = self.kernel
        oh = window_out(h, kh, self.stride[0], self.dilation[0], self.pad_h)
        ow = window_out(w, kw, self.stride[1], self.dilation[1], self.pad_w)
        return [(n, oh, ow, self.weights.shape[0])]

    def macs(self) -> int:
        """Outputs times kernel size times channels of a group."""
        return self.y.size * self.weights.size // self.weights.shape[0]


@dataclass(eq=False, kw_only=True)
class DepthwiseConv2D(_Linear):
    """2-D depthwise convolution with any channel multiplier M.

    x [N, H, W, C]; weights [1, KH, KW, C * M]; bias [C * M]; y [N, OH, OW, C * M];
    output channel c * M + m reads input channel c.
    """

    kind: ClassVar[str] = "depthwise_conv_2d"
    constraints: ClassVar[tuple[Constraint, ...]] = INT8_LINEAR

    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pad_h: tuple[int, int] = (0, 0)
    pad_w: tuple[int, int] = (0, 0)

    @property
    def multiplier(self) -> int:
        """Output channels per input channel."""
        return self.weights.shape[3] // self.x.shape[3]

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the kernel."""
        return self.weights.shape[1], self.weights.shape[2]

    def infer_shapes(self) -> list[Shape]:
        """[N, OH, OW, C * M]."""
        n, h, w, _ = self.x.shape
        kh, kw = self.kernel
        oh = window_out(h, kh, self.stride[0], self.dilation[0], self.pad_h)
        ow = window_out(w, kw, self.stride[1], self.dilation[1], self.pad_w)
        return [(n, oh, ow, self.weights.shape[3])]

    def macs(self) -> int:
        """Outputs times kernel size."""
        return self.y.size * self.kernel[0] * self.kernel[1]


@dataclass(eq=False, kw_only=True)
class FullyConnected(_Linear):
    """Matrix product y = x * weights^T + bias.

    x is seen as [rows, K]; weights [O, K]; bias [O]; y is [rows, O], or x.shape[:-1] + [O] when
    `keep_dims`.
    """

    kind: ClassVar[str] = "fully_connected"
    constraints: ClassVar[tuple[Constraint, ...]] = INT8_LINEAR

    keep_dims: bool = False

    def infer_shapes(self) -> list[Shape]:
        """[rows, O] or [..., O]."""
        o, k = self.weights.shape
        return [(*self.x.shape[:-1], o) if self.keep_dims else (self.x.size // k, o)]

    def macs(self) -> int:
        """Rows times weights."""
        return self.x.size // self.weights.shape[1] * self.weights.size
