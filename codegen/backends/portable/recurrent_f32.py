"""Recurrent layers of float32: LSTM, RNN, GRU, with any functions in their gates, forward and backward.

Every step is one output row, so that a sequence may arrive and leave row by row; a layer that runs backward has all
of them in one row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, RowsHeld, rowwise, whole
from codegen.backends.portable import cost
from codegen.backends.portable.recurrent import by_gate, initial_state, next_state, packed_f32, peepholes
from codegen.ir import Operator, Tensor
from codegen.ir.ops.recurrent import INPUT_WEIGHTS, Gru, Lstm, Rnn
from codegen.ir.ops.sequence import GateFunction, Recurrent
from codegen.reference.float32 import float_range

GATE = 27
"""Float operations of one function of a gate."""

UNIT = 95
"""Instructions of a unit or cell in a step beside products and functions: sums begun and added up, the state mixed."""

STEP = 350
"""Of beginning a step and the products of its gates."""


def lstm(op: Lstm, core: Core) -> list[Candidate]:
    """LSTM: x, hidden and cell state to y and the next states."""
    projection, bias = op.projection, op.projection_bias
    params: Fields = (
        *_sequence(op, y_place=3),
        ("depth", op.x.shape[2]),
        ("cells", op.cells),
        ("outputs", op.outputs_per_step),
        ("gates", 3 if op.coupled else 4),
        ("weight_bytes", op.operand(INPUT_WEIGHTS + 1).dtype.bytes),
        *_weights(by_gate(op.input_weights), by_gate(op.recurrent_weights)),
        *_hybrid(op, [*_pairs(op), *([projection] if projection else [])]),
        ("biases", _rows("biases", by_gate(op.biases))),
        ("peepholes", peepholes(op)),
        ("norms", _rows("norms", by_gate(op.norms))),
        ("cell_clip", float(op.cell_clip)),
        ("projection", packed_f32([projection], "projection", "[block][C][4 outputs]") if projection else None),
        ("projection_bias", Constant("projection_bias", bias.value, "[O]") if bias else None),
        ("projection_clip", float(op.projection_clip)),
        ("gate_clip", float(op.gate_clip)),
        *_function("gate", op.functions[0]),
        *_function("update", op.functions[1]),
        *_function("squash", op.functions[2]),
    )
    if op.is_hybrid:
        scratch = 4 * 3 * op.cells + max(op.x.shape[2] + op.outputs_per_step, op.cells)
        return _offer(op, "genc_lstm_hybrid", params, scratch, _instructions(op, op.cells, 5, core))
    return _offer(op, "genc_lstm_f32", params, 4 * 3 * op.cells, _instructions(op, op.cells, 5, core))


def _pairs(op: Lstm) -> list[Tensor]:
    """Weights of the input and of the hidden state, gate by gate in the kernels' order."""
    pairs = zip(by_gate(op.input_weights), by_gate(op.recurrent_weights), strict=True)
    return [t for pair in pairs for t in pair]


def _hybrid(op: Lstm | Rnn, matrices: Sequence[Tensor]) -> Fields:
    """Scales of int8 weights, and how floats are quantised for them; NULL where weights are float32."""
    if not op.is_hybrid:
        return ("scales", None), ("asymmetric", 0)
    scales = np.array([t.quant.scale for t in matrices if t.quant], np.float32)
    return ("scales", Constant("scales", scales, "of each matrix")), ("asymmetric", int(op.asymmetric_inputs))


def rnn(op: Rnn, core: Core) -> list[Candidate]:
    """Fully connected recurrent layer."""
    low, high = float_range(op.activation)
    params: Fields = (
        *_sequence(op, y_place=2),
        ("depth", op.x.shape[2]),
        ("units", op.units),
        *_weights([op.operand(1)], [op.operand(2)]),
        *_hybrid(op, [op.operand(1), op.operand(2)]),
        ("bias", Constant("bias", op.operand(3).value, "[U]")),
        *_function("function", op.function, ""),
        ("gate_clip", float(op.gate_clip)),
        ("low", low),
        ("high", high),
    )
    kernel, extra = ("genc_rnn_hybrid", op.x.shape[2] + op.units) if op.is_hybrid else ("genc_rnn_f32", 0)
    return _offer(op, kernel, params, 4 * op.units + extra, _instructions(op, op.units, 1, core))


