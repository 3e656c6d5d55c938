"""Loops of ONNX whose number of turns is known: their bodies are imported once per turn.

gen-c compiles one static graph, so a loop becomes its turns, one after the other; what they share, weights, is in flash
once.  Layers over long sequences should be exported as LSTM, GRU or RNN, whose turns stay a loop in C.
"""

from __future__ import annotations

from collections.abc import Sequence

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import ANY_NUMBER, DYNAMIC_CURE, Rule, Site
from codegen.ir import DType, Tensor, ops

MAX_TURNS = 256
LONG_CURE = "Export recurrent layers as LSTM, GRU or RNN, and others for shorter sequences."
FIRST_SCAN = 9
"""Opset of Scan without a batch axis and lengths."""


def _check_turns(turns: int) -> None:
    if turns > MAX_TURNS:
        raise RefusedError(f"it has {turns} turns; at most {MAX_TURNS} are unrolled", LONG_CURE, "turns")


def _known(t: Tensor) -> bool:
    """The value of a condition, which must be known now."""
    if not t.is_constant or t.size != 1:
        raise RefusedError(f"whether it goes on, {t.name!r}, is computed at run time", DYNAMIC_CURE, "condition")
    return bool(t.value.reshape(-1)[0])


def _joined(site: Site, parts: Sequence[Tensor], axis: int) -> Tensor:
    """What every turn gives, along a new axis."""
    if not parts:
        raise RefusedError("it has no turns, so that a result is empty")
    axis = site.axis(axis, len(parts[0].shape) + 1)
    new = [reshaped(site, t, (*t.shape[:axis], 1, *t.shape[axis:])) for t in parts]
    return new[0] if len(new) == 1 else site.emit(ops.Concat, *new, axis=axis)


def _loop(site: Site) -> list[Tensor]:
    """Inputs are the most turns, whether to begin, and what the turns hand on; both limits may be missing."""
    most = None if site.optional(0) is None else max(site.integer(0), 0)
    condition, carried = site.optional(1), [t for t in site.inputs[2:] if t is not None]
    if most is None and condition is None:
        raise RefusedError("it has no end")
    goes_on, turn = condition is None or _known(condition), 0
    collected: list[list[Tensor]] = []
    while goes_on and (most is None or turn < most):
        _check_turns(max(turn + 1, most or 0))
        arguments = [site.constant(turn, DType.INT64), site.constant(goes_on, DType.BOOL), *carried]
        first, *results = site.run(site.required("body"), arguments)
        carried, rest = results[: len(carried)], results[len(carried) :]
        collected.append(rest)
        goes_on, turn = condition is None or _known(first), turn + 1
    return [*carried, *_columns(site, collected, len(site.wanted) - len(carried))]


def _columns(site: Site, collected: list[list[Tensor]], count: int) -> list[Tensor]:
    """What the turns give beside what they hand on, along a new first axis."""
    if any(len(row) < count for row in collected):
        raise RefusedError("its body has fewer outputs than the operator")
    return [_joined(site, [row[i] for row in collected], 0) for i in range(count)]


def _scan(site: Site) -> list[Tensor]:
    """Over the parts of its last inputs; the others are handed on."""
    count, operands = site.required("num_scan_inputs"), [t for t in site.inputs if t is not None]
    if site.opset < FIRST_SCAN or not 1 <= count <= len(operands):
        raise RefusedError(f"{count} sequences in opset {site.opset} are not supported")
    carried, sequences = operands[:-count], operands[-count:]
    axes = [site.axis(a, len(t.shape)) for a, t in zip(_each(site, "scan_input_axes", count), sequences, strict=True)]
    backward = _each(site, "scan_input_directions", count)
    turns = {t.shape[axis] for axis, t in zip(axes, sequences, strict=True)}
    if len(turns) > 1:
        raise RefusedError(f"its sequences have lengths {sorted(turns)}")
    steps = turns.pop()
    _check_turns(steps)
    collected = []
    for turn in range(steps):
        places = [steps - 1 - turn if reverse else turn for reverse in backward]
        parts = [_part(site, *sequence) for sequence in zip(sequences, axes, places, strict=True)]
        results = site.run(site.required("body"), [*carried, *parts])
        carried, rest = results[: len(carried)], results[len(carried) :]
        collected.append(rest)
    columns = [list(column) for column in zip(*collected, strict=True)]
    ends = _each(site, "scan_output_axes", len(columns)), _each(site, "scan_output_directions", len(columns))
    ordered = zip(columns, *ends, strict=True)
    return [*carried, *(_joined(site, column[::-1] if reverse else column, axis) for column, axis, reverse in ordered)]


def _each(site: Site, attribute: str, count: int) -> tuple[int, ...]:
    """One number for each of `count` sequences; 0 when nothing is said."""
    values = site[attribute] or (0,) * count
    if len(values) != count:
        raise RefusedError(f"its {attribute} are {list(values)}, for {count} sequences")
    return tuple(values)


def _part(site: Site, x: Tensor, axis: int, index: int) -> Tensor:
    """One part of a sequence, without the axis."""
    size = tuple(1 if i == axis else d for i, d in enumerate(x.shape))
    begin = tuple(index if i == axis else 0 for i in range(len(x.shape)))
    part = site.emit(ops.Slice, x, begin=begin, size=size, strides=(1,) * len(size))
    return reshaped(site, part, (*size[:axis], *size[axis + 1 :]))


SCAN = ("scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions")

RULES: dict[str, Rule] = {
    "Loop": Rule(ops.Concat, _loop, (0, ANY_NUMBER), (1, ANY_NUMBER), {"body": object}),
    "Scan": Rule(
        ops.Concat,
        _scan,
        (1, ANY_NUMBER),
        (1, ANY_NUMBER),
        {"body": object, "num_scan_inputs": int, **dict.fromkeys(SCAN, tuple)},
    ),
}
"""By the operator's name in the file."""
