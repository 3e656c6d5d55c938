"""The folder of real models with golden outputs, when it is there (its README.md describes it)."""

from __future__ import annotations

import os
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]

MODELS = Path(os.environ.get("GENC_MODELS", _REPOSITORY.parent / "shared" / "models"))
"""Folder of the models; may not exist."""

MISSING = "" if MODELS.is_dir() else f"no real models at {MODELS} (set GENC_MODELS)"
"""Why tests marked `models` are skipped; "" when the folder is there."""


def model_folder(name: str) -> Path:
    """Folder of one model, with model.tflite, io.npz and meta.json.  Only for tests marked `models`."""
    return MODELS / name
