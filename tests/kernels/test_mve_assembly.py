"""Assembly and intrinsics of the Helium kernels, on an emulated Cortex-M55, against codegen.reference.

Random layers of every family, unconnected, in one network that has no other kernels than those.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.mve import Mve
from codegen.boards import find_board
from codegen.ir import DType, Graph, Operator, ops
from codegen.render import RenderOptions, render
from codegen.render.writer import write
from codegen.schedule import schedule
from codegen.verify import target_of, verify_model
from tests.support.linear_operators import convolutions, depthwise_convolutions, matrix_products
from tests.support.plain_operators import binary, mean, pool
from tests.support.recurrent_operators import lstms
from tests.support.tools import need

BOARD = find_board("stm32n6")
MVE = Mve()

FAMILIES = {
    "convolution": convolutions(12),
    "depthwise convolution": depthwise_convolutions(12),
    "matrix product": matrix_products(),
    "sum": binary(ops.Add) | binary(ops.Sub),
    "product": binary(ops.Mul),
    "pool": pool(ops.AveragePool2D) | pool(ops.MaxPool2D),
    "mean": mean(),
    "lstm": lstms(DType.INT8),
}


def is_offered(op: Operator) -> bool:
    """Whether Helium has a kernel for it."""
    return bool(MVE.candidates(op, BOARD.core))


def unconnected(layers: list[Operator]) -> Graph:
    """A network of layers that share nothing."""
    graph = Graph("net", [], [])
    for number, op in enumerate(layers):
        for tensor in [*op.activations, *op.outputs]:
            tensor.name = f"{tensor.name}_{number}"
        op.name = f"layer_{number}"
        graph.operators.append(op)
        graph.inputs += op.activations
        graph.outputs += op.outputs
    return graph


def check(layers: list[Operator]) -> None:
    need(*target_of(BOARD).tools)
    graph = unconnected(layers)
    program = schedule(graph, [MVE], BOARD.core)
    with tempfile.TemporaryDirectory() as folder:
        net = Path(folder) / "net"
        write(render(program, RenderOptions("net", BOARD, "net.tflite", "0" * 64, None)), net, force=False)
        report = verify_model(net, "net", graph, BOARD)
    assert report.passed, report.text()


def networks(family: str, size: int) -> st.SearchStrategy[list[Operator]]:
    """Of so many layers of a family those that Helium has a kernel for."""
    layers = st.lists(FAMILIES[family].map(lambda case: case[0]), min_size=size, max_size=size)
    return layers.map(lambda every: [op for op in every if is_offered(op)]).filter(bool)


@pytest.mark.emulator
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_random_layers(data: st.DataObject, family: str) -> None:
    check(data.draw(networks(family, 25)))


@pytest.mark.emulator
@pytest.mark.full
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_many_random_layers(data: st.DataObject, family: str) -> None:
    check(data.draw(networks(family, 40)))
