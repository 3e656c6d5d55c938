"""TFLite's operators as operators of the IR: one small function each, and the table of all of them.

A function takes a :class:`Site` (the operator with its tensors) and returns the IR operators that
compute it, in order.  It only translates: attributes that make no sense pass through it and are
refused by the IR operator's own constraints.  Semantics are those of TFLite's reference kernels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.slice import resolve_strided_slice
from codegen.frontends.tflite.state import Variable
from codegen.ir import Activation, Array, DType, Operator, Quantization, Tensor, ops
from codegen.ir.constraints import QUANTIZED_TYPES

MAX_VECTOR = 4096
"""Longest vector of parameters (split sizes) that is read."""
ANY_NUMBER = (1, MAX_VECTOR)


@dataclass(frozen=True, eq=False)
class Site:
    """One operator of the file.

    Attributes:
        name: of the layer.
        source: operator and index in the file ("CONV_2D #3").
        options: fields of the options table.
        inputs: tensors read, None where one is left out.
        outputs: tensors written; shapes are not yet known.
        variables: the variable tensors among the inputs, by their content before this operator.
        intermediates: quantisation of values inside the operator, None where the file has none.
    """

    name: str
    source: str
    options: dict[str, Any]
    inputs: list[Tensor | None]
    outputs: list[Tensor]
    variables: dict[Tensor, Variable] = field(default_factory=dict)
    intermediates: list[Quantization | None] = field(default_factory=list)

    def make(self, kind: type[Operator], inputs: list[Tensor | None], outputs: list[Tensor], **fields: Any) -> Operator:
        """An IR operator of this layer."""
        return kind(inputs=inputs, outputs=outputs, name=self.name, source=self.source, **fields)

    def single(self, kind: type[Operator], **fields: Any) -> list[Operator]:
        """The layer as one IR operator from its first input to its outputs."""
        return [self.make(kind, [self.tensor(0)], self.outputs, **fields)]

    def tensor(self, index: int) -> Tensor:
        """Input `index`, which must be there."""
        tensor = self.inputs[index]
        assert tensor is not None  # the importer has refused operators without their required inputs
        return tensor

    def constant(self, index: int) -> Array:
        """Value of input `index`, which must be known now."""
        tensor = self.tensor(index)
        if not tensor.is_constant:
            raise RefusedError(
                f"its parameter {tensor.name!r} (input {index}) is computed at run time, so that shapes are dynamic",
                "Convert the model with fixed shapes.",
                "dynamic parameter",
            )
        return tensor.value

    def integers(self, index: int) -> tuple[int, ...]:
        """Value of input `index` as integers, whatever its rank."""
        value = self.constant(index)
        if self.tensor(index).dtype not in {DType.INT32, DType.INT64}:
            raise RefusedError(f"its parameter {self.tensor(index).name!r} is not int32")
        if value.size > MAX_VECTOR:
            raise RefusedError(f"its parameter {self.tensor(index).name!r} has {value.size} values")
        return tuple(int(v) for v in value.reshape(-1))

    def integer(self, index: int) -> int:
        """Value of input `index`, one integer."""
        values = self.integers(index)
        if len(values) != 1:
            raise RefusedError(f"its parameter {self.tensor(index).name!r} is not one integer")
        return values[0]

    def activation(self) -> Activation:
        """The fused activation."""
        name = self.options["FusedActivationFunction"]
        if name not in Activation.__members__:
            raise RefusedError(f"fused activation {name} is not supported")
        return Activation[name]

    def next_state(self, index: int) -> Tensor:
        """A new tensor, for an output of the IR operator: what the variable tensor at input `index` becomes.

        The operator reads the content before as an ordinary input, `tensor(index)`.
        """
        value = self.tensor(index)
        if value not in self.variables:
            raise RefusedError(f"its state {value.name!r} (input {index}) is not a variable tensor")
        new = self.part(value, "next")
        self.variables[value].assign(new)
        return new

    def part(self, tensor: Tensor, label: str) -> Tensor:
        """A new tensor of this layer, quantised like `tensor`."""
        return Tensor(f"{self.name}/{label}", tensor.shape, tensor.dtype, tensor.quant)


Convert = Callable[[Site], list[Operator]]


def normalised(axis: int, rank: int) -> int:
    """An axis that may count from the end; out of range it stays so, for the constraints to refuse."""
    return axis + rank if axis < 0 else axis


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Padding before and after for ceil(size / stride) outputs, the odd element after (TFLite's padding.h)."""
    if stride < 1:
        return (0, 0)
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def window(site: Site, kernel: tuple[int, ...]) -> dict[str, tuple[int, int]]:
    """Stride and resolved padding, for the rank 4 that the constraints demand."""
    o = site.options
    stride = (o["StrideH"], o["StrideW"])
    dilation = (o.get("DilationHFactor", 1), o.get("DilationWFactor", 1))
    if o["Padding"] not in {"SAME", "VALID"}:
        raise RefusedError(f"padding {o['Padding']} is not supported")
    pads = [(0, 0), (0, 0)]
    if o["Padding"] == "SAME":
        spans = zip(site.tensor(0).shape[1:3], kernel, stride, dilation, strict=False)
        pads[:] = [*(same_padding(*span) for span in spans), *pads][:2]
    return {"stride": stride, "pad_h": pads[0], "pad_w": pads[1]}


