"""Flash of a generated library, read from its object files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

# Made for reports and for the self-test; the linker drops them from a firmware that does not ask for them.
OPTIONAL = ("_info", "_selftest")


@dataclass(frozen=True)
class FlashBytes:
    """What a library takes of the flash.

    Attributes:
        weights: the constants of NAME_weights.c.
        rest: code, layer parameters and other constants, without the optional files.
    """

    weights: int
    rest: int


def flash_bytes(objects: Iterable[Path]) -> FlashBytes:
    """The sizes of what is loaded from flash: all sections with content in memory."""
    sizes = {path.stem: _loaded_bytes(path) for path in objects if not path.stem.endswith(OPTIONAL)}
    weights = sum(size for stem, size in sizes.items() if stem.endswith("_weights"))
    return FlashBytes(weights, sum(sizes.values()) - weights)


def _loaded_bytes(path: Path) -> int:
    with path.open("rb") as file:
        sections = list(ELFFile(file).iter_sections())
        loaded = (s for s in sections if s["sh_flags"] & SH_FLAGS.SHF_ALLOC and s["sh_type"] != "SHT_NOBITS")
        return sum(section["sh_size"] for section in loaded if not section.name.startswith((".eh_frame", ".ARM.ex")))
