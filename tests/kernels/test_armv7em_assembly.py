"""Assembly of the DSP kernels, on an emulated Cortex-M4, against codegen.reference: unconnected layers in a network."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from codegen.backends import load_backends
from codegen.backends.armv7em import recurrent
from codegen.backends.candidate import Candidate, Core
from codegen.boards import find_board
from codegen.ir import Activation, DType, Graph, Operator, Quantization, State, Tensor
from codegen.ir.ops import Add, Conv2D, DepthwiseConv2D, FullyConnected, MaxPool2D, Mul, Sub
from codegen.render import RenderOptions, render
from codegen.render.writer import write
from codegen.schedule import schedule
from codegen.verify import target_of, verify_model
from tests.support.recurrent_operators import lstms, svdfs
from tests.support.tools import need

BOARD = find_board("stm32f4")

# kernel, stride, pads along both axes, input height, width, channels
DEPTHWISE = [
    ((3, 3), (1, 1), (1, 1), 7, 5, 9),
    ((3, 3), (1, 1), (0, 0), 6, 8, 4),
    ((3, 3), (2, 2), (0, 1), 9, 10, 6),
    ((3, 3), (2, 2), (1, 1), 12, 7, 5),
    ((5, 5), (1, 1), (2, 2), 9, 11, 5),
    ((5, 5), (2, 2), (2, 2), 11, 14, 4),
    ((7, 7), (1, 1), (3, 3), 8, 9, 6),
    ((7, 7), (2, 2), (3, 3), 12, 13, 4),
    ((7, 7), (1, 1), (3, 3), 3, 3, 5),
    ((7, 7), (1, 1), (3, 3), 4, 4, 4),
    ((4, 4), (1, 1), (1, 2), 5, 8, 4),
    ((4, 4), (2, 2), (1, 1), 9, 11, 5),
    ((2, 5), (1, 1), (0, 0), 4, 5, 6),
    ((4, 3), (1, 1), (1, 1), 6, 10, 3),
    ((2, 2), (3, 3), (0, 0), 11, 13, 8),
    ((10, 1), (1, 1), (0, 0), 24, 1, 8),
    ((15, 1), (1, 1), (0, 0), 15, 1, 5),
    ((1, 9), (1, 1), (4, 4), 2, 17, 4),
    ((5, 1), (2, 1), (2, 2), 21, 2, 4),
    ((1, 4), (1, 2), (0, 0), 3, 9, 7),
]

Shape = tuple[tuple[int, int], tuple[int, int], tuple[int, int], int, int, int, int]

# kernel, stride, pads, input height, width, channels, output channels
CONVOLUTIONS: list[Shape] = [
    ((1, 1), (1, 1), (0, 0), 5, 5, 8, 16),
    ((1, 1), (1, 1), (0, 0), 3, 7, 13, 7),
    ((1, 1), (2, 2), (0, 0), 6, 6, 20, 9),
    ((3, 3), (2, 2), (0, 1), 8, 8, 3, 8),
    ((3, 3), (1, 1), (1, 1), 6, 7, 5, 6),
    ((4, 10), (2, 2), (1, 1), 12, 20, 1, 5),
    ((2, 2), (1, 1), (0, 0), 4, 5, 1, 3),
    ((3, 3), (1, 1), (1, 1), 5, 5, 16, 4),
    ((3, 3), (2, 2), (0, 1), 7, 9, 8, 12),
    ((3, 3), (1, 1), (1, 1), 4, 8, 8, 5),
    ((2, 3), (1, 1), (1, 1), 4, 12, 4, 10),
    ((3, 1), (2, 1), (1, 1), 9, 10, 12, 8),
]

# kernel, stride, pads, input height, width, channels, output channels
WINOGRAD: list[Shape] = [
    ((3, 3), (1, 1), (1, 1), 6, 8, 4, 8),
    ((3, 3), (1, 1), (1, 1), 5, 9, 8, 12),
    ((3, 3), (1, 1), (0, 0), 6, 11, 12, 3),
    ((3, 3), (1, 1), (1, 1), 4, 4, 16, 16),
    ((3, 3), (2, 1), (1, 1), 7, 6, 20, 17),
    ((1, 3), (1, 1), (0, 0), 3, 7, 8, 9),
    ((2, 3), (1, 1), (2, 2), 3, 5, 28, 10),
    ((5, 3), (1, 1), (2, 2), 4, 10, 4, 24),
]

# inputs, outputs
MATRICES = [(1, 16), (16, 1), (17, 23), (64, 8), (100, 15), (3, 3), (12, 40)]


class Layers:
    """Unconnected layers with random constants."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(7)
        self.graph = Graph("net", [], [])

    def add(self, op: Operator, shape: tuple[int, ...], w_shape: tuple[int, ...], axis: int, y_zero: int) -> None:
        """Give an operator tensors whose outputs use the range of int8."""
        number, channels = len(self.graph.operators), w_shape[axis]
        taps = int(np.prod(w_shape)) // channels
        x = Tensor(f"x{number}", shape, DType.INT8, Quantization((0.02,), (int(self.rng.integers(-128, 128)),)))
        one = isinstance(op, FullyConnected) and number % 2 == 0
        factors = (self.rng.random(1 if one else channels) + 0.3) / (40 * np.sqrt(taps) * 0.4)
        scales = tuple(float(np.float32(f)) for f in factors)
        weights = self.rng.integers(-127, 128, w_shape, np.int8)
        quant = Quantization(scales, (0,) * len(scales), None if one else axis)
        bias = self.rng.integers(-1000, 1000, channels).astype(np.int32)
        b = Tensor(f"b{number}", (channels,), DType.INT32, Quantization((1.0,), (0,)), bias)
        op.inputs = [x, Tensor(f"w{number}", w_shape, DType.INT8, quant, weights), b]
        y_quant = Quantization((0.05,), (y_zero,))
        op.outputs = [Tensor(f"y{number}", op.infer_shapes()[0], DType.INT8, y_quant)]
        self.keep(op, [x])

    def add_pair(self, op: Operator, shape: tuple[int, ...], y_scale: float, y_zero: int) -> None:
        """Give an operator of two operands tensors of one shape."""
        number = len(self.graph.operators)
        quants = [
            Quantization((float(self.rng.random() / 30 + 0.01),), (int(self.rng.integers(-128, 128)),)) for _ in "ab"
        ]
        op.inputs = [Tensor(f"{name}{number}", shape, DType.INT8, q) for name, q in zip("ab", quants, strict=True)]
        op.outputs = [Tensor(f"y{number}", shape, DType.INT8, Quantization((y_scale,), (y_zero,)))]
        self.keep(op, list(op.activations))

    def keep(self, op: Operator, inputs: list[Tensor]) -> None:
        """Take over an operator and inputs of it."""
        self.graph.operators.append(op)
        self.graph.inputs.extend(inputs)
        self.graph.outputs.extend(op.outputs)


