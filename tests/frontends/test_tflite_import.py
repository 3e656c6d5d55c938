"""What the front-end makes of a file computes what TFLite's reference kernels compute."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.frontends import load_model
from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite import schema
from codegen.frontends.tflite.rules import RULES, SOURCES
from codegen.frontends.tflite.slice import resolve_strided_slice
from codegen.ir import REGISTRY, Graph
from codegen.ir.ops import Conv2D, Pad, Reshape, Slice
from tests.support.models import model_folder
from tests.support.operator_models import OPERATORS, operator_model
from tests.support.tflite_writer import ModelWriter

Agree = Callable[[bytes], Graph]
Load = Callable[[bytes], Graph]
S, Z = 0.1, -5


class Net(ModelWriter):
    """A model of int8 tensors that share one scale."""

    def act(self, name: str, *shape: int, **fields: Any) -> int:
        return self.tensor(name, shape, "int8", S, Z, **fields)

    def ints(self, name: str, values: Any, dtype: str = "int32") -> int:
        array = np.array(values, np.int64)
        return self.tensor(name, array.shape, dtype, data=array)


def one(
    name: str, shape: Sequence[int], parameters: Sequence[Any], outputs: Sequence[Sequence[int]], **options: Any
) -> bytes:
    """A model of one operator with integer parameters."""
    m = Net()
    x = m.act("x", *shape)
    extra = [m.ints(f"p{i}", p) for i, p in enumerate(parameters)]
    ys = [m.act(f"y{i}", *s) for i, s in enumerate(outputs)]
    m.operator(name, [x, *extra], ys, **options)
    return m.build([x], ys)


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_agrees_with_the_reference_kernels(name: str, agree: Agree) -> None:
    graph = agree(operator_model(name))
    assert graph.operators[-1].source == f"{name} #0"
    assert SOURCES[name] in {op.kind for op in graph.operators}


def test_every_rule_has_a_model_and_an_ir_operator() -> None:
    always_fold = {"BROADCAST_ARGS", "RANGE", "RANK", "SHAPE", "ZEROS_LIKE"}
    assert set(RULES) - set(OPERATORS) == always_fold
    assert set(SOURCES.values()) <= set(REGISTRY)


@pytest.mark.parametrize(
    ("shape", "target", "result"),
    [((1, 6, 4), [-1, 3], (8, 3)), ((1, 6, 4), [24], (24,)), ((1, 1), [], ()), ((2, 3), [1, -1, 1], (1, 6, 1))],
)
def test_reshape_by_input(shape: tuple[int, ...], target: list[int], result: tuple[int, ...], agree: Agree) -> None:
    graph = agree(one("RESHAPE", shape, [target], [result]))
    assert graph.outputs[0].shape == result


def test_reshape_by_option_alone(agree: Agree) -> None:
    assert agree(one("RESHAPE", (1, 6, 4), [], [(4, 6)], new_shape=[4, -1])).outputs[0].shape == (4, 6)


def test_output_shapes_of_the_file_are_not_believed(agree: Agree) -> None:
    assert agree(one("RESHAPE", (1, 6, 4), [[4, 6]], [(1, 1)])).outputs[0].shape == (4, 6)


@pytest.mark.parametrize(("dims", "result"), [([], (3, 4)), ([0], (3, 1, 4)), ([-2], (1, 3, 4)), ([0, 2], (3, 4))])
def test_squeeze(dims: list[int], result: tuple[int, ...], agree: Agree) -> None:
    assert agree(one("SQUEEZE", (1, 3, 1, 4), [], [result], squeeze_dims=dims)).outputs[0].shape == result


@pytest.mark.parametrize("axis", [0, 1, 3, -1, -4])
def test_expand_dims(axis: int, agree: Agree) -> None:
    shape = np.expand_dims(np.zeros((2, 3, 4)), axis).shape
    assert agree(one("EXPAND_DIMS", (2, 3, 4), [axis], [shape])).outputs[0].shape == shape


@pytest.mark.parametrize(("sizes", "axis"), [([1, -1, 2], 1), ([2, 4], -2), ([4], 2)])
def test_split_v(sizes: list[int], axis: int, agree: Agree) -> None:
    x = np.zeros((2, 6, 4))
    lengths = [x.shape[axis] - sum(s for s in sizes if s > 0) if s < 0 else s for s in sizes]
    outputs = [p.shape for p in np.split(x, np.cumsum(lengths)[:-1], axis)]
    agree(one("SPLIT_V", x.shape, [sizes, axis], outputs, num_splits=len(sizes)))


@pytest.mark.parametrize("axis", [0, -1, -2])
def test_unpack(axis: int, agree: Agree) -> None:
    count = (2, 3, 4)[axis]
    shape = np.delete((2, 3, 4), axis).tolist()
    agree(one("UNPACK", (2, 3, 4), [], [shape] * count, axis=axis, num=count))


@pytest.mark.parametrize("axes", [1, -1, [1, 2], [-3, -2], [2, 2]])
@pytest.mark.parametrize("keep", [True, False])
def test_mean_axes(axes: int | list[int], keep: bool, agree: Agree) -> None:
    shape = np.zeros((1, 4, 6, 3)).mean(tuple(set(np.ravel(axes) % 4)), keepdims=keep).shape
    agree(one("MEAN", (1, 4, 6, 3), [axes], [shape], keep_dims=keep))


@pytest.mark.parametrize("size", [[1, -1, 2], [1, 3, 4]])
def test_slice_to_the_end(size: list[int], agree: Agree) -> None:
    begin = [0, 1, 0]
    result = [d - b if s < 0 else s for d, b, s in zip((2, 6, 4), begin, size, strict=True)]
    agree(one("SLICE", (2, 6, 4), [begin, size], [result]))


@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (3, 2), (1, 5)])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 1), (2, 3)])
@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (4, 2)])
def test_same_padding(
    stride: tuple[int, int], dilation: tuple[int, int], kernel: tuple[int, int], agree: Agree
) -> None:
    m, rng = Net(), np.random.default_rng(0)
    x, y = m.act("x", 1, 9, 7, 2), m.act("y", 1, -(-9 // stride[0]), -(-7 // stride[1]), 3)
    f = m.tensor("f", (3, *kernel, 2), "int8", 0.02, data=rng.integers(-127, 128, (3, *kernel, 2)))
    b = m.tensor("b", (3,), "int32", 0.002, data=[3, -700, 500])
    geometry = {"stride_h": stride[0], "stride_w": stride[1], "padding": "SAME"}
    dilations = {"dilation_h_factor": dilation[0], "dilation_w_factor": dilation[1]}
    m.operator("CONV_2D", [x, f, b], [y], **geometry, **dilations)
    agree(m.build([x], [y]))


@pytest.mark.parametrize("bias", ["left out", "marked -1"])
def test_fully_connected_without_bias_keeping_dimensions(bias: str, agree: Agree) -> None:
    m = Net()
    x, y = m.act("x", 2, 3, 4), m.act("y", 2, 3, 5)
    f = m.tensor("f", (5, 4), "int8", 0.02, data=np.arange(20).reshape(5, 4) * 6 - 60)
    m.operator("FULLY_CONNECTED", [x, f] + [-1] * (bias == "marked -1"), [y], keep_num_dims=True)
    assert agree(m.build([x], [y])).outputs[0].shape == (2, 3, 5)


def _flatten_by_shape(batch: int) -> bytes:
    """Keras' Flatten: the new shape is [shape(x)[0], 24], computed in the graph."""
    m = Net()
    x, y = m.act("x", batch, 2, 3, 4, shape_signature=[-1, 2, 3, 4]), m.act("y", 1, 1)
    shape, first, packed = (m.tensor(n, s, "int32") for n, s in (("shape", (4,)), ("first", ()), ("packed", (2,))))
    m.operator("SHAPE", [x], [shape], out_type="INT32")
    bounds = [m.ints("begin", [0]), m.ints("end", [1]), m.ints("strides", [1])]
    m.operator("STRIDED_SLICE", [shape, *bounds], [first], shrink_axis_mask=1)
    m.operator("PACK", [first, m.ints("rest", 24)], [packed], values_count=2, axis=0)
    m.operator("RESHAPE", [x, packed], [y])
    return m.build([x], [y])


