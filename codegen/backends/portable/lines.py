"""Element by element through a line function: the operators that have no kernel of their own.

`genc_elementwise_1`, `_2` and `_3` walk up to three operands with broadcasting and hand their innermost
runs to a function that is a field of the parameters (runtime_c/portable/elementwise/genc_line.h).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, ParamValue, RowsHeld, rowwise
from codegen.backends.portable import cost, elementwise
from codegen.backends.portable.rows import only
from codegen.ir import Array, DType, Operator, Tensor, ops
from codegen.ir.constraints import is_quantized
from codegen.ir.ops.functions import Function
from codegen.reference import function_parameters as parameters
from codegen.reference import parameters as integer_parameters

Dim = tuple[int, tuple[bool, ...]]
"""Size, and which operands have it in full."""

OPERANDS = ("a", "b", "c")
SUFFIX = {
    DType.BOOL: "bool",
    DType.INT8: "i8",
    DType.INT16: "i16",
    DType.INT32: "i32",
    DType.INT64: "i64",
    DType.FLOAT32: "f32",
}
"""How line functions of plain numbers end."""
QUANTIZED_SUFFIX = {DType.INT8: "s8", DType.UINT8: "u8", DType.INT16: "s16"}

BYTES = (DType.INT8, DType.UINT8)

ELEMENT = 12
QUANTIZED_ELEMENT = 80


@dataclass(frozen=True, eq=False)
class Walk:
    """Operands of one broadcast: rows of `columns` times `channels` elements.

    Attributes:
        outer: dimensions whose positions are rows.
        inner: dimensions of a row: columns, channels.
    """

    outer: list[Dim]
    inner: tuple[Dim, Dim]

    @property
    def rows(self) -> int:
        """Rows of the result."""
        return math.prod(size for size, _ in self.outer)

    def row_map(self, which: int) -> tuple[int, ...]:
        """The row of an operand that each row of the result reads."""
        counts = [size if full[which] else 1 for size, full in self.outer]
        numbers = np.arange(math.prod(counts)).reshape(counts)
        return tuple(np.broadcast_to(numbers, [size for size, _ in self.outer]).ravel().tolist())


def walk(tensors: Sequence[Tensor], shape: tuple[int, ...]) -> Walk:
    """Cut a broadcast into rows: image lines for rank 4; others by the fewest dimensions, the last two making a row."""
    padded = [(1,) * (len(shape) - len(t.shape)) + t.shape for t in tensors]
    dims: list[Dim] = [(size, tuple(p[i] == size for p in padded)) for i, size in enumerate(shape)]
    outer, inner = (dims[:2], _merged(dims[2:])) if len(dims) == 4 else ([], _merged(dims))
    whole = (1, (True,) * len(tensors))
    columns, channels = ([whole] * (2 - len(inner)) + inner)[-2:]
    return Walk(outer + inner[:-2], (columns, channels))


def _merged(dims: list[Dim]) -> list[Dim]:
    """The same dimensions: neighbours that all operands treat alike joined, those of size 1 gone."""
    result: list[Dim] = []
    for size, full in dims:
        if size == 1:
            continue
        if result and result[-1][1] == full:
            result[-1] = (result[-1][0] * size, full)
        else:
            result.append((size, full))
    return result


def line_call(op: Operator, tensors: Sequence[Tensor], function: str, numbers: Array | None = None) -> Call:
    """The call that computes `op` from operands (in the function's order) by the line function `function`.

    Args:
        op: has one output.
        tensors: one to three; constants go into the parameters.
        function: its name in C.
        numbers: its constants.
    """
    y, plan = op.y, walk(tensors, op.y.shape)
    given = [t for t in tensors if not t.is_constant]
    operands: list[Operand] = []
    fields: list[tuple[str, ParamValue]] = []
    for which, name in enumerate(OPERANDS):
        if which >= len(tensors):
            fields += [(f"{name}_{field}", value) for field, value in zip(OPERAND_FIELDS, ABSENT, strict=True)]
            continue
        tensor, row_map = tensors[which], plan.row_map(which)
        count = max(row_map) + 1
        values = _operand_values(tensor, plan, which, row_map, RowsHeld(len(operands)))
        fields += [(f"{name}_{field}", value) for field, value in zip(OPERAND_FIELDS, values, strict=True)]
        if not tensor.is_constant:
            operands.append(Operand(tensor, count, tensor.bytes // count, row_map, row_map, tensor.dtype.bytes))
    constants = None if numbers is None else Constant("numbers", numbers, f"constants of {function}")
    params: Fields = (
        ("line", function),
        ("numbers", constants),
        ("columns", plan.inner[0][0]),
        ("channels", plan.inner[1][0]),
        ("y_bytes", y.dtype.bytes),
        ("y_held", RowsHeld(len(operands))),
        *fields,
    )
    in_place = frozenset(i for i, t in enumerate(given) if t.shape == y.shape and t.dtype.bytes == y.dtype.bytes)
    out = rowwise(y, plan.rows, y.dtype.bytes)
    return Call(f"genc_elementwise_{len(given)}", params, tuple(operands), (out,), plan.rows, in_place=in_place)


OPERAND_FIELDS = ("constant", "rows", "held", "row_bytes", "column_bytes", "step")
ABSENT: tuple[ParamValue, ...] = (None, None, 0, 0, 0, 0)


def _operand_values(
    tensor: Tensor, plan: Walk, which: int, row_map: tuple[int, ...], held: RowsHeld
) -> tuple[ParamValue, ...]:
    """The fields of one operand, in the order of OPERAND_FIELDS."""
    count = max(row_map) + 1
    own = count == 1 or row_map == tuple(range(count))
    (_, columns_full), (channels, channels_full) = plan.inner
    column_bytes = (channels if channels_full[which] else 1) * tensor.dtype.bytes
    constant = None
    if tensor.is_constant:
        array = tensor.value.astype(np.uint8) if tensor.dtype is DType.BOOL else tensor.value
        constant = Constant("operand", array, tensor.type_text, max(4, tensor.dtype.bytes))
    return (
        constant,
        None if own else Constant("rows", np.array(row_map, np.int32), "operand's row of each output row"),
        count if tensor.is_constant else held,
        tensor.bytes // count,
        column_bytes if columns_full[which] else 0,
        int(channels_full[which]),
    )


def _candidate(op: Operator, call: Call, per_element: float) -> list[Candidate]:
    return only(op, call, cost.LINE_CALL + op.y.size * per_element + call.out_rows * cost.LINE_ROW, "line function")


def _element(op: Operator, core: Core) -> float:
    if op.y.dtype is DType.FLOAT32:
        return cost.float_function(core)
    return QUANTIZED_ELEMENT + 3 * cost.scaling(core) if is_quantized(op.x) else ELEMENT


def plain_unary(op: Operator, core: Core) -> list[Candidate]:
    """A function of plain numbers."""
    suffix = "" if isinstance(op, ops.LogicalNot) else f"_{SUFFIX[op.x.dtype]}"
    return _candidate(op, line_call(op, [op.x], f"genc_{op.kind}{suffix}"), _element(op, core))


def function(op: Function, core: Core) -> list[Candidate]:
    """A float function with constant numbers."""
    numbers = np.array(op.numbers, np.float32).view(np.int32) if op.numbers else None
    return _candidate(op, line_call(op, [op.x], f"genc_{op.kind}_f32", numbers), _element(op, core))


def mathematics(op: ops.Unary, core: Core) -> list[Candidate]:
    """A function of one operand: a table of bytes, or a line function."""
    return elementwise.unary(op, core) if op.x.dtype in BYTES else plain_unary(op, core)


def limits(op: ops.Binary) -> Array | None:
    """The bounds of a fused activation on plain numbers, float32 as bit patterns; None when there are none."""
    low, high = op.activation.value
    if low is None:
        return None
    if op.y.dtype is DType.FLOAT32:
        return np.array([low, np.inf if high is None else high], np.float32).view(np.int32)
    return np.array([low, 2**31 - 1 if high is None else high], np.int32)


def plain_binary(op: ops.Binary, core: Core) -> list[Candidate]:
    """A function of two plain numbers."""
    suffix = "" if op.y.dtype is DType.BOOL else f"_{SUFFIX[op.y.dtype]}"
    call = line_call(op, [op.x, op.other], f"genc_{op.kind}{suffix}", limits(op))
    return _candidate(op, call, _element(op, core))


def division(op: ops.Div, core: Core) -> list[Candidate]:
    """A quotient."""
    return _quantized(op, parameters.div(op), core) if is_quantized(op.x) else plain_binary(op, core)


def squared_difference(op: ops.SquaredDifference, core: Core) -> list[Candidate]:
    """The square of a difference."""
    if not is_quantized(op.x):
        return plain_binary(op, core)
    return _quantized(op, parameters.squared_difference(op), core)


def _quantized(
    op: ops.Binary, params: parameters.DivParams | parameters.SquaredDifferenceParams, core: Core
) -> list[Candidate]:
    """A function of two quantised operands whose numbers are the parameters, in order."""
    numbers = np.array(_flat(astuple(params)), np.int32)
    function = f"genc_{op.kind}_{QUANTIZED_SUFFIX[op.y.dtype]}"
    return _candidate(op, line_call(op, [op.x, op.other], function, numbers), _element(op, core))


def prelu(op: ops.PRelu, core: Core) -> list[Candidate]:
    """PRELU of integers; slopes of int8 that are known now have a kernel of their own."""
    if op.alpha.is_constant and op.x.dtype is DType.INT8:
        return elementwise.prelu(op, core)
    p = integer_parameters.prelu(op)
    x, slope = (p.x_zero, p.multiplier, p.shift), (p.alpha_zero, p.alpha_multiplier, p.alpha_shift)
    numbers = np.array([*x, *slope, p.y_zero, p.low, p.high], np.int32)
    call = line_call(op, [op.x, op.alpha], f"genc_sloped_{QUANTIZED_SUFFIX[op.x.dtype]}", numbers)
    return _candidate(op, call, _element(op, core))


def _flat(values: tuple[object, ...]) -> list[object]:
    return [leaf for v in values for leaf in (_flat(v) if isinstance(v, tuple) else [v])]


EXCHANGED: Mapping[type[Operator], str] = {ops.Less: "greater", ops.LessEqual: "greater_equal"}
"""Comparisons that are another one with the operands exchanged."""


def comparison(op: ops.Comparison, core: Core) -> list[Candidate]:
    """A comparison, of plain or of quantised numbers."""
    operands, kind = [op.x, op.other], op.kind
    scales = list(parameters.compared(op)) if op.of_reals else []
    if type(op) in EXCHANGED:
        kind = EXCHANGED[type(op)]
        operands.reverse()
        scales.reverse()
    if not scales:
        call = line_call(op, operands, f"genc_{kind}_{SUFFIX[op.x.dtype]}")
    else:
        numbers = np.array([leaf for p in scales for leaf in astuple(p)], np.int32)
        call = line_call(op, operands, f"genc_{kind}_{QUANTIZED_SUFFIX[op.x.dtype]}", numbers)
    return _candidate(op, call, _element(op, core))


def select(op: ops.Select, _core: Core) -> list[Candidate]:
    """A choice between two operands."""
    operands = [op.operand(i) for i in range(3)]
    call = line_call(op, operands, f"genc_select_{op.y.dtype.bytes}")
    return _candidate(op, call, 2 * ELEMENT)


def cast(op: ops.Cast, _core: Core) -> list[Candidate]:
    """Another element type."""
    call = line_call(op, [op.x], f"genc_cast_{op.x.dtype.value}_{op.y.dtype.value}")
    return _candidate(op, call, ELEMENT)
