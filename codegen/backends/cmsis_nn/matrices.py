"""Products of two computed matrices, and transposed convolutions, by CMSIS-NN."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, whole
from codegen.backends.cmsis_nn.costs import extension
from codegen.backends.library import Declined, Function, Offer
from codegen.ir import DType, Operator, Tensor
from codegen.ir.ops import BatchMatMul, TransposeConv
from codegen.reference import function_parameters as parameters
from codegen.reference.fixed_point import narrow_multiplier
from codegen.reference.parameters import LinearParams
from codegen.reference.parameters import linear as parameters_of_linear

LIMIT = 2**30
"""Of a sum of int8, shifted to the left where its factor asks for it."""

PRODUCT = {"mve": (0.35, 29.0, 114.0), "dsp": (1.4, 49.0, 195.0), "": (9.5, 105.0, 200.0)}
"""Instructions of a multiply-accumulate, an output and a row of a product of matrices; GCC 12 -O2 in QEMU."""

SPREAD = {"mve": (0.3, 21.0, 20.0), "dsp": (1.1, 30.0, 35.0), "": (4.6, 46.0, 90.0)}
"""Of a multiply-accumulate, a sum over the channels of a pixel and tap, and an output, of a transposed convolution."""

MOVED = 10.0
"""Instructions to turn an element of a matrix that lies the other way."""


def batch_matmul(op: BatchMatMul, core: Core) -> list[Candidate]:
    """BATCH_MATMUL, int8 and int16; the library takes the second matrix by columns."""
    a, b = op.x, op.operand(1)
    if a.is_constant or b.is_constant:
        raise Declined("no function for a constant matrix")
    if op.adj_x:
        raise Declined("no function for a first matrix that is transposed")
    (rows, depth), (_, columns) = op.matrix(0), op.matrix(1)
    p, dtype = parameters.batch_matmul(op), op.y.dtype
    _check(op, depth, p.multiplier, p.shift)
    sums_bytes = 4 * columns if extension(core) == "mve" and dtype is DType.INT8 else 0
    low, high = dtype.limits
    fields: Fields = (
        ("batches", math.prod(op.y.shape[:-2])),
        ("rows", rows),
        ("depth", depth),
        ("columns", columns),
        ("transposed", int(op.adj_y)),
        ("a_first", _first("a_first", a, op.y)),
        ("b_first", _first("b_first", b, op.y)),
        ("a_offset", -p.a_zero),
        ("b_offset", -p.b_zero),
        ("y_zero", p.y_zero),
        ("low", low),
        ("high", high),
        ("multiplier", p.multiplier),
        ("shift", p.shift),
        ("sums_bytes", sums_bytes),
    )
    turned_bytes = 0 if op.adj_y else depth * columns * dtype.bytes
    # The adapters share a signature: one byte that is never touched where nothing is asked for.
    scratch = max(sums_bytes + turned_bytes, 1)
    kernel = "genc_cmsis_batch_matmul_s8" if dtype is DType.INT8 else "genc_cmsis_batch_matmul_s16"
    inputs = (whole(a, 1, dtype.bytes), whole(b, 1, dtype.bytes))
    call = Call(kernel, fields, inputs, (Operand(op.y, 1, op.y.bytes, (0,), (0,), dtype.bytes),), 1, scratch)
    each, output, row = PRODUCT[extension(core)]
    work = op.macs() * each + op.y.size * (output + row / columns) + (0 if op.adj_y else b.size * MOVED)
    return [Candidate(op, "cmsis-nn", (call,), work, "CMSIS-NN")]


def _check(op: BatchMatMul, depth: int, multiplier: int, shift: int) -> None:
    """Declined when a sum, or what is made of it, could leave its 32 bits."""
    if op.y.dtype is DType.INT8:
        fits = -30 <= shift <= 30 and depth * 255 * 255 << max(shift, 0) < LIMIT
    else:
        fits = -31 <= shift <= 7 and depth * 2**30 * int(narrow_multiplier(multiplier)) >> (14 - shift) < 2**31 - 1
    if not fits:
        raise Declined("its sums may overflow")


def _first(label: str, operand: Tensor, y: Tensor) -> Constant:
    """Where the matrix of each batch begins."""
    shape, size = operand.shape[:-2], math.prod(operand.shape[-2:])
    starts = np.arange(math.prod(shape), dtype=np.int32).reshape(shape) * size
    return Constant(label, np.broadcast_to(starts, y.shape[:-2]).reshape(-1).astype(np.int32), "[batch]")


def transpose_conv(op: TransposeConv, core: Core) -> list[Candidate]:
    """TRANSPOSE_CONV, int8, whose output is what the library writes: it drops no row and no column at the end."""
    p = parameters_of_linear(op)
    (batches, in_h, in_w, in_c), (_, out_h, out_w, out_c) = op.x.shape, op.y.shape
    (kernel_h, kernel_w), (stride_h, stride_w), (top, left) = op.kernel, op.stride, op.pad
    wide = (in_w - 1) * stride_w + max(kernel_w, stride_w)
    finished = in_h * stride_h - top
    reach = finished + max(kernel_h - stride_h, 0)
    if min(top, left) < 0 or not 0 <= finished <= out_h <= reach or left + out_w > wide:
        raise Declined("the library writes other rows or columns than the output has")
    _check_channels(op, p)
    names = "batches in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w pad_top pad_left"
    numbers = (batches, in_h, in_w, in_c, out_h, out_w, out_c, kernel_h, kernel_w, stride_h, stride_w, top, left)
    # The library's own rule takes the other stride for the width.
    ruled = (in_w - 1) * stride_w + max(kernel_w, stride_w, stride_h)
    scratch = 4 * ruled * max(kernel_h, stride_h) * out_c
    fields: Fields = (
        *zip(names.split(), map(int, numbers), strict=True),
        ("input_offset", -p.x_zero),
        ("zero_point", p.y_zero),
        ("low", p.low),
        ("high", p.high),
        ("scratch_bytes", scratch),
        ("weights", Constant("weights", op.weights.value, "[O][KH][KW][C]")),
        ("bias", Constant("bias", p.bias.astype(np.int32))),
        ("multiplier", Constant("multiplier", np.broadcast_to(p.multiplier, out_c).astype(np.int32))),
        ("shift", Constant("shift", np.broadcast_to(p.shift, out_c).astype(np.int32))),
    )
    outputs = (Operand(op.y, 1, op.y.bytes, (0,), (0,)),)
    call = Call("genc_cmsis_transpose_conv_s8", fields, (whole(op.x, 1),), outputs, 1, scratch, 16)
    each, pixel, output = SPREAD[extension(core)]
    work = op.macs() * (each + pixel / in_c) + op.y.size * output
    return [Candidate(op, "cmsis-nn", (call,), work, "CMSIS-NN")]


def _check_channels(op: TransposeConv, p: LinearParams) -> None:
    """Declined when a sum, or what its shift makes of it, could leave 30 bits."""
    rows = np.abs(op.weights.value.astype(np.int64)).reshape(len(op.weights.value), -1).sum(axis=1)
    most = np.abs(p.bias) + 255 * rows
    shift = np.broadcast_to(p.shift, most.shape).astype(np.int64)
    fits = (shift >= -30) & (shift <= 30) & (most << np.clip(shift, 0, 30) < LIMIT)
    if not fits.all() or op.weights.dtype is not DType.INT8:
        raise Declined("its sums may overflow")


OFFERS: Mapping[tuple[type[Operator], DType], Offer] = {
    (BatchMatMul, dtype): Offer(
        batch_matmul, (Function(f"arm_batch_matmul_{suffix}"),), "two computed matrices, the first not transposed"
    )
    for dtype, suffix in ((DType.INT8, "s8"), (DType.INT16, "s16"))
} | {
    (TransposeConv, DType.INT8): Offer(
        transpose_conv, (Function("arm_transpose_conv_s8"),), "no row or column dropped at the end"
    )
}
"""What the back-end's table has of these."""
