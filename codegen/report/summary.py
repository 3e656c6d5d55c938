"""The facts a user wants first: RAM, flash, MACs, the layer that sets the peak, what fits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.boards import Board
from codegen.schedule.program import Program


@dataclass(frozen=True, eq=False)
class Summary:
    """Facts of one generation.

    Attributes:
        name: prefix of the library.
        board: what it was generated for.
        program: the schedule.
        weights_bytes: constants in flash, exact.
        code_bytes: kernels and schedule, estimated.
    """

    name: str
    board: Board
    program: Program
    weights_bytes: int
    code_bytes: int

    @property
    def ram_bytes(self) -> int:
        """sizeof(NAME_t): arena and state."""
        return self.program.arena_bytes + self.program.state_bytes

    @property
    def flash_bytes(self) -> int:
        """Weights and code."""
        return self.weights_bytes + self.code_bytes

    @property
    def peak_text(self) -> str:
        """The layer that sets the peak, as the user knows it."""
        layers = self.program.layers
        return layers[self.program.peak_layer].op.where if layers else "the input"

    def json(self, directory: Path) -> dict[str, Any]:
        """The summary as data."""
        return {
            "name": self.name,
            "board": self.board.name,
            "directory": str(directory),
            "arena_bytes": self.program.arena_bytes,
            "state_bytes": self.program.state_bytes,
            "ram_bytes": self.ram_bytes,
            "ram_lower_bound_bytes": self.program.lower_bound_bytes,
            "weights_bytes": self.weights_bytes,
            "code_bytes_estimate": self.code_bytes,
            "macs": self.program.graph.macs,
            "layers": len(self.program.layers),
            "instructions_estimate": round(self.program.instructions),
            "peak_layer": self.peak_text,
        }

    def text(self, directory: Path) -> str:
        """The summary as a few lines."""
        ram, flash = self.board.memory_bytes("ram"), self.board.memory_bytes("flash")
        bound = self.program.lower_bound_bytes
        near = "the least possible for this order" if self.ram_bytes == bound else f"at least {bound:,} needed"
        parts = f"{self.weights_bytes:,} weights + about {self.code_bytes:,} code"
        work = f"{len(self.program.layers)} layers, about {self.program.instructions / 1e6:.3g} M instructions"
        lines = [
            f"{self.name} for {self.board.title}, written to {directory}/",
            f"  RAM    {self.ram_bytes:>9,} B    {share(self.ram_bytes, ram)} of {ram:,}; {near}",
            f"  flash  {self.flash_bytes:>9,} B    {share(self.flash_bytes, flash)} of {flash:,}; {parts}",
            f"  work   {self.program.graph.macs:>9,} MAC  {work}",
            f"  peak   {self.peak_text}",
            f"  next   {directory}/README.md has the three lines for your build system",
        ]
        return "\n".join(lines)


def share(part: int, whole: int) -> str:
    """A percentage that never says 0 % of something."""
    percent = 100 * part / max(whole, 1)
    return f"{percent:.0f} %" if percent >= 1 else "under 1 %"