CLAMPS = [(Activation.RELU, -128), (Activation.NONE, 5), (Activation.RELU6, -20)]
"""A clamp at the zero point, none, and one elsewhere."""


def depthwise_layers() -> Graph:
    """Every row of the table, with two clamps each."""
    layers = Layers()
    for number, (kernel, stride, pads, h, w, c) in enumerate(DEPTHWISE * 2):
        activation, zero = CLAMPS[number % 3]
        upright = kernel[1] == 1
        dw = DepthwiseConv2D(
            inputs=[], outputs=[], activation=activation, stride=stride, pad_h=pads, pad_w=(0, 0) if upright else pads
        )
        layers.add(dw, (1, h, w, c), (1, *kernel, c), 3, zero)
    return layers.graph


def convolutions(table: list[Shape] = CONVOLUTIONS) -> Graph:
    """Every row of a table, with all clamps."""
    layers = Layers()
    for number, (kernel, stride, pads, h, w, c, o) in enumerate(table * 3):
        activation, zero = CLAMPS[number % 3]
        conv = Conv2D(inputs=[], outputs=[], activation=activation, stride=stride, pad_h=pads, pad_w=pads)
        layers.add(conv, (1, h, w, c), (o, *kernel, c), 0, zero)
    return layers.graph


def int16_convolutions() -> Graph:
    """The same on int16 activations."""
    graph = convolutions()
    for op in graph.operators:
        x, w, b = op.operand(0), op.operand(1), op.operand(2)
        assert w.data is not None
        assert b.data is not None
        assert w.quant
        x.dtype, x.quant = DType.INT16, Quantization((0.02 / 256,), (0,))
        b.dtype, b.data, b.quant = DType.INT64, 100 * b.data.astype(np.int64), None
        scale = max(w.quant.scales) * 0.02 * float(np.sqrt(w.data[0].size)) * 0.7
        op.outputs[0].dtype, op.outputs[0].quant = DType.INT16, Quantization((scale / 256,), (0,))
    return graph


def matrices() -> Graph:
    """Every row of the table, with one scale for all outputs and with one each."""
    layers = Layers()
    for number, (k, o) in enumerate(MATRICES * 2):
        activation, zero = CLAMPS[number % 3]
        layers.add(FullyConnected(inputs=[], outputs=[], activation=activation), (2, k), (o, k), 0, zero)
    return layers.graph


