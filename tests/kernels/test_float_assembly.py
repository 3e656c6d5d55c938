"""Assembly of the float32 convolution, on an emulated Cortex-M4F, against codegen.reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.backends import load_backends
from codegen.boards import find_board
from codegen.ir import Activation, DType, Graph, Tensor
from codegen.ir.ops import Conv2D
from codegen.render import RenderOptions, render
from codegen.render.writer import write
from codegen.schedule import schedule
from codegen.verify import target_of, verify_model
from tests.support.tools import need

BOARD = find_board("stm32f4")

# kernel, stride, dilation, pads, input height, width, channels, output channels, groups: tiles of 1 to 4 pixels, odd
# and even stretches, sums that go on from stretch to stretch, windows that are all padding
LAYERS = [
    ((1, 1), 1, 1, 0, 2, 11, 8, 16, 1),
    ((1, 1), 1, 1, 0, 3, 6, 7, 5, 1),
    ((1, 1), 2, 1, 0, 5, 5, 1, 4, 1),
    ((3, 3), 1, 1, 1, 5, 7, 3, 6, 1),
    ((3, 3), 2, 1, 1, 8, 9, 2, 4, 1),
    ((3, 2), 1, 2, 2, 6, 8, 5, 7, 1),
    ((2, 3), 1, 1, 1, 4, 10, 6, 9, 3),
    ((1, 1), 1, 1, 2, 2, 3, 4, 3, 1),
]
CLAMPS = [Activation.RELU, Activation.NONE, Activation.RELU6, Activation.RELU_N1_TO_1]


@pytest.mark.emulator
def test_the_assembly(tmp_path: Path) -> None:
    need(*target_of(BOARD).tools)
    rng, graph = np.random.default_rng(5), Graph("net", [], [])
    for i, (kernel, stride, dilation, pad, h, w, c, o, groups) in enumerate(LAYERS):
        x = Tensor(f"x{i}", (1, h, w, c), DType.FLOAT32)
        shapes = (o, *kernel, c // groups), (o,)
        constants = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
        weights, bias = (Tensor(f"c{i}{k}", a.shape, DType.FLOAT32, None, a) for k, a in enumerate(constants))
        op = Conv2D(
            inputs=[x, weights, bias],
            outputs=[x],
            activation=CLAMPS[i % len(CLAMPS)],
            stride=(stride, stride),
            dilation=(dilation, dilation),
            pad_h=(pad, pad),
            pad_w=(pad, pad),
        )
        op.outputs[0] = Tensor(f"y{i}", op.infer_shapes()[0], DType.FLOAT32)
        graph.operators.append(op)
        graph.inputs.append(x)
        graph.outputs.append(op.y)
    program = schedule(graph, load_backends("portable"), BOARD.core)
    write(render(program, RenderOptions("net", BOARD, "net.tflite", "0" * 64, None)), tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", graph, BOARD)
    assert report.passed, report.text()
