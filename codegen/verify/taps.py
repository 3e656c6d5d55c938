"""What the layers of a generated library hold while it runs: printed by the layer hooks, put together here.

After each turn of a layer the harness prints the memory of its outputs as it is then.  A tensor whose rows are computed
in turns is put together from them, for others may overwrite them soon; a view of another one has that one's bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from codegen.backends.candidate import Operand
from codegen.ir import Array, Tensor
from codegen.reference import evaluate
from codegen.render.state_text import place
from codegen.schedule.program import Layer, Program
from codegen.schedule.rows import Blocks

Tap = tuple[int, int, bytes]
"""Layer, number of the output, memory after a turn."""

MEMBERS = {"arena": "arena_", "state": "state_", "slow": "slow_part_.at->slow_"}


def tap_source(program: Program, name: str) -> str:
    """C that prints the outputs of a layer of library `name`; NAME_LAYER_END calls it."""
    lines = [f'#include "{name}.h"', '#include "hooks.h"', "", "void harness_tap(const void *instance, int layer) {"]
    lines += [f"    const {name}_t *nn = (const {name}_t *)instance;", "    switch (layer) {"]
    for layer in program.layers:
        writes = list(_writes(layer))
        if not writes:
            continue
        lines.append(f"    case {layer.index}:")
        for number, (operand, held, _) in enumerate(writes):
            part, inside = place(program, program.offsets[operand.tensor])
            where = f"nn->{MEMBERS[part]} + {inside}"
            lines.append(f"        harness_print_tap({layer.index}, {number}, {where}, {held * operand.row_bytes});")
        lines.append("        break;")
    return "\n".join([*lines, "    default:", "        (void)nn;", "    }", "}", ""])


def _writes(layer: Layer) -> Iterator[tuple[Operand, int, int]]:
    """How each tensor that a layer computes is written, how many of its rows are held, and where row 0 lies."""
    seen: set[Tensor] = set()
    for placed in layer.calls:
        first = len(placed.call.inputs)
        rings = placed.rows_held[first:], placed.rows_ahead[first:]
        for operand, rows, ahead in zip(placed.call.outputs, *rings, strict=True):
            if operand.tensor not in seen:
                seen.add(operand.tensor)
                yield operand, rows, ahead


def tapped_values(program: Program, taps: Sequence[Tap], inputs: Mapping[Tensor, Array]) -> dict[Tensor, Array]:
    """The value of every tensor of a program in one run.

    Args:
        program: that ran.
        taps: what was printed in that run, in order.
        inputs: values of the graph's inputs and states at its start.
    """
    blocks = {stage.layer: stage.blocks for segment in program.runs for stage in segment.stages}
    turns: dict[tuple[int, int], list[bytes]] = {}
    for layer, number, memory in taps:
        turns.setdefault((layer, number), []).append(memory)
    values = dict(inputs)
    for each in program.layers:
        values.update((t, t.value) for t in each.op.inputs if t is not None and t.is_constant)
        for number, (operand, *ring) in enumerate(_writes(each)):
            seen = turns.get((each.index, number), [])
            if seen:
                values[operand.tensor] = _assembled(operand, (ring[0], ring[1]), seen, blocks.get(each.index))
        missing = [t for t in each.op.outputs if t not in values]
        operands = [None if t is None else values.get(t) for t in each.op.inputs]
        if missing and all(v is not None for t, v in zip(each.op.inputs, operands, strict=True) if t is not None):
            found = dict(zip(each.op.outputs, evaluate(each.op, operands), strict=True))
            values.update((t, found[t]) for t in missing)
    return values


def _assembled(operand: Operand, ring: tuple[int, int], turns: Sequence[bytes], blocks: Blocks | None) -> Array:
    """A tensor, from the memory of its ring, given as rows held and place of row 0, after each turn."""
    tensor, (held, ahead) = operand.tensor, ring
    if blocks is None or operand.rows != blocks.rows:
        whole = turns[-1]
    else:
        rows = np.zeros((operand.rows, operand.row_bytes), np.uint8)
        for block, memory in enumerate(turns):
            places = np.frombuffer(memory, np.uint8).reshape(held, operand.row_bytes)
            at = np.arange(*blocks.bounds(block))
            rows[at] = places[(at + ahead) % held]
        whole = rows.tobytes()
    return np.frombuffer(whole, tensor.dtype.numpy).reshape(tensor.shape)
