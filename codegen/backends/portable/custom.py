"""Custom operators: their maker gives the calls."""

from __future__ import annotations

from codegen.backends.candidate import Candidate, Core
from codegen.ir.ops import Custom

INSTRUCTIONS_PER_ELEMENT = 20
"""A guess: nothing is known of the kernel."""


def custom(op: Custom, core: Core) -> list[Candidate]:  # noqa: ARG001 - the signature of a builder
    """The plug-in's kernel, the only one there is."""
    elements = sum(t.size for t in (*op.activations, *op.outputs))
    calls = tuple(op.maker.calls(op))
    return [Candidate(op, "custom", calls, INSTRUCTIONS_PER_ELEMENT * elements, f"custom operator {op.maker.name}")]
