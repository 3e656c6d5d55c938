"""Measures models on every emulated core, writes docs/benchmarks.md and docs/estimates.md: `make bench`.

Every number comes from a run whose outputs were compared with golden data; a difference ends the bench.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.render.writer import write
from codegen.verify.bench import Bench, bench_model
from codegen.verify.targets import TARGETS, Target
from tests.support.models import MISSING, model_folder

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
ESTIMATES = ROOT / "docs" / "estimates.md"
MODELS = {
    "mlperf_vww_int8": "visual wake words, MobileNetV1 0.25, 96x96x3",
    "mlperf_resnet8_int8": "image classification, ResNet-8, 32x32x3",
    "mlperf_kws_int8": "keyword spotting, DS-CNN, 49x10",
    "mlperf_ad01_int8": "anomaly detection, autoencoder, 640",
}
BOARDS = ["stm32g0", "stm32f4", "stm32f7", "stm32u5", "stm32n6", "esp32c3", "esp32p4", "k210", "esp32"]
BACKENDS = {"k210": "portable"}
"""Others than the board's own: the KPU has no emulator that counts."""

ESTIMATED = [
    *MODELS,
    "mlperf_streaming_ww_int8",
    "tflm_hello_world_int8",
    "tflm_micro_speech_int8",
    "tflm_mnist_lstm_int8",
    "tflm_person_detect_int8",
    "tinymaix_cifar10_int8",
    "mlperf_ad01_f32",
    "tinymaix_mnist_resnet_f32",
]
"""Models whose estimates are compared."""

ESTIMATED_BOARDS = ["stm32g0", "stm32f4", "stm32n6", "esp32c3", "k210", "esp32"]
"""One for each core that has costs of its own."""

ESTIMATES_TEXT = """\
# Estimates

Written by `make bench` (tools/bench.py).  gen-c chooses kernels, and what runs row by row, by estimated instructions:
a cost model per family of cores, whose constants lie beside the kernels (`codegen/backends/*/`) and were measured layer
by layer.  Here are whole models: what was predicted before anything was built, and what an emulator counted
(docs/benchmarks.md says how).  Float32 on the stand-in of the ESP32 is left out: that core has no FPU, the ESP32 has.
"""

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


@cache
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


def is_meaningful(model: str, board: str) -> bool:
    """False for float32 on a core without the FPU that its board has."""
    return board != "esp32" or not model.endswith("_f32")


def estimates() -> Iterator[str]:
    """The lines of docs/estimates.md."""
    yield ESTIMATES_TEXT
    for board in ESTIMATED_BOARDS:
        yield f"## {board}, {find_board(board).core.name}\n"
        yield "| model | predicted | counted | off by |"
        yield "|---|---:|---:|---:|"
        for model in ESTIMATED:
            if is_meaningful(model, board):
                bench = measure(model, board)
                line = f"| {model} | {bench.estimate:,} | {bench.instructions:,} | {100 * bench.estimate_off:+.1f} % |"
                print(board, line, flush=True)  # noqa: T201 - progress
                yield line
        yield ""


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
    ESTIMATES.write_text("\n".join(estimates()).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
