"""What every graph must be, whoever made it: checked after import and, in tests, after every pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from codegen.ir.graph import Graph
from codegen.ir.operator import Operator
from codegen.ir.tensor import Tensor


class GraphError(Exception):
    """A broken invariant: a defect of a front-end or a pass, not of the model."""


def verify(graph: Graph) -> None:
    """Check the invariants, in order.

    Raises:
        GraphError: the first that is broken, naming each operator or tensor concerned.
    """
    for check in INVARIANTS:
        if broken := list(check(graph)):
            raise GraphError("\n".join([f"Broken: {check.__doc__}", *broken]))


def _tensors(graph: Graph) -> dict[Tensor, str]:
    """Every tensor of the graph, with the first place where it occurs."""
    places = dict.fromkeys(graph.sources, "the inputs and states")
    for op in graph.operators:
        for t in (*op.inputs, *op.outputs):
            if t is not None:
                places.setdefault(t, op.where)
    for t in graph.sinks:
        places.setdefault(t, "the outputs and next states")
    return places


def one_producer(graph: Graph) -> Iterator[str]:
    """A tensor has one source: an input of the graph, a state, a constant, or one output of one operator."""
    counts = Counter([*graph.sources, *(t for op in graph.operators for t in op.outputs)])
    for tensor, place in _tensors(graph).items():
        sources = counts[tensor] + tensor.is_constant
        if sources != 1:
            yield f"{place}: tensor {tensor.name!r} has {sources} sources"


def producers_first(graph: Graph) -> Iterator[str]:
    """A tensor is written before it is read."""
    written = set(graph.sources)
    for op in graph.operators:
        for tensor in op.activations:
            if tensor not in written:
                yield f"{op.where}: tensor {tensor.name!r} is not yet written"
        written.update(op.outputs)


def constants_match(graph: Graph) -> Iterator[str]:
    """A constant's data has the tensor's shape and element type."""
    for tensor, place in _tensors(graph).items():
        if tensor.data is None:
            continue
        if tensor.data.shape != tensor.shape or tensor.data.dtype != tensor.dtype.numpy:
            found = f"{tensor.data.dtype}{list(tensor.data.shape)}"
            yield f"{place}: constant {tensor.name!r} is {tensor.type_text}, its data {found}"


def shapes_positive(graph: Graph) -> Iterator[str]:
    """Every dimension of an activation is at least 1."""
    for tensor, place in _tensors(graph).items():
        if not tensor.is_constant and min(tensor.shape, default=1) < 1:
            yield f"{place}: tensor {tensor.name!r} has shape {list(tensor.shape)}"


def quantization_fits(graph: Graph) -> Iterator[str]:
    """There are as many zero points as scales, in the type's range, and one per channel or one at all."""
    for tensor, place in _tensors(graph).items():
        quant = tensor.quant
        if quant is None:
            continue
        count = tensor.shape[quant.axis] if quant.axis is not None else 1
        low, high = tensor.dtype.limits if tensor.dtype.is_integer else (0, -1)
        fits = len(quant.scales) == len(quant.zero_points) == count
        if not fits or not all(s > 0 for s in quant.scales) or not all(low <= z <= high for z in quant.zero_points):
            yield f"{place}: the quantisation of {tensor.name!r}, {tensor.type_text}, does not fit it"


def operators_valid(graph: Graph) -> Iterator[str]:
    """An operator keeps its constraints, and its outputs have the shapes that it infers."""
    for op in graph.operators:
        problems = op.violations() or _wrong_shapes(op)
        yield from (f"{op.where}: {problem}" for problem in problems)


def _wrong_shapes(op: Operator) -> list[str]:
    inferred = op.infer_shapes()
    if len(inferred) != len(op.outputs):
        return [f"{len(op.outputs)} outputs for {len(inferred)} shapes"]
    return [
        f"tensor {t.name!r} has shape {list(t.shape)}, not {list(shape)}"
        for t, shape in zip(op.outputs, inferred, strict=True)
        if t.shape != shape
    ]


def outputs_reachable(graph: Graph) -> Iterator[str]:
    """Every output of the graph and every next state is an input, a state, a constant or the output of an operator."""
    known = {*graph.sources, *(t for op in graph.operators for t in op.outputs)}
    for tensor in graph.sinks:
        if tensor not in known and not tensor.is_constant:
            yield f"output {tensor.name!r} is never written"


def states_keep_their_type(graph: Graph) -> Iterator[str]:
    """Initial, present and next value of a state have one shape and element type."""
    for state in graph.states:
        found = [f"{t.dtype.value}{list(t.shape)}" for t in (state.value, state.next)]
        found.append(f"{state.initial.dtype}{list(state.initial.shape)}")
        if len(set(found)) != 1:
            yield f"state {state.name!r} has value, next value and initial value {', '.join(found)}"


INVARIANTS: tuple[Callable[[Graph], Iterator[str]], ...] = (
    one_producer,
    producers_first,
    outputs_reachable,
    states_keep_their_type,
    constants_match,
    shapes_positive,
    quantization_fits,
    operators_valid,
)
"""What must hold, in an order in which later ones presume the earlier."""
