"""A library of somebody else's kernels: a table of what its functions compute, and reasons for the rest.

A library's back-end is a class with a table; a builder of the table makes the calls, or raises :class:`Declined`.
The report shows the reason beside the layer, which then is ours; `gen-c ops --backend` prints the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from codegen.backends.candidate import Candidate, Core
from codegen.ir import DType, Operator

Builder = Callable[[Any, Core], "list[Candidate]"]
"""Makes the calls for an operator; raises Declined."""


class Declined(Exception):  # noqa: N818 - an answer, not an error
    """A library does not compute an operator.  The message says why: "a window of two groups", for the report."""


@dataclass(frozen=True)
class Function:
    """A function of a library.

    Attributes:
        name: in C.
        when: the layers that are its own, in a few words; "" for all of its operator.
    """

    name: str
    when: str = ""


@dataclass(frozen=True)
class Offer:
    """How a library computes an operator of one element type.

    Attributes:
        builder: makes the calls.
        functions: those it chooses among.
        only: the layers that it takes at all, in a few words; "" for all of the operator.
    """

    builder: Builder
    functions: tuple[Function, ...]
    only: str = ""


@dataclass(frozen=True)
class Coverage:
    """A row of `gen-c ops --backend X`: what a back-end has for an operator.

    Attributes:
        operator: kind of the IR.
        types: of its output.
        functions: that compute it; none where the kernels are ours, whose choice is the report's.
        only: the layers that it takes at all; "" for all.
    """

    operator: str
    types: tuple[str, ...]
    functions: tuple[Function, ...] = ()
    only: str = ""


def covered(found: Iterable[tuple[type[Operator], DType]], only: str = "") -> list[Coverage]:
    """An entry for each operator of a back-end whose kernels are our own."""
    types: dict[str, list[str]] = {}
    for op, dtype in found:
        types.setdefault(op.kind or op.__name__.lower(), []).append(dtype.value)
    return [Coverage(kind, tuple(dict.fromkeys(some)), (), only) for kind, some in types.items()]


@dataclass(frozen=True)
class Dependency:
    """The sources of a library: the user's own, never part of what is generated.

    Attributes:
        title: for people: "CMSIS-NN".
        home: where it is published.
        versions: which versions will do, in words.
        header: that its adapters include in angle brackets, and nothing else does: "arm_nnfunctions.h".
        variable: of CMake and of the environment: the folder with its sources.
        target: of CMake.
        cmake: whether the folder is a CMake project that makes this target.
        includes: folders of headers in it.
        sources: patterns of the files to compile.
        without: how the names of files end, before the suffix, that gen-c calls nothing of.
        defines: macros that its headers and sources want.
        esp_idf: component of Espressif's registry and its range of versions, when it is one.
        platformio: an entry of `lib_deps`, when there is one.
    """

    title: str
    home: str
    versions: str
    header: str
    variable: str
    target: str
    cmake: bool
    includes: tuple[str, ...]
    sources: tuple[str, ...]
    without: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    esp_idf: tuple[str, str] | None = None
    platformio: str = ""

    def includes_in(self, folder: Path) -> list[Path]:
        """The folders of headers of the library in `folder`."""
        return [folder / each for each in self.includes]

    def sources_in(self, folder: Path) -> list[Path]:
        """The files to compile of the library in `folder`."""
        found = sorted(path for pattern in self.sources for path in folder.glob(pattern))
        return [path for path in found if not path.stem.endswith(self.without)]

    def is_in(self, folder: Path) -> bool:
        """Whether the library lies in `folder`."""
        return any((path / self.header).is_file() for path in self.includes_in(folder))

    def is_called_by(self, text: str) -> bool:
        """Whether the text of an adapter's header calls the library."""
        return f"<{self.header}>" in text


class Library:
    """A back-end for a library that the user asks for by name: where it computes a layer, nobody else is asked.

    Attributes:
        name: of the back-end: "cmsis-nn".
        title: of the library: "CMSIS-NN".
        behind: the back-ends that are asked for the other layers, before portable.
        offers: by operator and element type of its output.
        refusals: reasons in words why it takes no layer of an operator and type that it might be expected to.
        dependency: its sources.
        adapters: folder of the C files that call it; None: runtime_c.
        power_scales: it computes with scales that are powers of two alone: float models are quantised so.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    behind: ClassVar[tuple[str, ...]] = ()
    offers: ClassVar[Mapping[tuple[type[Operator], DType], Offer]]
    refusals: ClassVar[Mapping[tuple[type[Operator], DType], str]] = {}
    dependency: ClassVar[Dependency]
    adapters: ClassVar[Path | None] = None
    power_scales: ClassVar[bool] = False

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        """What the library computes; empty for the rest."""
        try:
            return self._build(op, core)
        except Declined:
            return []

    def declines(self, op: Operator, core: Core) -> str:
        """Why the library does not compute `op`; "" when it does."""
        try:
            return "" if self._build(op, core) else "no function of it takes this layer"
        except Declined as why:
            return str(why)

    def covers(self) -> list[Coverage]:
        """The table, for people."""
        return [
            Coverage(op.kind, (dtype.value,), offer.functions, offer.only) for (op, dtype), offer in self.offers.items()
        ]

    def _build(self, op: Operator, core: Core) -> list[Candidate]:
        dtype = op.outputs[0].dtype
        offer = self.offers.get((type(op), dtype))
        if offer is None:
            raise Declined(self.refusals.get((type(op), dtype), f"no function for {op.kind} of {dtype.value}"))
        return offer.builder(op, core)
