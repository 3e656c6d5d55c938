"""Kernels of int16 operators without weights, and of what passes make of uint8, against codegen.reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.portable import Portable
from codegen.ir import Array, DType, Operator, Quantization, Tensor, ops
from tests.support.kernel_harness import check_candidate
from tests.support.plain_operators import FAMILIES, Case, values

CORE = Core("cortex-m0plus")
FIXED = (ops.Logistic, ops.Tanh, ops.Softmax)
SAME = ["add", "sub", "mul", "maximum", "minimum", "average_pool_2d", "max_pool_2d", "mean", "softmax", "sigmoid"]
KINDS = [*SAME, "unary", "resize_bilinear"]


def widened(tensor: Tensor, scale: float | None = None) -> Tensor:
    """The tensor as int16, constants with random values of the whole range."""
    own = tensor.quant.scale / 256 if tensor.quant else 1.0
    quant = Quantization((float(np.float32(scale or own)),), (0,))
    data = None
    if tensor.data is not None:
        rng = np.random.default_rng(tensor.size)
        data = rng.integers(-(2**15), 2**15, tensor.shape, np.int64).astype(np.int16)
    return Tensor(tensor.name, tensor.shape, DType.INT16, quant, data)


def int16_case(draw: st.DrawFn, family: str) -> Case:
    """A case of an int8 family, on int16."""
    op, _ = draw(FAMILIES[family])
    assume(not isinstance(op, ops.ReluN1To1 | ops.HardSwish) and op.y.dtype is DType.INT8)
    twins = {t: widened(t) for t in op.inputs if t is not None}
    op.inputs = [None if t is None else twins[t] for t in op.inputs]
    op.outputs = [widened(t, 1 / 32768 if isinstance(op, FIXED) else None) for t in op.outputs]
    if isinstance(op, ops.Add | ops.Sub):
        op.power_scales = draw(st.booleans())
    assume(isinstance(op, ops.Maximum | ops.Minimum) or not op.violations())
    return op, [draw(values(t)) for t in op.activations]


def check(op: Operator, arrays: list[Array]) -> None:
    candidates = Portable().candidates(op, CORE)
    assert candidates
    for candidate in candidates:
        check_candidate(candidate, arrays)


@pytest.mark.parametrize("family", KINDS)
@given(data=st.data())
def test_random_int16_operators(family: str, data: st.DataObject) -> None:
    check(*int16_case(data.draw, family))


@given(st.data())
def test_random_resizing_of_uint8(data: st.DataObject) -> None:
    op, _ = data.draw(FAMILIES["resize_bilinear"])
    op.inputs = [Tensor("x", op.x.shape, DType.UINT8, op.x.quant)]
    op.outputs = [Tensor("y", op.y.shape, DType.UINT8, op.x.quant)]
    check(op, [data.draw(values(op.x))])


@given(st.data())
def test_random_means_of_what_was_uint8(data: st.DataObject) -> None:
    op, arrays = data.draw(FAMILIES["average_pool_2d"])
    assert isinstance(op, ops.AveragePool2D)
    op.offset = 128
    check(op, arrays)


@pytest.mark.parametrize("pair", [("int32", "int16"), ("int32", "int8"), ("int16", "int32"), ("int8", "int32")])
@given(data=st.data())
def test_random_int32_requantisation(pair: tuple[str, str], data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    x, y = (
        Tensor(name, shape, DType(name), Quantization((float(np.float32(2.0 ** data.draw(st.floats(-12, 12)))),), (0,)))
        for name in pair
    )
    op = ops.Quantize(inputs=[x], outputs=[y])
    assert not op.violations()
    check(op, [data.draw(values(x))])
