"""LSTM, RNN and SVDF against TFLite's reference kernels, over several runs: what is kept between them counts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codegen.frontends import load_model
from codegen.ir import Activation, Array, DType, Graph, Operator, Quantization, Tensor
from codegen.ir.ops.recurrent import BIASES, CELL, HIDDEN, INPUT_WEIGHTS, RECURRENT_WEIGHTS, Lstm
from codegen.ir.ops.sequence import TANH
from codegen.reference import Session, evaluate
from tests.support.litert import run_reference_steps
from tests.support.recurrent_operators import BORDER, distances_to_borders, lstms, rnns, svdfs
from tests.support.tflite_writer import ModelWriter

RUNS = 3
FLOAT_BOUND = 1e-5
"""Of the largest value: TFLite adds in float32, codegen.reference in double."""


def write_tensor(writer: ModelWriter, tensor: Tensor, *, state: bool) -> int:
    """The index of a tensor."""
    args: dict[str, Any] = {}
    if tensor.quant:
        args = {"scale": tensor.quant.scale, "zero_point": tensor.quant.zero_point}
    elif tensor.dtype in {DType.INT32, DType.INT64}:
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
    scales = op.gate_scales or (2.0**-12,) * 4
    gates = [writer.tensor(f"gate{i}", (1,), "int16", scale) for i, scale in enumerate(scales)]
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
        asymmetric_quantize_inputs=op.asymmetric_inputs,
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
    with distances_to_borders() as distances:
        ours = [session.step(inputs) for inputs in steps]
    assume(min(distances, default=1.0) > BORDER)
    if isinstance(op, Lstm) and any(op.norms) and op.x.dtype is DType.FLOAT32:
        assume(well_conditioned(session, steps, ours))
    for results, theirs in zip(ours, run_reference_steps(model, steps), strict=True):
        for mine, wanted in zip(results, theirs, strict=True):
            if op.x.dtype is DType.FLOAT32:
                bound = FLOAT_BOUND * max(1.0, float(np.abs(wanted).max()))
                np.testing.assert_allclose(mine, wanted, rtol=0, atol=bound)
            else:
                np.testing.assert_array_equal(mine, wanted, strict=True)


def well_conditioned(session: Session, steps: list[list[Array]], ours: list[list[Array]]) -> bool:
    """Whether a rounding of the input moves no output far: cells that are nearly alike are normalised to noise."""
    session.reset()
    moved = [session.step([x * np.float32(1 + 1e-6) for x in inputs]) for inputs in steps]
    pairs = (pair for before, after in zip(ours, moved, strict=True) for pair in zip(before, after, strict=True))
    return all(np.abs(a - b).max() < FLOAT_BOUND / 4 for a, b in pairs)


@pytest.mark.parametrize("kind", ["int8", "float32", "hybrid"])
@given(data=st.data())
def test_lstm(data: st.DataObject, kind: str) -> None:
    dtype = DType.INT8 if kind == "int8" else DType.FLOAT32
    op, values = data.draw(lstms(dtype, tflite=True, hybrid=kind == "hybrid"))
    check(lstm_model(op), op, values[0])


def real(tensor: Tensor, values: Array | None = None) -> Array:
    """The real values of a quantised tensor, biases in steps of 1 left out."""
    scale = tensor.quant.scale if tensor.quant else 1.0
    return np.asarray((tensor.value if values is None else values) * scale)


@given(case=lstms(DType.INT16))
def test_lstm_of_int16_is_near_that_of_floats(case: tuple[Lstm, list[Array]]) -> None:
    """TFLite has none; of TFLM's, one step is here computed in real numbers."""
    op, (x, hidden, cell) = case
    graph = imported(lstm_model(op))
    (layer,) = (each for each in graph.operators if isinstance(each, Lstm))
    hidden, cell = hidden // 2, cell // 4
    given = {0: x, HIDDEN: hidden, CELL: cell}
    operands = [given.get(i, None if t is None else t.data) for i, t in enumerate(layer.inputs)]
    y, following, cells = evaluate(layer, operands)
    assert y.dtype == following.dtype == cells.dtype == np.int16
    first = (x if op.time_major else np.swapaxes(x, 0, 1))[0]
    xs, hs, cs = real(op.x, first), real(op.hidden, hidden), real(op.cell, cell)
    gates = []
    for g in range(4):
        w, r, b = (op.operand(start + g) for start in (INPUT_WEIGHTS, RECURRENT_WEIGHTS, BIASES))
        bias = b.value * (op.x.quant.scale if op.x.quant else 1.0) * (w.quant.scale if w.quant else 1.0)
        gates.append(np.clip(xs @ real(w).T + bias, -8, 8) + hs @ real(r).T)
    i, f, o = (1 / (1 + np.exp(-np.clip(gates[g], -8, 8))) for g in (0, 1, 3))
    wanted = o * np.tanh(np.clip(f * cs + i * np.tanh(gates[2]), *clipped(op)))
    mine = (y if op.time_major else np.swapaxes(y, 0, 1))[0]
    limit = 2**15 * real(op.hidden, np.ones(1))[0]
    np.testing.assert_allclose(real(op.hidden, mine), np.clip(wanted, -limit, limit), rtol=0, atol=0.01)


