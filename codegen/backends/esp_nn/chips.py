"""Which implementation of ESP-NN a core gets: its headers choose it by the chip, so its rules are known here."""

from __future__ import annotations

from enum import Enum

from codegen.backends.candidate import Core

SIMD_ALIGN = 16
"""Bytes: vectors of S3 and P4 are loaded from multiples of it, lower bits of an address are ignored."""


class Chip(Enum):
    """An implementation of the library."""

    GENERIC = "C"
    S3 = "ESP32-S3"
    P4 = "ESP32-P4"

    @property
    def simd(self) -> bool:
        """Whether it has vectors, and so demands of addresses and a buffer."""
        return self is not Chip.GENERIC

    @property
    def align(self) -> int:
        """What addresses of tensors and weights must be multiples of."""
        return SIMD_ALIGN if self.simd else 1


CHIPS = {"xtensa-lx7": Chip.S3, "rv32imafc": Chip.P4}
"""By the name of the core; every other core has the plain C."""


def chip_of(core: Core) -> Chip:
    """The implementation for a core."""
    return CHIPS.get(core.name, Chip.GENERIC)
