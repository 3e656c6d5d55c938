"""Inputs and outputs of a generated library, spelt in C."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.backends.candidate import Constant
from codegen.ir import Array, DType, Tensor
from codegen.render.literals import C_TYPES, c_array, c_float, short_comment, short_string
from codegen.render.names import Names, PortNames
from codegen.render.state_text import place
from codegen.schedule.program import Program


@dataclass(frozen=True)
class Port:
    """An input or output.

    Attributes:
        index: position in the model, from 0.
        label: its name, safe in a comment.
        string: its name, as a C string literal.
        names: its identifiers.
        c_type, dtype: element type in C and its name in genc.h.
        rank, dims, size, bytes: dimensions and what follows; dims of a scalar are (1,).
        scale, zero_point: C literals; scale is "" when the tensor is not quantised.
        low, high: limits of the element type.
        part, offset: "arena" or "state", and where in it, bytes.
        pushed: an input that arrives row by row.
        overlaps: an output that shares bytes with an input.
        kept: an input that is still there after a run.
        labels: C string literals of the classes.
        golden: C text of the self-test's array, "" without one.
    """

    index: int
    label: str
    string: str
    names: PortNames
    c_type: str
    dtype: str
    rank: int
    dims: tuple[int, ...]
    size: int
    bytes: int
    scale: str
    zero_point: str
    low: int
    high: int
    part: str
    offset: int
    pushed: bool
    overlaps: bool
    kept: bool
    labels: tuple[str, ...]
    golden: str


def describe_ports(
    program: Program, names: Names, direction: str, golden: list[Array] | None = None, labels: tuple[str, ...] = ()
) -> tuple[Port, ...]:
    """All inputs (`direction` "input") or outputs, with their arrays of the self-test and the labels of the classes."""
    graph = program.graph
    tensors = graph.inputs if direction == "input" else graph.outputs
    port_names = names.ports(direction, [t.name for t in tensors])
    strings = tuple(map(short_string, labels))
    return tuple(
        _port(program, tensor, index=index, names=port_names[index], labels=strings, golden=text)
        for index, (tensor, text) in enumerate(zip(tensors, _golden(names, direction, tensors, golden), strict=True))
    )


def _golden(names: Names, direction: str, tensors: list[Tensor], arrays: list[Array] | None) -> list[str]:
    """The definitions of the arrays NAME_golden_input_0 ..., empty texts without a test vector."""
    if arrays is None:
        return [""] * len(tensors)
    return [
        c_array(Constant("golden", array), f"{names.name}_golden_{direction}_{index}", static=True).rstrip()
        for index, array in enumerate(arrays)
    ]


def _port(
    program: Program, tensor: Tensor, *, index: int, names: PortNames, labels: tuple[str, ...], golden: str
) -> Port:
    quant = tensor.quant if tensor.dtype in (DType.INT8, DType.UINT8, DType.INT16) else None
    zero_point = 0 if quant is None else quant.zero_point
    low, high = tensor.dtype.limits if tensor.dtype.is_integer else (0, 0)
    part, offset = place(program, program.offsets[tensor])
    pushed = program.push is not None and tensor is program.push.tensor
    shape = program.push.shape if program.push and pushed else tensor.shape
    return Port(
        index=index,
        label=short_comment(tensor.name),
        string=short_string(tensor.name),
        names=names,
        c_type=C_TYPES[tensor.dtype.value],
        dtype=f"GENC_{tensor.dtype.name}",
        rank=len(shape),
        dims=shape or (1,),
        size=tensor.size,
        bytes=tensor.bytes,
        scale="" if quant is None else c_float(quant.scale),
        zero_point=f"({zero_point})" if zero_point < 0 else str(zero_point),
        low=low,
        high=high,
        part=part,
        offset=offset,
        pushed=pushed,
        overlaps=any(_overlap(program, tensor, other) for other in program.graph.inputs),
        kept=_kept(program, tensor),
        labels=labels,
        golden=golden,
    )


def _overlap(program: Program, a: Tensor, b: Tensor) -> bool:
    """Whether two tensors share bytes of the arena; rows that are pushed may lie anywhere."""
    start, other = program.offsets[a], program.offsets[b]
    if program.push is not None:
        return True
    return start < other + b.bytes and other < start + a.bytes


def _kept(program: Program, tensor: Tensor) -> bool:
    """Whether nothing is written over a tensor that the user has filled: only its own views lie on it."""
    start, end = program.offsets[tensor], program.offsets[tensor] + tensor.bytes
    views = {p.tensor: p.view_of for p in program.placements if p.tensor is not None}

    def related(other: Tensor | None) -> bool:
        """Whether `other` is the tensor or a view of it, at any remove."""
        while other is not None and other is not tensor:
            other = views.get(other)
        return other is tensor

    return all(related(p.tensor) for p in program.placements if p.offset < end and start < p.offset + p.bytes)
