"""Runs a generated library on cases and reads what the harness says (firmware/harness.c has the format)."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from codegen.boards import Board
from codegen.errors import GencError, Problem
from codegen.ir import Array
from codegen.verify.build import build
from codegen.verify.golden import Case
from codegen.verify.simulated import SIMULATED
from codegen.verify.targets import TARGETS, Target

RUN_TIMEOUT_S = 120.0
LOG_LINES = 30
DATA_WORDS = 5
# The values of genc_dtype, in order.
DTYPES = ("int8", "uint8", "int16", "int32", "int64", "float32", "bool")
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


@dataclass
class Result:
    """What a run gave.

    Attributes:
        target: where it ran.
        outputs: arrays of instance A by (case, step); some are missing when the program died.
        faults: what must not happen and did: guard zones written, crashes, errors, instances that differ.
        instructions: of each run of instance A; empty on a PC.
        layers: instructions of each layer in the first run, when asked for.
        taps: what layers of instance A held, by (case, step), when asked for: layer, output, memory, in order.
        stack_bytes: the deepest of them, with up to 100 bytes of the harness; None on a PC.
        instance_bytes: all the RAM of one instance.
        log: everything the program printed.
    """

    target: Target
    outputs: dict[tuple[int, int], list[Array]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    instructions: list[int] = field(default_factory=list)
    layers: list[int] = field(default_factory=list)
    taps: dict[tuple[int, int], list[tuple[int, int, bytes]]] = field(default_factory=dict)
    stack_bytes: int | None = None
    instance_bytes: int = 0
    log: str = ""


class _Type(NamedTuple):
    """Of an output, as the descriptor says."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def target_of(board: Board) -> Target:
    """What stands for a board: an emulator, or this PC for a board without one.

    Of the two routes to an emulator the first that is installed: cross GCC and QEMU, or Python packages alone.
    """
    name = board.emulator or "host"
    if name not in TARGETS:
        raise GencError(
            f"cannot run for {board.name}",
            [Problem(f"board {board.name}", f"its emulator {name!r} is unknown", f"known: {', '.join(TARGETS)}")],
        )
    routes = [route[name] for route in (TARGETS, SIMULATED) if name in route]
    return next((target for target in routes if not target.missing()), routes[0])


def run_package(
    package: Path,
    name: str,
    board: Board,
    cases: Sequence[Case],
    *,
    timeout_s: float = RUN_TIMEOUT_S,
    layers: int = 0,
    taps: str = "",
) -> Result:
    """Build the library in `package` for a board's stand-in and run all cases in one program.

    Args:
        package: folder that gen-c wrote.
        name: prefix of the library.
        board: chooses the target.
        cases: at least one; their expected outputs are not looked at.
        timeout_s: of the run, not of the build.
        layers: number of layers when each is to be counted apart.
        taps: C that prints the outputs of a layer (codegen.verify.taps).

    Raises:
        GencError: a tool is missing or the C does not build.  What goes wrong in the run is in Result.faults.
    """
    target = target_of(board)
    with tempfile.TemporaryDirectory(prefix="genc-verify-") as folder:
        program = build(package, name, target, encode_cases(cases), Path(folder), layers=layers, taps=taps)
        return read_log(target, *_execute(target, program, timeout_s))


def encode_cases(cases: Sequence[Case]) -> bytes:
    """The bytes of harness_cases."""
    parts = [struct.pack("<I", len(cases))]
    for case in cases:
        parts.append(struct.pack("<I", len(case.steps)))
        parts += [array.astype(array.dtype.newbyteorder("<")).tobytes() for step in case.steps for array in step.inputs]
    return b"".join(parts)


def _execute(target: Target, program: Path, timeout_s: float) -> tuple[str, list[str]]:
    """What the program printed on both streams, and what is wrong with the way it ended."""
    command = [*target.run, str(program)]
    try:
        # RISC-V semihosting prints on QEMU's stderr.
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            env=os.environ | SANITIZER_OPTIONS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").decode("utf-8", "replace"), [f"no end within {timeout_s:g} s"]
    log = done.stdout.decode("utf-8", "replace")
    if done.returncode == 0 and log.rstrip().endswith("done"):
        return log, []
    return log, [f"the program ended with status {done.returncode}: {_last_words(log)}"]


def _last_words(log: str) -> str:
    """What is worth reading of a crash: everything but the results."""
    lines = [line for line in log.splitlines() if line and not re.match(r"(data|run|layer|tap|output|instance) ", line)]
    return "\n".join(lines[:LOG_LINES]) or "it printed nothing"


def read_log(target: Target, log: str, faults: Sequence[str] = ()) -> Result:
    """The result that a harness's output tells."""
    result = Result(target, faults=list(faults), log=log)
    reader = _Reader(result)
    for line in log.splitlines():
        kind, _, rest = line.partition(" ")
        read = getattr(reader, f"read_{kind}", None)
        if read is not None:
            read(rest)
    outputs, data = reader.outputs, reader.data
    different = [key for key, value in data["A"].items() if data["B"].get(key, value) != value]
    result.faults += [f"case {k}, step {t}, output {i}: two instances differ" for k, t, i in different[:3]]
    for (case_number, step_number, index_number), value in sorted(data["A"].items()):
        array = np.frombuffer(value, outputs[index_number].dtype).reshape(outputs[index_number].shape)
        result.outputs.setdefault((case_number, step_number), []).append(array)
    return result


class _Reader:
    """Takes the facts of a log, line by line: read_KIND has the rest of a line of that kind."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.counts = result.target.counts
        self.outputs: dict[int, _Type] = {}
        self.data: dict[str, dict[tuple[int, int, int], bytes]] = {"A": {}, "B": {}}
        self.tapped: list[tuple[int, int, bytes]] = []

    def read_instance(self, rest: str) -> None:
        self.result.instance_bytes = int(rest)

    def read_output(self, rest: str) -> None:
        number, dtype, *shape = map(int, rest.split())
        self.outputs[number] = _Type(np.dtype(DTYPES[dtype]), tuple(shape))

    def read_data(self, rest: str) -> None:
        words = rest.split()
        if len(words) == DATA_WORDS:  # a crash may cut the last line
            instance, case, step, index, text = words
            self.data[instance][int(case), int(step), int(index)] = bytes.fromhex(text)

    def read_tap(self, rest: str) -> None:
        layer, output, text = rest.split()
        self.tapped.append((int(layer), int(output), bytes.fromhex(text)))

    def read_run(self, rest: str) -> None:
        case, step, instructions, stack = map(int, rest.split())
        self.result.taps[case, step], self.tapped = self.tapped, []
        if self.counts:
            self.result.instructions.append(instructions)
            self.result.stack_bytes = max(self.result.stack_bytes or 0, stack)

    def read_layer(self, rest: str) -> None:
        if self.counts:
            self.result.layers.append(int(rest.split()[1]))

    def read_fault(self, rest: str) -> None:
        self.result.faults.append(rest)
