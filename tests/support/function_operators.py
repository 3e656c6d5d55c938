"""Random element-wise functions, with values for their activations, as hypothesis strategies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from codegen.ir import Array, DType, Operator, Quantization, Tensor, ops
from codegen.ir.ops.elementwise import COMPARED
from codegen.ir.ops.functions import Function
from codegen.reference.functions import FUNCTIONS
from tests.support.plain_operators import (
    ACTIVATIONS,
    MOVED,
    Case,
    Draw,
    any_shapes,
    constants,
    images,
    quants,
    repeated,
    shapes,
    tensor,
    values,
    with_values,
)

POSITIVE = {ops.Log, ops.Rsqrt, ops.Sqrt}


def finish(
    kind: type[Operator], inputs: Sequence[Tensor | None], dtype: DType, quant: Any = None, **attributes: Any
) -> Operator:
    """The operator with one output of the given type."""
    op = kind(inputs=list(inputs), outputs=[], name="layer", **attributes)
    op.outputs = [tensor(shape, quant, dtype, "y") for shape in op.infer_shapes()]
    return op


@st.composite
def unary(draw: Draw, kind: type[ops.Unary]) -> Case:
    dtype = draw(st.sampled_from(kind.types))
    kinds = [draw(scales(dtype)) for _ in range(2)]
    op = finish(kind, [tensor(draw(any_shapes()), kinds[0], dtype)], dtype, kinds[1])
    (value,) = draw(with_values(op))[1]
    return op, [np.abs(value) + np.float32(0.1) if dtype is DType.FLOAT32 and kind in POSITIVE else value]


NUMBERS: dict[type[Operator], tuple[tuple[float, float], ...]] = {
    ops.Clip: ((-2.0, 0.0), (0.0, 2.0)),
    ops.HardSigmoid: ((-1.0, 1.0), (-1.0, 1.0)),
    ops.ScaledElu: ((-2.0, 2.0), (0.5, 2.0), (0.5, 2.0)),
    ops.Swish: ((-2.0, 2.0),),
    ops.ThresholdedRelu: ((-1.0, 1.0),),
    ops.Shrink: ((0.0, 1.0), (-1.0, 1.0)),
}
"""Ranges of the numbers of functions."""
STRANGE = (0.0, -0.0, 1.0, -1.0, 20.0, -20.0, 100.0, -100.0)


@st.composite
def function(draw: Draw, kind: type[Function]) -> Case:
    """Values near zero, inside the functions' domains for the most part, some far out."""
    op = kind(inputs=[tensor(draw(any_shapes()), None, DType.FLOAT32)], outputs=[], name="layer")
    for name, span in zip(op.attributes(), NUMBERS.get(kind, ()), strict=True):
        setattr(op, name, draw(st.floats(*span)))
    op.outputs = [tensor(op.x.shape, None, DType.FLOAT32, "y")]
    x: Array = draw(values(op.x))
    x = {ops.Acosh: np.abs(x) + 1, ops.Asin: np.tanh(x), ops.Acos: np.tanh(x), ops.Atanh: np.tanh(x)}.get(kind, x)
    if kind in (ops.Reciprocal, ops.Tan):
        x = np.copysign(np.abs(x) % 1 + np.float32(0.1), x)
    elif kind not in (ops.Acosh, ops.Asin, ops.Acos, ops.Atanh, ops.Sinh, ops.Cosh):
        rng = np.random.default_rng(x.size)
        x = np.where(rng.random(x.shape) < 0.1, rng.choice(STRANGE, x.shape), 2 * x)
    return op, [x.astype(np.float32)]


@st.composite
def power(draw: Draw) -> Case:
    """Positive bases of floats; small powers of integers, some negative."""
    op, given = draw(binary(ops.Pow))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    positive = op.y.dtype is DType.FLOAT32

    def replaced(t: Tensor, index: int) -> Array:
        if positive:
            return (rng.random(t.shape) * 3 + (0.1 if index == 0 else -1.5)).astype(np.float32)
        return rng.integers(-4, 40 if index else 5, t.shape).astype(t.dtype.numpy)

    fresh = [replaced(t, i) for i, t in enumerate((op.x, op.operand(1)))]
    for t, v in zip((op.x, op.operand(1)), fresh, strict=True):
        t.data = v if t.is_constant else None
    return op, [v for t, v in zip((op.x, op.operand(1)), fresh, strict=True) if not t.is_constant][: len(given)]


