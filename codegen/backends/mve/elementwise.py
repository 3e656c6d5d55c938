"""Element-wise operators, int8, on Helium: the portable call with another kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from codegen.backends.candidate import Candidate, Core
from codegen.backends.portable import cost, elementwise
from codegen.ir.ops import Add, Mul, Sub

PortableBuilder = Callable[[Any, Core], "list[Candidate]"]

LINE = 45
"""Instructions of a line beside its elements."""


def add_sub(op: Add | Sub) -> list[Candidate]:
    """ADD and SUB of two activations."""
    return _dense(op, elementwise.add_sub, "genc_add_s8", 18)


def mul(op: Mul) -> list[Candidate]:
    """MUL of two activations."""
    return _dense(op, elementwise.mul, "genc_mul_s8", 14)


def _dense(op: Add | Sub | Mul, portable: PortableBuilder, kernel: str, four: int) -> list[Candidate]:
    """The offer of two activations neither of which is repeated along the channels; `four`: instructions of as many."""
    offer = portable(op, Core("cortex-m55"))[0]
    (call,) = offer.calls
    p = dict(call.params)
    if call.kernel != kernel or p["a_step"] != 1 or p["b_step"] != 1:
        return []
    dense = p["a_column_step"] == p["b_column_step"] == p["channels"]
    columns = p["columns"]
    assert isinstance(columns, int)
    lines = call.out_rows * (1 if dense else columns)
    return [
        replace(
            offer,
            backend="mve",
            calls=(replace(call, kernel=f"{kernel}_mve"),),
            instructions=op.y.size / 4 * four + lines * LINE + call.out_rows * cost.ROW,
            why="four elements at a time",
        )
    ]
