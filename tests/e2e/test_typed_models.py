"""Random int16x8 and legacy uint8 networks through the whole tool: the C gives the bytes of the reference kernels."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.render.writer import write
from codegen.verify.golden import Case, Step
from codegen.verify.run import run_package
from tests.conftest import FULL
from tests.support.litert import run_reference
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import need

HOST = find_board("host")
BIAS = {"int16": "int64", "uint8": "int32"}
UNIT = {"int16": (1 / 32768, 0), "uint8": (1 / 256, 0)}
Shape = tuple[int, ...]


@dataclass
class Chain:
    """A network, one operator behind the other."""

    dtype: str
    rng: np.random.Generator
    writer: ModelWriter = field(default_factory=ModelWriter)

    def __post_init__(self) -> None:
        self.shape: Shape = (1, 8, 7, 3)
        self.scale, self.zero = self.quant()
        self.x = self.last = self.writer.tensor("x", self.shape, self.dtype, self.scale, self.zero)

    def quant(self) -> tuple[float, int]:
        if self.dtype == "int16":
            return float(np.float32(self.rng.uniform(1, 4) / 32768)), 0
        return float(np.float32(self.rng.uniform(2, 8) / 256)), int(self.rng.integers(80, 180))

    def emit(self, name: str, others: list[int], shape: Shape, *, same: bool = False, **options: Any) -> None:
        before, quant = self.last, (self.scale, self.zero) if same else self.quant()
        self.shape, (self.scale, self.zero) = shape, quant
        self.last = self.writer.tensor("t", shape, self.dtype, *quant)
        places = {"TRANSPOSE_CONV": [*others[:2], before, *others[2:]]}
        self.writer.operator(name, places.get(name, [before, *others]), [self.last], **options)

    def weights(self, shape: Shape, axis: int) -> list[int]:
        """Filter and bias."""
        outputs, taps = shape[axis], int(np.prod(shape)) // shape[axis]
        legacy = self.dtype == "uint8"
        scale = np.array([2.0 / taps**0.5 / 128]) if legacy else self.rng.uniform(0.5, 1.5, outputs) / taps**0.5 / 64
        values = self.rng.integers(0, 256, shape) if legacy else self.rng.integers(-127, 128, shape)
        zero, quantised = (int(self.rng.integers(100, 150)), None) if legacy else (0, axis)
        kind = "uint8" if legacy else "int8"
        f = self.writer.tensor("f", shape, kind, scale, zero, axis=quantised, data=values)
        bias = np.round(self.rng.uniform(-0.5, 0.5, outputs) / (np.broadcast_to(scale, outputs) * self.scale))
        own = None if legacy else 0
        b = self.writer.tensor(
            "b", (outputs,), BIAS[self.dtype], scale * self.scale, axis=own, data=bias.astype(np.int64)
        )
        return [f, b]

    def conv(self) -> None:
        n, h, w, c = self.shape
        o = int(self.rng.integers(1, 7))
        options = {"padding": "SAME", "stride_h": 1, "stride_w": 1, "fused_activation_function": "RELU6"}
        self.emit("CONV_2D", self.weights((o, 3, 2, c), 0), (n, h, w, o), **options)

    def depthwise(self) -> None:
        n, h, w, c = self.shape
        options = {"padding": "SAME", "stride_h": 1, "stride_w": 1, "depth_multiplier": 1}
        self.emit("DEPTHWISE_CONV_2D", self.weights((1, 3, 3, c), 3), (n, h, w, c), **options)

    def transposed(self) -> None:
        n, h, w, c = self.shape
        out = self.writer.tensor("shape", (4,), "int32", data=[n, 2 * h, 2 * w, 2])
        options = {"padding": "SAME", "stride_h": 2, "stride_w": 2}
        self.emit("TRANSPOSE_CONV", [out, *self.weights((2, 3, 3, c), 0)], (n, 2 * h, 2 * w, 2), **options)

    def average(self) -> None:
        n, h, w, c = self.shape
        window = {"filter_height": 2, "filter_width": 2, "stride_h": 2, "stride_w": 2, "padding": "SAME"}
        self.emit("AVERAGE_POOL_2D", [], (n, -(-h // 2), -(-w // 2), c), same=True, **window)

    def add(self) -> None:
        scale, zero = self.quant()
        values = self.rng.integers(0, 256, self.shape[3:])
        self.emit("ADD", [self.writer.tensor("c", self.shape[3:], self.dtype, scale, zero, data=values)], self.shape)

    def leaky(self) -> None:
        self.emit("LEAKY_RELU", [], self.shape, alpha=0.25)

    def finish(self) -> bytes:
        """A matrix product and softmax."""
        size = int(np.prod(self.shape))
        self.emit("FULLY_CONNECTED", self.weights((5, size), 0)[: int(self.rng.integers(1, 3))], (1, 5))
        logits = self.last
        y = self.writer.tensor("y", (1, 5), self.dtype, *UNIT[self.dtype])
        self.writer.operator("SOFTMAX", [logits], [y], beta=1.0)
        return self.writer.build([self.x], [y, logits])


STEPS: list[Callable[[Chain], None]] = [
    Chain.conv,
    Chain.depthwise,
    Chain.transposed,
    Chain.average,
    Chain.add,
    Chain.leaky,
]


@pytest.mark.parametrize("dtype", ["int16", "uint8"])
@settings(max_examples=100 if FULL else 5)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, len(STEPS) - 1), max_size=5))
def test_a_random_network_gives_the_bytes_of_the_reference_kernels(dtype: str, seed: int, steps: list[int]) -> None:
    need("cc")
    rng = np.random.default_rng(seed)
    chain = Chain(dtype, rng)
    for step in steps:
        if step != 2 or chain.shape[1] <= 8:
            STEPS[step](chain)
    model, info = chain.finish(), np.iinfo(dtype)
    inputs = [[rng.integers(info.min, info.max, (1, 8, 7, 3), dtype, endpoint=True)] for _ in range(2)]
    cases = [Step(values, {"out": run_reference(model, values)}) for values in inputs]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.tflite")
        path.write_bytes(model)
        compiled = compile_model(path, HOST, Options(name="net", force=True))
        write(compiled.files, Path(folder, "net"), force=False)
        result = run_package(Path(folder, "net"), "net", HOST, [Case("random", cases)])
    assert not result.faults, result.log
    for index, step in enumerate(cases):
        for number, want in enumerate(step.expected["out"]):
            np.testing.assert_array_equal(result.outputs[0, index][number], want, err_msg=f"output {number}")
