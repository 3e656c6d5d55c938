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
from codegen.verify import verify_model
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


def compiled(folder: Path, **more: Any) -> Compiled:
    onnx.save(network(), folder / "net.onnx")
    rng = np.random.default_rng(3)
    np.save(folder / "samples.npy", rng.uniform(0, 1, (12, *SHAPE[1:])).astype(np.float32))
    wanted = Options("net", calibration=Calibration(folder / "samples.npy"), **more)
    return compile_model(folder / "net.onnx", find_board("k210"), wanted)


@pytest.mark.parametrize("quantized_io", [False, True])
def test_the_simulated_chip_gives_the_quantised_network(quantized_io: bool, tmp_path: Path) -> None:
    need("cc")
    made = compiled(tmp_path, exact=True, quantized_io=quantized_io)
    write(made.files, tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", made.graph, find_board("host"), quantized=made.quantized)
    assert report.passed, report.text()
    assert len(report.distances) == 3
    assert all(fact.snr_db is not None and fact.snr_db > 25 for fact in report.distances)
    assert not made.quantized.report.floats


def test_nearly_all_multiplies_are_the_chip_s(tmp_path: Path) -> None:
    made = compiled(tmp_path)
    segments = [layer.op for layer in made.program.layers if isinstance(layer.op, KpuSegment)]
    assert sum(segment.macs() for segment in segments) >= 0.95 * made.graph.macs


def test_without_exact_the_chip_is_near(tmp_path: Path) -> None:
    need("cc")
    made = compiled(tmp_path)
    write(made.files, tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", made.graph, find_board("host"), quantized=made.quantized)
    assert not report.result.faults
    assert all(fact.snr_db is not None and fact.snr_db > 25 for fact in report.distances)
