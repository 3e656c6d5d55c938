"""Normalisations and activations are recognised in the steps exporters write, near misses are left alone."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx.parser
import pytest

from codegen.frontends import load_model
from codegen.ir import DType, Graph, Operator, Tensor, ops
from codegen.passes import run_passes
from codegen.reference import Session

BOUND = 2e-6


def imported(body: str, folder: Path) -> Graph:
    """The graph of some lines of ONNX that make y, float[2, 3, 8], of x and z; a number in braces is a constant."""
    numbers = sorted(set(re.findall(r"\{(.*?)\}", body)))
    text = "\n".join(f"c{i} = Constant <value_float = {number}> ()" for i, number in enumerate(numbers))
    text += "\n" + re.sub(r"\{(.*?)\}", lambda found: f"c{numbers.index(found[1])}", body).replace(";", "\n")
    header = '<ir_version: 8, opset_import: ["": 17]> steps (float[2,3,8] x, float[2,3,8] z) => (float[2,3,8] y)'
    path = folder / "steps.onnx"
    path.write_bytes(onnx.parser.parse_model(f"{header} {{\n{text}\n}}").SerializeToString())
    return load_model(path)


def kinds(body: str, folder: Path) -> list[str]:
    """The operators after the passes, which leave the results as they are."""
    graph = imported(body, folder)
    rng = np.random.default_rng(0)
    given = [rng.normal(0, 2, t.shape).astype(np.float32) for t in graph.inputs]
    (before,) = Session(graph).step(given)
    run_passes(graph)
    (after,) = Session(graph).step(given)
    np.testing.assert_allclose(after, before, rtol=0, atol=BOUND * np.abs(before).max())
    return [op.kind for op in graph.operators]


LAYER_NORM = "m = ReduceMean <axes = [-1]> (x); d = Sub(x, m); q = Pow(d, {2.0}); v = ReduceMean <axes = [-1]> (q);"
RMS = "q = Mul(x, x); v = ReduceMean <axes = [1]> (q); a = Add(v, {0.001}); s = Sqrt(a);"
KERAS = """
    m = ReduceMean <axes = [2]> (x); d = Sub(x, m); q = Mul(d, d); v = ReduceMean <axes = [2]> (q);
    a = Add(v, {0.01}); s = Sqrt(a); i = Reciprocal(s);
