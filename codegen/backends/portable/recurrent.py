"""Recurrent layers: LSTM and SVDF.

Every step is one output row, so that a sequence may arrive and leave row by row; the next value of a
state may lie where the state lies.  Gates are packed four cells side by side; zero points are inside
the biases, and factors are final.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, RowsHeld, rowwise
from codegen.backends.portable import cost
from codegen.backends.portable.gate_table import LEAST_TANH_BITS, gate_table
from codegen.backends.portable.linear import family
from codegen.errors import GencError, Problem
from codegen.ir import Activation, Array, DType, Operator, Tensor
from codegen.ir.ops.recurrent import BIASES, INPUT_WEIGHTS, RECURRENT_WEIGHTS, Lstm, Svdf
from codegen.reference import recurrent_parameters as parameters
from codegen.reference.fixed_point import narrow_multiplier
from codegen.reference.float32 import float_range
from codegen.reference.int16 import sigmoid_table
from codegen.reference.recurrent import FORGET, INPUT, OUTPUT, UPDATE
from codegen.reference.recurrent_parameters import Factor

Int64 = npt.NDArray[np.int64]

BLOCK = 4
"""Cells that share one pass over their input."""

UNSIGNED = 128
"""Added to weights that a kernel loads as unsigned bytes."""

MAX_DEPTH = 1 << 16
"""Longer sums of products could leave int32."""

ORDER = (FORGET, UPDATE, OUTPUT, INPUT)
"""Gates as the kernels have them; the last is missing when it is coupled to the first."""

LONG_WAY = -1
"""Left shift of a factor for which the short form of requantisation is not proved."""

GATE_VALUE = {"arm": 163.0, "thumb1": 311.0, "rv32": 180.0, "rv64": 180.0, "xtensa": 241.0}
"""Instructions of one logistic or tanh of int16 with the requantisation before it, measured on TFLM's mnist_lstm."""

TABLE_VALUE = {"arm": 107.0, "thumb1": 199.0, "rv32": 117.0, "rv64": 117.0, "xtensa": 151.0}
"""The same with the function from a table."""


def blocked(rows: Array) -> Array:
    """[R, K] -> [blocks, K, 4], filled up with zeros; vectors [R] -> [blocks, 4]."""
    fill = [(0, -len(rows) % BLOCK), *((0, 0) for _ in rows.shape[1:])]
    blocks = np.pad(rows, fill).reshape(-1, BLOCK, *rows.shape[1:])
    return np.ascontiguousarray(np.moveaxis(blocks, 1, -1))


def packed(matrices: Sequence[Tensor], label: str, comment: str) -> Constant:
    """int8 matrices [R, K] as unsigned bytes [matrix][block][K][4].

    Raises:
        GencError: sums of products could leave int32.
    """
    if matrices[0].shape[1] >= MAX_DEPTH:
        raise GencError("cannot compile a layer", [Problem(label, "sums of products may overflow 32 bits")])
    blocks = np.stack([blocked(m.value.astype(np.int64)) for m in matrices])
    return Constant(label, (blocks + UNSIGNED).astype(np.uint8), f"{comment}, plus {UNSIGNED}")


def packed_f32(matrices: Sequence[Tensor], label: str, comment: str) -> Constant:
    """float32 matrices [R, K], or int8 ones of hybrid layers, as [matrix][block][K][4].

    Raises:
        GencError: sums of integer products could leave int32.
    """
    if matrices[0].dtype is DType.INT8 and matrices[0].shape[1] >= MAX_DEPTH:
        raise GencError("cannot compile a layer", [Problem(label, "sums of products may overflow 32 bits")])
    return Constant(label, np.stack([blocked(m.value) for m in matrices]), comment)


def initial_state(state: Tensor, rows: int, align: int) -> Operand:
    """A state that is read before the first output row."""
    return Operand(state, 1, state.bytes, (0,) + (1,) * (rows - 1), (0,) * rows, align)


