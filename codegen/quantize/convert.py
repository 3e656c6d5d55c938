"""From a plan and ranges to a graph that computes with integers.

Operators are put there one by one, conversions where a tensor is wanted in the form in which it is not there yet.
Inputs and outputs stay what they are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from codegen.ir import DType, Graph, Operator, Quantization, Tensor, ops
from codegen.ir.constraints import same_quant
from codegen.passes.integer.parts import quantized_values, twin
from codegen.passes.integer.table import function_table
from codegen.quantize.plan import Plan, constants, groups
from codegen.quantize.ranges import Range, with_zero
from codegen.quantize.scheme import FIXED_SCALES, FLOAT, Kind
from codegen.quantize.weights import Linear, integer_parameters, up_to_power

LEAST, MOST = DType.INT8.limits
TINY = float(np.finfo(np.float32).tiny)
NOTHING = Quantization((1 / 256,), (LEAST,))
"""Of a tensor that is always zero."""
WEIGHTS = "no scale of its weights and bias would do"


def quantization(low: float, high: float, *, powers: bool = False) -> Quantization:
    """The int8 scale and zero point of a range that has zero in it; zero is a number of it.

    With `powers` the scale is a power of two and the zero point 0.
    """
    low, high = with_zero(low, high)
    if powers:
        return Quantization((float(up_to_power(max(-low, high, TINY) / MOST)),), (0,))
    scale = float(np.float32((high - low) / (MOST - LEAST)))
    if scale < TINY:
        return NOTHING
    return Quantization((scale,), (int(np.clip(round(LEAST - low / scale), LEAST, MOST)),))


def covered(quant: Quantization) -> Range:
    """What int8 reaches."""
    return (LEAST - quant.zero_point) * quant.scale, (MOST - quant.zero_point) * quant.scale


def choose_scales(plan: Plan, ranges: Mapping[Tensor, Range], *, powers: bool = False) -> dict[Tensor, Quantization]:
    """Scale and zero point of each tensor that is quantised; `powers`: of two, and 0, unless they are prescribed.

    A group of tensors that share a scale takes it from those that are computed: where all of them have one that is
    prescribed, that one; else from the union of their ranges.
    """
    makers = plan.graph.producers()
    moved = {t for op, kind in plan.kinds.items() if kind is Kind.SAME for t in op.outputs}
    beside = {op.y: constants(op) for op, kind in plan.kinds.items() if kind is Kind.SAME}
    scales: dict[Tensor, Quantization] = {}
    for group in groups(plan):
        made = [t for t in group if t not in moved]
        added = [v for t in group for v in beside.get(t, [])]
        values = [v for t in made for v in ranges[t]] + added
        fixed = {_prescribed(plan, makers.get(t)) for t in made}
        only = fixed.pop() if len(fixed) == 1 and not any(added) else None
        scales |= dict.fromkeys(group, only or quantization(min(values), max(values), powers=powers))
    return scales


def _prescribed(plan: Plan, maker: Operator | None) -> Quantization | None:
    """The scale that an operator's result must have."""
    return FIXED_SCALES.get(type(maker)) if maker is not None and maker in plan.kinds else None


