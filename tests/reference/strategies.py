"""What random single-operator models are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Array = npt.NDArray[Any]
Pair = tuple[int, int]

ACTIVATIONS = st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
PADDINGS = st.sampled_from(["SAME", "VALID"])


@dataclass(frozen=True)
class Quant:
    """Scale and zero point of a tensor, or one scale per channel along an axis."""

    scale: float | tuple[float, ...]
    zero_point: int = 0
    axis: int | None = None

    @property
    def args(self) -> dict[str, Any]:
        """As keyword arguments of ModelWriter.tensor."""
        return {"scale": self.scale, "zero_point": self.zero_point, "axis": self.axis}


def float32(value: float) -> float:
    """The nearest float32."""
    return float(np.float32(value))


SMALL_MULTIPLES = (1, 1, 1, 3 / 2, 5 / 4, 7 / 4)


def octaves(low: float, high: float, multiples: Sequence[float] = SMALL_MULTIPLES) -> st.SearchStrategy[float]:
    """2**e with e between the bounds, as float32; often a power of two or a small multiple, which make ties."""
    exponents = st.floats(low, high) | st.integers(math.ceil(low), math.floor(high))
    return st.builds(lambda e, m: float32(2.0**e * m), exponents, st.sampled_from(multiples))


def quants(
    low: float = -9, high: float = 1, dtype: str = "int8", multiples: Sequence[float] = SMALL_MULTIPLES
) -> st.SearchStrategy[Quant]:
    """Scales of 2**low to 2**high, any zero point; int16 is symmetric."""
    info = np.iinfo(dtype)
    zeros = st.integers(info.min, info.max) | st.sampled_from([info.min, 0, info.max])
    return st.builds(Quant, octaves(low, high, multiples), st.just(0) if dtype == "int16" else zeros)


def quants_near(other: Quant, low: float = -2, high: float = 2, dtype: str = "int8") -> st.SearchStrategy[Quant]:
    """Scales of 2**low to 2**high times the other's; `dtype` may be another type."""
    return quants(low, high, dtype).map(lambda q: Quant(float32(q.scale * other.scale), q.zero_point))


def shapes(rank_low: int = 1, rank_high: int = 4, side: int = 6) -> st.SearchStrategy[tuple[int, ...]]:
    """Dimensions of 1 to `side`."""
    return st.lists(st.integers(1, side), min_size=rank_low, max_size=rank_high).map(tuple)


def images(side: int = 9, channels: int = 6) -> st.SearchStrategy[tuple[int, ...]]:
    """NHWC shapes."""
    return st.tuples(st.integers(1, 2), st.integers(1, side), st.integers(1, side), st.integers(1, channels))


def pairs(low: int, high: int) -> st.SearchStrategy[Pair]:
    """Two independent integers."""
    return st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def arrays(draw: st.DrawFn, shape: Sequence[int], dtype: str = "int8") -> Array:
    """Elements of the whole range, of its middle, or of its corners."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if dtype == "float32":
        return rng.normal(0, 10, tuple(shape)).astype(np.float32)
    info = np.iinfo(dtype)
    kind = draw(st.sampled_from(["whole", "whole", "middle", "corners"]))
    if kind == "corners":
        return rng.choice(np.array([info.min, info.min + 1, 0, 1, info.max], dtype), tuple(shape))
    low, high = (info.min, info.max) if kind == "whole" else (info.min // 8, info.max // 8)
    return rng.integers(low, high, tuple(shape), dtype, endpoint=True)


@st.composite
def broadcast_pairs(draw: st.DrawFn, rank_high: int = 4) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast against each other, of ranks that may differ."""
    full = draw(shapes(1, rank_high, 5))
    keeps = [draw(st.sampled_from(["both", "both", "left", "right"])) for _ in full]
    left, right = (
        tuple(d if keep in ("both", side) else 1 for d, keep in zip(full, keeps, strict=True))
        for side in ("left", "right")
    )
    right = right[draw(st.integers(0, len(right) - 1)) :]
    return (left, right) if draw(st.booleans()) else (right, left)


def every_byte(dtype: str = "int8") -> Array:
    """Every value of a one- or two-byte type, once, as [1, n]."""
    info = np.iinfo(dtype)
    return np.arange(info.min, info.max + 1).astype(dtype).reshape(1, -1)
