"""Which operators are quantised, and which tensors share a scale.

Everything is, but what has no int8 form, what feeds itself through a state (rounding would add up from step to step),
what the user wants in float, and what only moves or joins numbers that are there in float.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from codegen.ir import Graph, Operator, Tensor, ops
from codegen.quantize.scheme import FLOAT, FOLLOWING, Kind, is_float, kind_of

NO_KERNEL = "there is no int8 form of it"
RECURRENT = "it feeds itself through a state: roundings would add up"
ASKED = "asked for"
AMONG_FLOATS = "what it reads, or all that read it, is float"
NOT_FINITE = "its values are not finite"
TOO_COARSE = "the scale that TensorFlow Lite prescribes for int8 is too coarse for its values"
TOO_FAR = "its values leave the range that TensorFlow Lite prescribes for int8"


@dataclass(eq=False)
class Plan:
    """What is to be done with a graph.

    Attributes:
        graph: in float.
        kinds: how each operator is quantised, in order.
        kept: why the other float operators stay float.
    """

    graph: Graph
    kinds: dict[Operator, Kind] = field(default_factory=dict)
    kept: dict[Operator, str] = field(default_factory=dict)

    def keep(self, op: Operator, reason: str) -> None:
        """Let an operator stay float."""
        del self.kinds[op]
        self.kept[op] = reason

    @property
    def tensors(self) -> list[Tensor]:
        """The activations that are quantised, in order."""
        touched = (t for op in self.kinds for t in (*op.activations, *op.outputs) if t.dtype is FLOAT)
        return list(dict.fromkeys(touched))


def make_plan(graph: Graph, float_layers: Sequence[str] = ()) -> Plan:
    """The plan for a graph; operators whose names match `float_layers` stay float."""
    plan = Plan(graph)
    looping = _loops(graph)
    for op in graph.operators:
        if not is_float(op):
            continue
        kind = kind_of(op)
        asked = any(fnmatchcase(text, p) for p in float_layers for text in (op.name, op.source))
        reason = ASKED if asked else RECURRENT if op in looping else NO_KERNEL if kind is None else ""
        if reason or kind is None:
            plan.kept[op] = reason
        else:
            plan.kinds[op] = kind
    _follow(plan)
    return plan


def drop(plan: Plan, operators: Iterable[Operator], reason: str) -> None:
    """Let operators that were to be quantised stay float, and what is not worth a conversion then."""
    for op in list(operators):
        plan.keep(op, reason)
    _follow(plan)


def touching(plan: Plan, tensors: Iterable[Tensor]) -> list[Operator]:
    """The quantised operators that read or make one of the tensors."""
    wanted = set(tensors)
    return [op for op in plan.kinds if wanted.intersection([*op.activations, *op.outputs])]


def _follow(plan: Plan) -> None:
    """Let operators that are not worth a conversion be float where their neighbours are."""
    makers, readers = plan.graph.producers(), plan.graph.consumers()

    def made_in_float(op: Operator) -> bool:
        floats = [t for t in op.activations if t.dtype is FLOAT]
        return bool(floats) and all(makers.get(t) in plan.kept for t in floats)

    def read_in_float(op: Operator) -> bool:
        """By float operators alone, and nothing it reads is there in int8."""
        found = [reader for t in op.outputs for reader in readers.get(t, [])]
        outside = all(makers.get(t) not in plan.kinds for t in op.activations)
        return outside and bool(found) and all(reader in plan.kept for reader in found)

    before = -1
    while before != len(plan.kept):
        before = len(plan.kept)
        for op in [*plan.kinds, *reversed(plan.kinds)]:
            if op not in plan.kinds or not isinstance(op, FOLLOWING):
                continue
            if made_in_float(op) or read_in_float(op):
                plan.keep(op, AMONG_FLOATS)


def _loops(graph: Graph) -> set[Operator]:
    """The operators that lie on a way from a state back to it, perhaps through other states."""
    makers, readers = graph.producers(), graph.consumers()
    later = {state.next: state.value for state in graph.states}
    earlier = {state.value: state.next for state in graph.states}

    def ahead(tensor: Tensor) -> tuple[list[Operator], list[Tensor]]:
        found = readers.get(tensor, [])
        return found, [t for op in found for t in op.outputs] + ([later[tensor]] if tensor in later else [])

    def behind(tensor: Tensor) -> tuple[list[Operator], list[Tensor]]:
        found = [makers[tensor]] if tensor in makers else []
        return found, [t for op in found for t in op.activations] + ([earlier[tensor]] if tensor in earlier else [])

    return {op for state in graph.states for op in _reached(state.value, ahead) & _reached(state.next, behind)}


def _reached(start: Tensor, step: Callable[[Tensor], tuple[list[Operator], list[Tensor]]]) -> set[Operator]:
    """The operators that are found when one goes on from tensor to tensor."""
    seen, waiting, found = {start}, [start], set[Operator]()
    while waiting:
        operators, tensors = step(waiting.pop())
        found.update(operators)
        waiting += [t for t in tensors if t not in seen]
        seen.update(tensors)
    return found


def groups(plan: Plan) -> list[list[Tensor]]:
    """The quantised tensors, those together that must have one scale."""
    root: dict[Tensor, Tensor] = {}

    def find(tensor: Tensor) -> Tensor:
        while root.setdefault(tensor, tensor) is not tensor:
            tensor = root[tensor]
        return tensor

    for tensor in plan.tensors:
        find(tensor)
    for op, kind in plan.kinds.items():
        if kind is Kind.SAME:
            for tensor in (*op.activations, *op.outputs):
                if tensor.dtype is FLOAT:
                    root[find(tensor)] = find(op.y)
    members: dict[Tensor, list[Tensor]] = {}
    for tensor in root:
        members.setdefault(find(tensor), []).append(tensor)
    return list(members.values())


def constants(op: Operator) -> list[float]:
    """The extremes of what an operator puts beside the numbers that it reads."""
    arrays = [t.value for t in op.inputs if t is not None and t.is_constant and t.dtype is FLOAT]
    found = [float(limit) for values in arrays for limit in (values.min(), values.max())]
    return [*found, float(op.value)] if isinstance(op, ops.Pad) else found
