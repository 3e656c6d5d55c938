"""One small model per recurrent TFLite operator: a single step, so that no row depends on rows before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.support.sketch import Sketch

DEPTH, CELLS = 5, 6
LSTM = {"fused_activation_function": "TANH", "cell_clip": 10.0, "proj_clip": 0.0}


def _plain(m: Sketch, *shape: int) -> int:
    """A float32 constant."""
    values = np.random.default_rng(len(shape)).normal(0, 0.05, shape).astype(np.float32)
    return m.tensor("weights", shape, "float32", data=values)


def _state(m: Sketch, count: int, dtype: str = "float32", scale: float | None = None, zero: int = 0) -> int:
    return m.tensor("state", (1, count), dtype, scale, zero, is_variable=True)


def _gates(m: Sketch, depth: int = DEPTH) -> list[int]:
    """Weights, peepholes, biases and projection of a float32 LSTM without peepholes and projection."""
    weights = [_plain(m, CELLS, depth) for _ in range(4)] + [_plain(m, CELLS, CELLS) for _ in range(4)]
    return [*weights, -1, -1, -1, *(_plain(m, CELLS) for _ in range(4)), -1, -1]


def sequence_lstm(m: Sketch) -> None:
    """int8, with the cell state int16."""
    depths = [DEPTH] * 4 + [CELLS] * 4
    weights = [m.weights((CELLS, depth), None) for depth in depths]
    biases = [bias for _, bias in weights[:4]]
    x, y = m.x((1, 1, DEPTH)), m.y((1, 1, CELLS), scale=1 / 128, zero=3)
    states = [_state(m, CELLS, "int8", 1 / 128, 3), _state(m, CELLS, "int16", 2.0**-11)]
    inputs = [x, *(w for w, _ in weights), -1, -1, -1, *biases, -1, -1, *states, -1, -1, -1, -1]
    inside = [m.tensor(f"inside{i}", (1,), "int16", 2.0**-12) for i in range(5)]
    m.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [y], intermediates=inside, time_major=False, **LSTM)


def lstm(m: Sketch) -> None:
    """float32, one step."""
    x, y = m.x((1, DEPTH), "float32", None, 0), m.y((1, CELLS), "float32", None, 0)
    m.operator("LSTM", [x, *_gates(m), _state(m, CELLS), _state(m, CELLS), *[-1] * 4], [y], kernel_type="FULL", **LSTM)


def bidirectional_lstm(m: Sketch) -> None:
    """float32, outputs merged, with an auxiliary input."""
    x, y = m.x((1, 1, DEPTH), "float32", None, 0), m.y((1, 1, 2 * CELLS), "float32", None, 0)
    states = [_state(m, CELLS) for _ in range(4)]
    aux = m.x((1, 1, 3), "float32", None, 0)
    extra = [_plain(m, CELLS, 3) for _ in range(8)]
    inputs = [x, *_gates(m), *_gates(m), *states, aux, *extra]
    m.operator("BIDIRECTIONAL_SEQUENCE_LSTM", inputs, [y], time_major=False, merge_outputs=True, **LSTM)


def rnn(name: str, *shape: int, **options: Any) -> Callable[[Sketch], None]:
    """A fully connected recurrent layer, float32."""

    def model(m: Sketch) -> None:
        x, y = m.x((*shape, DEPTH), "float32", None, 0), m.y((*shape, CELLS), "float32", None, 0)
        weights = [_plain(m, CELLS, DEPTH), _plain(m, CELLS, CELLS), _plain(m, CELLS)]
        m.operator(name, [x, *weights, _state(m, CELLS)], [y], fused_activation_function="TANH", **options)

    return model


def svdf(m: Sketch) -> None:
    """int8 with a state of int16."""
    feature, _ = m.weights((6, DEPTH), None)
    rng = np.random.default_rng(3)
    time = m.tensor("time", (6, 4), "int16", 0.001, data=rng.integers(-2000, 2000, (6, 4)))
    bias = m.tensor("bias", (3,), "int32", 0.00001, data=rng.integers(-500, 500, 3))
    x, y = m.x((1, DEPTH)), m.y((1, 3), scale=0.05)
    state = _state(m, 24, "int16", 0.01)
    m.operator("SVDF", [x, feature, time, bias, state], [y], rank=2, fused_activation_function="RELU")


MODELS: dict[str, Callable[[Sketch], None]] = {
    "BIDIRECTIONAL_SEQUENCE_LSTM": bidirectional_lstm,
    "LSTM": lstm,
    "RNN": rnn("RNN", 1),
    "SVDF": svdf,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": sequence_lstm,
    "UNIDIRECTIONAL_SEQUENCE_RNN": rnn("UNIDIRECTIONAL_SEQUENCE_RNN", 1, 1, time_major=False),
}
"""What each operator's model holds."""
