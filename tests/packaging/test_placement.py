"""--place: the instance in another memory, hot constants in fast memory, and what a board cannot do."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from codegen.boards import find_board, fit
from codegen.compiler import Compiled, Options, compile_model
from codegen.errors import GencError
from codegen.placement import find_homes, hot_layers
from codegen.render.writer import write
from codegen.verify import verify_model
from tests.support.tools import need

DIGITS = Path(__file__).parents[2] / "examples" / "digits" / "digits.tflite"
APP = '#include "digits.h"\nDIGITS_INSTANCE_ATTR static digits_t nn;\nint main(void) { return digits_init(&nn); }\n'
ESP_ATTR = """
#include "sdkconfig.h"
#define DRAM_ATTR __attribute__((section(".dram1.1")))
#define EXT_RAM_BSS_ATTR __attribute__((section(".ext_ram.bss.1")))
"""


def compiled(*place: str, board: str = "esp32s3") -> Compiled:
    return compile_model(DIGITS, find_board(board), Options(place=place))


def esp_idf(files: dict[str, str], folder: Path, sdkconfig: str) -> subprocess.CompletedProcess[str]:
    """Compile for this PC what ESP-IDF would compile, with headers that do what its headers do."""
    need("cc")
    write(files, folder / "digits", force=False)
    (folder / "esp_attr.h").write_text(ESP_ATTR)
    (folder / "sdkconfig.h").write_text(sdkconfig)
    app = APP if "_INSTANCE_ATTR" in files["src/digits.h"] else '#include "digits_weights.h"\n'
    (folder / "main.c").write_text(app)
    sources = [folder / "main.c", *sorted((folder / "digits" / "src").glob("*.c"))]
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-DESP_PLATFORM", f"-I{folder}", f"-I{folder / 'digits/src'}"]
    command = ["cc", *flags, "-c", *map(str, sources)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_the_instance_goes_to_psram_or_nowhere(tmp_path: Path) -> None:
    files = compiled("instance=PSRAM").files
    refused = esp_idf(files, tmp_path, "")
    assert refused.returncode != 0
    assert "CONFIG_SPIRAM_ALLOW_BSS_SEG_EXTERNAL_MEMORY" in refused.stderr
    (tmp_path / "sdkconfig.h").write_text("")
    (tmp_path / "again").mkdir()
    done = esp_idf(files, tmp_path / "again", "#define CONFIG_SPIRAM_ALLOW_BSS_SEG_EXTERNAL_MEMORY 1\n")
    assert done.returncode == 0, done.stderr
    again, command = tmp_path / "again", ["objdump", "-h", "main.o"]
    assert ".ext_ram.bss" in subprocess.run(command, capture_output=True, text=True, check=True, cwd=again).stdout
    assert "DIGITS_INSTANCE_ATTR static digits_t nn;" in files["README.md"] + files["examples/print/main.c"]


def test_hot_constants_lie_in_fast_memory(tmp_path: Path) -> None:
    made = compiled("weights=dram:2k")
    library = made.package.models[0]
    fast = [c for c in library.constants if c.fast]
    assert 0 < sum(c.bytes for c in fast) == library.fast_bytes <= 2048
    assert fast != list(library.constants)
    weights = made.files["src/digits_weights.c"]
    for constant in library.constants:
        attribute = "FAST" if constant.fast else "WEIGHTS"
        assert f"DIGITS_{attribute}_ATTR " in next(x for x in weights.split("\n") if f" {constant.name}[" in x)
    done = esp_idf(made.files, tmp_path, "")
    assert done.returncode == 0, done.stderr
    command = ["objdump", "-h", "digits_weights.o"]
    assert ".dram1" in subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    facts = json.loads(made.files["report.json"])
    assert facts["models"][0]["flash"]["fast_bytes"] == library.fast_bytes


def test_the_hottest_come_first() -> None:
    program = compiled().program
    every = hot_layers(program, 1 << 30)
    assert hot_layers(program, 0) == frozenset()
    chosen = hot_layers(program, 1500)
    assert chosen < every
    convolutions = {layer.index for layer in program.layers if layer.op.kind == "conv_2d"}
    dense = {layer.index for layer in program.layers if layer.op.kind == "fully_connected"}
    assert chosen & convolutions
    assert not chosen & dense, "a dense layer reads each weight once"


@pytest.mark.parametrize("place", ["instance=PSRAM", "weights=DRAM"])
def test_placed_libraries_run(tmp_path: Path, place: str) -> None:
    made = compiled(place)
    write(made.files, tmp_path / "digits", force=False)
    assert verify_model(tmp_path / "digits", "digits", made.graph, find_board("host")).passed


def test_nothing_is_said_of_memories_that_nobody_chose() -> None:
    for text in compiled().files.values():
        assert "INSTANCE_ATTR" not in text
        assert "FAST_ATTR" not in text


def test_what_a_board_cannot_do_is_refused() -> None:
    def refused(board: str, *wishes: str) -> str:
        with pytest.raises(GencError) as caught:
            find_homes(wishes, find_board(board))
        return str(caught.value)

    both = refused("esp32", "instance=MOON", "weights=PSRAM:1k")
    assert "no memory of that name" in both
    assert "no attribute" in both
    assert "instance=PSRAM" in both
    assert "cannot be written" in refused("esp32", "instance=flash")
    assert "nothing else" in refused("esp32", "arena=PSRAM")
    assert "number of bytes" in refused("esp32", "weights=DRAM:many")
    assert "no attribute" in refused("stm32h7", "weights=DTCM")
    assert "no memories" in refused("host", "instance=RAM")


def test_fit_asks_the_memory_that_was_chosen() -> None:
    board = find_board("esp32s3")
    dram, psram = (next(m for m in board.memories if m.name == name) for name in ("DRAM", "PSRAM"))
    assert board.memory("ram") is dram
    (problem,) = fit(board, 1_000_000, 0)
    assert "--place instance=PSRAM" in problem.cure
    assert fit(board, 1_000_000, 0, home=psram) == []
    assert "PSRAM" in fit(board, 100_000_000, 0, home=psram)[0].where
    assert fit(board, dram.bytes - 10, 0, fast=dram, fast_bytes=10) == []
    assert "fast weights" in fit(board, dram.bytes, 0, fast=dram, fast_bytes=10)[0].reason
    assert "fast weights" in fit(board, 10, 0, home=psram, fast=dram, fast_bytes=dram.bytes + 1)[0].reason
