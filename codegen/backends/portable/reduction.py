"""Reductions beside the mean, and look-ups by computed indices."""

from __future__ import annotations

import math

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, rowwise, whole
from codegen.backends.portable import cost
from codegen.backends.portable.boxes import Dim, merged
from codegen.backends.portable.movement import strides
from codegen.backends.portable.rows import only
from codegen.ir import Array, DType, Operator, Tensor, ops
from codegen.ir.constraints import is_quantized
from codegen.reference import function_parameters as parameters

SHORT = {DType.FLOAT32: "f32", DType.INT32: "i32", DType.INT64: "i64"}
"""How functions of sums and products end."""
TAKE = 10
"""Instructions per element taken."""
RESULT = 40
TUPLE = 25
"""Instructions per tuple of indices, beside the bytes it moves."""


def reduction(op: ops.Reduction, _core: Core) -> list[Candidate]:
    """Any axes taken together."""
    numbers = None
    if isinstance(op, ops.ReduceAny | ops.ReduceAll):
        function = f"genc_{op.kind}"
    elif isinstance(op, ops.ReduceMax | ops.ReduceMin):
        function = f"genc_{op.kind}_{op.x.dtype.value}"
    elif not is_quantized(op.x):
        function = f"genc_{op.kind}_{SHORT[op.x.dtype]}"
    else:
        function, p = f"genc_sum_{op.x.dtype.value}", parameters.requantize_double(op)
        count = math.prod(op.x.shape[axis] for axis in op.axes)
        numbers = np.array([count * p.x_zero, p.multiplier, p.shift, p.y_zero, p.low, p.high], np.int32)
    return _reduced(op, op.axes, function, numbers)


def arg_extreme(op: ops.ArgExtreme, _core: Core) -> list[Candidate]:
    """The place of an extreme along one axis."""
    return _reduced(op, (op.axis,), f"genc_{op.kind}_{op.x.dtype.value}_{op.y.dtype.bytes}", None)


def _reduced(op: Operator, axes: tuple[int, ...], function: str, numbers: Array | None) -> list[Candidate]:
    dims = [(size, step, i in axes) for i, (size, step) in enumerate(zip(op.x.shape, strides(op.x), strict=True))]
    kept = merged([(size, step) for size, step, taken in dims if not taken], 1)
    *outer, inner = merged([(size, step) for size, step, taken in dims if taken], 1)
    params: Fields = (
        ("function", function),
        ("numbers", None if numbers is None else Constant("numbers", numbers, f"constants of {function}")),
        ("kept_rank", len(kept)),
        ("kept", _pairs("kept", kept)),
        ("reduced_rank", len(outer)),
        ("reduced", _pairs("reduced", outer) if outer else None),
        ("inner_size", inner[0]),
        ("inner_step", inner[1] // op.x.dtype.bytes),
        ("y_bytes", op.y.dtype.bytes),
    )
    y = rowwise(op.y, 1, op.y.dtype.bytes)
    call = Call("genc_reduce", params, (whole(op.x, 1, op.x.dtype.bytes),), (y,), 1)
    return only(op, call, op.x.size * TAKE + op.y.size * RESULT, "element by element")


def _pairs(label: str, dims: list[Dim]) -> Constant:
    return Constant(label, np.array(dims, np.int32), "size, step in bytes")


def cumsum(op: ops.CumSum, _core: Core) -> list[Candidate]:
    """Running sums along one axis."""
    x, axis = op.x, op.axis
    params: Fields = (
        ("add", f"genc_add_to_{SHORT[x.dtype]}"),
        ("outer", math.prod(x.shape[:axis])),
        ("length", x.shape[axis]),
        ("inner", math.prod(x.shape[axis + 1 :])),
        ("bytes", x.dtype.bytes),
        ("exclusive", int(op.exclusive)),
        ("reverse", int(op.reverse)),
    )
    size = x.dtype.bytes
    call = Call("genc_cumsum", params, (whole(x, 1, size),), (rowwise(op.y, 1, size),), 1)
    return only(op, call, x.size * 2 * TAKE, "element by element")


def gather(op: ops.Gather, _core: Core) -> list[Candidate]:
    """Slices along one axis."""
    n, x, indices = op.batch_dims, op.x, op.indices
    step, size = strides(x)[op.axis], x.shape[op.axis]
    outers = math.prod(x.shape[n : op.axis])
    positions = math.prod(indices.shape[n:])
    batches = math.prod(x.shape[:n])
    return _gathered(op, indices, (batches, outers, positions), [(size, step)], step)


def gather_nd(op: ops.GatherNd, _core: Core) -> list[Candidate]:
    """Slices by tuples of indices."""
    depth = op.indices.shape[-1]
    axes: list[Dim] = list(zip(op.x.shape[:depth], strides(op.x)[:depth], strict=True))
    return _gathered(op, op.indices, (1, 1, op.indices.size // depth), axes, axes[-1][1])


def _gathered(
    op: Operator, indices: Tensor, counts: tuple[int, int, int], axes: list[Dim], block: int
) -> list[Candidate]:
    """The call for [batches, outers, positions] tuples of indices along these axes."""
    batches, outers, positions = counts
    x = op.x
    fixed = x if x.is_constant else indices if indices.is_constant else None
    kernel = "genc_gather" + ("" if fixed is None else "_table" if fixed is x else "_fixed")
    params: Fields = (
        ("constant", None if fixed is None else _array(fixed)),
        ("batches", batches),
        ("x_batch_bytes", x.bytes // batches),
        ("outers", outers),
        ("x_outer_bytes", x.bytes // batches // outers),
        ("positions", positions),
        ("depth", len(axes)),
        ("axes", Constant("axes", np.array(axes, np.int32), "size, step in bytes")),
        ("index_bytes", indices.dtype.bytes),
        ("block", block),
    )
    read: list[Operand] = [whole(t, 1, t.dtype.bytes) for t in (x, indices) if t is not fixed]
    call = Call(kernel, params, tuple(read), (rowwise(op.y, 1),), 1)
    tuples = batches * outers * positions
    return only(op, call, tuples * (TUPLE * len(axes) + cost.block(block)), "block by block")


def _array(tensor: Tensor) -> Constant:
    array = tensor.value.astype(np.uint8) if tensor.dtype is DType.BOOL else tensor.value
    return Constant("table", array, tensor.type_text, max(4, tensor.dtype.bytes))
