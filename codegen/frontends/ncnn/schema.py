"""What the layers of NCNN have: parameters by number, and weights in the order of the file.

Source: NCNN's docs/developer-guide/operators.md and operation-param-weight-table.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Any]
"""Parameters of a layer by name."""

FLOAT_MAX = 3.4028234663852886e38
ABSENT = -233
"""The number that stands for nothing."""


@dataclass(frozen=True)
class Weight:
    """An array in the weights file.

    Attributes:
        name: of it.
        size: number of elements.
        tagged: a word before it says how it is stored; else it is plain float32.
        when: whether the layer has it.
    """

    name: str
    size: Callable[[Values], int]
    tagged: bool = False
    when: Callable[[Values], bool] = lambda _: True


@dataclass(frozen=True)
class LayerType:
    """A kind of layer.

    Attributes:
        parameters: number -> (name, default); a default that is a name is that parameter's value.
        weights: in the order of the file.
    """

    parameters: Mapping[int, tuple[str, Any]] = field(default_factory=dict)
    weights: tuple[Weight, ...] = ()

    def values(self, given: Mapping[int, Any]) -> dict[str, Any]:
        """Every parameter by name, with the file's value or its default."""
        values: dict[str, Any] = {}
        for number, (name, default) in self.parameters.items():
            usual = values[default] if isinstance(default, str) and default in values else default
            value = given.get(number, usual)
            values[name] = float(value) if isinstance(usual, float) and isinstance(value, int) else value
        return values


def _has(name: str) -> Callable[[Values], bool]:
    return lambda values: bool(values[name])


def _of(name: str) -> Callable[[Values], int]:
    return lambda values: int(values[name])


def _linear(bias: str = "bias_term", scales: str | None = None) -> tuple[Weight, ...]:
    """Weights, bias and, in int8 layers, the scales."""
    weights = (
        Weight("weight", _of("weight_data_size"), tagged=True),
        Weight("bias", _of("num_output"), when=_has(bias)),
    )
    if scales is None:
        return weights
    return (
        *weights,
        Weight("weight_scales", _of(scales), when=_has("int8_scale_term")),
        Weight("input_scales", lambda _: 1, when=_has("int8_scale_term")),
        Weight("output_scales", lambda _: 1, when=lambda v: int(v["int8_scale_term"]) > 100),
    )


_WINDOW_W = {
    0: ("num_output", 0),
    1: ("kernel_w", 0),
    2: ("dilation_w", 1),
    3: ("stride_w", 1),
    4: ("pad_left", 0),
    5: ("bias_term", 0),
    6: ("weight_data_size", 0),
    7: ("group", 1),
    8: ("int8_scale_term", 0),
    9: ("activation_type", 0),
    10: ("activation_params", ()),
    15: ("pad_right", "pad_left"),
}
_WINDOW = _WINDOW_W | {
    11: ("kernel_h", "kernel_w"),
    12: ("dilation_h", "dilation_w"),
    13: ("stride_h", "stride_w"),
    14: ("pad_top", "pad_left"),
    16: ("pad_bottom", "pad_top"),
}
_CONV = {18: ("pad_value", 0.0), 19: ("dynamic_weight", 0)}
_DECONV_W = {18: ("output_pad_right", 0), 20: ("output_w", 0), 28: ("dynamic_weight", 0)}
_DECONV = {18: ("output_pad_right", 0), 19: ("output_pad_bottom", "output_pad_right"), 20: ("output_w", 0)} | {
    21: ("output_h", "output_w"),
    28: ("dynamic_weight", 0),
}
_POOL_W = {
    0: ("pooling_type", 0),
    1: ("kernel_w", 0),
    2: ("stride_w", 1),
    3: ("pad_left", 0),
    4: ("global_pooling", 0),
    5: ("pad_mode", 0),
    6: ("avgpool_count_include_pad", 0),
    7: ("adaptive_pooling", 0),
    8: ("out_w", 0),
    14: ("pad_right", "pad_left"),
}
_POOL = _POOL_W | {
    11: ("kernel_h", "kernel_w"),
    12: ("stride_h", "stride_w"),
    13: ("pad_top", "pad_left"),
    15: ("pad_bottom", "pad_top"),
    18: ("out_h", "out_w"),
}
_RECURRENT = {0: ("num_output", 0), 1: ("weight_data_size", 0), 2: ("direction", 0), 8: ("int8_scale_term", 0)}
_AFFINE = (Weight("gamma", _of("size"), when=_has("affine")), Weight("beta", _of("size"), when=_has("affine")))


