"""Writing by computed indices, and the largest elements."""

from __future__ import annotations

import math

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, RowsHeld, rowwise, whole
from codegen.backends.portable import cost
from codegen.backends.portable.movement import first_copy, strides
from codegen.backends.portable.rows import only
from codegen.ir import Tensor
from codegen.ir.ops import ScatterNd, TopK

TUPLE = 25
"""Instructions per tuple of indices, beside the bytes it moves."""
ELEMENT = 8
"""Instructions per element that is combined or compared."""


def scatter_nd(op: ScatterNd, _core: Core) -> list[Candidate]:
    """All of x, in place where that may be, then the updates over it; indices or updates may be constant, not both."""
    x, y, indices = op.x, op.y, op.indices
    depth = indices.shape[-1]
    axes = list(zip(x.shape[:depth], strides(x)[:depth], strict=True))
    fixed = next((t for t in (indices, op.updates) if t.is_constant), None)
    kernel = "genc_scatter" + ("" if fixed is None else "_fixed" if fixed is indices else "_constant")
    params: Fields = (
        ("constant", None if fixed is None else _array(fixed)),
        ("combine", f"genc_combine_{op.reduction}" + ("" if op.reduction == "none" else f"_{x.dtype.value}")),
        ("tuples", indices.size // depth),
        ("depth", depth),
        ("axes", Constant("axes", np.array(axes, np.int32), "size, step in bytes")),
        ("index_bytes", indices.dtype.bytes),
        ("block", math.prod(x.shape[depth:])),
        ("bytes", x.dtype.bytes),
    )
    read = [whole(t, 1, t.dtype.bytes) for t in (indices, op.updates) if not t.is_constant]
    over = Call(kernel, params, tuple(read), (rowwise(y, 1, y.dtype.bytes),), 1)
    moved = cost.copy(x.bytes) + cost.copy(op.updates.bytes)
    instructions = 2 * cost.CALL + moved + indices.size * TUPLE + op.updates.size * ELEMENT
    return [Candidate(op, "portable", (first_copy(x, y), over), instructions, "move, then block by block over it")]


def _array(tensor: Tensor) -> Constant:
    array = tensor.value.astype(np.uint8) if tensor.value.dtype == np.bool_ else tensor.value
    return Constant("table", array, tensor.type_text, max(4, tensor.dtype.bytes))


def top_k(op: TopK, _core: Core) -> list[Candidate]:
    """Each element finds its place among the best so far."""
    depth, size = op.x.shape[-1], op.x.dtype.bytes
    values, indices = op.outputs
    rows = op.x.size // depth
    params: Fields = (
        ("better", f"genc_{'above' if op.largest else 'below'}_{op.x.dtype.value}"),
        ("depth", depth),
        ("k", op.k),
        ("bytes", size),
        ("index_bytes", indices.dtype.bytes),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        ("indices_held", RowsHeld(2)),
    )
    outputs = rowwise(values, rows, size), rowwise(indices, rows, indices.dtype.bytes)
    call = Call("genc_top_k", params, (rowwise(op.x, rows, size),), outputs, rows)
    return only(op, call, op.x.size * ELEMENT * (1 + op.k), "insertion")
