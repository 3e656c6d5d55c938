"""Rows and text of a graph."""

from __future__ import annotations

from codegen.frontends.tflite import import_model
from codegen.frontends.tflite.schema import decode
from codegen.ir import Graph
from codegen.ir.printer import Row, graph_rows, print_graph
from tests.support.operator_models import operator_model


def _graph(operator: str) -> Graph:
    return import_model(decode(operator_model(operator)), "net")


def test_rows() -> None:
    assert graph_rows(_graph("CONV_2D")) == [
        Row(
            index=0,
            op="CONV_2D #0",
            kind="conv_2d",
            name="y0",
            input_shapes=((1, 6, 6, 4),),
            output_shape=(1, 3, 3, 8),
            output_shapes=((1, 3, 3, 8),),
            input_type="int8",
            output_type="int8",
            macs=9 * 8 * 36,
            weight_bytes=8 * 36 + 32,
            output_bytes=72,
        )
    ]


def test_rows_count_all_outputs() -> None:
    row = graph_rows(_graph("SPLIT"))[0]
    assert row.output_shapes == ((1, 6, 6, 2),) * 2
    assert row.output_bytes == 144


def test_text() -> None:
    assert print_graph(_graph("CONV_2D")) == (
        "graph net\n"
        'input  %0 "x0" int8[1, 6, 6, 4] scale 0.1 zero -5\n'
        "%1 = conv_2d(%0, const int8[8, 3, 3, 4], const int32[8]) activation=RELU6 stride=(2, 2) dilation=(1, 1) "
        'pad_h=(0, 1) pad_w=(0, 1) -> "y0" int8[1, 3, 3, 8] scale 0.03 zero -128\n'
        "output %1\n"
    )


def test_text_of_several_outputs_is_stable() -> None:
    text = print_graph(_graph("UNPACK"))
    assert text == print_graph(_graph("UNPACK"))
    assert text.count(" = reshape(") == 6
