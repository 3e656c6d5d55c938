"""Windows over images, by CMSIS-NN: bands of rows, so that whole images need not be in memory.

The library computes an image in one call.  An adapter calls it for a band of output rows, which reads fewer input
rows.  How many rows a band has is our choice: many are fewer calls, few need less memory; the planner takes among
several offers.  What one band reads its output does not overwrite: the library may read and write in any order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, RowsHeld, Window, windowed
from codegen.backends.cmsis_nn.costs import CALL_INSTRUCTIONS, extension
from codegen.backends.library import Declined
from codegen.backends.portable.rows import line_count
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D, Pool2D

MAX_SIZE = 2**15 - 1
"""Of heights, widths, channels and patches: the library holds them in 16 bits here and there."""

VECTOR_BYTES = 16
"""Of MVE; also the alignment of every buffer, which no core needs more of."""

BAND_PIXELS = (1, 8, 24, 96, 384)
"""Sizes of bands that are offered, in output pixels at least, beside whole images."""

Windows = Conv2D | DepthwiseConv2D | Pool2D


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The width of a layer's windows, as the library is told it.

    Attributes:
        filter_c: input channels of an output.
        margins: bytes of padding beside each input row; with any, the rows are gathered first.
    """

    in_w: int
    in_c: int
    filter_c: int
    kernel_w: int
    stride_w: int
    dilation_w: int = 1
    pad_left: int = 0
    margins: tuple[int, int] = (0, 0)

    @property
    def gathers(self) -> bool:
        """Whether rows are gathered."""
        return any(self.margins)


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of the library for a layer.

    Attributes:
        kernel: its adapter.
        work: instructions to compute so many rows in one call.
        context_bytes: its buffer, by its own rule for the core.
        offsets: of input and output: the fields from `input_offset` to `high`.
        weights: as the library takes them; None: a pool.
        scales: fields `bias`, `multiplier`, `shift`; none: a pool.
    """

    kernel: str
    work: Callable[[int], float]
    columns: Columns
    context_bytes: int = 0
    offsets: Fields
    weights: Array | None = None
    scales: Fields = field(default=(("bias", None), ("multiplier", None), ("shift", None)))


def dilation_of(op: Windows) -> tuple[int, int]:
    """Of the window; pools have none."""
    return (1, 1) if isinstance(op, Pool2D) else op.dilation


def columns_of(op: Windows) -> Columns:
    """The width as it is in the model."""
    _, _, in_w, in_c = op.x.shape
    return Columns(
        in_w=in_w,
        in_c=in_c,
        filter_c=in_c // op.groups if isinstance(op, Conv2D) else 1,
        kernel_w=op.kernel[1],
        stride_w=op.stride[1],
        dilation_w=dilation_of(op)[1],
        pad_left=op.pad_w[0],
    )


def check_sizes(op: Windows) -> None:
    """Raises Declined when a size does not fit into the library's, or a window lies beside the image."""
    if max((*op.x.shape, *op.y.shape)) > MAX_SIZE:
        raise Declined(f"a size above {MAX_SIZE:,}")
    for axis, (pad, name) in enumerate(((op.pad_h, "row"), (op.pad_w, "column"))):
        size, count = op.x.shape[1 + axis], op.y.shape[1 + axis]
        reach = (op.kernel[axis] - 1) * dilation_of(op)[axis]
        if pad[0] > reach or (count - 1) * op.stride[axis] - pad[0] >= size:
            raise Declined(f"a {name} of windows that lie beside the image")


