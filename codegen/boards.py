"""Boards: what `--board NAME` means, read from one TOML per board.

The built-in files lie in `boards/FAMILY/NAME.toml`.  Others enter by entry points of the group
`genc.boards`, each a path of a TOML file (str or Path) or a callable that returns one.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from codegen.backends.candidate import Core
from codegen.errors import GencError, Problem
from codegen.plugins import load_group
from codegen.resources import resource_dir

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")

MEMORY_KINDS = ("ram", "flash", "psram")


@dataclass(frozen=True)
class Memory:
    """A memory of a board.

    Attributes:
        name: as the vendor calls it: "SRAM1".
        kind: "ram", "flash", or "psram": RAM outside the chip, used only when it is asked for (--place).
        bytes: what a model and its code may use; the note says what was taken off.
        note: where the number comes from.
        data, constants: C attributes that put a variable or a constant here; "" when none is needed, or known.
        header: that declares them.
        guard: macro of the platform whose header it is: elsewhere the attributes are left out.
        requires: macro without which the attributes have no effect.
    """

    name: str
    kind: str
    bytes: int
    note: str = ""
    data: str = ""
    constants: str = ""
    header: str = ""
    guard: str = ""
    requires: str = ""


@dataclass(frozen=True)
class Compiler:
    """The compiler of a board's users.

    Attributes:
        gcc: command: "arm-none-eabi-gcc".
        flags: that choose the instruction set and the ABI.
    """

    gcc: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Board:
    """A board: a representative chip of a family.

    Attributes:
        name: of the command line: "stm32f4".
        title: for people: the chip and a board that carries it.
        family: folder of its packaging templates: "stm32".
        core: what back-ends may know of the processor.
        clock_mhz: the highest, in MHz; 0 when it means nothing (a PC).
        memories: the fastest first; none for a PC.  A board without flash keeps code and weights in RAM.
        backend: default back-end.
        library: back-end for the vendor's own library of kernels, which `--backend auto` weighs against ours, or "".
        compiler: of the board's users; emulators may take another one (codegen.verify.targets).
        emulator: id of the target that stands for the board in `gen-c verify`, or None.
        packages: formats in which its users take a library.
        aliases: other names.
        cycles_per_instruction: rough mean of neural networks' code, without wait states, for estimates of time.
    """

    name: str
    title: str
    family: str
    core: Core
    clock_mhz: int
    memories: tuple[Memory, ...]
    backend: str
    compiler: Compiler
    emulator: str | None
    packages: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    cycles_per_instruction: float = 1.0
    library: str = ""

    def memory(self, kind: str) -> Memory | None:
        """The largest memory of a kind, in which the model is to lie."""
        return max((m for m in self.memories if m.kind == kind), key=lambda m: m.bytes, default=None)


@dataclass
class _Reader:
    """Takes typed values out of a TOML table and collects what is wrong with it."""

    where: str
    table: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """The value of `key`; without a default it must be there."""
        self.taken.add(key)
        value = self.table.get(key, default)
        if isinstance(value, kind) and not isinstance(value, bool) and not (isinstance(value, int) and value < 0):
            return value
        reason = f"`{key}` is missing" if key not in self.table else f"`{key}` must be of type {kind.__name__}"
        self.problems.append(Problem(self.where, reason))
        return kind()

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of strings; none when it is left out."""
        values = self.take(key, list, [])
        if all(isinstance(v, str) for v in values):
            return tuple(values)
        self.problems.append(Problem(self.where, f"`{key}` must hold strings"))
        return ()

    def part(self, key: str, table: object) -> _Reader:
        """A reader of a table inside this one; its problems are this one's."""
        self.taken.add(key)
        inner = table if isinstance(table, dict) else {}
        if inner is not table:
            self.problems.append(Problem(self.where, f"`{key}` must be a table"))
        return _Reader(f"{self.where}, [{key}]", inner, self.problems)

    def close(self) -> None:
        """Name the keys that nobody took: most are misspelt."""
        for key in self.table.keys() - self.taken:
            near = difflib.get_close_matches(key, self.taken, 1)
            self.problems.append(
                Problem(self.where, f"`{key}` is not a known key", f"did you mean `{near[0]}`?" if near else "")
            )