def _convolution(kind: type[Operator]) -> Convert:
    def convert(site: Site) -> list[Operator]:
        dilation = (site.options["DilationHFactor"], site.options["DilationWFactor"])
        sides = window(site, site.tensor(1).shape[1:3])
        fields = {"dilation": dilation, "activation": site.activation(), **sides}
        return [site.make(kind, site.inputs, site.outputs, **fields)]

    return convert


def _transpose_conv(site: Site) -> list[Operator]:
    """The output's shape is its first operand; when that is computed, the shape that the file claims."""
    size = site.integers(0) if site.tensor(0).is_constant else site.outputs[0].shape
    weights = site.tensor(1).shape
    if len(size) != 4 or len(weights) != 4 or size[0] != site.tensor(2).shape[0] or size[3] != weights[0]:
        raise RefusedError(f"its output shape {list(size)} does not fit input and weights")
    if site.options["Padding"] not in {"SAME", "VALID"}:
        raise RefusedError(f"padding {site.options['Padding']} is not supported")
    stride, pad = (site.options["StrideH"], site.options["StrideW"]), [0, 0]
    if site.options["Padding"] == "SAME":
        spans = zip(size[1:3], weights[1:3], stride, strict=True)
        pad = [same_padding(*span, 1)[0] for span in spans]
    fields = {"size": size[1:3], "stride": stride, "pad": tuple(pad), "activation": site.activation()}
    return [site.make(ops.TransposeConv, [site.tensor(2), site.tensor(1), site.inputs[3]], site.outputs, **fields)]


def _pool(kind: type[Operator]) -> Convert:
    def convert(site: Site) -> list[Operator]:
        kernel = (site.options["FilterHeight"], site.options["FilterWidth"])
        return site.single(kind, kernel=kernel, activation=site.activation(), **window(site, kernel))

    return convert


def _binary(kind: type[Operator]) -> Convert:
    def convert(site: Site) -> list[Operator]:
        activation = site.activation() if "FusedActivationFunction" in site.options else Activation.NONE
        inputs: list[Tensor | None] = [site.tensor(0), site.tensor(1)]
        power = {"power_scales": bool(site.options["PotScaleInt16"])} if "PotScaleInt16" in site.options else {}
        return [site.make(kind, inputs, site.outputs, activation=activation, **power)]

    return convert


def _plain(kind: type[Operator]) -> Convert:
    return lambda site: site.single(kind)


def _prelu(site: Site) -> list[Operator]:
    return [site.make(ops.PRelu, [site.tensor(0), site.tensor(1)], site.outputs)]


def _mean(site: Site) -> list[Operator]:
    rank = len(site.tensor(0).shape)
    axes = tuple(sorted({normalised(axis, rank) for axis in site.integers(1)}))
    return site.single(ops.Mean, axes=axes, keep_dims=bool(site.options["KeepDims"]))


