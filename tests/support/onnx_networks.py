"""Random ONNX networks as exporters write them: channels first, blocks of layers, a head; sequences or images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from codegen.ir import Array

Shape = tuple[int, ...]


class Network:
    """A network under construction.

    Attributes:
        x: name of the present end, of shape `shape`.
    """

    def __init__(self, seed: int, axes: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.shape: Shape = (1, int(self.rng.integers(1, 5)), *(int(n) for n in self.rng.integers(6, 13, axes)))
        self.x, self.inputs = "x", [("x", self.shape)]

    def add(self, op: str, *inputs: str, **fields: Any) -> str:
        """An operator; the name of its first output."""
        outputs = fields.pop("outputs", 1)
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **fields))
        return names[0]

    def constant(self, value: Any, dtype: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def random(self, *shape: int, scale: float = 1.0) -> str:
        return self.constant(self.rng.normal(0, scale, shape))

    def pick(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    @property
    def axes(self) -> int:
        """Spatial axes."""
        return len(self.shape) - 2

    def conv(self, x: str, channels: int, kernel: int = 3, groups: int = 1, stride: int = 1) -> str:
        """A convolution that keeps the size, but for its stride; the bias may be missing."""
        inner = self.shape[1] // groups
        w = self.random(channels, inner, *[kernel] * self.axes, scale=(inner * kernel**self.axes) ** -0.5)
        bias = [self.random(channels)] if self.rng.random() < 0.5 else []
        pads, strides = [kernel // 2] * (2 * self.axes), [stride] * self.axes
        return self.add("Conv", x, w, *bias, pads=pads, strides=strides, group=groups)

    def norm(self, x: str, channels: int) -> str:
        mean, scale, bias = (self.random(channels) for _ in range(3))
        variance = self.constant(self.rng.uniform(0.5, 2, channels))
        return self.add("BatchNormalization", x, scale, bias, mean, variance)

    def activation(self, x: str) -> str:
        def swish() -> str:
            return self.add("Mul", x, self.add("Sigmoid", x))

        def relu6() -> str:
            return self.add("Clip", x, self.constant(0.0), self.constant(6.0))

        plain = ("Relu", "LeakyRelu", "HardSwish", "Tanh", "Elu", "Softplus")
        return self.pick(*[lambda op=op: self.add(op, x) for op in plain], swish, relu6)()


def conv_block(n: Network) -> None:
    channels, stride = int(n.rng.integers(1, 9)), n.pick(1, 1, 2)
    y = n.conv(n.x, channels, n.pick(1, 3, 5), stride=stride)
    y = n.norm(y, channels) if n.rng.random() < 0.6 else y
    n.x = n.activation(y)
    n.shape = (1, channels, *(-(-d // stride) for d in n.shape[2:]))


def depthwise_block(n: Network) -> None:
    channels = n.shape[1]
    n.x = n.activation(n.norm(n.conv(n.x, channels, 3, groups=channels), channels))


def residual_block(n: Network) -> None:
    y = n.activation(n.conv(n.x, n.shape[1]))
    n.x = n.activation(n.add("Add", n.x, n.conv(y, n.shape[1])))


def squeeze_block(n: Network) -> None:
    pooled = n.add("GlobalAveragePool", n.x)
    gate = n.add("Sigmoid", n.conv(n.activation(n.conv(pooled, n.shape[1], 1)), n.shape[1], 1))
    n.x = n.add("Mul", n.x, gate)


def pool_block(n: Network) -> None:
    if min(n.shape[2:]) < 2:
        return
    n.x = n.add(n.pick("MaxPool", "AveragePool"), n.x, kernel_shape=[2] * n.axes, strides=[2] * n.axes)
    n.shape = (*n.shape[:2], *(d // 2 for d in n.shape[2:]))


def branch_block(n: Network) -> None:
    """Paths joined along the channels, as in Inception, or a split whose half passes by, as in CSP."""
    if n.shape[1] % 2 == 0 and n.rng.random() < 0.5:
        half = n.shape[1] // 2
        left = n.add("Split", n.x, n.constant([half, half], np.int64), axis=1, outputs=2)
        whole, n.shape = n.shape, (1, half, *n.shape[2:])
        y = n.conv(f"{left[:-2]}_1", half)
        n.shape = whole
        n.x = n.add("Concat", left, y, axis=1)
        return
    paths = [n.conv(n.x, int(n.rng.integers(1, 4)), kernel) for kernel in (1, 3)]
    sizes = [_channels(n, path) for path in paths]
    n.x, n.shape = n.add("Concat", n.x, *paths, axis=1), (1, n.shape[1] + sum(sizes), *n.shape[2:])


def _channels(n: Network, path: str) -> int:
    node = next(node for node in n.nodes if node.output[0] == path)
    weights = next(c for c in n.constants if c.name == node.input[1])
    return int(weights.dims[0])


def up_block(n: Network) -> None:
    if max(n.shape[2:]) > 12:
        return
    if n.axes == 2 and n.rng.random() < 0.5:
        scales = n.constant([1, 1, *[2] * n.axes])
        mode, transform = n.pick(("nearest", "asymmetric"), ("linear", "half_pixel"), ("linear", "align_corners"))
        rounding = {"nearest_mode": "floor"} if mode == "nearest" else {}
        n.x = n.add("Resize", n.x, "", scales, mode=mode, coordinate_transformation_mode=transform, **rounding)
        n.shape = (*n.shape[:2], *(2 * d for d in n.shape[2:]))
        return
    channels = int(n.rng.integers(1, 5))
    weights = n.random(n.shape[1], channels, *[4] * n.axes, scale=0.2)
    n.x = n.add("ConvTranspose", n.x, weights, strides=[2] * n.axes, pads=[1] * (2 * n.axes))
    n.shape = (1, channels, *(2 * d for d in n.shape[2:]))


def pad_block(n: Network) -> None:
    pads = [0, 0, *n.rng.integers(0, 2, n.axes).tolist(), 0, 0, *n.rng.integers(0, 2, n.axes).tolist()]
    n.x = n.add("Pad", n.x, n.constant(pads, np.int64), mode=n.pick("constant", "edge"))
    n.shape = tuple(d + pads[i] + pads[i + len(n.shape)] for i, d in enumerate(n.shape))


def crop_block(n: Network) -> None:
    axis = int(n.rng.integers(1, len(n.shape)))
    if n.shape[axis] < 2:
        return
    ends = (n.constant(v, np.int64) for v in ([1], [2**31], [axis]))
    n.x = n.add("Slice", n.x, *ends)
    n.shape = tuple(d - (i == axis) for i, d in enumerate(n.shape))


def shuffle_block(n: Network) -> None:
    """Channel shuffle."""
    if n.shape[1] % 2:
        return
    c, rest = n.shape[1], n.shape[2:]
    split = n.add("Reshape", n.x, n.constant([1, 2, c // 2, *rest], np.int64))
    turned = n.add("Transpose", split, perm=[0, 2, 1, *range(3, 3 + n.axes)])
    n.x = n.add("Reshape", turned, n.constant([1, c, *rest], np.int64))


def norm_block(n: Network) -> None:
    """Layer normalisation over the channels, as ConvNeXt has it, or instance normalisation."""
    c = n.shape[1]
    if n.rng.random() < 0.5:
        n.x = n.add("InstanceNormalization", n.x, n.random(c), n.random(c))
        return
    last = [0, *range(2, 2 + n.axes), 1]
    y = n.add("LayerNormalization", n.add("Transpose", n.x, perm=last), n.random(c), n.random(c), axis=-1)
    y = n.add("MatMul", y, n.random(c, c, scale=c**-0.5))
    n.x = n.add("Transpose", n.activation(y), perm=[0, n.axes + 1, *range(1, n.axes + 1)])


def attention_block(n: Network) -> None:
    """Self-attention over positions."""
    c, positions = n.shape[1], int(np.prod(n.shape[2:]))
    tokens = n.add("Transpose", n.add("Reshape", n.x, n.constant([1, c, positions], np.int64)), perm=[0, 2, 1])
    q, k, v = (n.add("MatMul", tokens, n.random(c, c, scale=c**-0.5)) for _ in range(3))
    scores = n.add("Softmax", n.add("MatMul", q, n.add("Transpose", k, perm=[0, 2, 1])), axis=-1)
    mixed = n.add("Add", n.add("MatMul", scores, v), tokens)
    n.x = n.add("Reshape", n.add("Transpose", mixed, perm=[0, 2, 1]), n.constant(n.shape, np.int64))


Block = Callable[[Network], None]
BLOCKS: tuple[Block, ...] = (
    *(conv_block, depthwise_block, residual_block, squeeze_block, pool_block, branch_block, up_block),
    *(pad_block, crop_block, shuffle_block, norm_block, attention_block),
)


def head(n: Network) -> str:
    """A classifier, a detector's head, or the image itself."""
    kind = n.pick("flat", "pooled", "detector", "image", "mean")
    if kind == "image":
        return n.conv(n.x, 2, 1)
    if kind == "detector":
        turned = n.add("Transpose", n.conv(n.x, 6, 1), perm=[0, *range(2, 2 + n.axes), 1])
        return n.add("Softmax", n.add("Reshape", turned, n.constant([1, -1, 3], np.int64)), axis=-1)
    flat, size = n.add("Flatten", n.x), int(np.prod(n.shape))
    if kind == "pooled":
        flat, size = n.add("Flatten", n.add("GlobalAveragePool", n.x)), n.shape[1]
    if kind == "mean":
        flat = n.add("ReduceMean", n.x, n.constant(range(2, 2 + n.axes), np.int64), keepdims=0)
        size = n.shape[1]
    hidden = n.activation(n.add("Gemm", flat, n.random(7, size, scale=size**-0.5), n.random(7), transB=1))
    return n.add("MatMul", hidden, n.random(7, 5))


def random_network(seed: int, blocks: int) -> tuple[onnx.ModelProto, dict[str, Array]]:
    """A model with values for its input."""
    n = Network(seed, 1 + seed % 2)
    for _ in range(blocks):
        n.pick(*BLOCKS)(n)
    y = head(n)
    n.nodes.append(helper.make_node("Identity", [y], ["y"]))
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in n.inputs]
    results = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(n.nodes, "g", values, results, n.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return model, {name: n.rng.normal(0, 1, shape).astype(np.float32) for name, shape in n.inputs}
