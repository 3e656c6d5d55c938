"""Segments of layers that run row by row, spelt in C: counters, conditions, tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codegen.backends.candidate import Constant
from codegen.render.layer_text import LayerText, row_counters
from codegen.render.literals import c_array
from codegen.render.names import Names
from codegen.schedule.program import Program, Segment, Stage


@dataclass(frozen=True)
class StageText:
    """A layer that takes turns with others.

    Attributes:
        layer: its comment and calls, which compute the block that begins at the row that `counter` says.
        counter: C expression for the rows done, and at first for where the first block would begin.
        condition: C expression: its next block can be computed.
        advance: C statement: the block is done.
    """

    layer: LayerText
    counter: str
    condition: str
    advance: str


@dataclass(frozen=True)
class SegmentText:
    """Layers that run together.

    Attributes:
        layers: in order.
        stages: the last first; none for layers that run whole.
        counters: the local counters with their first values; none when the instance keeps them.
        tables: definitions of the rows that a stage waits for, where no formula gives them.
        title: "Layers 3 to 7".
    """

    layers: tuple[LayerText, ...]
    stages: tuple[StageText, ...]
    counters: tuple[str, ...]
    tables: tuple[str, ...]
    title: str


def describe_segments(program: Program, names: Names, layers: tuple[LayerText, ...]) -> tuple[SegmentText, ...]:
    """All segments of a program, in order."""
    counters = row_counters(program)
    kept = program.runs[0].layers if program.push is not None else range(0)
    return tuple(
        _segment(segment, names, counters, [layers[i] for i in segment.layers], kept=segment.layers == kept)
        for segment in program.runs
    )


def _segment(
    segment: Segment, names: Names, counters: dict[int, str], layers: list[LayerText], *, kept: bool
) -> SegmentText:
    tables: list[str] = []
    stages = [
        StageText(
            layer,
            counters[stage.layer],
            _condition(stage, counters, names, tables),
            counters[stage.layer] + (f" += {stage.blocks.size};" if stage.blocks.size > 1 else "++;"),
        )
        for stage, layer in zip(segment.stages, layers, strict=False)
    ]
    return SegmentText(
        layers=tuple(layers),
        stages=tuple(reversed(stages)),
        counters=() if kept else tuple(f"{counters[stage.layer]} = {stage.blocks.first}" for stage in segment.stages),
        tables=tuple(tables),
        title=f"Layers {segment.layers[0]} to {segment.layers[-1]}"
        if len(layers) > 1
        else f"Layer {segment.layers[0]}",
    )


def _condition(stage: Stage, counters: dict[int, str], names: Names, tables: list[str]) -> str:
    """``rows_4 < 12 && rows_3 > 2 * rows_4``; adds to `tables` what it refers to."""
    own, blocks = counters[stage.layer], stage.blocks
    terms = [f"{own} < {blocks.rows}"]
    for producer, needed in stage.waits.items():
        formula = rows_formula(needed, own, blocks.size, blocks.first)
        if formula is None:
            table = names.symbol("rows_wanted", stage.layer)
            constant = Constant("rows_wanted", np.array(needed, np.int32))
            tables.append(c_array(constant, table, static=True).rstrip())
            index = own if blocks.size == 1 else f"({own} + {-blocks.first}) / {blocks.size}"
            formula = f"{{rows}} >= {table}[{index}]"
        terms.append(formula.format(rows=counters[producer]))
    return " && ".join(terms)


def rows_formula(needed: tuple[int, ...], own: str, size: int = 1, first: int = 0) -> str | None:
    """When the block that begins at row `own` may be computed, as a condition on ``{rows}`` done before.

    The rows wanted by most layers are stride * row + margin, at most all that there are; None when it takes a table.
    Block number k begins at row first + k * size.
    """
    rows = first + size * np.arange(len(needed))
    wanted = np.array(needed)
    if (wanted == wanted[0]).all():
        return f"{{rows}} >= {wanted[0]}"
    step = int(wanted[1] - wanted[0]) // size
    margin, most = int(wanted[0]) - step * first, int(wanted.max())
    line = step * rows + margin
    if step <= 0 or not (np.minimum(line, most) == wanted).all():
        return None
    product = own if step == 1 else f"{step} * {own}"
    formula = (
        f"{{rows}} > {product}" if margin == 1 else f"{{rows}} >= {product} {'-' if margin < 0 else '+'} {abs(margin)}"
    )
    if margin == 0:
        formula = f"{{rows}} >= {product}"
    return formula if line[-1] <= most else f"({formula} || {{rows}} >= {most})"
