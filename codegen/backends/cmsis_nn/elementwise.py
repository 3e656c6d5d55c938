"""Two tensors element by element, by CMSIS-NN: sums, products, extrema."""

from __future__ import annotations

from collections.abc import Mapping

from codegen.backends.candidate import Call, Candidate, Core, Fields, RowsHeld, rowwise
from codegen.backends.cmsis_nn import costs
from codegen.backends.cmsis_nn.costs import extension
from codegen.backends.library import Declined, Function, Offer
from codegen.backends.portable.rows import line_count
from codegen.ir import DType, Operator
from codegen.ir.ops import Add, Maximum, Minimum, Mul
from codegen.ir.ops.binary import Binary
from codegen.reference import parameters

MAX_LEFT = {DType.INT8: 13, DType.INT16: 0}
"""Largest shift to the left of a product, so that nothing leaves 32 bits."""


def add(op: Add, core: Core) -> list[Candidate]:
    """ADD."""
    p = parameters.add_sub(op)
    if op.y.dtype is DType.INT16 and p.left_shift != 15:
        raise Declined("int16 whose scales are powers of two is only shifted, which it does not do")
    if max(p.a_shift, p.b_shift) > 0 or p.y_shift > 2:
        raise Declined("its sums may overflow")
    return _pairs(
        op,
        "add",
        core,
        left_shift=p.left_shift,
        a_offset=-p.a_zero,
        a_multiplier=p.a_multiplier,
        a_shift=p.a_shift,
        b_offset=-p.b_zero,
        b_multiplier=p.b_multiplier,
        b_shift=p.b_shift,
        y_offset=p.y_zero,
        y_multiplier=p.y_multiplier,
        y_shift=p.y_shift,
        low=p.low,
        high=p.high,
    )


def mul(op: Mul, core: Core) -> list[Candidate]:
    """MUL."""
    p = parameters.mul(op)
    if p.shift > MAX_LEFT[op.y.dtype]:
        raise Declined("its products may overflow")
    factors = {"y_multiplier": p.multiplier, "y_shift": p.shift, "low": p.low, "high": p.high}
    return _pairs(op, "mul", core, a_offset=-p.a_zero, b_offset=-p.b_zero, y_offset=p.y_zero, **factors)


def maximum(op: Maximum, core: Core) -> list[Candidate]:
    """MAXIMUM."""
    return _pairs(op, "maximum", core)


def minimum(op: Minimum, core: Core) -> list[Candidate]:
    """MINIMUM."""
    return _pairs(op, "minimum", core)


def _pairs(op: Binary, kind: str, core: Core, **numbers: int) -> list[Candidate]:
    """The call for operands of one shape; numbers that a function has not are 0."""
    if op.x.is_constant or op.other.is_constant:
        raise Declined("an operand that is a constant")
    if not op.x.shape == op.other.shape == op.y.shape:
        raise Declined("operands of two shapes")
    rows, bytes_ = line_count(op.y), op.y.dtype.bytes
    names = ("left_shift", "a_offset", "a_multiplier", "a_shift", "b_offset", "b_multiplier", "b_shift")
    fields: Fields = (
        ("elements", op.y.size // rows),
        ("a_rows_held", RowsHeld(0)),
        ("b_rows_held", RowsHeld(1)),
        ("y_rows_held", RowsHeld(2)),
        *((name, numbers.get(name, 0)) for name in (*names, "y_offset", "y_multiplier", "y_shift", "low", "high")),
    )
    x, other, y = (rowwise(tensor, rows, bytes_) for tensor in (op.x, op.other, op.y))
    call = Call(f"genc_cmsis_{kind}_s{8 * bytes_}", fields, (x, other), (y,), rows, in_place=frozenset({0, 1}))

    def work(together: int) -> float:
        return -(-rows // together) * costs.CALL_INSTRUCTIONS + op.y.size * costs.PAIR[kind][extension(core)]

    return [Candidate(op, "cmsis-nn", (call,), work(rows), "CMSIS-NN", work)]


OFFERS: Mapping[tuple[type[Operator], DType], Offer] = {
    (Add, DType.INT8): Offer(add, (Function("arm_elementwise_add_s8"),), "tensors of one shape"),
    (Add, DType.INT16): Offer(add, (Function("arm_elementwise_add_s16"),), "tensors of one shape"),
    (Mul, DType.INT8): Offer(mul, (Function("arm_elementwise_mul_s8"),), "tensors of one shape"),
    (Mul, DType.INT16): Offer(mul, (Function("arm_elementwise_mul_s16"),), "tensors of one shape"),
    (Maximum, DType.INT8): Offer(maximum, (Function("arm_maximum_s8"),), "tensors of one shape"),
    (Minimum, DType.INT8): Offer(minimum, (Function("arm_minimum_s8"),), "tensors of one shape"),
}
"""What is here, for the back-end's table."""
