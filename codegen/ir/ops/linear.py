"""Convolutions and matrix products: everything with weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from codegen.ir.constraints import (
    constant_parameters,
    image_input,
    product_factor,
    quantized,
    symmetric_int16,
    symmetric_weights,
    uniform_types,
)
from codegen.ir.operator import Activation, Constraint, Operator, Shape
from codegen.ir.tensor import DType, Tensor

BIAS_TYPES: dict[DType, tuple[DType, ...]] = {
    DType.INT16: (DType.INT64, DType.INT32),
    DType.FLOAT32: (DType.FLOAT32,),
}
"""Types of the bias, by the type of the activations; int32 for all others."""
MAX_BIAS = 1 << 46
MAX_INT16_FACTOR = 2.0**7


def typed_bias(op: Operator) -> str | None:
    """The bias, if there is one, has one int32 per output channel (float32 in float32 layers, int64 in int16 ones)."""
    bias = op.inputs[2]
    if bias is None:
        return None
    channels, types = op.y.shape[-1], BIAS_TYPES.get(op.x.dtype, (DType.INT32,))
    if bias.dtype not in types:
        wanted = " or ".join(t.value for t in types)
        return f"bias {bias.name!r} is {bias.dtype.value}, not the {wanted} bias of {op.x.dtype.value} layers"
    return None if bias.size == channels else f"bias {bias.name!r} has {bias.size} values for {channels} channels"


def int16_sums(op: _Linear) -> str | None:
    """In int16 layers the bias is below 2^46, the product of the input scales below 2^7 output scales."""
    if op.x.dtype is not DType.INT16 or op.x.quant is None or op.y.quant is None or op.weights.quant is None:
        return None
    if op.bias is not None and (abs(op.bias.value.astype(float)) >= MAX_BIAS).any():
        return f"bias {op.bias.name!r} has values of 2^46 and more"
    factor = op.x.quant.scale * max(op.weights.quant.scales) / op.y.quant.scale
    return None if factor < MAX_INT16_FACTOR else f"one product is {factor:.3g} steps of the output"


def scales_per_channel(op: _Linear) -> str | None:
    """Weights have one scale, or one per output channel."""
    quant, channels = op.weights.quant, op.y.shape[-1]
    if quant is None or not quant.per_channel:
        return None
    if quant.axis != op.channel_axis or len(quant.scales) != channels:
        count = len(quant.scales)
        return f"weights {op.weights.name!r} have {count} scales along axis {quant.axis} for {channels} output channels"
    return None


def image_weights(op: _Linear) -> str | None:
    """Weights have rank 4."""
    return None if len(op.weights.shape) == 4 else f"weights {op.weights.name!r} are {op.weights.type_text}, not rank 4"


def whole_groups(op: Conv2D) -> str | None:
    """Input channels are a multiple of the weights' channels, output channels of the number of groups."""
    channels, (outputs, *_, depth) = op.x.shape[3], op.weights.shape
    if channels % depth == 0 and outputs % (channels // depth) == 0:
        return None
    return (
        f"{channels} input channels do not fit weights {op.weights.type_text} ({outputs} filters of {depth} channels)"
    )


def whole_multiplier(op: DepthwiseConv2D) -> str | None:
    """Weights are [1, KH, KW, C * M]."""
    if op.weights.shape[0] == 1 and op.weights.shape[3] % op.x.shape[3] == 0:
        return None
    return f"{op.x.shape[3]} input channels do not fit weights {op.weights.type_text}"


def matrix_operands(op: FullyConnected) -> str | None:
    """Weights have rank 2, [O, K]; the input's elements divide into rows of K."""
    if len(op.weights.shape) != 2:
        return f"weights {op.weights.name!r} are {op.weights.type_text}, not rank 2"
    depth = op.weights.shape[1]
    if op.x.size % depth or (op.keep_dims and op.x.shape[-1:] != (depth,)):
        return f"input {op.x.type_text} does not divide into rows of {depth} elements"
    return None


INT8_LINEAR: tuple[Constraint, ...] = (uniform_types, constant_parameters, symmetric_weights)
LINEAR_VALUES: tuple[Constraint, ...] = (
    quantized,
    symmetric_int16,
    scales_per_channel,
    typed_bias,
    product_factor,
    int16_sums,
)
MAX_WINDOW = 32767
"""Largest kernel, stride or dilated kernel: coordinates stay far inside int32."""
MAX_PADDED = 1 << 26


def window_out(size: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int]) -> int:
    """Output size of a sliding window along one axis."""
    return (size + sum(pads) - ((kernel - 1) * dilation + 1)) // stride + 1


def valid_window(op: Any) -> str | None:
    """Kernel, stride and dilation are 1 to 32767; the window fits the padded input, which has below 2^26 elements."""
    for size, axis, pads in zip(op.x.shape[1:3], (0, 1), (op.pad_h, op.pad_w), strict=True):
        kernel, stride, dilation = op.kernel[axis], op.stride[axis], getattr(op, "dilation", (1, 1))[axis]
        if min(kernel, stride, dilation) < 1 or max(stride, kernel * dilation) > MAX_WINDOW:
            return f"kernel {kernel}, stride {stride}, dilation {dilation} are not within 1 to {MAX_WINDOW}"
        if window_out(size, kernel, stride, dilation, pads) < 1:
            return f"a window of {(kernel - 1) * dilation + 1} does not fit {size} + {sum(pads)} (padding) elements"
    n, h, w, c = op.x.shape
    padded = n * (h + sum(op.pad_h)) * (w + sum(op.pad_w)) * c
    return None if padded < MAX_PADDED else f"the input has {padded:,} elements with its padding"


