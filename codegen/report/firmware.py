"""`gen-c size firmware.elf`: whose are the bytes of a linked firmware.

Every symbol is given to a model by report.json, which knows its constants by name, or by the names alone when there is
none; what belongs to no model is the rest.  Flash is what the image brings, RAM what can be written.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codegen.errors import GencError, Problem
from codegen.report.elf import Elf, Symbol, read_elf
from codegen.report.facts import FORMAT
from codegen.report.listing import table
from codegen.report.stack import CallGraph, Stack, read_call_graph

TOP = 10

ENTRIES = ("_run", "_push_row", "_push_frame")
"""Ends of the names of the functions that compute."""

_SUFFIX = re.compile(r"[.$](constprop|isra|part|cold|lto_priv|llvm|\d).*")
_SCHEDULE = re.compile(r"(init|run|reset|push_\w+)")
_OPTIONAL = re.compile(r"(model|layers|selftest|golden_\w+|info|profile\w*)")
_OPTIONAL_FILE = re.compile(r"_(info|selftest|profile)\.c$")
_NUMBERED = re.compile(r"(\w+?)_(\d+)(?:_\d+)?")


@dataclass(frozen=True)
class Group:
    """What a byte is for.

    Attributes:
        owner: model or package; "" for the rest.
        kind: "weights", "kernels", "schedule" ...; for the rest, the symbol.
        layer: that uses it, or None.
    """

    owner: str
    kind: str
    layer: int | None = None


@dataclass(frozen=True)
class KnownModel:
    """What is known of a model that may be in the firmware.

    Attributes:
        name: prefix of its symbols.
        package: prefix of its kernels.
        constants: name -> label and layer; empty when there is no report.
        instance_bytes: 0 when it is not known.
    """

    name: str
    package: str
    constants: dict[str, tuple[str, int]] = field(default_factory=dict)
    instance_bytes: int = 0


@dataclass(frozen=True)
class Sizes:
    """A firmware, attributed.

    Attributes:
        file: its name.
        elf: its content.
        models: in the firmware.
        flash, ram: bytes by group.
        stacks: of a run, by model, when the call graph was given.
        notes: what the numbers do not say.
    """

    file: str
    elf: Elf
    models: tuple[KnownModel, ...]
    flash: Counter[Group]
    ram: Counter[Group]
    stacks: dict[str, Stack]
    notes: tuple[str, ...]

    @property
    def owners(self) -> list[str]:
        """Models and packages with bytes in the firmware."""
        return sorted({g.owner for g in (*self.flash, *self.ram)} - {""})

    def kinds(self, owner: str) -> list[tuple[str, int, int]]:
        """Kind, flash and RAM of an owner; the largest first."""
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for column, counted in enumerate((self.flash, self.ram)):
            for group, size in counted.items():
                if group.owner == owner:
                    sums[group.kind][column] += size
        return sorted(((k, f, r) for k, (f, r) in sums.items()), key=lambda row: (-row[1] - row[2], row[0]))

    def layers(self, owner: str) -> list[tuple[int, int]]:
        """Layer and flash of an owner."""
        sums = Counter[int]()
        for group, size in self.flash.items():
            if group.owner == owner and group.layer is not None:
                sums[group.layer] += size
        return sorted(sums.items())

    def json(self) -> dict[str, Any]:
        """The sizes as data."""
        return {
            "file": self.file,
            "flash_bytes": self.elf.flash_bytes,
            "ram_bytes": self.elf.ram_bytes,
            "models": [
                {
                    "name": owner,
                    "kinds": [dict(zip(("kind", "flash", "ram"), row, strict=True)) for row in self.kinds(owner)],
                    "layers": [{"layer": layer, "flash": size} for layer, size in self.layers(owner)],
                    "stack": _stack_json(self.stacks.get(owner)),
                }
                for owner in self.owners
            ],
            "rest": {
                "flash": self.elf.flash_bytes - self._owned(self.flash),
                "ram": self.elf.ram_bytes - self._owned(self.ram),
                "symbols": [dict(zip(("name", "flash", "ram"), row, strict=True)) for row in self.kinds("")[:TOP]],
            },
            "notes": list(self.notes),
        }

    def _owned(self, counted: Counter[Group]) -> int:
        return sum(size for group, size in counted.items() if group.owner)

    def text(self) -> str:
        """The sizes as a table."""
        rows: list[tuple[object, ...]] = [(self.file, f"{self.elf.flash_bytes:,}", f"{self.elf.ram_bytes:,}")]
        for owner in self.owners:
            kinds = self.kinds(owner)
            rows.append((owner, f"{sum(k[1] for k in kinds):,}", f"{sum(k[2] for k in kinds):,}"))
            rows += [(f"  {kind}", f"{flash:,}", f"{ram:,}") for kind, flash, ram in kinds]
        rest = self.json()["rest"]
        rows.append(("the rest", f"{rest['flash']:,}", f"{rest['ram']:,}"))
        rows += [(f"  {_shown(name)}", f"{flash:,}", f"{ram:,}") for name, flash, ram in self.kinds("")[:TOP]]
        lines = [table(("bytes", "flash", "RAM"), rows)]
        lines += [_stack_text(owner, stack) for owner, stack in self.stacks.items()]
        return "\n".join([*lines, *self.notes])


def measure(firmware: Path, reports: Sequence[Path] = (), stack: Path | None = None) -> Sizes:
    """Attribute the bytes of a firmware.

    Args:
        firmware: a linked ELF file.
        reports: report.json of the packages inside; without any, models are found by their names.
        stack: folder with GCC's .ci files, or None.

    Raises:
        GencError: a file cannot be read or is damaged.
    """
    elf = read_elf(firmware)
    models = [m for path in reports for m in read_report(path)] if reports else list(guess_models(elf.symbols))
    flash, ram = Counter[Group](), Counter[Group]()
    for symbol in elf.symbols:
        group = attribute(symbol, models)
        flash[group] += symbol.bytes if symbol.section.in_flash else 0
        ram[group] += symbol.bytes if symbol.section.in_ram else 0
    for section in elf.sections:
        group = Group("", f"{section.name}, without a symbol")
        rest = section.bytes - sum(s.bytes for s in elf.symbols if s.section is section)
        flash[group] += rest if section.in_flash else 0
        ram[group] += rest if section.in_ram else 0
    graph = read_call_graph(stack) if stack else None
    runs = [m for m in models if m.constants or m.name != m.package or not reports]
    stacks = {m.name: _stack(graph, m) for m in runs} if graph else {}
    return Sizes(firmware.name, elf, tuple(models), +flash, +ram, stacks, tuple(_notes(elf, models, reports)))


def _stack(graph: CallGraph, model: KnownModel) -> Stack:
    """Of the function that computes: NAME_run, or NAME_push_row of a model whose input is pushed."""
    entries = [f"{model.name}{entry}" for entry in ENTRIES]
    return graph.deepest(next((e for e in entries if e in graph.frames), entries[0]), model.package)


def _notes(elf: Elf, models: Sequence[KnownModel], reports: Sequence[Path]) -> Iterable[str]:
    if not elf.symbols:
        yield "the firmware has no symbols (linked with -s?): give the file before it was stripped"
    elif not models:
        yield "no model of gen-c found: give its report.json with --model"
    elif not reports:
        yield "models found by their names; only --model report.json tells instances and shared kernels"


def attribute(symbol: Symbol, models: Sequence[KnownModel]) -> Group:
    """Whose a symbol is."""
    name = _SUFFIX.sub("", symbol.name)
    for model in models:
        if name in model.constants:
            label, layer = model.constants[name]
            return Group(model.name, label, layer)
    instance = next((m.name for m in models if symbol.section.in_ram and symbol.bytes == m.instance_bytes), "")
    if instance:
        return Group(instance, "instance")
    owners = {prefix for m in models for prefix in (m.name, m.package) if _belongs(name, symbol.file, prefix)}
    owner = max(owners, key=len, default="")
    part = name.removeprefix(f"{owner}_")
    if not owner or (symbol.section.in_ram and not symbol.is_function and not part.startswith("params_")):
        return Group("", name)  # what gen-c writes is constant, though a PC relocates parameters
    return _own(owner, part, symbol)


def _belongs(name: str, file: str, prefix: str) -> bool:
    return name.startswith(f"{prefix}_") or file == f"{prefix}.c" or file.startswith(f"{prefix}_")


def _own(owner: str, part: str, symbol: Symbol) -> Group:
    """The group of a symbol of a model or package, by its name without the prefix."""
    if _OPTIONAL.fullmatch(part) or _OPTIONAL_FILE.search(symbol.file):
        return Group(owner, "self-test and descriptions")
    if symbol.is_function:
        return Group(owner, "schedule" if _SCHEDULE.fullmatch(part) else "kernels")
    numbered = _NUMBERED.fullmatch(part)
    if numbered:
        return Group(owner, "parameters" if numbered[1] == "params" else numbered[1], int(numbered[2]))
    return Group(owner, "kernels")


def guess_models(symbols: Iterable[Symbol]) -> Iterable[KnownModel]:
    """Models by their names: NAME_init, NAME_run or NAME_push_row, and the parameters of a layer."""
    names = {s.name for s in symbols}
    for name in sorted({n.removesuffix(end) for n in names for end in ENTRIES if n.endswith(end)}):
        own = any(re.fullmatch(rf"{re.escape(name)}_params_\d+", n) for n in names) or f"{name}_model" in names
        if name and own and f"{name}_init" in names:
            yield KnownModel(name, name)


def read_report(path: Path) -> list[KnownModel]:
    """The models of a report.json.

    Raises:
        GencError: it cannot be read, or is not one that this version of gen-c understands.
    """
    summary, cure = "cannot read the report", "give the report.json that gen-c wrote beside the library"
    try:
        facts = json.loads(path.read_text("utf-8"))
        if facts["format"] != FORMAT:
            raise GencError(summary, [Problem(str(path), f"has format {facts['format']}, not {FORMAT}", cure)])
        package = facts["package"]
        models = [
            KnownModel(
                model["name"],
                package,
                {c["name"]: (c["label"], c["layer"]) for c in model["constants"]},
                model["ram"]["instance_bytes"],
            )
            for model in facts["models"]
        ]
        shared = facts["ram"]["shared_bytes"]
        return [KnownModel(package, package, {}, shared), *models] if shared else models
    except OSError as error:
        raise GencError(summary, [Problem(str(path), error.strerror or str(error), cure)]) from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise GencError(summary, [Problem(str(path), f"is not a report.json of gen-c: {error!r}", cure)]) from error


def _stack_json(stack: Stack | None) -> dict[str, Any] | None:
    if stack is None:
        return None
    chain = [{"function": name, "bytes": size} for name, size in stack.chain]
    return {"bytes": stack.bytes, "chain": chain, "not_counted": list(stack.unknown), "note": stack.note}


def _stack_text(owner: str, stack: Stack) -> str:
    if stack.bytes is None:
        return f"stack of a run of {owner}: no bound, {stack.note}"
    chain = " > ".join(f"{_shown(name)} {size}" for name, size in stack.chain)
    unknown = f"; not counted: {', '.join(map(_shown, stack.unknown))}" if stack.unknown else ""
    note = f"; {stack.note}" if stack.note else ""
    return f"stack of a run of {owner}: at most {stack.bytes} bytes: {chain}{unknown}{note}"


def _shown(name: str, limit: int = 60) -> str:
    """A name from a stranger's file on a terminal."""
    return "".join(c if c.isprintable() else "?" for c in name)[:limit]