def clipped(op: Lstm) -> tuple[float, float]:
    """Limits of the cell state."""
    largest = 2**15 * (op.cell.quant.scale if op.cell.quant else 1.0)
    limit = min(op.cell_clip or largest, largest)
    return -limit, limit


@pytest.mark.parametrize("hybrid", [False, True], ids=["float32", "hybrid"])
@given(data=st.data())
def test_rnn(data: st.DataObject, hybrid: bool) -> None:
    op, values = data.draw(rnns(tflite=True, hybrid=hybrid))
    function = "TANH" if op.function == TANH else op.activation.name
    options = {"time_major": op.time_major, "asymmetric_quantize_inputs": op.asymmetric_inputs}
    check(model_of(op, "UNIDIRECTIONAL_SEQUENCE_RNN", fused_activation_function=function, **options), op, values[0])


@pytest.mark.parametrize("kind", ["int8", "float32", "hybrid"])
@given(data=st.data())
def test_svdf(data: st.DataObject, kind: str) -> None:
    integer, hybrid = kind == "int8", kind == "hybrid"
    dtype, state = (DType.INT8, DType.INT16) if integer else (DType.FLOAT32, DType.FLOAT32)
    op, values = data.draw(svdfs(dtype, state, hybrid=hybrid))
    activation = "RELU" if op.activation is Activation.NONE and integer else op.activation.name
    if hybrid:  # in the file the time weights are int8, too
        time = op.time_weights
        scale = float(np.abs(time.value).max()) / 127 or 1.0
        steps = np.round(time.value / scale).astype(np.int8)
        op.inputs[2] = Tensor("time", time.shape, DType.INT8, Quantization((float(np.float32(scale)),), (0,)), steps)
    options = {"rank": op.rank, "asymmetric_quantize_inputs": op.asymmetric_inputs}
    check(model_of(op, "SVDF", fused_activation_function=activation, **options), op, values[0])


@st.composite
def bidirectional_models(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, ...]]]:
    """A BIDIRECTIONAL_SEQUENCE_LSTM, float32, and the shapes of its inputs."""
    writer = ModelWriter()
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    batches, steps, depth, extra = (draw(st.integers(1, most)) for most in (3, 4, 6, 5))
    cells = [draw(st.integers(1, 7))] * 2
    time_major, merged = draw(st.booleans()), draw(st.booleans())
    time_major |= merged and batches > 1  # TFLite leaves parts of such an output unwritten when batches come first
    aux = draw(st.sampled_from(["none", "beside", "stacked"]))
    extra = depth if aux == "stacked" else extra

    def constant(*shape: int) -> int:
        return writer.tensor("c", shape, "float32", data=rng.normal(0, 0.4, shape).astype(np.float32))

    def sequence(size: int) -> tuple[int, ...]:
        return (steps, batches, size) if time_major else (batches, steps, size)

    def direction(count: int, size: int) -> list[int]:
        weights = [constant(count, size) for _ in range(4)] + [constant(count, count) for _ in range(4)]
        return [*weights, -1, -1, -1, *(constant(count) for _ in range(4)), -1, -1]

    shapes = [sequence(depth)] + ([sequence(extra)] if aux != "none" else [])
    inputs = [writer.tensor(f"x{i}", shape, "float32") for i, shape in enumerate(shapes)]
    states = [writer.tensor("s", (batches, count), "float32", is_variable=True) for count in cells for _ in range(2)]
    ways = [*direction(cells[0], depth), *direction(cells[1], depth)]
    beside = [constant(count, extra) for count in cells for _ in range(4)] if aux == "beside" else [-1] * 8
    widths = [sum(cells)] if merged else cells
    outputs = [writer.tensor(f"y{i}", sequence(width), "float32") for i, width in enumerate(widths)]
    operands = [inputs[0], *ways, *states, inputs[1] if aux != "none" else -1, *beside]
    options: dict[str, Any] = {"time_major": time_major, "merge_outputs": merged, "fused_activation_function": "TANH"}
    writer.operator("BIDIRECTIONAL_SEQUENCE_LSTM", operands, outputs, cell_clip=0.0, proj_clip=0.0, **options)
    return writer.build(inputs, outputs), shapes


@given(case=bidirectional_models(), seed=st.integers(0, 2**32 - 1))
def test_bidirectional_lstm(case: tuple[bytes, list[tuple[int, ...]]], seed: int) -> None:
    model, shapes = case
    rng = np.random.default_rng(seed)
    steps = [[rng.normal(0, 1, shape).astype(np.float32) for shape in shapes] for _ in range(RUNS)]
    session = Session(imported(model))
    for inputs, theirs in zip(steps, run_reference_steps(model, steps), strict=True):
        for mine, wanted in zip(session.step(inputs), theirs, strict=True):
            np.testing.assert_allclose(mine, wanted, rtol=0, atol=FLOAT_BOUND)
