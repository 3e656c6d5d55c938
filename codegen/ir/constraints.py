"""Constraints shared by operators: each docstring is a rule in docs/operators.md, each result an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.ir.tensor import DType

if TYPE_CHECKING:
    from codegen.ir.operator import Operator


def int8_activations(op: Operator) -> str | None:
    """Activations in and out are int8."""
    wrong = [t for t in (*op.activations, *op.outputs) if t.dtype is not DType.INT8]
    return f"tensor {wrong[0].name!r} is {wrong[0].type_text}; only int8 is supported here" if wrong else None


def quantized(op: Operator) -> str | None:
    """Every int8 tensor has a scale and a zero point, the activations one for the whole tensor."""
    for t in (*op.inputs, *op.outputs):
        if t is None or t.dtype not in (DType.INT8, DType.UINT8, DType.INT16):
            continue
        if t.quant is None:
            return f"tensor {t.name!r} ({t.type_text}) has no quantisation: convert with full-integer quantisation"
        if t.quant.per_channel and not t.is_constant:
            return f"activation {t.name!r} is quantised per channel; only weights may be"
    return None


def same_quantization(op: Operator) -> str | None:
    """Input and output have the same scale and zero point."""
    first = op.y.quant
    for t in (*(t for t in op.inputs if t is not None and t.quant is not None), *op.outputs):
        if t.quant != first:
            return f"tensor {t.name!r} has another scale or zero point than {op.y.name!r}"
    return None


def constant_parameters(op: Operator) -> str | None:
    """Every input but the first is constant."""
    for t in op.inputs[1:]:
        if t is not None and not t.is_constant:
            return f"input {t.name!r} is computed at run time; it must be a constant of the model"
    return None


def symmetric_weights(op: Operator) -> str | None:
    """Weights are int8 with zero point 0."""
    weights = op.operand(1)
    if weights.dtype is not DType.INT8:
        return f"weights {weights.name!r} are {weights.dtype.value}; only int8 weights are supported"
    if weights.quant is not None and any(weights.quant.zero_points):
        return f"weights {weights.name!r} have a zero point other than 0"
    return None