def directions(values: Any) -> int:
    """1, or 2 where a recurrent layer runs both ways."""
    return 2 if values["direction"] == 2 else 1


def _recurrent(gates: int, biases: int) -> tuple[Weight, ...]:
    return (
        Weight("input_weights", _of("weight_data_size"), tagged=True),
        Weight("bias", lambda v: directions(v) * biases * int(v["num_output"]), tagged=True),
        Weight("recurrent_weights", lambda v: directions(v) * gates * int(v["num_output"]) ** 2, tagged=True),
    )


_LSTM = (
    Weight("input_weights", _of("weight_data_size"), tagged=True),
    Weight("bias", lambda v: directions(v) * 4 * int(v["hidden_size"]), tagged=True),
    Weight("recurrent_weights", lambda v: directions(v) * 4 * v["hidden_size"] * v["num_output"], tagged=True),
    Weight(
        "projection",
        lambda v: directions(v) * int(v["hidden_size"]) * int(v["num_output"]),
        tagged=True,
        when=lambda v: v["hidden_size"] != v["num_output"],
    ),
)


def _gemm_c(values: Values) -> int:
    m, n = values["constantM"], values["constantN"]
    return int({0: 1, 1: m, 2: m, 3: m * n, 4: n}.get(values["broadcast_c"], 0))


_GEMM = (
    Weight("a", lambda v: v["constantM"] * v["constantK"], tagged=True, when=_has("constantA")),
    Weight("b", lambda v: v["constantN"] * v["constantK"], tagged=True, when=_has("constantB")),
    Weight("c", _gemm_c, tagged=True, when=lambda v: v["constantC"] and v["broadcast_c"] != -1),
)

_SIMPLE = "AbsVal BNLL DeepCopy Erf Flatten Mish Noop Sigmoid Softplus Split Swish TanH"

