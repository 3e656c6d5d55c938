"""The back-end for Cortex-M4, M7 and M33: kernels that use their DSP instructions.

It offers what pays and can be proved; the portable back-end, which is always asked too, has the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen.backends.armv7em import elementwise, linear, linear_s16, matrix, pool, recurrent
from codegen.backends.candidate import Candidate, Core
from codegen.backends.library import Coverage, covered
from codegen.ir import DType, Operator, ops
from codegen.ir.ops.linear import has_wide_weights
from codegen.ir.ops.recurrent import Lstm, Svdf

BUILDERS: dict[tuple[type[Operator], DType], Callable[[Any], list[Candidate]]] = {
    (ops.Conv2D, DType.INT8): linear.conv_2d,
    (ops.Conv2D, DType.INT16): linear_s16.conv_2d,
    (ops.DepthwiseConv2D, DType.INT8): linear.depthwise_conv_2d,
    (ops.FullyConnected, DType.INT8): matrix.fully_connected,
    (Lstm, DType.INT8): recurrent.lstm,
    (Svdf, DType.INT8): recurrent.svdf,
    (ops.Add, DType.INT8): elementwise.add_sub,
    (ops.Sub, DType.INT8): elementwise.add_sub,
    (ops.Mul, DType.INT8): elementwise.mul,
    (ops.MaxPool2D, DType.INT8): pool.max_pool_2d,
}
"""Builder of each operator and element type of its output."""


class Armv7em:
    """Kernels for cores with the feature "dsp"."""

    name = "armv7em"

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        """What the DSP instructions are good for; empty for the rest, and on a core without them."""
        builder = BUILDERS.get((type(op), op.outputs[0].dtype))
        return builder(op) if builder and "dsp" in core.features and not has_wide_weights(op) else []

    def covers(self) -> list[Coverage]:
        """The table."""
        return covered(BUILDERS, "cores with the DSP instructions, where it is proved and pays")
