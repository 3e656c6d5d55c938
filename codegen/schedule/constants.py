"""Outputs that do not depend on the input.

Problem: a graph output may be a constant (everything before it folded away), but the user reads
outputs from the arena.
Method: a reshape of the constant to its own shape stands before all layers; a back-end copies it.
Guarantee: in the graph returned, every output is an activation; a graph without such outputs is returned as it is.
"""

from __future__ import annotations

from dataclasses import replace

from codegen.ir import Graph, Tensor
from codegen.ir.ops import Reshape


def copy_constant_outputs(graph: Graph) -> Graph:
    """`graph`, with a copy into the arena for each constant output."""
    constants = dict.fromkeys(t for t in graph.outputs if t.is_constant)
    if not constants:
        return graph
    copies = {t: Tensor(t.name, t.shape, t.dtype, t.quant) for t in constants}
    layers = [
        Reshape(inputs=[constant], outputs=[copy], name=copy.name, source="constant output", shape=copy.shape)
        for constant, copy in copies.items()
    ]
    outputs = [copies.get(t, t) for t in graph.outputs]
    return replace(graph, outputs=outputs, operators=[*layers, *graph.operators])
