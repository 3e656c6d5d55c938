"""What the schedule is to aim for."""

from __future__ import annotations

import math
from dataclasses import dataclass

BALANCED, RAM, SPEED, FLASH = "balanced", "ram", "speed", "flash"

EXTRA_WORK = {BALANCED: 0.0475, RAM: float("inf"), SPEED: 0.0, FLASH: 0.02}
"""Estimated instructions that may be spent on saving RAM, as a part of the network's: counted, about five percent."""

EXTRA_WORK_BY_ROWS = 0.13
"""The same when the input arrives row by row, which is asked for where RAM is short."""

FLASH_SHARE = {BALANCED: 0.5, RAM: 0.5, SPEED: 0.9, FLASH: 0.0}
"""Part of the flash up to which constants may grow to save instructions."""


@dataclass(frozen=True)
class Goal:
    """What the user wants of memory and time.

    Attributes:
        optimize: "balanced" (the least RAM that costs at most five percent more instructions), "ram" (the least RAM),
            "speed" (no instruction is spent on RAM) or "flash" (like balanced, with the kernels of the least flash).
        ram_bytes: RAM that an instance may take, or None; with it, the least work within it is wanted, whatever
            `optimize` says.
        input_rows: the input arrives row by row.
        flash_bytes: of the board, for this model; None: nobody asks.
        fast_bytes: room in fast memory for an instance; what does not fit makes its slow part.  None: it is one piece.
    """

    optimize: str = BALANCED
    ram_bytes: int | None = None
    input_rows: bool = False
    flash_bytes: int | None = None
    fast_bytes: int | None = None

    @property
    def constants_bytes(self) -> float:
        """Up to which constants may grow to save instructions."""
        return math.inf if self.flash_bytes is None else FLASH_SHARE[self.optimize] * self.flash_bytes

    @property
    def extra_work(self) -> float:
        """Instructions that may be spent on saving RAM, as a part of the network's."""
        if self.input_rows and self.ram_bytes is None and self.optimize == BALANCED:
            return EXTRA_WORK_BY_ROWS
        return EXTRA_WORK[RAM if self.ram_bytes is not None else self.optimize]


DEFAULT_GOAL = Goal()
"""When the user says nothing."""
