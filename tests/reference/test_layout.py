"""Operators that move elements by the front-end's rewriting, against TFLite's reference kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.oracle import SingleOperator
from tests.reference.strategies import Array, Quant, arrays, shapes

TYPES = st.sampled_from(["int8", "float32", "int32"])


def check(name: str, x: Array, *constants: Any, **options: Any) -> None:
    quant = Quant(0.1, 3) if x.dtype == np.int8 else None
    model = SingleOperator()
    tensors = [model.input(x, quant), *(model.constant(np.array(c, np.int32)) for c in constants)]
    model.check(name, tensors, quant, x.dtype.name, **options)


def draw_array(data: st.DataObject, shape: tuple[int, ...]) -> Array:
    x: Array = data.draw(arrays(shape, data.draw(TYPES)))
    return x


@given(st.data(), st.tuples(*[st.integers(1, 3)] * 4), st.integers(1, 3))
def test_depth_to_space(data: st.DataObject, shape: tuple[int, ...], block: int) -> None:
    n, h, w, c = shape
    check("DEPTH_TO_SPACE", draw_array(data, (n, h, w, c * block * block)), block_size=block)


@given(st.data(), st.tuples(*[st.integers(1, 3)] * 4), st.integers(1, 3))
def test_space_to_depth(data: st.DataObject, shape: tuple[int, ...], block: int) -> None:
    n, h, w, c = shape
    check("SPACE_TO_DEPTH", draw_array(data, (n, h * block, w * block, c)), block_size=block)


@given(st.data(), st.integers(1, 2))
def test_batch_to_space(data: st.DataObject, rank: int) -> None:
    blocks = data.draw(st.lists(st.integers(1, 3), min_size=rank, max_size=rank))
    space = data.draw(st.lists(st.integers(2, 4), min_size=rank, max_size=rank))
    crops = [[data.draw(st.integers(0, 1)), 0] for _ in range(rank)]
    shape = (data.draw(st.integers(1, 2)) * int(np.prod(blocks)), *space, 3)
    check("BATCH_TO_SPACE_ND", draw_array(data, shape), blocks, crops)


@given(st.data(), st.integers(1, 2))
def test_space_to_batch(data: st.DataObject, rank: int) -> None:
    blocks = data.draw(st.lists(st.integers(1, 3), min_size=rank, max_size=rank))
    cut = data.draw(st.lists(st.integers(1, 3), min_size=rank, max_size=rank))
    sizes = [data.draw(st.integers(0, min(2, b * c - 1))) for b, c in zip(blocks, cut, strict=True)]
    pads = [[p, 0] if data.draw(st.booleans()) else [0, p] for p in sizes]
    space = [b * c - sum(p) for b, c, p in zip(blocks, cut, pads, strict=True)]
    check("SPACE_TO_BATCH_ND", draw_array(data, (2, *space, 3)), blocks, pads)


@given(st.data())
def test_tile(data: st.DataObject) -> None:
    x = draw_array(data, data.draw(shapes(1, 4, 3)))
    check("TILE", x, data.draw(st.lists(st.integers(1, 3), min_size=x.ndim, max_size=x.ndim)))


@given(st.data())
def test_broadcast_to(data: st.DataObject) -> None:
    full = data.draw(shapes(1, 5, 3))
    part = tuple(d if data.draw(st.booleans()) else 1 for d in full)[data.draw(st.integers(0, len(full) - 1)) :]
    check("BROADCAST_TO", draw_array(data, part), full)


@given(st.data())
def test_reverse(data: st.DataObject) -> None:
    x = draw_array(data, data.draw(shapes(1, 4)))
    check("REVERSE_V2", x, [data.draw(st.integers(-x.ndim, x.ndim - 1))])


@pytest.mark.parametrize("mode", ["REFLECT", "SYMMETRIC"])
@given(data=st.data())
def test_mirror_pad(mode: str, data: st.DataObject) -> None:
    x = draw_array(data, data.draw(shapes(1, 4, 4)))
    most = [d - (mode == "REFLECT") for d in x.shape]
    pads = [[data.draw(st.integers(0, min(m, 3))), data.draw(st.integers(0, min(m, 3)))] for m in most]
    check("MIRROR_PAD", x, pads, mode=mode)


@given(st.data())
def test_fill(data: st.DataObject) -> None:
    x = draw_array(data, ())
    model = SingleOperator()
    quant = Quant(0.1, 3) if x.dtype == np.int8 else None
    tensors = [model.constant(data.draw(shapes(1, 4))), model.input(x, quant)]
    model.check("FILL", [model.constant(np.array(data.draw(shapes(1, 4)), np.int32)), tensors[1]], quant, x.dtype.name)


def test_known_results() -> None:
    for name, dtype in (("ZEROS_LIKE", "float32"), ("RANK", "int32")):
        model = SingleOperator()
        model.check(name, [model.input(np.ones((2, 3), np.float32))], None, dtype)
    model = SingleOperator()
    start, limit, delta = (model.constant(np.array(v, np.int32)) for v in (3, 11, 3))
    model.check("RANGE", [start, limit, delta], None, "int32")
    model = SingleOperator()
    a, b = (model.constant(np.array(v, np.int32)) for v in ([2, 1], [1, 1, 5]))
    model.check("BROADCAST_ARGS", [a, b], None, "int32")
