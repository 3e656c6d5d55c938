"""Operators on int16: line functions, kernels without weights, and which builder makes the calls of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, RowsHeld, rowwise
from codegen.backends.portable import cost, linear_s16, lines, pool, transpose_conv
from codegen.backends.portable.lines import line_call
from codegen.backends.portable.rows import only
from codegen.backends.portable.softmax import softmax as softmax_s8
from codegen.ir import DType, Operator, Tensor, ops
from codegen.reference import function_parameters, int16, parameters

SIGMOID = 30
"""Instructions of a table with interpolation."""
SOFTMAX = 90


def _line(op: Operator, tensors: list[Tensor], name: str, numbers: list[int] | None, each: float) -> list[Candidate]:
    constants = None if numbers is None else np.array(numbers, np.int32)
    call = line_call(op, tensors, name, constants)
    return only(op, call, cost.LINE_CALL + op.y.size * each + call.out_rows * cost.LINE_ROW, "line function")


def add_sub(op: ops.Add | ops.Sub, core: Core) -> list[Candidate]:
    """Sum or difference."""
    p = parameters.add_sub(op)
    a, b = [p.a_multiplier, p.a_shift], [p.b_multiplier, p.b_shift, p.sign]
    numbers = [p.left_shift, *a, *b, p.y_multiplier, p.y_shift, p.low, p.high]
    return _line(op, [op.x, op.other], "genc_sum_s16", numbers, 66 + 3 * cost.scaling(core))


def mul(op: ops.Mul, core: Core) -> list[Candidate]:
    """Product."""
    p = parameters.mul(op)
    numbers = [p.multiplier, p.shift, p.low, p.high]
    return _line(op, [op.x, op.other], "genc_mul_s16", numbers, 30 + cost.scaling(core))


def max_min(op: ops.Binary, _core: Core) -> list[Candidate]:
    """Maximum or minimum."""
    return _line(op, [op.x, op.other], f"genc_{op.kind}_s16", None, cost.MAX_MIN)


def relu(op: ops.Relu | ops.Relu6, core: Core) -> list[Candidate]:
    """RELU, RELU6."""
    p = parameters.relu(op)
    numbers = [p.multiplier, p.shift, p.multiplier, p.shift, 1, p.low, p.high]
    return _line(op, [op.x], "genc_bent_s16", numbers, 31 + cost.scaling(core))


def leaky_relu(op: ops.LeakyRelu, core: Core) -> list[Candidate]:
    """LEAKY_RELU."""
    p = parameters.leaky_relu(op)
    sign = -1 if p.alpha_multiplier < 0 else 1
    numbers = [p.multiplier, p.shift, abs(p.alpha_multiplier), p.alpha_shift, sign, p.low, p.high]
    return _line(op, [op.x], "genc_bent_s16", numbers, 31 + cost.scaling(core))


def absolute(op: ops.Abs, core: Core) -> list[Candidate]:
    """ABS."""
    p = function_parameters.requantize_float32(op)
    return _line(op, [op.x], "genc_abs_s16", [p.multiplier, p.shift, p.low, p.high], 20 + cost.scaling(core))


def sampled(op: ops.Exp | ops.Log | ops.Rsqrt, _core: Core) -> list[Candidate]:
    """EXP, LOG, RSQRT, from a table of their own."""
    return _line(op, [op.x], "genc_sampled_s16", list(int16.sampled(op)), SIGMOID)


def root(op: ops.Sqrt, core: Core) -> list[Candidate]:
    """SQRT, in float32."""
    p = function_parameters.affine_table(op)
    scales = np.array([p.x_scale, p.y_scale], np.float32).view(np.int32).tolist()
    return _line(op, [op.x], "genc_sqrt_s16", scales, 30 + 4 * cost.float_operation(core))


def sigmoid(op: ops.Logistic | ops.Tanh, _core: Core) -> list[Candidate]:
    """LOGISTIC, TANH, from one table."""
    p = int16.sigmoid_params(op)
    return _line(op, [op.x], f"genc_{op.kind}_s16", [p.multiplier, p.shift, *int16.sigmoid_table()], SIGMOID)


def softmax(op: ops.Softmax, core: Core) -> list[Candidate]:
    """Softmax over the last axis; a row is one distribution."""
    if op.x.dtype is DType.INT8:
        return softmax_s8(op, core)
    depth = op.x.shape[-1]
    rows = op.x.size // depth
    multiplier, shift = int16.softmax_factor(op)
    params = (
        ("depth", depth),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        ("multiplier", multiplier),
        ("shift", shift),
        ("exp_table", Constant("exp_table", np.array(int16.exp_table(), np.int16), "exp(x), x from -10 to 0")),
        ("reciprocal_table", Constant("reciprocals", np.array(int16.reciprocal_table(), np.int16), "1 / (1 + x)")),
    )
    io = (rowwise(op.x, rows, 2),), (rowwise(op.y, rows, 2),)
    call = Call("genc_softmax_s16", params, *io, rows, in_place=frozenset({0}))
    return only(op, call, op.x.size * SOFTMAX + rows * cost.SOFTMAX_ROW, "tables with interpolation")


def pool_2d(op: ops.Pool2D, _core: Core) -> list[Candidate]:
    """Mean or maximum of each window."""
    call = pool.pool_call("genc_pool_s16", op)
    changed = {"channels": 2 * op.x.shape[3], "offset": int(isinstance(op, ops.MaxPool2D))}
    params = tuple((name, changed.get(name, value)) for name, value in call.params)
    return only(op, replace(call, params=params), 2 * pool.instructions(op), "channel by channel")


def mean(op: ops.Mean, core: Core) -> list[Candidate]:
    """Mean over any axes."""
    return pool.box_mean("genc_mean_s16", op, core)


BUILDERS: dict[type[Operator], Callable[[Any, Core], list[Candidate]]] = {
    ops.Conv2D: linear_s16.conv_2d,
    ops.DepthwiseConv2D: linear_s16.depthwise_conv_2d,
    ops.FullyConnected: linear_s16.fully_connected,
    ops.TransposeConv: transpose_conv.int16,
    ops.Add: add_sub,
    ops.Sub: add_sub,
    ops.Mul: mul,
    ops.Maximum: max_min,
    ops.Minimum: max_min,
    ops.Abs: absolute,
    ops.Exp: sampled,
    ops.Log: sampled,
    ops.Rsqrt: sampled,
    ops.Sqrt: root,
    ops.PRelu: lines.prelu,
    ops.Relu: relu,
    ops.Relu6: relu,
    ops.LeakyRelu: leaky_relu,
    ops.Logistic: sigmoid,
    ops.Tanh: sigmoid,
    ops.Softmax: softmax,
    ops.AveragePool2D: pool_2d,
    ops.MaxPool2D: pool_2d,
    ops.Mean: mean,
}
"""Builders of the operators whose kernels compute with int16; the others have one for every type."""
