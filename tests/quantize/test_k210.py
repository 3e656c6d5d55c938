"""A float network with everything that the KPU's users ask for: maps that are not square, branches, several outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from codegen.backends.kpu.segment import KpuSegment
from codegen.boards import find_board
from codegen.compiler import Compiled, Options, compile_model
from codegen.quantize import Calibration
from codegen.render.writer import write
from codegen.verify import Report, verify_model
from tests.support.tools import need

SHAPE = (1, 3, 20, 36)


class Network:
    """An ONNX network under construction."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(11)
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, op: str, *inputs: str, **fields: Any) -> str:
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **fields))
        return name

    def conv(self, x: str, before: int, after: int, kernel: int = 3, groups: int = 1) -> str:
        inner = before // groups * kernel**2
        w = self.rng.normal(0, inner**-0.5, (after, before // groups, kernel, kernel)).astype(np.float32)
        names = [f"w{len(self.constants)}", f"b{len(self.constants)}"]
        self.constants += [
            numpy_helper.from_array(w, names[0]),
            numpy_helper.from_array(self.rng.normal(0, 0.3, after).astype(np.float32), names[1]),
        ]
        pads = [kernel // 2] * 4
        return self.add("Conv", x, *names, pads=pads, group=groups)

    def model(self, *outputs: str) -> onnx.ModelProto:
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        x = helper.make_tensor_value_info("image", TensorProto.FLOAT, SHAPE)
        graph = helper.make_graph(self.nodes, "net", [x], ends, self.constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        return onnx.shape_inference.infer_shapes(made)


def network() -> onnx.ModelProto:
    """A trunk of depthwise blocks, a residual, an FPN-like join and three heads."""
    net = Network()
    x = net.add("Relu", net.conv("image", 3, 16))
    x = net.add("Relu", net.conv(x, 16, 16, groups=16))
    trunk = net.add("LeakyRelu", net.conv(x, 16, 24, kernel=1), alpha=0.1)
    left = net.add("HardSwish", net.conv(trunk, 24, 24))
    right = net.add("Sigmoid", net.conv(trunk, 24, 24, kernel=1))
    joined = net.add("Concat", net.add("Mul", left, right), net.add("Add", left, trunk), axis=1)
    small = net.add("MaxPool", joined, kernel_shape=[2, 2], strides=[2, 2])
    deep = net.add("Relu", net.conv(small, 48, 32, groups=1))
    heads = [
        net.add("Sigmoid", net.conv(deep, 32, 5, kernel=1)),
        net.add("Tanh", net.conv(deep, 32, 4)),
        net.conv(net.add("AveragePool", deep, kernel_shape=[2, 2], strides=[2, 2]), 32, 7, kernel=1),
    ]
    return net.model(*heads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("k210")
    onnx.save(network(), path / "net.onnx")
    rng = np.random.default_rng(3)
    np.save(path / "samples.npy", rng.uniform(0, 1, (12, *SHAPE[1:])).astype(np.float32))
    return path


def compiled(folder: Path, bits: int = 8, **more: Any) -> Compiled:
    wanted = Options("net", calibration=Calibration(folder / "samples.npy", weight_bits=bits), **more)
    return compile_model(folder / "net.onnx", find_board("k210"), wanted)


def verified(made: Compiled, folder: Path) -> Report:
    need("cc")
    write(made.files, folder / "net", force=False)
    return verify_model(folder / "net", "net", made.graph, find_board("host"), quantized=made.quantized)


def share(made: Compiled) -> float:
    """Of the multiplies, on the chip."""
    segments = [layer.op for layer in made.program.layers if isinstance(layer.op, KpuSegment)]
    return sum(segment.macs() for segment in segments) / made.graph.macs


def test_the_simulated_chip_gives_the_quantised_network(folder: Path, tmp_path: Path) -> None:
    made = compiled(folder, exact=True, quantized_io=True)
    report = verified(made, tmp_path)
    assert report.passed, report.text()
    assert len(report.distances) == 3
    assert all(fact.snr_db is not None and fact.snr_db > 25 for fact in report.distances)
    assert made.quantized is not None
    assert not made.quantized.report.floats


@pytest.mark.parametrize(("bits", "least_db"), [(8, 25), (16, 30)])
def test_without_exact_nearly_all_multiplies_are_the_chip_s_and_results_near(
    bits: int, least_db: float, folder: Path, tmp_path: Path
) -> None:
    made = compiled(folder, bits)
    assert share(made) >= 0.95
    report = verified(made, tmp_path)
    assert not report.result.faults
    assert all(fact.snr_db is not None and fact.snr_db > least_db for fact in report.distances)
