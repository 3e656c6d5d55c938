"""Operators without weights, float32: element by element through line functions, windows, softmax, resizing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from codegen.backends.candidate import (
    Call,
    Candidate,
    Constant,
    Core,
    Operand,
    RowsHeld,
    Window,
    rowwise,
    whole,
    windowed,
)
from codegen.backends.portable import cost, linear_f32, recurrent_f32, transpose_conv
from codegen.backends.portable.boxes import merged
from codegen.backends.portable.lines import line_call
from codegen.backends.portable.pool import geometry
from codegen.backends.portable.rows import line_count, only
from codegen.ir import Activation, Array, DType, Operator, Tensor, ops
from codegen.reference.float32 import bilinear_axes, float_range

FLOAT_POOL_TAP, FLOAT_POOL_OUTPUT = 3.2, 20
"""Estimated instructions of a tap beside its addition or comparison, and of an output."""

CLAMPS = {ops.Relu: Activation.RELU, ops.Relu6: Activation.RELU6, ops.ReluN1To1: Activation.RELU_N1_TO_1}


def _bits(*values: float) -> Array:
    """Float32 numbers as the int32 that line functions take."""
    return np.array(values, np.float32).view(np.int32)


def _line(op: Operator, tensors: list[Tensor], function: str, numbers: Array | None, cycles: float) -> list[Candidate]:
    call = line_call(op, tensors, function, numbers)
    return only(op, call, cost.LINE_CALL + op.y.size * cycles + call.out_rows * cost.LINE_ROW, "line function")


def arithmetic(op: ops.Binary, core: Core) -> list[Candidate]:
    """ADD, SUB, MUL with their fused activation, MAXIMUM, MINIMUM."""
    bounds = None if op.activation is Activation.NONE else _bits(*float_range(op.activation))
    return _line(op, [op.x, op.other], f"genc_{op.kind}_f32", bounds, 8 + cost.float_operation(core))


def prelu(op: ops.PRelu, core: Core) -> list[Candidate]:
    """PRELU."""
    return _line(op, [op.x, op.alpha], "genc_prelu_f32", None, 8 + cost.float_operation(core))


def clamp(op: ops.Unary, core: Core) -> list[Candidate]:
    """RELU, RELU6, RELU_N1_TO_1."""
    bounds = _bits(*float_range(CLAMPS[type(op)]))
    return _line(op, [op.x], "genc_clamped_f32", bounds, 14 + cost.float_operation(core))


def leaky_relu(op: ops.LeakyRelu, core: Core) -> list[Candidate]:
    """LEAKY_RELU."""
    return _line(op, [op.x], "genc_leaky_relu_f32", _bits(op.alpha), 8 + cost.float_operation(core))


def function(op: ops.Unary, core: Core) -> list[Candidate]:
    """LOGISTIC, TANH, HARD_SWISH."""
    return _line(op, [op.x], f"genc_{op.kind}_f32", None, cost.float_function(core) + 2 * cost.float_operation(core))


def pool(op: ops.Pool2D, core: Core) -> list[Candidate]:
    """Mean or maximum of each window."""
    low, high = float_range(op.activation)
    n, in_h, out_h = op.x.shape[0], op.x.shape[1], op.y.shape[1]
    params = (
        *geometry(op),
        ("average", int(isinstance(op, ops.AveragePool2D))),
        ("low", low),
        ("high", high),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
    )
    x = windowed(op.x, n, Window(in_h, out_h, op.kernel[0], op.stride[0], pad=op.pad_h[0]), 4)
    rows = line_count(op.y)
    call = Call("genc_pool_f32", params, (x,), (rowwise(op.y, rows, 4),), rows)
    taps = math.prod(op.kernel) * (FLOAT_POOL_TAP + cost.float_operation(core))
    return only(op, call, op.y.size * (taps + FLOAT_POOL_OUTPUT), "channel by channel")


def mean(op: ops.Mean, core: Core) -> list[Candidate]:
    """Mean over any axes: the kept and the summed dimensions, each reduced to the fewest."""
    steps = [math.prod(op.x.shape[i + 1 :]) for i in range(len(op.x.shape))]
    dims = [(size, step, i in op.axes) for i, (size, step) in enumerate(zip(op.x.shape, steps, strict=True))]
    kept = merged([(size, step) for size, step, summed in dims if not summed], 1)
    reduced = merged([(size, step) for size, step, summed in dims if summed], 1)
    params = (
        ("kept_rank", len(kept) - 1),
        ("kept", Constant("kept", np.array(kept[:-1], np.int32), "size, step") if kept[1:] else None),
        ("inner_size", kept[-1][0]),
        ("inner_step", kept[-1][1]),
        ("reduced_rank", len(reduced)),
        ("reduced", Constant("reduced", np.array(reduced, np.int32), "size, step")),
        ("count", float(math.prod(size for size, _ in reduced))),
    )
    call = Call("genc_mean_f32", params, (whole(op.x, 1, 4),), (rowwise(op.y, 1, 4),), 1)
    return only(
        op, call, op.x.size * (4 + cost.float_operation(core)) + op.y.size * cost.MEAN_OUTPUT, "one sum at a time"
    )


def softmax(op: ops.Softmax, core: Core) -> list[Candidate]:
    """Softmax over the last axis; a row is one distribution."""
    depth = op.x.shape[-1]
    rows = op.x.size // depth
    params = (("depth", depth), ("x_held", RowsHeld(0)), ("y_held", RowsHeld(1)), ("beta", float(np.float32(op.beta))))
    call = Call(
        "genc_softmax_f32",
        params,
        (rowwise(op.x, rows, 4),),
        (rowwise(op.y, rows, 4),),
        rows,
        in_place=frozenset({0}),
    )
    return only(op, call, op.x.size * (cost.float_function(core) + 4 * cost.float_operation(core)), "libm's expf")


def resize_bilinear(op: ops.ResizeBilinear, core: Core) -> list[Candidate]:
    """Four source pixels for each; of float32, or of uint8, which is computed in float32."""
    kernel = {DType.FLOAT32: "genc_resize_bilinear_f32", DType.UINT8: "genc_resize_bilinear_u8"}[op.y.dtype]
    size = op.y.dtype.bytes
    n, in_h, in_w, channels = op.x.shape
    _, out_h, out_w, _ = op.y.shape
    rows, columns = bilinear_axes(op)
    tables = [
        (
            (name, Constant(name, np.stack(axis[:2], axis=1), "two sources")),
            (f"{name[:-1]}_weights", Constant(f"{name[:-1]}_weights", axis[2], "of the second source")),
        )
        for name, axis in (("rows", rows), ("columns", columns))
    ]
    params = (
        ("in_h", in_h),
        ("in_w", in_w),
        ("out_h", out_h),
        ("out_w", out_w),
        ("channels", channels),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        *tables[0],
        *tables[1],
    )
    image = np.arange(n).repeat(out_h) * in_h
    first, last = (tuple((np.tile(lines, n) + image).tolist()) for lines in rows[:2])
    x = Operand(op.x, n * in_h, op.x.bytes // (n * in_h), first, last, size)
    call = Call(kernel, params, (x,), (rowwise(op.y, n * out_h, size),), n * out_h)
    return only(op, call, op.y.size * (20 + 6 * cost.float_operation(core)), "tabulated coordinates and weights")


BUILDERS: dict[type[Operator], Callable[[Any, Core], list[Candidate]]] = {
    ops.Conv2D: linear_f32.conv_2d,
    ops.DepthwiseConv2D: linear_f32.depthwise_conv_2d,
    ops.FullyConnected: linear_f32.fully_connected,
    ops.TransposeConv: transpose_conv.float32,
    ops.Add: arithmetic,
    ops.Sub: arithmetic,
    ops.Mul: arithmetic,
    ops.Maximum: arithmetic,
    ops.Minimum: arithmetic,
    ops.PRelu: prelu,
    ops.Relu: clamp,
    ops.Relu6: clamp,
    ops.ReluN1To1: clamp,
    ops.LeakyRelu: leaky_relu,
    ops.Logistic: function,
    ops.Tanh: function,
    ops.HardSwish: function,
    ops.AveragePool2D: pool,
    ops.MaxPool2D: pool,
    ops.Mean: mean,
    ops.Softmax: softmax,
    ops.ResizeBilinear: resize_bilinear,
    **recurrent_f32.BUILDERS,
}
"""Builders of the operators whose kernels compute with floats; the others have one for every type."""