def gru(op: Gru, core: Core) -> list[Candidate]:
    """Gated recurrent unit; biases of W and R are one, but for what is reset after the product."""
    own, past = (op.operand(i).value.reshape(3, -1) for i in (3, 4))
    apart = own + past
    if op.reset_after:
        apart[2] = own[2]
    params: Fields = (
        *_sequence(op, y_place=2),
        ("depth", op.x.shape[2]),
        ("units", op.units),
        *_weights(*(_thirds(op.operand(i)) for i in (1, 2))),
        ("biases", Constant("biases", apart, "[gate][U]")),
        ("reset_bias", Constant("reset_bias", past[2].copy(), "[U]") if op.reset_after else None),
        ("gate_clip", float(op.gate_clip)),
        *_function("gate", op.functions[0]),
        *_function("update", op.functions[1]),
    )
    return _offer(op, "genc_gru_f32", params, 4 * 3 * op.units, _instructions(op, op.units, 3, core))


def _thirds(weights: Tensor) -> list[Tensor]:
    """The weights of each gate."""
    return [Tensor(weights.name, part.shape, weights.dtype, None, part) for part in np.split(weights.value, 3)]


def _sequence(op: Recurrent, y_place: int) -> Fields:
    """Where rows lie; y is operand `y_place`, of which all rows are kept where it has the last output only."""
    return (
        ("steps", op.steps),
        ("batches", op.batches),
        ("time_major", int(op.time_major)),
        ("backward", int(op.backward)),
        ("last_only", int(op.last_only)),
        ("x_held", op.steps * op.batches if op.backward else RowsHeld(0)),
        ("y_held", op.y.size // op.y.shape[-1] if op.backward or op.last_only else RowsHeld(y_place)),
    )


def _weights(inputs: Sequence[Tensor], recurrent: Sequence[Tensor]) -> Fields:
    return (
        ("input_weights", packed_f32(inputs, "input_weights", "[gate][block][I][4]")),
        ("recurrent_weights", packed_f32(recurrent, "recurrent_weights", "[gate][block][O][4]")),
    )


def _rows(label: str, tensors: Sequence[Tensor]) -> Constant | None:
    """[gates][C]; None when there are none."""
    return Constant(label, np.stack([t.value for t in tensors]), "[gate][C]") if tensors else None


def _function(field: str, function: GateFunction, prefix: str | None = None) -> Fields:
    """A function of gates and its numbers."""
    prefix = f"{field}_" if prefix is None else prefix
    numbers = (f"{prefix}alpha", float(function.alpha)), (f"{prefix}beta", float(function.beta))
    return (field, f"genc_gate_{function.name}"), *numbers


def _instructions(op: Recurrent, units: int, functions: int, core: Core) -> float:
    """Estimated, of a layer with so many functions of gates for each unit."""
    unit = UNIT + functions * GATE * cost.float_operation(core)
    return op.macs() * cost.float_operation(core) + op.steps * op.batches * (STEP + units * unit)


def _offer(op: Recurrent, kernel: str, params: Fields, scratch: int, instructions: float) -> list[Candidate]:
    """The one call: x and states to y and the next states, with so many bytes of scratch."""
    rows = 1 if op.backward else op.steps * op.batches
    x = whole(op.x, 1, 4) if op.backward else rowwise(op.x, rows, 4)
    inputs: list[Operand] = [x, *(initial_state(state, rows, 4) for state in op.activations[1:])]
    y, *following = op.outputs
    first = next_state(y, 4) if op.last_only and not op.backward else rowwise(y, rows, 4)
    outputs = [first, *(next_state(s, 4) for s in following)]
    streams = not op.backward and not op.last_only
    call = Call(
        kernel,
        params,
        tuple(inputs),
        tuple(outputs),
        rows,
        scratch,
        4,
        in_place=frozenset({0} if streams and op.x.bytes == y.bytes else ()),
        updates=frozenset((i, i) for i in range(1, len(inputs))),
    )
    return [Candidate(op, "portable", (call,), instructions, "one step per row" if streams else "all steps at once")]


BUILDERS: dict[type[Operator], Callable[[Any, Core], list[Candidate]]] = {Lstm: lstm, Rnn: rnn, Gru: gru}
"""Builders of recurrent operators of float32."""
