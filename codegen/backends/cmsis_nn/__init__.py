"""The back-end that calls Arm's CMSIS-NN, whose sources are the user's own (docs/backends.md).

Each layer calls the library's function for its case directly, not the wrapper that chooses at run time.  Layers it
offers nothing for, or nothing that is proved equal, fall back to our kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen.backends.candidate import Candidate, Core
from codegen.backends.cmsis_nn import linear
from codegen.ir import DType, Operator, ops
from codegen.ir.ops.linear import has_wide_weights

BUILDERS: dict[tuple[type[Operator], DType], Callable[[Any, Core], list[Candidate]]] = {
    (ops.Conv2D, DType.INT8): linear.conv_2d,
    (ops.DepthwiseConv2D, DType.INT8): linear.depthwise_conv_2d,
    (ops.FullyConnected, DType.INT8): linear.fully_connected,
}
"""Builder of each operator and element type of its output."""


class CmsisNn:
    """Calls of CMSIS-NN, for Cortex-M."""

    name = "cmsis-nn"
    behind = ("mve", "armv7em")

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        """What the library computes exactly; empty for the rest."""
        builder = BUILDERS.get((type(op), op.outputs[0].dtype))
        return builder(op, core) if builder and not has_wide_weights(op) else []
