"""Distributions by CMSIS-NN, whose fixed-point exponentials and reciprocals are TFLite's."""

from __future__ import annotations

from collections.abc import Mapping

from codegen.backends.candidate import Call, Candidate, Core, RowsHeld, rowwise
from codegen.backends.cmsis_nn import costs
from codegen.backends.cmsis_nn.costs import extension
from codegen.backends.library import Declined, Function, Offer
from codegen.ir import DType, Operator
from codegen.ir.ops import Softmax
from codegen.reference import parameters

DEPTH_MOST = 4095
"""Elements of a distribution, whose exponentials are added in 31 bits."""


def softmax(op: Softmax, core: Core) -> list[Candidate]:
    """SOFTMAX over the last axis; a row is one distribution."""
    depth = op.x.shape[-1]
    rows = op.x.size // depth
    if op.x.dtype is not DType.INT8:
        raise Declined(f"no function for {op.x.dtype.value}")
    if depth > DEPTH_MOST:
        raise Declined(f"more than {DEPTH_MOST:,} elements")
    p = parameters.softmax(op)
    fields = (
        ("depth", depth),
        ("in_rows_held", RowsHeld(0)),
        ("out_rows_held", RowsHeld(1)),
        ("multiplier", p.multiplier),
        ("shift", p.left_shift),
        ("diff_min", p.diff_min),
    )
    io = (rowwise(op.x, rows),), (rowwise(op.y, rows),)
    call = Call("genc_cmsis_softmax_s8", fields, *io, rows, in_place=frozenset({0}))
    cost = rows * costs.CALL_INSTRUCTIONS + op.x.size * costs.SOFTMAX[extension(core)]
    return [Candidate(op, "cmsis-nn", (call,), cost, "CMSIS-NN")]


OFFERS: Mapping[tuple[type[Operator], DType], Offer] = {
    (Softmax, DType.INT8): Offer(softmax, (Function("arm_softmax_s8"),), f"up to {DEPTH_MOST:,} elements"),
}
"""What is here, for the back-end's table."""
