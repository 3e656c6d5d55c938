"""The backend node tests of the package onnx: which of them gen-c computes, and why not the others.

`python -m tools.onnx_node_tests > docs/onnx_node_tests.md` (also `make docs`) writes the list.  A test counts when all
its inputs and outputs have static shapes and the types below.  Every input of a node test is an input of its graph,
even shapes, axes and weights; those that gen-c demands to be constants get the test's value, which is said beside them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from codegen import reference
from codegen.errors import GencError
from codegen.frontends.onnx.frontend import import_model
from codegen.frontends.onnx.model import DamagedError, decode
from codegen.frontends.options import NO_OPTIONS
from codegen.ir import Array, Graph

TYPES = {
    TensorProto.FLOAT: "float32",
    TensorProto.INT8: "int8",
    TensorProto.UINT8: "uint8",
    TensorProto.INT32: "int32",
    TensorProto.INT64: "int64",
    TensorProto.BOOL: "bool",
}
RUN_TIME = re.compile(r"'([^']*)'[^']* computed at run time")


@dataclass(eq=False)
class NodeTest:
    """One node test.

    Attributes:
        name: as the package has it.
        graph: as imported; None when gen-c refuses it.
        inputs, expected: values of the graph's inputs and outputs.
        rtol, atol: the package's own bounds.
        reason: why it fails; "" when it passes.
        constants: inputs of the test that were made constants.
    """

    name: str
    graph: Graph | None
    inputs: list[Array]
    expected: list[Array]
    rtol: float
    atol: float
    reason: str = ""
    constants: list[str] = field(default_factory=list)

    def difference(self, outputs: Sequence[Array]) -> str:
        """How outputs depart from the expected ones; "" when they do not."""
        for got, want in zip(outputs, self.expected, strict=True):
            if got.shape != want.shape or got.dtype != want.dtype:
                return f"gives {got.dtype}{list(got.shape)}, not {want.dtype}{list(want.shape)}"
            if not np.allclose(got, want, rtol=self.rtol, atol=self.atol, equal_nan=True):
                return "gives other values"
        return ""


def eligible_tests() -> Iterator[NodeTest]:
    """Every node test of our types with static shapes, imported and computed by numpy's meaning."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = load_model_tests(kind="node")
    for case in cases:
        if is_eligible(case):
            yield _tried(case)


def is_eligible(case: Any) -> bool:
    """Whether all inputs and outputs are tensors of our types and of static, not empty shapes."""
    for value in (*case.model.graph.input, *case.model.graph.output):
        tensor = value.type.tensor_type
        if not value.type.HasField("tensor_type") or tensor.elem_type not in TYPES or not tensor.HasField("shape"):
            return False
        if not all(d.HasField("dim_value") and d.dim_value > 0 for d in tensor.shape.dim):
            return False
    inputs, outputs = case.data_sets[0]
    return all(isinstance(a, np.ndarray | np.generic) for a in (*inputs, *outputs))


def _tried(case: Any) -> NodeTest:
    """The test with the verdict of the reference."""
    inputs, outputs = ([np.asarray(a) for a in part] for part in case.data_sets[0])
    test = NodeTest(case.name, None, inputs, outputs, case.rtol, case.atol)
    _import(test, case.model)
    if test.graph is not None:
        with np.errstate(all="ignore"):
            values = reference.run(test.graph, test.inputs)
        test.reason = test.difference([values[t] for t in test.graph.outputs])
    return test


def _import(test: NodeTest, proto: onnx.ModelProto) -> None:
    """Import, making constants of the inputs that must be."""
    model = onnx.ModelProto()
    model.CopyFrom(proto)
    names = [value.name for value in model.graph.input]
    values = dict(zip(names, test.inputs, strict=False))
    while test.graph is None and not test.reason:
        test.reason = _refusal(test, model)
        for name in _parameters(test.reason, values, test.constants):
            test.constants.append(name)
            model.graph.initializer.append(numpy_helper.from_array(values[name], name))
            test.reason = ""
    if test.graph is not None:
        test.inputs = [values[t.name] for t in test.graph.inputs]


def _refusal(test: NodeTest, model: onnx.ModelProto) -> str:
    """Set the test's graph, or say why there is none."""
    try:
        test.graph = import_model(decode(model.SerializeToString(), Path()), test.name, NO_OPTIONS)
    except GencError as error:
        return error.problems[0].reason if error.problems else error.summary
    except DamagedError as error:
        return str(error)
    return ""


def _parameters(reason: str, values: dict[str, Array], constants: list[str]) -> list[str]:
    """Inputs that a refusal wants to be constants: those it names, or all integers when what it names is computed."""
    if "computed at run time" not in reason:
        return []
    free = [name for name in values if name not in constants]
    named = [name for name in RUN_TIME.findall(reason) if name in free]
    return named or [name for name in free if values[name].dtype.kind == "i"]


def page(tests: Sequence[NodeTest]) -> str:
    """docs/onnx_node_tests.md."""
    passed = [t for t in tests if not t.reason]
    failed = [t for t in tests if t.reason]
    by_reason: dict[str, list[str]] = {}
    for test in failed:
        by_reason.setdefault(re.sub("'[^']*'", "...", test.reason), []).append(test.name.removeprefix("test_"))
    fixed = sorted({f"{t.name.removeprefix('test_')} ({', '.join(t.constants)})" for t in passed if t.constants})
    lines = [
        "# ONNX node tests",
        "",
        "Generated by `make docs` (tools/onnx_node_tests.py): the backend node tests of the Python package",
        f"onnx {onnx.__version__} whose inputs and outputs have static shapes and the types",
        f"{', '.join(TYPES.values())}.",
        f"Of {len(tests)}, {len(passed)} pass, {len(failed)} do not.",
        "",
        "## Not passed",
        "",
        "| reason | tests |",
        "|---|---|",
        *(f"| {_cell(reason)} | {', '.join(sorted(names))} |" for reason, names in sorted(by_reason.items())),
        "",
        "## Passed with constants",
        "",
        "In a node test every operand is an input of the graph. gen-c compiles static graphs: shapes, axes, weights",
        f"and the like are constants. In {len(fixed)} of the passed tests these inputs were given the test's value:",
        "",
        ", ".join(fixed) + ".",
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(list(eligible_tests())), end="")  # noqa: T201 - this is the program's output
