"""Random quantised networks of what the KPU may compute, and a machine that runs segments with the driver's own C."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core
from codegen.backends.kpu import Kpu
from codegen.backends.kpu.segment import KpuSegment
from codegen.ir import Activation, Array, DType, Graph, Operator, Quantization, Tensor
from codegen.ir.ops import Add, Concat, Conv2D, DepthwiseConv2D, Lookup, MaxPool2D, Sub
from codegen.reference.evaluation import evaluate
from codegen.resources import resource_dir
from tests.support.kpu import FLAGS, aligned

RUNTIME = resource_dir("runtime_c")
CURVES: tuple[Callable[[Any], Any], ...] = (
    np.tanh,
    lambda x: 1 / (1 + np.exp(-x)),
    lambda x: np.where(x < 0, x / 10, x),
    lambda x: x * np.clip(x + 3, 0, 6) / 6,
    lambda x: -x,
)


def quant(rng: np.random.Generator, scale: float = 0.0) -> Quantization:
    """A random zero point; a random scale unless one is given."""
    return Quantization((float(np.float32(scale or rng.uniform(0.01, 0.06))),), (int(rng.integers(-128, 128)),))


@dataclass
class Network:
    """A graph that grows."""

    rng: np.random.Generator
    operators: list[Operator] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)

    def activation(self, shape: tuple[int, ...], q: Quantization | None = None) -> Tensor:
        """A tensor that is known at run time."""
        return Tensor(f"t{len(self.tensors)}", shape, DType.INT8, q or quant(self.rng))

    def add(self, op: Operator) -> Tensor:
        """Append an operator; its result."""
        op.name, op.source = f"{op.kind}_{len(self.operators)}", f"{op.kind} #{len(self.operators)}"
        assert op.infer_shapes() == [op.y.shape]
        self.operators.append(op)
        self.tensors.append(op.y)
        return op.y

    def function(self, x: Tensor, curve: Callable[[Any], Any], y: Tensor) -> Tensor:
        """A function of real numbers, as a table of bytes."""
        assert x.quant is not None
        assert y.quant is not None
        values = curve((np.arange(-128, 128) - x.quant.zero_point) * x.quant.scale)
        table = np.roll(np.clip(np.rint(values / y.quant.scale) + y.quant.zero_point, -128, 127), 128).astype(np.int8)
        return self.add(Lookup(inputs=[x, Tensor("table", (256,), DType.INT8, None, table)], outputs=[y]))

    def pick(self) -> Tensor:
        """A tensor, rather a late one."""
        return self.tensors[max(self.rng.integers(0, len(self.tensors), 2))]

    def weights(self, shape: tuple[int, ...], axis: int, x: Tensor, bits: int) -> tuple[Tensor, Tensor, float]:
        """Weights, a bias, and a scale of the output with which it is used to its full range."""
        top = (1 << (bits - 1)) - 1
        data = np.clip(self.rng.normal(0, top / 3, shape).round(), -top, top)
        channels = shape[axis]
        scales = tuple(float(np.float32(s)) for s in self.rng.uniform(0.5, 1, channels) / top)
        dtype = DType.INT8 if bits == 8 else DType.INT16
        w = Tensor("w", shape, dtype, Quantization(scales, (0,) * channels, axis), data.astype(dtype.numpy))
        assert x.quant is not None
        reach = np.abs(np.moveaxis(data, axis, 0).reshape(channels, -1)).sum(axis=1).mean() * 40 * x.quant.scale
        steps = self.rng.integers(-(1 << 9), 1 << 9, channels) << (bits - 8)
        bias = Tensor("b", (channels,), DType.INT32, None, steps.astype(np.int32))
        return w, bias, float(reach * np.mean(scales) / 128)


def pads(size: int, kernel: int, stride: int, kind: str) -> tuple[int, tuple[int, int]]:
    """Output size and padding: TensorFlow's SAME or VALID, as much on both sides (PyTorch), or much on one."""
    out = -(-size // stride)
    pad = max((out - 1) * stride + kernel - size, 0)
    before, behind = {
        "same": (pad // 2, pad - pad // 2),
        "valid": (0, 0),
        "both": (kernel // 2, kernel // 2),
        "odd": (3, 0),
    }[kind]
    return (size + before + behind - kernel) // stride + 1, (before, behind)


def conv(n: Network) -> Tensor:
    """A convolution that the chip can compute: of 8 or 16 bits, plain or depthwise."""
    x, depthwise = n.pick(), bool(n.rng.integers(0, 2))
    _, h, w, c = x.shape
    kernel, stride = int(n.rng.choice([1, 3])), int(n.rng.choice([1, 1, 2]))
    outputs = c if depthwise else int(n.rng.integers(1, 11))
    kinds = ("same", "same", "both", "valid") if min(h, w) >= kernel else ("same", "odd")
    kind = str(n.rng.choice(kinds))
    (oh, pad_h), (ow, pad_w) = pads(h, kernel, stride, kind), pads(w, kernel, stride, kind)
    shape, axis = ((1, kernel, kernel, c), 3) if depthwise else ((outputs, kernel, kernel, c), 0)
    weights, bias, scale = n.weights(shape, axis, x, int(n.rng.choice([8, 8, 12, 16])))
    y = n.activation((1, oh, ow, outputs), quant(n.rng, scale))
    made = DepthwiseConv2D if depthwise else Conv2D
    clamp = Activation(n.rng.choice(np.array([Activation.NONE, Activation.RELU, Activation.RELU6], object)))
    geometry = {"stride": (stride, stride), "pad_h": pad_h, "pad_w": pad_w}
    return n.add(made(inputs=[x, weights, bias], outputs=[y], activation=clamp, **geometry))


def curve(n: Network) -> Tensor:
    """A function of bytes."""
    x = n.pick()
    return n.function(x, CURVES[n.rng.integers(0, len(CURVES))], n.activation(x.shape))


def sum_(n: Network) -> Tensor:
    """A sum or a difference of two tensors of one shape; else another convolution."""
    x = n.pick()
    others = [t for t in n.tensors if t.shape == x.shape]
    other = others[n.rng.integers(0, len(others))]
    kind = Sub if n.rng.integers(0, 4) == 0 else Add
    clamp = Activation.RELU if n.rng.integers(0, 2) else Activation.NONE
    return n.add(kind(inputs=[x, other], outputs=[n.activation(x.shape)], activation=clamp))


def join(n: Network) -> Tensor:
    """Channels of tensors of one size and scale: new convolutions and functions make them so."""
    x = n.pick()
    assert x.quant is not None
    parts = [x]
    for _ in range(int(n.rng.integers(1, 3))):
        y = curve(n) if n.rng.integers(0, 3) == 0 else conv(n)
        y.quant = x.quant if y.shape[1:3] == x.shape[1:3] else y.quant
        parts += [y] if y.quant == x.quant else []
    order = n.rng.permutation(len(parts))
    shape = (*x.shape[:3], sum(t.shape[3] for t in parts))
    return n.add(Concat(inputs=[parts[i] for i in order], outputs=[n.activation(shape, x.quant)], axis=3))


def pool(n: Network) -> Tensor:
    """A 2x2 maximum, of a convolution's or a function's result as a rule."""
    x = conv(n) if n.rng.integers(0, 2) else n.pick()
    _, h, w, c = x.shape
    if min(h, w) < 2:
        return x
    y = n.activation((1, h // 2, w // 2, c), x.quant)
    return n.add(MaxPool2D(inputs=[x], outputs=[y], kernel=(2, 2), stride=(2, 2), pad_h=(0, 0), pad_w=(0, 0)))


def random_network(seed: int, operators: int) -> Graph:
    """A network with an image and some of its tensors as outputs."""
    n = Network(np.random.default_rng(seed))
    sides = n.rng.integers(1, 40, 2) if seed % 3 else n.rng.integers(1, 9, 2)
    image = n.activation((1, int(sides[0]), int(sides[1]), int(n.rng.integers(1, 7))))
    n.tensors.append(image)
    conv(n)
    kinds = (conv, conv, conv, curve, sum_, join, pool)
    while len(n.operators) < operators:
        kinds[n.rng.integers(0, len(kinds))](n)
    unread = [t for t in n.tensors if not any(t in op.inputs for op in n.operators)]
    extra = [n.pick()] if n.rng.integers(0, 3) == 0 else []
    return Graph("net", [image], list(dict.fromkeys(unread + [t for t in extra if t is not image])), n.operators)


@cache
def driver(folder: Path) -> ctypes.CDLL:
    """The driver with the simulator, as a shared library in `folder`."""
    library = folder / "driver.so"
    sources = sorted(str(path) for path in (RUNTIME / "kpu").glob("*.c"))
    includes = [f"-I{RUNTIME / 'kpu'}", f"-I{RUNTIME / 'portable'}", f"-I{RUNTIME}"]
    includes += [f"-I{path.parent}" for path in RUNTIME.rglob("genc_kernel.h")]
    subprocess.run(["gcc", *FLAGS, *includes, *sources, "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


@dataclass
class Machine:
    """Runs what the back-end makes of operators."""

    lib: ctypes.CDLL

    def segment(self, candidate: Candidate, values: dict[Tensor, Array]) -> None:
        """Compute a segment's outputs."""
        for call in candidate.calls:
            kept: list[Any] = []
            fields = b"".join(self._field(value, kept) for _, value in call.params)
            operands = [self._operand(call, t.tensor, values) for t in (*call.inputs, *call.outputs)]
            params = ctypes.create_string_buffer(fields, len(fields) + 8)
            arguments = [ctypes.c_void_p(operand.ctypes.data) for operand in operands]
            getattr(self.lib, call.kernel)(ctypes.byref(params), *arguments, 0, 1)

    @staticmethod
    def _operand(call: Call, tensor: Tensor, values: dict[Tensor, Array]) -> Array:
        if any(operand.tensor is tensor for operand in call.outputs):
            values[tensor] = np.full(tensor.shape, 99, np.int8)
        values[tensor] = np.ascontiguousarray(values[tensor], np.int8)
        return values[tensor]

    @staticmethod
    def _field(value: Any, kept: list[Any]) -> bytes:
        """A field as it lies in the struct; the driver's structs have their pointers at multiples of 8."""
        if isinstance(value, Constant):
            kept.append(aligned(value.array, 256))
            return np.uint64(kept[-1].ctypes.data).tobytes()
        if value is None:
            return bytes(8)
        numbers = value.strip("{}").split(",") if isinstance(value, str) else [value]
        return np.array([int(number) for number in numbers], np.int32).tobytes()

    def run(self, graph: Graph, inputs: dict[Tensor, Array]) -> dict[Tensor, Array]:
        """The values of a graph with segments: those by the driver, all else by the reference."""
        values = dict(inputs)
        for op in graph.operators:
            if isinstance(op, KpuSegment):
                (candidate,) = Kpu().candidates(op, Core("rv64gc"))
                self.segment(candidate, values)
            else:
                results = evaluate(op, [None if t is None else values.get(t, t.data) for t in op.inputs])
                values.update(zip(op.outputs, results, strict=True))
        return values