def read_board(path: Path) -> Board:
    """The board of a TOML file; its name is the file's.  Raises GencError with everything wrong."""
    summary = f"cannot read the board {path.stem}"
    try:
        reader = _Reader(str(path), tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GencError(summary, [Problem(str(path), str(error))]) from error
    board = _board(reader, path)
    if reader.problems:
        raise GencError(summary, reader.problems)
    return board


def _board(reader: _Reader, path: Path) -> Board:
    core = reader.part("core", reader.table.get("core"))
    compiler = reader.part("compiler", reader.table.get("compiler"))
    board = Board(
        name=path.stem,
        title=reader.take("title", str),
        family=reader.take("family", str, path.parent.name),
        core=Core(core.take("name", str), frozenset(core.strings("features"))),
        clock_mhz=reader.take("clock_mhz", int),
        memories=tuple(_memories(reader)),
        backend=reader.take("backend", str, "portable"),
        compiler=Compiler(compiler.take("gcc", str), compiler.strings("flags")),
        emulator=reader.take("emulator", str, "") or None,
        packages=reader.strings("packages"),
        aliases=reader.strings("aliases"),
        cycles_per_instruction=reader.take("cycles_per_instruction", float, 1.0),
        library=reader.take("library", str, ""),
    )
    for part in (core, compiler, reader):
        part.close()
    return board


def _memories(reader: _Reader) -> Iterator[Memory]:
    for table in reader.take("memory", list, []):
        part = reader.part("memory", table)
        texts = {key: part.take(key, str, "") for key in ("data", "constants", "header", "guard", "requires")}
        memory = Memory(
            part.take("name", str), part.take("kind", str), part.take("bytes", int), part.take("note", str), **texts
        )
        part.close()
        if memory.kind not in MEMORY_KINDS:
            kinds = ", ".join(MEMORY_KINDS)
            reader.problems.append(Problem(part.where, f'`kind` must be one of {kinds}, not "{memory.kind}"'))
        if (memory.data or memory.constants) and not (memory.header and memory.guard):
            reader.problems.append(Problem(part.where, "`data` and `constants` need `header` and `guard`"))
        yield memory


def _path_of(name: str, found: Any) -> Path:
    """The file that an entry point gives, by its value or by a call."""
    try:
        return Path(found() if callable(found) else found)
    except Exception as error:  # a plug-in may raise anything
        raise GencError(f"the board {name} of another package gives no file: {error}") from error


@cache
def load_boards() -> dict[str, Board]:
    """Every board by its name, built-in ones first, in alphabetical order.

    Raises:
        GencError: a TOML file is malformed, or two boards have one name or alias.
    """
    boards: dict[str, Board] = {}
    known: set[str] = set()
    others = (_path_of(name, found) for name, found in load_group("genc.boards", {}).items())
    for path in (*sorted(resource_dir("boards").glob("*/*.toml")), *others):
        board = read_board(path)
        twice = known & {board.name, *board.aliases}
        if twice:
            raise GencError("cannot read the boards", [Problem(str(path), f"{min(twice)} is already a board")])
        known |= {board.name, *board.aliases}
        boards[board.name] = board
    return boards


def find_board(name: str) -> Board:
    """The board of that name or alias.  Raises GencError with the names that come near."""
    boards = load_boards()
    by_name = boards | {alias: board for board in boards.values() for alias in board.aliases}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name.lower(), by_name, 3)
    cure = f"did you mean {_either(near)}?" if near else f"boards: {', '.join(sorted(by_name))}"
    raise GencError("no such board", [Problem("--board", f"there is no board {name!r}", cure)])


def _either(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def fit(
    board: Board,
    ram_bytes: int,
    flash_bytes: int,
    peak: str = "",
    *,
    home: Memory | None = None,
    fast: Memory | None = None,
    fast_bytes: int = 0,
    slow: Memory | None = None,
    slow_bytes: int = 0,
) -> list[Problem]:
    """What does not fit, by how much, in which memory; nothing when all is well.

    Args:
        board: its largest RAM and its largest flash are asked, for the instance is one block.
        ram_bytes: of one instance.
        flash_bytes: of weights and code.
        peak: what sets the need for RAM, for the message.
        home: memory of the instance, when the user chose one.
        fast: memory of some of the constants, beside the flash, and how many bytes they are.
        fast_bytes: see `fast`.
        slow: memory of the slow part of the instance.
        slow_bytes: its size.
    """
    ram, flash = home or board.memory("ram"), board.memory("flash")
    if flash is None:
        needs = [(ram, ram_bytes + flash_bytes, "instance, weights and code need", peak)]
    elif fast is ram:
        needs = [(ram, ram_bytes + fast_bytes, "one instance and its fast weights need", peak)]
    else:
        needs = [(ram, ram_bytes, "one instance needs", peak), (fast, fast_bytes, "fast weights need", "")]
    if flash is not None:
        needs.append((flash, flash_bytes, "weights and code need", ""))
    needs.append((slow, slow_bytes, "the slow part of an instance needs", ""))
    outside = board.memory("psram")
    return [
        Problem(
            f"{board.name}, {memory.name}",
            f"{what} {need:,} bytes, {need - memory.bytes:,} more than the {memory.bytes:,} there are"
            + (f": {why}" if why else ""),
            f"--place slow={outside.name} puts what does not fit into {outside.name}, which is slower; "
            f"--place instance={outside.name} all of it"
            if outside and memory is ram and home is None and ram_bytes <= outside.bytes
            else memory.note,
        )
        for memory, need, what, why in needs
        if memory is not None and need > memory.bytes
    ]
