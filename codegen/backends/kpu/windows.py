"""Where an image must lie in its map so that the windows of a layer stand where the chip's do.

The chip computes a window around every pixel of a map, and a pick or a pool behind that takes pixels 0, n, 2n and so
on.  The first window of a layer stands around pixel `first` of the image: the image begins in the map where that makes
a multiple of n.
"""

from __future__ import annotations

from dataclasses import dataclass

from codegen.backends.kpu.units import Chain
from codegen.backends.kpu.words import MIN_SIDE, POOL_STRIDES


@dataclass(frozen=True)
class Axis:
    """Along rows or columns.

    Attributes:
        first: pixel of the image around which the first window stands; negative in its padding.
        low, high: the first and the last pixel that windows read.
        size: pixels of the image.
        align: what the first window's place in the map must be a multiple of.
        outputs: pixels behind pick and pool, of those `align` apart.
    """

    first: int
    low: int
    high: int
    size: int
    align: int
    outputs: int

    @property
    def corner(self) -> int:
        """Where the image begins in the smallest map."""
        return max(-self.first, 0) if self.first <= 0 else -self.first % self.align

    @property
    def side(self) -> int:
        """Of the smallest map."""
        return max(self.corner + self.size, self._least(self.corner))

    def _least(self, corner: int) -> int:
        """Pixels of a map that has all outputs, and a result of 4x4."""
        return self.align * max((corner + self.first) // self.align + self.outputs, MIN_SIDE)

    @property
    def plain(self) -> bool:
        """One output for each pixel, and nothing read beside the image."""
        return (self.first, self.align) == (0, 1) and self.high < self.size

    def stand(self, corner: int, side: int, *, clean: bool) -> bool:
        """Whether they do, in a map of a side in which the image begins at `corner`; `clean`: zeros are around it."""
        at = corner + self.first
        if at < 0 or at % self.align or side < self._least(corner):
            return False
        before = self.low >= 0 or corner == 0 or clean
        behind = self.high < self.size or corner + self.size == side or clean
        return before and behind


Windows = tuple[Axis, Axis]


def windows_of(unit: Chain) -> Windows:
    """Of a layer."""
    conv, result = unit.conv, unit.members[-1].y
    reach, stride = conv.kernel // 2, conv.op.stride[0]
    align = stride * (POOL_STRIDES[unit.pool] if unit.pool else 1)

    def axis(number: int) -> Axis:
        first = conv.first(number)
        last = first + (conv.op.y.shape[1 + number] - 1) * stride
        return Axis(first, first - reach, last + reach, conv.op.x.shape[1 + number], align, result.shape[1 + number])

    return axis(0), axis(1)