@st.composite
def shifted(draw: Draw, kind: type[ops.Bitwise]) -> Case:
    """Shifts of small numbers of bits, some too large or negative."""
    op, _ = draw(binary(kind))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    a, b = op.x, op.operand(1)
    fresh = [draw(values(a)), rng.integers(-2, 70, b.shape).astype(b.dtype.numpy)]
    for t, v in zip((a, b), fresh, strict=True):
        t.data = v if t.is_constant else None
    return op, [v for t, v in zip((a, b), fresh, strict=True) if not t.is_constant]


@st.composite
def operands(draw: Draw, dtype: DType, quantized: bool, count: int = 2) -> list[Tensor]:
    """Tensors that broadcast, of which one may be constant."""
    full = draw(images(6, 9) | shapes(1, 6, 4))
    pair = [full, *(draw(repeated(full)) for _ in range(count - 1))]
    pair = draw(st.permutations(pair))
    constant = draw(st.sampled_from([None, None, *range(count)]))
    kinds = [draw(scales(dtype)) if quantized else None for _ in pair]
    return [
        draw(constants(shape, quant, dtype)) if i == constant else tensor(shape, quant, dtype)
        for i, (shape, quant) in enumerate(zip(pair, kinds, strict=True))
    ]


def is_quantized(dtype: DType) -> bool:
    return dtype in (DType.INT8, DType.UINT8, DType.INT16)


@st.composite
def scales(draw: Draw, dtype: DType) -> Quantization | None:
    """A quantisation for the type, int16 with zero point 0; None for plain numbers."""
    if not is_quantized(dtype):
        return None
    quant = draw(quants(dtype))
    return Quantization(quant.scales, (0,)) if dtype is DType.INT16 else quant


@st.composite
def binary(draw: Draw, kind: type[ops.Binary], types: tuple[DType, ...] = ()) -> Case:
    dtype = draw(st.sampled_from(types or kind.types))
    quantized = is_quantized(dtype)
    pair = draw(operands(dtype, quantized))
    fused = {ops.Div, ops.Add, ops.Sub, ops.Mul}
    activation = {"activation": draw(ACTIVATIONS)} if kind in fused else {}
    op = finish(kind, pair, dtype, draw(scales(dtype)), **activation)
    return draw(with_values(op))


@st.composite
def comparison(draw: Draw, kind: type[ops.Comparison]) -> Case:
    dtype = draw(st.sampled_from(COMPARED))
    pair = draw(operands(dtype, is_quantized(dtype)))
    for t in pair:
        if t.quant is not None:
            t.quant = Quantization((min(t.quant.scale, 0.99),), t.quant.zero_points)
    return draw(with_values(finish(kind, pair, DType.BOOL)))


@st.composite
def select(draw: Draw) -> Case:
    dtype = draw(st.sampled_from(MOVED))
    condition, a, b = draw(operands(dtype, quantized=False, count=3))
    condition = tensor(condition.shape, None, DType.BOOL)
    return draw(with_values(finish(ops.Select, [condition, a, b], dtype)))


@st.composite
def cast(draw: Draw) -> Case:
    source, target = draw(st.sampled_from(MOVED)), draw(st.sampled_from(MOVED))
    op = finish(ops.Cast, [tensor(draw(any_shapes()), None, source)], target)
    x: Array = draw(values(op.x))
    strange = np.array([np.nan, np.inf, -np.inf, 3e9, -3e9, 1e19, -1e19, 2147483648, -2147483648, 300.5, -0.5])
    if source is DType.FLOAT32:
        chosen = np.random.default_rng(x.size).choice(strange, x.shape).astype(np.float32)
        x = np.where(draw(st.booleans()), chosen, x * 100).astype(np.float32)
    return op, [x]


@st.composite
def reduction(draw: Draw, kind: type[ops.Reduction]) -> Case:
    dtype = draw(st.sampled_from(kind.types))
    quantized = is_quantized(dtype)
    x = tensor(draw(any_shapes()), draw(scales(dtype)), dtype)
    axes = tuple(sorted(draw(st.sets(st.integers(0, len(x.shape) - 1), min_size=1))))
    quant = x.quant if not quantized or kind is not ops.Sum else draw(scales(dtype))
    return draw(with_values(finish(kind, [x], dtype, quant, axes=axes, keep_dims=draw(st.booleans()))))


@st.composite
def place(draw: Draw, kind: type[ops.ArgExtreme]) -> Case:
    x = tensor(draw(any_shapes()), None, draw(st.sampled_from(MOVED)))
    target = draw(st.sampled_from([DType.INT32, DType.INT64]))
    return draw(with_values(finish(kind, [x], target, axis=draw(st.integers(0, len(x.shape) - 1)))))


