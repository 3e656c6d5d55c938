"""Random small int8 networks as TFLite files: branches, residuals, concatenations, splits, views, several outputs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.support.tflite_writer import ModelWriter

Shape = tuple[int, ...]
Quant = tuple[float, int]

QUANTS: tuple[Quant, ...] = ((0.0625, 0), (0.047, -11))
SIGMOID: Quant = (1 / 256, -128)
TANH: Quant = (1 / 128, 0)
ACTIVATIONS = ("NONE", "NONE", "RELU", "RELU6")
MOST_ELEMENTS = 4000


@dataclass
class Value:
    """A tensor of the network."""

    index: int
    shape: Shape
    quant: Quant


@dataclass
class RandomModel:
    """A network that grows operator by operator; `values` may be read by the next one."""

    rng: random.Random
    writer: ModelWriter = field(default_factory=ModelWriter)
    values: list[Value] = field(default_factory=list)
    inputs: list[Value] = field(default_factory=list)
    read: set[int] = field(default_factory=set)

    def value(self, shape: Shape, quant: Quant) -> Value:
        made = Value(self.writer.tensor(f"t{len(self.values)}", shape, "int8", *quant), shape, quant)
        self.values.append(made)
        return made

    def constant(
        self, values: Any, dtype: str = "int32", quant: Sequence[Any] = (None, 0), axis: int | None = None
    ) -> int:
        array = np.asarray(values)
        return self.writer.tensor("constant", array.shape, dtype, *quant, axis=axis, data=array)

    def emit(self, name: str, inputs: Sequence[Value | int], outputs: Sequence[Value], **options: Any) -> None:
        self.read.update(v.index for v in inputs if isinstance(v, Value))
        indices = [v.index if isinstance(v, Value) else v for v in inputs]
        self.writer.operator(name, indices, [v.index for v in outputs], **options)

    def unary(self, name: str, x: Value, shape: Shape, quant: Quant, *constants: int, **options: Any) -> None:
        self.emit(name, [x, *constants], [self.value(shape, quant)], **options)

    def quant(self) -> Quant:
        return self.rng.choice(QUANTS)

    def pick(self, rank: int | None = None) -> Value | None:
        """A value, rather a recent one."""
        fitting = [v for v in self.values if rank in {None, len(v.shape)}]
        return self.rng.choice(fitting[-4:] if self.rng.random() < 0.7 else fitting) if fitting else None

    def weights(self, shape: Shape, axis: int | None, x: Value) -> tuple[int, int]:
        """Filter and bias with values that keep results in range; per channel along `axis`, or per tensor."""
        numbers = np.random.default_rng(self.rng.randrange(2**32))
        channels = shape[0 if axis is None else axis]
        inner = int(np.prod(shape)) // channels
        scales = numbers.uniform(0.5, 1.5, 1 if axis is None else channels) * 0.03 / max(inner, 1) ** 0.5
        kernel = self.constant(numbers.integers(-127, 128, shape), "int8", (scales, 0), axis)
        bias_axis = None if axis is None else 0
        bias = self.constant(numbers.integers(-300, 300, channels), "int32", (scales * x.quant[0], 0), bias_axis)
        return kernel, bias


def out_size(size: int, kernel: int, stride: int, padding: str) -> int:
    return -(-size // stride) if padding == "SAME" else (size - kernel) // stride + 1


def window(m: RandomModel, x: Value) -> tuple[tuple[int, int], tuple[int, int], dict[str, Any]]:
    """Kernel and output size, and the options of any sliding window over x."""
    _, h, w, _ = x.shape
    kh, kw = (min(m.rng.choice([1, 1, 2, 3, 3]), side) for side in (h, w))
    stride, padding = m.rng.choice([1, 1, 2]), m.rng.choice(["SAME", "VALID"])
    size = out_size(h, kh, stride, padding), out_size(w, kw, stride, padding)
    options = {"padding": padding, "stride_w": stride, "stride_h": stride}
    return (kh, kw), size, options | {"fused_activation_function": m.rng.choice(ACTIVATIONS)}


def conv(m: RandomModel) -> None:
    if x := m.pick(4):
        kernel, size, options = window(m, x)
        channels = m.rng.randint(1, 9)
        f, b = m.weights((channels, *kernel, x.shape[3]), 0, x)
        m.unary("CONV_2D", x, (x.shape[0], *size, channels), m.quant(), f, b, **options)


def depthwise(m: RandomModel) -> None:
    if x := m.pick(4):
        kernel, size, options = window(m, x)
        multiplier = m.rng.choice([1, 1, 2])
        channels = x.shape[3] * multiplier
        f, b = m.weights((1, *kernel, channels), 3, x)
        options["depth_multiplier"] = multiplier
        m.unary("DEPTHWISE_CONV_2D", x, (x.shape[0], *size, channels), m.quant(), f, b, **options)


def pool(m: RandomModel) -> None:
    if x := m.pick(4):
        (kh, kw), size, options = window(m, x)
        options |= {"filter_height": kh, "filter_width": kw}
        name = m.rng.choice(["MAX_POOL_2D", "AVERAGE_POOL_2D"])
        m.unary(name, x, (x.shape[0], *size, x.shape[3]), x.quant, **options)


def fully_connected(m: RandomModel) -> None:
    if x := m.pick():
        channels, inner = m.rng.randint(1, 9), x.shape[-1]
        f, b = m.weights((channels, inner), None, x)
        rows = int(np.prod(x.shape)) // inner
        m.unary("FULLY_CONNECTED", x, (rows, channels), m.quant(), f, b)


def binary(m: RandomModel) -> None:
    if x := m.pick():
        other = m.rng.choice([v for v in m.values if v.shape == x.shape])
        name = m.rng.choice(["ADD", "ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM"])
        if name in {"MAXIMUM", "MINIMUM"}:
            if other.quant == x.quant:
                m.emit(name, [x, other], [m.value(x.shape, x.quant)])
        else:
            activation = m.rng.choice(ACTIVATIONS)
            m.emit(name, [x, other], [m.value(x.shape, m.quant())], fused_activation_function=activation)


def unary(m: RandomModel) -> None:
    if x := m.pick():
        name = m.rng.choice(["RELU", "RELU6", "LOGISTIC", "TANH", "LEAKY_RELU", "SOFTMAX"])
        quant = {"LOGISTIC": SIGMOID, "SOFTMAX": SIGMOID, "TANH": TANH}.get(name, m.quant())
        options = {"LEAKY_RELU": {"alpha": 0.3}, "SOFTMAX": {"beta": 1.0}}.get(name, {})
        m.unary(name, x, x.shape, quant, **options)


def concat(m: RandomModel) -> None:
    if x := m.pick():
        axis = m.rng.randrange(len(x.shape))

        def outside(v: Value) -> Shape:
            return (*v.shape[:axis], *v.shape[axis + 1 :])

        alike = [v for v in m.values if len(v.shape) == len(x.shape) and v.quant == x.quant]
        alike = [v for v in alike if outside(v) == outside(x)]
        inputs = [x, *m.rng.choices(alike, k=m.rng.randint(1, 2))]
        shape = (*x.shape[:axis], sum(v.shape[axis] for v in inputs), *x.shape[axis + 1 :])
        m.emit("CONCATENATION", inputs, [m.value(shape, x.quant)], axis=axis)


def split(m: RandomModel) -> None:
    x = m.pick()
    axes = [i for i, d in enumerate(x.shape) if d > 1] if x else []
    if x and axes:
        axis = m.rng.choice(axes)
        cut = m.rng.randint(1, x.shape[axis] - 1)
        sizes = (cut, x.shape[axis] - cut)
        outputs = [m.value((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.quant) for size in sizes]
        m.emit("SPLIT_V", [x, m.constant(sizes), m.constant(axis)], outputs, num_splits=2)


def slice_(m: RandomModel) -> None:
    if x := m.pick():
        begin = [m.rng.randrange(d) for d in x.shape]
        size = [m.rng.randint(1, d - b) for d, b in zip(x.shape, begin, strict=True)]
        m.unary("SLICE", x, tuple(size), x.quant, m.constant(begin), m.constant(size))


def reshape(m: RandomModel) -> None:
    if x := m.pick():
        shape = m.rng.choice([(1, int(np.prod(x.shape))), (*x.shape[::-1],), (1, x.shape[0], *x.shape[1:])[-4:]])
        if np.prod(shape) == np.prod(x.shape):
            m.unary("RESHAPE", x, shape, x.quant, m.constant(shape), new_shape=list(shape))


def pad(m: RandomModel) -> None:
    if x := m.pick(4):
        pads = [[0, 0], *([m.rng.randint(0, 2), m.rng.randint(0, 2)] for _ in range(2)), [0, 0]]
        shape = tuple(d + sum(p) for d, p in zip(x.shape, pads, strict=True))
        m.unary("PAD", x, shape, x.quant, m.constant(pads))


def transpose(m: RandomModel) -> None:
    if x := m.pick():
        order = m.rng.sample(range(len(x.shape)), len(x.shape))
        m.unary("TRANSPOSE", x, tuple(x.shape[i] for i in order), x.quant, m.constant(order))


def mean(m: RandomModel) -> None:
    if x := m.pick(4):
        m.unary("MEAN", x, (x.shape[0], x.shape[3]), m.quant(), m.constant([1, 2]), keep_dims=False)


def resize(m: RandomModel) -> None:
    if x := m.pick(4):
        size = [m.rng.randint(1, 9), m.rng.randint(1, 9)]
        name = m.rng.choice(["RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"])
        m.unary(name, x, (x.shape[0], *size, x.shape[3]), x.quant, m.constant(size), half_pixel_centers=True)


MAKERS = (
    *(conv, conv, depthwise, pool, fully_connected, binary, binary, unary, concat, concat),
    *(split, split, slice_, reshape, pad, transpose, mean, resize),
)


def random_model(seed: int, operators: int) -> tuple[bytes, list[Shape]]:
    """A TFLite file and the shapes of its inputs, all int8."""
    m = RandomModel(random.Random(seed))  # noqa: S311
    for _ in range(m.rng.choice([1, 1, 2])):
        shape = (1, m.rng.randint(1, 9), m.rng.randint(1, 9), m.rng.randint(1, 5))
        m.inputs.append(m.value(shape, m.quant()))
    for _ in range(operators):
        before = len(m.values)
        m.rng.choice(MAKERS)(m)
        m.values[before:] = [v for v in m.values[before:] if np.prod(v.shape) <= MOST_ELEMENTS or v.index in m.read]
    unread = [v for v in m.values if v.index not in m.read and v not in m.inputs]
    outputs = unread[: m.rng.randint(1, 4)] or [m.values[-1]]
    others = [v for v in m.values if v not in outputs]
    outputs += m.rng.sample(others, min(len(others), m.rng.choice([0, 0, 0, 1, 2])))
    return m.writer.build([v.index for v in m.inputs], [v.index for v in outputs]), [v.shape for v in m.inputs]
