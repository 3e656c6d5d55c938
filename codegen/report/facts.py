"""report.json: everything known of a generation, as data.

A pure function of model bytes, options and tool version, like the C beside it.  report.html is drawn from
this and nothing else (codegen.report.page); `gen-c size` reads it to name what a firmware holds
(codegen.report.firmware).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from codegen import __version__
from codegen.backends import library_title
from codegen.boards import Board
from codegen.errors import Problem
from codegen.ir import DType, Graph, Operator
from codegen.quantize import Quantized
from codegen.render.library import Library
from codegen.render.package import Package
from codegen.render.state_text import place
from codegen.report.transposes import transposes_left
from codegen.schedule.program import Layer, Placement, Program

FORMAT = 1
"""Of report.json; a reader refuses one that it does not know."""

FULL = 0.9
"""A memory filled to more than this is worth a warning: stack, heap and the application want some, too."""


@dataclass(frozen=True, eq=False)
class ModelFacts:
    """What is known of one model.

    Attributes:
        imported: the graph before the passes.
        program: the schedule.
        library: the facts the C was printed from.
        applied: how often each pass changed the graph.
        quantized: what it was in float, if it was quantised here.
    """

    imported: Graph
    program: Program
    library: Library
    applied: Counter[str]
    quantized: Quantized | None = None

    @property
    def peak_text(self) -> str:
        """The layer that sets the peak, as the user knows it."""
        layers = self.program.layers
        return layers[self.program.peak_layer].op.where if layers else "the input"

    def json(self) -> dict[str, Any]:
        """The facts as data."""
        library, program = self.library, self.program
        return {
            "name": library.name,
            "file": library.model_file,
            "sha256": library.model_sha256,
            "ram": self._ram(),
            "flash": self._flash(),
            "work": {"macs": library.macs, "instructions_estimate": round(program.instructions)},
            "passes": self._passes(),
            "quantization": self.quantized.report.json() if self.quantized else None,
            "row_by_row": [[s.layers[0], s.layers[-1]] for s in program.runs if s.stages],
            "pushed_rows": program.push.rows if program.push else 0,
            "layers": [self._layer(layer) for layer in program.layers],
            "placements": [self._placement(p) for p in program.placements],
            "constants": [asdict(c) for c in library.constants],
        }

    def _ram(self) -> dict[str, Any]:
        program = self.program
        return {
            "instance_bytes": self.library.ram_bytes,
            "arena_bytes": program.arena_bytes,
            "state_bytes": program.state_bytes,
            "slow_bytes": program.slow_bytes,
            "slow_memory": self.library.homes.slow.name if self.library.homes.slow and program.slow_bytes else None,
            "slow_start": program.slow_start if program.slow_bytes else None,
            "end": program.end,
            "lower_bound_bytes": program.lower_bound_bytes,
            "over_lower_bound_bytes": program.activation_bytes - program.lower_bound_bytes,
            "peak_layer": program.peak_layer,
        }

    def _flash(self) -> dict[str, Any]:
        """Constants by the word that the back-end has for them, and what the code is likely to take."""
        library, kinds = self.library, Counter[str]()
        for constant in library.constants:
            kinds[constant.label] += constant.bytes
        return {
            "constants": dict(kinds.most_common()),
            "constants_bytes": library.weights_bytes,
            "fast_bytes": library.fast_bytes,
            "kernels_bytes_estimate": library.kernel_bytes,
            "schedule_bytes_estimate": library.code_bytes - library.kernel_bytes,
        }

    def _passes(self) -> dict[str, Any]:
        return {
            "applied": dict(self.applied.most_common()),
            "before": _totals(self.imported),
            "after": _totals(self.program.graph),
            "transposes_left": [asdict(left) for left in transposes_left(self.program.graph)],
            "channels_removed": sum(before - after for before, after in self._narrowed.values()),
        }

    @cached_property
    def _narrowed(self) -> dict[str, tuple[int, int]]:
        """Channels before and after, by source, of the operators that lost some."""
        before = {op.source: _channels(op) for op in self.imported.operators}
        after = {op.source: _channels(op) for op in self.program.graph.operators if op.source in before}
        return {source: (before[source], count) for source, count in after.items() if count < before[source]}

    def _layer(self, layer: Layer) -> dict[str, Any]:
        op, offered = layer.op, layer.candidate
        alive = [p for p in self.program.placements if p.first <= layer.index <= p.last]
        own = [c.bytes for c in self.library.constants if c.layer == layer.index]
        return {
            "index": layer.index,
            "operator": op.kind,
            "source": op.source,
            "name": op.name,
            "inputs": [t.type_text for t in op.activations],
            "outputs": [t.type_text for t in op.outputs],
            "macs": op.macs(),
            "constants_bytes": sum(own),
            "live_bytes": _covered(alive),
            "kernels": dict(Counter(placed.call.kernel for placed in layer.calls)),
            "backend": offered.backend if offered else "",
            "library": library_title(offered.backend) if offered else "",
            "why": layer.why,
            "instructions_estimate": round(layer.instructions),
            "scratch_bytes": offered.scratch_bytes if offered else 0,
            "channels": self._narrowed.get(op.source),
        }

    def _placement(self, p: Placement) -> dict[str, Any]:
        return {
            "name": p.label,
            "kind": self._kind(p),
            "type": p.tensor.type_text if p.tensor else f"{p.bytes} bytes",
            "part": place(self.program, p.offset)[0],
            "offset": p.offset,
            "bytes": p.bytes,
            "first_layer": p.first,
            "last_layer": p.last,
            "rows_held": p.rows or None,
            "view_of": p.view_of.name if p.view_of else None,
        }

    def _kind(self, p: Placement) -> str:
        if p.tensor is None:
            return "scratch"
        if self.program.is_state(p.offset):
            return "state"
        ends = {"input": self.program.graph.inputs, "output": self.program.graph.outputs}
        return next((kind for kind, tensors in ends.items() if p.tensor in tensors), "activation")


def report_facts(package: Package, models: Sequence[ModelFacts], problems: Iterable[Problem]) -> Any:
    """The content of report.json.

    Args:
        package: what is written.
        models: of the package, in order.
        problems: why it does not fit, where it was written all the same.
    """
    board = package.board
    warnings = [f"{p.where}: {p.reason}" for p in problems]
    return {
        "format": FORMAT,
        "generator": f"gen-c {__version__}",
        "package": package.name,
        "board": {
            "name": board.name,
            "title": board.title,
            "core": board.core.name,
            "memories": [asdict(m) for m in board.memories],
        },
        "ram": {
            "bytes": package.ram_bytes,
            "slow_bytes": package.slow_bytes,
            "shared_bytes": package.shared_bytes,
            "shared_by": [model.name for model in package.sharing],
        },
        "flash": {"constants_bytes": package.weights_bytes, "code_bytes_estimate": package.code_bytes},
        "warnings": warnings + [w for m in models for w in _warnings(board, m)],
        "models": [m.json() for m in models],
    }


def _warnings(board: Board, model: ModelFacts) -> list[str]:
    """What a user should know before the first build."""
    library = model.library
    found = []
    needs = {"ram": library.ram_bytes, "flash": library.weights_bytes + library.code_bytes}
    for kind, need in needs.items():
        memory = board.memory(kind)
        if memory and FULL * memory.bytes < need <= memory.bytes:
            found.append(f"{library.name} takes {need:,} of the {memory.bytes:,} bytes of {memory.name}")
    floats = [layer for layer in model.program.layers if layer.calls and layer.op.y.dtype is DType.FLOAT32]
    if floats and board.memories and "fpu" not in board.core.features:
        where = f"layer {floats[0].index}" if len(floats) == 1 else f"{len(floats)} layers from {floats[0].index} on"
        found.append(f"{library.name} computes in float32 ({where}), for which {board.core.name} has no instructions")
    return found


def _totals(graph: Graph) -> dict[str, int]:
    constants = {id(t): t.bytes for op in graph.operators for t in op.inputs if t is not None and t.is_constant}
    return {
        "operators": len(graph.operators),
        "macs": graph.macs,
        "constants_bytes": sum(constants.values()),
        "channels": sum(map(_channels, graph.operators)),
    }


def _channels(op: Operator) -> int:
    """Channels that an operator with weights makes."""
    return op.y.shape[-1] if op.macs() and op.y.shape else 0


def _covered(placements: Iterable[Placement]) -> int:
    """Bytes that lie under at least one of them."""
    covered = end = 0
    for p in sorted(placements, key=lambda p: p.offset):
        covered += max(p.offset + p.bytes - max(p.offset, end), 0)
        end = max(end, p.offset + p.bytes)
    return covered
