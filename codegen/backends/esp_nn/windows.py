"""Windows over images as ESP-NN sees them: what a function's buffer takes, and which layers it computes wrongly.

The library asks at run time for a buffer and is told where it lies; here its rules are evaluated when generating.  The
rules are those of version 1.2.3, of `esp_nn_get_conv_scratch_size` and its like; where a rule is short of what the
function writes (marked below), the buffer has what it writes.  A layer that a function would read or write outside
its tensors for, or compute otherwise than TFLite, is declined.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from codegen.backends.esp_nn.chips import Chip
from codegen.backends.library import Declined
from codegen.ir.ops import Conv2D, DepthwiseConv2D, Pool2D

MAX_SIZE = 2**15 - 1
"""Of heights, widths and channels: positions are held in 16 bits here and there."""

VECTOR = 16
S3_MARGIN_BYTES = 64
"""Alignment, and what the assembly touches before and after."""
S3_DEPTHWISE_CACHE_BYTES = 40 * 1024
S3_DEPTHWISE_WIDE_BYTES = 48 * 1024
S3_AREA = 255
"""Elements of a window whose sum S3 holds in 16 bits."""
P4_CHANNELS = 256
"""Channels of a depthwise layer that P4 knows the sums of."""


@dataclass(frozen=True)
class Axis:
    """One direction of a window; `spare`: how far the last window reaches beyond the input, less than 0: not at all."""

    size: int
    out: int
    kernel: int
    stride: int
    pad: int

    @property
    def spare(self) -> int:
        """Elements of padding behind the input that the last window reads."""
        return (self.out - 1) * self.stride + self.kernel - self.pad - self.size

    @property
    def beside(self) -> bool:
        """Whether some window lies beside the input."""
        return self.pad >= self.kernel or (self.out - 1) * self.stride - self.pad >= self.size

    @property
    def reach(self) -> int:
        """Size of the input when every window's whole stride is in it: how the library computes what to pad."""
        return max(self.out * self.stride + self.kernel - 1, self.size)


@dataclass(frozen=True)
class Geometry:
    """Sizes of a layer."""

    h: Axis
    w: Axis
    in_c: int
    out_c: int

    @property
    def area(self) -> int:
        """Elements of a window in a channel."""
        return self.h.kernel * self.w.kernel

    @property
    def weights(self) -> int:
        """Weights of a convolution of one group, about."""
        return self.area * self.in_c * self.out_c

    @property
    def padded(self) -> bool:
        """Whether there is padding before rows or columns."""
        return bool(self.h.pad or self.w.pad)

    @property
    def inside(self) -> bool:
        """Whether no window reads padding."""
        return not self.padded and self.h.spare <= 0 and self.w.spare <= 0

    @property
    def pointwise(self) -> bool:
        """1x1, stride 1, no padding."""
        return self.area == self.h.stride == self.w.stride == 1 and not self.padded


def geometry(op: Conv2D | DepthwiseConv2D | Pool2D) -> Geometry:
    """The sizes of a layer; Declined when the library cannot hold them, or has no dilation."""
    if max((*op.x.shape, *op.y.shape)) > MAX_SIZE:
        raise Declined(f"a size above {MAX_SIZE:,}")
    if not isinstance(op, Pool2D) and any(d > 1 < k for d, k in zip(op.dilation, op.kernel, strict=True)):
        raise Declined("no dilation")
    (_, in_h, in_w, in_c), (_, out_h, out_w, out_c) = op.x.shape, op.y.shape
    h, w = (
        Axis(size, out, kernel, stride, pad[0])
        for size, out, kernel, stride, pad in zip(
            (in_h, in_w), (out_h, out_w), op.kernel, op.stride, (op.pad_h, op.pad_w), strict=True
        )
    )
    if h.beside or w.beside:
        raise Declined("windows that lie beside the image")
    return Geometry(h, w, in_c, out_c)


