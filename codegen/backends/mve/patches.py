"""Convolutions on Helium: patches, side by side, multiplied by vectors of weights."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.backends.candidate import Candidate, Fields
from codegen.backends.portable.linear import BLOCK, UNUSED_SCRATCH, geometry, sliding_call
from codegen.ir.ops import Conv2D, DepthwiseConv2D

FEW, MANY, TILE_BYTES = 4, 16, 1024
"""Patches gathered together: a few, or many, of so many bytes."""

CALL = 130
"""Instructions beside the pixels."""

VECTOR = 16
"""Bytes of a vector."""


@dataclass(frozen=True, eq=False)
class Patches:
    """What a convolution multiplies.

    Attributes:
        kernel: the C function.
        groups: of channels.
        patch_bytes: what an output pixel sees of a group.
        outputs: channels of all groups.
        pad_value: byte of padding.
        constants: limits of the output, weights, constants of the channels.
        loads: vectors of weights, each of four channels, that an output pixel is multiplied by.
        weights_offset: what every weight lacks; the kernel adds it.
    """

    kernel: str
    groups: int
    patch_bytes: int
    outputs: int
    pad_value: int
    constants: Fields
    loads: int
    weights_offset: int = 0

    def candidates(self, op: Conv2D | DepthwiseConv2D) -> list[Candidate]:
        """Read where they lie, or gathered by few or by many."""
        if op.kernel == (1, 1) and not any((*op.pad_h, *op.pad_w)):
            return [self._candidate(op, 0)]
        return [self._candidate(op, tile) for tile in self._tiles(op.y.shape[2])]

    def _tiles(self, width: int) -> list[int]:
        """How many patches may be gathered together; rows are cut evenly."""
        mosts = FEW, min(max(TILE_BYTES // (self.groups * self.patch_bytes), FEW), MANY)
        return sorted({-(-width // -(-width // most)) for most in mosts})

    def _candidate(self, op: Conv2D | DepthwiseConv2D, tile: int) -> Candidate:
        """With so many patches gathered together; 0: none are."""
        element_bytes = op.x.dtype.bytes
        fields = (
            *geometry(op),
            ("pad_value", self.pad_value),
            ("groups", self.groups),
            ("patch", self.patch_bytes),
            ("depth", self.outputs // self.groups),
            ("tile", tile),
            ("weights_offset", self.weights_offset),
            *self.constants,
        )
        scratch_bytes = tile * self.groups * self.patch_bytes or UNUSED_SCRATCH
        call = sliding_call(op, self.kernel, fields, scratch_bytes, align=element_bytes)
        why = f"4 channels, {VECTOR // element_bytes} inputs" + (f", {tile} patches gathered" if tile else "")
        return Candidate(op, "mve", (call,), self._instructions(op, tile), why)

    def _instructions(self, op: Conv2D | DepthwiseConv2D, tile: int) -> float:
        """Measured on the layers of MLPerf Tiny, GCC 12 -O2."""
        blocks = self.groups * -(-self.outputs // self.groups // BLOCK)
        pixel = self.loads * 10 + blocks * 20.5
        if tile:
            kh, kw = op.kernel
            line = self.groups * kw * 30 if self.groups > 1 else 15 + 3 * -(-self.patch_bytes // kh // VECTOR)
            pixel += kh * line + (kh * 75 + 90 + 20 * blocks) / tile
        return CALL + op.y.size // op.y.shape[3] * pixel
