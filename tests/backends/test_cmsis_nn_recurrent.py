"""Recurrent layers by CMSIS-NN: against the double, and against the library itself where it is given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.cmsis_nn import CmsisNn
from codegen.ir import DType, Quantization
from codegen.ir.ops.recurrent import RECURRENT_WEIGHTS, STATE
from codegen.reference import recurrent as reference
from tests.conftest import FULL
from tests.support.cmsis_nn import CMSIS_NN_DIR, LIBRARIES
from tests.support.kernel_harness import check_candidate
from tests.support.recurrent_operators import Case, lstms, svdfs

CORES = (
    Core("cortex-m0plus"),
    Core("cortex-m4", frozenset({"dsp"})),
    Core("cortex-m55", frozenset({"dsp", "mve"})),
)
"""The adapters of all of them run on the PC."""


def with_own_state(case: Case) -> Case:
    """An SVDF whose state is what it computed itself: the library's sums are proved for such ones."""
    op, (x, state) = case
    rng, state = np.random.default_rng(7), np.zeros_like(state)
    for _ in range(op.time_weights.shape[1]):
        earlier = rng.integers(-128, 127, x.shape, np.int8, endpoint=True)
        state = reference.svdf(op, [earlier, *op.inputs[1:STATE], state])[1]
    return op, [x, state]


FAMILIES = {
    "lstm_s8": (lstms(DType.INT8, plain=True), CORES),
    "lstm_s16": (lstms(DType.INT16), CORES[:1]),
    "svdf_s8": (svdfs(DType.INT8, DType.INT8).filter(lambda case: not case[0].state.quant.zero_point), CORES[:1]),
    "svdf_s16": (svdfs(DType.INT8, DType.INT16), CORES[:1]),
}


@pytest.mark.parametrize("library_name", LIBRARIES)
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=400 if FULL else 25, deadline=None)
@given(data=st.data())
def test_random_layers(library_name: str, family: str, data: st.DataObject) -> None:
    cases, cores = FAMILIES[family]
    op, inputs = data.draw(cases)
    if family.startswith("svdf"):
        op, inputs = with_own_state((op, inputs))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CMSIS_NN_DIR, str(LIBRARIES[library_name]))
        for core in cores:
            for candidate in CmsisNn().candidates(op, core):
                check_candidate(candidate, inputs)


@settings(max_examples=20, deadline=None)
@given(lstms(DType.INT8, plain=True))
def test_every_plain_lstm_is_taken(case: Case) -> None:
    for core in CORES:
        assert CmsisNn().declines(case[0], core) == ""


@settings(max_examples=10, deadline=None)
@given(lstms(DType.INT16))
def test_products_that_may_leave_16_bits_are_declined(case: Case) -> None:
    """The library adds them before it limits them; TFLM limits them first."""
    op, _ = case
    assert CmsisNn().declines(op, CORES[0]) == ""
    for gate in range(4):
        weights = op.operand(RECURRENT_WEIGHTS + gate)
        weights.quant, weights.data = Quantization((0.5,), (0,)), np.full(weights.shape, 127, np.int8)
    assert "16 bits" in CmsisNn().declines(op, CORES[0])
