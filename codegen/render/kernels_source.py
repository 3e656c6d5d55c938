"""The kernel bundler: copies the kernels a model uses, renamed with the model's prefix.

Two models, even from two versions of gen-c, then link into one firmware and each calls its own
kernels.  Only genc.h, the public types, is shared word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from codegen.custom import kernel_folders
from codegen.errors import GencError, Problem
from codegen.resources import resource_dir

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)
_OURS = re.compile(r"\b(genc|GENC)_(\w+)")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

CODE_BYTES_PER_CHARACTER = 0.39
"""Machine code a character of kernel source becomes, blanks and comments not counted: measured with GCC 12 -O2."""


@dataclass(frozen=True)
class Bundle:
    """Kernels, ready to be written beside a model.

    Attributes:
        files: file name -> text, sorted by name; genc.h among them.
        headers: of the kernels asked for, in order, as the model includes them.
        identifiers: every identifier of the kernels that carries the model's prefix.
        code_bytes: estimated size of the machine code.
    """

    files: dict[str, str]
    headers: tuple[str, ...]
    identifiers: frozenset[str]
    code_bytes: int


@lru_cache(maxsize=1)
def kernel_library() -> dict[str, Path]:
    """Every kernel file by its name: runtime_c, where names are unique, before those of custom operators."""
    folders = [*reversed(kernel_folders()), resource_dir("runtime_c")]
    return {path.name: path for folder in folders for path in sorted(folder.rglob("*.[ch]"))}


def _reachable(kernels: Iterable[str]) -> list[str]:
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
                [Problem(name, "is neither in runtime_c nor in a folder of a custom operator")],
            )
        found.add(name)
        todo += _INCLUDE.findall(library[name].read_text("utf-8"))
        twin = name.removesuffix(".h") + ".c"
        if name.endswith(".h") and twin in library:
            todo.append(twin)
    return sorted(found - {"genc.h"})


def _estimate(text: str) -> int:
    """Bytes of machine code that a .c file is likely to become."""
    return int(len("".join(_COMMENT.sub("", text).split())) * CODE_BYTES_PER_CHARACTER)


def code_bytes(files: Mapping[str, str], prefix: str) -> int:
    """Estimated size of the machine code of kernel files (file name -> text), however long their prefix is."""
    return sum(_estimate(text.replace(f"{prefix}_", "genc_")) for name, text in files.items() if name.endswith(".c"))


def bundle(kernels: Iterable[str], prefix: str) -> Bundle:
    """The files of `kernels` (C function names, each with a header of that stem), renamed to `prefix`."""
    kernels = sorted(set(kernels))
    public = (kernel_library()["genc.h"]).read_text("utf-8")
    shared = {match.group() for match in _OURS.finditer(public)}
    identifiers: set[str] = set()

    def rename(match: re.Match[str]) -> str:
        """The identifier with the model's prefix, unless genc.h declares it."""
        if match.group() in shared:
            return match.group()
        own = prefix.upper() if match.group(1) == "GENC" else prefix
        identifiers.add(f"{own}_{match.group(2)}")
        return f"{own}_{match.group(2)}"

    sources = {name: kernel_library()[name].read_text("utf-8") for name in _reachable(kernels)}
    files = {_OURS.sub(rename, name): _OURS.sub(rename, text) for name, text in sources.items()}
    headers = tuple(_OURS.sub(rename, f"{kernel}.h") for kernel in kernels)
    return Bundle({"genc.h": public, **files}, headers, frozenset(identifiers), code_bytes(files, prefix))
