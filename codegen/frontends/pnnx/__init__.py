"""PNNX models become graphs: `model.pnnx.param` with the weights in `model.pnnx.bin`, as PyTorch's operators.

`parameters` reads both files, `rules` and its families say what an operator is in ONNX's operators, which the ONNX
front-end imports.  `expression` reads the arithmetic that PNNX writes as one operator.
"""

from __future__ import annotations

from pathlib import Path

from codegen.frontends.options import ImportOptions
from codegen.ir import Graph

MAGIC = b"7767517"


class Pnnx:
    """PNNX's `*.pnnx.param`."""

    name = "PNNX"
    suffixes = (".pnnx.param",)

    def recognises(self, head: bytes) -> bool:
        """NCNN's magic number, and layers of PNNX behind it."""
        return head.lstrip().startswith(MAGIC) and b"pnnx." in head

    def load(self, path: Path, options: ImportOptions) -> Graph:
        """Import a file and the weights beside it.

        Raises:
            GencError: one cannot be read or is damaged (no problems), or the model is not supported (all problems).
        """
        from codegen.frontends.pnnx.frontend import import_files

        return import_files(path, options)
