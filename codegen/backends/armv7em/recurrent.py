"""LSTM and SVDF, int8: matrix products by pairs of cells and filters, logistic and tanh from a table."""

from __future__ import annotations

import numpy as np

from codegen.backends.armv7em.pairs import B_LIMIT, lanes_of
from codegen.backends.candidate import Candidate, Constant, Fields, RowsHeld
from codegen.backends.portable.gate_table import LEAST_TANH_BITS, gate_table
from codegen.backends.portable.recurrent import (
    LONG_WAY,
    ORDER,
    hidden_factor,
    lstm_call,
    short_factor,
    sum_limit,
    svdf_call,
    svdf_fields,
    svdf_time_fields,
)
from codegen.ir import Array, Tensor
from codegen.ir.ops.recurrent import INPUT_WEIGHTS, RECURRENT_WEIGHTS, Lstm, Svdf
from codegen.reference import recurrent_parameters as parameters
from codegen.reference.fixed_point import Int64
from codegen.reference.recurrent_parameters import Factor

BLOCK = 4
"""Pairs that share one pass over what is multiplied."""

MOST_BEFORE = 8
"""Left shifts that the B of a pair, found 256 times too large, can be given."""

STEP, BLOCK_COST, GROUP_COST, PAIR_COST, CELL_COST = 480.0, 19.0, 30.6, 39.0, 121.0
"""Instructions of a step, of a block of pairs, of its groups of inputs, of a pair and of a cell; Cortex-M4, GCC 12."""


