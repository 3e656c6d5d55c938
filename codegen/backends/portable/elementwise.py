"""Element by element: byte tables, and operators of two operands with broadcasting."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, RowsHeld, rowwise
from codegen.backends.portable import cost
from codegen.backends.portable.rows import line_count, only
from codegen.ir import Array, Operator, Tensor
from codegen.ir.ops import Add, Lookup, Maximum, Minimum, Mul, PRelu, Sub, Unary
from codegen.passes.lower_to_table import table_of
from codegen.reference import parameters

HALF = 1 << 30
"""Multiplier of the factor 1/2, whose shift is 0."""


def lookup(op: Lookup, core: Core) -> list[Candidate]:
    """Table lookup."""
    return byte_table(op, op.table.value, core)


def unary(op: Unary, core: Core) -> list[Candidate]:
    """A function of one byte, tabulated."""
    return byte_table(op, table_of(op), core)


def byte_table(op: Operator, table: Array, _core: Core) -> list[Candidate]:
    """A function of one byte, as a table of 256 bytes indexed by x seen as unsigned."""
    (x,) = op.activations
    rows = line_count(x)
    params: Fields = (
        ("row_bytes", x.bytes // rows),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        ("table", Constant("table", table.view(np.uint8), "y of x = 0 ... 127, -128 ... -1")),
    )
    io = (rowwise(x, rows),), (rowwise(op.y, rows),)
    call = Call("genc_lookup", params, *io, rows, in_place=frozenset({0}))
    return only(op, call, x.size * cost.LOOKUP + rows * cost.ROW, "byte table")


@dataclass(frozen=True, eq=False)
class Side:
    """One operand of a broadcast, as the kernel walks it.

    Attributes:
        tensor: the operand.
        map: its row for each output row.
        rows: rows it has.
        row_bytes: bytes of one.
        column_step: elements from one column to the next, 0 when broadcast.
        step: elements from one channel to the next, 0 or 1.
    """

    tensor: Tensor
    map: tuple[int, ...]
    rows: int
    row_bytes: int
    column_step: int
    step: int

    @property
    def map_constant(self) -> Constant | None:
        """The map as an array, None where ring addressing does it: row r, or the only row."""
        if self.rows == 1 or self.map == tuple(range(self.rows)):
            return None
        return Constant("rows", np.array(self.map, np.int32), "operand's row of each output row")

    def operand(self) -> Operand:
        """As an input of the call."""
        return Operand(self.tensor, self.rows, self.row_bytes, self.map, self.map, self.tensor.dtype.bytes)


@dataclass(frozen=True)
class Broadcast:
    """Two operands walked together: rows of `columns` times `channels` elements."""

    rows: int
    columns: int
    channels: int
    a: Side
    b: Side


def broadcast(a: Tensor, b: Tensor, shape: tuple[int, ...]) -> Broadcast:
    """Cut a broadcast into rows.

    A rank 4 result has image lines as rows.  Others are reduced to the fewest dimensions that
    tell full operands from repeated ones; the last two make a row.
    """
    full = [
        tuple(d == s for d, s in zip((1,) * (len(shape) - len(t.shape)) + t.shape, shape, strict=True)) for t in (a, b)
    ]
    dims = list(zip(shape, *full, strict=True))
    outer, inner = (dims[:2], _merged(dims[2:])) if len(dims) == 4 else ([], _merged(dims))
    outer, inner = outer + inner[:-2], [(1, True, True)] * (2 - len(inner)) + inner[-2:]
    sides = [_side(t, which, outer, inner) for which, t in enumerate((a, b), 1)]
    return Broadcast(math.prod(d[0] for d in outer), inner[0][0], inner[1][0], *sides)


Dim = tuple[int, bool, bool]
"""Size, and whether a and b have it in full."""


def _merged(dims: list[Dim]) -> list[Dim]:
    """The same dimensions: neighbours that both operands treat alike joined, those of size 1 gone."""
    result: list[Dim] = []
    for size, a, b in dims:
        if size == 1:
            continue
        if result and result[-1][1:] == (a, b):
            result[-1] = (result[-1][0] * size, a, b)
        else:
            result.append((size, a, b))
    return result


def _side(tensor: Tensor, which: int, outer: list[Dim], inner: list[Dim]) -> Side:
    counts = [d[0] if d[which] else 1 for d in outer]
    numbers = np.broadcast_to(np.arange(math.prod(counts)).reshape(counts), [d[0] for d in outer])
    columns, channels = (d[0] if d[which] else 1 for d in inner)
    column_step = channels if inner[0][which] else 0
    step = int(inner[1][which])
    row_bytes = columns * channels * tensor.dtype.bytes
    return Side(tensor, tuple(numbers.ravel().tolist()), math.prod(counts), row_bytes, column_step, step)


def broadcast_call(kernel: str, a: Tensor, b: Tensor, y: Tensor, numbers: Fields) -> Call:
    """The call of a kernel of two operands; constant operands are no inputs, `numbers` hold their arrays."""
    walk = broadcast(a, b, y.shape)
    read = [side for side in (walk.a, walk.b) if not side.tensor.is_constant]
    params: Fields = (
        ("columns", walk.columns),
        ("channels", walk.channels),
        *(field for name, side in (("a", walk.a), ("b", walk.b)) for field in _side_fields(name, side, read)),
        ("y_held", RowsHeld(len(read))),
        *numbers,
    )
    return Call(
        kernel,
        params,
        tuple(side.operand() for side in read),
        (rowwise(y, walk.rows, y.dtype.bytes),),
        walk.rows,
        in_place=frozenset(i for i, side in enumerate(read) if side.tensor.shape == y.shape),
    )


def _side_fields(name: str, side: Side, read: list[Side]) -> Fields:
    return (
        (f"{name}_rows", side.map_constant),
        (f"{name}_held", RowsHeld(read.index(side)) if side in read else side.rows),
        (f"{name}_row_bytes", side.row_bytes),
        (f"{name}_column_step", side.column_step),
        (f"{name}_step", side.step),
    )


def _priced(op: Operator, call: Call, per_element: float, why: str) -> list[Candidate]:
    return only(op, call, op.y.size * per_element + call.out_rows * cost.ROW, why)


def _constant(tensor: Tensor) -> Constant | None:
    return Constant("operand", tensor.value, f"{tensor.shape}") if tensor.is_constant else None


def add_sub(op: Add | Sub, core: Core) -> list[Candidate]:
    """Sum or difference.

    The operand with the larger scale has the factor 1/2, which needs no rounding: it is the kernel's a.
    """
    p = parameters.add_sub(op)
    terms = [
        (op.x, p.a_zero, p.a_multiplier, p.a_shift, 1),
        (op.other, p.b_zero, p.b_multiplier, p.b_shift, p.sign),
    ]
    if (p.a_multiplier, p.a_shift) != (HALF, 0):
        terms.reverse()
    (a, a_zero, *_, a_sign), (b, b_zero, b_multiplier, b_shift, b_sign) = terms
    # b's factor is at most 1/2.  Exactly 1/2 has shift 0: twice the value and a shift by one are as exact.
    b_factor = 1 << p.left_shift + (b_shift == 0)
    _, b_multiplier, b_right = _short(b_multiplier, b_shift or -1)
    _, y_multiplier, y_right = _short(p.y_multiplier, p.y_shift)
    assert y_right > 0, "input scales are below 2^15 output scales"
    numbers: Fields = (
        ("a_zero", a_zero),
        ("a_factor", a_sign << (p.left_shift - 1)),
        ("b_zero", b_zero),
        ("b_factor", b_factor),
        ("b_multiplier", b_multiplier),
        ("b_right", b_right),
        ("b_sign", b_sign),
        ("y_multiplier", y_multiplier),
        ("y_right", y_right),
        ("y_zero", p.y_zero),
        ("low", p.low - p.y_zero),
        ("high", p.high - p.y_zero),
        ("constant", _constant(a) or _constant(b)),
        ("constant_is_a", int(a.is_constant)),
    )
    kernel = "genc_add_s8" if len(op.activations) == 2 else "genc_add_constant_s8"
    return _priced(op, broadcast_call(kernel, a, b, op.y, numbers), 15 + 2 * cost.scaling(core), "element-wise")


def _short(multiplier: int, shift: int) -> tuple[int, int, int]:
    """A factor as the short form of requantisation takes it: power of two, multiplier, shift to the right of 0 ... 30.

    For values of at most 2^16, of which the result is clamped to 9 bits: a power beyond 2^13 saturates all but 0 just
    as well.  Of a factor of 0 or with a shift of 31 nothing is left.
    """
    if multiplier == 0 or shift < -30:
        return 1, 0, 1
    return 1 << min(max(shift, 0), 13), multiplier, max(-shift, 0)


def mul(op: Mul, core: Core) -> list[Candidate]:
    """Product; a constant operand is the kernel's b."""
    p = parameters.mul(op)
    a, a_zero, b, b_zero = op.x, p.a_zero, op.other, p.b_zero
    if a.is_constant:
        a, a_zero, b, b_zero = b, b_zero, a, a_zero
    a_factor, multiplier, right = _short(p.multiplier, p.shift)
    numbers: Fields = (
        ("a_zero", a_zero),
        ("a_factor", a_factor),
        ("b_zero", b_zero),
        ("multiplier", multiplier),
        ("right", right),
        ("y_zero", p.y_zero),
        ("low", p.low - p.y_zero),
        ("high", p.high - p.y_zero),
        ("constant", _constant(b)),
    )
    kernel = "genc_mul_constant_s8" if b.is_constant else "genc_mul_s8"
    return _priced(op, broadcast_call(kernel, a, b, op.y, numbers), 17 + cost.scaling(core), "element-wise")