def next_state(state: Tensor, align: int) -> Operand:
    """A state that is rewritten with every output row."""
    return Operand(state, 1, state.bytes, align=align)


def _present(tensors: Sequence[Tensor | None]) -> list[Tensor]:
    return [t for t in tensors if t is not None]


def by_gate(tensors: Sequence[Tensor | None]) -> list[Tensor]:
    """What there is per gate, in the kernels' order."""
    return _present([tensors[i] for i in ORDER])


def _sequence_fields(op: Lstm) -> Fields:
    return (
        ("steps", op.steps),
        ("batches", op.batches),
        ("time_major", int(op.time_major)),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(3)),
        ("depth", op.x.shape[2]),
        ("cells", op.cells),
        ("outputs", op.outputs_per_step),
        ("gates", 3 if op.coupled else 4),
    )


def peepholes(op: Lstm) -> Constant | None:
    """[forget, -, output, input][C]."""
    entry, forget, output = op.peepholes
    if forget is None or output is None:
        return None
    present = [forget, None, output, entry]
    rows = [np.zeros(op.cells, np.float32) if t is None else _real(t) for t in present]
    return Constant("peepholes", np.stack(rows), "[forget, -, output, input][C]")


def _real(weights: Tensor) -> Array:
    """float32 weights; those of a hybrid layer times their scale."""
    return weights.value if weights.quant is None else weights.value * np.float32(weights.quant.scale)


def short_factor(factor: Factor, limit: int) -> tuple[int, int, int]:
    """{left shift, multiplier, right shift} for sums up to `limit`; the long way when it is not proved exact."""
    multiplier, shift = factor
    left, right = max(shift, 0), max(-shift, 0)
    proved = multiplier >= 0 and right <= 30 and limit << left < 2**30
    return (left, multiplier, right) if proved else (LONG_WAY, multiplier, shift)


def sum_limit(weights: Tensor, bias: Int64, quant_low: int, quant_high: int) -> int:
    """Largest magnitude of bias + sum of x * w over all bytes x."""
    w = weights.value.astype(np.int64)
    low = bias + np.minimum(w * quant_low, w * quant_high).sum(axis=1)
    high = bias + np.maximum(w * quant_low, w * quant_high).sum(axis=1)
    return int(max(np.abs(low).max(), np.abs(high).max()))


def _gate_factors(op: Lstm, p: parameters.LstmParams) -> Array:
    """int32 [gates][8]."""
    low, high = op.x.dtype.limits
    rows = []
    for gate in ORDER[: 3 if op.coupled else 4]:
        w, r = op.operand(INPUT_WEIGHTS + gate), op.operand(RECURRENT_WEIGHTS + gate)
        hole = {INPUT: 0, FORGET: 1, OUTPUT: 2}.get(gate)
        rows.append(
            (
                *short_factor(p.input_factors[gate], sum_limit(w, p.input_bias[gate], low, high)),
                *short_factor(p.recurrent_factors[gate], sum_limit(r, p.recurrent_bias[gate], low, high)),
                *((0, 0) if hole is None else p.peephole_factors[hole]),
            )
        )
    return np.array(rows, np.int32)


def _gate_biases(op: Lstm, p: parameters.LstmParams) -> Constant:
    gates = ORDER[: 3 if op.coupled else 4]
    both = [np.stack([p.input_bias[g], p.recurrent_bias[g]], axis=1) for g in gates]
    fill = -op.cells % BLOCK
    array = np.stack([np.pad(b, ((0, fill), (0, 0))) for b in both]).astype(np.int32)
    return Constant("biases", array, "[gate][cell]{of W x, of R h}, zero points folded in")