def lstm(op: Lstm) -> list[Candidate]:
    """UNIDIRECTIONAL_SEQUENCE_LSTM without peepholes, projection and norms, when every sum is proved."""
    p = parameters.lstm(op)
    if op.projection is not None or any(op.peepholes) or any(op.norms) or p.tanh_bits < LEAST_TANH_BITS:
        return []
    factors = _factors(op, p)
    if factors is None:
        return []
    multiplier, right = hidden_factor(p)
    fields: Fields = (
        ("steps", op.steps),
        ("batches", op.batches),
        ("time_major", int(op.time_major)),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(3)),
        ("depth", op.x.shape[2]),
        ("cells", op.cells),
        ("gates", len(_gates(op))),
        (
            "stream",
            Constant("stream", _stream(op, p), "[block of 4 pairs]{of W x, of R h}{biases, weights 256 * B + A}"),
        ),
        ("factors", Constant("factors", factors, "[gate]{of W x, of R h}{multiplier, half, right, before, ties}")),
        ("gate_table", gate_table()),
        ("cell_shift", p.cell_shift),
        ("cell_clip", p.cell_clip),
        ("tanh_doublings", p.tanh_bits - LEAST_TANH_BITS),
        ("hidden_multiplier", multiplier),
        ("hidden_right", right),
        ("hidden_zero", p.hidden_zero),
    )
    groups = sum(-(-columns // 4) for columns in (op.x.shape[2], op.cells))
    pairs = _pairs(op)
    call = lstm_call(op, "genc_lstm_s8_dsp", fields, 4 * pairs + 8 * groups)
    step = STEP + pairs / BLOCK * (BLOCK_COST + GROUP_COST * groups) + pairs * PAIR_COST + op.cells * CELL_COST
    return [Candidate(op, "armv7em", (call,), op.steps * op.batches * step, "pairs of cells, gates from a table")]


def _gates(op: Lstm) -> tuple[int, ...]:
    """Gates in the kernel's order."""
    return ORDER[:3] if op.coupled else ORDER


def _operands(op: Lstm, gate: int) -> tuple[Tensor, Tensor]:
    """Weights of the input and of the hidden state."""
    return op.operand(INPUT_WEIGHTS + gate), op.operand(RECURRENT_WEIGHTS + gate)


def _factors(op: Lstm, p: parameters.LstmParams) -> Array | None:
    """int32 [gates, filled up][2][6]; None when a sum or a weight does not fit the arithmetic."""
    low, high = op.x.dtype.limits
    rows = []
    for gate in _gates(op):
        biases, factors = (p.input_bias, p.recurrent_bias), (p.input_factors, p.recurrent_factors)
        for weights, bias, factor in zip(_operands(op, gate), biases, factors, strict=True):
            limit = sum_limit(weights, bias[gate], low, high)
            row = _factor(factor[gate], limit)
            if row is None or limit >= B_LIMIT or not _lanes_fit(weights.value):
                return None
            rows.append(row)
    fill = -(-_pairs(op) // (-(-op.cells // 2))) - len(_gates(op))
    return np.array(rows + 2 * fill * [(0,) * len(rows[0])], np.int32).reshape(-1, 2, len(rows[0]))


def _lanes_fit(weights: Array) -> bool:
    """Whether 256 * B + A stays inside int16 for the pairs of rows: it does not where B is -128 and A below 0."""
    w = weights.astype(np.int64)
    return bool((256 * w[1::2] + w[0 : len(w) // 2 * 2 : 2]).min(initial=0) >= -(2**15))


def _factor(factor: Factor, limit: int) -> tuple[int, ...] | None:
    """One row of `factors`, in the order of GENC_LSTM_MULTIPLIER ...; None when the short form is not proved."""
    left, multiplier, right = short_factor(factor, limit)
    if left == LONG_WAY or left >= MOST_BEFORE:
        return None
    return multiplier, 1 << right >> 1, right, 1 + left, MOST_BEFORE - 1 - left, -1 if right else 0


def _pairs(op: Lstm) -> int:
    """Pairs of all gates, blocks filled up."""
    pairs = len(_gates(op)) * (-(-op.cells // 2))
    return pairs + -pairs % BLOCK


def _by_pairs(rows: Int64, op: Lstm) -> Int64:
    """[gates, C, ...] -> [pairs, 2, ...], filled up with zeros."""
    even = np.pad(rows, [(0, 0), (0, op.cells % 2), *((0, 0) for _ in rows.shape[2:])])
    pairs = even.reshape(-1, 2, *rows.shape[2:])
    return np.pad(pairs, [(0, _pairs(op) - len(pairs)), *((0, 0) for _ in pairs.shape[1:])])


def _stream(op: Lstm, p: parameters.LstmParams) -> Array:
    """uint32, as runtime_c/armv7em/genc_lstm_s8_dsp.h has it."""
    parts = []
    for which, bias in enumerate((p.input_bias, p.recurrent_bias)):
        rows = np.stack([_operands(op, gate)[which].value.astype(np.int64) for gate in _gates(op)])
        w = _by_pairs(np.pad(rows, [(0, 0), (0, 0), (0, -rows.shape[2] % 4)]), op)
        words = lanes_of(w[:, 0], w[:, 1]).reshape(-1, BLOCK, w.shape[2] // 2).transpose(0, 2, 1)
        b = _by_pairs(np.stack([bias[gate] for gate in _gates(op)]), op)
        biases = np.stack([b[:, 0], b[:, 0] + 256 * b[:, 1]], axis=1) & 0xFFFFFFFF
        parts += [part.reshape(len(words), -1).astype(np.uint32) for part in (biases, words)]
    return np.concatenate(parts, axis=1).reshape(-1)


SVDF_FILTERS = 4
"""Filters that share one pass over the input."""

SVDF_STEP, SVDF_BLOCK, SVDF_GROUP, SVDF_FILTER, SVDF_UNIT = 150.0, 60.0, 21.0, 22.0, 62.0
"""Instructions of a run, of four filters, of their groups of inputs, of a filter and of an output."""

SVDF_WORD = {1: 12.0, 2: 8.0}
"""Of four bytes of memory, by the bytes of an entry."""


def svdf(op: Svdf) -> list[Candidate]:
    """SVDF int8, when the sums of its features are proved."""
    p = parameters.svdf(op)
    w = op.feature_weights.value.astype(np.int64)
    bias = -p.x_zero * w.sum(axis=1)
    limit = sum_limit(op.feature_weights, bias, *op.x.dtype.limits)
    left, multiplier, right = short_factor(p.feature_factor, limit)
    if left == LONG_WAY or limit >= B_LIMIT or not _lanes_fit(w):
        return []
    fields: Fields = (
        *svdf_fields(op),
        ("state_bytes", op.state.dtype.bytes),
        ("stream", Constant("stream", _svdf_stream(w, bias), "[4 filters]{biases, weights [group][pair][2]}")),
        ("feature_left", left),
        ("feature_multiplier", multiplier),
        ("feature_right", right),
        ("state_zero", p.state_zero),
        *svdf_time_fields(op, p),
    )
    call = svdf_call(op, "genc_svdf_s8_dsp", fields)
    filters, depth = w.shape
    block = SVDF_BLOCK + SVDF_GROUP * -(-depth // 4) + SVDF_FILTERS * SVDF_FILTER
    memory = op.state.bytes / op.x.shape[0] / 4 * SVDF_WORD[op.state.dtype.bytes]
    instructions = SVDF_STEP + -(-filters // SVDF_FILTERS) * block + memory + op.units * SVDF_UNIT
    return [Candidate(op, "armv7em", (call,), op.x.shape[0] * instructions, "pairs of filters, 4 at a time")]


def _svdf_stream(w: Int64, bias: Int64) -> Array:
    """uint32, as runtime_c/armv7em/genc_svdf_s8_dsp.h has it."""
    fill = -len(w) % SVDF_FILTERS
    w, bias = np.pad(w, [(0, fill), (0, -w.shape[1] % 4)]), np.pad(bias, (0, fill))
    words = lanes_of(w[0::2], w[1::2]).reshape(-1, SVDF_FILTERS // 2, w.shape[1] // 4, 2).transpose(0, 2, 1, 3)
    biases = np.stack([bias[0::2], bias[0::2] + 256 * bias[1::2]], axis=1) & 0xFFFFFFFF
    parts = [part.reshape(len(words), -1).astype(np.uint32) for part in (biases, words)]
    return np.concatenate(parts, axis=1).reshape(-1)
