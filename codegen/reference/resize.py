"""Image resizing, int8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen.ir import Array
from codegen.ir.ops import ResizeBilinear, ResizeNearest
from codegen.reference import parameters
from codegen.reference.fixed_point import rounding_shift_right
from codegen.reference.parameters import RESIZE_FRACTION_BITS, BilinearAxis


def resize_nearest(op: ResizeNearest, inputs: Sequence[Any]) -> list[Array]:
    """RESIZE_NEAREST_NEIGHBOR: source row and column of every output pixel."""
    p = parameters.resize_nearest(op)
    return [inputs[0][:, p.rows][:, :, p.columns]]


def resize_bilinear(op: ResizeBilinear, inputs: Sequence[Any]) -> list[Array]:
    """RESIZE_BILINEAR int8: four weighted neighbours in Q20, rounded to nearest, ties away from zero."""
    p = parameters.resize_bilinear(op)
    rows = _blend(inputs[0].astype(np.int64), p.rows, 1)
    return [rounding_shift_right(_blend(rows, p.columns, 2), 2 * RESIZE_FRACTION_BITS)]


def _blend(x: Array, weights: BilinearAxis, axis: int) -> Array:
    """Weighted sums of pairs along an axis."""
    fraction = weights.fraction.astype(np.int64).reshape(-1, *[1] * (x.ndim - axis - 1))
    lower, upper = x.take(weights.lower, axis), x.take(weights.upper, axis)
    return np.asarray(lower * ((1 << RESIZE_FRACTION_BITS) - fraction) + upper * fraction)


MEANINGS: Mapping[Any, Any] = {ResizeNearest: resize_nearest, ResizeBilinear: resize_bilinear}
