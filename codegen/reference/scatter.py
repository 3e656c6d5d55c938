"""Writing by computed indices, and the largest elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array, ops

COMBINED: Mapping[str, Callable[[Array, Array], Array]] = {
    "none": lambda _, update: update,
    "add": np.add,
    "mul": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
}


def scatter_nd(op: ops.ScatterNd, inputs: Sequence[Any]) -> list[Array]:
    """SCATTER_ND: one update after the other; integers wrap."""
    x, indices, updates = inputs
    y, combined = x.copy(), COMBINED[op.reduction]
    depth = indices.shape[-1]
    blocks = updates.reshape(-1, *x.shape[depth:])
    with np.errstate(all="ignore"):
        for tuple_, block in zip(indices.reshape(-1, depth), blocks, strict=True):
            place = tuple(np.clip(tuple_, 0, np.array(x.shape[:depth]) - 1))
            y[place] = combined(y[place], block)
    return [y]


def top_k(op: ops.TopK, inputs: Sequence[Any]) -> list[Array]:
    """TOP_K: a stable sort."""
    (x,) = inputs
    ranks = np.unique(x, return_inverse=True)[1].reshape(x.shape)  # whatever the type, these can be negated
    order = np.argsort(-ranks if op.largest else ranks, axis=-1, kind="stable")[..., : op.k]
    return [np.take_along_axis(x, order, -1), order]


MEANINGS: Mapping[Any, Any] = {ops.ScatterNd: scatter_nd, ops.TopK: top_k}
