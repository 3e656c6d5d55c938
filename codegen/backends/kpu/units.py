"""What the KPU computes by a layer of its own: convolutions with what they take along, functions, sums, joined maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codegen.backends.kpu.convolution import (
    Convolution,
    Linear,
    convolution,
    function_bytes,
    fused_pool,
    refusal,
    share_of_sums,
    with_function,
)
from codegen.backends.kpu.requantize import Tables
from codegen.backends.kpu.sums import Sum, byte_function, planes, solve_sum
from codegen.backends.kpu.words import natural
from codegen.ir import Activation, DType, Operator, Tensor
from codegen.ir.ops import Add, Concat, Conv2D, DepthwiseConv2D, Lookup, MaxPool2D, Sub

BYTES = 256


@dataclass(frozen=True, eq=False)
class Chain:
    """A convolution with the function and the maximum behind it that the same layer of the chip computes.

    Attributes:
        conv: with the function.
        behind: the operators that it takes along, in order.
        pool: the chip's pool_type.
    """

    conv: Convolution
    behind: tuple[Operator, ...]
    pool: int

    @property
    def members(self) -> tuple[Operator, ...]:
        """In order."""
        return (self.conv.op, *self.behind)


@dataclass(frozen=True, eq=False)
class Function:
    """A byte-to-byte function; without tables the CPU computes it, in KPU RAM."""

    op: Lookup
    tables: Tables | None

    @property
    def members(self) -> tuple[Operator, ...]:
        """In order."""
        return (self.op,)


@dataclass(frozen=True, eq=False)
class Total:
    """A sum or a difference of two maps."""

    op: Add | Sub
    sum: Sum

    @property
    def members(self) -> tuple[Operator, ...]:
        """In order."""
        return (self.op,)


@dataclass(frozen=True, eq=False)
class Join:
    """A concatenation of channels."""

    op: Concat

    @property
    def members(self) -> tuple[Operator, ...]:
        """In order."""
        return (self.op,)


Unit = Chain | Function | Total | Join


def result(unit: Unit) -> Tensor:
    """What it computes."""
    return unit.members[-1].y


@dataclass(frozen=True)
class Surroundings:
    """What decides about units.

    Attributes:
        rotated: maps are.
        exact: nothing that could differ from TFLite.
        consumers: who reads each tensor.
        sinks: tensors that leave the graph.
    """

    rotated: bool
    exact: bool
    consumers: dict[Tensor, list[Operator]]
    sinks: frozenset[Tensor]

    def only_reader(self, tensor: Tensor) -> Operator | None:
        """Who alone reads a tensor; None as well when it leaves the graph."""
        readers = self.consumers.get(tensor, [])
        return readers[0] if len(readers) == 1 and tensor not in self.sinks else None


def unit_of(op: Operator, around: Surroundings) -> Unit | None:
    """The unit that begins with an operator, None when that is the CPU's."""
    match op:
        case Conv2D() | DepthwiseConv2D():
            return _chain(op, around)
        case Lookup() if _is_map(op.x) and _is_map(op.y):
            return _function(op, around)
        case Add() | Sub() if _adds_maps(op):
            found = solve_sum(op)
            return Total(op, found) if found is not None and _good(found.tables, around) else None
        case Concat() if op.axis == 3 and _joins_maps(op):
            return Join(op)
    return None


def _good(tables: Tables, around: Surroundings) -> bool:
    return tables.exact or (tables.error <= 1 and not around.exact)


def _chain(op: Linear, around: Surroundings) -> Chain | None:
    if refusal(op) is not None:
        return None
    try:
        conv = convolution(op, rotated=around.rotated)
    except ValueError:
        return None
    behind, pool, tensor = list[Operator](), 0, op.y
    lookup: Lookup | None = None
    while (reader := around.only_reader(tensor)) is not None:
        fused = _fused(conv, reader, around) if isinstance(reader, Lookup) and lookup is None else None
        kind = fused_pool(op, reader, lookup) if isinstance(reader, MaxPool2D) and not pool else None
        if isinstance(reader, Lookup) and fused is not None and (not pool or rises(reader)):
            conv, lookup = fused, reader
        elif kind is not None:
            pool = kind
        else:
            break
        behind.append(reader)
        tensor = reader.y
    return Chain(conv, tuple(behind), pool) if _good(conv.tables, around) else None


def rises(lookup: Lookup) -> bool:
    """Whether a function never falls: then the largest result is that of the largest input."""
    return bool((np.diff(function_bytes(lookup)) >= 0).all())


def _fused(conv: Convolution, lookup: Lookup, around: Surroundings) -> Convolution | None:
    """The convolution with a function in its table, unless a layer of its own for the function errs less."""
    if lookup.y.dtype is not DType.INT8:
        return None
    fused = with_function(conv.op, lookup, rotated=around.rotated)
    if fused is None or not _good(fused.tables, around):
        return None
    alone = _function(lookup, around).tables if _is_map(lookup.y) else None
    apart = np.inf if alone is None else share_of_sums(conv) + alone.wrong.sum() / BYTES
    return fused if share_of_sums(fused) <= apart else None


def _function(op: Lookup, around: Surroundings) -> Function:
    tables = byte_function(function_bytes(op)) if planes(natural(op.y.shape).rows, 1) is not None else None
    return Function(op, tables if tables is not None and _good(tables, around) else None)


def _is_map(tensor: Tensor | None) -> bool:
    return (
        tensor is not None
        and tensor.dtype is DType.INT8
        and tensor.data is None
        and len(tensor.shape) == 4
        and tensor.shape[0] == 1
        and natural(tensor.shape).misfit() is None
    )


def _adds_maps(op: Add | Sub) -> bool:
    a, b = op.operand(0), op.operand(1)
    same = a.shape == b.shape == op.y.shape
    return same and all(map(_is_map, (a, b, op.y))) and planes(natural(op.y.shape).rows, 2) is not None


def _joins_maps(op: Concat) -> bool:
    alike = all(t is not None and t.quant == op.y.quant for t in op.inputs)
    return alike and op.activation is Activation.NONE and all(map(_is_map, (*op.inputs, op.y)))
