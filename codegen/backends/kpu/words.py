"""The twelve words of a KPU layer, from what it computes and where (docs/kpu.md has the fields)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

ROW_BYTES = 64
RAM_ROWS = 1 << 15
MAX_LOADS = 64
LOAD_BYTES = 30 << 10
"""Weights of one load: satisfies every condition known of the chip's buffer; twice as many with 16-bit weights."""

MIN_SIDE, MAX_WIDTH, MAX_HEIGHT, MAX_CHANNELS = 4, 512, 256, 1024

POOL_STRIDES = {0: 1, 1: 2, 2: 2, 3: 4, 4: 4, 5: 2, 6: 2, 7: 4, 8: 1, 9: 1}
MAX_POOLS = {2: 1, 4: 3}
"""pool_type of the maximum of windows of that side, side by side."""
LEFT_TOP = 5


class Map(NamedTuple):
    """A feature map in KPU RAM."""

    channels: int
    height: int
    width: int

    @property
    def group(self) -> int:
        """Channels that share a row of 64 bytes."""
        return 4 if self.width <= 16 else 2 if self.width <= 32 else 1

    @property
    def line_rows(self) -> int:
        """Rows of 64 bytes from line to line."""
        return 1 if self.group > 1 else -(-self.width // ROW_BYTES)

    @property
    def channel_rows(self) -> int:
        """Rows of 64 bytes from a group of channels to the next."""
        return self.line_rows * self.height

    @property
    def rows(self) -> int:
        """Rows of 64 bytes in all."""
        return self.channel_rows * -(-self.channels // self.group)

    def misfit(self) -> str | None:
        """Why the chip has no such map, or None."""
        checks = [
            (min(self.height, self.width) < MIN_SIDE, f"maps of {self.height}x{self.width} or less are under 4x4"),
            (self.width > MAX_WIDTH or self.height > MAX_HEIGHT, "the map is larger than 512x256"),
            (self.channels > MAX_CHANNELS, "more than 1024 channels"),
        ]
        return next((reason for wrong, reason in checks if wrong), None)


def natural(shape: tuple[int, ...]) -> Map:
    """The least map of a tensor [1, H, W, C]."""
    _, height, width, channels = shape
    return Map(channels, max(height, MIN_SIDE), max(width, MIN_SIDE))


@dataclass(frozen=True)
class Layer:
    """One command of the KPU.

    Attributes:
        source, target: maps read and written.
        kernel: 1 or 3.
        depthwise: one input channel for each output channel.
        pool: pool_type behind the activation.
        pad_value: of pixels outside the map.
        x_factor, w_factor: factors of the sums of pixels and of weights.
        addend: added once for each input channel.
        wide_weights: 16 bits, not 8.
        source_row, target_row: where the maps are, in rows of KPU RAM.
        interrupt: raise calc_done at the end.
        stream: also send the result to the FIFO.
    """

    source: Map
    target: Map
    kernel: int
    depthwise: bool = False
    pool: int = 0
    pad_value: int = 0
    x_factor: int = 0
    w_factor: int = 0
    addend: int = 0
    wide_weights: bool = False
    source_row: int = 0
    target_row: int = 0
    interrupt: bool = False
    stream: bool = False

    @property
    def channel_bytes(self) -> int:
        """Weights of one output channel."""
        inputs = 1 if self.depthwise else self.source.channels
        return inputs * self.kernel**2 * (2 if self.wide_weights else 1)

    @property
    def channels_per_load(self) -> int:
        """Output channels whose weights are loaded at once; all of a depthwise layer's."""
        limit = LOAD_BYTES * (2 if self.wide_weights else 1)
        return self.target.channels if self.depthwise else min(limit // self.channel_bytes, self.target.channels)

    @property
    def loads(self) -> int:
        """How often weights are loaded."""
        return -(-self.target.channels // max(self.channels_per_load, 1))

    def misfit(self) -> str | None:
        """Why the chip cannot do this, or None."""
        limit = LOAD_BYTES * (2 if self.wide_weights else 1)
        checks = [
            (self.depthwise and self.pool != 0, "a depthwise layer cannot pool"),
            (self.channels_per_load < 1 or self.loads > MAX_LOADS, "its weights take more than 64 loads"),
            (self.depthwise and self.target.channels * self.channel_bytes > limit, "its weights take more than a load"),
            (self.source.rows + self.target.rows > RAM_ROWS, "its maps do not fit the 2 MB of KPU RAM"),
        ]
        reasons = (self.source.misfit(), self.target.misfit(), *(reason for wrong, reason in checks if wrong))
        return next((reason for reason in reasons if reason is not None), None)

    def words(self) -> list[int]:
        """The twelve words; addresses of tables are 0."""
        source, target = self.source, self.target
        pixels = target.width * target.height
        kernel_load = 1 | (self.loads - 1) << 1 | self.channels_per_load * self.channel_bytes << 15
        return [
            int(self.interrupt) | int(self.depthwise) << 3,
            self.source_row | self.target_row << 32,
            source.channels - 1 | target.channels - 1 << 32 | self.channels_per_load - 1 << 48,
            source.width - 1 | source.height - 1 << 10 | target.width - 1 << 32 | target.height - 1 << 42,
            int(self.kernel == 3) | self.pool << 4 | 1 << 10 | 15 << 16 | self.pad_value << 24,
            kernel_load,
            0,
            source.channel_rows | source.line_rows << 16 | source.group << 28 | 1 << 31,
            target.channel_rows | target.line_rows << 16 | target.group << 20,
            (self.w_factor & 0xFFFFFF) << 8 | (self.x_factor & 0xFFFFFF) << 32,
            self.addend & 0xFFFFFFFFFF,
            int(self.stream) | pixels - 1 << 16 | pixels * target.channels - 1 << 32,
        ]