@pytest.mark.parametrize("batch", [1, 2])
def test_shape_subgraphs_fold(batch: int, agree: Agree) -> None:
    graph = agree(_flatten_by_shape(batch))
    assert [op.kind for op in graph.operators] == ["reshape"]
    assert graph.outputs[0].shape == (batch, 24)


def test_arithmetic_on_shapes_folds(agree: Agree) -> None:
    m = Net()
    x, y = m.act("x", 2, 3, 4), m.act("y", 1, 1)
    shape, doubled, target = (m.tensor(name, (3,), "int32") for name in ("shape", "doubled", "target"))
    m.operator("SHAPE", [x], [shape], out_type="INT32")
    m.operator("MUL", [shape, m.ints("factors", [2, 1, 2])], [doubled])
    m.operator("SUB", [doubled, m.ints("less", [3, 0, 0])], [target])
    m.operator("RESHAPE", [x, target], [y])
    assert agree(m.build([x], [y])).outputs[0].shape == (1, 3, 8)


def test_dynamic_batch_is_one(load: Load) -> None:
    m = Net()
    x, y = m.act("x", -1, 4, shape_signature=[-1, 4]), m.act("y", -1, 4)
    m.operator("RELU", [x], [y])
    assert load(m.build([x], [y])).outputs[0].shape == (1, 4)


