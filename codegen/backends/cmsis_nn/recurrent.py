"""LSTM and SVDF by CMSIS-NN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from codegen.backends.candidate import Candidate, Constant, Core, Fields, RowsHeld
from codegen.backends.cmsis_nn.linear import MAC, extension
from codegen.backends.library import Declined, Function, Offer
from codegen.backends.portable.gate_table import LEAST_TANH_BITS, gate_table
from codegen.backends.portable.recurrent import ORDER, by_gate, lstm_call, sum_limit
from codegen.ir import Array, DType, Operator, Tensor
from codegen.ir.ops.recurrent import INPUT_WEIGHTS, RECURRENT_WEIGHTS, Lstm
from codegen.reference import recurrent_parameters as parameters
from codegen.reference.recurrent_parameters import Factor

LIMIT = 2**30
"""Of sums, shifted to the left where their factor asks for it."""

NO_CLIP = 2**15
"""A limit of the cell state that is none."""

STEP, GATE, CELL = 300.0, 60.0, 70.0
"""Instructions of a step, of a gate's output beside its sum, and of a cell beside its gates."""

GATE_TABLE, GATE_DSP, GATE_MVE, GATE_COMPUTED = 110.0, 45.0, 22.0, 170.0
"""Instructions of a logistic or a hyperbolic tangent."""


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
        *_matrices(op),
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
    work = op.macs() * MAC[extension(core)] + rows * (STEP + CELL * op.cells) + values * GATE
    return [
        Candidate(
            op,
            "cmsis-nn",
            (lstm_call(op, kernel, (*fields, ("gate_table", table)), 8 * (-(-op.cells // 2))),),
            work + values * each,
            f"CMSIS-NN, {how}",
        )
        for kernel, table, each, how in _gate_functions(extension(core), p.tanh_bits)
    ]


def _plain(op: Lstm) -> None:
    """Declined unless the library knows all parts of the layer."""
    parts = {"peepholes": any(op.peepholes), "a projection": op.projection is not None, "normalisation": any(op.norms)}
    if has := [name for name, there in parts.items() if there]:
        raise Declined(f"no function for {', '.join(has)}")


def _gate_functions(has: str, tanh_bits: int) -> list[tuple[str, Constant | None, float, str]]:
    """Kernel, table, instructions of a value and what is to be said, of each way to compute the gates' functions."""
    if has == "mve":
        return [("genc_cmsis_lstm_s8_mve", None, GATE_MVE, "gates eight at a time")]
    ways: list[tuple[str, Constant | None, float, str]] = []
    if tanh_bits >= LEAST_TANH_BITS:
        kernel, each = ("genc_cmsis_lstm_s8_dsp", GATE_DSP) if has else ("genc_cmsis_lstm_s8", GATE_TABLE)
        ways.append((kernel, gate_table(), each, "gates from a table"))
    return [*ways, ("genc_cmsis_lstm_s8", None, GATE_COMPUTED, "gates computed")]


def _matrices(op: Lstm) -> Fields:
    """Weights, in the model's own order."""
    of = ("input_weights", op.input_weights, "I"), ("recurrent_weights", op.recurrent_weights, "C")
    return tuple((name, Constant(name, _stacked(by_gate(each)), f"[gate][C][{depth}]")) for name, each, depth in of)


def _stacked(matrices: Sequence[Tensor]) -> Array:
    return np.stack([matrix.value for matrix in matrices])


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


def _check_sums(factor: Factor, limit: int) -> None:
    """Declined when a sum, or what its factor's shift makes of it, could leave 30 bits."""
    multiplier, shift = factor
    if multiplier < 0 or shift < -30 or limit << max(shift, 0) >= LIMIT:
        raise Declined("its sums may overflow")


def _within(what: str, shift: int) -> int:
    """A shift to the right; Declined when the library cannot make it."""
    if not 0 <= shift <= 30:
        raise Declined(f"{what} is too far off")
    return shift


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
}
"""What the back-end's table has of these."""
