"""The kernel library on disk: which files a kernel needs, and what machine code they are likely to become."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from codegen.backends import adapter_folders
from codegen.custom import kernel_folders
from codegen.errors import GencError, Problem
from codegen.resources import resource_dir

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

CODE_BYTES_PER_CHARACTER = 0.39
"""Machine code a character of kernel source becomes, blanks and comments not counted: measured with GCC 12 -O2."""


@lru_cache(maxsize=1)
def kernel_library() -> dict[str, Path]:
    """Every kernel file by its name: runtime_c, where names are unique, before those of plug-ins."""
    folders = [*reversed([*adapter_folders(), *kernel_folders()]), resource_dir("runtime_c")]
    return {path.name: path for folder in folders for path in sorted(folder.rglob("*.[ch]"))}


def reachable(kernels: Iterable[str]) -> list[str]:
    """Names of the files these kernels need: their headers, what those include, and each header's .c twin.

    Raises:
        GencError: a back-end names a kernel that does not exist.
    """
    library = kernel_library()
    found: set[str] = set()
    todo = [f"{kernel}.h" for kernel in kernels]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        if name not in library:
            raise GencError(
                "cannot bundle the kernels",
                [Problem(name, "is neither in runtime_c nor in a folder of a plug-in")],
            )
        found.add(name)
        todo += _INCLUDE.findall(library[name].read_text("utf-8"))
        twin = name.removesuffix(".h") + ".c"
        if name.endswith(".h") and twin in library:
            todo.append(twin)
    return sorted(found - {"genc.h"})


def machine_bytes(text: str) -> int:
    """Bytes of machine code that a .c file is likely to become."""
    return int(len("".join(_COMMENT.sub("", text).split())) * CODE_BYTES_PER_CHARACTER)


@lru_cache(maxsize=1024)
def file_bytes(path: Path) -> int:
    """Estimated machine code of a file of the kernel library; of headers, of those that hold assembly for others."""
    text = path.read_text("utf-8")
    return machine_bytes(text) if path.suffix == ".c" or '\\n"' in text else 0
