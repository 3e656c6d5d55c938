"""Lifetimes, proved by the generated C itself: after its last use every byte of an instance becomes garbage.

The layer hooks of the library call back after each layer, and after each row of a layer that runs row by row.  What no
later turn reads, by the declarations of the kernels, is overwritten there; the self-test must not notice.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.ir import Array
from codegen.reference import evaluate
from codegen.render.writer import write
from codegen.schedule import Goal
from codegen.schedule.program import PlacedCall, Program
from tests.support.arena_machine import Machine, addresses
from tests.support.models import model_folder
from tests.support.tools import need

DIGITS = Path(__file__).parents[2] / "examples" / "digits" / "digits.tflite"
REAL = ["mlperf_kws_int8", "mlperf_resnet8_int8", "tinymaix_mnist_valid_f32", "mww_okay_nabu_v2_int8"]
GOALS = {"speed": Goal("speed"), "default": Goal(), "ram": Goal("ram")}

MAIN = """
#include <stdio.h>
#include <string.h>
#include "net_selftest.h"
#include "poison.h"

static net_t nn;
static unsigned turn;
unsigned long poisoned;

void poison(unsigned char *arena)
{
    for (unsigned i = turns[turn]; i < turns[turn + 1]; i++) {
        memset(arena + spans[i][0], 0x5A + (int)turn, spans[i][1]);
        poisoned += spans[i][1];
    }
    turn++;
}

int main(void)
{
    int different = net_selftest(&nn);
    printf("%d %u %lu\\n", different, turn, poisoned);
    return different;
}
"""
HOOKS = """
void poison(unsigned char *arena);
#define NET_LAYER_BEGIN(nn, layer) ((void)0)
#define NET_LAYER_END(nn, layer) poison((nn)->arena_)
"""


@dataclass
class Turn:
    """What a layer, or a row of one, reads and writes: True for each such byte of the arena."""

    reads: Array
    writes: Array


def turns_of(program: Program) -> Iterator[Turn]:
    machine = Machine(program, evaluate)
    for segment in program.runs:
        calls = list(machine.turns(segment) if segment.stages else machine.whole(segment))
        groups: list[tuple[int, list[PlacedCall]]] = []
        for layer, placed in calls:
            if groups and groups[-1][0] == layer and placed.call is not groups[-1][1][0].call:
                groups[-1][1].append(placed)
            else:
                groups.append((layer, [placed]))
        yield from (_turn(program, group) for _, group in groups)


def _turn(program: Program, calls: list[PlacedCall]) -> Turn:
    reads, writes = (np.zeros(program.arena_bytes + program.state_bytes, bool) for _ in range(2))
    for placed in calls:
        call, begin, end = placed.call, placed.row_begin, placed.row_end
        rings = list(zip((*placed.inputs, *placed.outputs), placed.rows_held, placed.rows_ahead, strict=True))
        for operand, ring in zip(call.inputs, rings, strict=False):
            for row in range(begin, end):
                first = operand.first_in_call(row, begin) * operand.row_bytes
                reads[addresses(operand, *ring)[first : (operand.last[row] + 1) * operand.row_bytes]] = True
        for operand, ring in zip(call.outputs, rings[len(call.inputs) :], strict=True):
            rows = (begin, end) if operand.rows == call.out_rows else (0, operand.rows)
            writes[addresses(operand, *ring)[rows[0] * operand.row_bytes : rows[1] * operand.row_bytes]] = True
        if placed.scratch is not None:
            scratch = slice(placed.scratch, placed.scratch + call.scratch_bytes)
            writes[scratch] = True
        if placed.kept is not None:
            kept = slice(placed.kept, placed.kept + call.kept_bytes)
            writes[kept] = True
            reads[kept] |= begin > 0
    return Turn(reads, writes)


def dead_after(program: Program) -> list[list[tuple[int, int]]]:
    """For each turn, the spans of the arena that it touches and no later one reads before it is written."""
    turns = list(turns_of(program))
    wanted = np.zeros(program.arena_bytes + program.state_bytes, bool)
    wanted[program.arena_bytes :] = True
    for tensor in program.graph.outputs:
        wanted[program.offsets[tensor] : program.offsets[tensor] + tensor.bytes] = True
    spans: list[list[tuple[int, int]]] = []
    for turn in reversed(turns):
        dead = (turn.reads | turn.writes) & ~wanted
        dead[program.arena_bytes :] = False
        edges = np.flatnonzero(np.diff(np.concatenate([[0], dead.astype(np.int8), [0]])))
        spans.append([(int(a), int(b - a)) for a, b in edges.reshape(-1, 2)])
        wanted[turn.writes] = False
        wanted |= turn.reads
        wanted[program.arena_bytes :] = True
    return spans[::-1]


def check(path: Path, goal: Goal, board: str, folder: Path) -> None:
    compiled = compile_model(path, find_board(board), Options(name="net", backend="portable", goal=goal, force=True))
    write(compiled.files, folder / "net", force=False)
    dead = dead_after(compiled.program)
    starts = np.cumsum([0, *map(len, dead)])
    table = ", ".join(f"{{{a}, {b}}}" for spans in dead for a, b in spans) or "{0, 0}"
    turns_text = f"static const unsigned turns[] = {{{', '.join(map(str, starts))}}};\n"
    (folder / "poison.h").write_text(f"{turns_text}static const unsigned spans[][2] = {{{table}}};\n")
    (folder / "main.c").write_text(MAIN)
    (folder / "hooks.h").write_text(HOOKS)
    sources = [folder / "main.c", *sorted((folder / "net/src").glob("*.c"))]
    flags = ["-std=gnu99", "-O1", f"-I{folder}", f"-I{folder / 'net/src'}", "-include", str(folder / "hooks.h")]
    subprocess.run(["cc", *flags, *map(str, sources), "-lm", "-o", str(folder / "run")], check=True)
    done = subprocess.run([str(folder / "run")], capture_output=True, text=True, check=False)
    different, turns, poisoned = map(int, done.stdout.split())
    assert different == 0
    assert turns == len(dead)
    assert poisoned == sum(size for spans in dead for _, size in spans) > 0


@pytest.mark.parametrize("goal", GOALS)
def test_a_small_network_on_poisoned_memory(goal: str, tmp_path: Path) -> None:
    need("cc")
    check(DIGITS, GOALS[goal], "host", tmp_path)


@pytest.mark.models
@pytest.mark.parametrize("goal", ["speed", "ram"])
@pytest.mark.parametrize("name", REAL)
def test_real_networks_on_poisoned_memory(name: str, goal: str, tmp_path: Path) -> None:
    need("cc")
    check(model_folder(name) / "model.tflite", GOALS[goal], "host", tmp_path)
