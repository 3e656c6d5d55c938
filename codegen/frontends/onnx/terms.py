"""Other formats in ONNX's words: a rule of theirs calls the rule of an ONNX operator that says the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from codegen.frontends.onnx.rules import RULES
from codegen.frontends.onnx.site import ANY_NUMBER, Site
from codegen.ir import Operator, Tensor

OPSET = 22
"""Version of ONNX's operators that other formats are said in."""


def onnx(site: Site, op: str, *inputs: Tensor | None, outputs: int = 1, **attributes: Any) -> list[Tensor]:
    """What an ONNX operator of version OPSET makes of tensors.

    Args:
        site: of the layer that is being translated.
        op: the operator.
        inputs: what it reads; None where one is left out.
        outputs: how many it writes.
        attributes: those that are not the operator's defaults.

    Raises:
        RefusedError: the operator is not supported with these.
    """
    rule = RULES[op]
    most = len(inputs) if rule.inputs[1] == ANY_NUMBER else rule.inputs[1]
    inner = replace(
        site,
        op=op,
        opset=OPSET,
        attributes=rule.attributes_of({name: value for name, value in attributes.items() if value is not None}),
        inputs=[*inputs, *[None] * (most - len(inputs))],
        wanted=(True,) * outputs,
    )
    results = rule.convert(inner)
    return [results] if isinstance(results, Tensor) else [t for t in results if t is not None]


def one(site: Site, op: str, *inputs: Tensor | None, **attributes: Any) -> Tensor:
    """The same, of an operator with one output."""
    return onnx(site, op, *inputs, **attributes)[0]


def kind_of(op: str) -> type[Operator]:
    """The IR operator that an ONNX operator becomes, or ends in; for the documentation."""
    return RULES[op].kind


def vector(site: Site, values: Any) -> Tensor:
    """A constant of int64, as ONNX has shapes, axes and sizes."""
    return site.constant(np.array(values, np.int64), label="parameter")


def scalar(site: Site, value: float) -> Tensor:
    """A float32 constant of rank 0."""
    return site.constant(np.float32(value))