def test_constants_fold_through_dequantize_and_quantize(agree: Agree) -> None:
    m = Net()
    x, y, real = m.act("x", 1, 4), m.act("y", 1, 4), m.tensor("real", (4,), "float32")
    stored = m.tensor("stored", (4,), "int8", 0.5, 3, data=[-100, 0, 3, 99])
    again = m.tensor("again", (4,), "int8", 0.7, 1)
    m.operator("DEQUANTIZE", [stored], [real])
    m.operator("QUANTIZE", [real], [again])
    m.operator("ADD", [x, again], [y])
    graph = agree(m.build([x], [y]))
    assert [op.kind for op in graph.operators] == ["add"]


def test_inputs_and_outputs_may_coincide(agree: Agree) -> None:
    m = Net()
    x, y, c = m.act("x", 1, 4), m.act("y", 1, 4), m.act("c", 2, data=[7, -7])
    m.operator("RELU", [x], [y])
    graph = agree(m.build([x], [y, x, c, y]))
    assert graph.outputs[1] is graph.inputs[0]
    assert graph.outputs[0] is graph.outputs[3]
    assert graph.outputs[2].is_constant


def test_odd_quantized_dimension_of_a_bias(load: Load) -> None:
    m = Net()
    x, y = m.act("x", 1, 4), m.act("y", 1, 2)
    f = m.tensor("f", (2, 4), "int8", 0.1, data=np.ones((2, 4)))
    b = m.tensor("b", (2,), "int32", [0.01, 0.01], axis=3, data=[1, 2])
    m.operator("FULLY_CONNECTED", [x, f, b], [y])
    assert load(m.build([x], [y])).operators[0].kind == "fully_connected"


class _Buffer:
    """A buffer whose content lies behind the flatbuffer, as in files above 2 GB."""

    def __init__(self, start: int, size: int) -> None:
        self._start, self._size = start, size

    def Offset(self) -> int:  # noqa: N802
        return self._start

    def Size(self) -> int:  # noqa: N802
        return self._size


def test_buffers_behind_the_flatbuffer() -> None:
    data = bytes(range(100))
    content = schema._buffer(data, _Buffer(90, 10))
    assert content is not None
    assert content.tobytes() == data[90:]
    with pytest.raises(schema.DamagedError, match="outside the file"):
        schema._buffer(data, _Buffer(90, 11))


def test_padv2_value_and_pad_zero_point(load: Load) -> None:
    pad, padv2 = load(operator_model("PAD")).operators[0], load(operator_model("PADV2")).operators[0]
    assert isinstance(pad, Pad)
    assert isinstance(padv2, Pad)
    assert (pad.value, padv2.value) == (-5, 17)
    assert pad.pads == padv2.pads == ((0, 0), (1, 2), (0, 1), (0, 0))


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_quantize_from_float_takes_any_scale(scale: float, agree: Agree) -> None:
    m = Net()
    x, y = m.tensor("x", (1, 4), "float32"), m.tensor("y", (1, 4), "int8", scale, 3)
    m.operator("QUANTIZE", [x], [y])
    agree(m.build([x], [y]))


def test_names_and_sources(load: Load) -> None:
    graph = load(operator_model("CONV_2D"))
    conv = graph.operators[0]
    assert isinstance(conv, Conv2D)
    assert conv.where == 'CONV_2D #0 "y0"'
    assert conv.weights.quant is not None
    assert conv.weights.quant.axis == 0


def test_hostile_names_become_printable(load: Load) -> None:
    m = Net()
    x = m.act("x", 1, 4)
    y = m.act("*/ system();\n\x1b[31m\u202e" + "A" * 5000, 1, 4)
    m.operator("RELU", [x], [y])
    name = load(m.build([x], [y])).operators[0].name
    assert name.isprintable()
    assert len(name) <= 80


INDEX = st.integers(-9, 9)


