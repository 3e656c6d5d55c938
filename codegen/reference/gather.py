"""Look-ups by computed indices; indices outside an axis count as the nearest inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array, ops


def gather(op: ops.Gather, inputs: Sequence[Any]) -> list[Array]:
    """GATHER: batch by batch, slices along the axis."""
    x, indices = inputs[0], np.clip(inputs[1], 0, op.x.shape[op.axis] - 1)
    n = op.batch_dims
    batches = x.reshape(-1, *x.shape[n:]), indices.reshape(-1, *indices.shape[n:])
    parts = [np.take(part, at, axis=op.axis - n) for part, at in zip(*batches, strict=True)]
    return [np.stack(parts).reshape(op.infer_shapes()[0])]


def gather_nd(op: ops.GatherNd, inputs: Sequence[Any]) -> list[Array]:
    """GATHER_ND: slices by tuples of indices."""
    del op
    x, indices = inputs
    tuples = np.moveaxis(indices, -1, 0)
    return [x[tuple(np.clip(at, 0, size - 1) for at, size in zip(tuples, x.shape, strict=False))]]


MEANINGS: Mapping[Any, Any] = {ops.Gather: gather, ops.GatherNd: gather_nd}
