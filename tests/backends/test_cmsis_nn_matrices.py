"""Products of matrices and transposed convolutions by CMSIS-NN: against the double, and the library if it is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.candidate import Core
from codegen.backends.cmsis_nn import CmsisNn
from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.ir import Array, DType, Operator, Quantization, Tensor
from codegen.ir.ops import BatchMatMul, TransposeConv
from codegen.render.writer import write
from codegen.verify import verify_model
from tests.conftest import FULL
from tests.support.cmsis_nn import CMSIS_NN_DIR, LIBRARIES
from tests.support.kernel_harness import check_candidate
from tests.support.linear_operators import convolutions, random_input
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import need

PLAIN = Core("cortex-m0plus")
Case = tuple[Operator, list[Array]]


@st.composite
def products(draw: st.DrawFn) -> Case:
    """BATCH_MATMUL of two computed operands, batches broadcast."""
    dtype = draw(st.sampled_from([DType.INT8, DType.INT16]))
    rows, depth, columns = (draw(st.integers(1, 9)) for _ in range(3))
    batch = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    other = tuple(draw(st.sampled_from([1, size])) for size in batch)
    adj_y = draw(st.booleans())
    zeros = [draw(st.integers(-128, 127)) if dtype is DType.INT8 else 0 for _ in range(3)]
    low = -8 if dtype is DType.INT8 else -15
    scales = [2.0 ** draw(st.floats(low, low + 2)) for _ in range(2)] + [2.0 ** draw(st.floats(low + 1, low + 5))]
    quants = [Quantization((float(np.float32(s)),), (z,)) for s, z in zip(scales, zeros, strict=True)]
    a = Tensor("a", (*batch, rows, depth), dtype, quants[0])
    b = Tensor("b", (*other, *((columns, depth) if adj_y else (depth, columns))), dtype, quants[1])
    op = BatchMatMul(inputs=[a, b], outputs=[a], adj_y=adj_y)
    op.outputs = [Tensor("y", op.infer_shapes()[0], dtype, quants[2])]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return op, [rng.integers(*dtype.limits, t.shape, dtype.numpy, endpoint=True) for t in (a, b)]


@st.composite
def transposed(draw: st.DrawFn, *, dropped: int = 1) -> Case:
    """TRANSPOSE_CONV; up to so many rows and columns are dropped at the end."""
    op, _ = draw(convolutions())
    source = Tensor("x", (*op.x.shape[:3], op.operand(1).shape[3]), DType.INT8, op.x.quant)
    kernel, stride = op.operand(1).shape[1:3], op.stride  # type: ignore[attr-defined]
    pad = tuple(draw(st.integers(0, k - 1)) for k in kernel)
    ends = [(i - 1) * s + k - p for i, s, k, p in zip(source.shape[1:3], stride, kernel, pad, strict=True)]
    size = tuple(max(1, end - draw(st.integers(0, dropped))) for end in ends)
    fields: dict[str, Any] = {"size": size, "stride": stride, "pad": pad, "activation": op.activation}  # type: ignore[attr-defined]
    result = TransposeConv(inputs=[source, *op.inputs[1:]], outputs=list(op.outputs), **fields)
    result.outputs = [Tensor("y", result.infer_shapes()[0], DType.INT8, op.y.quant)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return result, [random_input(rng, source.shape)]


@pytest.mark.parametrize("library_name", LIBRARIES)
@pytest.mark.parametrize("cases", [products(), transposed()], ids=["batch_matmul", "transpose_conv"])
@settings(max_examples=500 if FULL else 40, deadline=None)
@given(data=st.data())
def test_random_layers(library_name: str, cases: st.SearchStrategy[Case], data: st.DataObject) -> None:
    op, inputs = data.draw(cases)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CMSIS_NN_DIR, str(LIBRARIES[library_name]))
        for candidate in CmsisNn().candidates(op, PLAIN):
            check_candidate(candidate, inputs)


@settings(max_examples=30, deadline=None)
@given(products())
def test_every_product_of_computed_matrices_is_taken(case: Case) -> None:
    op, _ = case
    assert CmsisNn().declines(op, PLAIN) == ""
    op.adj_x = True  # type: ignore[attr-defined]
    op.inputs[0], op.inputs[1] = op.inputs[1], op.inputs[0]
    assert "transposed" in CmsisNn().declines(op, PLAIN)


def small_network() -> bytes:
    """A picture made larger twice, the second time by an odd stride, and its rows multiplied with each other."""
    rng, w = np.random.default_rng(5), ModelWriter()
    x = w.tensor("x", [1, 5, 4, 3], scale=0.02, zero_point=3)
    t = x
    shapes = [((1, 10, 8, 6), (3, 3), (2, 2), "SAME"), ((1, 13, 26, 4), (4, 5), (1, 3), "VALID")]
    for i, (shape, kernel, stride, padding) in enumerate(shapes):
        depth = 3 if i == 0 else shapes[i - 1][0][3]
        filter_shape = [shape[3], *kernel, depth]
        weights = w.tensor(f"w{i}", filter_shape, scale=0.01, data=rng.integers(-127, 128, filter_shape, np.int8))
        size = w.tensor(f"s{i}", [4], "int32", data=np.array(shape, np.int32))
        bias = w.tensor(f"b{i}", [shape[3]], "int32", 0.0002, data=rng.integers(-500, 500, shape[3], np.int32))
        y = w.tensor(f"t{i}", shape, scale=0.03, zero_point=-5)
        options = {"stride_h": stride[0], "stride_w": stride[1], "padding": padding}
        w.operator("TRANSPOSE_CONV", [size, weights, t, bias], [y], **options)
        t = y
    squared = w.tensor("squared", [1, 13, 26, 26], scale=0.05, zero_point=7)
    w.operator("BATCH_MATMUL", [t, t], [squared], adj_x=False, adj_y=True)
    back = w.tensor("back", [1, 13, 26, 4], scale=0.5)
    w.operator("BATCH_MATMUL", [squared, t], [back], adj_x=False, adj_y=False)
    return w.build([x], [back])


@pytest.mark.emulator
@pytest.mark.parametrize("library_name", LIBRARIES)
@pytest.mark.parametrize("board", ["stm32g0", "stm32f4", "stm32n6"])
def test_a_small_network_is_exact_on_every_core(
    board: str, library_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm")
    monkeypatch.setenv(CMSIS_NN_DIR, str(LIBRARIES[library_name]))
    (tmp_path / "net.tflite").write_bytes(small_network())
    compiled = compile_model(tmp_path / "net.tflite", find_board(board), Options(name="net", backend="cmsis-nn"))
    layers = [layer.candidate for layer in compiled.program.layers if layer.candidate]
    assert [candidate.backend for candidate in layers] == ["cmsis-nn"] * 4
    write(compiled.files, tmp_path / "net", force=False)
    report = verify_model(tmp_path / "net", "net", compiled.graph, find_board(board))
    assert report.passed, report.text()
