"""Windows and reductions without weights."""

from __future__ import annotations

import math

import numpy as np

from codegen.backends.candidate import (
    Call,
    Candidate,
    Constant,
    Core,
    Fields,
    RowsAhead,
    RowsHeld,
    Window,
    rowwise,
    whole,
    windowed,
)
from codegen.backends.portable import cost
from codegen.backends.portable.boxes import merged
from codegen.backends.portable.rows import line_count, only
from codegen.ir.ops import AveragePool2D, MaxPool2D, Mean, Pool2D
from codegen.reference import parameters


def average_pool_2d(op: AveragePool2D, _core: Core) -> list[Candidate]:
    """Mean of each window; of one window over all, line by line, so that the image need not be whole."""
    if op.x.shape[:3] == (1, *op.kernel) and op.y.shape[1:3] == (1, 1) and not any((*op.pad_h, *op.pad_w)):
        clamp = parameters.pool(op)
        params = (("low", clamp.low), ("high", clamp.high), ("offset", op.offset))
        return _by_lines("genc_average_rows_s8", op, params, cost.POOL_OUTPUT)
    return only(op, pool_call("genc_average_pool_s8", op), instructions(op), "four channels in registers")


def max_pool_2d(op: MaxPool2D, _core: Core) -> list[Candidate]:
    """Maximum of each window."""
    return only(op, pool_call("genc_max_pool_s8", op), instructions(op), "four channels in registers")


def _by_lines(kernel: str, op: AveragePool2D | Mean, params: Fields, output_cost: float) -> list[Candidate]:
    """A mean over lines and columns of one image; the sums stay in the scratch from line to line."""
    _, height, width, channels = op.x.shape
    shape = ("rows", height), ("columns", width), ("channels", channels)
    fields = (*shape, *params, ("x_held", RowsHeld(0)), ("x_ahead", RowsAhead(0)))
    operands = (rowwise(op.x, height),), (rowwise(op.y, 1),)
    call = Call(kernel, fields, *operands, height, scratch_align=4, kept_bytes=4 * channels)
    instructions = op.x.size * cost.MEAN_LINE_TAP + op.y.size * output_cost
    return only(op, call, instructions, "line by line, sums kept")


def instructions(op: Pool2D) -> float:
    """Estimate for a pool on bytes."""
    return op.y.size * (math.prod(op.kernel) * cost.POOL_TAP + cost.POOL_OUTPUT)


def geometry(op: Pool2D) -> Fields:
    """The parameters that every pool starts with."""
    (_, in_h, in_w, channels), (_, out_h, out_w, _) = op.x.shape, op.y.shape
    return (
        ("in_h", in_h),
        ("in_w", in_w),
        ("channels", channels),
        ("out_h", out_h),
        ("out_w", out_w),
        ("kernel_h", op.kernel[0]),
        ("kernel_w", op.kernel[1]),
        ("stride_h", op.stride[0]),
        ("stride_w", op.stride[1]),
        ("pad_top", op.pad_h[0]),
        ("pad_left", op.pad_w[0]),
    )


def pool_call(kernel: str, op: Pool2D) -> Call:
    """The call of a pool on integers."""
    clamp = parameters.pool(op)
    n, in_h, out_h = op.x.shape[0], op.x.shape[1], op.y.shape[1]
    params = (
        *geometry(op),
        ("low", clamp.low),
        ("high", clamp.high),
        ("offset", op.offset if isinstance(op, AveragePool2D) else 0),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
    )
    window = Window(in_h, out_h, op.kernel[0], op.stride[0], pad=op.pad_h[0])
    rows = line_count(op.y)
    return Call(
        kernel, params, (windowed(op.x, n, window, op.x.dtype.bytes),), (rowwise(op.y, rows, op.y.dtype.bytes),), rows
    )


def mean(op: Mean, core: Core) -> list[Candidate]:
    """Mean over any axes: the kept and the summed dimensions, each reduced to the fewest."""
    p = parameters.mean(op)
    if len(op.x.shape) == 4 and op.x.shape[0] == 1 and sorted(op.axes) == [1, 2]:
        factor = (("bias", -p.count * p.x_zero), ("multiplier", p.multiplier), ("shift", p.shift), ("y_zero", p.y_zero))
        return _by_lines("genc_mean_rows_s8", op, factor, cost.MEAN_OUTPUT + cost.scaling(core))
    return box_mean("genc_mean_s8", op, core)


def box_mean(kernel: str, op: Mean, core: Core) -> list[Candidate]:
    """Mean over any axes, of the whole tensor at once."""
    p = parameters.mean(op)
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
        ("bias", -p.count * p.x_zero),
        ("multiplier", p.multiplier),
        ("shift", p.shift),
        ("y_zero", p.y_zero),
    )
    call = Call(kernel, params, (whole(op.x, 1, op.x.dtype.bytes),), (rowwise(op.y, 1, op.y.dtype.bytes),), 1)
    instructions = op.x.size * cost.MEAN_TAP + op.y.size * (cost.MEAN_OUTPUT + cost.scaling(core))
    return only(op, call, instructions, "four sums in registers")