@st.composite
def gather(draw: Draw) -> Case:
    x = tensor(draw(shapes(1, 5, 4)), None, draw(st.sampled_from(MOVED)))
    axis = draw(st.integers(0, len(x.shape) - 1))
    batch = draw(st.integers(0, axis))
    index_type = draw(st.sampled_from([DType.INT16, DType.INT32, DType.INT64]))
    indices = tensor((*x.shape[:batch], *draw(shapes(0, 2, 3))), None, index_type)
    return draw(looked_up(x, indices, ops.Gather, axis=axis, batch_dims=batch))


@st.composite
def gather_nd(draw: Draw) -> Case:
    x = tensor(draw(shapes(1, 5, 4)), None, draw(st.sampled_from(MOVED)))
    indices = tensor((*draw(shapes(0, 2, 3)), draw(st.integers(1, len(x.shape)))), None, DType.INT32)
    return draw(looked_up(x, indices, ops.GatherNd))


@st.composite
def looked_up(draw: Draw, x: Tensor, indices: Tensor, kind: type[Operator], **fields: Any) -> Case:
    """Indices inside and a little outside; x or they may be constant."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    at = rng.integers(-2, max(x.shape) + 2, indices.shape).astype(indices.dtype.numpy)
    content = draw(values(x))
    constant = draw(st.sampled_from(["neither", "x", "indices"]))
    x.data = content if constant == "x" else None
    indices.data = at if constant == "indices" else None
    given = [*([] if constant == "x" else [content]), *([] if constant == "indices" else [at])]
    return finish(kind, [x, indices], x.dtype, **fields), given


@st.composite
def update_slice(draw: Draw) -> Case:
    """Starts inside and a little outside; any operands may be constant, not all."""
    dtype, rng = draw(st.sampled_from(MOVED)), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    full = draw(shapes(1, 5, 5))
    start = tensor((len(full),), None, draw(st.sampled_from([DType.INT32, DType.INT64])))
    operands = [tensor(full, None, dtype), tensor([draw(st.integers(1, d)) for d in full], None, dtype), start]
    content = [draw(values(t)) for t in operands[:2]]
    content.append(rng.integers(-2, 8, start.shape).astype(start.dtype.numpy))
    constant = draw(st.sets(st.integers(0, 2), max_size=2))
    for index in constant:
        operands[index].data = content[index]
    return finish(ops.UpdateSlice, operands, dtype), [c for i, c in enumerate(content) if i not in constant]


@st.composite
def broadcast_to(draw: Draw) -> Case:
    full = draw(any_shapes())
    x = tensor(draw(repeated(full)), None, draw(st.sampled_from(MOVED)))
    return draw(with_values(finish(ops.BroadcastTo, [x], x.dtype, shape=full)))


@st.composite
def batch_matmul(draw: Draw) -> Case:
    dtype = draw(st.sampled_from(ops.BatchMatMul.types))
    rows, depth, columns = (draw(st.integers(1, 6)) for _ in range(3))
    full = draw(shapes(0, 3, 3))
    adj_x, adj_y = draw(st.booleans()), draw(st.booleans())
    batches = [full, draw(repeated(full)) if full else ()]
    sizes = [(depth, rows) if adj_x else (rows, depth), (columns, depth) if adj_y else (depth, columns)]
    constant = draw(st.sampled_from([None, 0, 1]))
    kinds = [draw(scales(dtype)) for _ in range(3)]
    pair = [
        draw(constants((*batch, *size), kinds[i], dtype)) if i == constant else tensor((*batch, *size), kinds[i], dtype)
        for i, (batch, size) in enumerate(zip(batches, sizes, strict=True))
    ]
    return draw(with_values(finish(ops.BatchMatMul, pair, dtype, kinds[2], adj_x=adj_x, adj_y=adj_y)))


@st.composite
def matrix_product(draw: Draw) -> Case:
    dtype = draw(st.sampled_from(ops.MatrixProduct.types))
    lead, depth, outputs = draw(shapes(1, 3, 4)), draw(st.integers(1, 40)), draw(st.integers(1, 9))
    x, weights = (
        tensor((*lead, depth), draw(scales(dtype)), dtype),
        tensor((outputs, depth), draw(scales(dtype)), dtype),
    )
    limit = draw(st.sampled_from([0, 1000, 2**31 - 1]))
    bias = np.random.default_rng(limit).integers(-limit, limit, outputs, endpoint=True).astype(np.int32)
    known = Tensor("bias", (outputs,), DType.INT32, None, bias) if limit else None
    y = Quantization((draw(st.floats(2.0**-6, 2.0**6)),), draw(quants(dtype)).zero_points)
    fields = {"keep_dims": draw(st.booleans()), "activation": draw(ACTIVATIONS)}
    return draw(with_values(finish(ops.MatrixProduct, [x, weights, known], dtype, y, **fields)))


@st.composite
def cumsum(draw: Draw) -> Case:
    x = tensor(draw(any_shapes()), None, draw(st.sampled_from([DType.FLOAT32, DType.INT32, DType.INT64])))
    fields = {"exclusive": draw(st.booleans()), "reverse": draw(st.booleans())}
    return draw(with_values(finish(ops.CumSum, [x], x.dtype, axis=draw(st.integers(0, len(x.shape) - 1)), **fields)))


NORMS: dict[tuple[type[Operator], DType], Quantization | None] = {
    (ops.LogSoftmax, DType.INT8): Quantization((1 / 16,), (127,)),
    (ops.L2Norm, DType.INT8): Quantization((1 / 128,), (0,)),
    (ops.L2Norm, DType.UINT8): Quantization((1 / 128,), (128,)),
    (ops.LogSoftmax, DType.FLOAT32): None,
    (ops.L2Norm, DType.FLOAT32): None,
}


@st.composite
def norm(draw: Draw, kind: type[Operator]) -> Case:
    dtype = draw(st.sampled_from([dtype for known, dtype in NORMS if known is kind]))
    shape = draw(any_shapes() | st.tuples(st.integers(1, 3), st.integers(100, 1500)))
    x = tensor(shape, draw(scales(dtype)), dtype)
    return draw(with_values(finish(kind, [x], dtype, NORMS[kind, dtype])))


@st.composite
def prelu(draw: Draw) -> Case:
    """Slopes that are computed at run time, or slopes of int16."""
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16, DType.FLOAT32]))
    full = draw(any_shapes())
    slope_type = DType.INT8 if dtype is DType.INT16 else dtype
    slopes, quant = draw(repeated(full)), draw(scales(slope_type))
    fixed = dtype is DType.INT16 and draw(st.booleans())
    alpha = draw(constants(slopes, quant, slope_type)) if fixed else tensor(slopes, quant, slope_type)
    return draw(
        with_values(finish(ops.PRelu, [tensor(full, draw(scales(dtype)), dtype), alpha], dtype, draw(scales(dtype))))
    )


UNARY = [kind for kind in vars(ops).values() if isinstance(kind, type) and kind.__module__.endswith("elementwise")]
PLAIN = (DType.INT32, DType.INT64)

FAMILIES: dict[str, st.SearchStrategy[Case]] = {
    **{kind.kind: unary(kind) for kind in UNARY if issubclass(kind, ops.Unary)},
    **{kind.kind: function(kind) for kind in FUNCTIONS},
    "pow": power(),
    **{kind.kind: shifted(kind) for kind in (ops.ShiftLeft, ops.ShiftRight)},
    **{kind.kind: binary(kind) for kind in (ops.Remainder, ops.BitwiseAnd, ops.BitwiseOr, ops.BitwiseXor)},
    **{
        kind.kind: binary(kind)
        for kind in (ops.Div, ops.FloorDiv, ops.FloorMod, ops.SquaredDifference, ops.LogicalAnd, ops.LogicalOr)
    },
    **{
        f"{kind.kind} of integers": binary(kind, PLAIN)
        for kind in (ops.Add, ops.Sub, ops.Mul, ops.Maximum, ops.Minimum)
    },
    **{
        kind.kind: comparison(kind)
        for kind in (ops.Equal, ops.NotEqual, ops.Greater, ops.GreaterEqual, ops.Less, ops.LessEqual)
    },
    "select": select(),
    "cast": cast(),
    **{
        kind.kind: reduction(kind)
        for kind in (ops.Sum, ops.ReduceMax, ops.ReduceMin, ops.ReduceProd, ops.ReduceAny, ops.ReduceAll)
    },
    "arg_max": place(ops.ArgMax),
    "arg_min": place(ops.ArgMin),
    "cumsum": cumsum(),
    "gather": gather(),
    "gather_nd": gather_nd(),
    "update_slice": update_slice(),
    "broadcast_to": broadcast_to(),
    "batch_matmul": batch_matmul(),
    "matrix_product": matrix_product(),
    "prelu": prelu(),
    **{kind.kind: norm(kind) for kind in (ops.LogSoftmax, ops.L2Norm)},
}
"""A strategy of random cases per family."""
