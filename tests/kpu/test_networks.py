"""Random networks on the KPU: segments, run by the driver's C on the simulator, against the reference."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pytest

from codegen.backends.candidate import Core
from codegen.backends.kpu import Kpu
from codegen.backends.kpu.partition import partition
from codegen.backends.kpu.segment import KpuSegment
from codegen.backends.kpu.units import Chain, Function, Join, Total
from codegen.ir import Array, DType, Graph, Quantization, Tensor
from codegen.ir.ops import Add, Concat, Conv2D, Lookup, Sub
from codegen.reference.evaluation import run
from tests.support.kpu_networks import CURVES, Machine, Network, driver, random_network
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
                    found["with a function"] += unit.lookup is not None
                if isinstance(unit, Function):
                    found["by the CPU"] += unit.tables is None
    assert min(found[name] for name in ("Chain", "Function", "Total", "Join", "wide", "with a function")) > 0


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
