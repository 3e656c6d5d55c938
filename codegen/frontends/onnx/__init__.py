"""ONNX files become graphs: `model` reads a file, `frontend` walks it, `rules` is the table of operators.

Every family of operators has a file with its rules; `site` is what a rule sees.  Inside, images are NHWC: rules of
spatial operators stand between two Transposes, and passes cancel those (passes/move_transpose.py).
"""

from __future__ import annotations

from pathlib import Path

from codegen.frontends.options import ImportOptions
from codegen.ir import Graph

FIRST_TAG = 0x08  # field 1, ir_version
NEXT_TAGS = frozenset({0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72, 0xA2})
"""Tags of the fields of a ModelProto that may follow."""


class Onnx:
    """ONNX protobufs, `*.onnx`."""

    name = "ONNX"
    suffixes = (".onnx",)

    def recognises(self, head: bytes) -> bool:
        """The first field is a small ir_version and another field of a model follows (a protobuf has no magic)."""
        return len(head) > 2 and head[0] == FIRST_TAG and 0 < head[1] < 0x80 and head[2] in NEXT_TAGS

    def load(self, path: Path, options: ImportOptions) -> Graph:
        """Import a file.

        Raises:
            GencError: it cannot be read or is damaged (no problems), or it is not supported (all problems).
        """
        from codegen.frontends.onnx.frontend import import_model
        from codegen.frontends.onnx.model import read_model

        return import_model(read_model(path), path.stem, options)