LAYERS: dict[str, LayerType] = {name: LayerType() for name in _SIMPLE.split()} | {
    "BatchNorm": LayerType(
        {0: ("channels", 0), 1: ("eps", 0.0)},
        tuple(Weight(n, _of("channels")) for n in ("slope", "mean", "var", "bias")),
    ),
    "Bias": LayerType({0: ("size", 0)}, (Weight("bias", _of("size")),)),
    "BinaryOp": LayerType({0: ("op_type", 0), 1: ("with_scalar", 0), 2: ("b", 0.0)}),
    "CELU": LayerType({0: ("alpha", 1.0)}),
    "Clip": LayerType({0: ("min", -FLOAT_MAX), 1: ("max", FLOAT_MAX)}),
    "Concat": LayerType({0: ("axis", 0)}),
    "Convolution": LayerType(_WINDOW | _CONV, _linear(scales="num_output")),
    "Convolution1D": LayerType(_WINDOW_W | _CONV, _linear()),
    "ConvolutionDepthWise": LayerType(_WINDOW | _CONV, _linear(scales="group")),
    "ConvolutionDepthWise1D": LayerType(_WINDOW_W | _CONV, _linear()),
    "Crop": LayerType(
        {i: (n, 0) for i, n in enumerate(("woffset", "hoffset", "coffset", "outw", "outh", "outc"))}
        | {6: ("woffset2", 0), 7: ("hoffset2", 0), 8: ("coffset2", 0), 9: ("starts", ()), 10: ("ends", ())}
        | {11: ("axes", ()), 19: ("starts_expr", ""), 20: ("ends_expr", ""), 21: ("axes_expr", "")}
    ),
    "CumulativeSum": LayerType({0: ("axis", 0)}),
    "Deconvolution": LayerType(_WINDOW | _DECONV, _linear()),
    "Deconvolution1D": LayerType(_WINDOW_W | _DECONV_W, _linear()),
    "DeconvolutionDepthWise": LayerType(_WINDOW | _DECONV, _linear()),
    "DeconvolutionDepthWise1D": LayerType(_WINDOW_W | _DECONV_W, _linear()),
    "Dropout": LayerType({0: ("scale", 1.0)}),
    "ELU": LayerType({0: ("alpha", 0.1)}),
    "Eltwise": LayerType({0: ("op_type", 0), 1: ("coeffs", ())}),
    "Embed": LayerType(
        {0: ("num_output", 0), 1: ("input_dim", 0), 2: ("bias_term", 0), 3: ("weight_data_size", 0)}, _linear()
    ),
    "Exp": LayerType({0: ("base", -1.0), 1: ("scale", 1.0), 2: ("shift", 0.0)}),
    "ExpandDims": LayerType({0: ("w", 0), 1: ("h", 0), 2: ("c", 0), 3: ("axes", ())}),
    "Flip": LayerType({0: ("axes", ())}),
    "GELU": LayerType({0: ("fast", 0)}),
    "GLU": LayerType({0: ("axis", 0)}),
    "GRU": LayerType(_RECURRENT, _recurrent(3, 4)),
    "Gemm": LayerType(
        {0: ("alpha", 1.0), 1: ("beta", 1.0), 2: ("transA", 0), 3: ("transB", 0), 4: ("constantA", 0)}
        | {5: ("constantB", 0), 6: ("constantC", 0), 7: ("constantM", 0), 8: ("constantN", 0), 9: ("constantK", 0)}
        | {10: ("broadcast_c", 0), 11: ("output_N1M", 0), 14: ("output_transpose", 0), 18: ("quantize_term", 0)},
        _GEMM,
    ),
    "GroupNorm": LayerType({0: ("group", 1), 1: ("size", 0), 2: ("eps", 0.001), 3: ("affine", 1)}, _AFFINE),
    "HardSigmoid": LayerType({0: ("alpha", 0.2), 1: ("beta", 0.5)}),
    "HardSwish": LayerType({0: ("alpha", 0.2), 1: ("beta", 0.5)}),
    "InnerProduct": LayerType(
        {0: ("num_output", 0), 1: ("bias_term", 0), 2: ("weight_data_size", 0), 8: ("int8_scale_term", 0)}
        | {9: ("activation_type", 0), 10: ("activation_params", ())},
        _linear(scales="num_output"),
    ),
    "Input": LayerType({0: ("w", 0), 1: ("h", 0), 2: ("c", 0), 11: ("d", 0)}),
    "InstanceNorm": LayerType({0: ("size", 0), 1: ("eps", 0.001), 2: ("affine", 1)}, _AFFINE),
    "Interp": LayerType(
        {0: ("resize_type", 0), 1: ("height_scale", 1.0), 2: ("width_scale", 1.0), 3: ("output_height", 0)}
        | {4: ("output_width", 0), 5: ("dynamic_target_size", 0), 6: ("align_corner", 0), 9: ("size_expr", "")}
    ),
    "LRN": LayerType(
        {0: ("region_type", 0), 1: ("local_size", 5), 2: ("alpha", 1.0), 3: ("beta", 0.75), 4: ("bias", 1.0)}
    ),
    "LSTM": LayerType(_RECURRENT | {3: ("hidden_size", "num_output")}, _LSTM),
    "LayerNorm": LayerType({0: ("size", 0), 1: ("eps", 0.001), 2: ("affine", 1)}, _AFFINE),
    "Log": LayerType({0: ("base", -1.0), 1: ("scale", 1.0), 2: ("shift", 0.0)}),
    "MatMul": LayerType({0: ("transB", 0)}),
    "MemoryData": LayerType(
        {0: ("w", 0), 1: ("h", 0), 2: ("c", 0), 11: ("d", 0), 21: ("load_type", 1)},
        (Weight("data", lambda v: max(v["w"], 1) * max(v["h"], 1) * max(v["c"], 1) * max(v["d"], 1)),),
    ),
    "Normalize": LayerType(
        {
            0: ("across_spatial", 0),
            1: ("channel_shared", 0),
            2: ("eps", 0.0001),
            3: ("size", 0),
            4: ("across_channel", 1),
        }
        | {9: ("eps_mode", 0)},
        (Weight("scale", _of("size")),),
    ),
    "PReLU": LayerType({0: ("num_slope", 0)}, (Weight("slope", _of("num_slope")),)),
    "Padding": LayerType(
        {0: ("top", 0), 1: ("bottom", 0), 2: ("left", 0), 3: ("right", 0), 4: ("type", 0), 5: ("value", 0.0)}
        | {6: ("per_channel", 0), 7: ("front", 0), 8: ("behind", 0)},
        (Weight("values", _of("per_channel"), when=_has("per_channel")),),
    ),
    "Permute": LayerType({0: ("order_type", 0)}),
    "PixelShuffle": LayerType({0: ("upscale_factor", 1), 1: ("mode", 0)}),
    "Pooling": LayerType(_POOL),
    "Pooling1D": LayerType(_POOL_W),
    "Power": LayerType({0: ("power", 1.0), 1: ("scale", 1.0), 2: ("shift", 0.0)}),
    "RMSNorm": LayerType({0: ("size", 0), 1: ("eps", 0.001), 2: ("affine", 1)}, _AFFINE[:1]),
    "RNN": LayerType(_RECURRENT, _recurrent(1, 1)),
    "ReLU": LayerType({0: ("slope", 0.0)}),
    "Reduction": LayerType(
        {
            0: ("operation", 0),
            1: ("reduce_all", 1),
            2: ("coeff", 1.0),
            3: ("axes", ()),
            4: ("keepdims", 0),
            5: ("fixed", 0),
        }
    ),
    "Reorg": LayerType({0: ("stride", 1), 1: ("mode", 0)}),
    "Reshape": LayerType(
        {
            0: ("w", ABSENT),
            1: ("h", ABSENT),
            2: ("c", ABSENT),
            3: ("permute", 0),
            6: ("shape_expr", ""),
            11: ("d", ABSENT),
        }
    ),
    "SELU": LayerType({0: ("alpha", 1.67326324), 1: ("gamma", 1.050700987)}),
    "Scale": LayerType(
        {0: ("size", 0), 1: ("bias_term", 0)},
        (
            Weight("scale", _of("size"), when=lambda v: v["size"] != ABSENT),
            Weight("bias", _of("size"), when=_has("bias_term")),
        ),
    ),
    "Shrink": LayerType({0: ("bias", 0.0), 1: ("lambd", 0.5)}),
    "ShuffleChannel": LayerType({0: ("group", 1), 1: ("reverse", 0)}),
    "Slice": LayerType({0: ("slices", ()), 1: ("axis", 0), 2: ("indices", ())}),
    "Softmax": LayerType({0: ("axis", 0), 1: ("fixed", 0)}),
    "Squeeze": LayerType({0: ("w", 0), 1: ("h", 0), 2: ("c", 0), 3: ("axes", ()), 11: ("d", 0)}),
    "Threshold": LayerType({0: ("threshold", 0.0)}),
    "Tile": LayerType({0: ("axis", 0), 1: ("tiles", 1), 2: ("repeats", ())}),
    "UnaryOp": LayerType({0: ("op_type", 0)}),
}
"""By the name in the file."""