"""

RECOGNISED = {
    "swish": ("s = Sigmoid(x); y = Mul(s, x)", ["swish"]),
    "mish": ("s = Softplus(x); t = Tanh(s); y = Mul(x, t)", ["mish"]),
    "mish of steps": ("e = Exp(x); o = Add({1.0}, e); l = Log(o); t = Tanh(l); y = Mul(x, t)", ["mish"]),
    "softplus": ("e = Exp(x); o = Add(e, {1.0}); y = Log(o)", ["softplus"]),
    "gelu": ("d = Div(x, {1.41421356}); e = Erf(d); o = Add(e, {1.0}); p = Mul(x, o); y = Mul(p, {0.5})", ["gelu"]),
    "gelu, halved first": (
        "h = Mul(x, {0.5}); d = Mul(x, {0.70710678}); e = Erf(d); o = Add({1.0}, e); y = Mul(h, o)",
        ["gelu"],
    ),
    "gelu by tanh": (
        """c = Pow(x, {3.0}); k = Mul(c, {0.044715}); i = Add(x, k); j = Mul(i, {0.7978845608}); t = Tanh(j);
        o = Add(t, {1.0}); h = Mul(x, {0.5}); y = Mul(h, o)""",
        ["gelu_tanh"],
    ),
    "hard swish": ("a = Add(x, {3.0}); r = Clip(a, {0.0}, {6.0}); p = Mul(x, r); y = Div(p, {6.0})", ["hard_swish"]),
    "hard swish by gate": ("g = HardSigmoid <alpha = 0.16666667> (x); y = Mul(g, x)", ["hard_swish"]),
    "layer normalisation": (LAYER_NORM + "a = Add(v, {0.00001}); s = Sqrt(a); y = Div(d, s)", ["normalization"]),
    "with a reciprocal": (KERAS + "y = Mul(i, d)", ["normalization"]),
    "other axes": (  # of the variance: around zero, of what is centred over other axes
        """m = ReduceMean <axes = [-1]> (x); d = Sub(x, m); q = Mul(d, d); v = ReduceMean <axes = [1]> (q);
        a = Add(v, {0.00001}); s = Sqrt(a); y = Div(d, s)""",
        ["mean", "sub", "normalization"],
    ),
    "around zero": (RMS + "y = Div(x, s)", ["normalization"]),
}

NEAR_MISSES = {
    "gate of another": ("s = Sigmoid(z); y = Mul(s, x)", "swish"),
    "gate read elsewhere": ("s = Sigmoid(x); p = Mul(s, x); y = Add(p, s)", "swish"),
    "gelu with another factor": (
        "d = Div(x, {1.5}); e = Erf(d); o = Add(e, {1.0}); p = Mul(x, o); y = Mul(p, {0.5})",
        "gelu",
    ),
    "gelu not halved": ("d = Div(x, {1.41421356}); e = Erf(d); o = Add(e, {1.0}); y = Mul(x, o)", "gelu"),
    "gate with another slope": ("g = HardSigmoid <alpha = 0.2> (x); y = Mul(g, x)", "hard_swish"),
    "epsilon behind the root": (LAYER_NORM + "s = Sqrt(v); a = Add(s, {0.00001}); y = Div(d, a)", "normalization"),
    "mean of another": (
        """m = ReduceMean <axes = [-1]> (z); d = Sub(x, m); q = Mul(d, z); v = ReduceMean <axes = [-1]> (q);
        w = Abs(v); a = Add(w, {0.00001}); s = Sqrt(a); y = Div(d, s)""",
        "normalization",
    ),
    "negative epsilon": (RMS.replace("0.001", "-0.0001") + "y = Div(x, s)", "normalization"),
}


@pytest.mark.parametrize("case", RECOGNISED)
def test_recognised(case: str, tmp_path: Path) -> None:
    body, wanted = RECOGNISED[case]
    assert kinds(body, tmp_path) == wanted


@pytest.mark.parametrize("case", NEAR_MISSES)
def test_near_misses(case: str, tmp_path: Path) -> None:
    body, unwanted = NEAR_MISSES[case]
    assert unwanted not in kinds(body, tmp_path)


@pytest.mark.parametrize("axes", [(2,), (1,)])
def test_keras_layer_normalisation(axes: tuple[int, ...]) -> None:
    """The mean is multiplied and then subtracted; over other axes than those of the variance it is another thing."""
    x, gamma, beta, epsilon = (Tensor(n, s, DType.FLOAT32) for n, s in (("x", (2, 3, 8)), *PARAMETERS))
    for t, value in ((gamma, np.arange(8)), (beta, np.ones(8)), (epsilon, np.array(0.001))):
        t.data = value.astype(np.float32)
    made: list[Operator] = []

    def step(kind: type[Operator], *inputs: Tensor, **fields: Any) -> Tensor:
        op = kind(inputs=list(inputs), outputs=[], **fields)
        op.outputs = [Tensor(kind.kind, op.infer_shapes()[0], DType.FLOAT32)]
        made.append(op)
        return op.y

    mean = step(ops.Mean, x, axes=axes, keep_dims=True)
    variance = step(ops.Mean, step(ops.SquaredDifference, x, mean), axes=(2,), keep_dims=True)
    factor = step(ops.Mul, step(ops.Rsqrt, step(ops.Add, variance, epsilon)), gamma)
    y = step(ops.Add, step(ops.Mul, x, factor), step(ops.Sub, beta, step(ops.Mul, mean, factor)))
    graph = Graph("keras", [x], [y], made)
    given = np.random.default_rng(0).normal(0, 2, x.shape).astype(np.float32)
    (before,) = Session(copy.deepcopy(graph)).step([given])
    run_passes(graph)
    (after,) = Session(graph).step([given])
    np.testing.assert_allclose(after, before, rtol=0, atol=BOUND * np.abs(before).max())
    assert ("normalization" in [op.kind for op in graph.operators]) == (axes == (2,))


PARAMETERS: tuple[tuple[str, tuple[int, ...]], ...] = (("gamma", (8,)), ("beta", (8,)), ("epsilon", ()))
