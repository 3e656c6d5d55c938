"""Normalisation over any axes, and by neighbouring channels."""

from __future__ import annotations

import math

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, RowsHeld, rowwise
from codegen.backends.portable import cost
from codegen.backends.portable.boxes import Dim, merged
from codegen.backends.portable.rows import line_count, only
from codegen.ir import Operator, Tensor
from codegen.ir.ops import LocalResponseNorm, Normalization

POWER = 60
"""Instructions of a float power, beside its operations."""


def normalization(op: Normalization, core: Core) -> list[Candidate]:
    """Over any axes; a row is a line of an image, or what lies in front of the first axis."""
    x, first = op.x, min(op.axes, default=len(op.x.shape))
    lines = len(x.shape) == 4 and first >= 2
    inner = 2 if lines else first
    rows = line_count(x) if lines else math.prod(x.shape[:first])
    steps = [math.prod(x.shape[i + 1 :]) for i in range(len(x.shape))]
    dims = [(d, step, i in op.axes) for i, (d, step) in enumerate(zip(x.shape, steps, strict=True)) if i >= inner]
    kept = merged([(d, step) for d, step, taken in dims if not taken], 1)
    reduced = merged([(d, step) for d, step, taken in dims if taken], 1)
    params: Fields = (
        ("row_elements", x.size // rows),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        ("kept_rank", len(kept)),
        ("kept", _pairs("kept", kept)),
        ("reduced_rank", len(reduced) - 1),
        ("reduced", _pairs("reduced", reduced[:-1]) if reduced[1:] else None),
        ("inner_size", reduced[-1][0]),
        ("inner_step", reduced[-1][1]),
        ("count", float(math.prod(d for d, _ in reduced))),
        ("centred", int(op.centred)),
        ("epsilon", float(np.float32(op.epsilon))),
    )
    per_element = (5 if op.centred else 4) * (3 + cost.float_operation(core))
    return _by_rows(op, "genc_normalization_f32", params, rows, per_element)


def _pairs(label: str, dims: list[Dim]) -> Constant:
    return Constant(label, np.array(dims, np.int32), "size, step in elements")


def local_response_norm(op: LocalResponseNorm, core: Core) -> list[Candidate]:
    """By neighbouring channels; a row is one pixel."""
    x = op.x
    params: Fields = (
        ("depth", x.shape[-1]),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        ("before", min(op.before, x.shape[-1])),
        ("after", min(op.after, x.shape[-1])),
        ("bias", float(np.float32(op.bias))),
        ("alpha", float(np.float32(op.alpha))),
        ("beta", float(np.float32(op.beta))),
    )
    window = 2 * (op.before + op.after + 1) * cost.float_operation(core)
    return _by_rows(op, "genc_local_response_norm_f32", params, x.size // x.shape[-1], POWER + window, in_place=False)


def _by_rows(
    op: Operator, kernel: str, params: Fields, rows: int, per_element: float, *, in_place: bool = True
) -> list[Candidate]:
    x: Tensor = op.x
    call = Call(
        kernel,
        params,
        (rowwise(x, rows, 4),),
        (rowwise(op.y, rows, 4),),
        rows,
        in_place=frozenset({0} if in_place else ()),
    )
    return only(op, call, x.size * per_element + rows * cost.SOFTMAX_ROW, "row by row")
