"""Rewrites of the graph, one file each: before -> after in its docstring, bit for bit the same result.

A pass is a function (operator, Rewriter) -> bool: True when it changed the graph.  Passes run in the
order of PASSES, over every operator, until none finds anything more to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from codegen.ir import Graph, Operator
from codegen.passes import (
    absorb_transpose,
    cancel_movement,
    crop_kernel,
    eliminate_dead,
    fold_constants,
    fold_scale,
    fuse_activation,
    fuse_pad,
    fuse_tables,
    join_depthwise,
    join_twins,
    last_output,
    lift_reshape,
    lower_to_table,
    move_transpose,
    recognise_activation,
    recognise_normalization,
    remove_constant_channels,
    sink_reshape,
    stand_up,
    unsigned_to_signed,
)
from codegen.passes.rewriter import Rewriter

Pass = Callable[[Operator, Rewriter], bool]

PASSES: dict[str, Pass] = {
    "eliminate_dead": eliminate_dead.apply,
    "fold_constants": fold_constants.apply,
    "cancel_movement": cancel_movement.apply,
    "join_twins": join_twins.apply,
    "recognise_activation": recognise_activation.apply,
    "recognise_normalization": recognise_normalization.apply,
    "move_transpose": move_transpose.apply,
    "absorb_transpose": absorb_transpose.apply,
    "sink_reshape": sink_reshape.apply,
    "lift_reshape": lift_reshape.apply,
    "fold_scale": fold_scale.apply,
    "last_output": last_output.apply,
    "unsigned_to_signed": unsigned_to_signed.apply,
    "join_depthwise": join_depthwise.apply,
    "fuse_pad": fuse_pad.apply,
    "crop_kernel": crop_kernel.apply,
    "fuse_activation": fuse_activation.apply,
    "lower_to_table": lower_to_table.apply,
    "fuse_tables": fuse_tables.apply,
    "remove_constant_channels": remove_constant_channels.apply,
}

PASSES_BY_ROWS: dict[str, Pass] = {**PASSES, "stand_up": stand_up.apply}
"""With what lets the input arrive row by row."""


def run_passes(graph: Graph, passes: dict[str, Pass] = PASSES) -> Counter[str]:
    """Rewrite `graph` in place until nothing changes; returns how often each pass did something."""
    rewriter, applied = Rewriter(graph), Counter[str]()
    before = -1
    while before != applied.total():
        before = applied.total()
        for name, apply in passes.items():
            for op in list(graph.operators):
                if op in graph.operators and apply(op, rewriter):
                    applied[name] += 1
    return applied
