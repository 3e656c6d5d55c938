"""The generated C compiles cleanly everywhere and holds nothing that it should not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from codegen.errors import GencError
from codegen.ir import DType, Graph, Tensor
from codegen.render import render, source_files
from codegen.render.kernels_source import bundle
from codegen.render.library import describe
from codegen.schedule.program import Program
from tests.render.build import LANGUAGES, WARNINGS, objects, run, save
from tests.render.programs import (
    ALL_TYPES,
    QUANT,
    options,
    relu_golden,
    relu_program,
    state_golden,
    state_program,
    wires,
    wires_golden,
)

HOSTILE = [
    '"; int main(void) { return 7; } /*',
    "*/ #error injected",
    "/* nested",
    "what ??/",
    "line\\",
    "line\nbreak\r\n#error x",
    "?" * 40,
    "%s%n\x00\x1b[31m",
    "模型\u202e\ud800",
    "x" * 10_000,
    "",
    "",
]
"""Names as a stranger might put them into a model."""


def hostile() -> Program:
    return wires(*(Tensor(name, (1, 2), DType.INT8, QUANT) for name in HOSTILE))


def twice() -> Program:
    """One output given twice, and an input that is an output."""
    program = wires(Tensor("x", (1, 4), DType.INT8, QUANT))
    (x,) = program.graph.inputs
    return replace(program, graph=Graph("twice", [x], [x, x]))


PROGRAMS = {
    "relu": relu_program,
    "apart": lambda: relu_program(in_place=False),
    "hostile_layer": lambda: relu_program(layer_name="*/ }\n#error ??/" + "\\"),
    "types": lambda: wires(*ALL_TYPES),
    "scalar": lambda: wires(Tensor("s", (), DType.FLOAT32), Tensor("v", (1,), DType.INT8, QUANT)),
    "hostile": hostile,
    "nothing": wires,
    "twice": twice,
    "state": state_program,
    "one_wire": lambda: wires(Tensor("*/", (1, 3), DType.UINT8)),
}


def library(name: str) -> dict[str, str]:
    program = PROGRAMS[name]()
    golden = state_golden() if name == "state" else relu_golden() if program.layers else wires_golden(program)
    return source_files(describe(program, options(name, golden)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_warning(tmp_path: Path, name: str, language: str) -> None:
    objects(save(library(name), tmp_path), LANGUAGES[language])


@pytest.mark.parametrize("standard", ["c++11", "c++14", "c++17", "c++20"])
@pytest.mark.parametrize("name", ["relu", "types", "hostile"])
def test_the_header_is_good_cpp(tmp_path: Path, name: str, standard: str) -> None:
    save(library(name), tmp_path)
    (tmp_path / "user.cpp").write_text(f'#include "{name}.h"\n#include "{name}_selftest.h"\nint x;\n')
    run(["g++", f"-std={standard}", *WARNINGS, "-c", "user.cpp"], cwd=tmp_path)


def test_objects_hold_no_mutable_data_and_need_only_string_and_math(tmp_path: Path) -> None:
    allowed = {"memcpy", "memset", "memmove", "_GLOBAL_OFFSET_TABLE_"}
    defined, undefined = set(), set()
    for file in objects(save(library("relu"), tmp_path), [*LANGUAGES["gcc-c99"], "-fno-pie"]):
        for line in run(["nm", file]).splitlines():
            kind, symbol = line.split()[-2:]
            assert kind not in "dDbBcCsS", f"{file.name}: {symbol} is mutable"
            (undefined if kind in "uU" else defined).add(symbol)
            assert not kind.isupper() or kind == "U" or symbol.startswith("relu_"), f"{symbol} lacks the prefix"
    assert undefined - defined <= allowed


def test_lines_that_people_read_are_short() -> None:
    for path, text in library("relu").items():
        if path.endswith(("relu.h", "relu.c")):
            assert max(map(len, text.splitlines())) <= 110, path


def test_hostile_names_reach_the_descriptor_shortened_but_unharmed(tmp_path: Path) -> None:
    save(library("hostile"), tmp_path)
    (tmp_path / "user.c").write_text(
        '#include <stdio.h>\n#include "hostile.h"\nint main(void)\n{\n    int i;\n'
        "    for (i = 0; i < hostile_model.input_count; i++) {\n"
        "        const char *s;\n"
        '        for (s = hostile_model.inputs[i].name; *s; s++) printf("%02x", (unsigned char)*s);\n'
        '        printf("\\n");\n    }\n    return 0;\n}\n'
    )
    run(["gcc", "-std=c99", "-o", "program", *sorted(tmp_path.glob("*.c"))], cwd=tmp_path)
    names = [bytes.fromhex(line) for line in run([tmp_path / "program"]).splitlines()]
    assert names == [name[:200].encode("utf-8", "replace").split(b"\0")[0] for name in HOSTILE]


CHIPS = {
    "arm": ["arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb"],
    "riscv": ["riscv64-unknown-elf-gcc", "-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"],
}


@pytest.mark.parametrize("chip", CHIPS)
def test_no_warning_for_a_chip(tmp_path: Path, chip: str) -> None:
    objects(save(library("relu"), tmp_path), [*CHIPS[chip], "-std=c99"])


def test_a_library_without_layers_has_no_weights_file() -> None:
    files = library("types")
    assert "src/types_weights.c" not in files
    assert "types_weights" not in "".join(files.values())


def test_only_the_kernels_in_use_are_bundled_and_renamed() -> None:
    files = library("relu")
    assert {"src/genc.h", "src/relu_lookup.c", "src/relu_lookup.h", "src/relu_kernel.h"} <= set(files)
    assert not any("genc_lookup" in text for text in files.values())
    assert "/**" in files["src/relu_lookup.h"], "kernels keep their documentation"


def test_an_unknown_kernel_is_named() -> None:
    with pytest.raises(GencError, match=r"genc_nonsense\.h: is neither in runtime_c"):
        bundle(["genc_nonsense"], "kws")


def test_the_estimate_of_the_code_is_near(tmp_path: Path) -> None:
    description = describe(relu_program(), options("relu"))
    sources = save(source_files(description), tmp_path)
    code = [s for s in sources if s.name not in ("relu_weights.c", "relu_info.c")]
    files = objects(code, ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-std=c99"])
    measured = sum(int(line.split()[0]) for line in run(["arm-none-eabi-size", *files]).splitlines()[1:])
    assert 0.7 * measured < description.code_bytes < 1.6 * measured


def test_render_adds_the_package_around_the_sources() -> None:
    files = render(relu_program(), options("tiny", relu_golden()))
    assert set(source_files(describe(relu_program(), options("tiny", relu_golden())))) <= set(files)
    assert list(files) == sorted(files)
