"""The input that arrives row by row.

Problem: a model file's input is not always the tensor whose rows are computed with: spectrograms come flat and are
reshaped first, sequences of the channels-first formats are transposed first.
Method: such operators in front of everything are left out, and their result takes the place of the input.  A reshape
changes nothing for the user, who pushes the same bytes; a transpose says in which order the rows are to come.
Guarantee: arranged by `Push.arranged`, the rows of the input are those of the tensor that is pushed.
"""

from __future__ import annotations

from codegen.errors import GencError, Problem
from codegen.ir import Graph, Operator, Tensor
from codegen.ir.ops import Reshape, Transpose


def open_input(graph: Graph) -> tuple[Graph, tuple[Operator, ...]]:
    """`graph` without the operators that only rearrange its input, and these, in order.

    Raises:
        GencError: the model has not one input.
    """
    if len(graph.inputs) != 1:
        names = ", ".join(t.name for t in graph.inputs)
        problem = Problem("--input rows", f"takes a model with one input; this one has {len(graph.inputs)}: {names}")
        raise GencError("the input cannot arrive row by row", [problem])
    left_out: list[Operator] = []
    opened = graph.copy()
    while (mover := _only_mover(opened)) is not None:
        x, y = opened.inputs[0], mover.y
        rows = Tensor(x.name, y.shape, x.dtype, x.quant)
        opened.operators.remove(mover)
        opened.inputs = [rows]
        opened.replace_tensor(y, rows)
        left_out.append(mover)
    return (opened, tuple(left_out)) if left_out else (graph, ())


def _only_mover(graph: Graph) -> Operator | None:
    """The operator that rearranges the input, when nothing else sees the input or needs the result as it is."""
    (x,) = graph.inputs
    readers = graph.consumers()[x]
    if len(readers) != 1 or any(t is x or t is readers[0].y for t in graph.sinks):
        return None
    return readers[0] if isinstance(readers[0], Reshape | Transpose) else None
