"""Transposed convolutions: output pixels of one phase are an ordinary convolution (genc_transpose_conv.h)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, rowwise
from codegen.backends.portable import linear_s16
from codegen.backends.portable.linear import (
    CHANNEL_COMMENT,
    CONV_KERNELS,
    START_BYTE,
    blocked,
    by_eights,
    channels_of,
    family,
    images,
    scaling_table,
    unsigned_offset,
)
from codegen.backends.portable.rows import only
from codegen.ir import Array
from codegen.ir.ops import TransposeConv
from codegen.reference import parameters
from codegen.reference.float32 import float_range

PIXEL = 150
"""Estimated instructions to find one pixel's patch."""

LINE = 60
"""Of gathering a kernel row of it, beside half an instruction per byte."""


@dataclass(frozen=True)
class Work:
    """Estimated instructions of the block that multiplies a patch.

    Attributes:
        mac: of a multiply-accumulate; those of a block's missing channels are computed, too.
        output: from sum to output.
        channels: of a block.
        block: of beginning one.
        element: of an element of the patch, once for all blocks.
    """

    mac: float
    output: float
    channels: int = 4
    block: float = 0
    element: float = 0


INT16 = {
    "dsp": Work(2.25, 64),
    "arm": Work(4.25, 58),
    "thumb1": Work(5.4, 185),
    "rv32": Work(4, 172),
    "rv64": Work(4, 150),
    "xtensa": Work(5.9, 170),
}
"""By families of cores; "dsp": those with two int16 lanes in a register, whose compiler keeps them there."""

FLOAT = {True: Work(3, 10, block=40), False: Work(156, 350, block=40)}
"""With an FPU, and with the compiler's library."""


def int8(op: TransposeConv, core: Core) -> list[Candidate]:
    """TRANSPOSE_CONV int8, by the block of the convolution of one pixel.

    What the input's zero point adds depends on the weights that a pixel meets: each phase has channels of its own.
    """
    params = parameters.linear(op)
    channels = [channels_of(part, params) for part in by_phase(op)]
    offset = unsigned_offset(np.concatenate([c.weights.ravel() for c in channels]))
    tables = np.stack([blocked(scaling_table(c), 1) for c in channels])
    fields: Fields = (
        *geometry(op),
        ("pad_value", params.x_zero),
        ("low", params.low),
        ("high", params.high),
        ("weights_offset", offset),
        *phases([by_eights(c.weights + offset, 1).astype(np.uint8) for c in channels]),
        ("channels_step", tables[0].size),
        ("channels", Constant("channels", tables, f"[phase]{CHANNEL_COMMENT}")),
    )
    block, cores = CONV_KERNELS[0], family(core)
    work = Work(block.mac[cores], block.output[cores], block.channels, element=START_BYTE)
    return _candidate(op, "genc_transpose_conv_s8", fields, work)


def int16(op: TransposeConv, core: Core) -> list[Candidate]:
    """TRANSPOSE_CONV int16x8."""
    params, lanes = parameters.linear(op), "dsp" in core.features and "mve" not in core.features
    fields: Fields = (
        *geometry(op),
        ("pad_value", 0),
        ("low", params.low),
        ("high", params.high),
        ("weights_offset", 0),
        *packed(by_phase(op)),
        ("channels_step", 0),
        ("channels", Constant("channels", linear_s16.channel_table(params), linear_s16.CHANNEL_COMMENT)),
    )
    return _candidate(op, "genc_transpose_conv_s16", fields, INT16["dsp" if lanes else family(core)])


def float32(op: TransposeConv, core: Core) -> list[Candidate]:
    """TRANSPOSE_CONV float32."""
    bias = np.zeros(len(op.weights.value), np.float32) if op.bias is None else op.bias.value.reshape(-1)
    low, high = np.array(float_range(op.activation), np.float32).view(np.int32).tolist()
    fields: Fields = (
        *geometry(op),
        ("pad_value", 0),
        ("low", low),
        ("high", high),
        ("weights_offset", 0),
        *packed(by_phase(op)),
        ("channels_step", 0),
        ("channels", Constant("bias", blocked(bias, 1).view(np.int32), "[block][4 channels], bits of floats")),
    )
    return _candidate(op, "genc_transpose_conv_f32", fields, FLOAT["fpu" in core.features])


