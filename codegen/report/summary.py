"""The facts a user wants first: RAM, flash, MACs, the layer that sets the peak, what fits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.boards import Memory
from codegen.library import Library
from codegen.schedule.program import Program


@dataclass(frozen=True, eq=False)
class Summary:
    """Facts of one generation.

    Attributes:
        program: the schedule.
        library: the facts the C was printed from.
    """

    program: Program
    library: Library

    @property
    def name(self) -> str:
        """Prefix of the library."""
        return self.library.name

    @property
    def flash_bytes(self) -> int:
        """Weights and code."""
        return self.library.weights_bytes + self.library.code_bytes

    @property
    def peak_text(self) -> str:
        """The layer that sets the peak, as the user knows it."""
        layers = self.program.layers
        return layers[self.program.peak_layer].op.where if layers else "the input"

    def json(self, directory: Path) -> dict[str, Any]:
        """The summary as data."""
        return {
            "name": self.name,
            "board": self.library.board.name,
            "directory": str(directory),
            "arena_bytes": self.library.arena_bytes,
            "state_bytes": self.library.state_bytes,
            "ram_bytes": self.library.ram_bytes,
            "ram_lower_bound_bytes": self.program.lower_bound_bytes,
            "weights_bytes": self.library.weights_bytes,
            "code_bytes_estimate": self.library.code_bytes,
            "macs": self.library.macs,
            "layers": len(self.program.layers),
            "instructions_estimate": round(self.program.instructions),
            "peak_layer": self.peak_text,
        }

    def text(self, directory: Path) -> str:
        """The summary as a few lines, for somebody who now has the library."""
        lines = [
            f"{self.name} for {self.library.board.title}, written to {directory}/",
            *self.lines(),
            f"  next   {directory}/README.md has the three lines for your build system, report.html the pictures",
        ]
        return "\n".join(lines)

    def lines(self) -> list[str]:
        """RAM, flash, work and peak, a line each."""
        facts, board = self.library, self.library.board
        bound = self.program.lower_bound_bytes
        near = "proved minimal for these kernels" if facts.arena_bytes <= bound else f"lower bound {bound:,}"
        parts = f"{facts.weights_bytes:,} weights + about {facts.code_bytes:,} code"
        work = f"{len(self.program.layers)} layers, about {self.program.instructions / 1e6:.3g} M instructions"
        return [
            f"  RAM    {facts.ram_bytes:>9,} B    {share(facts.ram_bytes, board.memory('ram'))}{near}",
            f"  flash  {self.flash_bytes:>9,} B    {share(self.flash_bytes, board.memory('flash'))}{parts}",
            f"  work   {facts.macs:>9,} MAC  {work}",
            f"  peak   {self.peak_text}",
        ]


def share(part_bytes: int, memory: Memory | None) -> str:
    """How much of a memory is used, never 0 % of something; nothing on a PC."""
    if memory is None:
        return ""
    percent = 100 * part_bytes / memory.bytes
    text = f"{percent:.0f} %" if percent >= 1 else "under 1 %"
    return f"{text} of {memory.bytes:,}; "
