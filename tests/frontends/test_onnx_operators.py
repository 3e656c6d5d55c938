"""Operators of ONNX with random attributes against onnxruntime: before the passes and after them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codegen.errors import GencError
from codegen.ir import Array
from codegen.ir.verifier import verify
from codegen.passes import run_passes
from codegen.reference import Session
from tests.support.onnx_models import imported, model, one_node, theirs

BOUND = 1e-5
"""Of the largest value, or of 1, which operands are like: onnxruntime adds in float32."""
Draw = st.DrawFn


def check(proto: onnx.ModelProto, inputs: dict[str, Array], bound: float = BOUND) -> None:
    """The graph of a model gives what onnxruntime gives."""
    try:
        wanted = theirs(proto, inputs)
    except Exception:  # noqa: BLE001 - whatever onnxruntime does not take is no model
        assume(False)  # noqa: FBT003
    if not all(value.size for value in wanted):
        assume(False)  # noqa: FBT003
    graph = imported(proto)
    rewritten = graph.copy()
    run_passes(rewritten)
    verify(rewritten)
    for each in (graph, rewritten):
        for got, want in zip(Session(each).step(list(inputs.values())), wanted, strict=True):
            assert got.dtype == want.dtype
            atol = bound * np.abs(want).max(initial=1) if got.dtype.kind == "f" else 0
            np.testing.assert_allclose(got, want, rtol=0, atol=atol)


def floats(draw: Draw, *shape: int) -> Array:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(0, 1, shape).astype(np.float32)


@st.composite
def windows(draw: Draw, *, dilated: bool = True) -> dict[str, Any]:
    """Attributes of a window over one or two axes."""
    axes = draw(st.integers(1, 2))

    def vector(low: int, high: int, count: int = axes) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=count, max_size=count))

    kernel = vector(1, 4)
    mode = draw(st.sampled_from(["NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]))
    fields: dict[str, Any] = {"kernel_shape": kernel, "strides": vector(1, 3), "auto_pad": mode}
    if dilated and draw(st.booleans()):
        fields["dilations"] = vector(1, 3)
    if mode == "NOTSET":
        limit = [(k - 1) for k in kernel]
        fields["pads"] = [draw(st.integers(0, most)) for most in (*limit, *limit)]
    return fields


@st.composite
def convolutions(draw: Draw) -> tuple[onnx.ModelProto, dict[str, Array]]:
    fields = draw(windows())
    groups, inner, outer = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel = fields["kernel_shape"]
    spatial = [draw(st.integers(3, 9)) for _ in kernel]
    x = floats(draw, draw(st.integers(1, 2)), groups * inner, *spatial)
    w = floats(draw, groups * outer, inner, *kernel)
    bias = floats(draw, groups * outer) if draw(st.booleans()) else None
    return one_node("Conv", {"x": x}, {"w": w, "b": bias}, group=groups, **fields), {"x": x}


@given(convolutions())
def test_conv(case: tuple[onnx.ModelProto, dict[str, Array]]) -> None:
    check(*case)


@st.composite
def transposed_convolutions(draw: Draw) -> tuple[onnx.ModelProto, dict[str, Array]]:
    fields = draw(windows())
    groups, inner, outer = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel, strides = fields["kernel_shape"], fields["strides"]
    spatial = [draw(st.integers(2, 6)) for _ in kernel]
    x = floats(draw, draw(st.integers(1, 2)), groups * inner, *spatial)
    w = floats(draw, groups * inner, outer, *kernel)
    if draw(st.booleans()) and fields["auto_pad"] == "NOTSET":
        fields["output_padding"] = [draw(st.integers(0, s - 1)) for s in strides]
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, fields.get("dilations", [1, 1]), strict=False)]
    if any(span < stride for span, stride in zip(spans, strides, strict=True)):
        assume(not fields["auto_pad"].startswith("SAME"))  # onnxruntime gives less than ONNX's input times stride
    bias = floats(draw, groups * outer) if draw(st.booleans()) else None
    return one_node("ConvTranspose", {"x": x}, {"w": w, "b": bias}, group=groups, **fields), {"x": x}


@given(transposed_convolutions())
def test_conv_transpose(case: tuple[onnx.ModelProto, dict[str, Array]]) -> None:
    check(*case)


@given(st.data())
def test_conv_transpose_of_a_given_size(data: st.DataObject) -> None:
    draw = data.draw
    strides, kernel = [draw(st.integers(1, 3)) for _ in range(2)], [draw(st.integers(1, 4)) for _ in range(2)]
    x = floats(draw, 1, 2, draw(st.integers(2, 5)), draw(st.integers(2, 5)))
    w = floats(draw, 2, 2, *kernel)
    full = [(n - 1) * s + k for n, s, k in zip(x.shape[2:], strides, kernel, strict=True)]
    size = [f - draw(st.integers(0, k - 1)) for f, k in zip(full, kernel, strict=True)]
    mode = draw(st.sampled_from(["NOTSET", "SAME_UPPER", "SAME_LOWER"]))
    proto = one_node("ConvTranspose", {"x": x}, {"w": w}, strides=strides, output_shape=size, auto_pad=mode)
    check(proto, {"x": x})


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
@given(data=st.data())
def test_pool(op: str, data: st.DataObject) -> None:
    draw = data.draw
    fields = draw(windows())
    spatial = [draw(st.integers(4, 9)) for _ in fields["kernel_shape"]]
    if fields["auto_pad"].startswith("SAME"):
        fields.pop("dilations", None)  # onnxruntime pads as if there were none
    if fields["auto_pad"].startswith("SAME"):  # onnxruntime leaves out elements where windows are apart
        assume(all(k >= s for k, s in zip(fields["kernel_shape"], fields["strides"], strict=True)))
    spans = [(k - 1) * d + 1 for k, d in zip(fields["kernel_shape"], fields.get("dilations", [1, 1]), strict=False)]
    assume(all(span <= size for span, size in zip(spans, spatial, strict=True)))  # onnxruntime invents an output
    fields["ceil_mode"] = draw(st.integers(0, 1))
    if op == "AveragePool":
        fields["count_include_pad"] = draw(st.integers(0, 1))
    x = floats(draw, draw(st.integers(1, 2)), draw(st.integers(1, 3)), *spatial)
    opset = draw(st.sampled_from([10, 11, 18, 19, 22])) if op == "MaxPool" or "dilations" not in fields else 21
    check(one_node(op, {"x": x}, {}, opset=opset, **fields), {"x": x})


@given(st.data())
def test_resize(data: st.DataObject) -> None:
    draw = data.draw
    x = floats(draw, 1, draw(st.integers(1, 3)), draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    mode = draw(st.sampled_from(["nearest", "linear", "cubic"]))
    fields: dict[str, Any] = {
        "mode": mode,
        "coordinate_transformation_mode": draw(
            st.sampled_from(["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"])
        ),
    }
    if mode == "nearest":
        roundings = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]
        fields["nearest_mode"] = draw(st.sampled_from(roundings))
    if mode == "cubic":
        fields |= {"cubic_coeff_a": draw(st.sampled_from([-0.5, -0.75])), "exclude_outside": draw(st.integers(0, 1))}
    if draw(st.booleans()):
        scales = np.array([1, 1, *(draw(st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0])) for _ in range(2))], np.float32)
        constants: dict[str, Array | None] = {"roi": None, "scales": scales}
    else:
        sizes = np.array([*x.shape[:2], *(draw(st.integers(1, 9)) for _ in range(2))], np.int64)
        constants = {"roi": None, "scales": None, "sizes": sizes}
    check(one_node("Resize", {"x": x}, constants, **fields), {"x": x})


@pytest.mark.parametrize(("op", "opset"), [("Upsample", 7), ("Upsample", 9), ("Resize", 10)])
@given(data=st.data())
def test_resize_of_old_versions(op: str, opset: int, data: st.DataObject) -> None:
    draw = data.draw
    x = floats(draw, 1, 2, draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    factors = [1.0, 1.5, 2.0, 3.0] if op == "Upsample" else [0.5, 0.75, 1.0, 2.0, 2.5]
    scales = [1.0, 1.0, *(draw(st.sampled_from(factors)) for _ in range(2))]
    mode = draw(st.sampled_from(["nearest", "linear"]))
    if opset == 7:
        check(one_node(op, {"x": x}, {}, opset=opset, mode=mode, scales=scales), {"x": x})
    else:
        check(one_node(op, {"x": x}, {"scales": np.array(scales, np.float32)}, opset=opset, mode=mode), {"x": x})


@given(st.data())
def test_pad(data: st.DataObject) -> None:
    draw = data.draw
    x = floats(draw, *(draw(st.integers(2, 5)) for _ in range(draw(st.integers(1, 4)))))
    mode = draw(st.sampled_from(["constant", "reflect", "edge", "wrap"]))
    low = -1 if mode == "constant" else 0
    pads = np.array([draw(st.integers(low, d - 1)) for d in (*x.shape, *x.shape)], np.int64)
    value = np.array(draw(st.floats(-2, 2, width=32)), np.float32) if mode == "constant" else None
    check(one_node("Pad", {"x": x}, {"pads": pads, "value": value}, mode=mode), {"x": x})


@given(st.data())
def test_slice(data: st.DataObject) -> None:
    draw = data.draw
    x = floats(draw, *(draw(st.integers(2, 5)) for _ in range(draw(st.integers(1, 4)))))
    axes = draw(st.lists(st.integers(0, x.ndim - 1), min_size=1, unique=True))

    def vector(low: int, high: int) -> Array:
        return np.array([draw(st.integers(low, high).filter(bool)) for _ in axes], np.int64)

    constants = {"starts": vector(-7, 7), "ends": vector(-7, 7), "axes": np.array(axes), "steps": vector(-3, 3)}
    proto = one_node("Slice", {"x": x}, constants)
    check(proto, {"x": x})


@given(st.data())
def test_matmul(data: st.DataObject) -> None:
    draw = data.draw
    batch = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2)))]
    m, k, n = (draw(st.integers(1, 4)) for _ in range(3))
    a = floats(draw, *draw(st.sampled_from([(k,), (m, k), (*batch, m, k)])))
    b = floats(draw, *draw(st.sampled_from([(k,), (k, n), (*batch, k, n), (*(1 for _ in batch), k, n)])))
    constant = draw(st.sampled_from(["a", "b", ""]))
    assume(a.ndim + b.ndim > 2)
    inputs = {name: value for name, value in (("a", a), ("b", b)) if name != constant}
    node = onnx.helper.make_node("MatMul", ["a", "b"], ["y0"])
    check(model([node], inputs, {constant: a if constant == "a" else b} if constant else {}), inputs)


@given(st.data())
def test_gemm(data: st.DataObject) -> None:
    draw = data.draw
    m, k, n = (draw(st.integers(1, 4)) for _ in range(3))
    fields = {
        "transA": draw(st.integers(0, 1)),
        "transB": draw(st.integers(0, 1)),
        "alpha": draw(st.sampled_from([1.0, 0.5])),
        "beta": draw(st.sampled_from([1.0, 2.0])),
    }
    a = floats(draw, *((k, m) if fields["transA"] else (m, k)))
    b = floats(draw, *((n, k) if fields["transB"] else (k, n)))
    c = floats(draw, *draw(st.sampled_from([(n,), (1, n), (m, 1), (m, n), (1,), ()]))) if draw(st.booleans()) else None
    if draw(st.booleans()):
        check(one_node("Gemm", {"a": a}, {"b": b, "c": c}, **fields), {"a": a})
    else:
        check(one_node("Gemm", {"a": a, "b": b}, {"c": c}, **fields), {"a": a, "b": b})


EQUATIONS = (
    "ij,jk->ik",
    "bij,bjk->bik",
    "bhid,bhjd->bhij",
    "ij,kj->ki",
    "i,j->ij",
    "ij,ij->i",
    "...ij,...jk->...ik",
    "bij,jk->bki",
    "nctv,vw->nctw",
    "ijk,ikl->ilj",
    "ij,jk",
    "ij->ji",
    "ijk->j",
)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum(equation: str) -> None:
    sizes = {label: 2 + i for i, label in enumerate("bhijkldnctvw")}
    rng = np.random.default_rng(0)
    shapes = [
        tuple(s for label in term.replace("...", "b") for s in [sizes[label]])
        for term in equation.partition("->")[0].split(",")
    ]
    inputs = {f"x{i}": rng.normal(0, 1, shape).astype(np.float32) for i, shape in enumerate(shapes)}
    check(one_node("Einsum", inputs, {}, equation=equation), inputs)


@pytest.mark.parametrize("equation", ["ii->i", "ij,jk,kl->il", "ij->k", "i j,jk->ii", "a.b->a", "", ","])
def test_einsum_is_refused(equation: str) -> None:
    x = np.ones((2, 2), np.float32)
    names = {f"x{i}": x for i in range(equation.count(",") + 1)}
    node = onnx.helper.make_node("Einsum", list(names), ["y0"], equation=equation)
    graph = onnx.helper.make_graph(
        [node],
        "g",
        [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, (2, 2)) for n in names],
        [onnx.helper.make_tensor_value_info("y0", onnx.TensorProto.FLOAT, None)],
    )
    with pytest.raises(GencError):
        imported(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)]))
