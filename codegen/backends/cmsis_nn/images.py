"""Windows over images, by CMSIS-NN: bands of rows, so that whole images need not be in memory.

The library computes an image in one call.  An adapter calls it for a band of output rows, which reads fewer input
rows.  How many rows a band has is our choice: many are fewer calls, few need less memory; the planner takes among
several offers.  What one band reads its output does not overwrite: the library may read and write in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

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

NO_SCALES: Fields = (("bias", None), ("multiplier", None), ("shift", None))
"""Of a pool."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of the library for a layer.

    Attributes:
        kernel: its adapter.
        offsets: of input and output: the fields from `input_offset` to `high`.
        work: instructions to compute so many pixels in one call, beside those of the call.
        context_bytes: its buffer, by its own rule for the core.
        patch_bytes: of what an output pixel sees, when the adapter gathers that; else 0.
        bias_bytes: of an element of the bias.
        weights: as the library takes them; None: a pool.
        scales: fields `bias`, `multiplier`, `shift`.
    """

    kernel: str
    offsets: Fields
    work: Callable[[int], float]
    context_bytes: int = 0
    patch_bytes: int = 0
    bias_bytes: int = 4
    weights: Array | None = None
    scales: Fields = NO_SCALES


def dilation_of(op: Windows) -> tuple[int, int]:
    """Of the window; pools have none."""
    return (1, 1) if isinstance(op, Pool2D) else op.dilation


def check_sizes(op: Windows) -> None:
    """Raises Declined when a size does not fit into the library's, or a window lies beside the image."""
    largest = max((*op.x.shape, *op.y.shape))
    if largest > MAX_SIZE:
        raise Declined(f"a size of {largest:,} is too large")
    for axis, (pad, name) in enumerate(((op.pad_h, "row"), (op.pad_w, "column"))):
        size, count = op.x.shape[1 + axis], op.y.shape[1 + axis]
        reach = (op.kernel[axis] - 1) * dilation_of(op)[axis]
        if pad[0] > reach or (count - 1) * op.stride[axis] - pad[0] >= size:
            raise Declined(f"a {name} of windows that lie beside the image")


def candidates(op: Windows, function: Function, core: Core) -> list[Candidate]:
    """The calls in bands of several sizes, each with whole tensors and, where that takes scratch, apart with rings."""
    kinds = (False, True) if _reach(op) > 1 and not function.patch_bytes else (True,)
    return [_candidate(op, function, core, band, rings=rings) for band in _bands(op, function) for rings in kinds]


@dataclass(frozen=True)
class Band:
    """What is computed together: so many rows, and in one call of the library at most so many of their pixels."""

    rows: int
    pixels: int

    def calls(self, rows: int, width: int) -> Iterator[int]:
        """Pixels of each call for so many rows of such a width."""
        for begin in range(0, rows, self.rows):
            count = min(self.rows, rows - begin) * width
            yield from [self.pixels] * (count // self.pixels)
            if count % self.pixels:
                yield count % self.pixels


def _bands(op: Windows, function: Function) -> list[Band]:
    """Those that are offered; only gathered patches are fewer than a row."""
    _, out_h, out_w, _ = op.y.shape
    bands = {Band(rows, rows * out_w) for rows in {min(-(-n // out_w), out_h) for n in BAND_PIXELS} | {out_h}}
    if function.patch_bytes:
        parts = {-(-out_w // n) for n in BAND_PIXELS if n < out_w}
        bands |= {Band(1, min(2 * -(-out_w // (2 * part)), out_w)) for part in parts}
    return sorted(bands, key=lambda band: (-band.pixels, -band.rows))


def _reach(op: Windows) -> int:
    """Input rows from the first to the last that one output row reads."""
    return (op.kernel[0] - 1) * dilation_of(op)[0] + 1


def _candidate(op: Windows, function: Function, core: Core, band: Band, *, rings: bool) -> Candidate:
    """The calls in such bands."""
    batches, in_h = op.x.shape[:2]
    _, out_h, out_w, _ = op.y.shape
    window = Window(in_h, out_h, op.kernel[0], op.stride[0], dilation_of(op)[0], op.pad_h[0])
    x = _read_by_bands(windowed(op.x, batches, window, op.x.dtype.bytes), out_h, band.rows)
    rows = line_count(op.y)
    each = tuple(range(rows))
    y = Operand(op.y, rows, op.y.bytes // rows, each, each, op.y.dtype.bytes)
    own_bytes = function.context_bytes or function.patch_bytes * band.pixels
    gathered_at, scratch_bytes = 0, own_bytes
    if rings and _reach(op) > 1 and not function.patch_bytes:
        gathered_at = -(-own_bytes // VECTOR_BYTES) * VECTOR_BYTES
        scratch_bytes = gathered_at + min(_reach(op), in_h) * x.row_bytes
    fields = (
        *_geometry(op),
        ("in_row_bytes", x.row_bytes),
        ("out_row_bytes", y.row_bytes),
        ("band", band.rows),
        ("pixels", band.pixels if function.patch_bytes else 0),
        ("patch_bytes", function.patch_bytes),
        ("gathered_at", gathered_at),
        ("in_rows_held", RowsHeld(0) if rings else x.rows),
        ("out_rows_held", RowsHeld(1) if rings else y.rows),
        *function.offsets,
        ("context_bytes", function.context_bytes),
        ("bias_bytes", function.bias_bytes),
        ("weights", None if function.weights is None else Constant("weights", function.weights)),
        *function.scales,
    )
    align = VECTOR_BYTES if extension(core) == "mve" else 4
    # Adapters share a signature: a function that needs no scratch gets one byte that it never touches.
    call = Call(function.kernel, fields, (x,), (y,), rows, max(scratch_bytes, 1), scratch_align=align)

    def work(together: int) -> float:
        turns = [min(together, out_h - begin) for begin in range(0, out_h, together)]
        calls = (pixels for turn in turns for pixels in band.calls(turn, out_w))
        return batches * sum(function.work(pixels) + CALL_INSTRUCTIONS for pixels in calls)

    size = f"bands of {band.rows} of {out_h} rows" if band.rows < out_h else "whole images"
    if function.patch_bytes:
        size = f"patches of {band.pixels} pixels"
    return Candidate(op, "cmsis-nn", (call,), work(out_h), f"CMSIS-NN, {size}", work)


def _read_by_bands(x: Operand, out_h: int, band: int) -> Operand:
    """An input of which the rows of a band may read what its first row reads."""
    starts = [row - row % out_h % band for row in range(len(x.first))]
    return replace(x, first=tuple(x.first[start] for start in starts), alone=x.first)


def _geometry(op: Windows) -> Fields:
    """The first fields of genc_cmsis_images."""
    numbers = {
        "in_h": op.x.shape[1],
        "in_w": op.x.shape[2],
        "in_c": op.x.shape[3],
        "out_h": op.y.shape[1],
        "out_w": op.y.shape[2],
        "out_c": op.y.shape[3],
        "filter_c": op.x.shape[3] // op.groups if isinstance(op, Conv2D) else 1,
        "kernel_h": op.kernel[0],
        "kernel_w": op.kernel[1],
        "stride_h": op.stride[0],
        "stride_w": op.stride[1],
        "dilation_h": dilation_of(op)[0],
        "dilation_w": dilation_of(op)[1],
        "pad_top": op.pad_h[0],
        "pad_left": op.pad_w[0],
    }
    return tuple(numbers.items())
