"""`gen-c boards`, `gen-c ops` and docs/operators.md: what there is, from the same data that decides."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable
from typing import Any

from codegen.boards import load_boards
from codegen.frontends.tflite_operators import SOURCES
from codegen.ir import REGISTRY, Operator

Listing = tuple[Any, str]


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


def summary_of(op: type[Operator]) -> str:
    """First paragraph of an operator's docstring, on one line."""
    return " ".join(inspect.cleandoc(op.__doc__ or "").split("\n\n")[0].split())


def rules_of(op: type[Operator]) -> list[str]:
    """The docstrings of an operator's constraints."""
    return [" ".join(inspect.cleandoc(rule.__doc__ or "").split()) for rule in op.rules()]


def operator_listing() -> Listing:
    """Every operator that a model may hold, with its limits."""
    data = [
        {"operator": name, "as": kind, "meaning": summary_of(REGISTRY[kind]), "limits": rules_of(REGISTRY[kind])}
        for name, kind in sorted(SOURCES.items())
    ]
    text = "\n".join(
        f"{entry['operator']}\n{textwrap.indent(textwrap.fill(str(entry['meaning']), 100), '    ')}\n"
        + "".join(f"    - {limit}\n" for limit in entry["limits"])
        for entry in data
    )
    return data, text.rstrip()


def operators_page() -> str:
    """The text of docs/operators.md."""
    data, _ = operator_listing()
    lines = [
        "# Supported operators",
        "",
        "Made by `make docs` from the constraint functions that also check every model; a test fails when it is stale.",
        "Integer results are byte for byte those of TFLite's reference kernels (docs/exactness.md).",
        "",
        "| TFLite operator | becomes | meaning | limits |",
        "|---|---|---|---|",
    ]
    for entry in data:
        limits = " ".join(str(limit) for limit in entry["limits"]) or "none"
        lines.append(f"| {entry['operator']} | {entry['as']} | {entry['meaning']} | {limits} |".replace("\n", " "))
    return "\n".join(lines) + "\n"
