"""Random operators without weights, with values for their activations, as hypothesis strategies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from codegen.ir import Activation, Array, DType, Operator, Quantization, Tensor, ops

Shape = tuple[int, ...]
Case = tuple[Operator, list[Array]]
Draw = st.DrawFn

MOVED = [DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64, DType.FLOAT32, DType.BOOL]
ACTIVATIONS = st.sampled_from(list(Activation))


@st.composite
def quants(draw: Draw, dtype: DType = DType.INT8) -> Quantization:
    low, high = dtype.limits
    exponent = draw(st.floats(-7, 1) | st.floats(-12.9, 1))
    zero = draw(st.integers(low, high) | st.sampled_from([low, high, max(low, 0)]))
    return Quantization((float(np.float32(2.0**exponent)),), (zero,))


def shapes(rank_low: int = 1, rank_high: int = 6, side: int = 5) -> st.SearchStrategy[Shape]:
    return st.lists(st.integers(1, side), min_size=rank_low, max_size=rank_high).map(tuple)


def images(side: int = 9, channels: int = 35) -> st.SearchStrategy[Shape]:
    return st.tuples(st.integers(1, 3), st.integers(1, side), st.integers(1, side), st.integers(1, channels))


def any_shapes() -> st.SearchStrategy[Shape]:
    return images() | shapes() | shapes(7, 8, 2)


@st.composite
def values(draw: Draw, tensor: Tensor) -> Array:
    """Whole range, or a few values near the borders."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if tensor.dtype is DType.FLOAT32:
        return rng.normal(size=tensor.shape).astype(np.float32)
    low, high = (0, 1) if tensor.dtype is DType.BOOL else tensor.dtype.limits
    if draw(st.booleans()):
        return rng.integers(low, high, tensor.shape, np.int64, endpoint=True).astype(tensor.dtype.numpy)
    few = rng.integers(low, high, 3, np.int64, endpoint=True)
    return rng.choice([low, high, *few], tensor.shape).astype(tensor.dtype.numpy)


def tensor(shape: Sequence[int], quant: Quantization | None, dtype: DType = DType.INT8, name: str = "t") -> Tensor:
    return Tensor(name, tuple(shape), dtype, quant)


@st.composite
def constants(draw: Draw, shape: Shape, quant: Quantization | None, dtype: DType = DType.INT8) -> Tensor:
    result = tensor(shape, quant, dtype, "constant")
    result.data = draw(values(result))
    return result


def finish(kind: type[Operator], inputs: Sequence[Tensor], quant: Quantization | None, **attributes: Any) -> Operator:
    """The operator with outputs of the inferred shapes; they have the element type of the first input."""
    op = kind(inputs=list(inputs), outputs=[], name="layer", **attributes)
    op.outputs = [tensor(shape, quant, inputs[0].dtype, f"y{i}") for i, shape in enumerate(op.infer_shapes())]
    return op


@st.composite
def with_values(draw: Draw, op: Operator) -> Case:
    return op, [draw(values(t)) for t in op.activations]


@st.composite
def unary(draw: Draw) -> Case:
    kind = draw(st.sampled_from([ops.Relu, ops.Relu6, ops.ReluN1To1, ops.LeakyRelu, ops.HardSwish]))
    alpha = {"alpha": draw(st.floats(-2, 2))} if kind is ops.LeakyRelu else {}
    x = tensor(draw(any_shapes()), draw(quants()))
    return draw(with_values(finish(kind, [x], draw(quants()), **alpha)))


@st.composite
def sigmoid(draw: Draw) -> Case:
    kind, quant = draw(
        st.sampled_from(
            [
                (ops.Logistic, Quantization((1 / 256,), (-128,))),
                (ops.Tanh, Quantization((1 / 128,), (0,))),
            ]
        )
    )
    return draw(with_values(finish(kind, [tensor(draw(any_shapes()), draw(quants()))], quant)))


@st.composite
def lookup(draw: Draw) -> Case:
    x_type, y_type = draw(st.sampled_from([DType.INT8, DType.UINT8])), draw(st.sampled_from([DType.INT8, DType.UINT8]))
    x = tensor(draw(any_shapes()), None, x_type)
    op = finish(ops.Lookup, [x, draw(constants((256,), None, y_type))], None)
    op.outputs = [tensor(x.shape, None, y_type)]
    return draw(with_values(op))


@st.composite
def repeated(draw: Draw, full: Shape) -> Shape:
    """A shape that broadcasts to `full`: some dimensions 1, some leading ones missing."""
    ones = draw(st.sampled_from([(False,) * len(full), None]))
    kept = ones or tuple(draw(st.booleans()) for _ in full)
    cut = draw(st.integers(0, len(full) - 1))
    return tuple(1 if one else d for d, one in zip(full, kept, strict=True))[cut if any(kept) else 0 :]


