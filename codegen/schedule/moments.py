"""The run of a network, cut into moments: what lives at the same moment must lie apart.

A moment is a layer that runs whole, or a segment of layers that run row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from codegen.backends.candidate import Call
from codegen.ir import Tensor
from codegen.schedule.rows import Timeline


@dataclass(frozen=True, eq=False)
class Moment:
    """One layer, or a segment of layers that take turns.

    Attributes:
        layers: their indices.
        calls: of all of them, in order; none for a view.
        timeline: when the rows of a segment fire; None for a layer that runs whole.
        rings: tensors of which only some rows are kept -> how many.
        aliases: tensors that lie on another one, which a kernel makes of them in place, row by row.
        ahead: rows by which a ring begins later: row r lies in place (r + ahead) % rows held.
    """

    layers: range
    calls: tuple[Call, ...]
    timeline: Timeline | None = None
    rings: dict[Tensor, int] = field(default_factory=dict)
    aliases: dict[Tensor, Tensor] = field(default_factory=dict)
    ahead: dict[Tensor, int] = field(default_factory=dict)


LayerCalls = Sequence[tuple[Call, ...]]
"""The calls of each layer; none for a view."""


def whole_layers(calls: LayerCalls) -> list[Moment]:
    """Every layer as a moment of its own."""
    return [Moment(range(index, index + 1), layer_calls) for index, layer_calls in enumerate(calls)]
