"""A network with integers at its borders: conversions of inputs and outputs are left to the caller.

Unlike the other passes this one changes what the model takes and gives, so it only runs when the user asks.
A float input that is quantised first, and only that, becomes the quantised tensor; an output that is
dequantised last becomes the tensor before.  Scale and zero point stay with the tensors.
"""

from __future__ import annotations

from dataclasses import replace

from codegen.ir import Graph, Operator, Tensor
from codegen.ir.ops import Dequantize, Quantize


def quantized_borders(graph: Graph) -> Graph:
    """`graph` without the conversions at its borders."""
    readers = {t: [op for op in graph.operators if t in op.inputs] for t in graph.inputs}
    first = {
        t: op
        for t, (op, *more) in ((t, ops) for t, ops in readers.items() if ops)
        if isinstance(op, Quantize) and not more and t not in graph.sinks and not t.dtype.is_integer
    }
    removed: set[Operator] = set(first.values())
    makers = {op.y: op for op in graph.operators if isinstance(op, Dequantize) and not op.x.is_constant}

    def outside(tensor: Tensor) -> Tensor:
        """What takes the place of an output."""
        return makers[tensor].x if tensor in makers else tensor

    outputs = [outside(t) for t in graph.outputs]
    read = {t for op in graph.operators for t in op.inputs}
    removed |= {op for t, op in makers.items() if t in graph.outputs and t not in read}
    return replace(
        graph,
        inputs=[first[t].y if t in first else t for t in graph.inputs],
        outputs=outputs,
        operators=[op for op in graph.operators if op not in removed],
    )
