"""Assembly and intrinsics of the Helium kernels, on an emulated Cortex-M55, against codegen.reference.

Random layers of every family, unconnected, in one network that has no other kernels than those.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.mve import Mve
from codegen.boards import find_board
from codegen.ir import Array, DType, Graph, Operator, ops
from codegen.reference import Session
from codegen.render import RenderOptions, render
from codegen.render.writer import write
from codegen.schedule import schedule
from codegen.verify import target_of
from codegen.verify.golden import Case, Step, random_cases
from codegen.verify.report import compare, meaning_of
from codegen.verify.run import run_package
from tests.support.linear_operators import convolutions, depthwise_convolutions, matrix_products
from tests.support.plain_operators import binary, lookup, mean, pool, quantize, quantize_float, softmax, unary
from tests.support.recurrent_operators import lstms
from tests.support.tools import need
from tests.support.typed_layers import int16, nine_bits

BOARD = find_board("stm32n6")
MVE = Mve()

Layer = tuple[Operator, list[Array]]
"""An operator with values for its activations."""

FAMILIES: dict[str, st.SearchStrategy[Any]] = {
    "convolution": convolutions(12),
    "depthwise convolution": depthwise_convolutions(12),
    "matrix product": matrix_products(),
    "weights of nine bits": nine_bits(convolutions(12) | depthwise_convolutions(12) | matrix_products()),
    "convolution of int16": int16(convolutions(12) | depthwise_convolutions()),
    "matrix product of int16": int16(matrix_products()),
    "sum": binary(ops.Add) | binary(ops.Sub),
    "product": binary(ops.Mul),
    "pool": pool(ops.AveragePool2D) | pool(ops.MaxPool2D),
    "mean": mean(),
    "softmax": softmax(),
    "table": unary() | lookup(),
    "quantize": quantize_float() | quantize(),
    "lstm": lstms(DType.INT8),
}


def is_offered(layer: Layer) -> bool:
    """Whether Helium has a kernel for it."""
    return bool(MVE.candidates(layer[0], BOARD.core))


def unconnected(layers: list[Layer]) -> tuple[Graph, list[Array]]:
    """A network of layers that share nothing, and its inputs."""
    graph, inputs = Graph("net", [], []), []
    for number, (op, values) in enumerate(layers):
        for tensor in [*op.activations, *op.outputs]:
            tensor.name = f"{tensor.name}_{number}"
        op.name = f"layer_{number}"
        graph.operators.append(op)
        graph.inputs += op.activations
        graph.outputs += op.outputs
        inputs += values
    return graph, inputs


def check(layers: list[Layer]) -> None:
    """Random inputs, and those drawn with the layers."""
    need(*target_of(BOARD).tools)
    graph, inputs = unconnected(layers)
    program = schedule(graph, [MVE], BOARD.core)
    cases = [
        *random_cases(graph, meaning_of(graph), 2, 1),
        Case("drawn", [Step(inputs, {"numpy": Session(graph).step(inputs)})]),
    ]
    with tempfile.TemporaryDirectory() as folder:
        net = Path(folder) / "net"
        write(render(program, RenderOptions("net", BOARD, "net.tflite", "0" * 64, None)), net, force=False)
        report = compare("net", graph, cases, run_package(net, "net", BOARD, cases))
    assert report.passed, report.text()


def networks(family: str, size: int) -> st.SearchStrategy[list[Layer]]:
    """Of so many layers of a family those that Helium has a kernel for."""
    layers = st.lists(FAMILIES[family].map(with_list), min_size=size, max_size=size)
    return layers.map(lambda every: [layer for layer in every if is_offered(layer)]).filter(bool)


def with_list(case: tuple[Operator, Array | list[Array]]) -> Layer:
    """Layers with weights come with one array."""
    op, values = case
    return op, values if isinstance(values, list) else [values]


@pytest.mark.emulator
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=1, deadline=None)
@given(data=st.data())
def test_random_layers(data: st.DataObject, family: str) -> None:
    check(data.draw(networks(family, 25)))


@pytest.mark.emulator
@pytest.mark.full
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_many_random_layers(data: st.DataObject, family: str) -> None:
    check(data.draw(networks(family, 40)))
