"""`--place`: which memory of a board holds the instance, and which constants lie in fast memory.

    --place instance=PSRAM        the instance; a build in which it would lie elsewhere is a compile-time error
    --place weights=DRAM:32k      of the constants, which lie in flash, those that are read most often for their size

The attributes that do it are the board's, from its TOML.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codegen.backends.candidate import Constant
from codegen.boards import Board, Memory
from codegen.errors import GencError, Problem
from codegen.schedule.program import Layer, Program

UNITS = {"k": 1024, "m": 1024**2}


@dataclass(frozen=True)
class Homes:
    """Where the parts of a library lie.

    Attributes:
        instance: memory of the instance; None leaves it to the user's declaration.
        weights: memory of the hottest constants; None leaves all in flash.
        weights_bytes: that they may take there.
    """

    instance: Memory | None = None
    weights: Memory | None = None
    weights_bytes: int = 0


def find_homes(wishes: Sequence[str], board: Board) -> Homes:
    """What the user wrote behind --place, for a board.

    Raises:
        GencError: with everything that the board cannot do.
    """
    found, problems = Homes(), []
    for wish in wishes:
        part, _, rest = wish.partition("=")
        name, _, limit = rest.partition(":")
        memory = next((m for m in board.memories if m.name.lower() == name.lower()), None)
        size = _bytes_of(limit)
        reason = _refusal(part, memory, limit, size)
        if reason or memory is None:
            problems.append(Problem(f"--place {wish}", reason, _cure(board)))
        elif part == "instance":
            found = Homes(memory, found.weights, found.weights_bytes)
        else:
            found = Homes(found.instance, memory, memory.bytes if size is None else size)
    if problems:
        raise GencError(f"cannot place it on {board.name}", problems)
    return found


def _refusal(part: str, memory: Memory | None, limit: str, size: int | None) -> str:
    """What is wrong with a wish, or ""."""
    if part not in {"instance", "weights"}:
        return "can place `instance` and `weights`, nothing else"
    if memory is None:
        return "the board has no memory of that name"
    if limit and (size is None or part == "instance"):
        return "a number of bytes, like 32k, belongs to weights alone"
    if part == "weights" and not memory.constants:
        return f"the board's description has no attribute that puts constants into {memory.name}"
    if part == "instance" and memory.kind == "flash":
        return f"{memory.name} cannot be written"
    return ""


def _cure(board: Board) -> str:
    can = [f"instance={m.name}" for m in board.memories if m.kind != "flash"]
    can += [f"weights={m.name}:32k" for m in board.memories if m.constants]
    return f"{board.name} can: {', '.join(can)}" if can else f"{board.name} has no memories to choose from"


def _bytes_of(text: str) -> int | None:
    number, unit = (text[:-1], UNITS[text[-1].lower()]) if text[-1:].lower() in UNITS else (text, 1)
    return int(number) * unit if number.isascii() and number.isdigit() else None


def hot_layers(program: Program, budget_bytes: int) -> frozenset[int]:
    """The layers whose constants are read most often for their size and fit into `budget_bytes` together.

    A run reads a constant once for each multiply-accumulate, or for each output element where there are none;
    divided by the bytes that is the traffic that a byte of fast memory takes off the flash.
    """
    chosen, left = set(), budget_bytes
    for layer in sorted(program.layers, key=lambda layer: (-_reads_per_byte(layer), layer.index)):
        size = sum(constant.array.nbytes for constant in _constants(layer))
        if 0 < size <= left:
            chosen.add(layer.index)
            left -= size
    return frozenset(chosen)


def _reads_per_byte(layer: Layer) -> float:
    reads = layer.op.macs() or sum(t.size for t in layer.op.outputs)
    return reads / max(sum(constant.array.nbytes for constant in _constants(layer)), 1)


def _constants(layer: Layer) -> Iterable[Constant]:
    return (value for placed in layer.calls for _, value in placed.call.params if isinstance(value, Constant))