@st.composite
def strided_slices(draw: st.DrawFn) -> tuple[tuple[int, ...], list[list[int]], dict[str, int]]:
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    entries = draw(st.integers(1, len(shape)))
    begin, end = (draw(st.lists(INDEX, min_size=entries, max_size=entries)) for _ in range(2))
    strides = draw(st.lists(st.integers(-3, 3).filter(bool), min_size=entries, max_size=entries))
    masks = {name: draw(st.integers(0, 2**entries - 1)) for name in ("begin_mask", "end_mask")}
    masks["shrink_axis_mask"] = draw(st.integers(0, 2**entries - 1)) if draw(st.booleans()) else 0
    special = draw(st.sampled_from(("none", "ellipsis_mask", "new_axis_mask")))
    if special != "none":
        masks[special] = 1 << draw(st.integers(0, entries - 1))
    return shape, [begin, end, strides], masks


@given(strided_slices())
def test_strided_slice_is_numpy_indexing(case: tuple[tuple[int, ...], list[list[int]], dict[str, int]]) -> None:
    shape, (begin, end, strides), masks = case
    index = []
    for i, (b, e, s) in enumerate(zip(begin, end, strides, strict=True)):
        flags = {name for name, mask in masks.items() if mask >> i & 1}
        if "ellipsis_mask" in flags:
            index.append(...)
        elif "new_axis_mask" in flags:
            index.append(None)
        elif "shrink_axis_mask" in flags:
            index.append((0 if s > 0 else -1) if "begin_mask" in flags else b)
        else:
            index.append(slice(None if "begin_mask" in flags else b, None if "end_mask" in flags else e, s))
    x = np.arange(np.prod(shape)).reshape(shape)
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    camel = {n: n.title().replace("_", "") for n in names}
    options = {camel[n]: masks.get(n, 0) for n in names} | {"Offset": False}
    try:
        expected = x[tuple(index)]
    except IndexError:  # a shrunk axis outside; TFLite clamps it, the constraints refuse what stays outside
        return
    cut = resolve_strided_slice(shape, tuple(begin), tuple(end), tuple(strides), options)
    ends = [b + n * s for b, n, s in zip(cut.begin, cut.size, cut.strides, strict=True)]
    ranges = [range(b, e, s) for b, e, s in zip(cut.begin, ends, cut.strides, strict=True)]
    np.testing.assert_array_equal(x[np.ix_(*ranges)].reshape(cut.shape), expected)


@pytest.mark.parametrize(
    ("shape", "bounds", "masks", "kinds"),
    [
        ((6, 5), ([1, 4], [6, 0], [2, -2]), {}, [Slice]),
        ((6, 5), ([0, 0], [0, 0], [-1, 1]), {"begin_mask": 3, "end_mask": 3}, [Slice]),
        ((6, 5), ([-2, 0], [-1, 3], [1, 1]), {"shrink_axis_mask": 1}, [Slice, Reshape]),
        ((2, 3, 4), ([0, 1], [0, 3], [1, 1]), {"ellipsis_mask": 1}, [Slice]),
        ((2, 3), ([0, 0, 0], [0, 2, 3], [1, 1, 1]), {"new_axis_mask": 1}, [Reshape]),
        ((2, 3, 4), ([1], [2], [1]), {}, [Slice]),
    ],
)
def test_strided_slice_agrees(
    shape: tuple[int, ...], bounds: tuple[list[int], ...], masks: dict[str, int], kinds: list[type], agree: Agree
) -> None:
    full = {"BeginMask": 0, "EndMask": 0, "EllipsisMask": 0, "NewAxisMask": 0, "ShrinkAxisMask": 0, "Offset": False}
    options = full | {name.title().replace("_", ""): mask for name, mask in masks.items()}
    result = resolve_strided_slice(shape, *map(tuple, bounds), options).shape
    graph = agree(one("STRIDED_SLICE", shape, bounds, [result], **masks))
    assert [type(op) for op in graph.operators] == kinds


def test_strided_slice_with_stride_zero_is_refused() -> None:
    options = dict.fromkeys(("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask", "Offset"), 0)
    with pytest.raises(RefusedError, match="stride is 0"):
        resolve_strided_slice((4,), (0,), (4,), (0,), options)


IMPORT_S = 1.0


@pytest.mark.models
@pytest.mark.parametrize("name", ["tinyengine_mcunetv2_large", "mlperf_vww_int8", "tinymaix_mbnet128_025_int8"])
def test_import_is_fast(name: str) -> None:
    path: Path = model_folder(name) / "model.tflite"
    start = time.monotonic()
    load_model(path)
    assert time.monotonic() - start < IMPORT_S
