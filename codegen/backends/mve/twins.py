"""Kernels without weights, on Helium: the portable call with another kernel, which takes the same parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from codegen.backends.candidate import Call, Candidate, Core
from codegen.backends.portable import Portable, cost
from codegen.ir import Operator, ops

OPERATORS = (
    *(ops.Add, ops.Sub, ops.Mul, ops.AveragePool2D, ops.MaxPool2D, ops.Mean, ops.Softmax, ops.Quantize),
    *(ops.Lookup, ops.Unary),
)
"""Whose portable call may have a kernel of the table below."""

AREA_MOST = 2048
"""Elements of a window whose mean is taken by multiplying with a reciprocal."""

DEPTH_MOST = 4096
"""Elements of a distribution whose sum of exponentials has 32 bits."""

LINE = 45
"""Instructions of a line of elements beside them."""

Price = Callable[[Any, Call], "float | None"]
"""Instructions of a call; None when the kernel does not take it."""


def candidates(op: Operator, core: Core) -> list[Candidate]:
    """The portable offers for `op` that Helium has a kernel for."""
    if not isinstance(op, OPERATORS):
        return []
    return [mine for offer in Portable().candidates(op, core) for mine in _twin(op, offer)]


def _twin(op: Operator, offer: Candidate) -> list[Candidate]:
    call = offer.calls[0]
    if len(offer.calls) > 1 or call.kernel not in KERNELS:
        return []
    lanes, price = KERNELS[call.kernel]
    instructions = price(op, call)
    if instructions is None:
        return []
    mine = replace(call, kernel=f"{call.kernel}_mve")
    return [replace(offer, backend="mve", calls=(mine,), instructions=instructions, why=f"{lanes} at a time")]


def _numbers(call: Call) -> dict[str, int]:
    return {name: value for name, value in call.params if isinstance(value, int)}


def _two_operands(four: float) -> Price:
    """Of operands neither of which is repeated along the channels; `four`: instructions of as many elements."""

    def price(op: Operator, call: Call) -> float | None:
        p = _numbers(call)
        if p["a_step"] != 1 or p["b_step"] != 1:
            return None
        dense = p["a_column_step"] == p["b_column_step"] == p["channels"]
        lines = call.out_rows * (1 if dense else p["columns"])
        return op.y.size / 4 * four + lines * LINE + call.out_rows * cost.ROW

    return price


def _one_operand(each: float) -> Price:
    """Of `each` instructions an element."""
    return lambda op, call: op.y.size * each + call.out_rows * LINE


def _windows(lanes: int) -> Price:
    """Of a pool that takes so many channels at a time."""

    def price(op: ops.Pool2D, _call: Call) -> float | None:
        if isinstance(op, ops.AveragePool2D) and math.prod(op.kernel) > AREA_MOST:
            return None
        pixels, channels = op.y.size // op.y.shape[3], op.y.shape[3]
        return pixels * (cost.CALL + -(-channels // lanes) * (26 + op.kernel[0] * (16 + 5 * op.kernel[1])))

    return price


def _by_lines(op: ops.AveragePool2D | ops.Mean, _call: Call) -> float:
    _, height, width, channels = op.x.shape
    return height * (cost.ROW + -(-channels // 4) * (16 + 5 * width)) + channels * 14


def _softmax(_op: ops.Softmax, call: Call) -> float | None:
    p = _numbers(call)
    fits = p["y_bytes"] == 1 and p["depth"] <= DEPTH_MOST
    return call.out_rows * (230 + 13 * p["depth"]) if fits else None


KERNELS: dict[str, tuple[str, Price]] = {
    "genc_add_s8": ("4 elements", _two_operands(18)),
    "genc_mul_s8": ("4 elements", _two_operands(14)),
    "genc_lookup": ("16 elements", _one_operand(0.25)),
    "genc_quantize_f32": ("4 elements", _one_operand(4)),
    "genc_requantize_int": ("4 elements", _one_operand(8)),
    "genc_softmax_s8": ("4 elements", _softmax),
    "genc_average_pool_s8": ("4 channels", _windows(4)),
    "genc_max_pool_s8": ("16 channels", _windows(16)),
    "genc_average_rows_s8": ("4 channels", _by_lines),
    "genc_mean_rows_s8": ("4 channels", _by_lines),
}
"""Portable kernels that have a twin here: what it takes at a time, and its price."""
