"""ONNX operators whose result does not depend on the model's input, and the choice between branches."""

from __future__ import annotations

import math

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.model import FileTensor
from codegen.frontends.onnx.site import DYNAMIC_CURE, Rule, Site
from codegen.frontends.onnx.types import constant_type, element_type
from codegen.frontends.shapes import MAX_TENSOR_BYTES
from codegen.ir import DType, Tensor, ops

PLAIN = {
    "value_float": DType.FLOAT32,
    "value_floats": DType.FLOAT32,
    "value_int": DType.INT64,
    "value_ints": DType.INT64,
}


def _filed(site: Site, file: FileTensor) -> Tensor:
    """A tensor attribute as a constant."""
    return Tensor(f"{site.name}/value", file.shape, constant_type(file.type, "its value"), None, file.data)


def _constant(site: Site) -> Tensor:
    if site["value"] is not None:
        return _filed(site, site["value"])
    given = [(site[name], dtype) for name, dtype in PLAIN.items() if site[name] is not None]
    if len(given) != 1:
        raise RefusedError("it has no value, or several")
    return site.constant(*given[0])


def _sized(shape: tuple[int, ...]) -> tuple[int, ...]:
    if min(shape, default=0) < 0 or math.prod(shape) > MAX_TENSOR_BYTES:
        raise RefusedError(f"a constant of shape {list(shape)} is not supported")
    return shape


def _constant_of_shape(site: Site) -> Tensor:
    fill = site.constant(np.zeros(1, np.float32)) if site["value"] is None else _filed(site, site["value"])
    if fill.size != 1:
        raise RefusedError(f"its value {fill.type_text} is not one number")
    return site.constant(np.full(_sized(site.integers(0)), fill.value.reshape(-1)[0]), fill.dtype)


def _shape(site: Site) -> Tensor:
    return site.constant(site.tensor(0).shape[site["start"] : site["end"]], DType.INT64)


def _size(site: Site) -> Tensor:
    return site.constant(site.tensor(0).size, DType.INT64)


def _range(site: Site) -> Tensor:
    start, limit, delta = (site.number(i) for i in range(3))
    count = math.ceil((limit - start) / delta) if delta else -1
    if not 0 <= count <= 1 << 20:
        raise RefusedError(f"a range from {start} to {limit} by {delta} has no end, or is too long")
    return site.constant(start + np.arange(count) * delta, site.tensor(0).dtype)


def _eye_like(site: Site) -> Tensor:
    x = site.tensor(0)
    if len(x.shape) != 2:
        raise RefusedError(f"{x.type_text} is not a matrix")
    dtype = x.dtype if site["dtype"] is None else element_type(site["dtype"], "its result")
    return site.constant(np.eye(*x.shape, k=max(min(site["k"], x.shape[1]), -x.shape[0])), dtype)


def _non_zero(site: Site) -> Tensor:
    return site.constant(np.array(np.nonzero(site.value(0))), DType.INT64)


def _if(site: Site) -> list[Tensor]:
    """The branch that the condition takes, which must be known now."""
    condition = site.tensor(0)
    if not condition.is_constant:
        raise RefusedError(f"its condition {condition.name!r} is computed at run time", DYNAMIC_CURE, "condition")
    return site.run(site.required("then_branch" if site.number(0) else "else_branch"))


RULES: dict[str, Rule] = {
    "Constant": Rule(ops.Reshape, _constant, (0, 0), attributes={"value": FileTensor, **dict.fromkeys(PLAIN, object)}),
    "ConstantOfShape": Rule(ops.Reshape, _constant_of_shape, attributes={"value": FileTensor}),
    "EyeLike": Rule(ops.Reshape, _eye_like, attributes={"dtype": int, "k": 0}),
    "If": Rule(ops.Reshape, _if, outputs=(1, 4096), attributes={"then_branch": object, "else_branch": object}),
    "NonZero": Rule(ops.Reshape, _non_zero),
    "Range": Rule(ops.Reshape, _range, (3, 3), attributes={"stash_type": 1}),
    "Shape": Rule(ops.Shape, _shape, attributes={"start": 0, "end": int}),
    "Size": Rule(ops.Shape, _size),
}
"""By the operator's name in the file."""
