"""Front-ends: model files become graphs.  Each knows one format; entry points `genc.frontends` add others."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Protocol

from codegen.errors import GencError
from codegen.frontends.options import NO_OPTIONS, ImportOptions
from codegen.ir import Graph
from codegen.plugins import load_group

BUILTIN = {
    "tflite": "codegen.frontends.tflite:TFLite",
    "onnx": "codegen.frontends.onnx:Onnx",
    "pnnx": "codegen.frontends.pnnx:Pnnx",
    "ncnn": "codegen.frontends.ncnn:Ncnn",
}
HEAD_BYTES = 4096
MAX_FILE_BYTES = 256 << 20
"""Larger files cannot hold a model for a microcontroller and are not read."""


class Frontend(Protocol):
    """One model format.

    Attributes:
        name: for messages, "TFLite".
        suffixes: of its files, with the dot, in lower case.
    """

    name: str
    suffixes: tuple[str, ...]

    def recognises(self, head: bytes) -> bool:
        """Whether a file whose first bytes (up to HEAD_BYTES) are these is of this format."""

    def load(self, path: Path, options: ImportOptions) -> Graph:
        """Import a file, with what the user says of its inputs.

        The graph holds canonical operators with inferred shapes; what is constant is folded.

        Raises:
            GencError: with everything in the model that gen-c does not support, or without problems
                when the file is damaged.
        """


def load_model(path: Path, options: ImportOptions = NO_OPTIONS) -> Graph:
    """Import a model file of any known format, with what the user says of its inputs.

    Raises:
        GencError: there is no such file, it cannot be read, its format is not known, it is damaged
            (these have no problems), or the model is not supported (all reasons are its problems).
    """
    head = _read_head(path)
    frontends: list[Frontend] = [frontend() for frontend in load_group("genc.frontends", BUILTIN).values()]
    for frontend in frontends:
        if frontend.recognises(head):
            return frontend.load(path, options)
    for frontend in frontends:
        if path.suffix.lower() in frontend.suffixes:
            raise GencError(
                f"{path} is not a {frontend.name} file, in spite of its name: its first bytes say otherwise",
                cure="Was it cut off, or saved as text or as a web page while it was downloaded?",
            )
    known = ", ".join(f"{f.name} ({' '.join(f.suffixes)})" for f in frontends)
    raise GencError(f"{path} is not a model file that gen-c knows", cure=f"Known formats: {known}.")


def _read_head(path: Path) -> bytes:
    """First bytes of a regular file of bounded size."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise GencError(f"{path} is a directory, not a model file")
        if not stat.S_ISREG(status.st_mode):
            raise GencError(f"{path} is not a regular file")
        if status.st_size > MAX_FILE_BYTES:
            limit = f"the limit is {MAX_FILE_BYTES >> 20} MB"
            raise GencError(f"{path} has {status.st_size >> 20} MB: too large for a microcontroller ({limit})")
        if status.st_size == 0:
            raise GencError(f"{path} is empty")
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise GencError(f"{path} does not exist") from error
    except PermissionError as error:
        raise GencError(f"{path} cannot be read: permission denied") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise GencError(f"{path} cannot be read: {error}") from error