def parts(g: Geometry, band: int) -> set[Geometry]:
    """What the library is called with for a layer in bands of so many rows, cut anywhere (genc_esp_next)."""
    found = set()
    for row in range(g.h.out):
        top = row * g.h.stride - g.h.pad
        skipped = max(top, 0)
        for rows in range(1, min(band - row % band, g.h.out - row) + 1):
            bottom = min(top + (rows - 1) * g.h.stride + g.h.kernel, g.h.size)
            found.add(replace(g, h=replace(g.h, size=bottom - skipped, out=rows, pad=skipped - top)))
    return found


def _up(size: int, multiple: int = VECTOR) -> int:
    return -(-size // multiple) * multiple


def _beyond(g: Geometry) -> bool:
    """Whether windows read behind an image that has on every side what it has in front."""
    return any(axis.spare > axis.pad for axis in (g.h, g.w))


# ---------------------------------------------------------------- convolution


def conv_bytes(g: Geometry, groups: int, chip: Chip) -> int:
    """Buffer of a convolution."""
    if g.area == 1 and (g.padded or not g.inside):
        raise Declined("1x1 windows in padding")
    if groups > 1 and (g.area == 1 or chip is Chip.P4):
        raise Declined("groups of 1x1 windows" if g.area == 1 else "ESP32-P4: groups")
    if chip is Chip.GENERIC:
        return 0
    return _conv_s3(g) if chip is Chip.S3 else _conv_p4(g)


def _conv_s3(g: Geometry) -> int:
    pixels, row, window = g.h.size * g.w.size, g.w.kernel * g.in_c, g.area * g.in_c
    if g.pointwise:
        channels = _up(g.in_c, 8)
        transposed = 2 * 8 * channels if pixels >= 8 else 0
        return (pixels * channels if g.in_c % 8 else 0) + channels * g.out_c + transposed + S3_MARGIN_BYTES
    if row < VECTOR <= window:
        if min(axis.size - axis.kernel + axis.pad for axis in (g.h, g.w)) < 0:
            raise Declined("ESP32-S3: a window larger than the image")
        return 4 * g.out_c + 2 * VECTOR + (g.out_c + 1) * _up(window) + S3_MARGIN_BYTES
    if g.padded and _beyond(g):
        raise Declined("ESP32-S3: more padding behind the image than before it")
    around = (g.w.size + 2 * g.w.pad) * (g.h.size + 2 * g.h.pad) * g.in_c if g.padded else 0
    behind = g.w.reach * g.h.reach * g.in_c if (g.w.reach, g.h.reach) != (g.w.size, g.h.size) else 0
    if (around or behind) % 4:
        raise Declined("ESP32-S3: padded rows that end where no word begins, behind which it keeps words")
    filters = g.area * _up(g.in_c) * g.out_c + _up(row) * g.h.kernel * g.out_c
    return around + filters + behind + S3_MARGIN_BYTES + 4 * g.out_c


def _conv_p4(g: Geometry) -> int:
    window, margin, sums = g.area * g.in_c, 32, 4 * g.out_c
    if g.pointwise:
        if g.in_c < VECTOR:
            return sums + VECTOR * g.out_c + 32 + margin
        channels, pixels = _up(g.in_c, 8), g.h.size * g.w.size
        copied = pixels * channels if g.in_c % 8 else 0
        return copied + channels * g.out_c + (2 * 8 * channels if pixels >= 8 else 0) + margin
    if not g.padded and g.w.kernel * g.in_c >= VECTOR:
        if max(g.w.spare, g.h.spare) > 1 or (g.h.spare == 1 and g.h.kernel != 3):
            raise Declined("ESP32-P4: more than a column, or a row under windows of 3, of padding behind the image")
        return g.area * _up(g.in_c) * g.out_c + margin + sums
    if window >= VECTOR:
        return sums + window + margin
    if g.padded:
        raise Declined("ESP32-P4: windows of less than 16 numbers in padding")
    channels = _up(-(-VECTOR // g.w.kernel))
    return sums + g.area * channels * g.out_c + g.w.size * g.h.size * channels + margin


# ---------------------------------------------------------------- depthwise


def depthwise_bytes(g: Geometry, *, zero_offset: bool, chip: Chip) -> int:
    """Buffer of a depthwise convolution; `zero_offset`: the zero point of the input is 0."""
    multiplier = g.out_c // g.in_c
    if chip is Chip.P4 and multiplier == 1 and g.in_c > P4_CHANNELS:
        raise Declined(f"ESP32-P4: more than {P4_CHANNELS} channels")
    if chip is not Chip.S3:
        return 0
    pixels = g.h.size * g.w.size
    if multiplier == 1 and g.in_c % 8 == 0:
        return _depthwise_3x3_s3(g) if (g.h.kernel, g.w.kernel) == (3, 3) else _depthwise_s3(g, zero_offset=zero_offset)
    if multiplier == 1 and g.in_c > 3:
        channels = _up(g.in_c, 8)
        ends = 0
        for size in (2 * g.area * channels, 2 * pixels * channels, g.h.out * g.w.out * channels):
            ends = _up(ends + size)
        return ends + 3 * 4 * channels + VECTOR
    return 2 * (g.area * g.out_c + pixels * g.in_c) + 32 if multiplier % 4 == 0 else 32


def _depthwise_3x3_s3(g: Geometry) -> int:
    """3x3, one output an input, channels by eights."""
    if g.in_c < 12:
        return 2 * (9 * g.in_c + g.h.size * g.w.size * g.in_c) + 32
    pads = (g.h.pad, g.w.pad)
    if g.in_c % 16 == 0 and pads == (1, 1):
        if _beyond(g):
            raise Declined("ESP32-S3: more padding behind the image than before it")
        width, height = g.w.size + 2, g.h.size + 2
        full = width * height * g.in_c
        return 9 * g.in_c + (full if full <= S3_DEPTHWISE_CACHE_BYTES else 3 * width * g.in_c) + VECTOR
    if g.in_c % 16 == 0 and pads == (0, 0):
        # Its own rule takes three rows for a large image that needs padding behind; the function copies all of it.
        copied = g.w.reach * g.h.reach * g.in_c if (g.w.reach, g.h.reach) != (g.w.size, g.h.size) else 0
        return 9 * g.in_c + copied + VECTOR
    # Channels by sixteens in other padding come here, too, and its own rule takes them for one of the cases above.
    channels = _up(g.in_c)
    sides = (axis.size + 2 * axis.pad + max(axis.out * axis.stride + 2 - axis.size, 0) for axis in (g.h, g.w))
    height, width = sides
    return 9 * channels + height * width * channels + g.h.out * g.w.out * channels + S3_MARGIN_BYTES


def _depthwise_s3(g: Geometry, *, zero_offset: bool) -> int:
    """Any other window, one output an input, channels by eights."""
    filters, numbers = g.area * g.in_c, g.h.size * g.w.size * g.in_c
    if 2 * (filters + numbers) <= S3_DEPTHWISE_WIDE_BYTES:
        return 2 * (filters + numbers) + 32
    if not zero_offset and (g.h.pad or g.h.spare > 0):
        raise Declined("ESP32-S3: a large image with padding, which it fills with another number")
    return 2 * filters + 2 * g.w.size * g.h.kernel * g.in_c + 32


# ---------------------------------------------------------------- pools


def check_pool(g: Geometry, chip: Chip, *, mean: bool) -> None:
    """Raises Declined when a chip's pool is not right."""
    if chip is Chip.S3 and mean and g.area > S3_AREA:
        raise Declined(f"ESP32-S3: windows of more than {S3_AREA} elements")
    if chip is Chip.S3 and not mean and g.in_c % 4:
        raise Declined("ESP32-S3: channels that are no multiple of 4")
