"""The facts a user wants first: RAM, flash, MACs, the layer that sets the peak, what fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.boards import Memory
from codegen.ir import DType
from codegen.render.library import Library
from codegen.render.package import Package
from codegen.report.facts import ModelFacts
from codegen.report.kernels import libraries_line


@dataclass(frozen=True, eq=False)
class Summary:
    """Facts of one generation.

    Attributes:
        package: the facts the C was printed from.
        models: what is known of each.
    """

    package: Package
    models: Sequence[ModelFacts]

    @property
    def name(self) -> str:
        """Prefix of the library, or of the kernels that several models share."""
        return self.package.name

    @property
    def library(self) -> Library:
        """The first model's facts."""
        return self.package.models[0]

    @property
    def flash_bytes(self) -> int:
        """Weights and code."""
        return self.package.weights_bytes + self.package.code_bytes

    @property
    def _home(self) -> Memory | None:
        """The memory of the instances: the user's choice, or the board's largest."""
        return self.library.homes.instance or self.package.board.memory("ram")

    @property
    def peak_text(self) -> str:
        """The layer that sets the peak, as the user knows it."""
        return max(self.models, key=lambda model: model.library.ram_bytes).peak_text

    def json(self, directory: Path) -> dict[str, Any]:
        """The summary as data; several models have an entry each under "models"."""
        package = self.package
        facts = {"name": self.name, "board": package.board.name, "directory": str(directory)}
        if not package.several:
            return {**facts, **_model_json(self.models[0])}
        return {
            **facts,
            "ram_bytes": package.ram_bytes,
            "shared_bytes": package.shared_bytes,
            "weights_bytes": package.weights_bytes,
            "code_bytes_estimate": package.code_bytes,
            "models": [{"name": model.library.name, **_model_json(model)} for model in self.models],
        }

    def text(self, directory: Path) -> str:
        """The summary as a few lines, for somebody who now has the library."""
        tables = [model.quantized.report.table() + "\n" for model in self.models if model.quantized]
        lines = [
            *tables,
            f"{self.name} for {self.package.board.title}, written to {directory}/",
            *self.lines(),
            f"  next   {directory}/README.md has the three lines for your build system, report.html the pictures",
        ]
        return "\n".join(lines)

    def lines(self) -> list[str]:
        """RAM, flash, work and peak, a line each; of several models, the sum first."""
        if not self.package.several:
            return self._model_lines(self.models[0])
        package = self.package
        turns = ", ".join(model.name for model in package.sharing)
        how = f"{turns} taking turns in {package.shared_bytes:,}" if turns else "an instance of each"
        lines = [
            f"  RAM    {package.ram_bytes:>9,} B    {share(package.ram_bytes, self._home)}{how}",
            self._flash_line(package.weights_bytes, package.code_bytes, "; kernels once"),
        ]
        for model in self.models:
            lines += [model.library.name, *self._model_lines(model)]
        return lines

    def _model_lines(self, model: ModelFacts) -> list[str]:
        facts, program = model.library, model.program
        bound = program.lower_bound_bytes
        near = "proved minimal for these kernels" if program.activation_bytes <= bound else f"lower bound {bound:,}"
        work = f"{len(program.layers)} layers, about {program.instructions / 1e6:.3g} M instructions"
        return [
            f"  RAM    {facts.ram_bytes:>9,} B    {share(facts.ram_bytes, self._home)}{near}",
            *self._slow_lines(facts),
            self._flash_line(facts.weights_bytes, facts.code_bytes),
            f"  work   {facts.macs:>9,} MAC  {work}",
            *([f"  layers {libraries_line(program)}"] if self.package.dependencies else []),
            f"  peak   {model.peak_text}",
            *(model.quantized.report.lines() if model.quantized else []),
            *self._border_lines(model),
        ]

    @staticmethod
    def _slow_lines(facts: Library) -> list[str]:
        """What lies in another memory; nothing when an instance is one piece."""
        if not facts.slow_bytes or facts.homes.slow is None:
            return []
        home = facts.homes.slow
        return [
            f"  slow   {facts.slow_bytes:>9,} B    {share(facts.slow_bytes, home)}what is touched least, in {home.name}"
        ]

    @staticmethod
    def _border_lines(model: ModelFacts) -> list[str]:
        """What float inputs and outputs cost a model that was quantised here."""
        graph = model.imported
        size = sum(t.bytes for t in {*graph.inputs, *graph.outputs} if t.dtype is DType.FLOAT32)
        if model.quantized is None or not size:
            return []
        return [f"         inputs and outputs in float32 are {size:,} B, a quarter with --quantized-io"]

    def _flash_line(self, weights_bytes: int, code_bytes: int, note: str = "") -> str:
        flash_bytes = weights_bytes + code_bytes
        parts = f"{weights_bytes:,} weights + about {code_bytes:,} code{note}"
        return f"  flash  {flash_bytes:>9,} B    {share(flash_bytes, self.package.board.memory('flash'))}{parts}"


def _model_json(model: ModelFacts) -> dict[str, Any]:
    library, program = model.library, model.program
    return {
        "arena_bytes": library.arena_bytes,
        "state_bytes": library.state_bytes,
        "ram_bytes": library.ram_bytes,
        "slow_bytes": library.slow_bytes,
        "ram_lower_bound_bytes": program.lower_bound_bytes,
        "weights_bytes": library.weights_bytes,
        "code_bytes_estimate": library.code_bytes,
        "macs": library.macs,
        "layers": len(program.layers),
        "instructions_estimate": round(program.instructions),
        "peak_layer": model.peak_text,
        **({"quantization": model.quantized.report.json()} if model.quantized else {}),
    }


def share(part_bytes: int, memory: Memory | None) -> str:
    """How much of a memory is used, never 0 % of something; nothing on a PC."""
    if memory is None:
        return ""
    percent = 100 * part_bytes / memory.bytes
    text = f"{percent:.0f} %" if percent >= 1 else "under 1 %"
    return f"{text} of {memory.bytes:,}; "
