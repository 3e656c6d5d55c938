"""ONNX operators that only name, reshape or reorder elements."""

from __future__ import annotations

import math

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.site import Rule, Site
from codegen.ir import Tensor, ops


def _identity(site: Site) -> Tensor:
    return site.tensor(0)


def reshaped(site: Site, x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`x` with another shape; itself when it has that shape."""
    return x if x.shape == shape else site.emit(ops.Reshape, x, shape=shape)


def _reshape(site: Site) -> Tensor:
    """0 keeps a dimension (unless `allowzero`), one -1 takes what is left."""
    x, wanted = site.tensor(0), site.integers_of("shape", 1)
    if wanted is None:
        raise RefusedError("it has no shape")
    if not site["allowzero"]:
        if any(d == 0 and i >= len(x.shape) for i, d in enumerate(wanted)):
            raise RefusedError(f"shape {list(wanted)} keeps dimensions that {x.type_text} does not have")
        wanted = tuple(x.shape[i] if d == 0 else d for i, d in enumerate(wanted))
    if wanted.count(-1) == 1:
        rest = -math.prod(wanted)
        wanted = tuple(x.size // max(rest, 1) if d == -1 else d for d in wanted)
    return reshaped(site, x, wanted)


def _flatten(site: Site) -> Tensor:
    x = site.tensor(0)
    axis = site["axis"] if site["axis"] == len(x.shape) else site.axis(site["axis"], len(x.shape))
    return reshaped(site, x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


def _squeeze(site: Site) -> Tensor:
    x, axes = site.tensor(0), site.integers_of("axes", 1)
    rank = len(x.shape)
    gone = {i for i, d in enumerate(x.shape) if d == 1} if axes is None else {site.axis(a, rank) for a in axes}
    if any(x.shape[axis] != 1 for axis in gone):
        raise RefusedError(f"axes {sorted(gone)} of {x.type_text} are not all of size 1")
    return reshaped(site, x, tuple(d for i, d in enumerate(x.shape) if i not in gone))


def _unsqueeze(site: Site) -> Tensor:
    x, axes = site.tensor(0), site.integers_of("axes", 1)
    if axes is None:
        raise RefusedError("it has no axes")
    rank = len(x.shape) + len(axes)
    new, old = {site.axis(a, rank) for a in axes}, iter(x.shape)
    if len(new) != len(axes):
        raise RefusedError(f"axes {list(axes)} are not distinct")
    return reshaped(site, x, tuple(1 if i in new else next(old) for i in range(rank)))


def _transpose(site: Site) -> Tensor:
    x = site.tensor(0)
    return site.emit(ops.Transpose, x, perm=site["perm"] or tuple(reversed(range(len(x.shape)))))


def _dropout(site: Site) -> list[Tensor]:
    """In inference it changes nothing, and its mask is full."""
    if site.optional(2) is not None and site.number(2):
        raise RefusedError("it is in training mode", "Export the model for inference: model.eval().")
    mask = [site.constant(np.ones(site.tensor(0).shape, np.bool_))] if len(site.wanted) > 1 else []
    return [site.tensor(0), *mask]


RULES: dict[str, Rule] = {
    "Dropout": Rule(ops.Reshape, _dropout, (1, 3), (1, 2), {"ratio": 0.5, "seed": int}),
    "Flatten": Rule(ops.Reshape, _flatten, attributes={"axis": 1}),
    "Identity": Rule(ops.Reshape, _identity),
    "Reshape": Rule(ops.Reshape, _reshape, (1, 2), attributes={"shape": tuple, "allowzero": 0}),
    "Squeeze": Rule(ops.Reshape, _squeeze, (1, 2), attributes={"axes": tuple}),
    "Transpose": Rule(ops.Transpose, _transpose, attributes={"perm": tuple}),
    "Unsqueeze": Rule(ops.Reshape, _unsqueeze, (1, 2), attributes={"axes": tuple}),
}
"""By the operator's name in the file."""