def geometry(op: TransposeConv) -> Fields:
    """The parameters that every kernel starts with."""
    return (*images(op), ("pad_top", op.pad[0]), ("pad_left", op.pad[1]))


def by_phase(op: TransposeConv) -> list[Array]:
    """The weights that the pixels of each phase meet, [O, rows * columns * C], columns from last to first."""
    weights = op.weights.value
    (sy, sx), outputs = op.stride, len(weights)
    parts = [weights[:, row::sy, column::sx][:, :, ::-1] for row, column in np.ndindex(sy, sx)]
    return [part.reshape(outputs, math.prod(part.shape[1:])) for part in parts]


def packed(parts: list[Array]) -> Fields:
    """The weights of each phase by block, tap and channel."""
    arrays = [
        np.swapaxes(np.pad(p, [(0, -len(p) % 4), (0, 0)]).reshape(-(-len(p) // 4), 4, p.shape[1]), 1, 2) for p in parts
    ]
    return phases(arrays)


def phases(arrays: list[Array]) -> Fields:
    """Where each phase begins, in bytes, and the packed weights of all."""
    begins = np.cumsum([0, *(a.nbytes for a in arrays[:-1])]).astype(np.int32)
    weights = np.concatenate([a.ravel() for a in arrays])
    return (
        ("phases", Constant("phases", begins, "byte of the weights at which each phase begins")),
        (
            "weights",
            Constant("weights", weights, "by phase [block][row][column, last first][in][channels of the block]"),
        ),
    )


def _rows(op: TransposeConv) -> Operand:
    """The input by lines, and which of them each output row gathers from."""
    (n, h, _, _), out_h, (stride, _), (kernel, _) = op.x.shape, op.size[0], op.stride, op.kernel
    first, last = [], []
    for image in range(n):
        for y in range(op.pad[0], out_h + op.pad[0]):
            low = min(max(-((kernel - 1 - y) // stride), 0), h)
            first.append(image * h + low)
            last.append(image * h + max(min(y // stride, h - 1), low - 1))
    return Operand(op.x, n * h, op.x.bytes // (n * h), tuple(first), tuple(last), op.x.dtype.bytes)


def _gathered(op: TransposeConv) -> tuple[int, int, int]:
    """Pixels of all images; lines of their patches; places of a kernel that they meet, hanging over edges included."""
    lines, columns = (
        [-(-(k - (place + pad) % s) // s) for place in range(size)]
        for k, s, pad, size in zip(op.kernel, op.stride, op.pad, op.size, strict=True)
    )
    images = op.y.shape[0]
    return images * len(lines) * len(columns), images * sum(lines) * len(columns), images * sum(lines) * sum(columns)


def _instructions(op: TransposeConv, work: Work) -> float:
    """Estimated, as the kernel walks: each pixel gathers its lines and multiplies them by blocks of channels."""
    pixels, lines, places = _gathered(op)
    depth, blocks = op.x.shape[3], -(-op.y.shape[3] // work.channels)
    gather = pixels * PIXEL + lines * LINE + places * depth * (op.x.dtype.bytes / 2 + work.element)
    return gather + blocks * (pixels * work.block + places * depth * work.channels * work.mac) + op.y.size * work.output


def _candidate(op: TransposeConv, kernel: str, fields: Fields, work: Work) -> list[Candidate]:
    taps = math.prod(-(-k // s) for k, s in zip(op.kernel, op.stride, strict=True))
    patch_bytes = taps * op.x.shape[3] * op.x.dtype.bytes
    rows = op.y.shape[0] * op.y.shape[1]
    io = (_rows(op),), (rowwise(op.y, rows, op.y.dtype.bytes),)
    call = Call(kernel, fields, *io, rows, patch_bytes, op.x.dtype.bytes)
    return only(op, call, _instructions(op, work), "gathered pixel by pixel, no accumulators in memory")
