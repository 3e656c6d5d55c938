"""`gen-c MODEL --format kmodel` and `gen-c inspect x.kmodel`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.compiler import Options, read_model
from codegen.errors import GencError, Problem
from codegen.kmodel import is_kmodel, kmodel_of, package_of, read_kmodel
from codegen.kmodel.layout import UNKNOWN_TO_KENDRYTE, Kind, KModel, Layer, conv_shape
from codegen.quantize.report import QuantizationReport
from codegen.render.names import model_name
from codegen.report.listing import table

BOARD = "k210"
ZIP = b"PK\x03\x04"
POOLS = ("", "max 2x2", "mean 2x2", "max 4x4", "mean 4x4", "pick 2x2", "right pick 2x2", "pick 4x4", "mean/1", "max/1")


@dataclass(frozen=True, eq=False)
class KModelFile:
    """A kmodel, for people and scripts."""

    name: str
    size_bytes: int
    model: KModel
    quantization: QuantizationReport | None = None

    supported = True

    def rows(self) -> list[tuple[object, ...]]:
        """Number, layer, what it reads and writes, details."""
        return [(index, layer.kind.name, *_describe(layer)) for index, layer in enumerate(self.model.layers)]

    def json(self) -> dict[str, Any]:
        """As data."""
        names = ("index", "layer", "shape", "details")
        return {
            "model": self.name,
            "format": "kmodel v3",
            "bytes": self.size_bytes,
            "main_memory_bytes": self.model.main_bytes,
            "weight_bits": 16 if self.model.wide else 8,
            "outputs": [{"address": address, "bytes": size} for address, size in self.model.outputs],
            "layers": [dict(zip(names, row, strict=True)) for row in self.rows()],
            **({"quantization": self.quantization.json()} if self.quantization else {}),
        }

    def text(self) -> str:
        """As a table."""
        ends = [f"input   {_input(self.model)}"]
        ends += [f"output  {size:,} bytes at {address:,} of main memory" for address, size in self.model.outputs]
        on_chip = sum(layer.kind is Kind.K210_CONV for layer in self.model.layers)
        total = (
            f"kmodel v3, {self.size_bytes:,} bytes; {len(self.model.layers)} layers, {on_chip} convolutions on the KPU "
            f"with weights of {16 if self.model.wide else 8} bits; {self.model.main_bytes:,} bytes of main memory"
        )
        made = self.quantization.lines() if self.quantization else []
        refused = sorted({layer.kind.name for layer in self.model.layers if layer.kind in UNKNOWN_TO_KENDRYTE})
        notes = [f"{name}: Kendryte's kpu.c stops at it, Sipeed's has it" for name in refused]
        return "\n".join(
            [self.name, *ends, "", table(("#", "layer", "shape", "details"), self.rows()), "", *notes, total, *made]
        )


def _input(model: KModel) -> str:
    """What the caller gives."""
    first = model.layers[0] if model.layers else None
    if first is None:
        return "none"
    if first.kind is Kind.K210_CONV:
        return "uint8 " + "x".join(map(str, conv_shape(first.arrays["words"]).source)) + " (planes: C, H, W)"
    return f"float32 {first.fields['in_channels']}" if first.kind is Kind.FULLY_CONNECTED else "kpu.c refuses the file"


def _describe(layer: Layer) -> tuple[str, str]:
    """Shape and details of a layer."""
    f = layer.fields
    if layer.kind is Kind.K210_CONV:
        shape = conv_shape(layer.arrays["words"])
        pool = POOLS[shape.pool] if shape.pool < len(POOLS) else f"pool {shape.pool}"
        parts = [f"{shape.kernel}x{shape.kernel}", "depthwise" * shape.depthwise, pool]
        parts += [f"rows {shape.rows[0]} to {shape.rows[1]}", f"also to {f['main_out']}" if f["flags"] else ""]
        return " to ".join("x".join(map(str, side)) for side in (shape.source, shape.target)), ", ".join(
            filter(None, parts)
        )
    sizes = [f[name] for name in ("channels", "height", "width") if name in f]
    sizes = sizes or [f[name] for name in ("in_channels", "in_height", "in_width") if name in f]
    outs = [f[name] for name in ("out_channels", "out_height", "out_width") if name in f]
    shape_text = " to ".join("x".join(map(str, side)) for side in (sizes, outs) if side) or str(f.get("count", ""))
    shown = {"channels", "height", "width", "count", "flags"}
    rest = [f"{n} {v:.6g}" for n, v in f.items() if n not in shown and not n.startswith(("in_", "out_"))]
    return shape_text, ", ".join(rest)


def inspect_kmodel(path: Path) -> KModelFile | None:
    """What is in a kmodel; None when a file is none, or cannot be read.

    Raises:
        GencError: it is one of another version, or damaged.
    """
    try:
        with path.open("rb") as file:
            if not path.is_file() or not is_kmodel(file.read(64)):
                return None
        data = path.read_bytes()
    except OSError:
        return None
    return KModelFile(path.name, len(data), read_kmodel(data))


def write_formats(
    paths: Sequence[Path], board: str | None, options: Options, form: str, output: Path | None
) -> list[KModelFile]:
    """Export models, each to a file of its own; see write_format."""
    if len(paths) > 1 and (output is not None or options.name is not None):
        raise GencError(f"a {form} holds one model", cure="give the models one by one, or neither -o nor --name")
    return [write_format(path, board, options, form, output) for path in paths]


def write_format(path: Path, board: str | None, options: Options, form: str, output: Path | None) -> KModelFile:
    """Export the model at `path` to `output` (NAME.kmodel, NAME.kfpkg); returns what was written.

    Raises:
        GencError: another board, a layer that version 3 cannot express, or a file that is in the way.
    """
    if board not in (None, BOARD):
        raise GencError(f"--format {form} is for the board {BOARD}", cure="--format c serves every board")
    name = model_name(options.name or path.stem)
    graph, quantized = read_model(path, options)
    kmodel = kmodel_of(graph, exact=options.exact)
    target = output or Path(f"{name}.{form}")
    _write(target, kmodel if form == "kmodel" else package_of(kmodel, name), force=options.force)
    return KModelFile(str(target), len(kmodel), read_kmodel(kmodel), quantized.report if quantized else None)


def _write(target: Path, data: bytes, *, force: bool) -> None:
    """All or nothing; a file that is no kmodel and no zip is left alone unless `force` is set."""
    try:
        if target.exists() and not force:
            with target.open("rb") as file:
                head = file.read(64)
            if head and not is_kmodel(head) and not head.startswith(ZIP):
                raise GencError(f"cannot write {target}", [Problem(str(target), "is another file", "--force")])
        with tempfile.NamedTemporaryFile(dir=target.absolute().parent, delete=False) as written:
            written.write(data)
        Path(written.name).chmod(0o644)
        Path(written.name).replace(target)
    except OSError as error:
        raise GencError(f"cannot write {target}", [Problem(str(target), error.strerror or str(error))]) from error
