"""Pools and means, int8, on Helium: the portable call with another kernel."""

from __future__ import annotations

import math
from dataclasses import replace

from codegen.backends.candidate import Candidate, Core
from codegen.backends.portable import cost, pool
from codegen.ir.ops import AveragePool2D, MaxPool2D, Mean

AREA_MOST = 2048
"""Elements of a window whose mean is taken by multiplying with a reciprocal."""

BLOCK, LINE, TAP = 26, 16, 5
"""Instructions of a block of channels of a window, of a line of it, of a vector."""

OUTPUT = 14
"""Of one mean of a whole image."""


def average_pool_2d(op: AveragePool2D) -> list[Candidate]:
    """Mean of each window, or of the whole image line by line."""
    (offer,) = pool.average_pool_2d(op, Core("cortex-m55"))
    if offer.calls[0].kernel == "genc_average_rows_s8":
        return [_by_lines(op, offer)]
    return [_windows(op, offer, 4)] if math.prod(op.kernel) <= AREA_MOST else []


def max_pool_2d(op: MaxPool2D) -> list[Candidate]:
    """Maximum of each window."""
    (offer,) = pool.max_pool_2d(op, Core("cortex-m55"))
    return [_windows(op, offer, 16)]


def mean(op: Mean) -> list[Candidate]:
    """MEAN over the lines and columns of one image."""
    (offer,) = pool.mean(op, Core("cortex-m55"))
    return [_by_lines(op, offer)] if offer.calls[0].kernel == "genc_mean_rows_s8" else []


def _windows(op: AveragePool2D | MaxPool2D, offer: Candidate, lanes: int) -> Candidate:
    pixels, channels = op.y.size // op.y.shape[3], op.y.shape[3]
    block = BLOCK + op.kernel[0] * (LINE + TAP * op.kernel[1])
    return _with_vectors(offer, pixels * (cost.CALL + -(-channels // lanes) * block), lanes)


def _by_lines(op: AveragePool2D | Mean, offer: Candidate) -> Candidate:
    _, height, width, channels = op.x.shape
    line = cost.ROW + -(-channels // 4) * (LINE + TAP * width)
    return _with_vectors(offer, height * line + channels * OUTPUT, 4)


def _with_vectors(offer: Candidate, instructions: float, lanes: int) -> Candidate:
    (call,) = offer.calls
    return replace(
        offer,
        backend="mve",
        calls=(replace(call, kernel=f"{call.kernel}_mve"),),
        instructions=instructions,
        why=f"{lanes} channels at a time",
    )
