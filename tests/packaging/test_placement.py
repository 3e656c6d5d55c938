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


def esp_idf(files: dict[str, str], folder: Path, sdkconfig: str, main: str = "") -> subprocess.CompletedProcess[str]:
    """Compile for this PC what ESP-IDF would compile, with headers that do what its headers do."""
    need("cc")
    write(files, folder / "digits", force=False)
    (folder / "esp_attr.h").write_text(ESP_ATTR)
    (folder / "sdkconfig.h").write_text(sdkconfig)
    app = APP if "_INSTANCE_ATTR" in files["src/digits.h"] else '#include "digits_weights.h"\n'
    (folder / "main.c").write_text(main or app)
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


@pytest.mark.parametrize("place", ["instance=PSRAM", "weights=DRAM", "auto"])
def test_placed_libraries_run(tmp_path: Path, place: str) -> None:
    made = compiled(place)
    write(made.files, tmp_path / "digits", force=False)
    assert verify_model(tmp_path / "digits", "digits", made.graph, find_board("host")).passed


SPLIT = ("slow=PSRAM", "instance=DRAM:600")


@pytest.mark.parametrize("board", ["host", "stm32h7", "esp32c3"])
def test_a_split_library_runs(tmp_path: Path, board: str) -> None:
    """On this PC, where reads beyond a part are faults, and on two emulated cores."""
    made = compiled(*SPLIT)
    library = made.package.models[0]
    assert library.ram_bytes <= 600
    assert library.slow_bytes > 0
    write(made.files, tmp_path / "digits", force=False)
    report = verify_model(tmp_path / "digits", "digits", made.graph, find_board(board))
    assert report.passed, report.text()
    assert report.result.instance_bytes == library.ram_bytes + library.slow_bytes


def test_the_slow_part_goes_to_psram_or_nowhere(tmp_path: Path) -> None:
    made = compiled(*SPLIT)
    app = "DIGITS_SLOW_ATTR static digits_slow_t slow;"
    assert app in made.files["README.md"]
    assert app in made.files["examples/print/main.c"]
    main = made.files["examples/print/main.c"].replace("#ifdef ESP_PLATFORM", "#if 0")
    (tmp_path / "refused").mkdir()
    for folder, sdkconfig in (("refused", ""), ("taken", "#define CONFIG_SPIRAM_ALLOW_BSS_SEG_EXTERNAL_MEMORY 1\n")):
        (tmp_path / folder).mkdir(exist_ok=True)
        done = esp_idf(made.files, tmp_path / folder, sdkconfig, main)
        assert (done.returncode == 0) == (folder == "taken"), done.stderr
        assert folder == "taken" or "slow part would not lie" in done.stderr
    command = ["objdump", "-h", "main.o"]
    sections = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path / "taken").stdout
    assert ".ext_ram.bss" in sections


def test_the_self_test_of_a_split_library_passes(tmp_path: Path) -> None:
    need("cc")
    files = compiled(*SPLIT).files
    write(files, tmp_path / "digits", force=False)
    sources = [*(tmp_path / "digits/src").glob("*.c"), tmp_path / "digits/examples/print/main.c"]
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{tmp_path / 'digits/src'}"]
    program = str(tmp_path / "print")
    subprocess.run(["cc", *flags, *map(str, sources), "-lm", "-o", program], check=True)
    assert "self-test passed" in subprocess.run([program], capture_output=True, text=True, check=True).stdout


def test_auto_takes_the_fastest_memory_first() -> None:
    homes = find_homes(["auto"], find_board("esp32s3"))
    assert homes.instance is not None
    assert homes.slow is not None
    assert homes.weights is homes.instance
    assert (homes.instance.name, homes.slow.name) == ("DRAM", "PSRAM")
    assert homes.fast_bytes == homes.instance.bytes
    assert homes.weights_room(1000) == homes.instance.bytes - 1000
    h7 = find_homes(["auto"], find_board("stm32h7"))
    assert [m.name for m in (h7.instance, h7.slow) if m] == ["DTCM", "AXI SRAM"]
    assert h7.weights is None
    assert find_homes(["slow=PSRAM", "weights=DRAM:32k"], find_board("esp32s3")).fast_bytes == (
        homes.instance.bytes - 32 * 1024
    )


def test_the_report_names_both_memories() -> None:
    made = compiled(*SPLIT)
    ram = json.loads(made.files["report.json"])["models"][0]["ram"]
    assert ram["slow_memory"] == "PSRAM"
    assert ram["slow_bytes"] == made.program.slow_bytes
    assert "in PSRAM" in made.files["report.html"]
    assert "in PSRAM" in "\n".join(made.summary.lines())


def test_nothing_is_said_of_memories_that_nobody_chose() -> None:
    for text in compiled().files.values():
        assert "INSTANCE_ATTR" not in text
        assert "FAST_ATTR" not in text
        assert "digits_slow" not in text


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
    assert "nothing else" in refused("host", "auto")
    assert "add --place slow=MEMORY" in refused("esp32", "instance=DRAM:4k")
    assert "another, faster memory" in refused("esp32c3", "slow=DRAM")
    assert "another, faster memory" in refused("esp32", "slow=DRAM", "instance=DRAM")
    assert "cannot be written" in refused("esp32", "slow=flash")


def test_fit_asks_the_memory_that_was_chosen() -> None:
    board = find_board("esp32s3")
    dram, psram = (next(m for m in board.memories if m.name == name) for name in ("DRAM", "PSRAM"))
    assert board.memory("ram") is dram
    (problem,) = fit(board, 1_000_000, 0)
    assert "--place instance=PSRAM" in problem.cure
    assert "--place slow=PSRAM" in problem.cure
    assert fit(board, 10, 0, slow=psram, slow_bytes=psram.bytes) == []
    assert "slow part" in fit(board, 10, 0, slow=psram, slow_bytes=psram.bytes + 1)[0].reason
    assert fit(board, 1_000_000, 0, home=psram) == []
    assert "PSRAM" in fit(board, 100_000_000, 0, home=psram)[0].where
    assert fit(board, dram.bytes - 10, 0, fast=dram, fast_bytes=10) == []
    assert "fast weights" in fit(board, dram.bytes, 0, fast=dram, fast_bytes=10)[0].reason
    assert "fast weights" in fit(board, 10, 0, home=psram, fast=dram, fast_bytes=dram.bytes + 1)[0].reason
