"""Which operators are quantised, which tensors share a scale, what becomes of weights: by small graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.errors import GencError
from codegen.ir import Activation, DType, Graph, Operator, Quantization, Tensor, ops
from codegen.ir.graph import State
from codegen.ir.verifier import verify
from codegen.quantize import Calibration, Quantized, quantize
from codegen.quantize.weights import integer_parameters
from codegen.reference import Session

FLOAT = DType.FLOAT32
RNG = np.random.default_rng(5)


class Net:
    """A float graph under construction."""

    def __init__(self, *shape: int) -> None:
        self.x = Tensor("x", shape, FLOAT)
        self.graph = Graph("net", [self.x], [])

    def add(self, kind: type[Operator], *inputs: Tensor | None, **attributes: Any) -> Tensor:
        """An operator; its first output."""
        name = f"{kind.kind} {len(self.graph.operators)}"
        op = kind(inputs=list(inputs), outputs=[], name=name, source=name, **attributes)
        op.outputs = [Tensor(f"{name}.{i}", shape, FLOAT) for i, shape in enumerate(op.infer_shapes())]
        self.graph.operators.append(op)
        return op.outputs[0]

    def conv(self, x: Tensor, channels: int, scale: float = 1.0) -> Tensor:
        weights = constant(RNG.normal(0, scale, (channels, 3, 3, x.shape[3])))
        return self.add(ops.Conv2D, x, weights, constant(RNG.normal(size=channels)), pad_h=(1, 1), pad_w=(1, 1))


def constant(values: Any) -> Tensor:
    array = np.asarray(values, np.float32)
    return Tensor("constant", array.shape, FLOAT, None, array)


def quantised(net: Net, folder: Path, *outputs: Tensor, samples: Any = None, **more: Any) -> Quantized:
    net.graph.outputs = list(outputs)
    verify(net.graph)
    data = RNG.uniform(-1, 1, (20, *net.x.shape)) if samples is None else samples
    np.save(folder / "x.npy", np.asarray(data, np.float32))
    made = quantize(net.graph, Calibration(folder / "x.npy"), **more)
    verify(made.graph)
    return made


def stored(made: Quantized, tensor: Tensor) -> Quantization:
    """Scale and zero point of a tensor, by its name."""
    found = [t for op in made.graph.operators for t in op.outputs if t.name == tensor.name and t.quant is not None]
    assert len({t.quant for t in found}) == 1
    assert found[0].quant is not None
    return found[0].quant


def kinds(made: Quantized) -> list[str]:
    return [op.kind for op in made.graph.operators]


def test_a_layer_between_conversions(tmp_path: Path) -> None:
    net = Net(1, 6, 5, 3)
    made = quantised(net, tmp_path, net.conv(net.x, 4))
    assert kinds(made) == ["quantize", "conv_2d", "dequantize"]
    conv = made.graph.operators[1]
    assert [t.dtype for t in conv.inputs if t] == [DType.INT8, DType.INT8, DType.INT32]
    assert made.graph.inputs == made.floating.inputs
    assert made.graph.outputs == made.floating.outputs


def test_moving_joining_and_comparing_share_a_scale(tmp_path: Path) -> None:
    net = Net(1, 6, 5, 3)
    a, b = net.conv(net.x, 4), net.conv(net.x, 4, 20.0)
    pooled = net.add(ops.AveragePool2D, a, kernel=(2, 2))
    other = net.add(ops.MaxPool2D, b, kernel=(2, 2))
    joined = net.add(ops.Concat, pooled, other, axis=3)
    turned = net.add(ops.Transpose, joined, perm=(0, 2, 1, 3))
    made = quantised(net, tmp_path, turned)
    assert len({stored(made, t) for t in (a, b, pooled, other, joined, turned)}) == 1
    assert "quantize" not in kinds(made)[1:]


def test_prescribed_scales_go_on_and_are_converted_where_others_join(tmp_path: Path) -> None:
    net = Net(1, 6, 5, 3)
    share = net.add(ops.Logistic, net.conv(net.x, 4))
    flat = net.add(ops.Reshape, share, shape=(1, 120))
    alone = quantised(net, tmp_path, flat)
    assert stored(alone, flat) == Quantization((1 / 256,), (-128,))
    joined = net.add(ops.Concat, share, net.conv(net.x, 4), axis=3)
    mixed = quantised(net, tmp_path, flat, joined)
    assert stored(mixed, joined).scale > 1 / 128
    place = kinds(mixed).index("logistic")
    assert kinds(mixed)[place + 1] == "quantize"
    assert mixed.graph.operators[place].y.quant == Quantization((1 / 256,), (-128,))


def test_padding_is_inside_the_range(tmp_path: Path) -> None:
    net = Net(1, 6, 5, 3)
    padded = net.add(ops.Pad, net.conv(net.x, 2), pads=((0, 0), (1, 1), (2, 0), (0, 0)), value=-99.0)
    made = quantised(net, tmp_path, padded)
    quant = stored(made, padded)
    pad = next(op for op in made.graph.operators if isinstance(op, ops.Pad))
    assert pad.value == -128
    assert (-128 - quant.zero_point) * quant.scale == pytest.approx(-99, rel=1e-3)


def test_constants_are_rounded_to_their_own_range_and_joined_ones_to_the_group(tmp_path: Path) -> None:
    net = Net(1, 4, 4, 2)
    table, more = constant(RNG.uniform(-5, 3, (1, 4, 4, 2))), constant(np.full((1, 4, 4, 1), 70.0))
    joined = net.add(ops.Concat, net.add(ops.Mul, net.x, table), more, axis=3)
    made = quantised(net, tmp_path, joined)
    mul, concat = (next(op for op in made.graph.operators if op.kind == kind) for kind in ("mul", "concat"))
    assert mul.operand(1).quant.scale == pytest.approx((table.value.max() - table.value.min()) / 255)
    assert concat.operand(1).quant == stored(made, joined)
    assert (concat.operand(1).value == 127).all()


def test_one_number_to_one_number_is_a_table_of_the_float_function(tmp_path: Path) -> None:
    net = Net(1, 64)
    y = net.add(ops.Gelu, net.x)
    z = net.add(ops.Add, net.add(ops.Pow, y, constant([2.0])), constant([0.25]))
    made = quantised(net, tmp_path, z, samples=RNG.uniform(-3, 3, (20, 1, 64)))
    assert kinds(made) == ["quantize", "lookup", "lookup", "lookup", "dequantize"]
    (output,) = made.report.outputs
    assert output.max_error < 0.08 * output.max_value


def test_a_prescribed_range_that_does_not_suffice(tmp_path: Path) -> None:
    net = Net(1, 8)
    weights = constant(RNG.normal(0, 30, (5, 8)))
    made = quantised(net, tmp_path, net.add(ops.LogSoftmax, net.add(ops.FullyConnected, net.x, weights, None)))
    assert kinds(made) == ["quantize", "fully_connected", "dequantize", "log_softmax"]
    assert "prescribes" in made.report.floats[0][1]


def test_a_softmax_of_many_terms_inside_a_network_stays_float(tmp_path: Path) -> None:
    for terms, wanted in ((4, 0), (400, 1)):
        net = Net(1, 8)
        shares = net.add(
            ops.Softmax, net.add(ops.FullyConnected, net.x, constant(RNG.normal(0, 0.1, (terms, 8))), None)
        )
        made = quantised(
            net, tmp_path, net.add(ops.FullyConnected, shares, constant(RNG.normal(size=(5, terms))), None), shares
        )
        assert len([why for _, why in made.report.floats if "too coarse" in why]) == wanted
        assert made.report.outputs[0].snr_db > 25


def test_what_has_no_integer_form_stays_and_what_only_follows_it(tmp_path: Path) -> None:
    net = Net(1, 6, 5, 3)
    mean = net.add(ops.Normalization, net.conv(net.x, 4), axes=(3,))
    scaled = net.add(ops.Mul, mean, constant(RNG.normal(size=4)))
    made = quantised(net, tmp_path, net.conv(net.add(ops.Relu, scaled), 2))
    first, second = ["quantize", "conv_2d", "dequantize"], ["quantize", "conv_2d", "dequantize"]
    assert kinds(made) == [*first, "normalization", "mul", *second]
    assert {name.split()[0]: why for name, why in made.report.floats}["normalization"] == "there is no int8 form of it"


def test_moves_in_front_of_float_layers_stay_float(tmp_path: Path) -> None:
    net = Net(1, 6, 5, 3)
    flat = net.add(ops.Transpose, net.x, perm=(0, 3, 1, 2))
    net.add(ops.Normalization, flat, axes=(3,))
    made = quantised(net, tmp_path, net.graph.operators[-1].y, net.conv(net.x, 2))
    transposes = [op for op in made.graph.operators if op.kind == "transpose"]
    assert all(t.dtype is FLOAT for op in transposes for t in op.outputs)


def test_layers_that_the_user_wants_in_float(tmp_path: Path) -> None:
    net = Net(1, 6, 5, 3)
    first = net.conv(net.x, 4)
    made = quantised(net, tmp_path, net.conv(first, 2), float_layers=["conv_2d 1"])
    assert kinds(made) == ["quantize", "conv_2d", "dequantize", "conv_2d"]
    assert made.report.floats == (('conv_2d 1 "conv_2d 1"', "asked for"),)


def test_loops_through_states_stay_float_what_reads_them_does_not(tmp_path: Path) -> None:
    net = Net(1, 1, 5, 2)
    old = Tensor("old", (1, 2, 5, 2), FLOAT)
    window = net.add(ops.Concat, old, net.x, axis=1)
    new = net.add(ops.Slice, window, begin=(0, 1, 0, 0), size=(1, 2, 5, 2), strides=(1, 1, 1, 1))
    net.graph.states = [State("ring", old, new, np.zeros(old.shape, np.float32))]
    weights = constant(RNG.normal(size=(3, 3, 5, 2)))
    made = quantised(net, tmp_path, net.add(ops.Conv2D, window, weights, None))
    assert kinds(made) == ["concat", "slice", "quantize", "conv_2d", "dequantize"]
    assert {why for _, why in made.report.floats} == {"it feeds itself through a state: roundings would add up"}


def test_infinite_values_stay_float(tmp_path: Path) -> None:
    net = Net(1, 8)
    wild = net.add(ops.Log, net.add(ops.Relu, net.x))
    made = quantised(net, tmp_path, wild, net.add(ops.FullyConnected, net.x, constant(RNG.normal(size=(4, 8))), None))
    assert "its values are not finite" in {why for _, why in made.report.floats}
    assert "log" in kinds(made)


def test_nothing_to_quantise(tmp_path: Path) -> None:
    net = Net(1, 8)
    y = net.add(ops.Normalization, net.x, axes=(1,))
    with pytest.raises(GencError, match=r"there is nothing to quantise\n.*there is no int8 form of it"):
        quantised(net, tmp_path, y)
    x = Tensor("x", (1, 8), DType.INT8, Quantization((0.1,), (0,)))
    y = Tensor("y", (1, 8), DType.INT8, Quantization((0.1,), (0,)))
    whole = Graph("whole", [x], [y], [ops.Relu(inputs=[x], outputs=[y])])
    with pytest.raises(GencError, match="leave --calibrate out"):
        quantize(whole, Calibration(tmp_path / "x.npy"))


def test_the_graph_given_is_not_changed(tmp_path: Path) -> None:
    net = Net(1, 6, 5, 3)
    y = net.add(ops.Relu, net.conv(net.x, 4))
    before = [(op, list(op.inputs), list(op.outputs), vars(op).get("activation")) for op in net.graph.operators]
    quantised(net, tmp_path, y)
    after = [(op, list(op.inputs), list(op.outputs), vars(op).get("activation")) for op in net.graph.operators]
    assert before == after


# ---- weights ---------------------------------------------------------------------------------------


def layer(weights: np.ndarray, bias: np.ndarray | None) -> ops.FullyConnected:
    x, y = Tensor("x", (1, weights.shape[1]), FLOAT), Tensor("y", (1, weights.shape[0]), FLOAT)
    given = [x, constant(weights), None if bias is None else constant(bias)]
    return ops.FullyConnected(inputs=given, outputs=[y])


def test_every_channel_has_the_scale_of_its_largest_weight() -> None:
    op = layer(np.array([[1.0, -2.54], [0.127, 0.05]]), np.array([1.0, -2.0]))
    made = integer_parameters(op, Quantization((0.5,), (3,)), Quantization((0.1,), (0,)), 8)
    assert made is not None
    weights, bias = made
    assert weights is not None
    assert bias is not None
    assert weights.quant.scales == pytest.approx((0.02, 0.001))
    assert weights.value.tolist() == [[50, -127], [127, 50]]
    assert bias.value.tolist() == [100, -4000]
    assert bias.quant.scales == pytest.approx((0.01, 0.0005))


@given(st.integers(0, 2**32 - 1), st.sampled_from([8, 16]))
def test_sums_stay_inside_32_bits_and_weights_near_what_they_were(seed: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(1, 5)), int(rng.integers(1, 400))
    weights = rng.normal(size=shape) * 10.0 ** rng.uniform(-8, 3, (shape[0], 1)) * (rng.random((shape[0], 1)) < 0.8)
    bias = rng.normal(size=shape[0]) * 10.0 ** rng.uniform(-6, 4, shape[0])
    x = Quantization((float(np.float32(10 ** rng.uniform(-5, 1))),), (int(rng.integers(-128, 128)),))
    op = layer(weights, bias)
    made = integer_parameters(op, x, Quantization((1.0,), (0,)), bits)
    assert made is not None
    w, b = made
    assert w is not None
    assert b is not None
    numbers, scales = w.value.astype(np.int64), np.array(w.quant.scales)
    assert (np.abs(numbers).sum(axis=1) * 255 + np.abs(b.value.astype(np.int64)) < 2**30 + 1000).all()
    assert (np.abs(numbers * scales[:, None] - op.weights.value) <= 0.5001 * scales[:, None]).all()
    assert (np.abs(b.value * np.array(b.quant.scales) - op.bias.value) <= 0.5001 * np.array(b.quant.scales)).all()


def test_a_bias_that_no_scale_holds_keeps_its_layer_float(tmp_path: Path) -> None:
    net = Net(1, 8)
    weights = Tensor("w", (4, 8), DType.INT8, Quantization((1e-9,), (0,)), RNG.integers(-127, 128, (4, 8), np.int8))
    y = net.add(ops.FullyConnected, net.x, weights, constant([1.0, 2, 3, 4]))
    z = net.add(ops.FullyConnected, net.x, constant(RNG.normal(size=(4, 8))), None)
    made = quantised(net, tmp_path, y, z)
    assert [why for _, why in made.report.floats] == ["no scale of its weights and bias would do"]


def test_weights_of_hybrid_layers_stay_as_they_are(tmp_path: Path) -> None:
    net = Net(1, 8)
    quant = Quantization((0.03,), (0,))
    weights = Tensor("w", (4, 8), DType.INT8, quant, RNG.integers(-127, 128, (4, 8)).astype(np.int8))
    made = quantised(net, tmp_path, net.add(ops.FullyConnected, net.x, weights, constant(RNG.normal(size=4))))
    fc = next(op for op in made.graph.operators if isinstance(op, ops.FullyConnected))
    assert fc.weights is weights
    assert made.report.outputs[0].snr_db > 30


def test_fused_activations_stay_fused(tmp_path: Path) -> None:
    net = Net(1, 6, 5, 3)
    made = quantised(net, tmp_path, net.add(ops.Relu6, net.conv(net.x, 4)))
    conv = made.graph.operators[1]
    assert isinstance(conv, ops.Conv2D)
    assert conv.activation is Activation.RELU6
    assert conv.y.quant.zero_point == -128


def test_a_constant_output_is_left_alone(tmp_path: Path) -> None:
    net = Net(1, 8)
    y = net.add(ops.FullyConnected, net.x, constant(RNG.normal(size=(4, 8))), None)
    made = quantised(net, tmp_path, y, constant([1.0, 2.0]), net.x)
    got = Session(made.graph).step([np.ones((1, 8), np.float32)])
    assert got[1].tolist() == [1.0, 2.0]
    assert got[2].tolist() == [[1.0] * 8]
