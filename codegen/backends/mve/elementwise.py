"""Element-wise operators, int8, on Helium: the portable call with another kernel."""

from __future__ import annotations

from dataclasses import replace

from codegen.backends.candidate import Candidate, Core
from codegen.backends.portable.elementwise import add_sub as portable_add_sub
from codegen.ir.ops import Add, Sub

INSTRUCTIONS = 8
"""Of one element: 29 for four, and the walk over the columns."""


def add_sub(op: Add | Sub) -> list[Candidate]:
    """ADD and SUB of two activations, when neither is repeated along the channels."""
    return [
        replace(
            offer,
            backend="mve",
            calls=tuple(replace(call, kernel="genc_add_s8_mve") for call in offer.calls),
            instructions=op.y.size * INSTRUCTIONS,
            why="four elements at a time",
        )
        for offer in portable_add_sub(op, Core("cortex-m55"))
        if all(_is_dense(dict(call.params)) and call.kernel == "genc_add_s8" for call in offer.calls)
    ]


def _is_dense(params: dict[str, object]) -> bool:
    return params["a_step"] == 1 and params["b_step"] == 1