def pairs() -> Graph:
    """Operators of two operands."""
    layers = Layers()
    for number, shape in enumerate([(1, 4, 3, 8), (2, 3, 5, 5), (1, 7), (1, 64)] * 3):
        activation, zero = CLAMPS[number % 3]
        for kind, scale in ((Add, 0.07), (Sub, 0.05), (Mul, 0.01)):
            layers.add_pair(kind(inputs=[], outputs=[], activation=activation), shape, scale, zero)
    return layers.graph


def pools() -> Graph:
    """Maxima of windows."""
    layers = Layers()
    for number, (kernel, stride, channels) in enumerate(
        itertools.product([(2, 2), (3, 1), (2, 3)], [1, 2], [4, 7, 16])
    ):
        activation, zero = CLAMPS[number % 3]
        op = MaxPool2D(inputs=[], outputs=[], kernel=kernel, stride=(stride, stride), activation=activation)
        quant = Quantization((0.05,), (zero,))
        op.inputs = [Tensor(f"x{number}", (1, 7, 6, channels), DType.INT8, quant)]
        op.outputs = [Tensor(f"y{number}", op.infer_shapes()[0], DType.INT8, quant)]
        layers.keep(op, list(op.inputs))
    return layers.graph


def winograd() -> Graph:
    """Convolutions with half the products."""
    return convolutions(WINOGRAD)


def said_of(candidate: Candidate) -> str:
    """The name of a kernel, and what it is."""
    return f"{candidate.calls[0].kernel}: {candidate.why}"


class Ranked:
    """The DSP kernels of which a word is said, then the other ones, then the portable ones."""

    name = "armv7em"

    def __init__(self, word: str) -> None:
        self.word = word

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        offers = [c for backend in load_backends("armv7em") for c in backend.candidates(op, core)]
        rank = [(self.word not in said_of(c), c.backend != "armv7em", c.instructions) for c in offers]
        return [offers[rank.index(min(rank))]]


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("make", "word"),
    [
        (depthwise_layers, "_dsp"),
        (depthwise_layers, "depthwise_wide"),
        (depthwise_layers, "depthwise_taps"),
        (convolutions, "_dsp"),
        (convolutions, "conv_lines"),
        (convolutions, "conv_direct"),
        (winograd, "winograd"),
        (winograd, "a kernel row and 16 channels"),
        (int16_convolutions, "conv_s16_dsp"),
        (matrices, "_dsp"),
        (pairs, "_dsp"),
        (pools, "_dsp"),
    ],
)
def test_the_assembly(tmp_path: Path, make: Callable[[], Graph], word: str) -> None:
    need(*target_of(BOARD).tools)
    graph = make()
    program = schedule(graph, [Ranked(word)], BOARD.core)
    assert sum(word in said_of(layer.candidate) for layer in program.layers if layer.candidate) >= 9
    write(render(program, RenderOptions("net", BOARD, "net.tflite", "0" * 64, None)), tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", graph, BOARD)
    assert report.passed, report.text()


RECURRENT = [
    *4 * [lstms(DType.INT8, plain=True).filter(lambda case: recurrent.lstm(case[0]))],
    *2 * [svdfs(DType.INT8, DType.INT8).filter(lambda case: recurrent.svdf(case[0]))],
    *2 * [svdfs(DType.INT8, DType.INT16).filter(lambda case: recurrent.svdf(case[0]))],
]


@st.composite
def recurrent_layers(draw: st.DrawFn) -> Graph:
    """Unconnected int8 LSTMs and SVDFs that the DSP kernels take, with their states."""
    graph = Graph("net", [], [])
    for number, layer in enumerate(RECURRENT):
        op, _ = draw(layer)
        states = []
        for place, (value, following) in enumerate(zip(op.activations[1:], op.outputs[1:], strict=True)):
            value.name, following.name = f"state{number}_{place}", f"next{number}_{place}"
            states.append(State(value.name, value, following, np.zeros(value.shape, value.dtype.numpy)))
        op.x.name, op.y.name = f"x{number}", f"y{number}"
        graph.operators.append(op)
        graph.inputs.append(op.x)
        graph.outputs.append(op.y)
        graph.states.extend(states)
    return graph


@pytest.mark.emulator
@settings(max_examples=3, deadline=None, phases=[Phase.generate])
@given(graph=recurrent_layers())
def test_the_assembly_of_recurrent_layers(graph: Graph) -> None:
    need(*target_of(BOARD).tools)
    program = schedule(graph, [Ranked("_dsp")], BOARD.core)
    with TemporaryDirectory() as folder:
        package = Path(folder) / "net"
        write(render(program, RenderOptions("net", BOARD, "net.tflite", "0" * 64, None)), package, force=False)
        report = verify_model(package, "net", graph, BOARD)
    assert report.passed, report.text()
