"""Convolutions and pools, int8, by ESP-NN, in bands of rows where the chip takes any address."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from codegen.backends.candidate import (
    Call,
    Candidate,
    Constant,
    Core,
    Fields,
    Operand,
    RowsHeld,
    Window,
    rowwise,
    whole,
    windowed,
)
from codegen.backends.esp_nn import costs
from codegen.backends.esp_nn.chips import SIMD_ALIGN, Chip, chip_of
from codegen.backends.esp_nn.windows import Geometry, check_pool, conv_bytes, depthwise_bytes, geometry, parts
from codegen.backends.library import Declined
from codegen.backends.portable.linear import Channels
from codegen.backends.portable.rows import line_count
from codegen.backends.two_roundings import bias_of, safe_channels
from codegen.ir import Array, Operator
from codegen.ir.ops import AveragePool2D, Conv2D, DepthwiseConv2D, Pool2D
from codegen.reference import parameters

BAND_PIXELS = {Chip.GENERIC: (1, 8, 32, 128), Chip.S3: (64, 256), Chip.P4: (64, 256)}
"""Sizes of bands that are offered, in output pixels at least; vectors copy the weights in each call."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of the library for a layer.

    Attributes:
        kernel: its adapter.
        row: instructions of an output row.
        buffer: what it asks for on the chip, or Declined.
        filter_c: input channels of an output.
        fields: the last fields of genc_esp_images, from `input_offset` on.
    """

    kernel: str
    row: float
    buffer: Callable[[Geometry], int]
    filter_c: int = 1
    fields: Fields


def conv_2d(op: Conv2D, core: Core) -> list[Candidate]:
    """CONV_2D."""
    g, chip = geometry(op), chip_of(core)
    outputs, *window = op.weights.shape
    c = safe_channels(op, op.weights.value.reshape(outputs, -1))
    return _candidates(
        op,
        g,
        chip,
        Function(
            kernel="genc_esp_conv_s8",
            row=costs.conv_row(g, op.groups, chip),
            buffer=lambda part: conv_bytes(part, op.groups, chip),
            filter_c=g.in_c // op.groups,
            fields=_linear_fields(c, c.weights.reshape(outputs, *window), chip, inside=g.inside),
        ),
    )


def depthwise_conv_2d(op: DepthwiseConv2D, core: Core) -> list[Candidate]:
    """DEPTHWISE_CONV_2D."""
    g, chip = geometry(op), chip_of(core)
    c = safe_channels(op, op.weights.value.reshape(g.area, -1).T)
    zero_offset = g.inside or c.params.x_zero == 0
    fields = _linear_fields(c, c.weights.T, chip, inside=g.inside)
    function = Function(
        kernel="genc_esp_depthwise_s8",
        row=costs.depthwise_row(g, chip),
        buffer=lambda part: depthwise_bytes(part, zero_offset=zero_offset, chip=chip),
        fields=fields,
    )
    return _candidates(op, g, chip, function)


def pool_2d(op: Pool2D, core: Core) -> list[Candidate]:
    """AVERAGE_POOL_2D and MAX_POOL_2D."""
    mean = isinstance(op, AveragePool2D)
    if isinstance(op, AveragePool2D) and op.offset:
        raise Declined("a mean of bytes without a sign")
    g, chip = geometry(op), chip_of(core)
    check_pool(g, chip, mean=mean)
    clamp = parameters.pool(op)
    none = tuple((name, None) for name in ("weights", "bias", "multiplier", "shift"))
    fields = (("input_offset", 0), ("zero_point", 0), ("low", clamp.low), ("high", clamp.high), *none)
    kernel = "genc_esp_average_pool_s8" if mean else "genc_esp_max_pool_s8"
    function = Function(kernel=kernel, row=costs.pool_row(g, chip), buffer=lambda _: 0, fields=fields)
    return _candidates(op, g, chip, function)


def _linear_fields(c: Channels, weights: Array, chip: Chip, *, inside: bool) -> Fields:
    """The last fields; the input offset is in the bias when no window reads padding, which it gives the value of."""
    p, bias = c.params, c.bias if inside else bias_of(c)
    align = max(chip.align, 4)
    arrays = (("bias", bias), ("multiplier", c.multiplier), ("shift", c.shift))
    return (
        ("input_offset", 0 if inside else -p.x_zero),
        ("zero_point", p.y_zero),
        ("low", p.low),
        ("high", p.high),
        ("weights", Constant("weights", np.ascontiguousarray(weights, np.int8), "in the model's order", align)),
        *((name, Constant(name, np.ascontiguousarray(array, np.int32), "", align)) for name, array in arrays),
    )


@dataclass(frozen=True)
class Way:
    """How a layer is cut into calls of the library.

    Attributes:
        band: most output rows in a call.
        buffer_bytes: the largest buffer of any.
        rings: whether the operands may be rings; a window that wraps is gathered.
        whole: one call of the adapter computes everything.
    """

    band: int
    buffer_bytes: int
    rings: bool = False
    whole: bool = False


def _candidates(op: Conv2D | DepthwiseConv2D | Pool2D, g: Geometry, chip: Chip, function: Function) -> list[Candidate]:
    """The calls of whole images, and in bands of several sizes; vectors want images and rows at their multiples."""
    if chip.simd and op.x.shape[0] > 1 and not _aligned(op, op.x.shape[0]):
        raise Declined(f"{chip.value}: images whose size is no multiple of {SIMD_ALIGN} bytes")
    return [_candidate(op, g, chip, function, way) for way in _ways(op, g, chip, function)]


def _ways(op: Conv2D | DepthwiseConv2D | Pool2D, g: Geometry, chip: Chip, function: Function) -> Iterator[Way]:
    bands = {min(-(-pixels // g.w.out), g.h.out) for pixels in BAND_PIXELS[chip]}
    whole_bytes = function.buffer(g)
    if chip.simd:
        yield Way(g.h.out, whole_bytes, whole=True)
        bands = {band for band in bands if band < g.h.out and _aligned(op, line_count(op.x), line_count(op.y))}
    for band in sorted(bands if chip.simd else {*bands, g.h.out}, reverse=True):
        buffer_bytes = _most(function, g, band) if chip.simd else 0
        if buffer_bytes is not None:
            # No window of one row lies in two pieces.
            yield from (Way(band, buffer_bytes, rings) for rings in ((True,) if g.h.kernel == 1 else (False, True)))


def _aligned(op: Operator, pieces: int, out_pieces: int = 0) -> bool:
    """Whether input and output, cut into so many pieces, begin at multiples of a vector in each."""
    cut = ((op.activations[0], pieces), (op.y, out_pieces or pieces))
    return all(t.bytes // count % SIMD_ALIGN == 0 for t, count in cut)


def _most(function: Function, g: Geometry, band: int) -> int | None:
    """The largest buffer of a layer in bands; None when the function is wrong for one of them."""
    try:
        return max(map(function.buffer, parts(g, band)))
    except Declined:
        return None


def _candidate(
    op: Conv2D | DepthwiseConv2D | Pool2D, g: Geometry, chip: Chip, function: Function, way: Way
) -> Candidate:
    """The calls that a way makes."""
    x, y = _whole(op, chip) if way.whole else _by_bands(op, g, chip, way.band)
    batches, rows, band = op.x.shape[0], y.rows, way.band
    gathered_at = -(-way.buffer_bytes // chip.align) * chip.align
    gathered_bytes = min(g.h.kernel, g.h.size) * x.row_bytes if way.rings and g.h.kernel > 1 else 0
    fields = (
        *_geometry(op, g, function.filter_c),
        ("together", line_count(op.y) // rows),
        ("band", band),
        ("gathered_at", gathered_at),
        ("in_rows_held", RowsHeld(0) if way.rings else line_count(op.x)),
        ("out_rows_held", RowsHeld(1) if way.rings else line_count(op.y)),
        *function.fields,
    )
    # The adapters share a signature: a function without a buffer gets one byte that it never touches.
    scratch_bytes = max(gathered_at + gathered_bytes if gathered_bytes else way.buffer_bytes, 1)
    call = Call(function.kernel, fields, (x,), (y,), rows, scratch_bytes, scratch_align=chip.align)
    size = f"bands of {band} of {g.h.out} rows" if band < g.h.out else "whole images"
    work = _work(g, function.row, batches, band, costs.CALL + (costs.COPY * g.weights if chip.simd else 0))
    return Candidate(op, "esp-nn", (call,), work(g.h.out), f"ESP-NN in {chip.value}, {size}", work)


def _whole(op: Conv2D | DepthwiseConv2D | Pool2D, chip: Chip) -> tuple[Operand, Operand]:
    """Operands of a call that computes everything."""
    return whole(op.x, 1, chip.align), rowwise(op.y, 1, chip.align)


def _by_bands(op: Conv2D | DepthwiseConv2D | Pool2D, g: Geometry, chip: Chip, band: int) -> tuple[Operand, Operand]:
    """Operands of a call that computes rows; the library reads and writes a band in any order."""
    window = Window(g.h.size, g.h.out, g.h.kernel, g.h.stride, 1, g.h.pad)
    x, y = windowed(op.x, op.x.shape[0], window, chip.align), rowwise(op.y, line_count(op.y), chip.align)
    starts = [row - row % g.h.out % band for row in range(len(x.first))]
    return replace(x, first=tuple(x.first[start] for start in starts), alone=x.first), y


def _work(g: Geometry, row: float, batches: int, band: int, call: float) -> Callable[[int], float]:
    """Instructions by the rows that are computed together."""

    def work(together: int) -> float:
        return batches * (g.h.out * row + math.ceil(g.h.out / min(band, together)) * call)

    return work


def _geometry(op: Conv2D | DepthwiseConv2D | Pool2D, g: Geometry, filter_c: int) -> Fields:
    """The first fields of genc_esp_images."""
    numbers = {
        "in_h": g.h.size,
        "in_w": g.w.size,
        "in_c": g.in_c,
        "out_h": g.h.out,
        "out_w": g.w.out,
        "out_c": g.out_c,
        "filter_c": filter_c,
        "kernel_h": g.h.kernel,
        "kernel_w": g.w.kernel,
        "stride_h": g.h.stride,
        "stride_w": g.w.stride,
        "pad_top": op.pad_h[0],
        "pad_left": op.pad_w[0],
    }
    return tuple(numbers.items())
