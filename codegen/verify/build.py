"""Builds a generated library with the harness for a target."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from codegen.errors import GencError, Problem
from codegen.verify.foreign import Foreign, foreign_libraries
from codegen.verify.simulated import SIMULATED
from codegen.verify.targets import FIRMWARE, Target

# What the generated C promises to pass; the harness and the start-up code are GNU C.
STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Werror")
GNU = ("-std=gnu99", "-Wall", "-Wextra", "-Werror")
COMPILE_TIMEOUT_S = 300
LOG_LINES = 20
CPP_FLAGS = ("-D", "-I", "-f")
"""Flags that are of C alone."""


def require_tools(target: Target) -> None:
    """Raises GencError naming what to install when a compiler or an emulator is missing."""
    missing = target.missing()
    if missing:
        cures = [f"on Debian or Ubuntu: apt-get install {' '.join(target.packages)}"]
        cures += ["anywhere: pip install 'gen-c[sim]'"] if target.name in SIMULATED else []
        raise GencError(
            f"cannot build and run for {target.title}",
            [Problem(tool, "is not installed, or not on PATH") for tool in missing],
            cure="; ".join(cures),
        )


def build(
    package: Path, name: str, target: Target, cases: bytes, directory: Path, *, layers: int = 0, taps: str = ""
) -> Path:
    """Compile and link the library with the harness.

    Args:
        package: folder that gen-c wrote.
        name: prefix of the library.
        target: compiler and machine.
        cases: what the harness is to run, as `encode_cases` makes it.
        directory: an existing folder for objects and program.
        layers: number of layers when each is to be counted apart, which costs a few instructions a layer.
        taps: C of harness_tap(), when the outputs of all layers are to be printed instead.

    Returns:
        The program.

    Raises:
        GencError: a tool is missing, or the compiler complains; warnings count.
    """
    require_tools(target)
    hooks = _hook_flags(name, tapped=bool(taps)) if layers or taps else ()
    foreign = [made for each in foreign_libraries(package) for made in compile_foreign(each, target, directory)]
    counts = (f"-DHARNESS_LAYERS={layers}",) if layers else ()
    library = compile_library(package, target, directory, hooks)
    (directory / "cases.c").write_text(_cases_source(cases), encoding="ascii")
    model = (
        f'-DHARNESS_HEADER="{name}.h"',
        f"-DHARNESS_INSTANCE={name}_t",
        f"-DHARNESS_SLOW_BYTES={name.upper()}_SLOW_BYTES",
        f"-DHARNESS_MODEL={name}_model",
    )
    sources = [*(FIRMWARE / source for source in ("harness.c", *target.sources)), directory / "cases.c"]
    if taps:
        (directory / "taps.c").write_text(taps, encoding="ascii")
        sources.append(directory / "taps.c")
    flags = (*GNU, *model, *counts, f"-I{package / 'src'}", f"-I{FIRMWARE}")
    firmware = _compile_all(target, sources, flags, directory / "firmware")
    program = directory / "program"
    flags = (*target.flags, *target.optimize, *target.link)
    _compile((*target.compiler, *flags, *map(str, library + firmware + foreign), *target.libraries, "-o", str(program)))
    return program


def _hook_flags(name: str, *, tapped: bool) -> tuple[str, ...]:
    """Flags that make every layer of a library call the harness."""
    upper = name.upper()
    if tapped:
        tap = f"-D{upper}_LAYER_END(nn,layer)=harness_tap(nn,layer)"
        return ("-include", str(FIRMWARE / "hooks.h"), tap)
    return (
        "-include",
        str(FIRMWARE / "hooks.h"),
        f"-D{upper}_LAYER_BEGIN(nn,layer)=harness_layer_begin(layer)",
        f"-D{upper}_LAYER_END(nn,layer)=harness_layer_end(layer)",
    )


def compile_library(package: Path, target: Target, directory: Path, flags: Sequence[str] = ()) -> list[Path]:
    """Compile all of `src/*.c`, with every warning an error.  Objects have the name of their source."""
    sources = sorted((package / "src").glob("*.c"))
    if not sources:
        raise GencError("nothing to build", [Problem(str(package / "src"), "holds no C file")])
    foreign = [flag for each in foreign_libraries(package) for flag in each.flags]
    return _compile_all(target, sources, (*STRICT, *foreign, *flags), directory / "library")


def compile_foreign(library: Foreign, target: Target, directory: Path) -> list[Path]:
    """Compile somebody else's library; its warnings are not ours, and it may shift numbers below zero to the left."""
    flags = ("-std=gnu99", "-w", "-fno-sanitize=undefined", *library.flags)
    return _compile_all(target, library.sources, flags, directory / library.dependency.target)


def _compile_all(target: Target, sources: Sequence[Path], flags: Sequence[str], directory: Path) -> list[Path]:
    """The objects, one for each source, made on all processors."""
    directory.mkdir()
    objects = [directory / f"{source.stem}.o" for source in sources]
    flags = (*target.flags, *target.optimize, *flags)
    commands = [_command(target, source, made, flags) for source, made in zip(sources, objects, strict=True)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_compile, commands))
    return objects


def _command(target: Target, source: Path, made: Path, flags: Sequence[str]) -> tuple[str, ...]:
    """Makes an object of a source; the one in Zig is of the route that has Zig's compiler."""
    if source.suffix == ".zig":
        machine = (flag for flag in target.flags if not flag.startswith(CPP_FLAGS))
        return (*target.compiler[:-1], "build-obj", *machine, "-OReleaseFast", str(source), f"-femit-bin={made}")
    return (*target.compiler, *flags, "-c", str(source), "-o", str(made))


def _compile(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMPILE_TIMEOUT_S,
            check=False,
            cwd=FIRMWARE,  # linker scripts include one another
        )
    except subprocess.TimeoutExpired as error:
        raise GencError(f"{command[0]} did not finish within {COMPILE_TIMEOUT_S} s", []) from error
    if done.returncode:
        log = "\n  ".join(done.stderr.splitlines()[:LOG_LINES])
        raise GencError(f"the generated C does not build\n  {' '.join(command)}\n  {log}", [])


def _cases_source(data: bytes) -> str:
    """The cases as a string literal: compiles everywhere, and ten times faster than a list of numbers."""
    octal = [f"\\{value:03o}" for value in range(256)]
    lines = [data[i : i + 24] for i in range(0, len(data), 24)]
    text = "\n".join('    "' + "".join(octal[value] for value in line) + '"' for line in lines)
    return (
        f"extern const unsigned char harness_cases[];\n"
        f"const unsigned char harness_cases[] __attribute__((aligned(16))) =\n{text};\n"
    )
