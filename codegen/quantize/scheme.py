"""How each operator is quantised: the 8-bit specification of TensorFlow Lite.

Activations are int8, one scale and zero point for a tensor; weights int8 around 0, one scale for each output channel;
biases int32.  Some results have a fixed scale; operators that move or compare numbers keep the scale of what they read.
"""

from __future__ import annotations

from enum import Enum, auto

from codegen.ir import DType, Operator, Quantization, ops

FLOAT = DType.FLOAT32


class Kind(Enum):
    """What becomes of an operator."""

    LINEAR = auto()
    """Weights and bias are rounded, the result has a scale of its own."""
    OWN = auto()
    """The result has a scale of its own."""
    FIXED = auto()
    """The result has the scale that TensorFlow Lite prescribes."""
    SAME = auto()
    """Operands and results have one scale."""
    TABLE = auto()
    """256 results, whatever the function is; a scale of its own."""
    PLACE = auto()
    """It only asks which number is larger."""


FIXED_SCALES: dict[type[Operator], Quantization] = {
    ops.L2Norm: Quantization((1 / 128,), (0,)),
    ops.LogSoftmax: Quantization((1 / 16,), (127,)),
    ops.Logistic: Quantization((1 / 256,), (-128,)),
    ops.Softmax: Quantization((1 / 256,), (-128,)),
    ops.Tanh: Quantization((1 / 128,), (0,)),
}

OPERATORS: dict[Kind, tuple[type[Operator], ...]] = {
    Kind.LINEAR: (ops.Conv2D, ops.DepthwiseConv2D, ops.FullyConnected, ops.TransposeConv),
    Kind.OWN: (
        ops.Add,
        ops.BatchMatMul,
        ops.Elu,
        ops.HardSwish,
        ops.LeakyRelu,
        ops.Mean,
        ops.Mul,
        ops.PRelu,
        ops.Relu,
        ops.Relu6,
        ops.ReluN1To1,
        ops.SquaredDifference,
        ops.Sub,
        ops.Sum,
    ),
    Kind.FIXED: tuple(FIXED_SCALES),
    Kind.SAME: (
        ops.AveragePool2D,
        ops.BroadcastTo,
        ops.Concat,
        ops.Copy,
        ops.Gather,
        ops.GatherNd,
        ops.MaxPool2D,
        ops.Maximum,
        ops.Minimum,
        ops.Pad,
        ops.ReduceMax,
        ops.ReduceMin,
        ops.Reshape,
        ops.ResizeBilinear,
        ops.ResizeNearest,
        ops.Select,
        ops.Slice,
        ops.Split,
        ops.Transpose,
        ops.UpdateSlice,
    ),
    Kind.PLACE: (ops.ArgMax, ops.ArgMin),
}

KINDS: dict[type[Operator], Kind] = {each: kind for kind, classes in OPERATORS.items() for each in classes}

FOLLOWING = (ops.Unary, ops.Binary, ops.PRelu, *OPERATORS[Kind.SAME], *OPERATORS[Kind.PLACE])
"""Operators that are not worth a conversion: where their operands are float, they are computed in float."""


def kind_of(op: Operator) -> Kind | None:
    """How to quantise a float operator; None when it stays float."""
    kind = KINDS.get(type(op))
    if _is_function(op) and not (isinstance(op, ops.Unary) and kind):
        return Kind.TABLE
    return kind


def _is_function(op: Operator) -> bool:
    """Whether `op` maps each number to one, by itself: a sum with one constant number, not a sum of two tensors."""
    if not isinstance(op, ops.Unary | ops.Binary | ops.PRelu) or len(op.activations) != 1:
        return False
    single = all(t.size == 1 for t in op.inputs if t is not None and t.is_constant)
    (x,) = op.activations
    return single and x.shape == op.y.shape and x.dtype is op.y.dtype is FLOAT


def is_float(op: Operator) -> bool:
    """Whether `op` reads or makes float32, and does not only convert it."""
    floats = any(t.dtype is FLOAT for t in (*op.activations, *op.outputs))
    return floats and not isinstance(op, ops.Quantize | ops.Dequantize)
