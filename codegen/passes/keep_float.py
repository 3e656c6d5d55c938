"""Layers that the user wants in float32: `--layer NAME=float32`.

    y = conv_2d(x int8, w int8, b int32)
    ->  y = quantize(conv_2d(dequantize(x), w float32, b float32))

Unlike most passes this one changes results, so it only runs when the user asks: it answers which layer loses the
accuracy.  NAME is a layer's name or place in the file ("CONV_2D #3"), or a pattern of these with * and ?.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np

from codegen.errors import GencError, Problem
from codegen.ir import DType, Graph, Operator, Tensor
from codegen.ir.ops import Dequantize, Quantize

FLOAT = DType.FLOAT32


def parse_layers(texts: Sequence[str]) -> tuple[str, ...]:
    """The names of `NAME=float32` options.

    Raises:
        GencError: one is not of that form.
    """
    wrong = [text for text in texts if not text.endswith(f"={FLOAT.value}") or text.startswith("=")]
    if wrong:
        raise GencError(f"{wrong[0]!r} is not NAME=float32", cure='e.g. --layer "CONV_2D #3=float32"')
    return tuple(text.removesuffix(f"={FLOAT.value}") for text in texts)


def keep_float(graph: Graph, patterns: Sequence[str]) -> Graph:
    """`graph` with the layers that match in float32.

    Raises:
        GencError: nothing matches a pattern, or a layer that does cannot be computed in float32.
    """
    matched = {p: [op for op in graph.operators if _matches(op, p)] for p in patterns}
    problems = [_unmatched(graph, pattern) for pattern, found in matched.items() if not found]
    chosen = {op for found in matched.values() for op in found}
    operators: list[Operator] = []
    for op in graph.operators:
        if op not in chosen or not _is_quantised(op):
            operators.append(op)
            continue
        made = _in_float(op)
        broken = [text for new in made for text in new.violations()]
        problems += [Problem(op.where, f"cannot be computed in float32: {broken[0]}")] if broken else []
        operators += made
    if problems:
        raise GencError("--layer cannot be done", problems)
    return replace(graph, operators=operators)


def _matches(op: Operator, pattern: str) -> bool:
    return fnmatchcase(op.name, pattern) or fnmatchcase(op.source, pattern)


def _unmatched(graph: Graph, pattern: str) -> Problem:
    names = [name for op in graph.operators for name in (op.source, op.name)]
    near = difflib.get_close_matches(pattern, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else "`gen-c inspect MODEL` lists them"
    return Problem(f"layer {pattern!r}", "is not in the model", hint)


def _is_quantised(op: Operator) -> bool:
    """A conversion is none: it has a float side already."""
    return not isinstance(op, Quantize | Dequantize) and any(t.quant is not None for t in op.outputs)


def _in_float(op: Operator) -> list[Operator]:
    """The operator between conversions."""
    before: list[Operator] = []
    after: list[Operator] = []
    twin = copy.copy(op)
    twin.inputs = [None if t is None else _real(op, i, t, before) for i, t in enumerate(op.inputs)]
    twin.outputs = [t if t.quant is None else Tensor(t.name, t.shape, FLOAT) for t in op.outputs]
    for real, t in zip(twin.outputs, op.outputs, strict=True):
        if real is not t:
            after.append(Quantize(inputs=[real], outputs=[t], name=t.name, source=op.source))
    return [*before, twin, *after]


def _real(op: Operator, index: int, tensor: Tensor, before: list[Operator]) -> Tensor:
    """An operand as float32: a constant at once, an activation by a conversion."""
    if tensor.quant is None and not (tensor.is_constant and _is_bias(op, index)):
        return tensor
    real = Tensor(tensor.name, tensor.shape, FLOAT)
    if tensor.data is None:
        before.append(Dequantize(inputs=[tensor], outputs=[real], name=op.name, source=op.source))
    else:
        scale, zero = _affine(op, index, tensor)
        real.data = ((tensor.data.astype(np.float64) - zero) * scale).astype(np.float32)
    return real


def _is_bias(op: Operator, index: int) -> bool:
    return index == 2 and hasattr(op, "weights")


def _affine(op: Operator, index: int, tensor: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Scale and zero point along the tensor's axes; a bias has the product of the other scales."""
    if _is_bias(op, index):
        x, weights = op.x.quant, op.operand(1).quant
        assert x is not None
        assert weights is not None
        return np.array(weights.scales) * x.scale, np.zeros(1)
    quant = tensor.quant
    assert quant is not None
    shape = [1] * len(tensor.shape)
    if quant.axis is not None:
        shape[quant.axis] = -1
    return np.array(quant.scales).reshape(shape), np.array(quant.zero_points).reshape(shape)
