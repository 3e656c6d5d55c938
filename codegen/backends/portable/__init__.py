"""The portable back-end: C99 kernels for every core, and so an offer for every operator.

One file per family of operators; a builder takes an operator and makes the calls of its kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen.backends.candidate import Candidate, Core
from codegen.backends.library import Coverage, covered
from codegen.backends.portable import (
    batch_matmul,
    custom,
    elementwise,
    float32,
    int16,
    linear,
    lines,
    movement,
    normalization,
    norms,
    pool,
    quantize,
    recurrent,
    reduction,
    resize,
    scatter,
    softmax,
    transpose_conv,
)
from codegen.ir import DType, Operator, ops
from codegen.reference import functions

Builder = Callable[[Any, Core], "list[Candidate]"]
"""Makes the candidates of one operator."""

PLAIN_BINARY: dict[DType, Builder] = dict.fromkeys((DType.INT32, DType.INT64), lines.plain_binary)

BUILDERS: dict[type[Operator], Builder | dict[DType, Builder]] = {
    ops.Conv2D: linear.conv_2d,
    ops.DepthwiseConv2D: linear.depthwise_conv_2d,
    ops.FullyConnected: linear.fully_connected,
    ops.Lookup: elementwise.lookup,
    ops.Relu: elementwise.unary,
    ops.Relu6: elementwise.unary,
    ops.ReluN1To1: elementwise.unary,
    ops.Logistic: elementwise.unary,
    ops.Tanh: elementwise.unary,
    ops.HardSwish: elementwise.unary,
    ops.LeakyRelu: elementwise.unary,
    ops.Add: {DType.INT8: elementwise.add_sub, **PLAIN_BINARY},
    ops.Sub: {DType.INT8: elementwise.add_sub, **PLAIN_BINARY},
    ops.Mul: {DType.INT8: elementwise.mul, **PLAIN_BINARY},
    ops.Maximum: {DType.INT8: elementwise.max_min, **PLAIN_BINARY},
    ops.Minimum: {DType.INT8: elementwise.max_min, **PLAIN_BINARY},
    ops.PRelu: lines.prelu,
    ops.AveragePool2D: pool.average_pool_2d,
    ops.MaxPool2D: pool.max_pool_2d,
    ops.Mean: pool.mean,
    ops.Softmax: softmax.softmax,
    ops.LogSoftmax: norms.log_softmax,
    ops.L2Norm: norms.l2_norm,
    ops.Normalization: normalization.normalization,
    ops.LocalResponseNorm: normalization.local_response_norm,
    ops.Reshape: movement.reshape,
    ops.Concat: movement.concat,
    ops.Copy: movement.copy,
    ops.Split: movement.split,
    ops.Slice: movement.slice_,
    ops.Pad: movement.pad,
    ops.Transpose: movement.transpose,
    ops.BroadcastTo: movement.broadcast_to,
    ops.UpdateSlice: movement.update_slice,
    ops.ResizeNearest: resize.nearest,
    ops.ResizeBilinear: {**dict.fromkeys(resize.BILINEAR, resize.bilinear), DType.UINT8: float32.resize_bilinear},
    ops.Quantize: quantize.quantize,
    ops.Dequantize: quantize.dequantize,
    ops.Custom: custom.custom,
    ops.Abs: lines.mathematics,
    ops.Neg: lines.mathematics,
    ops.Sqrt: lines.mathematics,
    ops.Rsqrt: lines.mathematics,
    ops.Square: lines.mathematics,
    ops.Sin: lines.mathematics,
    ops.Cos: lines.mathematics,
    ops.Exp: lines.mathematics,
    ops.Log: lines.mathematics,
    ops.Floor: lines.mathematics,
    ops.Ceil: lines.mathematics,
    ops.Round: lines.mathematics,
    ops.Elu: lines.mathematics,
    ops.LogicalNot: lines.mathematics,
    ops.Div: lines.division,
    ops.SquaredDifference: lines.squared_difference,
    ops.FloorDiv: lines.plain_binary,
    ops.FloorMod: lines.plain_binary,
    ops.Pow: lines.plain_binary,
    ops.Remainder: lines.plain_binary,
    ops.BitwiseAnd: lines.plain_binary,
    ops.BitwiseOr: lines.plain_binary,
    ops.BitwiseXor: lines.plain_binary,
    ops.ShiftLeft: lines.plain_binary,
    ops.ShiftRight: lines.plain_binary,
    ops.LogicalAnd: lines.plain_binary,
    ops.LogicalOr: lines.plain_binary,
    ops.Equal: lines.comparison,
    ops.NotEqual: lines.comparison,
    ops.Greater: lines.comparison,
    ops.GreaterEqual: lines.comparison,
    ops.Less: lines.comparison,
    ops.LessEqual: lines.comparison,
    ops.Select: lines.select,
    ops.Cast: lines.cast,
    ops.Sum: reduction.reduction,
    ops.ReduceMax: reduction.reduction,
    ops.ReduceMin: reduction.reduction,
    ops.ReduceProd: reduction.reduction,
    ops.ReduceAny: reduction.reduction,
    ops.ReduceAll: reduction.reduction,
    ops.ArgMax: reduction.arg_extreme,
    ops.ArgMin: reduction.arg_extreme,
    ops.CumSum: reduction.cumsum,
    ops.Gather: reduction.gather,
    ops.GatherNd: reduction.gather_nd,
    ops.ScatterNd: scatter.scatter_nd,
    ops.TopK: scatter.top_k,
    ops.BatchMatMul: batch_matmul.batch_matmul,
    ops.MatrixProduct: batch_matmul.matrix_product,
    ops.TransposeConv: transpose_conv.int8,
    **dict.fromkeys(functions.FUNCTIONS, lines.function),
    **recurrent.BUILDERS,
}
"""Builder of each operator, or one for each element type of its output."""

SPECIAL: dict[DType, dict[type[Operator], Builder]] = {DType.FLOAT32: float32.BUILDERS, DType.INT16: int16.BUILDERS}
"""Builders that go before those, by element type of the output."""


class Portable:
    """Kernels without assembly or intrinsics."""

    name = "portable"

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        """Every portable way to compute `op`; empty for an operator that should have folded away."""
        builder = SPECIAL.get(op.y.dtype, {}).get(type(op)) or BUILDERS.get(type(op))
        if isinstance(builder, dict):
            builder = builder.get(op.y.dtype)
        return builder(op, core) if builder else []

    def covers(self) -> list[Coverage]:
        """Every operator with every type that it computes with: there is a kernel for each."""
        found = dict.fromkeys([*BUILDERS, *(op for table in SPECIAL.values() for op in table)])
        return covered((op, dtype) for op in found for dtype in op.types)
