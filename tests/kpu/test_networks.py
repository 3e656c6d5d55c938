"""Random networks on the KPU: segments, run by the driver's C on the simulator, against the reference."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pytest

from codegen.backends.candidate import Core
from codegen.backends.kpu import Kpu
from codegen.backends.kpu.partition import partition
from codegen.backends.kpu.plan import Plan
from codegen.backends.kpu.segment import KpuSegment
from codegen.backends.kpu.steps import Refit
from codegen.backends.kpu.units import Chain, Function, Join, Total
from codegen.ir import Activation, Array, DType, Graph, Quantization, Tensor
from codegen.ir.ops import Add, Concat, Conv2D, DepthwiseConv2D, Lookup, MaxPool2D, Sub
from codegen.reference.evaluation import run
from tests.support.kpu_networks import CURVES, Machine, Network, driver, pads, random_network
from tests.support.tools import need

SEEDS = range(300 if os.environ.get("GENC_FULL") == "1" else 24)
CORE = Core("rv64gc")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    need("gcc")
    return Machine(driver(tmp_path_factory.mktemp("driver")))


def segments(graph: Graph, *, exact: bool) -> list[KpuSegment]:
    """Those that a graph gets; they are put into it."""
    partition(graph, exact=exact)
    return [op for op in graph.operators if isinstance(op, KpuSegment)]


def image(graph: Graph, seed: int) -> Array:
    values = np.random.default_rng(seed).integers(-128, 128, graph.inputs[0].shape)
    return np.asarray(values, np.int8)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("exact", [True, False])
def test_networks_equal_the_reference(machine: Machine, seed: int, *, exact: bool) -> None:
    graph = random_network(seed, 2 + seed % 12)
    x = image(graph, seed)
    wanted, lowered = run(graph, [x]), graph.copy()
    made = segments(lowered, exact=exact)
    got = machine.run(lowered, {graph.inputs[0]: x})
    whys = [Kpu().candidates(segment, CORE)[0].why for segment in made]
    assert not exact or all("all exact" in why for why in whys)
    if all("all exact" in why for why in whys):
        for tensor in graph.outputs:
            assert np.array_equal(got[tensor], wanted[tensor]), tensor.name


def test_the_networks_have_every_kind_of_unit() -> None:
    found = Counter[str]()
    for seed in SEEDS:
        for segment in segments(random_network(seed, 2 + seed % 12), exact=False):
            for unit in segment.units:
                found[type(unit).__name__] += 1
                if isinstance(unit, Chain):
                    found["wide"] += unit.conv.wide
                    found["with a function"] += any(isinstance(op, Lookup) for op in unit.behind)
                if isinstance(unit, Function):
                    found["by the CPU"] += unit.tables is None
    assert min(found[name] for name in ("Chain", "Function", "Total", "Join", "wide", "with a function")) > 0


def image_chain(sides: tuple[int, int], steps: str, kind: str) -> Graph:
    """Layers in a row: c, p and d are convolutions 3x3, 1x1 and depthwise, upper case: stride 2; m and M maxima 2x2 and
    4x4; l a leaky ReLU.
    """
    n = Network(np.random.default_rng(len(steps) + sum(sides)))
    x = n.activation((1, *sides, 5))
    first = x
    for step in steps:
        h, w, c = x.shape[1:]
        if step in "mM":
            side = 2 if step == "m" else 4
            y = n.activation((1, h // side, w // side, c), x.quant)
            geometry = {"kernel": (side, side), "stride": (side, side), "pad_h": (0, 0), "pad_w": (0, 0)}
            x = n.add(MaxPool2D(inputs=[x], outputs=[y], **geometry))
            continue
        if step == "l":
            x = n.function(x, lambda v: np.where(v < 0, v / 10, v), n.activation(x.shape))
            continue
        kernel, stride = 1 if step in "pP" else 3, 2 if step.isupper() else 1
        (oh, pad_h), (ow, pad_w) = pads(h, kernel, stride, kind), pads(w, kernel, stride, kind)
        depthwise = step in "dD"
        outputs = c if depthwise else 6
        shape = (1, 3, 3, c) if depthwise else (outputs, kernel, kernel, c)
        weights, bias, scale = n.weights(shape, 3 if depthwise else 0, x, 8)
        y = n.activation((1, oh, ow, outputs), Quantization((scale,), (-128,)))
        made = DepthwiseConv2D if depthwise else Conv2D
        clamp = Activation.NONE if "l" in steps else Activation.RELU
        options = {"stride": (stride, stride), "pad_h": pad_h, "pad_w": pad_w, "activation": clamp}
        x = n.add(made(inputs=[x, weights, bias], outputs=[y], **options))
    return Graph("net", [first], [x], n.operators)


@pytest.mark.parametrize("sides", [(8, 8), (9, 7), (16, 5), (3, 3), (2, 6), (1, 1), (33, 20), (6, 66)])
@pytest.mark.parametrize("steps", ["c", "C", "P", "d", "D", "Dp", "cDpc", "CC", "pdD", "cmc", "ccCdp", "clmc", "cmlp"])
@pytest.mark.parametrize("kind", ["same", "both", "valid", "odd"])
def test_windows_and_maps_of_any_size(machine: Machine, sides: tuple[int, int], steps: str, kind: str) -> None:
    """All is one segment: odd sides, maps under 4x4, strides of depthwise layers, TensorFlow's padding or PyTorch's."""
    if "m" in steps and min(sides) < 2:
        pytest.skip("no pool of 2x2")
    if kind == "valid" and min(sides) < 16:
        sides = (sides[0] + 16, sides[1] + 17)
    graph = image_chain(sides, steps, kind)
    x, lowered = image(graph, 3), graph.copy()
    made = segments(lowered, exact=False)
    macs = sum(op.macs() for op in graph.operators)
    if macs > 30_000 and "m" not in steps:
        assert [len(segment.members) for segment in made] == [len(steps)]
    got, wanted = machine.run(lowered, {graph.inputs[0]: x}), run(graph, [x])
    if all("all exact" in Kpu().candidates(segment, CORE)[0].why for segment in made):
        assert np.array_equal(got[graph.outputs[0]], wanted[graph.outputs[0]])
    elif len(steps) == 1:
        assert np.abs(got[graph.outputs[0]].astype(int) - wanted[graph.outputs[0]]).max() <= 1


def test_a_stride_of_a_depthwise_layer_is_left_to_the_next(machine: Machine) -> None:
    """Without a copy: the pick stands behind the 1x1 layer."""
    del machine
    (segment,) = segments(image_chain((16, 16), "Dp", "same"), exact=False)
    plan = Plan(segment)
    pools = [command.layer.pool for command, _ in plan.commands()]
    assert pools == [0, 5]
    assert not [step for step in plan.steps if isinstance(step, Refit)]


@pytest.mark.parametrize(
    ("steps", "pools"), [("cmc", [1, 0]), ("pMc", [3, 0]), ("clmlc", [1, 0, 0]), ("Dpmp", [0, 1, 0])]
)
def test_a_maximum_is_the_convolutions_pool(machine: Machine, steps: str, pools: list[int]) -> None:
    """Also of 4x4, and with a function before and behind it; not where the layer picks every second pixel already."""
    graph = image_chain((32, 32), steps, "same")
    x, lowered = image(graph, 3), graph.copy()
    (segment,) = segments(lowered, exact=False)
    found = [command.layer.pool for command, _ in Plan(segment).commands()]
    assert [pool for pool in found if pool] == [pool for pool in pools if pool]
    got, wanted = machine.run(lowered, {graph.inputs[0]: x}), run(graph, [x])
    assert np.abs(got[graph.outputs[0]].astype(int) - wanted[graph.outputs[0]]).max() <= 3


def layer_with(curve: int, seed: int) -> Graph:
    """A convolution and a function behind it."""
    n = Network(np.random.default_rng(seed))
    x = n.activation((1, 16, 16, 8))
    weights, bias, scale = n.weights((8, 3, 3, 8), 0, x, 8)
    inner = n.activation((1, 16, 16, 8), Quantization((scale,), (int(n.rng.integers(-40, 40)),)))
    n.add(Conv2D(inputs=[x, weights, bias], outputs=[inner], pad_h=(1, 1), pad_w=(1, 1)))
    real = CURVES[curve]((np.arange(-128, 128) - inner.quant.zero_point) * scale)
    step = float(real.max() - real.min()) / 255
    zero = round(-128 - real.min() / step)
    table = np.roll(np.clip(np.rint(real / step) + zero, -128, 127), 128).astype(np.int8)
    y = n.activation((1, 16, 16, 8), Quantization((step,), (max(min(zero, 127), -128),)))
    y = n.add(Lookup(inputs=[inner, Tensor("table", (256,), DType.INT8, None, table)], outputs=[y]))
    return Graph("net", [x], [y], n.operators)


@pytest.mark.parametrize("curve", range(len(CURVES)))
@pytest.mark.parametrize("seed", range(3))
def test_functions_behind_a_convolution(machine: Machine, curve: int, seed: int) -> None:
    """By default at most one unit off, and then it says so; with `exact` equal."""
    graph = layer_with(curve, seed)
    x = image(graph, seed)
    wanted = run(graph, [x])[graph.outputs[0]].astype(int)
    for exact in (True, False):
        lowered = graph.copy()
        made = segments(lowered, exact=exact)
        got = machine.run(lowered, {graph.inputs[0]: x})[graph.outputs[0]].astype(int)
        whys = [Kpu().candidates(segment, CORE)[0].why for segment in made]
        listed = any("not always exact" in why for why in whys)
        assert np.abs(got - wanted).max() <= (2 if listed else 0)  # one of the convolution, one of the function
        assert not (listed and exact)
        assert exact or made


def sum_of(seed: int) -> Graph:
    n = Network(np.random.default_rng(seed))
    x = n.activation((1, 16, 16, 16))
    weights, bias, scale = n.weights((16, 1, 1, 16), 0, x, 8)
    inner = n.activation(x.shape, Quantization((scale,), (3,)))
    n.add(Conv2D(inputs=[x, weights, bias], outputs=[inner]))
    q = Quantization((max(scale, x.quant.scale) * n.rng.uniform(0.7, 2),), (int(n.rng.integers(-100, 100)),))
    y = n.activation(x.shape, q)
    pair = [x, inner] if n.rng.integers(0, 2) else [inner, x]
    n.add((Sub if seed % 2 else Add)(inputs=pair, outputs=[y]))
    weights, bias, scale = n.weights((8, 1, 1, 16), 0, y, 8)
    z = n.activation((1, 16, 16, 8), Quantization((scale,), (3,)))
    n.add(Conv2D(inputs=[y, weights, bias], outputs=[z]))
    return Graph("net", [x], [y, z], n.operators)


@pytest.mark.parametrize("seed", range(8))
def test_a_residual_stays_in_kpu_ram(machine: Machine, seed: int) -> None:
    """One upload, nothing copied by the CPU, and the sum exact for every pair of bytes."""
    graph = sum_of(seed)
    x, lowered = image(graph, seed), graph.copy()
    (segment,) = segments(lowered, exact=False)
    assert [type(unit) for unit in segment.units] == [Chain, Total, Chain]
    assert isinstance(segment.units[1], Total)
    assert segment.units[1].sum.tables.exact
    calls = Counter(call.kernel for call in Kpu().candidates(segment, CORE)[0].calls)
    assert calls == {"genc_kpu_upload": 1, "genc_kpu_conv": 3, "genc_kpu_download": 2}
    got, wanted = machine.run(lowered, {graph.inputs[0]: x}), run(graph, [x])
    assert np.abs(got[graph.outputs[0]].astype(int) - wanted[graph.outputs[0]]).max() <= 1


@pytest.mark.parametrize("channels", [(4, 8), (8, 4, 4), (3, 5), (2, 4, 1)])
def test_joined_maps_lie_side_by_side(machine: Machine, channels: tuple[int, ...]) -> None:
    """Without a copy, where every part but the last fills its rows of four channels."""
    n = Network(np.random.default_rng(5))
    x = n.activation((1, 12, 16, 8))
    parts = []
    for count in channels:
        weights, bias, scale = n.weights((count, 3, 3, 8), 0, x, 8)
        q = parts[0].quant if parts else Quantization((scale,), (-7,))
        parts.append(n.activation((1, 12, 16, count), q))
        n.add(Conv2D(inputs=[x, weights, bias], outputs=[parts[-1]], pad_h=(1, 1), pad_w=(1, 1)))
    join = n.activation((1, 12, 16, sum(channels)), parts[0].quant)
    n.add(Concat(inputs=list(parts), outputs=[join], axis=3))
    graph = Graph("net", [x], [join], n.operators)
    values, lowered = image(graph, 1), graph.copy()
    (segment,) = segments(lowered, exact=False)
    assert isinstance(segment.units[-1], Join)
    calls = Counter(call.kernel for call in Kpu().candidates(segment, CORE)[0].calls)
    copied = sum(sum(channels[:number]) % 4 != 0 for number in range(len(channels)))
    assert (calls["genc_kpu_place"], calls["genc_kpu_download"], calls["genc_kpu_upload"]) == (copied, 1, 1)
    got, wanted = machine.run(lowered, {x: values})[join], run(graph, [values])[join]
    assert np.abs(got.astype(int) - wanted).max() <= 1
