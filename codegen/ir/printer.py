"""A graph as rows for a table, and as text for people and tests."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.ir.graph import Graph
from codegen.ir.operator import Operator, Shape
from codegen.ir.tensor import Quantization, Tensor


@dataclass(frozen=True)
class Row:
    """One operator.

    Attributes:
        index: position in the graph, from 0.
        op: operator and index in the file ("CONV_2D #3"), or the IR kind when there is no file.
        kind: of the IR operator ("conv_2d").
        name: of the layer.
        input_shapes: of the activations read.
        output_shape: of the first output.
        output_shapes: of all outputs.
        input_type: element type of the first input.
        output_type: element type of the first output.
        macs: multiply-accumulates.
        weight_bytes: bytes of the constants read.
        output_bytes: bytes of all outputs.
    """

    index: int
    op: str
    kind: str
    name: str
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    output_shapes: tuple[Shape, ...]
    input_type: str
    output_type: str
    macs: int
    weight_bytes: int
    output_bytes: int


def graph_rows(graph: Graph) -> list[Row]:
    """One row per operator, in order."""
    return [_row(index, op) for index, op in enumerate(graph.operators)]


def _row(index: int, op: Operator) -> Row:
    return Row(
        index=index,
        op=op.source or op.kind,
        kind=op.kind,
        name=op.name,
        input_shapes=tuple(t.shape for t in op.activations),
        output_shape=op.y.shape,
        output_shapes=tuple(t.shape for t in op.outputs),
        input_type=op.x.dtype.value,
        output_type=op.y.dtype.value,
        macs=op.macs(),
        weight_bytes=sum(t.bytes for t in op.inputs if t is not None and t.is_constant),
        output_bytes=sum(t.bytes for t in op.outputs),
    )


def print_graph(graph: Graph) -> str:
    """The graph as text, one line per input, state, operator, output and next value of a state.

    It reads like this::

        graph kws
        input  %0 "x" int8[1, 49, 10, 1] scale 0.58 zero 83
        %1 = conv_2d(%0, const int8[64, 10, 4, 1], const int32[64]) stride=(2, 2) -> "conv1" int8[1, 25, 5, 64]
        output %1
    """
    numbers: dict[Tensor, int] = {}
    lines = [f"graph {graph.name}"]
    lines += [f"input  %{_number(tensor, numbers)} {_described(tensor)}" for tensor in graph.inputs]
    lines += [f"state  %{_number(s.value, numbers)} {_described(s.value)}" for s in graph.states]
    lines += [_operator_line(op, numbers) for op in graph.operators]
    lines += [f"output {_operand(tensor, numbers)}" for tensor in graph.outputs]
    lines += [f"next   %{_number(s.value, numbers)} = {_operand(s.next, numbers)}" for s in graph.states]
    return "\n".join(lines) + "\n"


def _number(tensor: Tensor, numbers: dict[Tensor, int]) -> int:
    return numbers.setdefault(tensor, len(numbers))


def _operand(tensor: Tensor | None, numbers: dict[Tensor, int]) -> str:
    if tensor is None:
        return "none"
    return f"const {tensor.type_text}" if tensor.is_constant else f"%{_number(tensor, numbers)}"


def _described(tensor: Tensor) -> str:
    quant = f" {_quant_text(tensor.quant)}" if tensor.quant else ""
    return f'"{tensor.name}" {tensor.type_text}{quant}'


def _quant_text(quant: Quantization) -> str:
    if quant.per_channel:
        return f"{len(quant.scales)} scales on axis {quant.axis}"
    return f"scale {quant.scale:.6g} zero {quant.zero_point}"


def _operator_line(op: Operator, numbers: dict[Tensor, int]) -> str:
    reads = ", ".join(_operand(t, numbers) for t in op.inputs)
    writes = ", ".join(f"%{_number(t, numbers)}" for t in op.outputs)
    fields = "".join(f" {key}={getattr(value, 'name', value)}" for key, value in op.attributes().items())
    results = ", ".join(_described(t) for t in op.outputs)
    return f"{writes} = {op.kind}({reads}){fields} -> {results}"
