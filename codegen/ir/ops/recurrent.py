"""Recurrent layers: what they keep between steps and runs is an input, and its next value an output."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.operator import Activation, Constraint, Operator, Shape
from codegen.ir.ops.linear import MAX_BIAS
from codegen.ir.ops.sequence import (
    IDENTITY,
    LOGISTIC,
    TANH,
    GateFunction,
    Recurrent,
    constant_problem,
    sequence_input,
    state_problem,
    weight_problem,
)
from codegen.ir.tensor import DType, Quantization, Tensor

GATES = ("input", "forget", "cell", "output")
"""The gates of an LSTM, in the order of its operands."""

INPUT_WEIGHTS, RECURRENT_WEIGHTS, PEEPHOLES, BIASES = 1, 5, 9, 12
PROJECTION, PROJECTION_BIAS, HIDDEN, CELL, NORMS = 16, 17, 18, 19, 20
LSTM_INPUTS = 24
"""Positions of the operands of an LSTM; there are four per gate (PEEPHOLES: input, forget, output)."""

STATE_OF = {DType.INT8: DType.INT16, DType.INT16: DType.INT16, DType.FLOAT32: DType.FLOAT32}
"""Type of the cell state, by the type of the activations."""

BIAS_OF = {DType.INT8: DType.INT32, DType.INT16: DType.INT64, DType.FLOAT32: DType.FLOAT32}
"""Type of biases, by the type of the activations."""

PEEPHOLE_OF = {DType.INT8: DType.INT16, DType.INT16: DType.INT16, DType.FLOAT32: DType.FLOAT32}
"""Type of peephole weights and of the factors of layer normalisation, by the type of the activations."""

MIN_GATE_SCALE = 2.0**-20
"""Of what an int8 LSTM normalises: keeps factors small."""

MIN_CELL_POWER, MAX_CELL_POWER = -15, -9
"""A cell state of int16 has a scale of 2 to this power."""


def _first(problems: Sequence[str | None]) -> str | None:
    return next((p for p in problems if p), None)


def lstm_operands(op: Lstm) -> str | None:
    """There are weights and a bias for every gate; the input gate has none or all of its own (CIFG has none)."""
    if len(op.inputs) != LSTM_INPUTS:
        return f"it has {len(op.inputs)} operands, not {LSTM_INPUTS}"
    if any(t is not None and len(t.shape) != 2 for t in (*op.input_weights, *op.recurrent_weights)):
        return "weights do not have rank 2"
    own = [op.input_weights[0], op.recurrent_weights[0], op.biases[0]]
    required = [*op.input_weights[1:], *op.recurrent_weights[1:], *op.biases[1:], op.inputs[HIDDEN], op.inputs[CELL]]
    if None in required or (None in own and any(own)):
        return "weights, a bias or a state is missing"
    for what, group in (("peepholes", op.peepholes), ("layer normalisation", op.norms)):
        if None in group[int(op.coupled) :] and any(group):
            return f"only some gates have {what}"
    return None


def lstm_shapes(op: Lstm) -> str | None:
    """Weights are [cells, elements], biases [cells]; with a projection [outputs, cells] there may be fewer outputs."""
    dtype, cells, outputs = op.x.dtype, op.cells, op.outputs_per_step
    weights = op.operand(INPUT_WEIGHTS + 1).dtype
    holes = DType.INT8 if op.is_hybrid else PEEPHOLE_OF[dtype]
    if problem := weight_problem(op, op.matrices):
        return problem
    if op.projection is None and outputs != cells:
        return f"{outputs} outputs of {cells} cells take a projection"
    expected = [
        *((t, (cells, op.x.shape[2]), weights) for t in op.input_weights),
        *((t, (cells, outputs), weights) for t in op.recurrent_weights),
        *((t, (cells,), holes) for t in op.peepholes),
        *((t, (cells,), BIAS_OF[dtype]) for t in op.biases),
        *((t, (cells,), PEEPHOLE_OF[dtype]) for t in op.norms),
        (op.projection, (outputs, cells), weights),
        (op.projection_bias, (outputs,), BIAS_OF[dtype]),
    ]
    problems = [constant_problem(t, shape, kind) for t, shape, kind in expected if t is not None]
    states = [
        state_problem(op.hidden, dtype, op.batches * outputs),
        state_problem(op.cell, STATE_OF[dtype], op.batches * cells),
    ]
    return _first([*problems, *states])


def lstm_scales(op: Lstm) -> str | None:
    """Integers: every tensor has one scale; that of the cell state is 2^-15 to 2^-9, its zero point, the weights' and
    that of int16 are 0.
    """
    if op.x.dtype is DType.FLOAT32:
        return None
    for t in (*op.inputs, op.y):
        if t is None or t.dtype in {DType.INT32, DType.INT64}:
            continue
        if t.quant is None or t.quant.per_channel:
            return f"tensor {t.name!r} ({t.type_text}) does not have one scale and zero point"
        if (t.is_constant or t.dtype is DType.INT16) and t.quant.zero_point:
            return f"tensor {t.name!r} has a zero point other than 0"
    power = math.log2(_scale(op.cell))
    if abs(power - round(power)) > MAX_POWER_ERROR or not MIN_CELL_POWER <= round(power) <= MAX_CELL_POWER:
        return f"the cell state's scale is {_scale(op.cell):g}, not a power of two from 2^-15 to 2^-9"
    return _factors(op)


MAX_POWER_ERROR = 1e-3
"""Of the exponent, up to which a scale is a power of two (TFLite's CheckedLog2)."""

MAX_RATIO = 2.0**20
"""No product of scales is more than this many steps of what it is scaled to: keeps shifts small."""


def _factors(op: Lstm) -> str | None:
    """Scales that are far off."""
    hidden = op.hidden_quant or op.hidden.quant
    assert hidden is not None
    gate = min(op.gate_scales) if op.gate_scales and any(op.norms) else 2.0**-12
    factors = [_scale(op.x) * _scale(t) / gate for t in op.input_weights if t is not None]
    factors += [_scale(op.hidden) * _scale(t) / gate for t in op.recurrent_weights if t is not None]
    factors += [_scale(op.cell) * _scale(t) / gate for t in op.peepholes if t is not None]
    factors += [_scale(t) * 2**12 for t in op.norms if t is not None]
    if op.projection is not None:
        factors.append(_scale(op.projection) * hidden.scale / _scale(op.hidden))
    if max(factors) >= MAX_RATIO or min(gate, 1.0) < MIN_GATE_SCALE or hidden.scale <= 2.0**-29:
        return "scales of weights or states are damaged or far off"
    return None


def _scale(tensor: Tensor) -> float:
    assert tensor.quant is not None
    return tensor.quant.scale


def finite_clips(op: Lstm) -> str | None:
    """Clips are finite."""
    clips = op.cell_clip, op.projection_clip, op.gate_clip
    return None if all(map(math.isfinite, clips)) else f"clips are {', '.join(map(str, clips))}"


def lstm_int16_variants(op: Lstm) -> str | None:
    """int16: plain cells alone: no coupled gates, peepholes, layer normalisation, projection; biases below 2^46."""
    if op.x.dtype is not DType.INT16:
        return None
    if op.coupled or op.projection or any(op.peepholes) or any(op.norms):
        return "it is not a plain LSTM, which is all that int16 has"
    large = [b for b in op.biases if b is not None and (abs(b.value.astype(float)) >= MAX_BIAS).any()]
    return f"bias {large[0].name!r} has values of 2^46 and more" if large else None


def lstm_integer_variants(op: Lstm) -> str | None:
    """Integers: logistic and tanh in the gates without a clip, forward, with all outputs; with peepholes no more
    outputs than cells (TFLite reads them past their end); with layer normalisation a scale for every gate.
    """
    projected = op.projection is not None
    refused = {
        "it runs backward or gives its last output only, which is supported in float32 only": op.backward
        or op.last_only,
        "its gates have other functions or a clip, which is supported in float32 only": op.gate_clip
        or op.functions != (LOGISTIC, TANH, TANH),
        "it has layer normalisation, but no scales of its gates (the operator's intermediate tensors 0 to 3)": any(
            op.norms
        )
        and (op.gate_scales is None or not all(MIN_GATE_SCALE <= s <= 1 for s in op.gate_scales)),
        "it has peepholes and more outputs than cells: TFLite's int8 kernel reads past them": (
            op.outputs_per_step > op.cells and any(op.peepholes)
        ),
        "it has a projection, but no scale of what is projected (the operator's intermediate tensor 4)": projected
        and op.hidden_quant is None,
    }
    return next((text for text, wrong in refused.items() if wrong), None) if op.x.dtype is not DType.FLOAT32 else None


@dataclass(eq=False, kw_only=True)
class Lstm(Recurrent):
    """Long short-term memory over a sequence, in all variants of TFLite: coupled gates, peepholes, layer
    normalisation, projection.

    x [B, T, I], or [T, B, I] when `time_major`; operands as UNIDIRECTIONAL_SEQUENCE_LSTM of TFLite has them;
    outputs are y [B, T, O] (or [T, B, O]), the next hidden state and the next cell state.
    Every step: i, f, o = logistic(...), g = tanh(...) of W x + R h + b; c' = f c + i g; h' = o tanh(c').
    `functions` are those of the gates i, f and o, of the update g and of the cell state.
    float32 with int8 weights (hybrid): what a matrix is multiplied with is quantised to 8 bits, with a zero point if
    `asymmetric_inputs`.
    int16: as TFLM, weights int8, biases int64, plain cells.
    int8: gates in Q3.12, cell state int16; `hidden_quant` is that of what is projected, `gate_scales` those of the
    gates' sums before layer normalisation; with a projection not every cell has peepholes
    (codegen.reference.recurrent_parameters.peepholes).
    `cell_clip`, `projection_clip` and `gate_clip` (of what the functions of gates and update see) of 0 do not clip.
    """

    kind: ClassVar[str] = "lstm"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT16, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (sequence_input, lstm_operands, lstm_shapes)
    constraints: ClassVar[tuple[Constraint, ...]] = (
        finite_clips,
        lstm_scales,
        lstm_integer_variants,
        lstm_int16_variants,
    )

    cell_clip: float = 0.0
    projection_clip: float = 0.0
    gate_clip: float = 0.0
    functions: tuple[GateFunction, GateFunction, GateFunction] = (LOGISTIC, TANH, TANH)
    hidden_quant: Quantization | None = None
    gate_scales: tuple[float, ...] | None = None
    asymmetric_inputs: bool = False

    @property
    def input_weights(self) -> list[Tensor | None]:
        """W of each gate, [C, I]; None for the input gate when it is coupled."""
        return self.inputs[INPUT_WEIGHTS:RECURRENT_WEIGHTS]

    @property
    def recurrent_weights(self) -> list[Tensor | None]:
        """R of each gate, [C, O]."""
        return self.inputs[RECURRENT_WEIGHTS:PEEPHOLES]

    @property
    def peepholes(self) -> list[Tensor | None]:
        """Factors of the cell state in the input, forget and output gate, [C]."""
        return self.inputs[PEEPHOLES:BIASES]

    @property
    def biases(self) -> list[Tensor | None]:
        """Bias of each gate, [C]."""
        return self.inputs[BIASES:PROJECTION]

    @property
    def norms(self) -> list[Tensor | None]:
        """Factors of the layer normalisation of each gate, [C]."""
        return self.inputs[NORMS:LSTM_INPUTS]

    @property
    def projection(self) -> Tensor | None:
        """Matrix from the cells to the outputs, [O, C]."""
        return self.inputs[PROJECTION]

    @property
    def projection_bias(self) -> Tensor | None:
        """Bias of the projection, [O]."""
        return self.inputs[PROJECTION_BIAS]

    @property
    def hidden(self) -> Tensor:
        """Hidden state: the last output of the run before, B * O elements."""
        return self.operand(HIDDEN)

    @property
    def cell(self) -> Tensor:
        """Cell state, B * C elements."""
        return self.operand(CELL)

    @property
    def coupled(self) -> bool:
        """True when the input gate is one minus the forget gate (CIFG)."""
        return self.inputs[INPUT_WEIGHTS] is None

    @property
    def cells(self) -> int:
        """C."""
        return self.operand(INPUT_WEIGHTS + 1).shape[0]

    @property
    def outputs_per_step(self) -> int:
        """O."""
        return self.operand(RECURRENT_WEIGHTS + 1).shape[-1]

    def infer_shapes(self) -> list[Shape]:
        """The sequence of outputs, and the states as they were."""
        return [self.sequence_shape(self.outputs_per_step), self.hidden.shape, self.cell.shape]

    @property
    def matrices(self) -> list[Tensor | None]:
        """All that is multiplied with the input or a state, peepholes of hybrid layers included."""
        holes = self.peepholes if self.x.dtype is DType.FLOAT32 else []
        return [*self.input_weights, *self.recurrent_weights, self.projection, *holes]

    @property
    def is_hybrid(self) -> bool:
        """Whether weights are int8 beside float32 activations."""
        return self.x.dtype is DType.FLOAT32 and self.operand(INPUT_WEIGHTS + 1).dtype is DType.INT8

    def macs(self) -> int:
        """Every weight once per step and batch."""
        matrices = [*self.input_weights, *self.recurrent_weights, self.projection]
        return self.steps * self.batches * sum(t.size for t in matrices if t is not None)


def rnn_operands(op: Rnn) -> str | None:
    """Weights are [units, elements] and [units, units], the bias [units], the state [batch, units]."""
    if len(op.inputs) != RNN_INPUTS or None in op.inputs:
        return "weights, the bias or the state are missing"
    if len(op.operand(1).shape) != 2:
        return f"weights {op.operand(1).name!r} do not have rank 2"
    units, weights = op.units, op.operand(1).dtype
    if problem := weight_problem(op, [op.operand(1), op.operand(2)]):
        return problem
    expected = ((units, op.x.shape[2]), weights), ((units, units), weights), ((units,), op.x.dtype)
    problems = [constant_problem(op.operand(i), *what) for i, what in enumerate(expected, 1)]
    return _first([*problems, state_problem(op.hidden, op.x.dtype, op.batches * units)])


RNN_INPUTS, RNN_HIDDEN = 5, 4


@dataclass(eq=False, kw_only=True)
class Rnn(Recurrent):
    """Fully connected recurrent layer over a sequence: h' = f(W x + R h + b), then the fused activation.

    x [B, T, I], or [T, B, I] when `time_major`; W [U, I], R [U, U], b [U]; hidden state [B, U];
    outputs are y [B, T, U] (or [T, B, U]) and the next hidden state.  `gate_clip` limits what f sees; 0 does not.
    """

    kind: ClassVar[str] = "rnn"
    types: ClassVar[tuple[DType, ...]] = (DType.FLOAT32,)
    preconditions: ClassVar[tuple[Constraint, ...]] = (sequence_input, rnn_operands)

    function: GateFunction = IDENTITY
    gate_clip: float = 0.0
    activation: Activation = Activation.NONE
    asymmetric_inputs: bool = False

    @property
    def is_hybrid(self) -> bool:
        """Whether weights are int8."""
        return self.operand(1).dtype is DType.INT8

    @property
    def hidden(self) -> Tensor:
        """Hidden state: the last output of the run before."""
        return self.operand(RNN_HIDDEN)

    @property
    def units(self) -> int:
        """U."""
        return self.operand(1).shape[0]

    def infer_shapes(self) -> list[Shape]:
        """The sequence of outputs, and the state as it was."""
        return [self.sequence_shape(self.units), self.hidden.shape]

    def macs(self) -> int:
        """Every weight once per step and batch."""
        return self.steps * self.batches * (self.operand(1).size + self.operand(2).size)


def gru_operands(op: Gru) -> str | None:
    """Weights are [3 * units, elements] and [3 * units, units], both biases [3 * units], the state [batch, units]."""
    if len(op.inputs) != GRU_INPUTS or None in op.inputs:
        return "weights, a bias or the state are missing"
    if len(op.operand(1).shape) != 2 or op.operand(1).shape[0] % 3:
        return f"weights {op.operand(1).type_text} are not those of three gates"
    rows = 3 * op.units
    expected = (rows, op.x.shape[2]), (rows, op.units), (rows,), (rows,)
    problems = [constant_problem(op.operand(i), shape, op.x.dtype) for i, shape in enumerate(expected, 1)]
    return _first([*problems, state_problem(op.hidden, op.x.dtype, op.batches * op.units)])


GRU_INPUTS, GRU_HIDDEN = 6, 5


@dataclass(eq=False, kw_only=True)
class Gru(Recurrent):
    """Gated recurrent unit over a sequence.

    x [B, T, I], or [T, B, I] when `time_major`; W [3 U, I], R [3 U, U], bias of W and bias of R [3 U], each the update
    gate z, the reset gate r and the new state n, as ONNX orders them; hidden state [B, U]; outputs are y [B, T, U] (or
    [T, B, U]) and the next hidden state.
    Every step: z, r = logistic(W x + b + R h + d); n = tanh(W x + b + R (r h) + d), or with `reset_after` (as PyTorch
    and Keras have it) tanh(W x + b + r (R h + d)); h' = (1 - z) n + z h.
    `functions` are those of the gates and of the new state; `gate_clip` limits what they see; 0 does not.
    """

    kind: ClassVar[str] = "gru"
    types: ClassVar[tuple[DType, ...]] = (DType.FLOAT32,)
    preconditions: ClassVar[tuple[Constraint, ...]] = (sequence_input, gru_operands)

    reset_after: bool = True
    gate_clip: float = 0.0
    functions: tuple[GateFunction, GateFunction] = (LOGISTIC, TANH)

    @property
    def hidden(self) -> Tensor:
        """Hidden state: the last output of the run before."""
        return self.operand(GRU_HIDDEN)

    @property
    def units(self) -> int:
        """U."""
        return self.operand(1).shape[0] // 3

    def infer_shapes(self) -> list[Shape]:
        """The sequence of outputs, and the state as it was."""
        return [self.sequence_shape(self.units), self.hidden.shape]

    def macs(self) -> int:
        """Every weight once per step and batch."""
        return self.steps * self.batches * (self.operand(1).size + self.operand(2).size)


def svdf_shapes(op: Svdf) -> str | None:
    """Weights are [filters, elements] and [filters, memory], the state [batch, filters * memory]."""
    feature, time = op.feature_weights, op.time_weights
    if len(op.x.shape) != 2 or len(feature.shape) != 2 or len(time.shape) != 2:
        return f"input {op.x.type_text} or weights {feature.type_text}, {time.type_text} do not have rank 2"
    filters = feature.shape[0]
    if op.rank < 1 or filters % op.rank:
        return f"{filters} filters are not a multiple of the rank {op.rank}"
    integer = op.x.dtype is DType.INT8
    if problem := weight_problem(op, [feature]):
        return problem
    expected: list[tuple[Tensor | None, Shape, DType]] = [
        (feature, (filters, op.x.shape[1]), feature.dtype),
        (time, (filters, time.shape[1]), op.state.dtype),
        (op.bias, (filters // op.rank,), DType.INT32 if integer else DType.FLOAT32),
    ]
    kinds = (DType.INT8, DType.INT16) if integer else (DType.FLOAT32,)
    if op.state.dtype not in kinds:
        return f"state {op.state.name!r} is {op.state.type_text}; only {kinds[-1].value} is supported here"
    problems = [constant_problem(t, shape, kind) for t, shape, kind in expected if t is not None]
    return _first([*problems, state_problem(op.state, op.state.dtype, op.x.shape[0] * time.size)])


def svdf_input(op: Svdf) -> str | None:
    """The input is int8 or float32; the output has the same type."""
    if op.x.dtype not in op.types:
        return f"input {op.x.name!r} is {op.x.type_text}; only int8 or float32 is supported here"
    if len(op.inputs) != SVDF_INPUTS or any(op.inputs[i] is None for i in (1, 2, STATE)):
        return "weights or the state are missing"
    return None


def svdf_scales(op: Svdf) -> str | None:
    """int8: every tensor has one scale; weights have zero point 0."""
    if op.x.dtype is not DType.INT8:
        return None
    if op.y.dtype is not DType.INT8:
        return f"output {op.y.name!r} is {op.y.type_text}, not int8"
    for t in (op.x, op.feature_weights, op.time_weights, op.state, op.y):
        if t.quant is None or t.quant.per_channel:
            return f"tensor {t.name!r} ({t.type_text}) does not have one scale and zero point"
        if t.is_constant and t.quant.zero_point:
            return f"weights {t.name!r} have a zero point other than 0"
    state = _scale(op.state)
    factors = _scale(op.x) * _scale(op.feature_weights) / state, state * _scale(op.time_weights) / _scale(op.y)
    return "scales are damaged or far off" if max(factors) >= MAX_RATIO else None


SVDF_INPUTS, STATE = 5, 4


@dataclass(eq=False, kw_only=True)
class Svdf(Operator):
    """Singular value decomposition filter: a matrix product whose last results are kept and filtered over time.

    x [B, I]; feature weights [F, I]; time weights [F, M]; bias [F / rank] or None; state [B, F * M], of which the
    last M products per filter; outputs are y [B, F / rank] and the next state.
    """

    kind: ClassVar[str] = "svdf"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (svdf_input, svdf_shapes)
    constraints: ClassVar[tuple[Constraint, ...]] = (svdf_scales,)

    rank: int
    activation: Activation = Activation.NONE
    asymmetric_inputs: bool = False

    @property
    def is_hybrid(self) -> bool:
        """Whether feature weights are int8 beside float32 activations."""
        return self.x.dtype is DType.FLOAT32 and self.feature_weights.dtype is DType.INT8

    @property
    def feature_weights(self) -> Tensor:
        """[F, I]."""
        return self.operand(1)

    @property
    def time_weights(self) -> Tensor:
        """[F, M]."""
        return self.operand(2)

    @property
    def bias(self) -> Tensor | None:
        """[F / rank]."""
        return self.inputs[3]

    @property
    def state(self) -> Tensor:
        """The last M products of each filter."""
        return self.operand(STATE)

    @property
    def units(self) -> int:
        """Outputs per batch."""
        return self.feature_weights.shape[0] // self.rank

    def infer_shapes(self) -> list[Shape]:
        """[B, units], and the state as it was."""
        return [(self.x.shape[0], self.units), self.state.shape]

    def macs(self) -> int:
        """Every weight once per batch."""
        return self.x.shape[0] * (self.feature_weights.size + self.time_weights.size)