@st.composite
def binary(draw: Draw, kind: type[ops.Binary]) -> Case:
    full = draw(images() | shapes(1, 6, 4))
    pair = [full, draw(repeated(full))]
    if draw(st.booleans()):
        pair = [draw(repeated(full)), pair[1]]
    pair = pair[:: draw(st.sampled_from([1, -1]))]
    constant = draw(st.sampled_from([None, None, 0, 1]))
    operands = [
        draw(constants(shape, draw(quants()))) if i == constant else tensor(shape, draw(quants()))
        for i, shape in enumerate(pair)
    ]
    activation = {} if issubclass(kind, ops.Maximum | ops.Minimum) else {"activation": draw(ACTIVATIONS)}
    return draw(with_values(finish(kind, operands, draw(quants()), **activation)))


@st.composite
def same_operand(draw: Draw) -> Case:
    """One tensor as both operands."""
    x = tensor(draw(any_shapes()), draw(quants()))
    op = finish(draw(st.sampled_from([ops.Add, ops.Sub, ops.Mul])), [x, x], draw(quants()))
    value = draw(values(x))
    return op, [value, value]


@st.composite
def prelu(draw: Draw) -> Case:
    x = tensor(draw(any_shapes()), draw(quants()))
    alpha = draw(constants(draw(repeated(x.shape)), draw(quants())))
    return draw(with_values(finish(ops.PRelu, [x, alpha], draw(quants()))))


@st.composite
def pool(draw: Draw, kind: type[ops.Pool2D]) -> Case:
    quant = draw(quants())
    x = tensor(draw(images()), quant)
    sides = [draw(st.integers(1, 4)), draw(st.integers(1, 4))]
    if draw(st.booleans()):
        sides = list(x.shape[1:3])
    # Padding is less than the window, and no window lies outside the input.
    pads = [(draw(st.integers(0, k - 1)), draw(st.integers(0, k - 1))) for k in sides]
    strides = [draw(st.integers(1, k)) for k in sides]
    sides = [min(k, size + sum(p)) for k, size, p in zip(sides, x.shape[1:3], pads, strict=True)]
    pads = [(min(p[0], k - 1), min(p[1], k - 1)) for p, k in zip(pads, sides, strict=True)]
    sides = [min(k, size + sum(p)) for k, size, p in zip(sides, x.shape[1:3], pads, strict=True)]
    pads = [(min(p[0], k - 1), min(p[1], k - 1)) for p, k in zip(pads, sides, strict=True)]
    attributes = {"kernel": tuple(sides), "stride": tuple(strides), "pad_h": pads[0], "pad_w": pads[1]}
    return draw(with_values(finish(kind, [x], quant, activation=draw(ACTIVATIONS), **attributes)))


@st.composite
def mean(draw: Draw) -> Case:
    x = tensor(draw(any_shapes()), draw(quants()))
    common = st.just((1, 2)) if len(x.shape) == 4 else st.nothing()
    some = st.sets(st.integers(0, len(x.shape) - 1), min_size=1).map(lambda s: tuple(sorted(s)))
    axes, keep = draw(common | some), draw(st.booleans())
    return draw(with_values(finish(ops.Mean, [x], draw(quants()), axes=axes, keep_dims=keep)))


@st.composite
def softmax(draw: Draw) -> Case:
    depth = draw(st.integers(1, 12) | st.integers(1, 200))
    x = tensor((*draw(shapes(0, 3, 4)), depth), draw(quants()))
    op = finish(ops.Softmax, [x], Quantization((1 / 256,), (-128,)), beta=draw(st.sampled_from([1.0, 1.0, 0.3, 4.0])))
    if draw(st.booleans()):
        op.outputs = [tensor(x.shape, Quantization((1 / 65536,), (-32768,)), DType.INT16, "y0")]
    return draw(with_values(op))


@st.composite
def concat(draw: Draw) -> Case:
    dtype = draw(st.sampled_from(MOVED))
    shape = draw(any_shapes())
    axis = draw(st.integers(0, len(shape) - 1))
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        part = (*shape[:axis], draw(st.integers(1, 5)), *shape[axis + 1 :])
        constant = draw(st.integers(0, 3)) == 0
        parts.append(draw(constants(part, None, dtype)) if constant else tensor(part, None, dtype))
    return draw(with_values(finish(ops.Concat, parts, None, axis=axis)))


@st.composite
def split(draw: Draw) -> Case:
    x = tensor(draw(any_shapes()), None, draw(st.sampled_from(MOVED)))
    axis = draw(st.integers(0, len(x.shape) - 1))
    cuts = sorted(draw(st.sets(st.integers(1, max(x.shape[axis] - 1, 1)), max_size=3)) - {x.shape[axis]})
    sizes = tuple(b - a for a, b in zip([0, *cuts], [*cuts, x.shape[axis]], strict=True))
    return draw(with_values(finish(ops.Split, [x], None, axis=axis, sizes=sizes)))


@st.composite
def slice_(draw: Draw) -> Case:
    x = tensor(draw(any_shapes()), None, draw(st.sampled_from(MOVED)))
    begin, size, strides = [], [], []
    for d in x.shape:
        b, step = draw(st.integers(0, d - 1)), draw(st.sampled_from([1, 1, 1, 2, 3, -1, -2]))
        most = (d - 1 - b) // step + 1 if step > 0 else b // -step + 1
        begin.append(b)
        size.append(draw(st.integers(1, most)))
        strides.append(step)
    return draw(with_values(finish(ops.Slice, [x], None, begin=tuple(begin), size=tuple(size), strides=tuple(strides))))


