"""Constant channels: proved, removed, and no byte changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen import reference
from codegen.ir import Activation, DType, Graph, Quantization, Tensor
from codegen.ir.ops import AveragePool2D, Conv2D, DepthwiseConv2D, FullyConnected, Relu6, Reshape
from codegen.ir.verifier import verify
from codegen.passes import PASSES, run_passes
from codegen.passes.ranges import channel_ranges
from tests.support.graphs import activation, chain

WIDE, NARROW = Quantization((0.02,), (-128,)), Quantization((0.05,), (-3,))
SCALES = Quantization((0.004,), (0,))
ONLY = {"remove_constant_channels": PASSES["remove_constant_channels"]}


def tensor(values: np.ndarray, quant: Quantization | None = SCALES) -> Tensor:
    return Tensor("constant", values.shape, DType.INT8 if values.dtype == np.int8 else DType.INT32, quant, values)


def network(rng: np.random.Generator, dead: list[int], *, pad: int, activation_of_middle: Activation) -> Graph:
    """conv 3 -> 8, depthwise 3x3, conv 1x1 8 -> 5, pool, fully connected; channels `dead` have hopeless biases."""
    x = activation("x", 1, 6, 6, 3, quant=NARROW)
    bias = rng.integers(-2000, 2000, 8).astype(np.int32)
    bias[dead] = -(2**27)
    relu = Activation.RELU
    layers = [
        Conv2D(
            inputs=[x, tensor(rng.integers(-127, 128, (8, 3, 3, 3)).astype(np.int8)), tensor(bias, None)],
            outputs=[activation("a", 1, 6, 6, 8, quant=WIDE)],
            pad_h=(1, 1),
            pad_w=(1, 1),
            activation=relu,
        )
    ]
    size = 6 - 2 + 2 * pad
    layers.append(
        DepthwiseConv2D(
            inputs=[layers[0].y, tensor(rng.integers(-127, 128, (1, 3, 3, 8)).astype(np.int8)), None],
            outputs=[activation("b", 1, size, size, 8, quant=WIDE)],
            pad_h=(pad, pad),
            pad_w=(pad, pad),
            activation=activation_of_middle,
        )
    )
    layers.append(
        Conv2D(
            inputs=[layers[1].y, tensor(rng.integers(-127, 128, (5, 1, 1, 8)).astype(np.int8)), None],
            outputs=[activation("c", 1, size, size, 5, quant=WIDE)],
            activation=relu,
        )
    )
    pool = AveragePool2D(
        inputs=[layers[2].y], outputs=[activation("d", 1, 1, 1, 5, quant=WIDE)], kernel=(size, size), stride=(1, 1)
    )
    flat = Reshape(inputs=[pool.y], outputs=[activation("e", 1, 5, quant=WIDE)], shape=(1, 5))
    last = FullyConnected(
        inputs=[flat.y, tensor(rng.integers(-127, 128, (4, 5)).astype(np.int8)), None],
        outputs=[activation("y", 1, 4, quant=NARROW)],
    )
    return chain(x, *layers, pool, flat, last)


def outputs(graph: Graph, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs = [rng.integers(-128, 128, t.shape).astype(np.int8) for t in graph.inputs]
    values = reference.run(graph, inputs)
    return [values[t] for t in graph.outputs]


@given(
    seed=st.integers(0, 2**32 - 1),
    dead=st.lists(st.integers(0, 7), unique=True),
    pad=st.integers(0, 1),
    middle=st.sampled_from([Activation.NONE, Activation.RELU]),
)
def test_no_byte_changes(seed: int, dead: list[int], pad: int, middle: Activation) -> None:
    graph = network(np.random.default_rng(seed), dead, pad=pad, activation_of_middle=middle)
    before, macs = graph.copy(), graph.macs
    changed = run_passes(graph, ONLY).total()
    verify(graph)
    verify(before)
    for each in range(3):
        for old, new in zip(outputs(before, each), outputs(graph, each), strict=True):
            np.testing.assert_array_equal(old, new)
    assert (graph.macs < macs) == (changed > 0)


@given(seed=st.integers(0, 2**32 - 1), dead=st.lists(st.integers(0, 7), unique=True), pad=st.integers(0, 1))
def test_values_stay_in_their_ranges(seed: int, dead: list[int], pad: int) -> None:
    graph = network(np.random.default_rng(seed), dead, pad=pad, activation_of_middle=Activation.NONE)
    ranges = channel_ranges(graph)
    rng = np.random.default_rng(seed + 1)
    extreme = rng.choice([-128, 127], graph.inputs[0].shape).astype(np.int8)
    for x in (extreme, rng.integers(-128, 128, graph.inputs[0].shape).astype(np.int8)):
        for t, value in reference.run(graph, [x]).items():
            if t in ranges:
                assert (value >= ranges[t].low).all(), t.name
                assert (value <= ranges[t].high).all(), t.name


def test_dead_channels_go_through_the_depthwise_layer() -> None:
    rng = np.random.default_rng(3)
    graph = network(rng, [1, 4, 6], pad=0, activation_of_middle=Activation.RELU)
    assert run_passes(graph, ONLY)["remove_constant_channels"] >= 1
    first, depthwise, last = graph.operators[:3]
    assert first.y.shape[3] == depthwise.y.shape[3] == last.x.shape[3] <= 5


def test_one_channel_always_stays() -> None:
    graph = network(np.random.default_rng(4), list(range(8)), pad=0, activation_of_middle=Activation.RELU)
    run_passes(graph, ONLY)
    assert all(t.size > 0 for op in graph.operators for t in op.outputs)


@pytest.mark.parametrize("index", [0, 1])
def test_a_tensor_that_is_also_an_output_keeps_its_channels(index: int) -> None:
    graph = network(np.random.default_rng(5), [0, 1, 2], pad=0, activation_of_middle=Activation.RELU)
    graph.outputs.append(graph.operators[index].y)
    shapes = [t.shape for t in graph.outputs]
    run_passes(graph, ONLY)
    assert [t.shape for t in graph.outputs] == shapes


def test_a_constant_that_padding_interrupts_stays() -> None:
    """The value is not the zero point: at the border of the next convolution it is not constant."""
    rng = np.random.default_rng(6)
    x = activation("x", 1, 5, 5, 2, quant=NARROW)
    bias = np.array([2**27, 0, 0], np.int32)  # channel 0 is always 127, the zero point is -128
    first = Conv2D(
        inputs=[x, tensor(rng.integers(-127, 128, (3, 1, 1, 2)).astype(np.int8)), tensor(bias, None)],
        outputs=[activation("a", 1, 5, 5, 3, quant=WIDE)],
    )
    second = Conv2D(
        inputs=[first.y, tensor(rng.integers(-127, 128, (2, 3, 3, 3)).astype(np.int8)), None],
        outputs=[activation("y", 1, 5, 5, 2, quant=WIDE)],
        pad_h=(1, 1),
        pad_w=(1, 1),
    )
    assert channel_ranges(chain(x, first, second))[first.y].constant.tolist() == [True, False, False]
    assert run_passes(chain(x, first, second), ONLY).total() == 0


def test_an_operator_that_mixes_channels_in_another_way_stops_it() -> None:
    x = activation("x", 1, 1, 1, 2, quant=NARROW)
    rng = np.random.default_rng(7)
    first = Conv2D(
        inputs=[
            x,
            tensor(rng.integers(-127, 128, (4, 1, 1, 2)).astype(np.int8)),
            tensor(np.full(4, -(2**27), np.int32), None),
        ],
        outputs=[activation("a", 1, 1, 1, 4, quant=WIDE)],
    )
    relu = Relu6(inputs=[first.y], outputs=[activation("y", 1, 1, 1, 4, quant=NARROW)])
    assert run_passes(chain(x, first, relu), ONLY).total() == 0
