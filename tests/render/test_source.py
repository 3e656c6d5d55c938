"""The text of the generated C: pure, stable, as the golden copy says.

After a change that is meant to alter the C, look at the difference and renew the copy:

    GENC_RENEW=1 python -m pytest tests/render/test_source.py && git diff tests/render/golden
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codegen.backends.candidate import Constant
from codegen.errors import GencError
from codegen.ir import DType, Tensor
from codegen.render import align_defines, source_files
from codegen.render.layer_text import Constants, common_folder
from codegen.render.library import describe
from codegen.render.literals import short_comment
from codegen.render.names import Names
from tests.render.programs import TABLE, options, relu_golden, relu_program, wires
from tests.support.operator_models import operator_model

GOLDEN = Path(__file__).parent / "golden"
RENEW = os.environ.get("GENC_RENEW") == "1"


def tiny() -> dict[str, str]:
    files = source_files(describe(relu_program(), options("tiny", relu_golden(), labels=("c",) * 32)))
    return {path.removeprefix("src/"): text for path, text in files.items() if path.startswith("src/tiny")}


def test_golden_c() -> None:
    files = {
        name: text for name, text in tiny().items() if name not in ("tiny_lookup.c", "tiny_lookup.h", "tiny_kernel.h")
    }
    if RENEW:
        for old in GOLDEN.glob("*"):
            old.unlink()
        for name, text in files.items():
            (GOLDEN / name).write_text(text, "utf-8")
    assert {p.name: p.read_text("utf-8") for p in GOLDEN.iterdir()} == files


@pytest.mark.parametrize("operator", ["CONV_2D", "SPLIT"])
def test_pure_over_processes_hash_seeds_and_folders(tmp_path: Path, operator: str) -> None:
    results = []
    for seed in ("0", "1", "4711"):
        folder = tmp_path / f"folder{seed}"
        folder.mkdir()
        (folder / "net.tflite").write_bytes(operator_model(operator))
        subprocess.run(
            [sys.executable, "-m", "codegen.cli", "net.tflite", "--board", "esp32"],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            cwd=folder,
            capture_output=True,
            check=True,
        )
        results.append({p.relative_to(folder): p.read_bytes() for p in (folder / "net").rglob("*") if p.is_file()})
    assert len(results[0]) > 10
    assert results[0] == results[1] == results[2]


def test_text_is_plain() -> None:
    for name, text in tiny().items():
        assert text.isascii(), name
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
        assert "\n\n\n" not in text, name
        assert "\t" not in text, name
        assert all(line == line.rstrip() for line in text.split("\n")), name


def test_defines_are_aligned() -> None:
    text = "#define A 1 /* x */\n#define LONG (-12)\n#define F(a, b) ((void)0)\n\n#define B 2\n"
    assert align_defines(text) == (
        "#define A       1 /* x */\n#define LONG    (-12)\n#define F(a, b) ((void)0)\n\n#define B 2\n"
    )


def test_names_in_comments_are_cut_in_the_middle() -> None:
    assert short_comment("a" * 30 + "b" * 30, 33) == "a" * 11 + "..." + "b" * 19


@pytest.mark.parametrize(
    ("names", "common"),
    [
        (["Net/a/x", "Net/a/y", "Net/b/x"], "Net/"),
        (["Net/a/x", "Net/a/y"], "Net/a/"),
        (["Net/ax", "Net/ay"], "Net/"),
        (["Net/a/x"], ""),
        (["Net/a/x", "Identity", "Net/a/y"], "Net/a/"),
        (["a", "ab"], ""),
        ([], ""),
    ],
)
def test_the_folders_that_all_names_share(names: list[str], common: str) -> None:
    assert common_folder(names) == common


def test_labels_must_fit_the_output() -> None:
    with pytest.raises(GencError, match="there are 2 for outputs of 32 elements"):
        describe(relu_program(), options("tiny", labels=("a", "b")))


def test_the_test_vector_must_fit_the_model() -> None:
    with pytest.raises(GencError, match="test vector"):
        describe(relu_program(), options("tiny", ([np.zeros(3, np.int8)], [np.zeros(32, np.int8)])))


def test_header_says_what_happens_to_the_input() -> None:
    kept = source_files(describe(relu_program(in_place=False), options("kept")))["src/kept.h"]
    consumed = source_files(describe(relu_program(), options("used")))["src/used.h"]
    assert "A run leaves it as it is" in kept
    assert "KEPT_OUTPUT_OVERLAPS_INPUT 0" in kept
    assert "A run consumes it" in consumed
    assert "USED_OUTPUT_OVERLAPS_INPUT 1" in consumed


def test_equal_constants_are_one_array() -> None:
    constants = Constants(Names("net"))
    table = Constant("table", TABLE)
    assert constants.name(table, 0) == "net_table_0"
    assert constants.name(Constant("table", TABLE.copy()), 3) == "net_table_0"
    assert constants.name(Constant("table", TABLE.view(np.int8)), 4) == "net_table_4"
    assert [c.bytes for c in constants.table] == [256, 256]
    assert len(constants.definitions) == 2


def test_a_scalar_has_rank_0_and_one_element() -> None:
    header = source_files(describe(wires(Tensor("s", (), DType.FLOAT32)), options("s")))["src/s.h"]
    assert "#define S_INPUT_RANK  0\n" in header
    assert "#define S_INPUT_SHAPE {1}\n" in header
    assert "S_INPUT_SCALE" not in header