@st.composite
def pad(draw: Draw) -> Case:
    x = tensor(draw(images(6, 9) | shapes(1, 6, 3)), None, draw(st.sampled_from(MOVED)))
    pads = tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in x.shape)
    value = draw(values(tensor((1,), None, x.dtype))).item()
    return draw(with_values(finish(ops.Pad, [x], None, pads=pads, value=value)))


@st.composite
def transpose(draw: Draw) -> Case:
    x = tensor(draw(any_shapes()), None, draw(st.sampled_from(MOVED)))
    return draw(with_values(finish(ops.Transpose, [x], None, perm=tuple(draw(st.permutations(range(len(x.shape))))))))


@st.composite
def reshape(draw: Draw) -> Case:
    """A copy; of a constant, as outputs that do not depend on the input need it."""
    shape, dtype = draw(any_shapes()), draw(st.sampled_from(MOVED))
    x = draw(constants(shape, None, dtype)) if draw(st.booleans()) else tensor(shape, None, dtype)
    return draw(with_values(finish(ops.Reshape, [x], None, shape=(math.prod(shape),))))


@st.composite
def copy(draw: Draw) -> Case:
    """Of an activation, or of a constant."""
    shape, dtype = draw(any_shapes()), draw(st.sampled_from(MOVED))
    x = draw(constants(shape, None, dtype)) if draw(st.booleans()) else tensor(shape, None, dtype)
    if x.data is not None and draw(st.booleans()):
        x.data = np.full_like(x.data, x.data.reshape(-1)[0])
    return draw(with_values(finish(ops.Copy, [x], None)))


@st.composite
def resize(draw: Draw, kind: type[ops.Resize]) -> Case:
    quant = draw(quants())
    x = tensor(draw(images()), quant)
    align, half = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    size = (draw(st.integers(1, 25)), draw(st.integers(1, 25)))
    return draw(with_values(finish(kind, [x], quant, size=size, align_corners=align, half_pixel_centers=half)))


@st.composite
def quantize(draw: Draw) -> Case:
    integers = [DType.INT8, DType.UINT8, DType.INT16]
    x_type, y_type = draw(st.sampled_from(integers)), draw(st.sampled_from(integers))
    x = tensor(draw(any_shapes()), draw(quants(x_type)), x_type)
    op = finish(ops.Quantize, [x], None)
    op.outputs = [tensor(x.shape, draw(quants(y_type)), y_type)]
    return draw(with_values(op))


@st.composite
def quantize_float(draw: Draw) -> Case:
    """Floats around the range, ties, and what is no number of 32 bits."""
    y_type = draw(st.sampled_from([DType.INT8, DType.UINT8, DType.INT16]))
    x = tensor(draw(shapes(1, 4)), None, DType.FLOAT32)
    op = finish(ops.Quantize, [x], None)
    op.outputs = [tensor(x.shape, draw(quants(y_type)), y_type)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    real = rng.integers(-1000, 1000, x.shape) / 2 * op.y.quant.scale if op.y.quant else None
    strange = rng.choice([np.nan, np.inf, -np.inf, 1e30, -1e30, 2147483648.0, -2147483648.0, 0.49999997, -0.0], x.shape)
    where = rng.random(x.shape) < draw(st.sampled_from([0.0, 0.3]))
    return op, [np.where(where, strange, real).astype(np.float32)]


@st.composite
def dequantize(draw: Draw) -> Case:
    dtype = draw(st.sampled_from([DType.INT8, DType.UINT8, DType.INT16]))
    x = tensor(draw(any_shapes()), draw(quants(dtype)), dtype)
    op = finish(ops.Dequantize, [x], None)
    op.outputs = [tensor(x.shape, None, DType.FLOAT32)]
    return draw(with_values(op))


FAMILIES: dict[str, st.SearchStrategy[Case]] = {
    "unary": unary(),
    "sigmoid": sigmoid(),
    "lookup": lookup(),
    "add": binary(ops.Add),
    "sub": binary(ops.Sub),
    "mul": binary(ops.Mul),
    "maximum": binary(ops.Maximum),
    "minimum": binary(ops.Minimum),
    "same_operand": same_operand(),
    "prelu": prelu(),
    "average_pool_2d": pool(ops.AveragePool2D),
    "max_pool_2d": pool(ops.MaxPool2D),
    "mean": mean(),
    "softmax": softmax(),
    "concat": concat(),
    "split": split(),
    "slice": slice_(),
    "pad": pad(),
    "transpose": transpose(),
    "reshape": reshape(),
    "copy": copy(),
    "resize_nearest": resize(ops.ResizeNearest),
    "resize_bilinear": resize(ops.ResizeBilinear),
    "quantize": quantize(),
    "quantize_float": quantize_float(),
    "dequantize": dequantize(),
}
"""A strategy of random cases per family."""
