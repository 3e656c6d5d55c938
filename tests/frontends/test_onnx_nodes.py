"""The backend node tests of the package onnx: in numpy's meaning, and in generated C, many graphs to a library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnx
import pytest

from codegen.backends import load_backends
from codegen.boards import find_board
from codegen.ir import Graph
from codegen.ir.verifier import verify
from codegen.passes import run_passes
from codegen.render import RenderOptions, render
from codegen.render.writer import write
from codegen.schedule import schedule
from codegen.verify.golden import Case, Step
from codegen.verify.run import run_package
from tests.conftest import FULL
from tests.support.tools import need
from tools.onnx_node_tests import NodeTest, eligible_tests, page

PAGE = Path(__file__).parents[2] / "docs" / "onnx_node_tests.md"
LEAST = 700
GROUP = 40
SAMPLE = 20
"""Every so many-th test goes through C every day."""
HOST = find_board("host")


@lru_cache(maxsize=1)
def every_test() -> list[NodeTest]:
    return list(eligible_tests())


def passed() -> list[NodeTest]:
    return [t for t in every_test() if not t.reason]


def test_enough_pass() -> None:
    assert len(passed()) >= LEAST


def test_the_page_is_fresh() -> None:
    text = PAGE.read_text()
    version = re.search(r"onnx (\S+) whose", text)
    assert version is not None
    if version[1] != onnx.__version__:
        pytest.skip(f"the page lists the tests of onnx {version[1]}, installed is {onnx.__version__}")
    assert text == page(every_test()), "run `make docs`"


def groups() -> int:
    """How many libraries the tests need, by number only: tests are collected without computing anything."""
    return 40 if FULL else 1


@pytest.mark.parametrize("number", range(groups()))
def test_in_c(number: int, tmp_path: Path) -> None:
    """The graphs of a group as one graph with all their inputs and outputs."""
    need("cc")
    chosen = passed() if FULL else passed()[::SAMPLE]
    group = chosen[number :: groups()]
    check(group, tmp_path)


def check(group: Sequence[NodeTest], folder: Path) -> None:
    """Every test of a group gives in C what the package expects."""
    graph, inputs = merged(group)
    run_passes(graph)
    verify(graph)
    program = schedule(graph, load_backends("portable"), HOST.core)
    write(render(program, RenderOptions("net", HOST, "model.onnx", "0" * 64, None)), folder / "net", force=False)
    result = run_package(folder / "net", "net", HOST, [Case("all", [Step(inputs, {})])])
    assert not result.faults, result.faults
    outputs = iter(result.outputs[0, 0])
    different = {t.name: d for t in group if (d := t.difference([next(outputs) for _ in t.expected]))}
    assert not different


def merged(group: Sequence[NodeTest]) -> tuple[Graph, list[np.ndarray]]:
    """The graphs side by side; a node that reads no input is left out, as C has no business with it."""
    graph = Graph("net", [], [])
    for test in group:
        assert test.graph is not None
        part = test.graph.copy()
        graph.inputs += part.inputs
        graph.outputs += part.outputs
        graph.operators += part.operators
    return graph, [value for test in group for value in test.inputs]
