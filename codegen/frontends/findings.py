"""Collects what is wrong with a model, so that all of it is said at once and nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from codegen.errors import Problem


class RefusedError(Exception):
    """A layer or tensor that gen-c does not accept.

    Attributes:
        reason: what is wrong, in one sentence without a full stop.
        cure: the way out, or "".
        key: equal keys are one finding; the reason when None.
    """

    def __init__(self, reason: str, cure: str = "", key: Hashable = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cure = cure
        self.key = reason if key is None else key


@dataclass
class _Finding:
    where: str
    reason: str
    cure: str
    kinds: Counter[str] = field(default_factory=Counter)


class Findings:
    """Problems in the order of the model; alike ones become one line with a count."""

    def __init__(self) -> None:
        self._findings: dict[Hashable, _Finding] = {}

    def add(self, where: str, kind: str, refused: RefusedError) -> None:
        """Note a problem.

        Args:
            where: the layer or tensor concerned.
            kind: of layer, to count by: "CONV_2D".
            refused: the problem.
        """
        finding = self._findings.setdefault(refused.key, _Finding(where, refused.reason, refused.cure))
        finding.kinds[kind] += 1

    def __len__(self) -> int:
        return len(self._findings)

    def problems(self) -> list[Problem]:
        """One problem per distinct finding."""
        return [Problem(_where(f), f.reason, f.cure) for f in self._findings.values()]


def _where(finding: _Finding) -> str:
    """The first place, how many more there are, and of what kinds when they differ."""
    more = finding.kinds.total() - 1
    if not more:
        return finding.where
    kinds = ", ".join(f"{count} {kind}" for kind, count in finding.kinds.items())
    return (
        f"{finding.where} and {more} more ({kinds})" if len(finding.kinds) > 1 else f"{finding.where} and {more} more"
    )
