"""What the ONNX front-end does with a file: shapes, constants, branches, functions, names; what it refuses and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from codegen.cli import EXIT_OK, EXIT_USAGE, main
from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.frontends.onnx.rules import RULES, SOURCES
from codegen.frontends.options import ImportOptions
from codegen.ir import REGISTRY, DType, Graph
from codegen.ir.verifier import verify
from codegen.reference import Session

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
X = helper.make_tensor_value_info("x", FLOAT, [1, 3, 4])


def value(name: str, *shape: Any, dtype: int = FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, list(shape))


def node(op: str, inputs: str, outputs: str, **fields: Any) -> Any:
    """An operator; names are separated by spaces, "-" is one that is left out."""
    names = [["" if n == "-" else n for n in text.split()] for text in (inputs, outputs)]
    return helper.make_node(op, *names, **fields)


def saved(
    folder: Path,
    nodes: list[Any],
    *,
    inputs: list[Any] | None = None,
    outputs: tuple[str, ...] = ("y",),
    constants: dict[str, np.ndarray] | None = None,
    opset: int = 17,
    **more: Any,
) -> Path:
    """A model file."""
    kept = [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()]
    results = [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs]
    graph = helper.make_graph(nodes, "g", [X] if inputs is None else inputs, results, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], **more)
    path = folder / "model.onnx"
    onnx.save(model, path)
    return path


def outputs_of(graph: Graph, *inputs: np.ndarray) -> list[np.ndarray]:
    verify(graph)
    return Session(graph).step(list(inputs))


def refusal(path: Path, options: ImportOptions | None = None) -> str:
    with pytest.raises(GencError) as caught:
        load_model(path, options or ImportOptions())
    return str(caught.value)


def test_every_rule_ends_in_an_operator_of_the_ir() -> None:
    assert set(SOURCES.values()) <= set(REGISTRY)


def test_every_rule_is_of_an_operator_of_onnx() -> None:
    own = {schema.name for schema in onnx.defs.get_all_schemas_with_history() if not schema.domain}
    assert {name for name in RULES if "." not in name} <= own


def test_rules_know_every_attribute_of_their_operators() -> None:
    """Of all versions from 7 on; the exceptions say why they are not known."""
    unknown = {
        (name, attribute)
        for name in RULES
        if "." not in name
        for schema in (
            onnx.defs.get_schema(name, version)
            for version in range(7, onnx.defs.onnx_opset_version() + 1)
            if onnx.defs.has(name, version)
        )
        for attribute in schema.attributes
        if attribute not in RULES[name].attributes
    }
    assert unknown <= NOT_KNOWN, unknown - NOT_KNOWN


NOT_KNOWN = {
    ("Constant", "sparse_value"),
    ("Constant", "value_string"),
    ("Constant", "value_strings"),
    ("Scan", "directions"),
}
"""Values that no tensor of gen-c has; the Scan of version 8, which had a batch."""


class TestShapes:
    def test_an_open_first_dimension_is_a_batch_of_one(self, tmp_path: Path) -> None:
        path = saved(tmp_path, [node("Relu", "x", "y")], inputs=[value("x", "N", 3), value("h", 2, "N")])
        assert [t.shape for t in load_model(path).inputs] == [(1, 3), (2, 1)]

    @pytest.mark.parametrize("shape", [("seq_len", 3), ("T_frames", 3), (1, "width"), (1, None)])
    def test_other_dimensions_are_asked_for(self, shape: tuple[Any, ...], tmp_path: Path) -> None:
        path = saved(tmp_path, [node("Relu", "x", "y")], inputs=[value("x", *shape)])
        text = refusal(path)
        assert "model input 'x': its shape is not fixed" in text
        assert "--input-shape x=" in text

    def test_the_user_fixes_them_for_all_inputs(self, tmp_path: Path) -> None:
        inputs = [value("x", "seq", 3), value("mask", "seq")]
        path = saved(tmp_path, [node("Relu", "x", "y")], inputs=inputs)
        graph = load_model(path, ImportOptions({"x": (20, 3)}))
        assert [t.shape for t in graph.inputs] == [(20, 3), (20,)]

    @pytest.mark.parametrize("shape", [(2, 3, 5), (1, 3), (1, 4, 4)])
    def test_not_against_the_file(self, shape: tuple[int, ...], tmp_path: Path) -> None:
        path = saved(tmp_path, [node("Relu", "x", "y")])
        assert "but the file says 1x3x4" in refusal(path, ImportOptions({"x": shape}))

    def test_one_symbol_has_one_size(self, tmp_path: Path) -> None:
        path = saved(tmp_path, [node("Relu", "x", "y")], inputs=[value("x", "t"), value("z", "t")])
        assert "dimension 't' is 4 in one input and 5" in refusal(path, ImportOptions({"x": (4,), "z": (5,)}))

    def test_an_input_without_a_shape_gets_one(self, tmp_path: Path) -> None:
        inputs = [helper.make_tensor_value_info("x", FLOAT, None)]
        path = saved(tmp_path, [node("Relu", "x", "y")], inputs=inputs)
        assert "the file does not say its shape" in refusal(path)
        assert load_model(path, ImportOptions({"x": (7,)})).inputs[0].shape == (7,)

    def test_an_unknown_input_is_refused_with_the_known_ones(self, tmp_path: Path) -> None:
        path = saved(tmp_path, [node("Relu", "x", "y")])
        assert "no input 'z'" in refusal(path, ImportOptions({"z": (7,)}))
        assert "its inputs are: x" in refusal(path, ImportOptions(fixed={"z": 1}))

    @pytest.mark.parametrize("option", ["--input-shape=x", "--input-shape=x=1xq", "--input-shape=x=0", "--fix=x=y"])
    def test_options_have_a_form(self, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = saved(tmp_path, [node("Relu", "x", "y")])
        assert main(["inspect", str(path), option]) == EXIT_USAGE
        assert "e.g. --" in capsys.readouterr().err

    def test_tflite_models_have_fixed_inputs(self, tmp_path: Path) -> None:
        from tests.support.operator_models import operator_model

        path = tmp_path / "model.tflite"
        path.write_bytes(operator_model("ADD"))
        assert "leave out --input-shape" in refusal(path, ImportOptions({"x": (1,)}))


class TestFixedInputs:
    def model(self, folder: Path) -> Path:
        """y = x * 2 when sr is 16000, else x + 1."""
        two, one = (numpy_helper.from_array(np.array(v, np.float32), n) for v, n in ((2, "two"), (1, "one")))
        branches = {
            f"{name}_branch": helper.make_graph([node(op, f"x {c.name}", name)], name, [], [value(name)], [c])
            for name, op, c in (("then", "Mul", two), ("else", "Add", one))
        }
        nodes = [node("Equal", "sr rate", "same"), node("If", "same", "y", **branches)]
        inputs = [X, value("sr", dtype=INT64)]
        return saved(folder, nodes, inputs=inputs, constants={"rate": np.array(16000)})

    @pytest.mark.parametrize(("rate", "expected"), [(16000, 6.0), (8000, 4.0)])
    def test_choose_a_branch(self, rate: int, expected: float, tmp_path: Path) -> None:
        graph = load_model(self.model(tmp_path), ImportOptions(fixed={"sr": rate}))
        assert [t.name for t in graph.inputs] == ["x"]
        (y,) = outputs_of(graph, np.full((1, 3, 4), 3, np.float32))
        assert (y == expected).all()

    def test_a_branch_chosen_at_run_time_is_refused(self, tmp_path: Path) -> None:
        assert "its condition 'same' is computed at run time" in refusal(self.model(tmp_path))

    def test_from_the_command_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["inspect", str(self.model(tmp_path)), "--fix", "sr=16000", "--json"]) == EXIT_OK
        assert '"name": "sr"' not in capsys.readouterr().out

    def test_of_a_value_that_does_not_fit(self, tmp_path: Path) -> None:
        path = saved(tmp_path, [node("Relu", "x", "y")], inputs=[X, value("n", dtype=TensorProto.INT8)])
        assert "300 is not a value of int8" in refusal(path, ImportOptions(fixed={"n": 300}))


class TestFolding:
    def test_shape_arithmetic_vanishes(self, tmp_path: Path) -> None:
        nodes = [
            node("Shape", "x", "s"),
            node("Gather", "s zero", "n"),
            node("Unsqueeze", "n axes", "n1"),
            node("Concat", "n1 rest", "shape", axis=0),
            node("Reshape", "x shape", "y"),
        ]
        constants = {"zero": np.array(0), "axes": np.array([0]), "rest": np.array([-1])}
        graph = load_model(saved(tmp_path, nodes, constants=constants))
        assert [(op.kind, op.y.shape) for op in graph.operators] == [("reshape", (1, 12))]

    def test_a_shape_computed_at_run_time_is_refused_once(self, tmp_path: Path) -> None:
        nodes = [node("Reshape", "x n", "a"), node("Reshape", "a n", "b"), node("Reshape", "x n", "y")]
        text = refusal(saved(tmp_path, nodes, inputs=[X, value("n", 1, dtype=INT64)]))
        assert text.count("computed at run time") == 1
        assert 'Reshape #0 "a" and 1 more' in text

    def test_float16_constants_are_float32(self, tmp_path: Path) -> None:
        nodes = [node("Cast", "w", "w32", to=FLOAT), node("Add", "x w32", "y")]
        graph = load_model(saved(tmp_path, nodes, constants={"w": np.array([0.1], np.float16)}))
        assert graph.operators[0].inputs[1].dtype is DType.FLOAT32
        assert float(graph.operators[0].inputs[1].value[0]) == float(np.float16(0.1))

    def test_double_constants_too(self, tmp_path: Path) -> None:
        nodes = [node("Mul", "w w", "w2"), node("Cast", "w2", "w32", to=FLOAT), node("Add", "x w32", "y")]
        graph = load_model(saved(tmp_path, nodes, constants={"w": np.array([0.5])}))
        assert graph.operators[0].inputs[1].value.tolist() == [0.25]


class TestNames:
    def test_of_outputs_are_the_files(self, tmp_path: Path) -> None:
        nodes = [node("Identity", "x", "same"), node("Relu", "x", "a"), node("Identity", "a", "b")]
        constants = {"c": np.ones(2, np.float32)}
        graph = load_model(saved(tmp_path, nodes, outputs=("same", "a", "b", "c"), constants=constants))
        assert [t.name for t in graph.outputs] == ["same", "a", "b", "c"]
        x = np.linspace(-1, 1, 12, dtype=np.float32).reshape(1, 3, 4)
        same, a, b, c = outputs_of(graph, x)
        np.testing.assert_array_equal(same, x)
        np.testing.assert_array_equal(a, b)
        assert c.tolist() == [1, 1]

    def test_of_layers_are_their_first_outputs(self, tmp_path: Path) -> None:
        path = saved(tmp_path, [node("HardSigmoid", "x", "gate", name="n1"), node("Mul", "x gate", "y")])
        assert [(op.name, op.source) for op in load_model(path).operators] == [
            ("gate", "HardSigmoid #0"),
            ("y", "Mul #1"),
        ]

    def test_are_written_once(self, tmp_path: Path) -> None:
        text = refusal(saved(tmp_path, [node("Relu", "x", "y"), node("Neg", "x", "y")]))
        assert "it writes 'y', which has a value already" in text

    def test_are_written_before_they_are_read(self, tmp_path: Path) -> None:
        assert "'z' is read before any operator writes it" in refusal(saved(tmp_path, [node("Relu", "z", "y")]))


class TestFunctions:
    def test_of_the_model_are_imported_in_their_place(self, tmp_path: Path) -> None:
        body = [node("LeakyRelu", "a", "t"), node("Add", "t b", "r")]
        slope = onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT)
        body[0].attribute.append(slope)
        opsets = [helper.make_opsetid("", 17)]
        function = helper.make_function("mine", "Leak", ["a", "b"], ["r"], body, opsets, ["slope"])
        call = helper.make_node("Leak", ["x", "x"], ["y"], domain="mine", slope=0.5)
        graph = load_model(saved(tmp_path, [call], functions=[function]))
        (y,) = outputs_of(graph, np.full((1, 3, 4), -2, np.float32))
        assert (y == -3).all()
        assert [op.source for op in graph.operators] == ["LeakyRelu #0.0", "Add #0.1"]

    def test_that_call_themselves_are_refused(self, tmp_path: Path) -> None:
        body = [helper.make_node("Loop", ["a"], ["r"], domain="mine")]
        function = helper.make_function("mine", "Loop", ["a"], ["r"], body, [helper.make_opsetid("", 17)])
        call = helper.make_node("Loop", ["x"], ["y"], domain="mine")
        assert "nested too deeply" in refusal(saved(tmp_path, [call], functions=[function]))

    def test_of_onnx_serve_where_there_is_no_rule(self, tmp_path: Path) -> None:
        assert "HannWindow" not in RULES
        nodes = [node("HannWindow", "n", "w"), node("Mul", "x w", "y")]
        graph = load_model(saved(tmp_path, nodes, constants={"n": np.array(4)}))
        assert [op.kind for op in graph.operators] == ["mul"]
        np.testing.assert_allclose(graph.operators[0].inputs[1].value, [0, 0.5, 1, 0.5], atol=1e-6)


class TestRefusals:
    def test_all_unsupported_operators_are_said_at_once(self, tmp_path: Path) -> None:
        nodes = [
            node("NonMaxSuppression", "x x", "a"),
            node("Unique", "x", "b"),
            node("Relu", "b", "y"),
            node("Unique", "a", "c"),
        ]
        text = refusal(saved(tmp_path, nodes))
        assert "operator NonMaxSuppression is not supported" in text
        assert 'Unique #1 "b" and 1 more: operator Unique is not supported' in text

    @pytest.mark.parametrize(
        ("made", "reason"),
        [
            (node("Relu", "x x", "y"), "it has 2 inputs and 1 outputs"),
            (node("Relu", "-", "y"), "its input 0 is missing"),
            (node("Relu", "x", "y", strange=1), "its attribute 'strange' is not supported"),
            (node("Flatten", "x", "y", axis=1.5), "its attribute 'axis' is float, not int"),
            (node("Flatten", "x", "y", axis=9), "axis 9 is outside rank 3"),
            (node("Cast", "x", "y"), "its attribute 'to' is missing"),
            (node("Cast", "x", "y", to=TensorProto.DOUBLE), "its result has element type double"),
            (node("Split", "x", "a y", axis=1, num_outputs=3), "2 outputs cannot have sizes"),
            (node("Transpose", "x", "y", perm=[0, 1]), "not a permutation"),
            (node("DepthToSpace", "x", "y", blocksize=2), "blocks of 2 do not fit"),
            (node("MaxPool", "x", "y", kernel_shape=[2, 2]), "kernel [2, 2] does not fit"),
            (node("MaxPool", "x", "y", kernel_shape=[2], pads=[1]), "is not supported for 1 spatial axes"),
            (node("MaxPool", "x", "y", kernel_shape=[2], auto_pad="SAME"), "auto_pad SAME"),
            (node("SequenceMap", "x", "y"), "ONNX does not define it for these operands"),
            (node("Unique", "x", "y"), "operator Unique is not supported"),
        ],
    )
    def test_says_what_is_wrong(self, made: Any, reason: str, tmp_path: Path) -> None:
        assert reason in refusal(saved(tmp_path, [made]))

    @pytest.mark.parametrize("dtype", [TensorProto.DOUBLE, TensorProto.STRING, TensorProto.UINT64])
    def test_of_element_types(self, dtype: int, tmp_path: Path) -> None:
        path = saved(tmp_path, [node("Identity", "x", "y")], inputs=[value("x", 3, dtype=dtype)])
        assert "which is not supported" in refusal(path)

    def test_weights_computed_at_run_time(self, tmp_path: Path) -> None:
        inputs = [value("x", 1, 2, 5), value("w", 3, 2, 2)]
        text = refusal(saved(tmp_path, [node("Conv", "x w", "y")], inputs=inputs))
        assert "its parameter 'w' (input 1) is computed at run time" in text
