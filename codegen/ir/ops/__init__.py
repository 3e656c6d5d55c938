"""One dataclass per operator: attributes, shape rule, constraints.  Grouped by family."""

from codegen.ir.ops.activation import (
    HardSwish,
    LeakyRelu,
    Logistic,
    Lookup,
    PRelu,
    Relu,
    Relu6,
    ReluN1To1,
    Softmax,
    Tanh,
    Unary,
)
from codegen.ir.ops.binary import Add, Binary, Maximum, Minimum, Mul, Sub
from codegen.ir.ops.linear import Conv2D, DepthwiseConv2D, FullyConnected
from codegen.ir.ops.movement import Concat, Pad, Reshape, Shape, Slice, Split, Transpose
from codegen.ir.ops.pool import AveragePool2D, MaxPool2D, Mean, Pool2D
from codegen.ir.ops.quantize import Dequantize, Quantize
from codegen.ir.ops.resize import Resize, ResizeBilinear, ResizeNearest

__all__ = [
    "Add",
    "AveragePool2D",
    "Binary",
    "Concat",
    "Conv2D",
    "DepthwiseConv2D",
    "Dequantize",
    "FullyConnected",
    "HardSwish",
    "LeakyRelu",
    "Logistic",
    "Lookup",
    "MaxPool2D",
    "Maximum",
    "Mean",
    "Minimum",
    "Mul",
    "PRelu",
    "Pad",
    "Pool2D",
    "Quantize",
    "Relu",
    "Relu6",
    "ReluN1To1",
    "Reshape",
    "Resize",
    "ResizeBilinear",
    "ResizeNearest",
    "Shape",
    "Slice",
from codegen.ir.ops.transpose_conv import TransposeConv
    "Softmax",
    "Split",
    "Sub",
    "Tanh",
    "Transpose",
    "Unary",
]
    "TransposeConv",
