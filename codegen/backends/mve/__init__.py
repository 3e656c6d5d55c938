"""The back-end for Helium (Cortex-M52, M55, M85): vectors of sixteen bytes, no scalar remainders.

It offers what can be proved to take the short form of requantisation; the portable back-end, which is
always asked too, has the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen.backends.candidate import Candidate, Core
from codegen.backends.library import Coverage, covered
from codegen.backends.mve import linear, linear_s16, recurrent, twins
from codegen.ir import REGISTRY, DType, Operator, ops
from codegen.ir.ops.recurrent import Lstm

BUILDERS: dict[tuple[type[Operator], DType], Callable[[Any], list[Candidate]]] = {
    (ops.Conv2D, DType.INT8): linear.conv_2d,
    (ops.DepthwiseConv2D, DType.INT8): linear.depthwise_conv_2d,
    (ops.FullyConnected, DType.INT8): linear.fully_connected,
    (ops.Conv2D, DType.INT16): linear_s16.conv_2d,
    (ops.DepthwiseConv2D, DType.INT16): linear_s16.depthwise_conv_2d,
    (ops.FullyConnected, DType.INT16): linear_s16.fully_connected,
    (Lstm, DType.INT8): recurrent.lstm,
}
"""Builders of operators whose constants are packed for vectors, by element type of the output."""


class Mve:
    """Kernels for cores with the feature "mve"."""

    name = "mve"

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        """What Helium is good for; empty for the rest, and on a core without it."""
        if "mve" not in core.features:
            return []
        builder = BUILDERS.get((type(op), op.outputs[0].dtype))
        return builder(op) if builder else twins.candidates(op, core)

    def covers(self) -> list[Coverage]:
        """The table, and the operators whose portable calls have a kernel here."""
        others = [op for op in REGISTRY.values() if issubclass(op, twins.OPERATORS) and DType.INT8 in op.types]
        return covered(
            [*BUILDERS, *((op, DType.INT8) for op in others)], "cores with Helium, where it is proved and pays"
        )
