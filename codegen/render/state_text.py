"""Where things lie in an instance: arena, state part or slow part, and how a reset fills the state part; spelt in C."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from codegen.backends.candidate import Constant
from codegen.ir import State
from codegen.render.literals import short_comment
from codegen.schedule.program import Program


def place(program: Program, offset: int) -> tuple[str, int]:
    """The part of an instance, "arena", "state" or "slow", in which an offset lies, and where in it, bytes."""
    if program.is_slow(offset):
        return "slow", offset - program.slow_start
    return ("state", offset - program.arena_bytes) if program.is_state(offset) else ("arena", offset)


def reset_statements(program: Program, name_of: Callable[[Constant, int], str]) -> tuple[str, ...]:
    """C statements that give every state its initial value.

    Args:
        program: the schedule.
        name_of: the identifier of a constant, given the layer that uses it first.
    """
    return tuple(_fill(program, state, name_of) for state in program.graph.states)


def _fill(program: Program, state: State, name_of: Callable[[Constant, int], str]) -> str:
    _, start = place(program, program.offsets[state.value])
    content = np.ascontiguousarray(state.initial).reshape(-1).view(np.uint8)
    target = f"nn->state_ + {start}" if start else "nn->state_"
    comment = f" /* {short_comment(state.name)} */"
    if np.all(content == content[0]):
        return f"memset({target}, {content[0]}, {len(content)});{comment}"
    reader = next((layer.index for layer in program.layers if state.value in layer.op.inputs), 0)
    constant = Constant("initial", state.initial, f"of {state.name}", max(4, state.value.dtype.bytes))
    return f"memcpy({target}, {name_of(constant, reader)}, {len(content)});{comment}"
