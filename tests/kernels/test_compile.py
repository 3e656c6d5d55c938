"""Every kernel in C under every compiler, and what docs/kernels.md promises of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from codegen.resources import resource_dir
from tests.support.tools import need

FOLDERS = [resource_dir("runtime_c") / name for name in ("portable", "armv7em", "mve")]
SOURCES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.c"))]
HEADERS = [path for folder in FOLDERS for path in sorted(folder.rglob("*.h"))]
INCLUDES = [f"-I{folder}" for folder in sorted({path.parent for path in HEADERS})]
STRICT = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]
STACK_BYTES = 300

RISCV = ["riscv64-unknown-elf-gcc", "--specs=picolibc.specs", "-mcmodel=medany"]
COMPILERS = {
    "gcc": ["gcc"],
    "gcc-Os": ["gcc", "-Os"],
    "clang": ["clang"],
    "cortex-m0plus": ["arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb"],
    "cortex-m4": ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"],
    "cortex-m7": ["arm-none-eabi-gcc", "-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-d16", "-mfloat-abi=hard"],
    "cortex-m4-O0": ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-O0"],
    "cortex-m33": ["arm-none-eabi-gcc", "-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=soft"],
    "cortex-m55": ["arm-none-eabi-gcc", "-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"],
    "rv32imc": [*RISCV, "-march=rv32imc", "-mabi=ilp32"],
    "rv64gc": [*RISCV, "-march=rv64gc", "-mabi=lp64d"],
    "lx106": ["xtensa-lx106-elf-gcc", "-mlongcalls"],
}


def build(tool: list[str], where: Path, files: list[Path]) -> None:
    """Compile, but do not link, into `where`."""
    need(tool[0])
    done = subprocess.run(
        [*tool, *INCLUDES, "-c", *map(str, files)], cwd=where, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("compiler", COMPILERS)
def test_c99_without_a_warning(compiler: str, tmp_path: Path) -> None:
    tool, *flags = COMPILERS[compiler]
    build([tool, *STRICT, "-std=c99", *flags], tmp_path, SOURCES)


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_cpp17_without_a_warning(compiler: str, tmp_path: Path) -> None:
    build([compiler, *STRICT, "-std=c++17", "-x", "c++"], tmp_path, SOURCES)


@pytest.mark.parametrize("language", [["-std=c99"], ["-std=c++17", "-x", "c++"]], ids=["c99", "cpp17"])
def test_every_header_stands_alone(language: list[str], tmp_path: Path) -> None:
    for header in HEADERS:
        (tmp_path / f"{header.stem}.c").write_text(f'#include "{header.name}"\n#include "{header.name}"\n')
    build(["gcc", *language], tmp_path, sorted(tmp_path.glob("*.c")))


def test_no_static_data_and_no_foreign_symbol(tmp_path: Path) -> None:
    build(["arm-none-eabi-gcc", "-O2", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft"], tmp_path, SOURCES)
    objects = sorted(tmp_path.glob("*.o"))
    for path in objects:
        listing = subprocess.run(["arm-none-eabi-nm", path], capture_output=True, text=True, check=True).stdout
        for kind, name in re.findall(r"^(?:[0-9a-f]{8})? +(\w) (\S+)$", listing, re.MULTILINE):
            known = (
                name.startswith("genc_") if kind == "T" else re.match(r"genc_|mem(cpy|move|set)$|sqrtf$|__aeabi_", name)
            )
            assert kind in "TtUr", f"{path.name}: {name} is data"
            assert kind in "tr" or known, f"{path.name}: {name}"
    assert objects


def test_little_stack(tmp_path: Path) -> None:
    build(["arm-none-eabi-gcc", "-O2", "-mcpu=cortex-m4", "-mthumb", "-fstack-usage"], tmp_path, SOURCES)
    lines = [line for path in tmp_path.glob("*.su") for line in path.read_text().splitlines()]
    frames = {line.split("\t")[0]: line.split("\t")[1:] for line in lines}
    assert frames
    assert not {place: frame for place, frame in frames.items() if int(frame[0]) > STACK_BYTES or frame[1] == "dynamic"}


def test_the_optimisation_pragma_comes_first(tmp_path: Path) -> None:
    """Every file must begin with the contract's header, or GCC will not inline across it."""
    for path in SOURCES:
        source = tmp_path / path.name
        done = subprocess.run(
            ["gcc", "-H", "-fsyntax-only", *INCLUDES, path], capture_output=True, text=True, check=True
        )
        names = [Path(line.split()[-1]).name for line in done.stderr.splitlines() if line.startswith(".")]
        ours = [name for name in names if name.startswith("genc_")]
        system = names.index("stddef.h")
        assert names.index("genc_kernel.h") < system, f"{source.name}: includes {names[:system]} before genc_kernel.h"
        assert ours[0] == f"{path.stem}.h", f"{path.name}: its own header comes first"
