"""Measures the MLPerf Tiny models on every emulated core and writes docs/benchmarks.md: `make bench`.

Every number comes from a run whose outputs were compared with golden data; a difference ends the bench.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.render.writer import write
from codegen.verify.bench import Bench, bench_model
from codegen.verify.targets import TARGETS, Target
from tests.support.models import MISSING, model_folder

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
MODELS = {
    "mlperf_vww_int8": "visual wake words, MobileNetV1 0.25, 96x96x3",
    "mlperf_resnet8_int8": "image classification, ResNet-8, 32x32x3",
    "mlperf_kws_int8": "keyword spotting, DS-CNN, 49x10",
    "mlperf_ad01_int8": "anomaly detection, autoencoder, 640",
}
BOARDS = ["stm32g0", "stm32f4", "stm32f7", "stm32u5", "stm32n6", "esp32c3", "esp32p4", "k210", "esp32"]
BACKENDS = {"k210": "portable"}
"""Others than the board's own: the KPU has no emulator that counts."""

PAGE_TEXT = """\
# Benchmarks

Written by `make bench` (tools/bench.py) from the four int8 reference models of MLPerf Tiny.  Every run was compared
with golden data and was equal in every byte.

## What the numbers are

- **Instructions** of one `NAME_run()`, the most of all golden inputs, counted by QEMU (`-icount`), exact to two.
- **Per multiply**: instructions divided by the multiply-accumulates of the model as imported.
- **RAM**: `sizeof(NAME_t)`: the arena with all scratch.  **Stack**: the deepest reach of `NAME_run()`, with up to 100
  bytes of the harness.
- **Flash**: `weights` is NAME_weights.c, `code` everything else of the library (code, layer parameters, constants),
  without NAME_info.c and NAME_selftest.c, which a linker drops when they are not used, and without libc and libgcc.
- Compilers: {compilers}; flags `{optimize}` and those of the table below.  Emulators: {emulator}.

## What they are not

- Not cycles and not milliseconds.  An instruction takes one cycle or several, flash has wait states and caches, and
  these can double a time.  Compare kernels within one row, not cores with each other.
- **esp32** is the Xtensa lx106 of the ESP8266, the only Xtensa core that Debian's compilers and QEMU share.  The
  ESP32's LX6 has zero-overhead loops, sign extension, a high multiply (made from 16-bit pieces here) and an FPU, so
  its counts will be lower.  ESP32-S3 has no stand-in.
- **stm32g0** is v6-M code on an emulated Cortex-M3, which counts the same instructions as a Cortex-M0+.
- **esp32p4** and **k210** are their base instruction sets: no P4 SIMD, no KPU.
- `gen-c bench` without cross GCC and QEMU takes Zig's clang and Unicorn (`pip install 'gen-c[sim]'`): exact counts too,
  but of another compiler's code.  Compare them with each other only.
- **stm32n6** runs the Helium kernels; what they leave to the portable ones GCC 12 does not vectorise.
"""


def measure(model: str, board_name: str) -> Bench:
    """Generate, build, run, compare and measure."""
    board = find_board(board_name)
    folder = model_folder(model)
    compiled = compile_model(
        folder / "model.tflite", board, Options(name="net", force=True, backend=BACKENDS.get(board_name))
    )
    with tempfile.TemporaryDirectory(prefix="genc-bench-") as directory:
        package = Path(directory) / "net"
        write(compiled.files, package, force=False)
        return bench_model(package, "net", compiled.graph, compiled.program, board, io=folder / "io.npz")


def row(bench: Bench) -> str:
    """One line of a table."""
    cells = [bench.board.name, bench.target.partition(",")[0], f"{bench.instructions:,}", f"{bench.per_multiply:.2f}"]
    numbers = (bench.ram_bytes, bench.stack_bytes, bench.flash.weights, bench.flash.rest)
    return f"| {' | '.join([*cells, *(f'{number:,}' for number in numbers)])} |"


def version(command: str) -> str:
    """The first line that a tool prints about itself."""
    return subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.partition("\n")[0]


def page() -> Iterator[str]:
    """The lines of docs/benchmarks.md."""
    targets: list[Target] = [TARGETS[find_board(board).emulator or ""] for board in BOARDS]
    yield PAGE_TEXT.format(
        compilers="; ".join(version(gcc) for gcc in dict.fromkeys(target.compiler[0] for target in targets)),
        optimize=" ".join(targets[0].optimize),
        emulator=re.sub(r" \(.*", "", version("qemu-system-arm")),
    )
    for model, what in MODELS.items():
        yield f"## {model}: {what}\n"
        yield "| board | core | instructions | per multiply | RAM | stack | weights | code |"
        yield "|---|---|---:|---:|---:|---:|---:|---:|"
        for board in BOARDS:
            line = row(measure(model, board))
            print(line, flush=True)  # noqa: T201 - progress
            yield line
        yield ""
    yield "## Flags\n"
    yield "| board | compiler and flags |"
    yield "|---|---|"
    for board, target in zip(BOARDS, targets, strict=True):
        yield f"| {board} | `{target.compiler[0]} {' '.join(f for f in target.flags if not f.startswith('-D'))}` |"


def main() -> None:
    """Write the page, or say what is missing."""
    if MISSING:
        sys.exit(MISSING)
    PAGE.write_text("\n".join(page()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
