"""The table of every ONNX operator that gen-c imports."""

from __future__ import annotations

from codegen.frontends.onnx import (
    batch_normalization,
    convolution,
    functions,
    indexing,
    layout,
    loops,
    matrix,
    movement,
    normalization,
    pool,
    quantize,
    quantized,
    recurrent,
    reductions,
    resize,
    values,
)
from codegen.frontends.onnx.site import Rule

RULES: dict[str, Rule] = {
    **batch_normalization.RULES,
    **convolution.RULES,
    **functions.RULES,
    **indexing.RULES,
    **layout.RULES,
    **loops.RULES,
    **matrix.RULES,
    **movement.RULES,
    **normalization.RULES,
    **pool.RULES,
    **quantize.RULES,
    **quantized.RULES,
    **recurrent.RULES,
    **reductions.RULES,
    **resize.RULES,
    **values.RULES,
}
"""Every supported operator, by its name in the file."""

SOURCES = {name: rule.kind.kind for name, rule in RULES.items()}
"""IR kind of every supported operator, for `gen-c ops`."""
