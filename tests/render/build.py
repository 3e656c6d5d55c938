"""Compiles generated libraries and runs programs with them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Wundef",
    "-Wcast-align",
    "-Wcast-qual",
    "-Wmissing-declarations",
    "-Werror",
]
C_ONLY = ["-Wmissing-prototypes", "-Wstrict-prototypes", "-Wold-style-definition", "-Wdeclaration-after-statement"]
LANGUAGES = {
    "gcc-c99": ["gcc", "-std=c99", *C_ONLY[:3]],
    "clang-c99": ["clang", "-std=c99", *C_ONLY[:3]],
    "gcc-c17": ["gcc", "-std=c17", *C_ONLY[:3]],
    "gcc-c++17": ["g++", "-x", "c++", "-std=c++17"],
    "clang-c++17": ["clang++", "-x", "c++", "-std=c++17"],
}
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O1"]


def save(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the files of src/ flat into `folder`; the .c files among them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        if path.startswith("src/"):
            (folder / path.removeprefix("src/")).write_text(text, "utf-8")
    return sorted(folder.glob("*.c"))


def run(command: list[object], **more: object) -> str:
    """The output of a command that must succeed."""
    tool = str(command[0])
    if not tool.startswith("/") and shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload]
    assert result.returncode == 0, result.stdout + result.stderr
    return str(result.stdout)


def objects(sources: list[Path], command: list[str]) -> list[Path]:
    """Compile each source, warnings being errors."""
    out = [source.with_suffix(".o") for source in sources]
    run([*command, *WARNINGS, "-O2", "-c", *sources], cwd=sources[0].parent)
    return out


def execute(folder: Path, main: str, *flags: str) -> str:
    """Build every .c of `folder` with the given main program, run it under the sanitizers; what it prints."""
    (folder / "main_program.c").write_text(main)
    program = folder / "program"
    run(["gcc", "-std=c99", *WARNINGS, *SANITIZE, *flags, "-o", program, *sorted(folder.glob("*.c")), "-lm"])
    return run([program])
