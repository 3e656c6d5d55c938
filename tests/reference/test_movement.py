"""Operators that move elements against TFLite's reference kernels, in every element type they may carry."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import Array, Quant, arrays, quants, shapes

QUANT = Quant(0.1, -3)
TYPES = st.sampled_from(["int8", "int8", "uint8", "int16", "int32", "float32"])


def quant_of(dtype: str) -> Quant | None:
    """Quantisation of a tensor of the type."""
    return {"int8": Quant(0.1, -3), "uint8": Quant(0.1, 77), "int16": Quant(0.001, 0)}.get(dtype)


@st.composite
def values(draw: st.DrawFn, rank_low: int = 1, rank_high: int = 4, side: int = 6) -> Array:
    """A tensor of any type and shape."""
    return draw(arrays(draw(shapes(rank_low, rank_high, side)), draw(TYPES)))


def check(name: str, x: Array, *constants: object, outputs: int = 1, **options: object) -> None:
    """An operator of one tensor and int32 constants."""
    model = SingleOperator()
    dtype = x.dtype.name
    tensors = [model.input(x, quant_of(dtype)), *(model.constant(c) for c in constants)]
    model.check(name, tensors, quant_of(dtype), dtype, outputs=outputs, **options)


@given(values(), st.data())
def test_reshape(x: Array, data: st.DataObject) -> None:
    shape = data.draw(st.permutations([*x.shape, 1]))
    if data.draw(st.booleans()):
        shape = [*shape[:1], -1, *shape[2:]]
    check("RESHAPE", x, shape)


@given(values(), st.data())
def test_squeeze(x: Array, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True))
    shape = list(x.shape)
    for place in sorted(places):
        shape.insert(place, 1)
    axes = data.draw(st.sampled_from([[], [shape.index(1)], [shape.index(1) - len(shape)]]))
    check("SQUEEZE", x.reshape(shape), squeeze_dims=axes)


@given(values(rank_high=3), st.data())
def test_expand_dims(x: Array, data: st.DataObject) -> None:
    check("EXPAND_DIMS", x, data.draw(st.integers(-x.ndim - 1, x.ndim)))


@given(values(), st.data())
def test_transpose(x: Array, data: st.DataObject) -> None:
    check("TRANSPOSE", x, data.draw(st.permutations(range(x.ndim))))


@given(values(side=4), st.data())
def test_pad(x: Array, data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(0, 3), min_size=2 * x.ndim, max_size=2 * x.ndim))
    pads = [counts[i : i + 2] for i in range(0, len(counts), 2)]
    check("PAD", x, pads)


@given(st.data())
def test_padv2(data: st.DataObject) -> None:
    x = data.draw(arrays(data.draw(shapes(1, 4, 4)), "int8"))
    counts = data.draw(st.lists(st.integers(0, 3), min_size=2 * x.ndim, max_size=2 * x.ndim))
    model = SingleOperator()
    pads = model.constant([counts[i : i + 2] for i in range(0, len(counts), 2)])
    fill = model.constant(data.draw(arrays((1,), "int8")), QUANT)
    model.check("PADV2", [model.input(x, QUANT), pads, fill], QUANT)


@given(values(), st.data())
def test_concatenation(x: Array, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    dtype, model = x.dtype.name, SingleOperator()
    tensors = []
    for length in data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)):
        shape = list(x.shape)
        shape[axis] = length
        tensors.append(model.input(data.draw(arrays(shape, dtype)), quant_of(dtype)))
    model.check("CONCATENATION", tensors, quant_of(dtype), dtype, axis=axis)


@given(values(rank_high=3), st.data())
def test_pack(x: Array, data: st.DataObject) -> None:
    dtype, model = x.dtype.name, SingleOperator()
    count = data.draw(st.integers(1, 4))
    tensors = [model.input(data.draw(arrays(x.shape, dtype)), quant_of(dtype)) for _ in range(count)]
    axis = data.draw(st.integers(-x.ndim - 1, x.ndim))
    model.check("PACK", tensors, quant_of(dtype), dtype, axis=axis, values_count=count)


@given(values(rank_low=2), st.data())
def test_unpack(x: Array, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    check("UNPACK", x, outputs=x.shape[axis], axis=axis, num=x.shape[axis])


@given(values(), st.data())
def test_split(x: Array, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    count = data.draw(st.sampled_from([n for n in range(1, 7) if x.shape[axis] % n == 0]))
    model, dtype = SingleOperator(), x.dtype.name
    tensors = [model.constant(axis), model.input(x, quant_of(dtype))]
    model.check("SPLIT", tensors, quant_of(dtype), dtype, outputs=count, num_splits=count)


@given(st.data())
def test_split_v(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    shape = list(data.draw(shapes(1, 4, 4)))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    shape[axis] = sum(sizes)
    if data.draw(st.booleans()):
        sizes[data.draw(st.integers(0, len(sizes) - 1))] = -1
    x = data.draw(arrays(shape, data.draw(TYPES)))
    check("SPLIT_V", x, sizes, axis, outputs=len(sizes), num_splits=len(sizes))


@given(values(), st.data())
def test_slice(x: Array, data: st.DataObject) -> None:
    begin = [data.draw(st.integers(0, d - 1)) for d in x.shape]
    size = [data.draw(st.sampled_from([-1, *range(1, d - b + 1)])) for d, b in zip(x.shape, begin, strict=True)]
    shape = [d - b if s == -1 else s for d, b, s in zip(x.shape, begin, size, strict=True)]
    check("SLICE", x, begin, size, shape=shape)


@given(values(), st.data())
def test_strided_slice(x: Array, data: st.DataObject) -> None:
    """Bounds inside and outside, from either end, steps of both signs, every mask."""
    rank = x.ndim
    bounds = st.lists(st.integers(-9, 9), min_size=rank, max_size=rank)
    begin, end = data.draw(bounds), data.draw(bounds)
    strides = data.draw(st.lists(st.sampled_from([1, 1, 2, 3, -1, -2]), min_size=rank, max_size=rank))
    begin_mask, end_mask = (data.draw(st.integers(0, 2**rank - 1)) for _ in range(2))
    kept = [
        range(d)[slice(None if begin_mask >> i & 1 else b, None if end_mask >> i & 1 else e, s)]
        for i, (d, b, e, s) in enumerate(zip(x.shape, begin, end, strides, strict=True))
    ]
    assume(math.prod(map(len, kept)) > 0)
    check("STRIDED_SLICE", x, begin, end, strides, begin_mask=begin_mask, end_mask=end_mask)


@given(values(rank_low=2), st.data())
def test_strided_slice_drops_axes(x: Array, data: st.DataObject) -> None:
    mask = data.draw(st.integers(1, 2**x.ndim - 2))
    begin = [data.draw(st.integers(-d, d - 1)) if mask >> i & 1 else 0 for i, d in enumerate(x.shape)]
    end = [b + 1 if mask >> i & 1 else d for i, (b, d) in enumerate(zip(begin, x.shape, strict=True))]
    check("STRIDED_SLICE", x, begin, end, [1] * x.ndim, shrink_axis_mask=mask)


@pytest.mark.parametrize("axis", [0, 1])
def test_one_tensor_twice(axis: int) -> None:
    model = SingleOperator()
    x = model.input(np.arange(-3, 3, dtype=np.int8).reshape(2, 3), QUANT)
    model.check("CONCATENATION", [x, x], QUANT, axis=axis)


OTHER_QUANTS: dict[str, Any] = {
    "BROADCAST_TO": ([[3, 2, 4, 4]], {}),
    "DEPTH_TO_SPACE": ([], {"block_size": 2}),
    "GATHER": ([[1, 0]], {"axis": 1}),
    "GATHER_ND": ([[0, 1]], {}),
    "MAX_POOL_2D": ([], {"filter_height": 2, "filter_width": 2, "stride_h": 1, "stride_w": 1, "padding": "SAME"}),
    "AVERAGE_POOL_2D": ([], {"filter_height": 2, "filter_width": 2, "stride_h": 1, "stride_w": 1, "padding": "SAME"}),
    "PAD": ([[[0, 0], [1, 0], [0, 2], [0, 0]]], {}),
    "RESHAPE": ([[4, -1]], {}),
    "RESIZE_BILINEAR": ([[3, 5]], {"align_corners": False, "half_pixel_centers": False}),
    "RESIZE_NEAREST_NEIGHBOR": ([[3, 5]], {"align_corners": False, "half_pixel_centers": False}),
    "REVERSE_V2": ([[1]], {}),
    "SPACE_TO_DEPTH": ([], {"block_size": 2}),
    "SQUEEZE": ([], {"squeeze_dims": []}),
    "STRIDED_SLICE": ([[0, 0, 0, 0], [1, 2, 4, 4], [1, 1, 2, 1]], {}),
    "TILE": ([[1, 2, 1, 1]], {}),
    "TRANSPOSE": ([[0, 2, 1, 3]], {}),
}
"""Operators that TFLite lets write an output of another scale and zero point: constants, as int32, and options."""


@pytest.mark.parametrize("name", OTHER_QUANTS)
@given(data=st.data())
def test_stored_numbers_move(name: str, data: st.DataObject) -> None:
    """The output has another scale and zero point than the input: it gets the same numbers."""
    dtype = data.draw(st.sampled_from(["int8", "uint8", "int16"]))
    if dtype == "int16" and name in {"SPACE_TO_DEPTH", "DEPTH_TO_SPACE"}:
        dtype = "int8"  # TFLite has these without int16
    x = data.draw(arrays((1, 2, 4, 4), dtype))
    constants, options = OTHER_QUANTS[name]
    model = SingleOperator()
    tensors = [model.input(x, data.draw(quants(dtype=dtype))), *(model.constant(c) for c in constants)]
    model.check(name, tensors, data.draw(quants(dtype=dtype)), dtype, **options)


@pytest.mark.parametrize("name", ["MAXIMUM", "MINIMUM", "SELECT_V2", "DYNAMIC_UPDATE_SLICE"])
@given(data=st.data())
def test_stored_numbers_of_two_meet(name: str, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from(["int8", "uint8", "int16"]) if name != "SELECT_V2" else st.just("int8"))
    model = SingleOperator()
    pair = [model.input(data.draw(arrays((3, 5), dtype)), data.draw(quants(dtype=dtype))) for _ in range(2)]
    if name == "SELECT_V2":
        pair.insert(0, model.input(data.draw(arrays((3, 5))) > 0))
    elif name == "DYNAMIC_UPDATE_SLICE":
        pair.append(model.constant([0, 0]))
    model.check(name, pair, data.draw(quants(dtype=dtype)), dtype)


@given(data=st.data())
def test_concatenation_of_stored_numbers(data: st.DataObject) -> None:
    model = SingleOperator()
    pair = [model.input(data.draw(arrays((3, 5), "int16")), data.draw(quants(dtype="int16"))) for _ in range(2)]
    model.check("CONCATENATION", pair, data.draw(quants(dtype="int16")), "int16", axis=1)
