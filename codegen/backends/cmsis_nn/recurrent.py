"""LSTM and SVDF by CMSIS-NN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, RowsHeld, whole
from codegen.backends.cmsis_nn.costs import MAC, extension
from codegen.backends.library import Declined, Function, Offer
from codegen.backends.portable.gate_table import LEAST_TANH_BITS, gate_table
from codegen.backends.portable.linear import family
from codegen.backends.portable.recurrent import GATE_VALUE, ORDER, TABLE_VALUE, lstm_call, sum_limit
from codegen.ir import Array, DType, Operator, Tensor
from codegen.ir.ops.recurrent import BIASES, INPUT_WEIGHTS, RECURRENT_WEIGHTS, Lstm, Svdf
from codegen.reference import recurrent_parameters as parameters
from codegen.reference.fixed_point import Int64, multiply_double_rounding, narrow_multiplier
from codegen.reference.recurrent import FORGET, INPUT, OUTPUT, UPDATE
from codegen.reference.recurrent_parameters import Factor

LIMIT, LIMIT_LAST = 2**30, 2**31 - 2**8
"""Of sums, shifted to the left where their factor asks for it: of gates, which are added, and of an SVDF."""

NO_CLIP = 2**15
"""A limit of the cell state that is none."""

LEAST_CELL_POWER = -15
"""Of the cell state's scale: with less, a product may leave 16 bits before the cell state is added."""

Q12 = 12
"""Fractional bits of what goes into a gate's function."""

STEP, CELL, STATE_MOVED = 300.0, 70.0, 2.0
"""Instructions of a step, of a cell beside its gates, and of moving an entry of an SVDF's state."""

GATE = {"mve": 34.0, "dsp": 77.0, "": 145.0}
"""Instructions of a gate's output beside its sum and its function; measured on TFLM's mnist_lstm."""

GATE_DSP, GATE_MVE, GATE_WHOLE = 45.0, 22.0, 30.0
"""Instructions of a logistic or a hyperbolic tangent; the last is the library's."""


