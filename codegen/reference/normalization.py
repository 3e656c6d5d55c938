"""Normalisation over any axes, and by neighbouring channels; float32, computed in double."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array
from codegen.ir.ops import LocalResponseNorm, Normalization


def normalization(op: Normalization, inputs: Sequence[Any]) -> list[Array]:
    """NORMALIZATION: by the root of the mean square, around the mean or around 0."""
    x = inputs[0].astype(np.float64)
    centred = x - x.mean(axis=op.axes, keepdims=True) if op.centred else x
    square = (centred * centred).mean(axis=op.axes, keepdims=True)
    with np.errstate(all="ignore"):
        return [(centred / np.sqrt(square + op.epsilon)).astype(np.float32)]


def local_response_norm(op: LocalResponseNorm, inputs: Sequence[Any]) -> list[Array]:
    """LOCAL_RESPONSE_NORM: sums over a window are differences of running sums."""
    x = inputs[0].astype(np.float64)
    depth = x.shape[-1]
    running = np.concatenate([np.zeros((*x.shape[:-1], 1)), np.cumsum(x * x, axis=-1)], axis=-1)
    channel = np.arange(depth)
    last, first = np.minimum(channel + op.after + 1, depth), np.maximum(channel - op.before, 0)
    squares = running[..., last] - running[..., first]
    with np.errstate(all="ignore"):
        return [(x / np.power(op.bias + op.alpha * squares, op.beta)).astype(np.float32)]


MEANINGS: Mapping[Any, Any] = {Normalization: normalization, LocalResponseNorm: local_response_norm}