def lstm_s8(op: Lstm, core: Core) -> list[Candidate]:
    """LSTM, int8 with int16 cell state."""
    p = parameters.lstm(op)
    params = _lstm_s8_fields(op, p)
    rows = op.steps * op.batches
    base = op.macs() * LSTM_MAC[family(core)] + rows * cost.ROW
    values = rows * op.cells * (1 + len(by_gate(op.input_weights)))
    offers: list[tuple[Constant | None, float, str]] = []
    if p.tanh_bits >= LEAST_TANH_BITS:
        offers.append((gate_table(), TABLE_VALUE[family(core)], "gates from a table"))
    offers.append((None, GATE_VALUE[family(core)], "gates computed"))
    return [
        Candidate(
            op,
            "portable",
            (lstm_call(op, "genc_lstm_s8", (*params, ("gate_table", table)), 6 * op.cells),),
            base + values * each,
            f"one step per row, {how}",
        )
        for table, each, how in offers
    ]


def _lstm_s8_fields(op: Lstm, p: parameters.LstmParams) -> Fields:
    projection = op.projection
    hidden_multiplier, hidden_right = hidden_factor(p)
    return (
        *_sequence_fields(op),
        ("input_weights", packed(by_gate(op.input_weights), "input_weights", "[gate][block][I][4 cells]")),
        (
            "recurrent_weights",
            packed(by_gate(op.recurrent_weights), "recurrent_weights", "[gate][block][O][4 cells]"),
        ),
        ("biases", _gate_biases(op, p)),
        (
            "factors",
            Constant(
                "factors", _gate_factors(op, p), "[gate]{left, multiplier, right: W x; R h; multiplier, shift: p c}"
            ),
        ),
        ("peepholes", _peepholes_s8(op)),
        ("cell_shift", p.cell_shift),
        ("cell_clip", p.cell_clip),
        ("tanh_bits", p.tanh_bits),
        ("hidden_multiplier", hidden_multiplier),
        ("hidden_right", hidden_right),
        ("hidden_zero", p.hidden_zero),
        ("projection", packed([projection], "projection", "[block][C][4 outputs]") if projection else None),
        ("projection_bias", _projection_bias(p)),
        ("projection_multiplier", p.projection_factor[0]),
        ("projection_shift", p.projection_factor[1]),
        ("projection_clip", p.projection_clip),
        ("y_zero", p.y_zero),
        *_norms(op, p),
    )


def _peepholes_s8(op: Lstm) -> Constant | None:
    """[forget, -, output, input][B][C]."""
    entry, forget, output = parameters.peepholes(op)
    if forget is None or output is None:
        return None
    nothing = np.zeros_like(forget)
    rows = np.stack([forget, nothing, output, nothing if entry is None else entry]).astype(np.int16)
    return Constant("peepholes", rows, "[forget, -, output, input][B][C]")


def _norms(op: Lstm, p: parameters.LstmParams) -> Fields:
    """Weights, biases and factors of the layer normalisation of each gate, NULL without it."""
    if not p.norms:
        return ("norms", None), ("norm_biases", None), ("norm_factors", None)
    norms = [p.norms[gate] for gate in ORDER[: 3 if op.coupled else 4]]
    weights = np.stack([n.weights for n in norms if n.weights is not None]).astype(np.int16)
    biases = np.stack([n.bias for n in norms]).astype(np.int32)
    factors = np.array([(*n.factor, n.least_variance) for n in norms], np.int32)
    return (
        ("norms", Constant("norms", weights, "[gate][C]")),
        ("norm_biases", Constant("norm_biases", biases, "[gate][C]")),
        ("norm_factors", Constant("norm_factors", factors, "[gate]{multiplier, shift, least variance}")),
    )


def hidden_factor(p: parameters.LstmParams) -> tuple[int, int]:
    """{multiplier, right shift} from o * tanh(c) to the hidden state, in the short form."""
    left, multiplier, right = short_factor(p.hidden_factor, 2**30 - 1)
    assert left == 0, "the hidden state's scale is above 2^-29"
    return multiplier, right


LSTM_MAC = {"arm": 2.8, "thumb1": 4.3, "rv32": 3.4, "rv64": 3.4, "xtensa": 4.0}
"""Instructions of one multiply-accumulate of int8."""


def _projection_bias(p: parameters.LstmParams) -> Constant | None:
    if p.projection_bias is None:
        return None
    return Constant("projection_bias", blocked(p.projection_bias).astype(np.int32), "zero point folded in")


