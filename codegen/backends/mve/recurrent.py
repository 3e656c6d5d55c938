"""LSTM, int8, on Helium: the portable call with weights in whole vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from codegen.backends.candidate import Candidate, Constant, Core
from codegen.backends.mve.linear import vectors
from codegen.backends.mve.patches import VECTOR
from codegen.backends.portable import cost
from codegen.backends.portable.linear import BLOCK, blocked
from codegen.backends.portable.recurrent import LONG_WAY, by_gate, lstm_s8
from codegen.ir import Tensor
from codegen.ir.ops.recurrent import Lstm

KEPT = (
    *("steps", "batches", "time_major", "x_held", "y_held", "depth", "cells", "gates"),
    *("input_weights", "recurrent_weights", "biases", "factors"),
    *("cell_shift", "cell_clip", "tanh_bits", "hidden_multiplier", "hidden_right", "hidden_zero"),
)
"""Parameters that this kernel shares with the portable one; of the others, it lacks what comes with constants."""

GATE_VECTOR = 175
"""Instructions of eight logistics or hyperbolic tangents."""


def lstm(op: Lstm) -> list[Candidate]:
    """LSTM without peepholes, projection and normalisation, when its factors take the short form of requantisation."""
    offer = lstm_s8(op, Core("cortex-m55"))[-1]
    (call,) = offer.calls
    given = {name: value for name, value in call.params if name in KEPT}
    factors, biases = given["factors"], given["biases"]
    assert isinstance(factors, Constant)
    assert isinstance(biases, Constant)
    more = any(isinstance(value, Constant) for name, value in call.params if name not in KEPT)
    if more or LONG_WAY in factors.array[:, [0, 3]]:
        return []
    gates, cells = len(factors.array), op.cells
    both = biases.array.reshape(gates, -1, BLOCK, 2).swapaxes(2, 3)
    mine = {
        "input_weights": _packed("input_weights", by_gate(op.input_weights), "I"),
        "recurrent_weights": _packed("recurrent_weights", by_gate(op.recurrent_weights), "C"),
        "biases": replace(biases, array=np.ascontiguousarray(both), comment="[gate][block]{of W x [4], of R h [4]}"),
        "factors": replace(
            factors,
            array=np.ascontiguousarray(factors.array[:, :6]),
            comment="[gate]{left, multiplier, right: W x; R h}",
        ),
    }
    fields = tuple((given | mine).items())
    vector_count = sum(-(-depth // VECTOR) for depth in (op.x.shape[2], cells))
    gate = -(-cells // BLOCK) * (vector_count * 10 + 90) + -(-cells // 8) * GATE_VECTOR
    step = gates * gate + -(-cells // 8) * GATE_VECTOR + -(-cells // BLOCK) * 60 + cost.ROW
    return [
        replace(
            offer,
            backend="mve",
            calls=(replace(call, kernel="genc_lstm_s8_mve", params=fields),),
            instructions=float(step * op.steps * op.batches),
            why="one step per row, 4 gates, 16 inputs",
        )
    ]


def _packed(label: str, matrices: Sequence[Tensor], depth: str) -> Constant:
    lines = np.stack([vectors(blocked(m.value, 1)[0]) for m in matrices])
    return Constant(label, lines, f"[gate][block][{depth}/16][4 cells][16]")
