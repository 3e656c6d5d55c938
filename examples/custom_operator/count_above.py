"""CountAbove: how many elements of each row lie above a threshold.

x [..., K] int8 -> y [..., 1] int8, at most 127; the threshold is the one byte of the operator's options.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from codegen.backends.candidate import Call, RowsHeld, rowwise
from codegen.ir import Array, DType, Tensor
from codegen.ir.ops import Custom


class CountAbove:
    """What gen-c asks of a custom operator; registered in the entry-point group `genc.ops`."""

    name = "CountAbove"
    sources = Path(__file__).parent / "kernels"

    def refuse(self, inputs: Sequence[Tensor | None], options: bytes) -> str | None:
        """One int8 input of at least one dimension, one byte of options."""
        if len(inputs) != 1 or inputs[0] is None or inputs[0].dtype is not DType.INT8 or not inputs[0].shape:
            return "it takes one int8 tensor of rank 1 or more"
        return None if len(options) == 1 else f"its options have {len(options)} bytes, not one: the threshold"

    def infer_shapes(self, inputs: Sequence[Tensor | None], options: bytes) -> list[tuple[int, ...]]:  # noqa: ARG002
        """The last dimension becomes 1."""
        assert inputs[0] is not None
        return [(*inputs[0].shape[:-1], 1)]

    def evaluate(self, op: Custom, inputs: Sequence[Any]) -> list[Array]:
        """The meaning in numpy; the self-test and `gen-c verify` compare the C with it."""
        counts = (inputs[0] > threshold(op)).sum(axis=-1, keepdims=True)
        return [np.minimum(counts, 127).astype(np.int8)]

    def calls(self, op: Custom) -> Sequence[Call]:
        """One call; row r of the output needs row r of the input."""
        depth = op.x.shape[-1]
        rows = op.x.size // depth
        params = (
            ("depth", depth),
            ("threshold", threshold(op)),
            ("in_rows_held", RowsHeld(0)),
            ("out_rows_held", RowsHeld(1)),
        )
        return [Call("genc_count_above", params, (rowwise(op.x, rows),), (rowwise(op.y, rows),), rows)]


def threshold(op: Custom) -> int:
    """The byte of the options, as int8."""
    return int(np.frombuffer(op.options, np.int8)[0])
