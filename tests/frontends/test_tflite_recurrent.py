"""What recurrent operators refuse, and the reasons that they give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from codegen.errors import GencError
from tests.support.recurrent_models import CELLS, DEPTH, LSTM
from tests.support.sketch import Sketch

Refusal = Callable[[bytes], GencError]


def lstm(
    dtype: str = "int8",
    *,
    weights: str = "",
    biases: str = "",
    norms: bool = False,
    cell: float = 2.0**-11,
    **more: Any,
) -> bytes:
    """A UNIDIRECTIONAL_SEQUENCE_LSTM of one step."""
    m = Sketch()
    integer, kind = dtype != "float32", weights or ("int8" if dtype != "float32" else dtype)

    def constant(shape: tuple[int, ...], as_type: str) -> int:
        return m.tensor("c", shape, as_type, 0.01, data=np.ones(shape))

    def state(as_type: str, scale: float) -> int:
        return m.tensor("state", (1, CELLS), as_type, scale if integer else None, is_variable=True)

    x = m.x((1, 1, DEPTH), dtype, 0.1 if integer else None, 0)
    y = m.y((1, 1, CELLS), dtype, 1 / 128 if integer else None, 0)
    depths = [DEPTH] * 4 + [CELLS] * 4
    operands = [x, *(constant((CELLS, depth), kind) for depth in depths), -1, -1, -1]
    biases = biases or {"float32": dtype, "int16": "int64"}.get(dtype, "int32")
    operands += [constant((CELLS,), biases) for _ in range(4)]
    operands += [-1, -1, state(dtype, 1 / 128), state("int16" if integer else dtype, cell)]
    operands += [constant((CELLS,), "int16" if integer else dtype) if norms else -1 for _ in range(4)]
    m.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [y], time_major=False, **{**LSTM, **more})
    return m.build(m.inputs, m.outputs)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"norms": True}, "layer normalisation, but no scales of its gates"),
        ({"dtype": "int16", "biases": "int32"}, "must be int64"),
        ({"dtype": "int16", "norms": True}, "not a plain LSTM"),
        ({"dtype": "uint8"}, "only int8 or int16 or float32"),
        ({"dtype": "float32", "weights": "int16"}, "all are that, or all int8"),
        ({"cell": 0.001}, "not a power of two"),
        ({"fused_activation_function": "RELU"}, "cell activation RELU is not supported"),
        ({"diagonal_recurrent_tensors": True}, "diagonal recurrent weights"),
        ({"cell_clip": float("nan")}, "clips are nan"),
    ],
)
def test_refused(fields: dict[str, Any], reason: str, refusal: Refusal) -> None:
    assert reason in str(refusal(lstm(**fields)))


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32"])
def test_the_plain_ones_are_not(dtype: str, load: Callable[[bytes], Any]) -> None:
    graph = load(lstm(dtype))
    assert [state.value.dtype.value for state in graph.states] == [dtype, "float32" if dtype == "float32" else "int16"]
