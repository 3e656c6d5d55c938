"""TFLite's element-wise functions, as operators of the IR."""

from __future__ import annotations

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.operators import ANY_NUMBER, Convert, Rule, Site
from codegen.frontends.tflite.steps import Steps
from codegen.ir import DType, Operator, Tensor, ops
from codegen.ir.constraints import is_quantized, same_quant

UNARY: dict[str, type[Operator]] = {
    "ABS": ops.Abs,
    "CAST": ops.Cast,
    "CEIL": ops.Ceil,
    "COS": ops.Cos,
    "ELU": ops.Elu,
    "EXP": ops.Exp,
    "FLOOR": ops.Floor,
    "LOG": ops.Log,
    "LOGICAL_NOT": ops.LogicalNot,
    "NEG": ops.Neg,
    "ROUND": ops.Round,
    "RSQRT": ops.Rsqrt,
    "SIN": ops.Sin,
    "SQRT": ops.Sqrt,
    "SQUARE": ops.Square,
}

BINARY: dict[str, type[Operator]] = {
    "EQUAL": ops.Equal,
    "FLOOR_DIV": ops.FloorDiv,
    "FLOOR_MOD": ops.FloorMod,
    "GREATER": ops.Greater,
    "GREATER_EQUAL": ops.GreaterEqual,
    "LESS": ops.Less,
    "LESS_EQUAL": ops.LessEqual,
    "LOGICAL_AND": ops.LogicalAnd,
    "LOGICAL_OR": ops.LogicalOr,
    "NOT_EQUAL": ops.NotEqual,
    "SQUARED_DIFFERENCE": ops.SquaredDifference,
}


def _unary(kind: type[Operator]) -> Convert:
    return lambda site: site.single(kind)


def _binary(kind: type[Operator]) -> Convert:
    return lambda site: [site.make(kind, [site.tensor(0), site.tensor(1)], site.outputs)]


def _div(site: Site) -> list[Operator]:
    inputs: list[Tensor | None] = [site.tensor(0), site.tensor(1)]
    return [site.make(ops.Div, inputs, site.outputs, activation=site.activation())]


def _add_n(site: Site) -> list[Operator]:
    """A chain of additions, in order."""
    total, chain = site.tensor(0), []
    if is_quantized(total):
        return _add_n_int8(site)
    if len(site.inputs) == 1:
        return site.single(ops.Reshape, shape=total.shape)
    for index in range(1, len(site.inputs)):
        last = index == len(site.inputs) - 1
        result = site.outputs[0] if last else site.part(total, f"sum{index}")
        chain.append(site.make(ops.Add, [total, site.tensor(index)], [result]))
        total = result
    return chain


MAX_INT8_TERMS = 15
"""Of ADD_N: more may overflow what TFLM adds them in."""


def _add_n_int8(site: Site) -> list[Operator]:
    """As TFLM: exact sums of operands of one quantisation, less one zero point too many, requantised."""
    x, steps = site.tensor(0), Steps(site)
    tensors = [site.tensor(i) for i in range(len(site.inputs))]
    odd = [t for t in tensors if not same_quant(t.quant, x.quant) or t.shape != x.shape]
    odd += [t for t in (*tensors, *site.outputs) if t.dtype is not DType.INT8]
    if odd:
        raise RefusedError(f"tensor {odd[0].name!r}, {odd[0].type_text}, is not int8 as the first, in shape and scale")
    if not 2 <= len(tensors) <= MAX_INT8_TERMS:
        raise RefusedError(f"{len(tensors)} int8 operands; 2 to {MAX_INT8_TERMS} are supported")
    total = steps.whole_steps(x)
    for t in tensors[1:]:
        total = steps.step(ops.Add, total, steps.whole_steps(t))
    steps.fine_steps(total, x)
    return steps.done()


def _select(site: Site) -> list[Operator]:
    """SELECT: a condition of rank 1 chooses whole elements of the first axis."""
    condition, a = site.tensor(0), site.tensor(1)
    inputs: list[Tensor | None] = [condition, a, site.tensor(2)]
    if len(condition.shape) != 1 or len(a.shape) < 2:
        return [site.make(ops.Select, inputs, site.outputs)]
    aligned = site.part(condition, "condition")
    shape = (*condition.shape, *(1 for _ in a.shape[1:]))
    reshape = site.make(ops.Reshape, [condition], [aligned], shape=shape)
    return [reshape, site.make(ops.Select, [aligned, *inputs[1:]], site.outputs)]


def _select_v2(site: Site) -> list[Operator]:
    inputs: list[Tensor | None] = [site.tensor(0), site.tensor(1), site.tensor(2)]
    return [site.make(ops.Select, inputs, site.outputs)]


RULES: dict[str, Rule] = {
    **{name: Rule(kind, _unary(kind)) for name, kind in UNARY.items()},
    **{name: Rule(kind, _binary(kind), (2, 2)) for name, kind in BINARY.items()},
    "ADD_N": Rule(ops.Add, _add_n, ANY_NUMBER),
    "DIV": Rule(ops.Div, _div, (2, 2)),
    "SELECT": Rule(ops.Select, _select, (3, 3)),
    "SELECT_V2": Rule(ops.Select, _select_v2, (3, 3)),
}
"""The functions that have no other home."""
