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


def reduction(name: str, dtype: str = "int8") -> Model:
    def model(m: Sketch) -> None:
        quant: dict[str, Any] = {"scale": 0.1, "zero": -5} if dtype == "int8" else PLAIN
        m.operator(name, [m.x(dtype=dtype, **quant), m.numbers(1, 2)], [m.y((1, 4), dtype, **quant)], keep_dims=False)

    return model


def place(name: str) -> Model:
    def model(m: Sketch) -> None:
        m.operator(name, [m.x(), m.numbers(3)], [m.y((1, 6, 6), "int32", **PLAIN)], output_type="INT32")

    return model


def gather(m: Sketch) -> None:
    indices = m.tensor("indices", (3,), "int32", data=[5, 0, 2])
    m.operator("GATHER", [m.x(), indices], [m.y((1, 6, 3, 4), scale=0.1, zero=-5)], axis=2)


def gather_nd(m: Sketch) -> None:
    indices = m.tensor("indices", (3, 2), "int32", data=[[0, 5], [0, 0], [0, 2]])
    m.operator("GATHER_ND", [m.x(), indices], [m.y((3, 6, 4), scale=0.1, zero=-5)])


def update_slice(m: Sketch) -> None:
    start = m.x((4,), "int32", **PLAIN)
    m.operator("DYNAMIC_UPDATE_SLICE", [m.x(), m.x((1, 2, 3, 4)), start], [m.y(scale=0.1, zero=-5)])


def embedding(m: Sketch) -> None:
    ids = m.tensor("ids", (2,), "int32", data=[2, 0])
    m.operator("EMBEDDING_LOOKUP", [ids, m.x((3, 4))], [m.y((2, 4), scale=0.1, zero=-5)])


def layout(name: str, before: tuple[int, ...], after: tuple[int, ...], *constants: Any, **options: Any) -> Model:
    def model(m: Sketch) -> None:
        numbers = [m.numbers(c) for c in constants]
        m.operator(name, [m.x(before), *numbers], [m.y(after, scale=0.1, zero=-5)], **options)

    return model


def fill(m: Sketch) -> None:
    m.operator("FILL", [m.numbers(2, 3), m.x(())], [m.y((2, 3), scale=0.1, zero=-5)])


def log_softmax(m: Sketch) -> None:
    m.operator("LOG_SOFTMAX", [m.x()], [m.y(scale=1 / 16, zero=127)])


def l2_norm(m: Sketch) -> None:
    m.operator("L2_NORMALIZATION", [m.x()], [m.y(scale=1 / 128, zero=0)])


def l2_pool(m: Sketch) -> None:
    options = {"padding": "SAME", "stride_w": 2, "stride_h": 2, "filter_width": 3, "filter_height": 3}
    m.operator("L2_POOL_2D", [m.x(dtype="float32", **PLAIN)], [m.y((1, 3, 3, 4), "float32", **PLAIN)], **options)


def batch_matmul(m: Sketch) -> None:
    m.operator("BATCH_MATMUL", [m.x((2, 3, 5)), m.x((1, 4, 5))], [m.y((2, 3, 4))], adj_x=False, adj_y=True)


def cumsum(m: Sketch) -> None:
    inputs = [m.x(dtype="int32", **PLAIN), m.numbers(2)]
    m.operator("CUMSUM", inputs, [m.y(dtype="int32", **PLAIN)], exclusive=True, reverse=True)


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
    "ARG_MAX": place("ARG_MAX"),
    "ARG_MIN": place("ARG_MIN"),
    "BATCH_TO_SPACE_ND": layout("BATCH_TO_SPACE_ND", (4, 3, 3, 4), (1, 5, 6, 4), [2, 2], [[1, 0], [0, 0]]),
    "BROADCAST_TO": layout("BROADCAST_TO", (1, 6, 1, 4), (2, 6, 3, 4), [2, 6, 3, 4]),
    "DEPTH_TO_SPACE": layout("DEPTH_TO_SPACE", (1, 3, 3, 8), (1, 6, 6, 2), block_size=2),
    "DYNAMIC_UPDATE_SLICE": update_slice,
    "EMBEDDING_LOOKUP": embedding,
    "FILL": fill,
    "GATHER": gather,
    "GATHER_ND": gather_nd,
    "MIRROR_PAD": layout("MIRROR_PAD", IMAGE, (1, 9, 7, 4), [[0, 0], [1, 2], [0, 1], [0, 0]], mode="REFLECT"),
    "REDUCE_ALL": reduction("REDUCE_ALL", "bool"),
    "REDUCE_ANY": reduction("REDUCE_ANY", "bool"),
    "REDUCE_MAX": reduction("REDUCE_MAX"),
    "REDUCE_MIN": reduction("REDUCE_MIN"),
    "REDUCE_PROD": reduction("REDUCE_PROD", "int32"),
    "REVERSE_V2": layout("REVERSE_V2", IMAGE, IMAGE, [2]),
    "SPACE_TO_BATCH_ND": layout("SPACE_TO_BATCH_ND", (1, 5, 6, 4), (4, 3, 3, 4), [2, 2], [[1, 0], [0, 0]]),
    "SPACE_TO_DEPTH": layout("SPACE_TO_DEPTH", IMAGE, (1, 3, 3, 16), block_size=2),
    "SUM": reduction("SUM", "float32"),
    "TILE": layout("TILE", IMAGE, (1, 12, 6, 12), [1, 2, 1, 3]),
    "L2_NORMALIZATION": l2_norm,
    "L2_POOL_2D": l2_pool,
    "LOG_SOFTMAX": log_softmax,
    "BATCH_MATMUL": batch_matmul,
    "CUMSUM": cumsum,
}
"""What makes the model of each operator."""
