"""LSTM, RNN and SVDF against TFLite's reference kernels, over several runs: what is kept between them counts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.frontends import load_model
from codegen.ir import Activation, Array, DType, Graph, Operator, Tensor
from codegen.ir.ops.recurrent import Lstm, Rnn
from codegen.reference import Session
from tests.support.litert import run_reference_steps
from tests.support.recurrent_operators import lstms, rnns, svdfs
from tests.support.tflite_writer import ModelWriter

RUNS = 3
FLOAT_BOUND = 1e-5
"""Of the largest value: TFLite adds in float32, codegen.reference in double."""


def write_tensor(writer: ModelWriter, tensor: Tensor, *, state: bool) -> int:
    """The index of a tensor."""
    args: dict[str, Any] = {}
    if tensor.quant:
        args = {"scale": tensor.quant.scale, "zero_point": tensor.quant.zero_point}
    elif tensor.dtype is DType.INT32:
        args = {"scale": 1.0}
    return writer.tensor(tensor.name, tensor.shape, tensor.dtype.value, data=tensor.data, is_variable=state, **args)


def model_of(op: Operator, name: str, **options: Any) -> bytes:
    """A file of one operator, whose states are the activations behind the first."""
    writer = ModelWriter()
    states = op.activations[1:]
    inputs = [-1 if t is None else write_tensor(writer, t, state=t in states) for t in op.inputs]
    output = write_tensor(writer, op.y, state=False)
    writer.operator(name, inputs, [output], intermediates=intermediates(writer, op), **options)
    return writer.build(inputs[:1], [output])


def intermediates(writer: ModelWriter, op: Operator) -> list[int]:
    """The tensors that say how an int8 LSTM quantises inside."""
    if not isinstance(op, Lstm) or op.x.dtype is not DType.INT8:
        return []
    gates = [writer.tensor(f"gate{i}", (1,), "int16", 2.0**-12) for i in range(4)]
    hidden = op.hidden_quant or op.hidden.quant
    assert hidden is not None
    return [*gates, writer.tensor("projected", (1,), "int8", hidden.scale, hidden.zero_point)]


def lstm_model(op: Lstm) -> bytes:
    """A file of one UNIDIRECTIONAL_SEQUENCE_LSTM."""
    return model_of(
        op,
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        fused_activation_function="TANH",
        cell_clip=op.cell_clip,
        proj_clip=op.projection_clip,
        time_major=op.time_major,
    )


def imported(model: bytes) -> Graph:
    """The graph of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(model)
        return load_model(path)


def check(model: bytes, op: Operator, values: Array) -> None:
    """Run the model several times here and there."""
    steps = [[np.roll(values, run)] for run in range(RUNS)]
    session = Session(imported(model))
    for inputs, theirs in zip(steps, run_reference_steps(model, steps), strict=True):
        for mine, wanted in zip(session.step(inputs), theirs, strict=True):
            if op.x.dtype is DType.FLOAT32:
                bound = FLOAT_BOUND * max(1.0, float(np.abs(wanted).max()))
                np.testing.assert_allclose(mine, wanted, rtol=0, atol=bound)
            else:
                np.testing.assert_array_equal(mine, wanted, strict=True)


@pytest.mark.parametrize("dtype", [DType.INT8, DType.FLOAT32])
@given(data=st.data())
def test_lstm(data: st.DataObject, dtype: DType) -> None:
    op, values = data.draw(lstms(dtype))
    check(lstm_model(op), op, values[0])


@given(case=rnns())
def test_rnn(case: tuple[Rnn, list[Array]]) -> None:
    op, values = case
    function = "TANH" if op.tanh else op.activation.name
    model = model_of(op, "UNIDIRECTIONAL_SEQUENCE_RNN", fused_activation_function=function, time_major=op.time_major)
    check(model, op, values[0])


@pytest.mark.parametrize("state", [DType.INT16, DType.FLOAT32])
@given(data=st.data())
def test_svdf(data: st.DataObject, state: DType) -> None:
    op, values = data.draw(svdfs(DType.FLOAT32 if state is DType.FLOAT32 else DType.INT8, state))
    activation = "RELU" if op.activation is Activation.NONE and state is DType.INT16 else op.activation.name
    check(model_of(op, "SVDF", rank=op.rank, fused_activation_function=activation), op, values[0])