def max_min(op: Maximum | Minimum, _core: Core) -> list[Candidate]:
    """Maximum or minimum; a constant operand is the kernel's b."""
    a, b = (op.other, op.x) if op.x.is_constant else (op.x, op.other)
    numbers: Fields = (("take_larger", int(isinstance(op, Maximum))), ("constant", _constant(b)))
    kernel = "genc_max_min_constant_s8" if b.is_constant else "genc_max_min_s8"
    return _priced(op, broadcast_call(kernel, a, b, op.y, numbers), cost.MAX_MIN, "element-wise")


def prelu(op: PRelu, core: Core) -> list[Candidate]:
    """Where x is negative, alpha * x."""
    p = parameters.prelu(op)
    numbers: Fields = (
        ("x_zero", p.x_zero),
        *zip(("x_factor", "multiplier", "right"), _short(p.multiplier, p.shift), strict=True),
        ("alpha_zero", p.alpha_zero),
        *zip(
            ("alpha_factor", "alpha_multiplier", "alpha_right"), _short(p.alpha_multiplier, p.alpha_shift), strict=True
        ),
        ("y_zero", p.y_zero),
        ("low", p.low - p.y_zero),
        ("high", p.high - p.y_zero),
        ("alpha", _constant(op.alpha)),
    )
    call = broadcast_call("genc_prelu_s8", op.x, op.alpha, op.y, numbers)
    return _priced(op, call, 25 + cost.scaling(core), "element-wise")
