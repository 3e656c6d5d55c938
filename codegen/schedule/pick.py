"""Which kernel computes each operator.

Problem: every back-end offers candidates for an operator; one of them has to be chosen, and an
operator for which there is none must be named together with all others.
Method: the fewest estimated instructions win; among equals, the smaller scratch, then the earlier
offer (back-ends are asked in the order of preference).
Guarantee: every operator that is not a view by nature has a pick, or one GencError lists all that have not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.backends import Backend
from codegen.backends.candidate import Candidate, Core
from codegen.errors import GencError, Problem
from codegen.ir import Graph, Operator
from codegen.ir.ops import Reshape


@dataclass(frozen=True, eq=False)
class Pick:
    """The kernel chosen for an operator, and why."""

    candidate: Candidate
    why: str


def is_renaming(op: Operator) -> bool:
    """True when `op` gives bytes in memory another shape and can never need code."""
    return isinstance(op, Reshape) and not op.x.is_constant


def pick_kernels(graph: Graph, backends: Sequence[Backend], core: Core) -> dict[Operator, Pick]:
    """The cheapest candidate of every operator but those that only rename memory.

    Raises:
        GencError: the operators for which no back-end has a kernel, all of them.
    """
    picks: dict[Operator, Pick] = {}
    problems: list[Problem] = []
    for op in graph.operators:
        if is_renaming(op):
            continue
        offers = [candidate for backend in backends for candidate in backend.candidates(op, core)]
        if offers:
            picks[op] = _cheapest(offers)
        else:
            names = ", ".join(backend.name for backend in backends)
            problems.append(Problem(op.where, f"no kernel for {_signature(op)} in back-end {names}"))
    if problems:
        raise GencError("some layers have no kernel", problems)
    return picks


def _cheapest(offers: list[Candidate]) -> Pick:
    """The best of several offers, with the reason in words."""
    ranked = sorted(offers, key=lambda c: (c.instructions, c.scratch_bytes))
    best, rest = ranked[0], ranked[1:]
    if not rest:
        reason = "the only kernel offered"
    else:
        runner_up = rest[0]
        reason = (
            f"fewest instructions of {len(offers)} offers "
            f"({best.instructions:,.0f}; next {runner_up.calls[0].kernel}, {runner_up.instructions:,.0f})"
        )
    return Pick(best, f"{best.why}; {reason}" if best.why else reason)


def _signature(op: Operator) -> str:
    """The operator with its types: ``conv_2d(int8[1, 8, 8, 3]) -> int8[1, 8, 8, 4]``."""
    inputs = ", ".join(t.type_text for t in op.activations)
    return f"{op.kind}({inputs}) -> {', '.join(t.type_text for t in op.outputs)}"
