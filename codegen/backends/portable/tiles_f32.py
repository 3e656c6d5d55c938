"""Estimated instructions of the blocked float32 convolution, counted as genc_conv_f32 walks: by tiles of pixels.

An output row is cut into tiles of up to four pixels, one pixel where its window hangs over an edge.  A tile takes the
channels in blocks of four; a block calls the inner loop for each stretch of memory that its windows read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from codegen.backends.candidate import Core
from codegen.ir.ops import Conv2D, DepthwiseConv2D

BLOCK = 4
"""Channels that share one pass over the input."""

PIXELS = 4
"""Pixels of a tile, at most."""


@dataclass(frozen=True)
class FloatWork:
    """Instructions of the kernel's loops, from the innermost outwards.

    Attributes:
        place: of one input element of a tile for a block of channels, loop included.
        product: the same for each pixel of the tile: four multiply-adds and the load of the element.
        call: of the inner loop, once per stretch.
        sums: of each pixel of such a call: its sums are loaded and stored.
        block: of a block of channels of a tile.
        pixel: of a pixel of that block.
        output: limiting and storing one output.
        tile: finding where its windows lie.
        row: beginning an output row.
    """

    place: float
    product: float
    call: float
    sums: float
    block: float
    pixel: float
    output: float
    tile: float
    row: float


CORTEX_WORK = FloatWork(1.5, 4.5, 71, 0, 57, 20, 9.8, 146, 77)
"""Two places at a time: loads of several numbers at once, 16 multiply-adds for each."""

FPU_WORK = FloatWork(4.5, 5.25, 63, 22, 45, 23, 8.7, 85, 127)
"""Four places at a time, every number loaded alone."""

LIBRARY_WORK = FloatWork(0, 4 * 156, 71, 0, 57, 20, 300, 146, 77)
"""Without an FPU, two calls of the compiler's library, which are faster where a factor is zero."""


def work(core: Core) -> FloatWork:
    """Measured with QEMU on the float32 models of shared/models, GCC 12 -O2."""
    if "fpu" not in core.features:
        return LIBRARY_WORK
    return CORTEX_WORK if core.name.startswith("cortex") else FPU_WORK


@dataclass(frozen=True)
class Axis:
    """One axis of a sliding window: sizes of input, output and kernel, in elements."""

    size_in: int
    size_out: int
    kernel: int
    stride: int
    dilation: int
    pad: int

    def inside(self, place: int) -> tuple[int, int]:
        """The first kernel element of an output place that lies inside the input, and one past the last."""
        start = place * self.stride - self.pad
        first = max(0, -(start // self.dilation))
        return first, min(self.kernel, max(0, -((start - self.size_in) // self.dilation)))

    def taps(self, place: int) -> int:
        """How many kernel elements lie inside."""
        first, last = self.inside(place)
        return max(0, last - first)

    def tiles(self) -> Iterator[tuple[int, int]]:
        """Output places taken together, and kernel elements that lie inside: a tile reads as far as its first place."""
        place = 0
        while place < self.size_out:
            count = min(PIXELS, self.size_out - place) if self.inside(place)[0] == 0 else 1
            while count > 1 and self.inside(place + count - 1)[1] < self.kernel:
                count -= 1
            yield count, self.taps(place)
            place += count


def axis(op: Conv2D | DepthwiseConv2D, which: Literal[0, 1]) -> Axis:
    """Rows (0) or columns (1) of a convolution."""
    pad = (op.pad_h, op.pad_w)[which][0]
    sizes = op.x.shape[1 + which], op.y.shape[1 + which]
    return Axis(*sizes, op.kernel[which], op.stride[which], op.dilation[which], pad)


@dataclass(frozen=True)
class Channels:
    """What a tile is multiplied by.

    Attributes:
        blocks: of output channels, of all groups.
        depth: input channels of a group.
        joined: the columns of a window's line are one stretch of memory.
    """

    blocks: int
    depth: int
    joined: bool


def convolution(op: Conv2D | DepthwiseConv2D, groups: int, core: Core) -> float:
    """A convolution in groups of channels."""
    rows, columns = axis(op, 0), axis(op, 1)
    depth, outputs = op.x.shape[3] // groups, op.y.shape[3] // groups
    channels = Channels(groups * -(-outputs // BLOCK), depth, groups == 1 and op.dilation[1] == 1)
    lines = sum(rows.taps(row) for row in range(rows.size_out))
    do = work(core)
    return op.x.shape[0] * _rows(do, columns, rows.size_out, lines, channels) + op.y.size * do.output


def matrix(rows: int, depth: int, outputs: int, core: Core) -> float:
    """A matrix product, whose rows are the pixels of one row."""
    pixels, channels, do = Axis(rows, rows, 1, 1, 1, 0), Channels(-(-outputs // BLOCK), depth, joined=True), work(core)
    return _rows(do, pixels, 1, 1, channels) + rows * outputs * do.output


def _rows(do: FloatWork, columns: Axis, rows: int, lines: int, channels: Channels) -> float:
    """Output rows whose windows read so many input lines, all together; outputs are not counted."""
    total = rows * do.row
    for pixels, taps in columns.tiles():
        places, stretches = taps * channels.depth, min(taps, 1) if channels.joined else taps
        total += rows * (do.tile + channels.blocks * (do.block + pixels * do.pixel))
        call = do.call + pixels * do.sums
        total += lines * channels.blocks * (stretches * call + places * (do.place + pixels * do.product))
    return total
