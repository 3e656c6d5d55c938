"""Let a recurrent layer of which only the last output is read keep no others.

    y, h = lstm(x); z = slice(y, the last step)       ->   y, h = lstm(x); z = reshape(h)
    y, h = lstm(x)          (nobody reads y)          ->   y, h = lstm(x, last_only)

The last step is that of time 0 in a layer that runs backward.  Between layer and slice elements may only move.
"""

from __future__ import annotations

import numpy as np

from codegen.ir import DType, Operator
from codegen.ir.ops import Gather, Reshape, Slice, Transpose
from codegen.ir.ops.sequence import Recurrent
from codegen.passes.rewriter import Rewriter
from codegen.reference import evaluate

MOVING = (Gather, Reshape, Slice, Transpose)
MOST_ELEMENTS = 1 << 24
"""Numbers up to here are exact in float32."""


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Read the state instead of the end of the sequence; give a sequence up that nobody reads."""
    if isinstance(op, Recurrent):
        return _forget_sequence(op, rewriter)
    return isinstance(op, Slice | Gather) and _read_state(op, rewriter)


def _forget_sequence(op: Recurrent, rewriter: Rewriter) -> bool:
    read = rewriter.consumers(op.y) or rewriter.is_output(op.y)
    if op.last_only or op.x.dtype is not DType.FLOAT32 or read:
        return False
    op.last_only = True
    op.y.shape = op.infer_shapes()[0]
    rewriter.changed()
    return True


def _read_state(op: Operator, rewriter: Rewriter) -> bool:
    chain, layer = [op], rewriter.producer(op.x)
    while isinstance(layer, MOVING) and len(layer.activations) == 1 and layer.activations[0] is layer.x:
        chain.append(layer)
        layer = rewriter.producer(layer.x)
    source = chain[-1].x
    if not isinstance(layer, Recurrent) or layer.y is not source or op.activations != [op.x]:
        return False
    if layer.last_only or source.dtype is not DType.FLOAT32 or source.size > MOST_ELEMENTS:
        return False
    numbers = np.arange(source.size, dtype=np.float32).reshape(source.shape)
    last = numbers.take(0 if layer.backward else -1, axis=0 if layer.time_major else 1)
    for moving in reversed(chain):
        constants = [None if t is None else t.value for t in moving.inputs[1:]]
        (numbers,) = evaluate(moving, [numbers, *constants])
    if not np.array_equal(numbers.reshape(-1), last.reshape(-1)):
        return False
    state = layer.outputs[1]
    rewriter.replace(op, Reshape(inputs=[state], outputs=[op.y], shape=op.y.shape, name=op.name, source=op.source))
    return True
