"""Back-ends: for an operator, the kernel calls that could compute it.  One file (or folder) each.

A back-end knows what exists, what it needs and what it costs; the schedule picks.  Built-in and
out-of-tree back-ends enter by the same door, the entry-point group ``genc.backends``.
"""

from __future__ import annotations

import difflib
from typing import Protocol, runtime_checkable

from codegen.backends.candidate import Candidate, Core
from codegen.errors import GencError
from codegen.ir import Graph, Operator
from codegen.plugins import load_group

BUILTIN = {
    "cmsis-nn": "codegen.backends.cmsis_nn:CmsisNn",
    "kpu": "codegen.backends.kpu:Kpu",
    "armv7em": "codegen.backends.armv7em:Armv7em",
    "mve": "codegen.backends.mve:Mve",
    "portable": "codegen.backends.portable:Portable",
}


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
class Preferred(Protocol):
    """What a library has that the user asked for by name: where it offers anything, nobody else is asked.

    Attributes:
        behind: the back-ends that are asked for the other layers, before portable.
    """

    behind: tuple[str, ...]


def load_backends(name: str) -> list[Backend]:
    """The back-end `name`, and portable behind it, so that nothing is unsupported for lack of a fast kernel.

    Raises:
        GencError: there is no such back-end.
    """
    known = load_group("genc.backends", BUILTIN)
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known))}"
        raise GencError(f"no back-end is called {name!r}", cure=hint)
    first = known[name]()
    behind = first.behind if isinstance(first, Preferred) else ()
    return [first, *(known[each]() for each in dict.fromkeys([*behind, "portable"]) if each != name)]
