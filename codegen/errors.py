"""The one kind of error a user sees: what is wrong, where, and the way out.

Everything that can go wrong with a file, a name or an option is a :class:`Problem`; all problems
of a stage are collected and raised together as one :class:`GencError`.  ``cli.py`` prints them
and exits with status 2.  Anything else that escapes is a defect of gen-c.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        where: the layer, file, option or memory concerned, as the user knows it.
        reason: what is wrong with it, in one sentence without a full stop.
        cure: the way out, or "" when there is none.
    """

    where: str
    reason: str
    cure: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.reason}"
        return f"{text}\n    {self.cure}" if self.cure else text


@dataclass(eq=False)
class GencError(Exception):
    """One or more problems, raised together.

    Attributes:
        summary: one line that says what could not be done.
        problems: every reason found, in the order of the model.
        cure: the way out, when it is one for all problems.
    """

    summary: str
    problems: list[Problem] = field(default_factory=list)
    cure: str = ""

    def __str__(self) -> str:
        lines, cures = [self.summary], {""}
        for problem in self.problems:
            lines.append(f"  {problem.where}: {problem.reason}")
            if problem.cure not in cures:  # the same advice is given once
                lines.append(f"    {problem.cure}")
                cures.add(problem.cure)
        return "\n".join([*lines, f"  {self.cure}"] if self.cure else lines)

    def json(self) -> dict[str, Any]:
        """The error as data, for scripts."""
        problems = [{"where": p.where, "reason": p.reason, "cure": p.cure} for p in self.problems]
        return {"error": self.summary, "problems": problems, "cure": self.cure}
