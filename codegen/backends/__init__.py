"""Back-ends: for an operator, the kernel calls that could compute it.  One file each.

A back-end knows what exists, what it needs and what it costs; the schedule picks.  Built-in and
out-of-tree back-ends enter by the same door, the entry-point group ``genc.backends``.
"""

from __future__ import annotations

from typing import Protocol

from codegen.backends.candidate import Candidate, Core
from codegen.ir import Operator


class Backend(Protocol):
    """What a back-end must have."""

    name: str

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        """Every way this back-end has to compute `op` on `core`; empty when it has none."""
        ...