def candidates(op: Windows, function: Function, core: Core) -> list[Candidate]:
    """The calls in bands of several sizes, each with whole tensors and with rings."""
    out_h, out_w = op.y.shape[1:3]
    bands = {min(-(-pixels // out_w), out_h) for pixels in BAND_PIXELS} | {out_h}
    reach = _reach(op)
    kinds = (
        (True,) if reach == 1 or function.columns.gathers else (False, True)
    )  # others need no more scratch for rings
    return [
        _candidate(op, function, core, band, rings=rings) for band in sorted(bands, reverse=True) for rings in kinds
    ]


def _reach(op: Windows) -> int:
    """Input rows that one output row reads."""
    return (op.kernel[0] - 1) * dilation_of(op)[0] + 1


def _candidate(op: Windows, function: Function, core: Core, band: int, *, rings: bool) -> Candidate:
    """The calls in bands of so many rows."""
    batches, in_h, out_h = op.x.shape[0], op.x.shape[1], op.y.shape[1]
    window = Window(in_h, out_h, op.kernel[0], op.stride[0], dilation_of(op)[0], op.pad_h[0])
    x = _read_by_bands(windowed(op.x, batches, window, op.x.dtype.bytes), out_h, band)
    rows = line_count(op.y)
    y = Operand(op.y, rows, op.y.bytes // rows, tuple(range(rows)), tuple(range(rows)), op.y.dtype.bytes)
    gathered = _gathered_rows(op, function, band, rings=rings)
    gathered_at = -(-function.context_bytes // VECTOR_BYTES) * VECTOR_BYTES if gathered else 0
    row_bytes = x.row_bytes + sum(function.columns.margins)
    scratch_bytes = gathered_at + gathered * row_bytes if gathered else function.context_bytes
    held = (RowsHeld(0), RowsHeld(1)) if rings else (x.rows, y.rows)
    fields = (
        *_geometry(op, function.columns),
        ("in_row_bytes", x.row_bytes),
        ("out_row_bytes", y.row_bytes),
        ("margin_left", function.columns.margins[0]),
        ("margin_right", function.columns.margins[1]),
        ("band", band),
        ("gathered_at", gathered_at),
        ("in_rows_held", held[0]),
        ("out_rows_held", held[1]),
        *function.offsets,
        ("context_bytes", function.context_bytes),
        ("weights", None if function.weights is None else Constant("weights", function.weights)),
        *function.scales,
    )
    align = VECTOR_BYTES if extension(core) == "mve" else 4
    # Adapters share a signature: a function that needs no scratch gets one byte that it never touches.
    call = Call(function.kernel, fields, (x,), (y,), rows, max(scratch_bytes, 1), scratch_align=align)

    def work(together: int) -> float:
        size = min(band, together)
        each = [size] * (out_h // size) + ([out_h % size] if out_h % size else [])
        return batches * sum(function.work(count) + CALL_INSTRUCTIONS for count in each)

    size = f"bands of {band} of {out_h} rows" if band < out_h else "whole images"
    return Candidate(op, "cmsis-nn", (call,), work(out_h), f"CMSIS-NN, {size}", work)


def _read_by_bands(x: Operand, out_h: int, band: int) -> Operand:
    """An input of which the rows of a band may read what its first row reads."""
    starts = [row - row % out_h % band for row in range(len(x.first))]
    return replace(x, first=tuple(x.first[start] for start in starts), alone=x.first)


def _gathered_rows(op: Windows, function: Function, band: int, *, rings: bool) -> int:
    """Rows that may have to be gathered: with margins those of a band, with rings those of a row that wraps."""
    reach = _reach(op)
    if function.columns.gathers:
        return min((band - 1) * op.stride[0] + reach, op.x.shape[1])
    return min(reach, op.x.shape[1]) if rings and reach > 1 else 0


def _geometry(op: Windows, c: Columns) -> Fields:
    """The first fields of genc_cmsis_images."""
    numbers = {
        "in_h": op.x.shape[1],
        "in_w": c.in_w,
        "in_c": c.in_c,
        "out_h": op.y.shape[1],
        "out_w": op.y.shape[2],
        "out_c": op.y.shape[3],
        "filter_c": c.filter_c,
        "kernel_h": op.kernel[0],
        "kernel_w": c.kernel_w,
        "stride_h": op.stride[0],
        "stride_w": c.stride_w,
        "dilation_h": dilation_of(op)[0],
        "dilation_w": c.dilation_w,
        "pad_top": op.pad_h[0],
        "pad_left": c.pad_left,
    }
    return tuple(numbers.items())


def folded(op: Conv2D, columns: Columns) -> Columns:
    """Neighbouring columns as channels of one, where windows step over several: fewer, longer pieces to copy."""
    fold = math.gcd(op.stride[1], op.kernel[1]) if op.dilation[1] == op.groups == 1 else 1
    if fold == 1:
        return columns
    _, _, in_w, in_c = op.x.shape
    pad = op.pad_w[0]
    right = 0
    if pad % fold or in_w % fold:
        used = max((op.y.shape[2] - 1) * op.stride[1] + op.kernel[1], pad + in_w)
        right = used + -used % fold - pad - in_w
        margins, width, pad_left = (pad * in_c, right * in_c), pad + in_w + right, 0
    else:
        margins, width, pad_left = (0, 0), in_w, pad // fold
    return Columns(
        in_w=width // fold,
        in_c=in_c * fold,
        filter_c=in_c * fold,
        kernel_w=op.kernel[1] // fold,
        stride_w=op.stride[1] // fold,
        pad_left=pad_left,
        margins=margins,
    )