def lstm_call(op: Lstm, kernel: str, params: Fields, scratch_bytes: int) -> Call:
    """The one call of an int8 LSTM: x, hidden and cell state to y and the next states."""
    rows, align = op.steps * op.batches, op.cell.dtype.bytes
    states = (op.hidden, op.hidden.dtype.bytes), (op.cell, align)
    inputs = (rowwise(op.x, rows, op.x.dtype.bytes), *(initial_state(s, rows, a) for s, a in states))
    y, *following = op.outputs
    outputs = (rowwise(y, rows, y.dtype.bytes), *(next_state(s, s.dtype.bytes) for s in following))
    return Call(
        kernel,
        params,
        inputs,
        outputs,
        rows,
        scratch_bytes,
        4,
        in_place=frozenset({0} if op.x.bytes == y.bytes else ()),
        updates=frozenset({(1, 1), (2, 2)}),
    )


def lstm_s16(op: Lstm, core: Core) -> list[Candidate]:
    """LSTM, int16 with int8 weights."""
    p = parameters.lstm_int16(op)
    gate_factors = np.array(
        [(*_wide(p.input_factors[gate]), *_wide(p.recurrent_factors[gate])) for gate in ORDER], np.int32
    )
    factors = np.array([*p.forget_factor, *p.entry_factor, *p.hidden_factor], np.int32)
    biases = np.stack([blocked(op.operand(BIASES + gate).value) for gate in ORDER])
    params: Fields = (
        *_sequence_fields(op)[:-2],
        ("input_weights", packed_f32(by_gate(op.input_weights), "input_weights", "[gate][block][I][4 cells]")),
        (
            "recurrent_weights",
            packed_f32(by_gate(op.recurrent_weights), "recurrent_weights", "[gate][block][C][4 cells]"),
        ),
        ("biases", Constant("biases", biases, "[gate][cell]", 8)),
        ("gate_factors", Constant("gate_factors", gate_factors, "[gate]{multiplier, right: W x + b; R h}")),
        ("factors", Constant("factors", factors, "{multiplier, shift: f c; i g; o tanh(c)}")),
        ("cell_clip", p.cell_clip),
        ("tanh_shift", p.tanh_shift),
        ("table", Constant("table", np.array(sigmoid_table(), np.int32), "sigmoid(i / 24) in Q16")),
    )
    rows = op.steps * op.batches
    instructions = op.macs() * LSTM_S16_MAC + rows * (cost.ROW + op.cells * (4 * 60 + 3 * cost.scaling(core)))
    call = lstm_call(op, "genc_lstm_s16", params, 6 * op.cells)
    return [Candidate(op, "portable", (call,), instructions, "one step per row")]


LSTM_S16_MAC = 4.0
"""Instructions of one multiply-accumulate of int16 by int8."""


def _wide(factor: Factor) -> tuple[int, int]:
    """{multiplier of 16 bits, shift to the right} of sums of 64 bits."""
    multiplier, shift = factor
    return int(narrow_multiplier(multiplier)), 15 - shift


def _clamp(activation: Activation) -> Fields:
    """Bounds of a fused activation."""
    low, high = float_range(activation)
    return ("low", low), ("high", high)


SVDF_FILTER, SVDF_ENTRY = 90, 6
"""Instructions of a filter beside its sums and factors, and of moving an entry of its memory."""


def svdf_s8(op: Svdf, core: Core) -> list[Candidate]:
    """SVDF, int8 with a state of int8 or int16."""
    p = parameters.svdf(op)
    feature, time = op.feature_weights, op.time_weights
    feature_bias = blocked(-p.x_zero * feature.value.astype(np.int64).sum(axis=1)).astype(np.int32)
    params: Fields = (
        *svdf_fields(op),
        ("state_bytes", op.state.dtype.bytes),
        ("feature_weights", packed([feature], "feature_weights", "[block][I][4 filters]")),
        ("feature_bias", Constant("feature_bias", feature_bias, "zero point of the input")),
        ("feature_multiplier", p.feature_factor[0]),
        ("feature_shift", p.feature_factor[1]),
        ("state_zero", p.state_zero),
        *svdf_time_fields(op, p),
    )
    each = SVDF_FILTER + 2 * cost.scaling(core) + SVDF_ENTRY * time.shape[1]
    instructions = op.macs() * LSTM_MAC[family(core)] + op.x.shape[0] * feature.shape[0] * each
    return _svdf_offer(op, params, "genc_svdf_s8", instructions)


