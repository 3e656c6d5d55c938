"""One small model per element-wise function, reduction and look-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.support.sketch import IMAGE, Sketch

Model = Callable[[Sketch], None]
PLAIN: dict[str, Any] = {"scale": None, "zero": 0}


def unary(name: str, dtype: str = "float32", to: str = "", **options: Any) -> Model:
    def model(m: Sketch) -> None:
        quant = {} if dtype == "int8" else PLAIN
        m.operator(name, [m.x(dtype=dtype, **quant)], [m.y(dtype=to or dtype, **quant)], **options)

    return model


def sqrt(m: Sketch) -> None:
    x = m.tensor("positive", IMAGE, "float32")
    m.inputs.append(x)
    m.operator("SQRT", [x], [m.y(dtype="float32", **PLAIN)])


def binary(name: str, dtype: str = "float32", to: str = "", **options: Any) -> Model:
    def model(m: Sketch) -> None:
        quant = {} if dtype == "int8" else PLAIN
        out = {} if (to or dtype) == "int8" else PLAIN
        inputs = [m.x(dtype=dtype, **quant), m.x((1, 1, 1, 4), dtype, **quant)]
        m.operator(name, inputs, [m.y(dtype=to or dtype, **out)], **options)

    return model


def add_n(m: Sketch) -> None:
    m.operator("ADD_N", [m.x(dtype="int32", **PLAIN) for _ in range(3)], [m.y(dtype="int32", **PLAIN)])


def select(name: str, condition: tuple[int, ...]) -> Model:
    def model(m: Sketch) -> None:
        b = m.tensor("b", IMAGE, "int8", 0.1, -5, data=np.full(IMAGE, 7, np.int8))
        inputs = [m.x(condition, "bool", **PLAIN), m.x(), b]
        m.operator(name, inputs, [m.y(scale=0.1, zero=-5)])

    return model


def rsqrt(m: Sketch) -> None:
    m.operator("RSQRT", [m.x(zero=-128)], [m.y()])


MODELS: dict[str, Model] = {
    "ABS": unary("ABS", "int8"),
    "ADD_N": add_n,
    "CAST": unary("CAST", "float32", "int32"),
    "CEIL": unary("CEIL"),
    "COS": unary("COS"),
    "DIV": binary("DIV", "int8", fused_activation_function="RELU"),
    "ELU": unary("ELU"),
    "EQUAL": binary("EQUAL", "int32", "bool"),
    "EXP": unary("EXP"),
    "FLOOR": unary("FLOOR"),
    "FLOOR_DIV": binary("FLOOR_DIV"),
    "FLOOR_MOD": binary("FLOOR_MOD", "int32"),
    "GREATER": binary("GREATER", "int8", "bool"),
    "GREATER_EQUAL": binary("GREATER_EQUAL", "float32", "bool"),
    "LESS": binary("LESS", "int8", "bool"),
    "LESS_EQUAL": binary("LESS_EQUAL", "int64", "bool"),
    "LOG": unary("LOG", "int8"),
    "LOGICAL_AND": binary("LOGICAL_AND", "bool"),
    "LOGICAL_NOT": unary("LOGICAL_NOT", "bool"),
    "LOGICAL_OR": binary("LOGICAL_OR", "bool"),
    "NEG": unary("NEG"),
    "NOT_EQUAL": binary("NOT_EQUAL", "int8", "bool"),
    "ROUND": unary("ROUND"),
    "RSQRT": rsqrt,
    "SELECT": select("SELECT", (1,)),
    "SELECT_V2": select("SELECT_V2", (1, 6, 6, 1)),
    "SIN": unary("SIN"),
    "SQRT": sqrt,
    "SQUARE": unary("SQUARE"),
    "SQUARED_DIFFERENCE": binary("SQUARED_DIFFERENCE", "int8"),
}
"""What makes the model of each operator."""
