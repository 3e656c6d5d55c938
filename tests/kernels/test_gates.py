"""Logistic and tanh of int16 for every argument: computed, from the table, and from the table by DSP lanes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from codegen.backends import load_backends
from codegen.backends.portable.gate_table import gate_table
from codegen.boards import find_board
from codegen.frontends import load_model
from codegen.reference.fixed_point_16 import LONGEST_TANH_BITS, logistic16, tanh16
from codegen.render.literals import c_values
from codegen.schedule import schedule
from codegen.schedule.goal import Goal
from codegen.verify.targets import FIRMWARE, TARGETS, Target
from tests.support.kernel_harness import kernel_files
from tests.support.models import model_folder
from tests.support.tools import need

ARGUMENTS = np.arange(-(2**15), 2**15)
PRIME = 16777619
MAIN = f"""
#include <stdio.h>
#include "genc_gates_s16.h"
#include "genc_gate_table_s16.h"
#include "genc_gates_s16_dsp.h"
#include "table.h"

static union {{ int16_t v[65536]; uint32_t w[32768]; }} a;

static void arguments(void) {{ for (int32_t i = 0; i < 65536; i++) a.v[i] = (int16_t)(i - 32768); }}

static void tell(const char *how, int32_t bits)
{{
    uint32_t hash = 0;
    for (int32_t i = 0; i < 65536; i++) hash = (hash ^ (uint16_t)a.v[i]) * {PRIME}u;
    printf("%s %d %lu\\n", how, (int)bits, (unsigned long)hash);
}}

int main(void)
{{
    int32_t bits;
    arguments(); genc_logistic_s16(a.v, 65536); tell("computed", -1);
    arguments(); genc_logistic_table_s16(table, a.v, 65536); tell("table", -1);
    arguments(); genc_logistic_lanes(table, a.w, a.w + 32768); tell("lanes", -1);
    for (bits = 0; bits <= {LONGEST_TANH_BITS}; bits++) {{
        arguments(); genc_tanh_s16(a.v, a.v, 65536, bits); tell("computed", bits);
        if (bits < 2) continue;
        arguments(); genc_tanh_table_s16(table, a.v, a.v, 65536, bits - 2); tell("table", bits);
        arguments(); genc_tanh_lanes(table, a.w, a.w + 32768, bits - 2); tell("lanes", bits);
    }}
    return 0;
}}
"""


def run(target: Target, folder: Path) -> str:
    """What MAIN prints on a target."""
    (folder / "table.h").write_text(f"static const uint32_t table[] = {{{c_values(gate_table().array)}}};\n")
    (folder / "main.c").write_text(MAIN)
    files = {f for k in ("genc_gates_s16", "genc_gate_table_s16", "genc_gates_s16_dsp") for f in kernel_files(k)}
    sources = [str(f) for f in sorted(files) if f.suffix == ".c"]
    includes = sorted({f"-I{f.parent}" for f in files})
    start = [str(FIRMWARE / source) for source in target.sources]
    options = [*target.flags, *target.optimize, *target.link, f"-I{FIRMWARE}", *includes]
    program = folder / "program"
    command = [
        *target.compiler,
        *options,
        str(folder / "main.c"),
        *sources,
        *start,
        *target.libraries,
        "-o",
        str(program),
    ]
    subprocess.run(command, check=True)
    return subprocess.run([*target.run, str(program)], check=True, capture_output=True, text=True, timeout=60).stdout


def expected() -> dict[int, int]:
    """Hash of all results, by integer bits of tanh; -1: logistic."""
    functions = {-1: logistic16(ARGUMENTS)} | {b: tanh16(ARGUMENTS, b) for b in range(LONGEST_TANH_BITS + 1)}
    hashes = {}
    for bits, results in functions.items():
        value = 0
        for result in (results & 0xFFFF).tolist():
            value = (value ^ result) * PRIME & 0xFFFFFFFF
        hashes[bits] = value
    return hashes


@pytest.mark.parametrize("name", ["host", pytest.param("m4", marks=pytest.mark.emulator)])
def test_every_argument(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    need(*target.tools)
    told = [line.split() for line in run(target, tmp_path).splitlines()]
    assert {how for how, *_ in told} == {"computed", "table", "lanes"}
    assert len(told) == 3 + 7 + 2 * 5
    hashes = expected()
    for how, bits, value in told:
        assert int(value) == hashes[int(bits)], f"{how}, {bits} integer bits"


def test_flash_goes_without_the_table() -> None:
    graph = load_model(model_folder("tflm_mnist_lstm_int8") / "model.tflite")
    board = find_board("stm32f4")
    for goal, has_table in ((Goal(), True), (Goal("flash"), False)):
        program = schedule(graph, load_backends("armv7em"), board.core, goal)
        values = [v for layer in program.layers for placed in layer.calls for _, v in placed.call.params]
        assert any(v is gate_table() for v in values) is has_table
