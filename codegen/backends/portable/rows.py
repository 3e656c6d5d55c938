"""How builders cut tensors into rows, and wrap one call into a candidate."""

from __future__ import annotations

from codegen.backends.candidate import Call, Candidate
from codegen.ir import Operator, Tensor


def line_count(tensor: Tensor) -> int:
    """Rows of a tensor: the image lines N*H of [N, H, W, C], else one row for the whole.

    This is how a convolution sees the tensor, so that row-wise kernels connect.
    """
    return tensor.shape[0] * tensor.shape[1] if len(tensor.shape) == 4 else 1


def only(op: Operator, call: Call, instructions: float, why: str) -> list[Candidate]:
    """The one candidate of an operator that takes one call."""
    return [Candidate(op, "portable", (call,), instructions, why)]
