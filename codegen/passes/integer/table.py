"""Any float function of one byte is a table of 256 bytes.

    y = quantize(f(dequantize(x)))    ->   y = lookup(x, table)

f is any expression of element-wise functions and single numbers: sigmoid, leaky_relu, x * sigmoid(x).  The table is
computed in float32 and rounded as QuantizeLinear does: exact.  Relus between equal quantisations are left to fusion.
"""

from __future__ import annotations

import numpy as np

from codegen import reference
from codegen.ir import Array, DType, Operator, Tensor
from codegen.ir.ops import Binary, Lookup, PRelu, Quantize, Relu, Relu6, ReluN1To1, Unary
from codegen.passes.integer.parts import between, quantized_values, stored
from codegen.passes.rewriter import Rewriter

MAX_STEPS = 32
CLAMPS = (Relu, Relu6, ReluN1To1)


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Put a table in the place of the expression that ends in the Quantize `op`."""
    if between(op, rewriter) is None:
        return False
    found = _expression(op, rewriter)
    if found is None:
        return False
    steps, leaf = found
    x = stored(leaf, rewriter)
    if x is None or not steps or (x.quant == op.y.quant and all(isinstance(s, CLAMPS) for s in steps)):
        return False
    table = Tensor(f"{op.name} table", (256,), DType.INT8, op.y.quant, function_table(op, steps, x, leaf))
    rewriter.replace(op, Lookup(inputs=[x, table], outputs=op.outputs, name=op.name, source=op.source))
    for step in steps:
        rewriter.remove(step)
    return True


def _expression(op: Operator, rewriter: Rewriter) -> tuple[list[Operator], Tensor] | None:
    """The element-wise operators before `op`, the last one first, and the one dequantised tensor that they read."""
    steps: list[Operator] = []
    inside = {op}
    leaf: Tensor | None = None
    waiting = [op.x]
    while waiting:
        tensor = waiting.pop()
        producer = rewriter.producer(tensor)
        if producer in inside or tensor is leaf:
            continue
        if stored(tensor, rewriter) is not None and leaf is None:
            leaf = tensor
            continue
        if not _is_step(producer, op) or rewriter.is_output(tensor) or len(steps) == MAX_STEPS:
            return None
        assert producer is not None
        steps.append(producer)
        inside.add(producer)
        waiting += producer.activations
    if leaf is None or any(reader not in inside for s in steps for reader in rewriter.consumers(s.y)):
        return None
    order = rewriter.graph.operators.index
    return sorted(steps, key=order, reverse=True), leaf


def _is_step(producer: Operator | None, op: Operator) -> bool:
    """Whether an operator works element by element, float32, with no constant but single numbers."""
    if not isinstance(producer, Unary | Binary | PRelu):
        return False
    tensors = [t for t in (*producer.inputs, *producer.outputs) if t is not None]
    alike = all(t.size == 1 if t.is_constant else t.shape == op.y.shape for t in tensors)
    return alike and all(t.dtype is DType.FLOAT32 for t in tensors)


def function_table(op: Quantize | Operator, steps: list[Operator], x: Tensor, leaf: Tensor) -> Array:
    """Results for every byte, indexed by the byte seen as unsigned."""
    assert x.quant is not None
    assert op.y.quant is not None
    numbers = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
    values = {leaf: (numbers - np.float32(x.quant.zero_point)) * np.float32(x.quant.scale)}
    for step in reversed(steps):
        inputs: list[Tensor | None] = [_probe(t) if t else None for t in step.inputs]
        arrays = [t.value.reshape(1) if t and t.is_constant else values[t] if t else None for t in step.inputs]
        probe = type(step)(**{**vars(step), "inputs": inputs, "outputs": [_probe(step.y)]})
        with np.errstate(all="ignore"):
            (values[step.y],) = reference.evaluate(probe, arrays)
    return quantized_values(values[op.x], op.y.quant)


def _probe(tensor: Tensor) -> Tensor:
    """A constant number, or a tensor of 256 elements."""
    if tensor.is_constant:
        return Tensor(tensor.name, (1,), tensor.dtype, None, tensor.value.reshape(1))
    return Tensor(tensor.name, (256,), tensor.dtype)
