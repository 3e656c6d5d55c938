"""Fixtures of the front-end tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codegen import reference
from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.ir import Graph
from codegen.ir.verifier import verify
from tests.support.litert import run_reference


@pytest.fixture
def load(tmp_path: Path) -> Callable[[bytes], Graph]:
    """Import the bytes of a TFLite file; the graph is verified."""

    def load_bytes(data: bytes) -> Graph:
        path = tmp_path / "model.tflite"
        path.write_bytes(data)
        graph = load_model(path)
        verify(graph)
        return graph

    return load_bytes


@pytest.fixture
def refusal(load: Callable[[bytes], Graph]) -> Callable[[bytes], GencError]:
    """Import a file that must be refused; the error."""

    def refuse(data: bytes) -> GencError:
        with pytest.raises(GencError) as caught:
            load(data)
        return caught.value

    return refuse


@pytest.fixture
def agree(load: Callable[[bytes], Graph]) -> Callable[[bytes], Graph]:
    """Import a file and compare shapes and values of its outputs with TFLite's reference kernels; the graph."""

    def compare(data: bytes) -> Graph:
        graph = load(data)
        rng = np.random.default_rng(1)
        inputs = [
            rng.integers(*t.dtype.limits, t.shape, t.dtype.numpy, endpoint=True)
            if t.dtype.is_integer
            else rng.uniform(-20, 20, t.shape).astype(t.dtype.numpy)
            for t in graph.inputs
        ]
        values = reference.run(graph, inputs)
        for tensor, expected in zip(graph.outputs, run_reference(data, inputs), strict=True):
            assert tensor.shape == expected.shape
            bound = 1e-6 if expected.dtype == np.float32 else 0  # TFLite's libm is not ours
            np.testing.assert_allclose(values[tensor], expected, rtol=bound, atol=bound)
        return graph

    return compare
