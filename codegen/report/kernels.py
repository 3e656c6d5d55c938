"""Which library runs each layer, and why: for `gen-c report`, `gen-c inspect --board` and the summary."""

from __future__ import annotations

from collections import Counter
from typing import Any

from codegen.backends import library_title
from codegen.report.listing import table
from codegen.schedule.program import Layer, Program


def layer_facts(program: Program) -> list[dict[str, Any]]:
    """An entry for each layer that needs code."""
    return [
        {
            "index": layer.index,
            "operator": layer.op.kind,
            "name": layer.op.name,
            "library": library_title(backend),
            "backend": backend,
            "kernels": list(dict.fromkeys(placed.call.kernel for placed in layer.calls)),
            "why": layer.why,
        }
        for layer in program.layers
        if (backend := _backend(layer))
    ]


def layer_table(program: Program) -> str:
    """The same as text."""
    rows = [(f["index"], f["operator"], f["library"], ", ".join(f["kernels"]), f["why"]) for f in layer_facts(program)]
    return table(("#", "operator", "library", "kernel", "why"), rows)


def libraries_line(program: Program) -> str:
    """How many layers each library runs: "CMSIS-NN 12, gen-c 3"."""
    counts = Counter(library_title(backend) for layer in program.layers if (backend := _backend(layer)))
    return ", ".join(f"{title} {count}" for title, count in counts.most_common())


def _backend(layer: Layer) -> str:
    return layer.candidate.backend if layer.candidate and layer.calls else ""
