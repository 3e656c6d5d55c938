"""Float operators between Dequantize and Quantize become integer operators: what QDQ graphs of ONNX mean.

    y = quantize(f(dequantize(x), weights))     ->   y = f(x, weights as stored)      int8

Unlike the other passes these change results, by at most one unit of each layer's output: an importer runs them, so
that the imported graph is the integer network.  Numbers that move, or are compared, keep their values: Dequantize
sinks and Quantize rises through such operators until both meet.  What fits no pattern stays in float.
"""

from __future__ import annotations

from collections.abc import Callable

from codegen.ir import Graph, Operator
from codegen.ir.ops import Dequantize, Quantize
from codegen.passes import eliminate_dead, run_passes
from codegen.passes.integer import (
    average,
    binary,
    concat,
    conversions,
    linear,
    mean,
    rise,
    signed,
    sink,
    softmax,
    table,
)
from codegen.passes.rewriter import Rewriter

PASSES: dict[str, Callable[[Operator, Rewriter], bool]] = {
    "eliminate_dead": eliminate_dead.apply,
    "integer_signed": signed.apply,
    "integer_sink": sink.apply,
    "integer_conversions": conversions.apply,
    "integer_table": table.apply,
    "integer_linear": linear.apply,
    "integer_binary": binary.apply,
    "integer_mean": mean.apply,
    "integer_average": average.apply,
    "integer_softmax": softmax.apply,
    "integer_concat": concat.apply,
    "integer_rise": rise.apply,
}


def make_integer(graph: Graph) -> None:
    """Rewrite a graph that has both conversions, in place; others stay as they are."""
    kinds = {type(op) for op in graph.operators}
    if {Quantize, Dequantize} <= kinds:
        graph.integer = run_passes(graph, PASSES).total() > 0
