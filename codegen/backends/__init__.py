"""Back-ends: for an operator, the kernel calls that could compute it.  One file (or folder) each.

A back-end knows what exists, what it needs and what it costs; the schedule picks.  Built-in and
out-of-tree back-ends enter by the same door, the entry-point group ``genc.backends``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from codegen.backends.candidate import Candidate, Core
from codegen.backends.library import Coverage, Dependency
from codegen.errors import GencError
from codegen.ir import Graph, Operator
from codegen.plugins import load_group

BUILTIN = {
    "cmsis-nn": "codegen.backends.cmsis_nn:CmsisNn",
    "esp-nn": "codegen.backends.esp_nn:EspNn",
    "nnom": "codegen.backends.nnom:Nnom",
    "kpu": "codegen.backends.kpu:Kpu",
    "armv7em": "codegen.backends.armv7em:Armv7em",
    "mve": "codegen.backends.mve:Mve",
    "portable": "codegen.backends.portable:Portable",
}

AUTO = "auto"
"""Not a back-end: the library of the chip's vendor beside our own kernels, layer by layer the cheaper one."""


class Backend(Protocol):
    """What a back-end must have."""

    name: str

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        """Every way this back-end has to compute `op` on `core`; empty when it has none."""
        ...


@runtime_checkable
class Rewriting(Protocol):
    """What a back-end may have besides: a pass of its own, which puts operators of its own into the graph."""

    def rewrite(self, graph: Graph, *, exact: bool) -> int:
        """Change the lowered graph in place; `exact`: to nothing that could give another result than TFLite.

        Returns:
            The number of places changed.
        """


@runtime_checkable
class Adopting(Protocol):
    """What a library with an arithmetic of its own may have besides: layers become its own, meaning and all."""

    def adopt(self, graph: Graph, *, exact: bool) -> Graph:
        """The imported graph with its layers in the place of those it computes.

        Args:
            graph: as imported; it is not changed.
            exact: adopt no layer that could give another result than TFLite.

        Raises:
            GencError: the model is none for this library.
        """
        ...


@runtime_checkable
class Preferred(Protocol):
    """What a library has that the user asked for by name: where it offers anything, nobody else is asked.

    Attributes:
        behind: the back-ends that are asked for the other layers, before portable.
    """

    behind: tuple[str, ...]


@runtime_checkable
class Explaining(Protocol):
    """What a library may have besides: the report says why a layer is not its own.

    Attributes:
        title: of the library, for people: "CMSIS-NN".
    """

    title: str

    def declines(self, op: Operator, core: Core) -> str:
        """Why the library does not compute `op` on `core`, a clause; "" when it does."""
        ...


@runtime_checkable
class Covering(Protocol):
    """What a back-end may have besides: `gen-c ops --backend` lists what it computes."""

    def covers(self) -> list[Coverage]:
        """An entry for each operator, or for each of its types."""
        ...


class Rival:
    """A library that `auto` lets compete with our own kernels: it offers, and is not preferred."""

    def __init__(self, library: Backend) -> None:
        self.library = library
        self.name = library.name
        self.title = library.title if isinstance(library, Explaining) else library.name

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        """What the library computes."""
        return self.library.candidates(op, core)

    def declines(self, op: Operator, core: Core) -> str:
        """Why the library does not compute `op`; "" when it does not say."""
        return self.library.declines(op, core) if isinstance(self.library, Explaining) else ""


def known_backends() -> dict[str, Callable[[], Backend]]:
    """Every back-end by its name, those of other packages included."""
    return load_group("genc.backends", BUILTIN)


def library_title(name: str) -> str:
    """How people call the library of a back-end; "gen-c" when the kernels are our own."""
    make = known_backends().get(name)
    return getattr(make(), "title", "gen-c") if make else "gen-c"


def wants_powers(name: str | None) -> bool:
    """Whether the library of the back-end `name` computes with scales that are powers of two alone."""
    make = known_backends().get(name or "")
    return bool(make and getattr(make(), "power_scales", False))


def dependencies() -> list[Dependency]:
    """The sources that some back-end's kernels call and that are the user's own."""
    found = (getattr(make(), "dependency", None) for make in known_backends().values())
    return [dependency for dependency in found if isinstance(dependency, Dependency)]


def adapter_folders() -> list[Path]:
    """Folders, beside runtime_c, of the C files of back-ends that are not of this package."""
    found = (getattr(make(), "adapters", None) for make in known_backends().values())
    return [folder for folder in found if folder is not None]


def find_backend(name: str) -> Backend:
    """The back-end `name`.

    Raises:
        GencError: there is no such back-end.
    """
    known = known_backends()
    if name not in known:
        names = [*known, AUTO]
        near = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(names))}"
        raise GencError(f"no back-end is called {name!r}", cure=hint)
    return known[name]()


def load_backends(name: str, board_backend: str = "portable", board_library: str = "") -> list[Backend]:
    """The back-end `name`, and portable behind it, so that nothing is unsupported for lack of a fast kernel.

    Args:
        name: of a back-end, or "auto": the library of the chip's vendor and our own kernels, whatever is cheaper.
        board_backend: the board's default, which is what "auto" takes when there is no such library.
        board_library: the back-end for the library of the chip's vendor; "" when there is none.

    Raises:
        GencError: there is no such back-end.
    """
    first = find_backend((board_library or board_backend) if name == AUTO else name)
    rival = name == AUTO and board_library
    behind = [*(first.behind if isinstance(first, Preferred) else ()), *([board_backend] if rival else []), "portable"]
    others = [find_backend(each) for each in dict.fromkeys(behind) if each != first.name]
    return [Rival(first) if rival else first, *others]
