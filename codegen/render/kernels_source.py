"""The kernel bundler: copies the kernels a model uses, renamed with the model's prefix.

Two models, even from two versions of gen-c, then link into one firmware and each calls its own
kernels.  Only genc.h, the public types, is shared word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from codegen.kernel_files import kernel_library, machine_bytes, reachable

_OURS = re.compile(r"\b(genc|GENC)_(\w+)")

_LEVEL = re.compile(r"^#if .*__OPTIMIZE_SIZE__.*\n#pragma GCC optimize\(\"O2\"\)$", re.MULTILINE)
_SMALL = """#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC optimize("Os") /* gen-c --optimize flash */"""
"""Where the kernels choose their level of optimisation (genc_kernel.h), and what they choose when flash is short."""

SMALL_CODE = 0.8
"""Part of the machine code that is left then."""


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


def code_bytes(files: Mapping[str, str], prefix: str) -> int:
    """Estimated size of the machine code of kernel files (file name -> text), however long their prefix is."""
    texts = {name: text.replace(f"{prefix}_", "genc_") for name, text in files.items()}
    size = sum(machine_bytes(text) for name, text in texts.items() if name.endswith(".c"))
    return int(size * (SMALL_CODE if any(_SMALL in text for text in texts.values()) else 1))


def bundle(kernels: Iterable[str], prefix: str, *, small: bool = False) -> Bundle:
    """The files of `kernels` (C function names, each with a header of that stem), renamed to `prefix`.

    Args:
        kernels: that are called.
        prefix: of all their identifiers.
        small: compiled for size, whatever the build says.
    """
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

    sources = {name: kernel_library()[name].read_text("utf-8") for name in reachable(kernels)}
    if small:
        sources = {name: _LEVEL.sub(_SMALL, text) for name, text in sources.items()}
    files = {_OURS.sub(rename, name): _OURS.sub(rename, text) for name, text in sources.items()}
    headers = tuple(_OURS.sub(rename, f"{kernel}.h") for kernel in kernels)
    return Bundle({"genc.h": public, **files}, headers, frozenset(identifiers), code_bytes(files, prefix))
