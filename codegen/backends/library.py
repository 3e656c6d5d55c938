"""A library of somebody else's kernels: a table of what its functions compute, and reasons for the rest.

A library's back-end is a class with a table; a builder of the table makes the calls, or raises :class:`Declined`.
The report shows the reason beside the layer, which then is ours; `gen-c ops --backend` prints the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


class Library:
    """A back-end for a library that the user asks for by name: where it computes a layer, nobody else is asked.

    Attributes:
        name: of the back-end: "cmsis-nn".
        title: of the library: "CMSIS-NN".
        behind: the back-ends that are asked for the other layers, before portable.
        offers: by operator and element type of its output.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    behind: ClassVar[tuple[str, ...]] = ()
    offers: ClassVar[Mapping[tuple[type[Operator], DType], Offer]]

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

    def _build(self, op: Operator, core: Core) -> list[Candidate]:
        dtype = op.outputs[0].dtype
        offer = self.offers.get((type(op), dtype))
        if offer is None:
            raise Declined(f"no function for {op.kind} of {dtype.value}")
        return offer.builder(op, core)