def _pad(site: Site) -> list[Operator]:
    counts = site.integers(1)
    pads = tuple(zip(counts[::2], counts[1::2], strict=False))
    quant = site.outputs[0].quant
    value: int | float = quant.zero_points[0] if quant and site.tensor(0).dtype in QUANTIZED_TYPES else 0
    if len(site.inputs) > 2 and site.inputs[2] is not None:
        fill = site.tensor(2)
        if fill.dtype is not site.tensor(0).dtype or site.constant(2).size != 1:
            raise RefusedError(f"padding value {fill.name!r} is {fill.type_text}, not one {site.tensor(0).dtype.value}")
        value = site.constant(2).reshape(-1)[0].item()
    return site.single(ops.Pad, pads=pads, value=value)


def _reshape_to(site: Site, shape: tuple[int, ...]) -> list[Operator]:
    return site.single(ops.Reshape, shape=shape)


def _reshape(site: Site) -> list[Operator]:
    """The shape is the second input when that is a vector, else the option; one -1 takes what is left."""
    x, shape = site.tensor(0), site.options["NewShape"]
    if site.inputs[1] is not None and len(site.tensor(1).shape) == 1:
        shape = site.integers(1)
    elif shape == (0,):  # how old files write a scalar
        shape = ()
    if shape.count(-1) == 1:
        rest = -math.prod(shape)
        shape = tuple(x.size // max(rest, 1) if d == -1 else d for d in shape)
    return _reshape_to(site, shape)


def _squeeze(site: Site) -> list[Operator]:
    x = site.tensor(0)
    axes = {normalised(axis, len(x.shape)) for axis in site.options["SqueezeDims"]}
    axes = axes or {i for i, d in enumerate(x.shape) if d == 1}
    if any(not 0 <= axis < len(x.shape) or x.shape[axis] != 1 for axis in axes):
        raise RefusedError(f"axes {sorted(axes)} of {x.type_text} are not all of size 1")
    return _reshape_to(site, tuple(d for i, d in enumerate(x.shape) if i not in axes))


def _expand_dims(site: Site) -> list[Operator]:
    shape = site.tensor(0).shape
    axis = normalised(site.integer(1), len(shape) + 1)
    if not 0 <= axis <= len(shape):
        raise RefusedError(f"axis {site.integer(1)} is outside rank {len(shape)}")
    return _reshape_to(site, (*shape[:axis], 1, *shape[axis:]))


def _concatenation(site: Site) -> list[Operator]:
    """Uint8 inputs may differ from the output in scale: these go through a table first."""
    axis = normalised(site.options["Axis"], len(site.tensor(0).shape))
    tables: list[Operator] = []
    inputs: list[Tensor | None] = [_on_scale_of(site, i, tables) for i in range(len(site.inputs))]
    return [*tables, site.make(ops.Concat, inputs, site.outputs, axis=axis, activation=site.activation())]


def _on_scale_of(site: Site, index: int, tables: list[Operator]) -> Tensor:
    """A uint8 input on the output's scale, computed in float32 as TFLite does; others as they are."""
    x, y = site.tensor(index), site.outputs[0]
    if not x.dtype is y.dtype is DType.UINT8 or x.quant is None or y.quant is None or x.quant == y.quant:
        return x
    scale = np.float32(x.quant.scale) * (np.float32(1) / np.float32(y.quant.scale))
    real = np.arange(256, dtype=np.float32) * scale + np.float32(-x.quant.zero_point) * scale
    nearest = np.trunc(real.astype(np.float64) + np.copysign(0.5, real)) + y.quant.zero_point
    table = Tensor(f"{x.name} table", (256,), DType.UINT8, y.quant, np.clip(nearest, 0, 255).astype(np.uint8))
    part = Tensor(f"{site.name}/scaled{index}", x.shape, DType.UINT8, y.quant)
    tables.append(site.make(ops.Lookup, [x, table], [part]))
    return part


def _pack(site: Site) -> list[Operator]:
    """Each input gets the new axis, then they are joined along it."""
    shape = site.tensor(0).shape
    axis = normalised(site.options["Axis"], len(shape) + 1)
    if site.options["ValuesCount"] != len(site.inputs) or not 0 <= axis <= len(shape):
        raise RefusedError(f"{site.options['ValuesCount']} values cannot be packed along axis {site.options['Axis']}")
    tensors = [site.tensor(i) for i in range(len(site.inputs))]
    parts = [site.part(t, f"expanded{i}") for i, t in enumerate(tensors)]
    reshapes = [
        site.make(ops.Reshape, [t], [part], shape=(*t.shape[:axis], 1, *t.shape[axis:]))
        for t, part in zip(tensors, parts, strict=True)
    ]
    return [*reshapes, site.make(ops.Concat, list(parts), site.outputs, axis=axis)]


def _split(site: Site, x: Tensor, axis: int, sizes: tuple[int, ...]) -> list[Operator]:
    if site.options["NumSplits"] != len(site.outputs):
        raise RefusedError(f"{site.options['NumSplits']} pieces for {len(site.outputs)} outputs")
    return [site.make(ops.Split, [x], site.outputs, axis=axis, sizes=sizes)]


def _axis_length(x: Tensor, axis: int) -> int:
    """Length of a normalised axis."""
    if not 0 <= axis < len(x.shape):
        raise RefusedError(f"axis {axis} is outside {x.type_text}")
    return x.shape[axis]


def _split_even(site: Site) -> list[Operator]:
    x, count = site.tensor(1), len(site.outputs)
    axis = normalised(site.integer(0), len(x.shape))
    return _split(site, x, axis, (_axis_length(x, axis) // count,) * count)


def _split_v(site: Site) -> list[Operator]:
    x, sizes = site.tensor(0), site.integers(1)
    axis = normalised(site.integer(2), len(x.shape))
    rest = _axis_length(x, axis) - sum(s for s in sizes if s != -1)
    if sizes.count(-1) == 1:
        sizes = tuple(rest if s == -1 else s for s in sizes)
    return _split(site, x, axis, sizes)


def _unpack(site: Site) -> list[Operator]:
    """Pieces of size 1, then each loses the axis."""
    x = site.tensor(0)
    axis = normalised(site.options["Axis"], len(x.shape))
    length = _axis_length(x, axis)
    if not site.options["Num"] == length == len(site.outputs):
        raise RefusedError(f"axis {axis} of {x.type_text} cannot be unpacked into {len(site.outputs)} outputs")
    parts = [site.part(x, f"piece{i}") for i in range(length)]
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    split = site.make(ops.Split, [x], parts, axis=axis, sizes=(1,) * length)
    pairs = zip(parts, site.outputs, strict=True)
    return [split, *(site.make(ops.Reshape, [part], [y], shape=shape) for part, y in pairs)]


def _slice(site: Site) -> list[Operator]:
    x, begin, size = site.tensor(0), site.integers(1), site.integers(2)
    whole = zip(x.shape, begin, size, strict=False)
    size = (*(d - b if s == -1 else s for d, b, s in whole), *size[len(x.shape) :])
    return site.single(ops.Slice, begin=begin, size=size, strides=(1,) * len(x.shape))


def _strided_slice(site: Site) -> list[Operator]:
    """A slice, and a reshape when axes come or go."""
    x = site.tensor(0)
    cut = resolve_strided_slice(x.shape, site.integers(1), site.integers(2), site.integers(3), site.options)
    if cut.shape == cut.size:
        return site.single(ops.Slice, begin=cut.begin, size=cut.size, strides=cut.strides)
    if cut.size == x.shape and min(cut.strides) > 0:
        return _reshape_to(site, cut.shape)
    part = site.part(x, "slice")
    return [
        site.make(ops.Slice, [x], [part], begin=cut.begin, size=cut.size, strides=cut.strides),
        site.make(ops.Reshape, [part], site.outputs, shape=cut.shape),
    ]


def _transpose(site: Site) -> list[Operator]:
    rank = len(site.tensor(0).shape)
    return site.single(ops.Transpose, perm=tuple(normalised(axis, rank) for axis in site.integers(1)))


def _resize(kind: type[Operator]) -> Convert:
    def convert(site: Site) -> list[Operator]:
        size = site.integers(1)
        if len(size) != 2:
            raise RefusedError(f"the new size {list(size)} is not a height and a width")
        corners, centers = bool(site.options["AlignCorners"]), bool(site.options["HalfPixelCenters"])
        return site.single(kind, size=size, align_corners=corners, half_pixel_centers=centers)

    return convert


@dataclass(frozen=True)
class Rule:
    """How a TFLite operator is imported.

    Attributes:
        kind: the IR operator that it becomes, or ends in.
        convert: the translation.
        inputs: fewest and most inputs.
        outputs: number of outputs; None when any number.
    """

    kind: type[Operator]
    convert: Convert
    inputs: tuple[int, int] = (1, 1)
    outputs: int | None = 1

    @property
    def variadic(self) -> bool:
        """Whether it takes any number of inputs, and all are required."""
        return self.inputs == ANY_NUMBER


RULES: dict[str, Rule] = {
    "ADD": Rule(ops.Add, _binary(ops.Add), (2, 2)),
    "AVERAGE_POOL_2D": Rule(ops.AveragePool2D, _pool(ops.AveragePool2D)),
    "CONCATENATION": Rule(ops.Concat, _concatenation, ANY_NUMBER),
    "CONV_2D": Rule(ops.Conv2D, _convolution(ops.Conv2D), (2, 3)),
    "DEPTHWISE_CONV_2D": Rule(ops.DepthwiseConv2D, _convolution(ops.DepthwiseConv2D), (2, 3)),
    "DEQUANTIZE": Rule(ops.Dequantize, _plain(ops.Dequantize)),
    "EXPAND_DIMS": Rule(ops.Reshape, _expand_dims, (2, 2)),
    "HARD_SWISH": Rule(ops.HardSwish, _plain(ops.HardSwish)),
    "LEAKY_RELU": Rule(ops.LeakyRelu, lambda s: s.single(ops.LeakyRelu, alpha=s.options["Alpha"])),
    "LOGISTIC": Rule(ops.Logistic, _plain(ops.Logistic)),
    "MAXIMUM": Rule(ops.Maximum, _binary(ops.Maximum), (2, 2)),
    "MAX_POOL_2D": Rule(ops.MaxPool2D, _pool(ops.MaxPool2D)),
    "MEAN": Rule(ops.Mean, _mean, (2, 2)),
    "MINIMUM": Rule(ops.Minimum, _binary(ops.Minimum), (2, 2)),
    "MUL": Rule(ops.Mul, _binary(ops.Mul), (2, 2)),
    "PACK": Rule(ops.Concat, _pack, ANY_NUMBER),
    "PAD": Rule(ops.Pad, _pad, (2, 2)),
    "PADV2": Rule(ops.Pad, _pad, (3, 3)),
    "PRELU": Rule(ops.PRelu, _prelu, (2, 2)),
    "QUANTIZE": Rule(ops.Quantize, _plain(ops.Quantize)),
    "RELU": Rule(ops.Relu, _plain(ops.Relu)),
    "RELU6": Rule(ops.Relu6, _plain(ops.Relu6)),
    "RELU_N1_TO_1": Rule(ops.ReluN1To1, _plain(ops.ReluN1To1)),
    "RESHAPE": Rule(ops.Reshape, _reshape, (1, 2)),
    "RESIZE_BILINEAR": Rule(ops.ResizeBilinear, _resize(ops.ResizeBilinear), (2, 2)),
    "RESIZE_NEAREST_NEIGHBOR": Rule(ops.ResizeNearest, _resize(ops.ResizeNearest), (2, 2)),
    "SHAPE": Rule(ops.Shape, _plain(ops.Shape)),
    "SLICE": Rule(ops.Slice, _slice, (3, 3)),
    "SOFTMAX": Rule(ops.Softmax, lambda s: s.single(ops.Softmax, beta=s.options["Beta"])),
    "SPLIT": Rule(ops.Split, _split_even, (2, 2), None),
    "SPLIT_V": Rule(ops.Split, _split_v, (3, 3), None),
    "SQUEEZE": Rule(ops.Reshape, _squeeze),
    "STRIDED_SLICE": Rule(ops.Slice, _strided_slice, (4, 4)),
    "SUB": Rule(ops.Sub, _binary(ops.Sub), (2, 2)),
    "TANH": Rule(ops.Tanh, _plain(ops.Tanh)),
    "TRANSPOSE": Rule(ops.Transpose, _transpose, (2, 2)),
    "TRANSPOSE_CONV": Rule(ops.TransposeConv, _transpose_conv, (3, 4)),
    "UNPACK": Rule(ops.Split, _unpack, outputs=None),
}
"""Every operator that has no file of its own; tflite_rules.py has all."""
