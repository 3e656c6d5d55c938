"""`gen-c boards`, `gen-c ops` and docs/operators.md: what there is, from the same data that decides."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from codegen.boards import load_boards
from codegen.frontends.ncnn import rules as ncnn
from codegen.frontends.onnx import rules as onnx
from codegen.frontends.pnnx import rules as pnnx
from codegen.frontends.tflite import rules as tflite
from codegen.frontends.tflite.state import OPERATORS
from codegen.ir import REGISTRY

Listing = tuple[Any, str]

FORMATS = {"TFLite": tflite.SOURCES, "ONNX": onnx.SOURCES, "NCNN": ncnn.SOURCES, "PNNX": pnnx.SOURCES}
"""By format, the IR operator that each operator of a file becomes."""


def table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """Columns of text, as wide as needed; numbers to the right."""
    cells = [[str(c) for c in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    numeric = [all(row[i].replace(",", "").isdigit() for row in cells[1:] if row[i]) for i in range(len(header))]
    lines = [
        "  ".join(c.rjust(w) if n else c.ljust(w) for c, w, n in zip(row, widths, numeric, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join(lines)


def board_listing() -> Listing:
    """Every board: data and text."""
    boards = load_boards()
    data = [
        {
            "name": b.name,
            "title": b.title,
            "core": b.core.name,
            "features": sorted(b.core.features),
            "clock_mhz": b.clock_mhz,
            "memories": [{"name": m.name, "kind": m.kind, "bytes": m.bytes, "note": m.note} for m in b.memories],
            "backend": b.backend,
            "library": b.library,
            "emulator": b.emulator,
        }
        for b in boards.values()
    ]
    rows = [
        (b.name, b.title, b.core.name, _bytes_of(b.memories, "ram"), _bytes_of(b.memories, "flash"), b.emulator or "-")
        for b in boards.values()
    ]
    return data, table(("board", "chip", "core", "RAM", "flash", "emulator"), rows)


def _bytes_of(memories: Iterable[Any], kind: str) -> str:
    return " + ".join(f"{m.bytes // 1024}k" for m in memories if m.kind == kind) or "-"


@dataclass(frozen=True)
class OperatorFacts:
    """What docs and `gen-c ops` say of an operator of the IR.

    Attributes:
        kind: its name.
        sources: the operators of model files that become it, or end in it, by format.
        meaning: first sentence of its docstring.
        types: element types it computes with; empty where the limits say it.
        limits: docstrings of its constraints.
    """

    kind: str
    sources: dict[str, tuple[str, ...]]
    meaning: str
    types: tuple[str, ...]
    limits: tuple[str, ...]

    @classmethod
    def of(cls, kind: str) -> OperatorFacts:
        """The facts of an operator."""
        op = REGISTRY[kind]
        sources = {name: tuple(sorted(o for o, k in table.items() if k == kind)) for name, table in FORMATS.items()}
        meaning = one_line(inspect.cleandoc(op.__doc__ or "").split("\n\n")[0])
        limits = tuple(one_line(rule.__doc__ or "") for rule in op.rules())
        return cls(kind, sources, meaning, tuple(dtype.value for dtype in op.types), limits)

    def text(self) -> str:
        """For a terminal."""
        meaning = textwrap.indent(textwrap.fill(self.meaning, 100), "    ")
        sources = "".join(f"    {name}: {', '.join(found)}\n" for name, found in self.sources.items() if found)
        types = f"    types: {', '.join(self.types)}\n" if self.types else ""
        return f"{self.kind}\n{meaning}\n{sources}{types}" + "".join(f"    - {limit}\n" for limit in self.limits)

    def row(self) -> str:
        """For docs/operators.md."""
        types, limits = ", ".join(self.types) or "see limits", " ".join(self.limits) or "none"
        sources = " | ".join(" ".join(found) for found in self.sources.values())
        return f"| {self.kind} | {sources} | {types} | {self.meaning} | {limits} |"


def one_line(text: str) -> str:
    """Text without line breaks."""
    return " ".join(text.split())


def operators() -> list[OperatorFacts]:
    """Every operator that a model file may hold."""
    kinds = sorted({kind for table in FORMATS.values() for kind in table.values()})
    return [OperatorFacts.of(kind) for kind in kinds]


def operator_listing() -> Listing:
    """Every operator: data and text."""
    states = "".join(f"{name}\n    {meaning}\n    - {limits}\n\n" for name, (meaning, limits) in OPERATORS.items())
    text = "\n".join(facts.text() for facts in operators())
    return [asdict(facts) for facts in operators()], f"{text}\n{states}".rstrip()


def operators_page() -> str:
    """The text of docs/operators.md."""
    lines = [
        "# Supported operators",
        "",
        "Made by `make docs` from the constraint functions that also check every model; a test fails when it is stale.",
        "Integer results are byte for byte those of TFLite's reference kernels ([exactness.md](exactness.md)).",
        "An operator of a model file becomes the operator of its row, or several that end in it. ONNX operators that",
        "are not listed are imported by ONNX's own definition, where it consists of listed ones ([onnx.md](onnx.md)).",
        "",
        f"| operator | {' | '.join(FORMATS)} | types | meaning | limits |",
        "|" + "---|" * (len(FORMATS) + 4),
        *(facts.row() for facts in operators()),
        "",
        "## State of TFLite models",
        "",
        "| TFLite operator | meaning | limits |",
        "|---|---|---|",
        *(f"| {name} | {meaning} | {limits} |" for name, (meaning, limits) in OPERATORS.items()),
    ]
    return "\n".join(lines) + "\n"
