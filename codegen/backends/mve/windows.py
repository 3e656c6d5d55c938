"""Depthwise convolutions on Helium: windows read where they lie, copied where there is padding."""

from __future__ import annotations

from codegen.backends.candidate import Candidate, Fields
from codegen.backends.mve.patches import VECTOR
from codegen.backends.portable.linear import geometry, sliding_call
from codegen.ir.ops import Conv2D, DepthwiseConv2D

EIGHT = 8
"""Bytes of channels of a block."""

STRIP, STRIP_BYTES = 4, 4096
"""Pixels whose padded windows are copied together: few, unless the padding has more, or all that take so many bytes."""


def windows(op: Conv2D | DepthwiseConv2D, kernel: str, pad_value: int, constants: Fields) -> list[Candidate]:
    """Candidates of a kernel; constants are the limits of the output, the weights, the constants of the channels."""
    return [_candidate(op, kernel, strip, pad_value, constants) for strip in _strip_sizes(op)]


def _pixel_bytes(op: Conv2D | DepthwiseConv2D) -> int:
    return op.x.shape[3] * op.x.dtype.bytes


def _inside(op: Conv2D | DepthwiseConv2D) -> tuple[int, int]:
    """Output pixels of a row that see no padding at the sides: first, and one behind the last."""
    (before, _), stride, out_w = op.pad_w, op.stride[1], op.y.shape[2]
    span = (op.kernel[1] - 1) * op.dilation[1] + 1
    begin = min(-(-before // stride), out_w)
    return begin, max(min((op.x.shape[2] - span + before) // stride + 1, out_w), begin)


def _window_w(op: Conv2D | DepthwiseConv2D, pixels: int) -> int:
    """Input pixels that so many neighbouring output pixels span."""
    return (pixels - 1) * op.stride[1] + (op.kernel[1] - 1) * op.dilation[1] + 1


def _strip_sizes(op: Conv2D | DepthwiseConv2D) -> list[int]:
    """Pixels whose windows may be copied together: a few, or a whole row where there is padding at the sides."""
    (begin, end), out_w = _inside(op), op.y.shape[2]
    few = min(max(STRIP, begin, out_w - end), out_w)
    whole_bytes = op.kernel[0] * _window_w(op, out_w) * _pixel_bytes(op)
    return [few, out_w] if few < out_w and end - begin < out_w and whole_bytes <= STRIP_BYTES else [few]


def _candidate(op: Conv2D | DepthwiseConv2D, kernel: str, strip: int, pad_value: int, constants: Fields) -> Candidate:
    """The call that copies so many windows together."""
    (kh, kw), out_w, depth = op.kernel, op.y.shape[2], _pixel_bytes(op)
    begin, end = _inside(op)
    if strip == out_w and end - begin < out_w:
        begin = end = 0
    fields: Fields = (
        *geometry(op),
        ("pad_value", pad_value),
        ("inside_begin", begin),
        ("inside_end", end),
        ("strip", strip),
        *constants,
    )
    scratch_bytes = 4 * kh + kh * _window_w(op, strip) * depth
    call = sliding_call(op, kernel, fields, scratch_bytes, align=4)
    borders = [pixels for pixels in (begin, out_w - end) if pixels]
    copied = sum(60 + kh * (45 + 3 * _window_w(op, pixels) * depth / VECTOR) for pixels in borders)
    runs = [pixels for pixels in (*borders, end - begin) if pixels]
    if kw == 1:
        kh, kw = 1, kh
    pair, single = 50 + kh * (5 + kw * 13), 35 + kh * (4 + kw * 8)
    block = sum(45 + pixels // 2 * pair + pixels % 2 * (single + 30) for pixels in runs)
    rows = op.y.shape[0] * op.y.shape[1]
    instructions = rows * (130 + copied + 60 * len(runs) + -(-depth // EIGHT) * block)
    return Candidate(
        op,
        "mve",
        (call,),
        instructions,
        f"{EIGHT // op.x.dtype.bytes} channels, padding copied {strip} pixels at a time",
    )
