"""Operators beside convolutions as layers of kpu.c."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from codegen.ir import Array, DType, Graph, Operator, Tensor
from codegen.ir.operator import Activation
from codegen.ir.ops import (
    Add,
    AveragePool2D,
    Concat,
    FullyConnected,
    L2Norm,
    Logistic,
    Lookup,
    MaxPool2D,
    Mean,
    Pool2D,
    Reshape,
    Softmax,
)
from codegen.kmodel.builder import UNSIGNED, Builder, planes
from codegen.kmodel.layout import Kind, Number
from codegen.kmodel.rooms import Room
from codegen.reference.parameters import clamp_range

ACT = {Activation.NONE: 0, Activation.RELU: 1, Activation.RELU6: 2}


def _limits(op: Any) -> tuple[int, int]:
    """Of the int8 result of an operator with a fused activation, or none."""
    return clamp_range(getattr(op, "activation", Activation.NONE), op.y.quant, op.y.dtype)


def _is_vector(tensor: Tensor) -> bool:
    return tensor.size == tensor.shape[-1]


def _ends(source: Room, target: Room) -> dict[str, Number | Room]:
    return {"in": source, "out": target}


def _float_layer(kind: Kind, **more: int) -> Callable[[Builder, Any], None]:
    def emit(b: Builder, op: Any) -> None:
        source, target = b.floats_of(op.x), b.room(4 * op.y.size)
        b.add(kind, **_ends(source, target), channels=op.x.size, **more)
        b.give(op.y, target, _limits(op))

    return emit


def _softmax(b: Builder, op: Any) -> None:
    """Of numbers that are not negative: kpu.c begins its search for the largest at zero."""
    source, target = b.scaled(op.x, op.x.quant.scale, 0.0), b.room(4 * op.y.size)
    b.add(Kind.SOFTMAX, **_ends(source, target), channels=op.x.size)
    b.give(op.y, target, _limits(op))


def _add(b: Builder, op: Any) -> None:
    first, second = (b.floats_of(t) for t in op.activations) if len(op.activations) == 2 else (b.floats_of(op.x),) * 2
    target = b.room(4 * op.y.size)
    b.add(Kind.ADD, a=first, b=second, out=target, count=op.y.size)
    b.give(op.y, target, _limits(op))


def _mean(b: Builder, op: Any) -> None:
    channels, height, width = planes(op.x)
    source, target = b.floats_of(op.x), b.room(4 * channels)
    b.add(Kind.GLOBAL_AVERAGE_POOL2D, **_ends(source, target), kernel_size=height * width, channels=channels)
    b.give(op.y, target, _limits(op))


def _is_global(op: Pool2D) -> bool:
    return op.kernel == op.x.shape[1:3] and op.pad_h == op.pad_w == (0, 0) and op.y.shape[1:3] == (1, 1)


def _pads(op: Pool2D, *, rotated: bool) -> tuple[int, int]:
    """Pixels in front of the map, as it lies: height, width; negative when the last ones are not read."""
    if not rotated:
        return op.pad_h[0], op.pad_w[0]
    sizes = zip((1, 2), op.kernel, op.stride, (op.pad_h, op.pad_w), strict=True)
    high, wide = ((op.y.shape[a] - 1) * s + k - op.x.shape[a] - pad[0] for a, k, s, pad in sizes)
    return high, wide


def _window(b: Builder, op: Pool2D) -> dict[str, int]:
    high, wide = _pads(op, rotated=b.rotated)
    values = [*planes(op.x)[::-1], *planes(op.y)[::-1], *op.kernel[::-1], *op.stride[::-1], wide, high]
    return dict(zip(list(Kind.QUANTIZED_MAX_POOL2D.types)[3:], values, strict=True))


def _max_pool(b: Builder, op: Any) -> None:
    source, target = b.bytes_of(op.x), b.room(op.y.size)
    b.add(Kind.QUANTIZED_MAX_POOL2D, **_ends(source, target), **_window(b, op))
    low, high = _limits(op)
    b.give(op.y, b.mapped(target, np.clip(np.arange(256), low + UNSIGNED, high + UNSIGNED)))


def _average_pool(b: Builder, op: Any) -> None:
    if _is_global(op):
        return _mean(b, op)
    source, target = b.floats_of(op.x), b.room(4 * op.y.size)
    b.add(Kind.AVERAGE_POOL2D, **_ends(source, target), **_window(b, op), act=0)
    return b.give(op.y, target, _limits(op))


def _product(b: Builder, op: Any) -> None:
    """Weights and bias as floats."""
    source, target = b.flat(op.x), b.room(4 * op.y.size)
    rows, columns = op.weights.shape
    draft = b.add(
        Kind.FULLY_CONNECTED,
        **_ends(source, target),
        in_channels=columns,
        out_channels=rows,
        act=ACT[op.activation],
    )
    scale, zero = (np.array(v, np.float64) for v in (op.weights.quant.scales, op.weights.quant.zero_points))
    draft.arrays["weights"] = ((op.weights.value - zero[:, None]) * scale[:, None]).astype(np.float32)
    bias: Array = np.zeros(rows) if op.bias is None else op.bias.value * (scale * op.x.quant.scale)
    draft.arrays["bias"] = bias.astype(np.float32)
    b.give(op.y, target, _limits(op))


def _reshape(b: Builder, op: Any) -> None:
    if _is_vector(op.x):
        b.give(op.y, b.bytes_of(op.x))
    else:
        b.give(op.y, b.flat(op.x), _limits(op))


def _lookup(b: Builder, op: Any) -> None:
    signed = (np.arange(256) - UNSIGNED) & 0xFF
    b.give(op.y, b.mapped(b.bytes_of(op.x), op.table.value.astype(np.int16)[signed] + UNSIGNED))


def _concat(b: Builder, op: Any) -> None:
    rooms = [(b.bytes_of(t), t.size) for t in op.activations]
    target = b.room(op.y.size)
    draft = b.add(Kind.QUANTIZED_CONCAT, out=target, inputs=len(rooms))
    draft.ranges = [(room.touch(draft.index), 0, size) for room, size in rooms]
    low, high = _limits(op)
    b.give(op.y, b.mapped(target, np.clip(np.arange(256), low + UNSIGNED, high + UNSIGNED)))


EMITTERS: dict[type[Operator], Callable[[Builder, Any], None]] = {
    Add: _add,
    AveragePool2D: _average_pool,
    Concat: _concat,
    FullyConnected: _product,
    L2Norm: _float_layer(Kind.L2_NORMALIZATION),
    Logistic: _float_layer(Kind.LOGISTIC),
    Lookup: _lookup,
    MaxPool2D: _max_pool,
    Mean: _mean,
    Reshape: _reshape,
    Softmax: _softmax,
}


def _no_pads(op: Any, rotated: bool) -> str | None:
    if min(_pads(op, rotated=rotated)) < 0:
        return "rotated maps, and a pool that does not read the last pixels"
    return "its scale changes" if isinstance(op, MaxPool2D) and op.x.quant != op.y.quant else None


def _same_shapes(op: Any, _: bool) -> str | None:
    shapes = {t.shape for t in (*op.inputs, op.y) if t is not None}
    return "operands of different shapes or constants" if len(shapes) > 1 or _has_constants(op) else None


def _has_constants(op: Operator) -> bool:
    return len(op.activations) < len(op.inputs)


def _planes_behind_planes(op: Any, _: bool) -> str | None:
    if op.axis % len(op.y.shape) != len(op.y.shape) - 1 or _has_constants(op):
        return "only channels of computed tensors can be concatenated"
    return "its inputs have several scales" if any(t.quant != op.y.quant for t in op.activations) else None


def _over_pixels(op: Any, _: bool) -> str | None:
    axes = sorted(axis % len(op.x.shape) for axis in op.axes)
    return None if len(op.x.shape) == 4 and axes == [1, 2] else "only means over height and width"


def _constant_weights(op: Any, _: bool) -> str | None:
    if op.weights.data is None or (op.bias is not None and op.bias.data is None):
        return "only constant weights"
    if op.y.size != op.weights.shape[0]:
        return "several vectors"
    return None if op.activation in ACT else f"the activation {op.activation.name}"


def _to_vector(op: Any, _: bool) -> str | None:
    same = op.x.quant == op.y.quant
    return None if _is_vector(op.y) and same else "only an image or a vector becomes a vector"


def _one_vector(op: Any, _: bool) -> str | None:
    if not _is_vector(op.x):
        return "only of one vector"
    return None if getattr(op, "beta", 1.0) == 1.0 else "beta is not 1"


CHECKS: dict[type[Operator], Callable[[Any, bool], str | None]] = {
    Add: _same_shapes,
    AveragePool2D: _no_pads,
    Concat: _planes_behind_planes,
    FullyConnected: _constant_weights,
    L2Norm: _one_vector,
    MaxPool2D: _no_pads,
    Mean: _over_pixels,
    Reshape: _to_vector,
    Softmax: _one_vector,
}


def why_not(op: Operator, *, rotated: bool) -> str | None:
    """Why an operator that is no convolution cannot be expressed; None when it can."""
    if type(op) not in EMITTERS:
        return "it has no such layer"
    tensors = [*op.activations, *op.outputs]
    if any(t.dtype is not DType.INT8 or t.shape[:1] != (1,) or len(t.shape) not in (2, 4) for t in tensors):
        return "only int8 tensors [1, H, W, C] or [1, N]"
    check = CHECKS.get(type(op))
    return check(op, rotated) if check is not None else None


def first_is_product(graph: Graph) -> bool:
    """Whether the model's input goes to a matrix product: kpu.c then takes floats."""
    readers = graph.consumers().get(graph.inputs[0], [])
    return len(readers) == 1 and readers == graph.operators[:1] and isinstance(readers[0], FullyConnected)
