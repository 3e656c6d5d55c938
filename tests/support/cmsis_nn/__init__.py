"""CMSIS-NN for tests: a double of the functions that gen-c calls, in C, laid out as the library is.

The double was written from the library's documentation.  With GENC_CMSIS_NN_DIR set, the same tests run against the
library itself as well (`make test-backends`).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from codegen.verify.build import CMSIS_NN_DIR, FLOATING

DOUBLE = Path(__file__).parent
REAL = os.environ.get(CMSIS_NN_DIR, "")
LIBRARIES = {"double": DOUBLE, **({"real": Path(REAL)} if REAL else {})}
"""Folder of each library to test against."""


@cache
def shared_library(folder: Path, cache_folder: Path) -> Path:
    """The integer functions, compiled for this PC; cached by content."""
    sources = [path for path in sorted((folder / "Source").rglob("*.c")) if not path.stem.endswith(FLOATING)]
    files = [*sources, *sorted((folder / "Include").rglob("*.h"))]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:24]
    library = cache_folder / f"cmsis_nn_{digest}.so"
    if not library.exists():
        cache_folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_folder) as made:
            flags = ["-std=gnu99", "-O2", "-w", "-fwrapv", "-fPIC", "-shared", f"-I{folder / 'Include'}"]
            out = Path(made, "out.so")
            subprocess.run(["gcc", *flags, *map(str, sources), "-o", str(out)], check=True)
            out.replace(library)
    return library
