"""The arithmetic of `pnnx.Expression`: add(mul(@0,@1),0.5)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.site import Rule, Site
from codegen.frontends.onnx.terms import one, scalar, vector
from codegen.frontends.pnnx.operator import Call, rule
from codegen.ir import Tensor, ops

_TOKEN = re.compile(r"\s*(@\d+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[A-Za-z_][\w.]*|[(),\[\]])")
MAX_DEPTH = 64

Value = Tensor | float | int | tuple[Any, ...]

UNARY = {
    name.lower(): name
    for name in [
        "Abs",
        "Neg",
        "Floor",
        "Ceil",
        "Round",
        "Exp",
        "Log",
        "Sqrt",
        "Sin",
        "Cos",
        "Tan",
        "Asin",
        "Acos",
        "Atan",
        "Sinh",
        "Cosh",
        "Tanh",
        "Asinh",
        "Acosh",
        "Atanh",
        "Sign",
        "Reciprocal",
        "Sigmoid",
        "Erf",
        "Relu",
    ]
}
BINARY = {
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "div": "Div",
    "pow": "Pow",
    "max": "Max",
    "maximum": "Max",
    "min": "Min",
    "minimum": "Min",
}
COMPARED = {"eq": "Equal", "gt": "Greater", "ge": "GreaterOrEqual", "lt": "Less", "le": "LessOrEqual"}
COMPOSED: dict[str, Callable[[Site, Tensor], Tensor]] = {
    "square": lambda site, x: one(site, "Mul", x, x),
    "rsqrt": lambda site, x: one(site, "Reciprocal", one(site, "Sqrt", x)),
    "log10": lambda site, x: one(site, "Mul", one(site, "Log", x), scalar(site, 1 / math.log(10))),
    "log1p": lambda site, x: one(site, "Log", one(site, "Add", x, scalar(site, 1))),
    "expm1": lambda site, x: one(site, "Sub", one(site, "Exp", x), scalar(site, 1)),
    "trunc": lambda site, x: one(site, "Mul", one(site, "Sign", x), one(site, "Floor", one(site, "Abs", x))),
}
NUMBERS: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "floor_divide": lambda a, b: a // b,
    "pow": lambda a, b: a**b,
}
"""The same of plain numbers, which are sizes."""


class _Parser:
    """Reads an expression from left to right and computes it."""

    def __init__(self, call: Call) -> None:
        self._call, self._site = call, call.site
        text, at = str(call.get("expr", "")), 0
        self._tokens: list[str] = []
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise RefusedError(f"its expression cannot be read at {text[at : at + 20]!r}")
            self._tokens.append(match[1])
            at = match.end()
        self._tokens.reverse()

    def result(self) -> Value:
        """What all of it is."""
        value = self._value(0)
        if self._tokens:
            raise RefusedError(f"its expression has more behind its end: {self._tokens[-1]!r}")
        return value

    def _take(self) -> str:
        if not self._tokens:
            raise RefusedError("its expression ends too early")
        return self._tokens.pop()

    def _value(self, depth: int) -> Value:
        word = self._take()
        if depth > MAX_DEPTH:
            raise RefusedError("its expression is nested too deeply")
        if word.startswith("@"):
            index = int(word[1:])
            if index >= len(self._call.operands):
                raise RefusedError(f"its expression reads operand {index} of {len(self._call.operands)}")
            return self._call.operands[index]
        if word == "[":
            return tuple(self._arguments("]", depth))
        if word[0].isdigit() or word[0] in "+-.":
            return float(word) if any(c in word for c in ".eE") else int(word)
        if self._take() != "(":
            raise RefusedError(f"its expression has {word!r} without arguments")
        return self._apply(word.removeprefix("torch."), self._arguments(")", depth))

    def _arguments(self, end: str, depth: int) -> list[Value]:
        values: list[Value] = []
        if self._tokens and self._tokens[-1] == end:
            self._take()
            return values
        while True:
            values.append(self._value(depth + 1))
            word = self._take()
            if word == end:
                return values
            if word != ",":
                raise RefusedError(f"its expression has {word!r} where an argument ends")

    def _apply(self, name: str, values: list[Value]) -> Value:
        if name == "size" and len(values) == 2 and isinstance(values[0], Tensor) and isinstance(values[1], int):
            return values[0].shape[self._site.axis(values[1], len(values[0].shape))]
        if name in {"int", "float"} and len(values) == 1 and not isinstance(values[0], Tensor | tuple):
            return int(values[0]) if name == "int" else float(values[0])
        plain = [v for v in values if isinstance(v, int | float)]
        if len(plain) == len(values) == 2 and name in NUMBERS:
            try:
                return NUMBERS[name](plain[0], plain[1])
            except (ArithmeticError, TypeError) as error:
                raise RefusedError(f"its expression cannot be computed: {error}") from error
        tensors = [v if isinstance(v, Tensor) else self._number(v) for v in values]
        if len(tensors) == 1 and name in UNARY:
            return one(self._site, UNARY[name], *tensors)
        if len(tensors) == 1 and name in COMPOSED:
            return COMPOSED[name](self._site, tensors[0])
        if len(tensors) == 2 and name in BINARY | COMPARED:
            return one(self._site, (BINARY | COMPARED)[name], *tensors)
        raise RefusedError(f"{name} of {len(values)} arguments is not supported")

    def _number(self, value: Value) -> Tensor:
        if isinstance(value, Tensor | tuple):
            raise RefusedError("its expression computes with a list")
        return scalar(self._site, float(value))


def _expression(call: Call) -> Tensor:
    value = _Parser(call).result()
    if isinstance(value, Tensor):
        return value
    if isinstance(value, tuple):
        if not all(isinstance(v, int) for v in value):
            raise RefusedError("its expression is a list that is not known now")
        return vector(call.site, value)
    return scalar(call.site, value) if isinstance(value, float) else vector(call.site, [value])


RULES: dict[str, Rule] = {"pnnx.Expression": rule(ops.Add, _expression, "expr")}
