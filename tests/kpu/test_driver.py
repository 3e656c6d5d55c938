"""The driver of the chip: Kendryte's SDK would compile it, without a warning, and it is small."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.render.writer import write
from tests.packaging.test_builds import KENDRYTE_FLAGS
from tests.support.models import MISSING, model_folder
from tests.support.tools import need

SYSCTL = """
typedef enum { SYSCTL_CLOCK_AI } sysctl_clock_t;
typedef enum { SYSCTL_PLL1 } sysctl_pll_t;
int sysctl_clock_enable(sysctl_clock_t clock);
unsigned sysctl_pll_set_freq(sysctl_pll_t pll, unsigned frequency_hz);
"""
"""All that driver and example take from the SDK."""

TEXT_BYTES = 3_000
DRIVING = ("chip", "conv", "upload", "place", "download")


def compiled(source: Path, include: Path, *flags: str) -> dict[str, int]:
    """Bytes of the sections of an object."""
    target = source.with_suffix(".o")
    tool = "riscv64-unknown-elf-"
    command = [f"{tool}gcc", "--specs=picolibc.specs", *KENDRYTE_FLAGS, *flags, "-I", str(include), "-c", str(source)]
    subprocess.run([*command, "-o", str(target)], check=True)
    listing = subprocess.run([f"{tool}size", "-A", str(target)], check=True, capture_output=True, text=True).stdout
    return {name: int(size) for name, size in re.findall(r"^(\.\S+) +(\d+)", listing, re.MULTILINE)}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VWW's sources beside a folder `sdk` with a header of the SDK."""
    if MISSING:
        pytest.skip(MISSING)
    need("riscv64-unknown-elf-gcc")
    folder = tmp_path_factory.mktemp("driver")
    (folder / "sdk").mkdir()
    (folder / "sdk" / "sysctl.h").write_text(SYSCTL)
    model = model_folder("mlperf_vww_int8") / "model.tflite"
    made = compile_model(model, find_board("k210"), Options(name="vww", force=True))
    write(made.files, folder / "vww", force=False)
    return folder


def text_bytes(sections: dict[str, int]) -> int:
    return bytes_of(sections, ".text")


def bytes_of(sections: dict[str, int], *kinds: str) -> int:
    return sum(size for name, size in sections.items() if name.startswith(kinds))


def test_what_drives_the_kpu_is_small(library: Path) -> None:
    sources = [library / "vww" / "src" / f"vww_kpu_{part}.c" for part in DRIVING]
    sizes = [text_bytes(compiled(source, library / "sdk")) for source in (*sources, library / "vww" / "src" / "vww.c")]
    assert min(sizes) > 0
    assert sum(sizes) <= TEXT_BYTES


def test_no_simulator_is_in_a_build_for_the_chip(library: Path) -> None:
    host = library / "vww" / "src" / "vww_kpu_host.c"
    assert bytes_of(compiled(host, library / "sdk"), ".text", ".data", ".bss", ".rodata") == 0
    assert bytes_of(compiled(host, library / "sdk", "-DKPU_SIMULATED"), ".data", ".bss") == 1 << 21


def test_clean_tables_are_not_copied(library: Path) -> None:
    chip = library / "vww" / "src" / "vww_kpu_chip.c"
    with_copies = text_bytes(compiled(chip, library / "sdk"))
    assert text_bytes(compiled(chip, library / "sdk", "-DVWW_KPU_TABLES_CLEAN")) < with_copies


def test_hashes_are_printed_for_each_layer(library: Path) -> None:
    """On this PC, twice the same; and the example builds with the SDK's flags."""
    need("cmake", "cc")
    build = library / "build"
    subprocess.run(["cmake", "-S", library / "vww", "-B", build], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", build, "--target", "vww_hashes"], check=True, capture_output=True)
    printed = subprocess.run([build / "vww_hashes"], check=True, capture_output=True, text=True).stdout
    hashes = re.findall(r"^layer +\d+  ([0-9a-f]{8})$", printed, re.MULTILINE)
    assert len(hashes) == 27
    assert len(set(hashes)) == 27
    assert "self-test passed, 0 bytes differ" in printed
    example = library / "vww" / "examples" / "hashes" / "main.c"
    assert text_bytes(compiled(example, library / "sdk", "-I", str(library / "vww" / "src"))) > 0
