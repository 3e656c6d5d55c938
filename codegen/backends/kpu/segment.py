"""Operators that the KPU computes one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.backends.kpu.units import Unit
from codegen.ir import Operator
from codegen.ir.operator import Shape


@dataclass(eq=False, kw_only=True)
class KpuSegment(Operator):
    """Layers that follow one another on the KPU: inputs are uploaded, outputs downloaded, all between stays there.

    Attributes:
        units: what is computed, in order.
        rotated: the maps lie rotated by 180 degrees.
    """

    kind: ClassVar[str] = "kpu_segment"

    units: tuple[Unit, ...]
    rotated: bool

    @property
    def members(self) -> list[Operator]:
        """The operators, in order."""
        return [op for unit in self.units for op in unit.members]

    def infer_shapes(self) -> list[Shape]:
        """Those of the members' results."""
        return [t.shape for t in self.outputs]

    def macs(self) -> int:
        """Of all members."""
        return sum(op.macs() for op in self.members)