def svdf_time_fields(op: Svdf, p: parameters.SvdfParams) -> Fields:
    """The filters over time of an int8 layer, and its output."""
    weights = op.time_weights.value
    per_unit = weights.astype(np.int64).sum(axis=1).reshape(op.units, op.rank).sum(axis=1)
    bias = (p.bias - p.state_zero * per_unit).astype(np.int32)
    return (
        ("time_weights", Constant("time_weights", weights, "[F][M]")),
        ("bias", Constant("bias", bias, "state's zero point folded in")),
        ("time_multiplier", p.time_factor[0]),
        ("time_shift", p.time_factor[1]),
        ("y_zero", p.y_zero),
    )


def svdf_f32(op: Svdf, core: Core) -> list[Candidate]:
    """SVDF, float32."""
    params: Fields = (
        *svdf_fields(op),
        ("feature_weights", Constant("feature_weights", op.feature_weights.value, "[F][I]")),
        *_hybrid_features(op),
        ("time_weights", Constant("time_weights", op.time_weights.value, "[F][M]")),
        ("bias", Constant("bias", op.bias.value, "[F / rank]") if op.bias else None),
        *_clamp(op.activation),
    )
    kernel, scratch = ("genc_svdf_hybrid", op.x.shape[1]) if op.is_hybrid else ("genc_svdf_f32", 0)
    return _svdf_offer(op, params, kernel, op.macs() * cost.float_operation(core), scratch)


def _hybrid_features(op: Svdf) -> Fields:
    if not op.is_hybrid or op.feature_weights.quant is None:
        return ()
    return ("feature_scale", op.feature_weights.quant.scale), ("asymmetric", int(op.asymmetric_inputs))


def svdf_fields(op: Svdf) -> Fields:
    """Where the rows lie, and the sizes."""
    return (
        ("x_held", RowsHeld(0)),
        ("state_held", RowsHeld(1)),
        ("y_held", RowsHeld(2)),
        ("next_held", RowsHeld(3)),
        ("depth", op.x.shape[1]),
        ("filters", op.feature_weights.shape[0]),
        ("memory", op.time_weights.shape[1]),
        ("rank", op.rank),
    )


def svdf_call(op: Svdf, kernel: str, params: Fields, scratch: int = 0) -> Call:
    """The one call of an SVDF: x and state to y and the next state, a row per batch."""
    rows, align = op.x.shape[0], op.x.dtype.bytes
    inputs = rowwise(op.x, rows, align), rowwise(op.state, rows, op.state.dtype.bytes)
    y, following = op.outputs
    outputs = rowwise(y, rows, align), rowwise(following, rows, op.state.dtype.bytes)
    return Call(kernel, params, inputs, outputs, rows, scratch, 1, updates=frozenset({(1, 1)}))


def _svdf_offer(op: Svdf, params: Fields, kernel: str, instructions: float, scratch: int = 0) -> list[Candidate]:
    call = svdf_call(op, kernel, params, scratch)
    return [Candidate(op, "portable", (call,), instructions + call.out_rows * cost.ROW, "memory moves on by one entry")]


Builder = Callable[[Any, Core], "list[Candidate]"]

BUILDERS: dict[type[Operator], Builder | dict[DType, Builder]] = {
    Lstm: {DType.INT8: lstm_s8, DType.INT16: lstm_s16},
    Svdf: {DType.INT8: svdf_s8, DType.FLOAT32: svdf_f32},
}
"""Builders of recurrent operators."""
