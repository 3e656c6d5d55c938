"""Operators on int16: which builder makes the calls of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen.backends.candidate import Candidate, Core
from codegen.backends.portable import linear_s16, transpose_conv
from codegen.ir import Operator, ops

BUILDERS: dict[type[Operator], Callable[[Any, Core], list[Candidate]]] = {
    ops.Conv2D: linear_s16.conv_2d,
    ops.DepthwiseConv2D: linear_s16.depthwise_conv_2d,
    ops.FullyConnected: linear_s16.fully_connected,
    ops.TransposeConv: transpose_conv.int16,
}
"""Builders of the operators whose kernels compute with int16; the others have one for every type."""
