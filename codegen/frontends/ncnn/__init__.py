"""NCNN models become graphs: `model.param` (text, or binary `model.param.bin`) with the weights in `model.bin`.

`parameters` reads the layers, `weights` the numbers beside them, `schema` is the table of what each layer has; `rules`
and its families say what a layer is, in ONNX's operators where those say it, which the ONNX front-end imports.
"""

from __future__ import annotations

from pathlib import Path

from codegen.frontends.options import ImportOptions
from codegen.ir import Graph

MAGIC = 7767517
"""First line of a text file, first word of a binary one."""


class Ncnn:
    """NCNN's `*.param`."""

    name = "NCNN"
    suffixes = (".param", ".param.bin")

    def recognises(self, head: bytes) -> bool:
        """The magic number, and not PNNX's layers behind it."""
        text = head.lstrip().startswith(str(MAGIC).encode())
        return (text and b"pnnx." not in head) or head[:4] == MAGIC.to_bytes(4, "little")

    def load(self, path: Path, options: ImportOptions) -> Graph:
        """Import a file and the weights beside it.

        Raises:
            GencError: one cannot be read or is damaged (no problems), or the model is not supported (all problems).
        """
        from codegen.frontends.ncnn.frontend import import_files

        return import_files(path, options)
