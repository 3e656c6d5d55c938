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
from codegen.backends.candidate import Candidate, Constant, Core
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


def offered_kernels(graph: Graph, backends: Sequence[Backend], core: Core) -> dict[Operator, list[Candidate]]:
    """All candidates of every operator but those that only rename memory.

    Raises:
        GencError: the operators for which no back-end has a kernel, all of them.
    """
    kernels: dict[Operator, list[Candidate]] = {}
    problems: list[Problem] = []
    for op in graph.operators:
        if is_renaming(op):
            continue
        offers = [candidate for backend in backends for candidate in backend.candidates(op, core)]
        if offers:
            kernels[op] = offers
        else:
            names = ", ".join(backend.name for backend in backends)
            problems.append(Problem(op.where, f"no kernel for {_signature(op)} in back-end {names}"))
    if problems:
        raise GencError("some layers have no kernel", problems)
    return kernels


def cheapest(offers: list[Candidate], *, flash: bool = False) -> Pick:
    """The best of several offers, with the reason in words; if `flash`, that with the fewest bytes of constants."""
    ranked = sorted(offers, key=lambda c: (constant_bytes(c) if flash else 0, c.instructions, c.scratch_bytes))
    best, rest = ranked[0], ranked[1:]
    if not rest:
        why = "the only kernel offered"
    elif flash:
        why = f"smallest constants of {len(offers)} offers ({constant_bytes(best):,} B)"
    else:
        runner_up = rest[0]
        why = (
            f"fewest instructions of {len(offers)} offers "
            f"({best.instructions:,.0f}; next {runner_up.calls[0].kernel}, {runner_up.instructions:,.0f})"
        )
    return Pick(best, reason(best, why))


def reason(candidate: Candidate, why: str) -> str:
    """What a kernel is and why it was chosen."""
    return f"{candidate.why}; {why}" if candidate.why else why


def constant_bytes(candidate: Candidate) -> int:
    """Packed constants of a candidate."""
    return sum(v.array.nbytes for call in candidate.calls for _, v in call.params if isinstance(v, Constant))


def _signature(op: Operator) -> str:
    """The operator with its types: ``conv_2d(int8[1, 8, 8, 3]) -> int8[1, 8, 8, 4]``."""
    inputs = ", ".join(t.type_text for t in op.activations)
    return f"{op.kind}({inputs}) -> {', '.join(t.type_text for t in op.outputs)}"
