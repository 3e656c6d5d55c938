"""Kernels of int16x8 layers, of weights of 9 bits and of TRANSPOSE_CONV against codegen.reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.portable import Portable
from codegen.ir import Activation, DType, Quantization, Tensor
from codegen.ir.ops import Conv2D, FullyConnected
from tests.support.kernel_harness import check_candidate
from tests.support.typed_layers import FAMILIES

TOLERANCE = 5e-6
CORES = [Core(name) for name in ("cortex-m4", "cortex-m0plus", "rv64gc")]


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=40)
@given(data=st.data())
def test_random_layers(data: st.DataObject, family: str) -> None:
    op, x = data.draw(FAMILIES[family])
    candidates = [c for core in CORES for c in Portable().candidates(op, core)]
    assert candidates
    for candidate in {c.calls[0].kernel: c for c in candidates}.values():
        check_candidate(candidate, [x], tolerance=TOLERANCE if op.y.dtype is DType.FLOAT32 else 0.0)


@pytest.mark.parametrize("kind", [Conv2D, FullyConnected])
def test_random_sums_beyond_32_bits(kind: type[Conv2D | FullyConnected]) -> None:
    """More products of the largest values than 32 bits hold."""
    depth, channels = 1300, 5
    shape = (1, 1, 2, depth) if kind is Conv2D else (2, depth)
    weights = np.full((channels, 1, 1, depth) if kind is Conv2D else (channels, depth), -127, np.int8)
    weights[1::2] = 126
    x = Tensor("x", shape, DType.INT16, Quantization((1.0,), (0,)))
    w = Tensor("w", weights.shape, DType.INT8, Quantization((1.0,), (0,)), weights)
    op = kind(inputs=[x, w, None], outputs=[x], activation=Activation.NONE)
    op.outputs = [Tensor("y", op.infer_shapes()[0], DType.INT16, Quantization((2.0**18,), (0,)))]
    values = np.full(shape, -(2**15), np.int16)
    values.reshape(-1)[depth:] = 2**15 - 1
    (candidate,) = Portable().candidates(op, CORES[0])
    check_candidate(candidate, [values])
