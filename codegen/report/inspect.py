"""`gen-c inspect MODEL`: what is inside, and whether gen-c can compile it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.frontends.options import NO_OPTIONS, ImportOptions
from codegen.ir import Graph
from codegen.ir.printer import graph_rows
from codegen.passes import run_passes
from codegen.report.kernels import layer_facts, layer_table
from codegen.report.listing import table
from codegen.report.transposes import transpose_lines, transposes_left
from codegen.schedule.program import Program


@dataclass(eq=False)
class Inspection:
    """A model's layers, or the reasons why it is not supported.

    Attributes:
        model: name of the file.
        graph: as imported.
        error: why it is not supported.
        rows: the layers.
        rewritten: what the passes make of them.
        program: their kernels, when a board or a library was named.
    """

    model: str
    graph: Graph | None
    error: GencError | None = None
    rows: list[Any] = field(default_factory=list)
    rewritten: Graph | None = None
    program: Program | None = None

    @property
    def supported(self) -> bool:
        """True when gen-c can compile the model."""
        return self.error is None

    def json(self) -> dict[str, Any]:
        """The inspection as data."""
        if self.error or self.graph is None:
            return {"model": self.model, "supported": False, **(self.error.json() if self.error else {})}
        return {
            "model": self.model,
            "supported": True,
            "macs": self.graph.macs,
            "weight_bytes": sum(row.weight_bytes for row in self.rows),
            "inputs": [{"name": t.name, "type": t.dtype.value, "shape": t.shape} for t in self.graph.inputs],
            "outputs": [{"name": t.name, "type": t.dtype.value, "shape": t.shape} for t in self.graph.outputs],
            "states": [
                {"name": s.name, "type": s.value.dtype.value, "shape": s.value.shape} for s in self.graph.states
            ],
            "layers": [asdict(row) for row in self.rows],
            "transposes_left": [asdict(t) for t in transposes_left(self.rewritten)] if self.rewritten else [],
            **({"kernels": layer_facts(self.program)} if self.program else {}),
        }

    def text(self) -> str:
        """The inspection as a table."""
        if self.error or self.graph is None:
            return f"{self.model}: not supported\n{self.error}"
        header = ("#", "operator", "name", "input", "output", "type", "MACs", "weights", "output bytes")
        rows = [
            (
                row.index,
                row.op,
                shorten(row.name),
                " ".join("x".join(map(str, shape)) for shape in row.input_shapes),
                "x".join(map(str, row.output_shape)),
                row.output_type,
                f"{row.macs:,}",
                f"{row.weight_bytes:,}",
                f"{row.output_bytes:,}",
            )
            for row in self.rows
        ]
        weights = sum(row.weight_bytes for row in self.rows)
        ends = [f"input   {t.type_text} {shorten(t.name)!r}" for t in self.graph.inputs]
        ends += [f"output  {t.type_text} {shorten(t.name)!r}" for t in self.graph.outputs]
        ends += [f"state   {s.value.type_text} {shorten(s.name)!r}" for s in self.graph.states]
        total = f"{len(self.rows)} layers, {self.graph.macs:,} MACs, {weights:,} bytes of constants; supported"
        left = transpose_lines(self.rewritten) if self.rewritten else []
        kernels = [layer_table(self.program), ""] if self.program else []
        return "\n".join([self.model, *ends, "", table(header, rows), "", *kernels, *left, total])


def shorten(name: str, limit: int = 40) -> str:
    """A tensor name that fits a column: its end says most; control characters do not reach the terminal."""
    clean = "".join(c if c.isprintable() else "?" for c in name)
    return clean if len(clean) <= limit else "..." + clean[3 - limit :]


def inspect_model(path: Path, options: ImportOptions = NO_OPTIONS) -> Inspection:
    """Look into the model at `path`.

    Raises:
        GencError: the file cannot be read as a model at all.
    """
    try:
        graph = load_model(path, options)
    except GencError as error:
        if not error.problems:
            raise
        return Inspection(path.name, None, error)
    rewritten = graph.copy()
    run_passes(rewritten)
    return Inspection(path.name, graph, None, graph_rows(graph), rewritten)