def lstm_s8(op: Lstm, core: Core) -> list[Candidate]:
    """LSTM, int8: the library's products and cells; logistic and tanh are TFLite's and so ours."""
    p = parameters.lstm(op)
    _plain(op)
    gates = ORDER[: 3 if op.coupled else 4]
    fields: Fields = (
        ("steps", op.steps),
        ("batches", op.batches),
        ("time_major", int(op.time_major)),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(3)),
        ("depth", op.x.shape[2]),
        ("cells", op.cells),
        ("gates", len(gates)),
        *_matrices(op, gates),
        ("input_bias", Constant("input_bias", p.input_bias[list(gates)].astype(np.int32), "[gate][C]")),
        ("recurrent_bias", Constant("recurrent_bias", p.recurrent_bias[list(gates)].astype(np.int32), "[gate][C]")),
        ("factors", Constant("factors", _factors(op, p, gates), "[gate]{multiplier, shift: of W x; of R h}")),
        ("cell_shift", _within("its cell state's scale", p.cell_shift)),
        ("cell_clip", 0 if p.cell_clip == NO_CLIP else p.cell_clip),
        ("tanh_bits", p.tanh_bits),
        ("hidden_multiplier", p.hidden_factor[0]),
        ("hidden_shift", -_within("its output's scale", -p.hidden_factor[1])),
        ("hidden_zero", p.hidden_zero),
    )
    rows, values = op.steps * op.batches, op.steps * op.batches * op.cells * (1 + len(gates))
    work = op.macs() * MAC[extension(core)] + rows * (STEP + CELL * op.cells) + values * GATE[extension(core)]
    return [
        Candidate(
            op,
            "cmsis-nn",
            (lstm_call(op, kernel, (*fields, ("gate_table", table)), 8 * (-(-op.cells // 2))),),
            work + values * each,
            f"CMSIS-NN, {how}",
        )
        for kernel, table, each, how in _gate_functions(core, p.tanh_bits)
    ]


def _plain(op: Lstm) -> None:
    """Declined unless the library knows all parts of the layer."""
    parts = {"peepholes": any(op.peepholes), "a projection": op.projection is not None, "normalisation": any(op.norms)}
    if has := [name for name, there in parts.items() if there]:
        raise Declined(f"no function for {', '.join(has)}")


def _gate_functions(core: Core, tanh_bits: int) -> list[tuple[str, Constant | None, float, str]]:
    """Kernel, table, instructions of a value and what is to be said, of each way to compute the gates' functions."""
    has = extension(core)
    if has == "mve":
        return [("genc_cmsis_lstm_s8_mve", None, GATE_MVE, "gates eight at a time")]
    computed = ("genc_cmsis_lstm_s8", None, GATE_VALUE[family(core)], "gates computed")
    if tanh_bits < LEAST_TANH_BITS:
        return [computed]
    kernel, each = ("genc_cmsis_lstm_s8_dsp", GATE_DSP) if has else ("genc_cmsis_lstm_s8", TABLE_VALUE[family(core)])
    return [(kernel, gate_table(), each, "gates from a table"), computed]


def _matrices(op: Lstm, gates: Sequence[int]) -> Fields:
    """Weights of these gates, each as the model has them."""

    def stacked(name: str, matrices: Sequence[Tensor | None], depth: str) -> Constant:
        values = [matrix.value for gate in gates if (matrix := matrices[gate]) is not None]
        return Constant(name, np.stack(values), f"[gate][C][{depth}]")

    return (
        ("input_weights", stacked("input_weights", op.input_weights, "I")),
        ("recurrent_weights", stacked("recurrent_weights", op.recurrent_weights, "C")),
    )


def _factors(op: Lstm, p: parameters.LstmParams, gates: Sequence[int]) -> Array:
    """int32 [gates][4]."""
    low, high = op.x.dtype.limits
    rows = []
    for gate in gates:
        w, r = op.operand(INPUT_WEIGHTS + gate), op.operand(RECURRENT_WEIGHTS + gate)
        own, past = p.input_factors[gate], p.recurrent_factors[gate]
        _check_sums(own, sum_limit(w, p.input_bias[gate], low, high))
        _check_sums(past, sum_limit(r, p.recurrent_bias[gate], low, high))
        rows.append((*own, *past))
    return np.array(rows, np.int32)


def _check_sums(factor: Factor, most: int, limit: int = LIMIT) -> None:
    """Declined when a sum up to `most`, or what its factor's shift makes of it, reaches `limit`."""
    multiplier, shift = factor
    if multiplier < 0 or shift < -30 or most << max(shift, 0) >= limit:
        raise Declined("its sums may overflow")


def _within(what: str, shift: int) -> int:
    """A shift to the right; Declined when the library cannot make it."""
    if not 0 <= shift <= 30:
        raise Declined(f"{what} is too far off")
    return shift


def lstm_s16(op: Lstm, core: Core) -> list[Candidate]:
    """LSTM, int16, as a whole: TFLM's meaning, which is ours."""
    p = parameters.lstm_int16(op)
    gates = (FORGET, INPUT, UPDATE, OUTPUT)
    biases = [op.operand(BIASES + gate).value.astype(np.int64) for gate in gates]
    nothing = np.zeros_like(biases[0])
    for gate, bias in zip(gates, biases, strict=True):
        _check_wide(op.operand(INPUT_WEIGHTS + gate), bias, p.input_factors[gate], 2**30)
        _check_wide(op.operand(RECURRENT_WEIGHTS + gate), nothing, p.recurrent_factors[gate], 2**15)
    power = p.tanh_shift - Q12
    if power < LEAST_CELL_POWER:
        raise Declined("its cell state's scale is too fine")
    factors = np.array([*p.forget_factor, *p.entry_factor, *p.hidden_factor], np.int32)
    gate_factors = np.array([(*p.input_factors[gate], *p.recurrent_factors[gate]) for gate in gates], np.int32)
    fields: Fields = (
        ("steps", op.steps),
        ("batches", op.batches),
        ("time_major", int(op.time_major)),
        ("depth", op.x.shape[2]),
        ("cells", op.cells),
        *_matrices(op, gates),
        (
            "biases",
            Constant("biases", np.stack([*biases, np.zeros_like(biases[0])]), "[gate][C] of W x, [C] of R h", 8),
        ),
        ("gate_factors", Constant("gate_factors", gate_factors, "[gate]{multiplier, shift: of W x; of R h}")),
        ("factors", Constant("factors", factors, "{multiplier, shift: of f c; of i g; of o tanh(c)}")),
        ("cell_clip", 0 if p.cell_clip == NO_CLIP else p.cell_clip),
        ("cell_power", power),
    )
    call = lstm_call(op, "genc_cmsis_lstm_s16", fields, 4 * op.batches * op.cells)
    rows = op.steps * op.batches
    work = op.macs() * MAC[extension(core)] + rows * (
        STEP + op.cells * (CELL + 4 * GATE[extension(core)] + 5 * GATE_WHOLE)
    )
    return [Candidate(op, "cmsis-nn", (_at_once(call),), work, "CMSIS-NN")]


def _check_wide(weights: Tensor, bias: Int64, factor: Factor, limit: int) -> None:
    """Declined when a sum leaves 32 bits, or what is made of it reaches `limit`.

    The library adds the product with the hidden state before it limits it; TFLM limits it first.
    """
    multiplier, shift = factor
    most = int((np.abs(bias) + 2**15 * np.abs(weights.value.astype(np.int64)).sum(axis=1)).max())
    narrow = int(narrow_multiplier(multiplier))
    if most >= 2**31 or not -31 <= shift <= 7 or most * narrow >> (14 - shift) >= 2 * limit - 1:
        raise Declined("its sums may overflow, or a product leave 16 bits before it is added")


def _reach(weights: Int64, bias: Int64, low: int, high: int) -> Int64:
    """Largest magnitude of each row's bias + sum of x * w over all x from `low` to `high`."""
    ends = np.stack([weights * low, weights * high])
    return np.asarray(np.maximum(abs(bias + ends.min(axis=0).sum(axis=1)), abs(bias + ends.max(axis=0).sum(axis=1))))


def _at_once(call: Call) -> Call:
    """The call with one row for all."""
    inputs = tuple(whole(each.tensor, 1, each.align) for each in call.inputs)
    outputs = tuple(Operand(each.tensor, 1, each.tensor.bytes, (0,), (0,), each.align) for each in call.outputs)
    return replace(call, inputs=inputs, outputs=outputs, out_rows=1, in_place=frozenset())


def svdf(op: Svdf, core: Core) -> list[Candidate]:
    """SVDF, int8 with a state of int8 or int16, of zero point 0."""
    p = parameters.svdf(op)
    feature, time = op.feature_weights.value.astype(np.int64), op.time_weights.value.astype(np.int64)
    if p.state_zero:
        raise Declined("its state has a zero point, which the library leaves out")
    sums = -p.x_zero * feature.sum(axis=1)
    most = _reach(feature, sums, *op.x.dtype.limits)
    _check_sums(p.feature_factor, int(most.max()), LIMIT_LAST)
    entries = np.minimum(np.abs(multiply_double_rounding(most, *p.feature_factor)) + 1, -p.state_low)
    by_unit = (entries[:, None] * np.abs(time)).reshape(op.units, -1).sum(axis=1)
    _check_sums(p.time_factor, int((np.abs(p.bias) + by_unit).max()), LIMIT_LAST)
    short = op.state.dtype is DType.INT16
    wants_sums = extension(core) == "mve" and not short
    batches, depth = op.x.shape
    fields: Fields = (
        ("batches", batches),
        ("depth", depth),
        ("filters", len(feature)),
        ("memory", time.shape[1]),
        ("rank", op.rank),
        ("input_offset", p.x_zero),
        ("zero_point", p.y_zero),
        ("feature_multiplier", p.feature_factor[0]),
        ("feature_shift", p.feature_factor[1]),
        ("time_multiplier", p.time_factor[0]),
        ("time_shift", p.time_factor[1]),
        ("feature_weights", Constant("feature_weights", op.feature_weights.value, "[F][I]")),
        ("time_weights", Constant("time_weights", op.time_weights.value, "[F][M]")),
        ("bias", Constant("bias", p.bias.astype(np.int32), "[F / rank]") if op.bias else None),
        ("sums", Constant("sums", sums.astype(np.int32), "[F]") if wants_sums else None),
    )
    inputs = (whole(op.x, 1), whole(op.state, 1, op.state.dtype.bytes))
    outputs = tuple(Operand(t, 1, t.bytes, (0,), (0,), t.dtype.bytes) for t in op.outputs)
    scratch = 4 * batches * (len(feature) + op.units)
    kernel = "genc_cmsis_svdf_state_s16" if short else "genc_cmsis_svdf_s8"
    call = Call(kernel, fields, inputs, outputs, 1, scratch, 4, updates=frozenset({(1, 1)}))
    work = op.macs() * MAC[extension(core)] + batches * (len(feature) * GATE[extension(core)] + time.size * STATE_MOVED)
    return [Candidate(op, "cmsis-nn", (call,), work, "CMSIS-NN")]


OFFERS: Mapping[tuple[type[Operator], DType], Offer] = {
    (Lstm, DType.INT8): Offer(
        lstm_s8,
        (
            Function("arm_nn_vec_mat_mul_result_acc_s8_s16", "products of each gate"),
            Function("arm_elementwise_mul_s16", "cell state, times the forget gate"),
            Function("arm_elementwise_mul_acc_s16", "cell state, plus what is new"),
            Function("arm_elementwise_mul_s16_s8", "output"),
        ),
        "no peepholes, projection or normalisation; logistic and tanh are ours",
    ),
    (Lstm, DType.INT16): Offer(
        lstm_s16, (Function("arm_lstm_unidirectional_s16"),), "products with the hidden state proved to stay in 16 bits"
    ),
    (Svdf, DType.INT8): Offer(
        svdf,
        (Function("arm_svdf_s8", "state of int8"), Function("arm_svdf_state_s16_s8", "state of int16")),
        "a state of zero point 0",
    ),
}
"""What the back-end's table has of these."""