@dataclass(eq=False, kw_only=True)
class _Linear(Operator):
    """What layers with weights share: inputs are x, weights, bias (None when missing)."""

    channel_axis: ClassVar[int] = 0

    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32)

    activation: Activation = Activation.NONE

    @property
    def is_hybrid(self) -> bool:
        """True for int8 weights beside float32 activations, which are quantised at run time."""
        return self.x.dtype is DType.FLOAT32 and self.weights.dtype is DType.INT8

    @property
    def weights(self) -> Tensor:
        """The weights; layout in the operator's docstring."""
        return self.operand(1)

    @property
    def bias(self) -> Tensor | None:
        """The bias [channels]: int32 at scale x.scale * weights.scale, or float32."""
        return self.inputs[2]


def has_wide_weights(op: Operator) -> bool:
    """True for an int8 layer whose weights have 9 bits, as passes make of uint8 layers: not every kernel takes them."""
    return isinstance(op, _Linear) and op.weights.dtype is DType.INT16


@dataclass(eq=False, kw_only=True)
class _Window(_Linear):
    """What convolutions share: a window slides over x; output channels lie along `channel_axis` of the weights."""

    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pad_h: tuple[int, int] = (0, 0)
    pad_w: tuple[int, int] = (0, 0)

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the kernel."""
        return self.weights.shape[1], self.weights.shape[2]

    def infer_shapes(self) -> list[Shape]:
        """[N, OH, OW, output channels]."""
        n, h, w, _ = self.x.shape
        kh, kw = self.kernel
        oh = window_out(h, kh, self.stride[0], self.dilation[0], self.pad_h)
        ow = window_out(w, kw, self.stride[1], self.dilation[1], self.pad_w)
        return [(n, oh, ow, self.weights.shape[self.channel_axis])]


@dataclass(eq=False, kw_only=True)
class Conv2D(_Window):
    """2-D convolution, any stride, dilation, padding and number of groups.

    x [N, H, W, C]; weights [O, KH, KW, C / groups]; bias [O]; y [N, OH, OW, O].
    Groups are C / weights.shape[3].  Padding counts are resolved; padded values are the zero point.
    """

    kind: ClassVar[str] = "conv_2d"
    preconditions: ClassVar[tuple[Constraint, ...]] = (
        *INT8_LINEAR,
        image_input,
        image_weights,
        whole_groups,
        valid_window,
    )
    constraints: ClassVar[tuple[Constraint, ...]] = LINEAR_VALUES

    @property
    def groups(self) -> int:
        """Number of channel groups."""
        return self.x.shape[3] // self.weights.shape[3]

    def macs(self) -> int:
        """Outputs times kernel size times channels of a group."""
        return self.y.size * self.weights.size // self.weights.shape[0]


@dataclass(eq=False, kw_only=True)
class DepthwiseConv2D(_Window):
    """2-D depthwise convolution with any channel multiplier M.

    x [N, H, W, C]; weights [1, KH, KW, C * M]; bias [C * M]; y [N, OH, OW, C * M];
    output channel c * M + m reads input channel c.
    """

    kind: ClassVar[str] = "depthwise_conv_2d"
    preconditions: ClassVar[tuple[Constraint, ...]] = (
        *INT8_LINEAR,
        image_input,
        image_weights,
        whole_multiplier,
        valid_window,
    )
    constraints: ClassVar[tuple[Constraint, ...]] = LINEAR_VALUES
    channel_axis: ClassVar[int] = 3

    @property
    def multiplier(self) -> int:
        """Output channels per input channel."""
        return self.weights.shape[3] // self.x.shape[3]

    def macs(self) -> int:
        """Outputs times kernel size."""
        return self.y.size * self.kernel[0] * self.kernel[1]


@dataclass(eq=False, kw_only=True)
class FullyConnected(_Linear):
    """Matrix product y = x * weights^T + bias.

    x is seen as [rows, K]; weights [O, K]; bias [O]; y is [rows, O], or x.shape[:-1] + [O] when
    `keep_dims`.  `asymmetric_inputs` says how a hybrid layer quantises x.
    """

    kind: ClassVar[str] = "fully_connected"
    preconditions: ClassVar[tuple[Constraint, ...]] = (*INT8_LINEAR, matrix_operands)
    constraints: ClassVar[tuple[Constraint, ...]] = LINEAR_VALUES

    keep_dims: bool = False
    asymmetric_inputs: bool = False

    def infer_shapes(self) -> list[Shape]:
        """[rows, O] or [..., O]."""
        o, k = self.weights.shape
        return [(*self.x.shape[:-1], o) if self.keep_dims else (self.x.size // k, o)]

    def macs(self) -> int:
        """Rows times weights."""
        return self.x.size // self.weights.shape[1] * self.weights.size
