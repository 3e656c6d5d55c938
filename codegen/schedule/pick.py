"""Which kernel computes each operator.

Problem: every back-end offers candidates for an operator; one of them has to be chosen, and an
operator for which there is none must be named together with all others.
Method: the fewest estimated instructions win; among equals, the smaller scratch, then the earlier
offer (back-ends are asked in the order of preference).  When flash is short, the kernels that take the least of it
together are found first.
Guarantee: every operator that is not a view by nature has a pick, or one GencError lists all that have not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from codegen.backends import Backend, Explaining, Preferred
from codegen.backends.candidate import Candidate, Constant, Core
from codegen.errors import GencError, Problem
from codegen.ir import Graph, Operator
from codegen.ir.ops import Reshape
from codegen.kernel_files import file_bytes, kernel_library, reachable


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
        offers = _offers(op, backends, core)
        if offers:
            kernels[op] = offers
        else:
            names = ", ".join(backend.name for backend in backends)
            problems.append(Problem(op.where, f"no kernel for {_signature(op)} in back-end {names}"))
    if problems:
        raise GencError("some layers have no kernel", problems)
    return kernels


def _offers(op: Operator, backends: Sequence[Backend], core: Core) -> list[Candidate]:
    """All candidates of an operator; those of a preferred back-end alone, where it has any."""
    offers: list[Candidate] = []
    declined: list[str] = []
    for backend in backends:
        found = backend.candidates(op, core)
        if found and isinstance(backend, Preferred):
            return [replace(offer, remark=f"{backend.name} was asked for") for offer in found]
        if not found and isinstance(backend, Explaining) and (why := backend.declines(op, core)):
            declined.append(f"not {backend.title}: {why}")
        offers += found
    return [replace(offer, remark="; ".join(declined)) for offer in offers] if declined else offers


def least_flash(offers: dict[Operator, list[Candidate]]) -> dict[Operator, list[Candidate]]:
    """The offers of those kernels that take the least flash together: constants of each operator, code but once.

    Kernels, and back-ends, are given up, or made the only ones, one after the other, wherever there is a choice, as
    long as what is left takes less; so mostly one kernel of a family stays.
    """
    best = {op: _fewest_constants(some) for op, some in offers.items()}
    size = _flash_bytes(best)
    while True:
        names = sorted({name for some in best.values() for c in some for name in _names(c)})
        moves = [_narrowed(best, name, keep=keep) for name in names for keep in (False, True)]
        smallest = min(moves, key=_flash_bytes, default=best)
        if _flash_bytes(smallest) >= size:
            return best
        best, size = smallest, _flash_bytes(smallest)


def _fewest_constants(offers: list[Candidate]) -> list[Candidate]:
    """Without those that give a kernel more constants than another one does: a table, which it can do without."""
    least: dict[frozenset[str], int] = {}
    for c in offers:
        kernels = frozenset(_kernels(c))
        least[kernels] = min(constant_bytes(c), least.get(kernels, constant_bytes(c)))
    return [c for c in offers if constant_bytes(c) == least[frozenset(_kernels(c))]]


def _names(candidate: Candidate) -> set[str]:
    """Under which an offer may be given up: its kernels, and its back-end as a whole."""
    return {candidate.backend, *_kernels(candidate)}


def _narrowed(offers: dict[Operator, list[Candidate]], name: str, *, keep: bool) -> dict[Operator, list[Candidate]]:
    """Without the offers of a name, or of those that have it with these alone; where none is left, as it was."""
    return {op: [c for c in some if (name in _names(c)) is keep] or some for op, some in offers.items()}


def _flash_bytes(offers: dict[Operator, list[Candidate]]) -> int:
    """Estimated bytes of constants and kernels when every operator takes the offer of the fewest constants."""
    chosen = [min(some, key=lambda c: (constant_bytes(c), c.instructions)) for some in offers.values()]
    files = frozenset[Path]().union(*(_files(kernel) for c in chosen for kernel in _kernels(c)))
    return sum(map(constant_bytes, chosen)) + sum(map(file_bytes, files))


def _kernels(candidate: Candidate) -> set[str]:
    return {call.kernel for call in candidate.calls}


@lru_cache(maxsize=1024)
def _files(kernel: str) -> frozenset[Path]:
    """The files that a kernel needs; none when it has none, as in tests."""
    library = kernel_library()
    return frozenset(library[name] for name in reachable([kernel])) if f"{kernel}.h" in library else frozenset()


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
    """What a kernel is and why it was chosen; first of all, whether it is of the library that was asked for."""
    return "; ".join(filter(None, (candidate.remark, candidate.why, why)))


def constant_bytes(candidate: Candidate) -> int:
    """Packed constants of a candidate."""
    return sum(v.array.nbytes for call in candidate.calls for _, v in call.params if isinstance(v, Constant))


def _signature(op: Operator) -> str:
    """The operator with its types: ``conv_2d(int8[1, 8, 8, 3]) -> int8[1, 8, 8, 4]``."""
    inputs = ", ".join(t.type_text for t in op.activations)
    return f"{op.kind}({inputs}) -> {', '.join(t.type_text for t in op.outputs)}"
