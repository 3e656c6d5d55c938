"""`--place`: which memory of a board holds the instance, or its parts, and which constants lie in fast memory.

    --place instance=PSRAM        the instance; a build in which it would lie elsewhere is a compile-time error
    --place slow=PSRAM            what of the instance does not fit into fast memory: its tensors of least traffic, in a
                                  second struct; instance=DRAM:64k beside it says which memory is the fast one, and how
                                  much of it
    --place weights=DRAM:32k      of the constants, which lie in flash, those that are read most often for their size
    --place auto                  all of that: the board's fastest RAM, its next one, and constants in what is left

The attributes that do it are the board's, from its TOML, which lists the fastest memory first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from codegen.backends.candidate import Constant
from codegen.boards import Board, Memory
from codegen.errors import GencError, Problem
from codegen.schedule.program import Layer, Program

UNITS = {"k": 1024, "m": 1024**2}
PARTS = ("instance", "slow", "weights")


@dataclass(frozen=True)
class Homes:
    """Where the parts of a library lie.

    Attributes:
        instance: memory of the instance; None leaves it to the user's declaration.
        instance_bytes: that it may take there, when it may be split; None: as many as there are.
        slow: memory of what does not fit; None keeps the instance in one piece.
        weights: memory of the hottest constants; None leaves all in flash.
        weights_bytes: that they may take there; None: what the instance leaves.
        together: instance and constants lie in one memory.
    """

    instance: Memory | None = None
    instance_bytes: int | None = None
    slow: Memory | None = None
    weights: Memory | None = None
    weights_bytes: int | None = None
    together: bool = False

    @property
    def fast_bytes(self) -> int | None:
        """Room for an instance that may be split; None: it must be one piece."""
        if self.slow is None or self.instance is None:
            return None
        if self.instance_bytes is not None:
            return self.instance_bytes
        return self.instance.bytes - (self.weights_bytes or 0 if self.together else 0)

    def weights_room(self, ram_bytes: int) -> int:
        """Bytes for constants beside an instance of `ram_bytes`."""
        if self.weights is None:
            return 0
        if self.weights_bytes is not None:
            return self.weights_bytes
        return max(self.weights.bytes - (ram_bytes if self.together else 0), 0)


def find_homes(wishes: Sequence[str], board: Board) -> Homes:
    """What the user wrote behind --place, for a board.

    Raises:
        GencError: with everything that the board cannot do.
    """
    found, problems = Homes(), []
    for wish in (single for given in wishes for single in _spelt_out(given, board)):
        part, _, rest = wish.partition("=")
        name, _, limit = rest.partition(":")
        memory = next((m for m in board.memories if m.name.lower() == name.lower()), None)
        size = _bytes_of(limit)
        reason = _refusal(part, memory, limit, size)
        if reason or memory is None:
            problems.append(Problem(f"--place {wish}", reason, _cure(board)))
        else:
            sizes: dict[str, Any] = {} if part == "slow" else {f"{part}_bytes": size}
            found = replace(found, **{part: memory, **sizes})
    if found.slow is not None and found.instance is None:
        found = replace(found, instance=next((m for m in _writable(board) if m is not found.slow), None))
    reason = _contradiction(found)
    if reason:
        problems.append(Problem("--place", reason, _cure(board)))
    if problems:
        raise GencError(f"cannot place it on {board.name}", problems)
    return replace(found, together=found.weights is (found.instance or board.memory("ram")))


def _spelt_out(wish: str, board: Board) -> list[str]:
    """`auto` as the wishes that it stands for."""
    memories = _writable(board)
    if wish != "auto" or not memories:
        return [wish]
    fast, *others = memories
    wishes = [f"instance={fast.name}", *(f"slow={memory.name}" for memory in others[:1])]
    return [*wishes, f"weights={fast.name}"] if fast.constants else wishes


def _writable(board: Board) -> list[Memory]:
    return [memory for memory in board.memories if memory.kind != "flash"]


def _refusal(part: str, memory: Memory | None, limit: str, size: int | None) -> str:
    """What is wrong with a wish, or ""."""
    if part not in PARTS:
        return "can place `instance`, `slow` and `weights`, or everything by `auto`; nothing else"
    if memory is None:
        return "the board has no memory of that name"
    if limit and (size is None or part == "slow"):
        return "a number of bytes, like 32k, belongs to weights, or to an instance that may be split"
    if part == "weights" and not memory.constants:
        return f"the board's description has no attribute that puts constants into {memory.name}"
    if part != "weights" and memory.kind == "flash":
        return f"{memory.name} cannot be written"
    return ""


def _contradiction(homes: Homes) -> str:
    """What is wrong with all wishes together, or ""."""
    if homes.slow is None and homes.instance_bytes is not None:
        return "a number of bytes for the instance is good when the rest may go elsewhere: add --place slow=MEMORY"
    if homes.slow is not None and homes.slow is (homes.instance or homes.slow):
        return f"slow={homes.slow.name} needs another, faster memory for the instance"
    return ""


def _cure(board: Board) -> str:
    can = [f"instance={m.name}" for m in _writable(board)]
    can += [f"slow={m.name}" for m in _writable(board)[1:]]
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
