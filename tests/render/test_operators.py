"""A library for every supported operator: compiled without warnings as C and C++, and its self-test passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.backends.portable import Portable
from codegen.boards import find_board
from codegen.frontends import load_model
from codegen.ir import Array, Graph, Tensor
from codegen.passes import run_passes
from codegen.reference import run as run_reference
from codegen.render import source_files
from codegen.render.kernels_source import bundle
from codegen.render.library import describe
from codegen.render.names import Names
from codegen.resources import resource_dir
from codegen.schedule import schedule
from tests.render.build import LANGUAGES, execute, objects, save
from tests.render.programs import options
from tests.support.operator_models import OPERATORS, operator_model


def example(tensor: Tensor) -> Array:
    rng = np.random.default_rng(7)
    if tensor.dtype.is_integer:
        low, high = tensor.dtype.limits
        return rng.integers(low, high, tensor.shape, endpoint=True).astype(tensor.dtype.numpy)
    value = rng.normal(size=tensor.shape).astype(tensor.dtype.numpy)
    return np.abs(value) if tensor.name == "positive" else value


def golden(graph: Graph) -> tuple[list[Array], list[Array]]:
    """A test vector by numpy's meaning of the graph as imported."""
    inputs = [example(t) for t in graph.inputs]
    values = run_reference(graph, inputs)
    return inputs, [values[t] for t in graph.outputs]


def library(model: bytes, folder: Path) -> dict[str, str]:
    path = folder / "model.tflite"
    path.write_bytes(model)
    graph = load_model(path)
    vector = golden(load_model(path))
    run_passes(graph)
    program = schedule(graph, [Portable()], find_board("host").core)
    return source_files(describe(program, options("net", vector)))


MAIN = """
#include <stdio.h>
#include <string.h>
#include "net_selftest.h"
static struct { uint8_t before[64]; net_t nn; uint8_t after[64]; } guarded;
int main(void)
{
    int touched = 0, i;
    memset(&guarded, 0xA5, sizeof guarded);
    printf("%d", net_selftest(&guarded.nn));
    for (i = 0; i < 64; i++) touched += (guarded.before[i] != 0xA5u) + (guarded.after[i] != 0xA5u);
    printf(" %d", touched);
    return 0;
}
"""


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_selftest_passes_without_warnings(tmp_path: Path, operator: str) -> None:
    sources = save(library(operator_model(operator), tmp_path), tmp_path / "src")
    for language in ("clang-c99", "gcc-c++17"):
        objects(sources, LANGUAGES[language])
    assert execute(tmp_path / "src", MAIN) == "0 0"


def test_no_kernel_has_the_name_of_a_public_function() -> None:
    kernels = sorted(path.stem for path in resource_dir("runtime_c").rglob("genc_*.c"))
    identifiers = bundle(kernels, "kws").identifiers
    names = Names("kws", identifiers)
    assert not identifiers & Names("kws").taken
    for direction in ("input", "output"):
        names.ports(direction, ["x"])
