"""Models of two files, a description and its weights."""

from __future__ import annotations

from pathlib import Path

from codegen.errors import GencError


def read_pair(path: Path, weights_path: Path, cure: str) -> tuple[bytes, bytes]:
    """Content of the description and of the weights; `cure` says how the two files go together.

    Raises:
        GencError: one of them is missing or cannot be read.
    """
    try:
        return path.read_bytes(), weights_path.read_bytes()
    except FileNotFoundError as error:
        raise GencError(f"{path} has no weights: {weights_path} does not exist", cure=cure) from error
    except OSError as error:
        raise GencError(f"{error.filename} cannot be read: {error.strerror}") from error
