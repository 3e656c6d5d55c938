"""Image resizing, its coordinates and weights tabulated."""

from __future__ import annotations

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, RowsHeld, rowwise
from codegen.backends.portable import cost
from codegen.backends.portable.rows import line_count, only
from codegen.ir import Array, DType
from codegen.ir.ops import Resize, ResizeBilinear, ResizeNearest
from codegen.reference import parameters
from codegen.reference.parameters import BilinearAxis


def nearest(op: ResizeNearest, _core: Core) -> list[Candidate]:
    """One source pixel for each."""
    p = parameters.resize_nearest(op)
    tables = (
        ("rows", Constant("rows", p.rows, "source line of each line")),
        ("columns", Constant("columns", p.columns, "source column of each column")),
    )
    call = _call("genc_resize_nearest", op, op.x.dtype.bytes, tables, (p.rows, p.rows))
    pixels = op.y.size // op.y.shape[3]
    return only(op, call, pixels * cost.PIXEL + cost.copy(op.y.bytes), "tabulated coordinates")


BILINEAR = {DType.INT8: "genc_resize_bilinear_s8", DType.INT16: "genc_resize_bilinear_s16"}
"""Kernel by element type."""


def bilinear(op: ResizeBilinear, _core: Core) -> list[Candidate]:
    """Four source pixels for each."""
    p = parameters.resize_bilinear(op)
    tables = (
        ("rows", _axis(p.rows, "rows")),
        ("columns", _axis(p.columns, "columns")),
    )
    call = _call(BILINEAR[op.y.dtype], op, 1, tables, (p.rows.lower, p.rows.upper))
    return only(op, call, op.y.size * cost.BILINEAR, "tabulated coordinates and weights")


def _axis(axis: BilinearAxis, label: str) -> Constant:
    triples = np.stack([axis.lower, axis.upper, axis.fraction], axis=1).astype(np.int32)
    return Constant(label, triples, "two sources, weight of the second in units of 2^-10")


def _call(kernel: str, op: Resize, channel_bytes: int, tables: Fields, span: tuple[Array, Array]) -> Call:
    n, in_h, in_w, channels = op.x.shape
    _, out_h, out_w, _ = op.y.shape
    params: Fields = (
        ("in_h", in_h),
        ("in_w", in_w),
        ("out_h", out_h),
        ("out_w", out_w),
        ("pixel_bytes" if kernel == "genc_resize_nearest" else "channels", channels * channel_bytes),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        *tables,
    )
    image = np.arange(n).repeat(out_h) * in_h
    first, last = (tuple((np.tile(rows, n) + image).tolist()) for rows in span)
    rows = line_count(op.x)
    x = Operand(op.x, rows, op.x.bytes // rows, first, last, op.x.dtype.bytes)
    return Call(kernel, params, (x,), (rowwise(op.y, n * out_h, op.y.dtype.bytes),), n * out_h)
