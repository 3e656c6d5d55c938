"""Kernel libraries of others for tests: the double of each, and the library itself where the environment names it.

A double is C of our own, laid out as the library is: its prototypes, every argument, alignment and buffer checked, the
plainest arithmetic, written from its documentation.  With the library's variable set (GENC_CMSIS_NN_DIR, ...) the same
tests run against the library as well (`make test-backends`).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from codegen.backends import dependencies
from codegen.backends.library import Dependency
from codegen.kernel_files import kernel_library, reachable
from codegen.verify.foreign import Foreign


def double_of(dependency: Dependency) -> Path:
    """Folder of a library's double."""
    return Path(__file__).parent / dependency.target.replace("-", "_")


def libraries(dependency: Dependency) -> dict[str, Path]:
    """Folder of each library to test against: the double, and the real one if there is one."""
    real = os.environ.get(dependency.variable, "")
    return {"double": double_of(dependency), **({"real": Path(real)} if real else {})}


def called_by(kernel: str) -> Dependency | None:
    """The library that a kernel calls, if it is an adapter of one."""
    return next((each for each in dependencies() if any(map(each.is_called_by, _headers(kernel)))), None)


@cache
def _headers(kernel: str) -> list[str]:
    """Texts of the headers of a kernel."""
    return [kernel_library()[name].read_text() for name in reachable([kernel]) if name.endswith(".h")]


def found(dependency: Dependency) -> Foreign:
    """A library where the environment says that it is, or its double."""
    return Foreign(dependency, Path(os.environ.get(dependency.variable) or double_of(dependency)))


@cache
def shared_library(library: Foreign, cache_folder: Path) -> Path:
    """The library compiled for this PC; cached by content."""
    headers = [path for folder in library.dependency.includes_in(library.folder) for path in folder.rglob("*.h")]
    files = [*library.sources, *sorted(headers)]
    flags = ["-std=gnu99", "-O2", "-w", "-fwrapv", "-fPIC", "-shared", *library.flags]
    content = [str(library.dependency.defines).encode(), *(path.read_bytes() for path in files)]
    digest = hashlib.sha256(b"\0".join(content)).hexdigest()[:24]
    made = cache_folder / f"{library.dependency.target}_{digest}.so"
    if not made.exists():
        cache_folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_folder) as folder:
            out = Path(folder, "out.so")
            subprocess.run(["gcc", *flags, *map(str, library.sources), "-lm", "-o", str(out)], check=True)
            out.replace(made)
    return made