NUMBERED = [
    "AbsVal",
    "ArgMax",
    "BatchNorm",
    "Bias",
    "BNLL",
    "Concat",
    "Convolution",
    "Crop",
    "Deconvolution",
    "Dropout",
    "Eltwise",
    "ELU",
    "Embed",
    "Exp",
    "Flatten",
    "InnerProduct",
    "Input",
    "Log",
    "LRN",
    "MemoryData",
    "MVN",
    "Pooling",
    "Power",
    "PReLU",
    "Proposal",
    "Reduction",
    "ReLU",
    "Reshape",
    "ROIPooling",
    "Scale",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Split",
    "SPP",
    "TanH",
    "Threshold",
    "Tile",
    "RNN",
    "LSTM",
    "BinaryOp",
    "UnaryOp",
    "ConvolutionDepthWise",
    "Padding",
    "Squeeze",
    "ExpandDims",
    "Normalize",
    "Permute",
    "PriorBox",
    "DetectionOutput",
    "Interp",
    "DeconvolutionDepthWise",
    "ShuffleChannel",
    "InstanceNorm",
    "Clip",
    "Reorg",
    "YoloDetectionOutput",
    "Quantize",
    "Dequantize",
    "Yolov3DetectionOutput",
    "PSROIPooling",
    "ROIAlign",
    "Packing",
    "Requantize",
    "Cast",
    "HardSigmoid",
    "SELU",
    "HardSwish",
    "Noop",
    "PixelShuffle",
    "DeepCopy",
    "Mish",
    "StatisticsPooling",
    "Swish",
    "Gemm",
    "GroupNorm",
    "LayerNorm",
    "Softplus",
    "GRU",
    "MultiHeadAttention",
    "GELU",
    "Convolution1D",
    "Pooling1D",
    "ConvolutionDepthWise1D",
    "Convolution3D",
    "ConvolutionDepthWise3D",
    "Pooling3D",
    "MatMul",
    "Deconvolution1D",
    "DeconvolutionDepthWise1D",
    "Deconvolution3D",
    "DeconvolutionDepthWise3D",
    "Einsum",
    "DeformableConv2D",
    "GLU",
    "Fold",
    "Unfold",
    "GridSample",
    "CumulativeSum",
    "CopyTo",
    "Erf",
    "Diag",
    "CELU",
    "Shrink",
    "RMSNorm",
    "Spectrogram",
    "InverseSpectrogram",
    "Flip",
    "SDPA",
    "RotaryEmbed",
]
"""Layers by their number in a binary file."""
