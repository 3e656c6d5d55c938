"""Names of strangers become C identifiers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.render.names import MAX_MODEL_NAME, RESERVED, Names, model_name
from tests.render.build import run

VALID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kws", "kws"),
        ("Person Detect (v2)", "person_detect_v2"),
        ("1d-cnn", "model_1d_cnn"),
        ("int", "model_int"),
        ("class", "model_class"),
        ("string", "model_string"),
        ("size", "model_size"),
        ("Arduino", "model_arduino"),
        ("genc", "model_genc"),
        ("genc_conv", "model_genc_conv"),
        ("", "model"),
        ("___", "model"),
        ("模型", "model"),
        ("größe", "groe"),
        ("__attribute__", "attribute"),
        ("a/../b", "a_b"),
    ],
)
def test_model_names(text: str, name: str) -> None:
    assert model_name(text) == name


@given(st.text())
def test_any_text_gives_a_valid_unreserved_name(text: str) -> None:
    name = model_name(text)
    assert VALID.fullmatch(name)
    assert name not in RESERVED
    assert len(name) <= MAX_MODEL_NAME
    assert model_name(name) == name


def test_no_name_of_a_system_header_is_taken_for_a_model(tmp_path: Path) -> None:
    """NAME_t, NAME_init ... must not be what the C library declares already."""
    (tmp_path / "all.c").write_text("".join(f"#include <{header}.h>\n" for header in SYSTEM_HEADERS.split()))
    declared = run(["gcc", "-D_GNU_SOURCE", "-E", tmp_path / "all.c"])
    suffix = "t|init|reset|run|model|layers|selftest|input|output|quantize|dequantize"
    stems = set(re.findall(rf"\b([a-z][a-z0-9_]*)_(?:{suffix})\b", declared))
    assert len(stems) > 50
    assert not sorted(stem for stem in stems if model_name(stem) == stem)


SYSTEM_HEADERS = """
    assert complex ctype errno fcntl fenv inttypes locale math pthread regex sched semaphore setjmp signal stdio stdlib
    string sys/socket sys/stat sys/time sys/types threads time uchar unistd wchar wctype
"""


def test_long_names_stay_apart() -> None:
    assert model_name("x" * 100 + "a") != model_name("x" * 100 + "b")


def test_a_single_port_has_the_short_names() -> None:
    (port,) = Names("kws").ports("input", ["serving_default_mfcc:0"])
    assert (port.accessor, port.macro, port.type, port.convert) == (
        "kws_input",
        "KWS_INPUT",
        "kws_input_t",
        "kws_quantize",
    )


def test_several_ports_are_called_by_their_tensors() -> None:
    ports = Names("kws").ports("output", ["serving_default_a:0", "StatefulPartitionedCall:1", "a", "", "a"])
    assert [p.accessor for p in ports] == [
        "kws_output_a",
        "kws_output_statefulpartitionedcall_1",
        "kws_output_a_2",
        "kws_output_3",
        "kws_output_a_3",
    ]


NASTY = ["a", "a_t", "a_size", "t", "x_t", "x", "size", "rank", "3", "count", "a_2", "a", "", "*/", "\n", "a" * 10_000]


@given(st.lists(st.sampled_from(NASTY), min_size=2, max_size=12))
def test_no_two_identifiers_are_equal(tensor_names: list[str]) -> None:
    names = Names("kws", {"kws_quantize_a", "kws_input_x"})
    seen = {"kws_quantize_a", "kws_input_x", "KWS_INPUT_COUNT", "kws_run", "kws_t"}
    for port in (*names.ports("input", tensor_names), *names.ports("output", tensor_names)):
        own = [port.accessor, port.type, port.convert, *(f"{port.macro}_{m}" for m in Names.MACROS)]
        assert not seen & set(own)
        assert all(re.fullmatch(r"[A-Za-z_]\w*", name) and len(name) < 80 for name in own)
        seen |= set(own)


def test_symbols_are_numbered_by_layer_and_then_counted() -> None:
    names = Names("kws", {"kws_table_1"})
    assert names.symbol("weights", 0) == "kws_weights_0"
    assert names.symbol("weights", 0) == "kws_weights_0_2"
    assert names.symbol("table", 1) == "kws_table_1_2"
