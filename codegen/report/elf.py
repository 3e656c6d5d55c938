"""What a linked program holds: its sections, and its symbols with the sections and source files they come from.

The file is a stranger's: whatever is wrong with it becomes one GencError.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from codegen.errors import GencError, Problem

MOST_BYTES = 1 << 30
"""No firmware is larger; a file that says so is damaged."""


_FLASH_NAMES = re.compile(r"rodata|\.flash|vector|(init|fini)_array")
"""Sections that linker scripts mark as writable and put into flash all the same: ESP-IDF's constants, vector tables."""

_RAM_NAMES = re.compile(r"iram|dram|ramfunc|[id]tcm")
"""Sections that are copied into RAM, code as well."""


@dataclass(frozen=True)
class Section:
    """A section that has a place in memory.

    Attributes:
        name: as linked.
        address, bytes: where it lies when the program runs.
        in_flash: it has content, which the image must bring.
        in_ram: it lies in RAM: it can be written, or its name says so.
    """

    name: str
    address: int
    bytes: int
    in_flash: bool
    in_ram: bool


@dataclass(frozen=True)
class Symbol:
    """A function or variable.

    Attributes:
        name: as linked.
        is_function: code, not data.
        file: source file without folder, of local symbols; "" when it is not known.
        section: where it lies.
        address: where it starts.
        bytes: of it that no symbol before it covers.
    """

    name: str
    is_function: bool
    file: str
    section: Section
    address: int
    bytes: int


@dataclass(frozen=True)
class Elf:
    """A linked program.

    Attributes:
        sections: those with a place in memory.
        symbols: by address; no byte belongs to two of them.
    """

    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]

    @property
    def flash_bytes(self) -> int:
        """Bytes of the image."""
        return sum(s.bytes for s in self.sections if s.in_flash)

    @property
    def ram_bytes(self) -> int:
        """Bytes of static data; stack and heap only where the linker script reserves them."""
        return sum(s.bytes for s in self.sections if s.in_ram)


def read_elf(path: Path) -> Elf:
    """Read a linked program.

    Raises:
        GencError: it cannot be read, is no ELF file, is damaged or is not linked.
    """
    summary = "cannot read the firmware"
    try:
        with path.open("rb") as file:
            return _read(ELFFile(file))
    except OSError as error:
        raise GencError(summary, [Problem(str(path), error.strerror or str(error))]) from error
    except GencError as error:
        raise GencError(summary, [Problem(str(path), error.summary, error.cure)]) from error
    except Exception as error:  # pyelftools has many ways to stumble over a damaged file
        reason = "is not an ELF file" if "Magic number" in str(error) else f"is a damaged ELF file: {error}"
        raise GencError(summary, [Problem(str(path), reason)]) from error


def _read(elf: Any) -> Elf:
    if elf["e_type"] not in {"ET_EXEC", "ET_DYN"}:
        raise GencError("is not linked", cure="give the firmware, not an object file or a library")
    sections = {
        number: _section(s) for number, s in enumerate(elf.iter_sections()) if s["sh_flags"] & SH_FLAGS.SHF_ALLOC
    }
    if sum(s.bytes for s in sections.values()) > MOST_BYTES:
        raise GencError("is a damaged ELF file: it says that it is larger than a gigabyte")
    tables = [s for s in elf.iter_sections() if isinstance(s, SymbolTableSection) and s.name == ".symtab"]
    found = [symbol for table in tables for symbol in _symbols(table, sections)]
    return Elf(tuple(sections.values()), tuple(_disjoint(found)))


def _section(s: Any) -> Section:
    content, writable = s["sh_type"] != "SHT_NOBITS", bool(s["sh_flags"] & SH_FLAGS.SHF_WRITE)
    in_ram = (writable and not _FLASH_NAMES.search(s.name)) or bool(_RAM_NAMES.search(s.name))
    return Section(s.name, s["sh_addr"], s["sh_size"], content, in_ram)


def _symbols(table: Any, sections: dict[int, Section]) -> Iterator[Symbol]:
    """Symbols with a size; the local ones stand behind the name of their file."""
    file = ""
    for entry in table.iter_symbols():
        info = entry["st_info"]
        if info["type"] == "STT_FILE":
            file = entry.name
        is_function = info["type"] == "STT_FUNC"
        section = sections.get(entry["st_shndx"])
        if section is None or not entry["st_size"] or info["type"] not in {"STT_FUNC", "STT_OBJECT", "STT_NOTYPE"}:
            continue
        address = entry["st_value"] & ~1 if is_function else entry["st_value"]  # bit 0 says Thumb
        origin = file if info["bind"] == "STB_LOCAL" else ""
        yield Symbol(entry.name, is_function, origin, section, address, entry["st_size"])


def _disjoint(symbols: list[Symbol]) -> Iterator[Symbol]:
    """By address, without aliases, each cut where an earlier one or its section ends."""
    covered: dict[Section, int] = {}
    for s in sorted(symbols, key=lambda s: (s.section.address, s.section.name, s.address, -s.bytes, s.name)):
        start = max(s.address, covered.get(s.section, s.section.address))
        end = min(s.address + s.bytes, s.section.address + s.section.bytes)
        if start < end:
            covered[s.section] = end
            yield Symbol(s.name, s.is_function, s.file, s.section, s.address, end - start)