class Converter:
    """Makes the integer graph of a plan.

    Attributes:
        stored: the int8 tensor of each float tensor that has one.
    """

    def __init__(self, plan: Plan, scales: Mapping[Tensor, Quantization], bits: int, *, powers: bool = False) -> None:
        """`bits` of the weights: 8, or 16 where sums have room for them; `powers`: their scales are powers of two."""
        self.plan, self.scales, self.bits, self.powers = plan, scales, bits, powers
        self.stored: dict[Tensor, Tensor] = {}
        self._real: set[Tensor] = set(plan.graph.sources)
        self._operators: list[Operator] = []
        self._conversions: dict[Tensor, Operator] = {}

    def graph(self) -> Graph:
        """The graph; operators that turn out not to be possible in int8 stay float, and the plan says so."""
        for op in self.plan.graph.operators:
            if op in self.plan.kinds and self._put(op):
                continue
            for tensor in op.activations:
                self._make_real(tensor)
            self._operators.append(copy.copy(op))
            self._real.update(op.outputs)
        for tensor in self.plan.graph.sinks:
            self._make_real(tensor)
        return replace(self.plan.graph, operators=self._operators)

    def _make_real(self, tensor: Tensor) -> None:
        """Have the float form of a tensor computed, if nobody does so far."""
        if tensor in self._real or tensor not in self.stored:
            return
        self._operators.append(ops.Dequantize(inputs=[self.stored[tensor]], outputs=[tensor], name=tensor.name))
        self._real.add(tensor)

    def _put(self, op: Operator) -> bool:
        """Compute `op` with integers."""
        self._conversions = {}
        made = BUILDERS[self.plan.kinds[op]](self, op)
        new = [*self._conversions.values(), *made]
        problems = [text for each in new for text in each.violations()]
        if problems or not made:
            self.plan.keep(op, problems[0] if problems else WEIGHTS)
            return False
        self._operators += new
        self.stored |= {t: conversion.y for t, conversion in self._conversions.items()}
        self.stored |= {t: made_t for t, made_t in zip(op.outputs, made[-1].outputs, strict=True) if t.dtype is FLOAT}
        return True

    def _integers(self, tensor: Tensor | None, quant: Quantization | None = None) -> Tensor | None:
        """The int8 form of an operand: a constant at once, with scales as wanted or its own."""
        if tensor is None or tensor.dtype is not FLOAT:
            return tensor
        if tensor.is_constant:
            wanted = quant or quantization(float(tensor.value.min()), float(tensor.value.max()), powers=self.powers)
            return Tensor(tensor.name, tensor.shape, DType.INT8, wanted, quantized_values(tensor.value, wanted))
        if tensor in self.stored:
            return self.stored[tensor]
        if tensor not in self._conversions:
            made = self._result(tensor)
            self._conversions[tensor] = ops.Quantize(inputs=[tensor], outputs=[made], name=tensor.name)
        return self._conversions[tensor].y

    def _result(self, tensor: Tensor) -> Tensor:
        """The int8 form of what an operator makes."""
        return Tensor(tensor.name, tensor.shape, DType.INT8, self.scales[tensor]) if tensor.dtype is FLOAT else tensor

    def linear(self, op: Linear) -> list[Operator]:
        """A layer with weights; none where these cannot be rounded.  Convolutions alone have kernels for wide ones."""
        bits = self.bits if isinstance(op, ops.Conv2D | ops.DepthwiseConv2D) else 8
        parameters = integer_parameters(op, self.scales[op.x], self.scales[op.y], bits, powers=self.powers)
        return [twin(op, [self._integers(op.x), *parameters], [self._result(op.y)])] if parameters else []

    def own(self, op: Operator) -> list[Operator]:
        """Operands with the scales that they have."""
        return [twin(op, [self._integers(t) for t in op.inputs], [self._result(t) for t in op.outputs])]

    def fixed(self, op: Operator) -> list[Operator]:
        """A prescribed scale, and a conversion where the group's is another."""
        y, quant = self._result(op.y), FIXED_SCALES[type(op)]
        inputs = [self._integers(t) for t in op.inputs]
        if same_quant(y.quant, quant):
            return [twin(op, inputs, [y])]
        first = Tensor(op.y.name, op.y.shape, DType.INT8, quant)
        return [twin(op, inputs, [first]), ops.Quantize(inputs=[first], outputs=[y], name=op.name, source=op.source)]

    def same(self, op: Operator) -> list[Operator]:
        """Constants take the scale of the others."""
        quant = self.scales[op.y]
        made = twin(op, [self._integers(t, quant) for t in op.inputs], [self._result(t) for t in op.outputs])
        if isinstance(made, ops.Pad):
            made.value = int(quantized_values(np.array([made.value], np.float32), quant)[0])
        return [made]

    def table(self, op: Operator) -> list[Operator]:
        """256 results, computed in float."""
        (leaf,) = op.activations
        x, y = self._integers(leaf), self._result(op.y)
        assert x is not None
        results = function_table(ops.Quantize(inputs=[op.y], outputs=[y]), [op], x, leaf)
        table = Tensor(f"{op.name} table", results.shape, DType.INT8, y.quant, results)
        return [ops.Lookup(inputs=[x, table], outputs=[y], name=op.name, source=op.source)]


BUILDERS: dict[Kind, Callable[[Converter, Any], list[Operator]]] = {
    Kind.LINEAR: Converter.linear,
    Kind.OWN: Converter.own,
    Kind.FIXED: Converter.fixed,
    Kind.SAME: Converter.same,
    Kind.TABLE: Converter.table,
    Kind.PLACE: Converter.own,
}
