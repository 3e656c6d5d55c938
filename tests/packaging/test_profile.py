"""examples/profile on emulated cores: each layer once, in ticks of the core's own counter."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.compiler import Compiled, Options, compile_model
from codegen.render.writer import write
from codegen.verify.build import GNU
from codegen.verify.targets import FIRMWARE, TARGETS
from tests.packaging.conftest import DIGITS
from tests.support.tools import need

# board, target, what is counted, whether QEMU counts it
CORES = [
    ("stm32f4", "m4", "cycles (DWT)", False),
    ("stm32g0", "m0p", "cycles (SysTick, 24 bit: a layer must stay under 16.7 million)", True),
    ("esp32c3", "esp32c3", "cycles (mcycle)", True),
    ("k210", "k210", "cycles (mcycle)", True),
    ("esp32", "lx106", "cycles (CCOUNT)", True),
]


IDF = """
#include <stdint.h>
typedef uint32_t esp_cpu_cycle_count_t;
static inline esp_cpu_cycle_count_t esp_cpu_get_cycle_count(void) { return 0; }
"""
"""What the example needs of ESP-IDF on RISC-V."""


def library(folder: Path, board: str) -> Compiled:
    """The package of the digits, in a folder."""
    backend = "portable" if board == "k210" else None  # the KPU has no emulator
    compiled = compile_model(DIGITS, find_board(board), Options(backend=backend))
    write(compiled.files, folder, force=False)
    return compiled


@pytest.mark.emulator
@pytest.mark.parametrize(("board", "target_name", "ticks", "counts"), CORES, ids=[core[1] for core in CORES])
def test_a_profile_on_the_target(tmp_path: Path, board: str, target_name: str, ticks: str, *, counts: bool) -> None:
    target = TARGETS[target_name]
    need(*target.tools)
    package = tmp_path / "digits"
    compiled = library(package, board)
    sources = [source for source in sorted((package / "src").glob("*.c")) if source.name != "digits.c"]
    sources += [package / "examples/profile/main.c", *(FIRMWARE / name for name in target.sources)]
    flags = (*target.flags, *target.optimize, *GNU, f"-I{package / 'src'}", f"-I{FIRMWARE}")
    program = tmp_path / "program"
    command = [*target.compiler, *flags, *target.link, *map(str, sources), *target.libraries, "-o", str(program)]
    subprocess.run(command, check=True)
    done = subprocess.run([*target.run, str(program)], capture_output=True, text=True, timeout=60, check=True)
    rows = re.findall(r"^ *(\d+) +(\d+)  (\w+) ", done.stdout + done.stderr, re.MULTILINE)
    layers = compiled.program.layers
    assert [(int(number), kind) for number, _, kind in rows] == [(layer.index, layer.op.kind) for layer in layers]
    total = re.search(rf"^ +(\d+)  {re.escape(ticks)}", done.stdout + done.stderr, re.MULTILINE)
    assert total
    assert int(total[1]) == sum(int(count) for _, count, _ in rows)
    if counts:
        assert all(int(count) > 0 for layer, (_, count, _) in zip(layers, rows, strict=True) if layer.calls)


def test_a_profile_in_esp_idf(tmp_path: Path) -> None:
    """mcycle is not there on all of these chips; ESP-IDF knows what is."""
    target = TARGETS["esp32c3"]
    need(target.compiler[0])
    package = tmp_path / "digits"
    library(package, "esp32c3")
    (tmp_path / "esp_cpu.h").write_text(IDF)
    flags = (*target.flags, *GNU, "-DESP_PLATFORM", f"-I{package / 'src'}", f"-I{tmp_path}", "-c")
    made = tmp_path / "main.o"
    subprocess.run([*target.compiler, *flags, str(package / "examples/profile/main.c"), "-o", str(made)], check=True)
    assert b"app_main" in made.read_bytes()
