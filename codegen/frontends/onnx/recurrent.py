"""LSTM, GRU and RNN of ONNX: one layer of the IR per direction, weights as constants in the order of the IR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Rule, Site
from codegen.ir import Array, Tensor, ops
from codegen.ir.ops.recurrent import LSTM_INPUTS, NORMS, Gru, Lstm, Rnn
from codegen.ir.ops.sequence import LOGISTIC, TANH, GateFunction, Recurrent

DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
"""Whether each layer runs backward."""

W, R, B, SEQUENCE_LENS, INITIAL_H, INITIAL_C, P = range(1, 8)
"""Inputs behind x."""

ACTIVATIONS: dict[str, tuple[str, tuple[float | None, ...]]] = {
    "affine": ("affine", (None, None)),
    "elu": ("elu", (1.0,)),
    "hardsigmoid": ("hard_sigmoid", (0.2, 0.5)),
    "leakyrelu": ("leaky_relu", (0.01,)),
    "relu": ("relu", ()),
    "scaledtanh": ("scaled_tanh", (None, None)),
    "sigmoid": ("logistic", ()),
    "softplus": ("softplus", ()),
    "softsign": ("softsign", ()),
    "tanh": ("tanh", ()),
    "thresholdedrelu": ("thresholded_relu", (None,)),
}
"""By the lower-case name of ONNX: function of gates, and its alpha and beta when nothing is said.

None where ONNX's text and onnxruntime, which takes 0, do not agree on them.
"""

FULL_CURE = "Export the model without lengths of sequences, for sequences that fill their tensor."


def gate_functions(site: Site, default: tuple[GateFunction, ...], count: int) -> list[tuple[GateFunction, ...]]:
    """Functions of the gates, for each of `count` directions; those that have numbers take the next ones listed."""
    if site["activations"] is None:
        return [default] * count
    if len(site["activations"]) != count * len(default):
        raise RefusedError(f"it has {len(site['activations'])} activations, not {count * len(default)}")
    numbers = [iter(site[f"activation_{name}"] or ()) for name in ("alpha", "beta")]
    functions = [_function(name, numbers) for name in site["activations"]]
    return [tuple(functions[i : i + len(default)]) for i in range(0, len(functions), len(default))]


def _function(name: Any, numbers: list[Iterator[float]]) -> GateFunction:
    found = ACTIVATIONS.get(str(name).lower())
    if found is None:
        raise RefusedError(f"activation {name!r} is not supported; known are {', '.join(ACTIVATIONS)}")
    kind, defaults = found
    values = [next(given, usual) for given, usual in zip(numbers, defaults, strict=False)]
    if None in values:
        raise RefusedError(f"activation {name!r} has no activation_alpha or activation_beta, which it needs")
    return GateFunction(kind, *(v for v in values if v is not None))


def _parameters(site: Site, gates: int, directions: int) -> list[tuple[Array, Array, Array, Array]]:
    """Of each direction W [gates, H, I], R [gates, H, H], and the biases that go with them, [gates, H]."""
    weights, recurrent = site.value(W), site.value(R)
    if weights.ndim != 3 or recurrent.ndim != 3:
        raise RefusedError("weights do not have rank 3")
    units, depth = recurrent.shape[2], weights.shape[2]
    bias = np.zeros((directions, 2 * gates * units), np.float32) if site.optional(B) is None else site.value(B)
    shapes = (gates * units, depth), (gates * units, units), (2 * gates * units,)
    for name, value, shape in zip("WRB", (weights, recurrent, bias), shapes, strict=True):
        if value.shape != (directions, *shape) or value.dtype != np.float32:
            raise RefusedError(f"{name} is {value.dtype}{list(value.shape)}, not float32{[directions, *shape]}")
    if site["hidden_size"] not in {None, units}:
        raise RefusedError(f"hidden_size is {site['hidden_size']}, but the weights have {units} units")
    return [
        (w.reshape(gates, units, depth), r.reshape(gates, units, units), *b.reshape(2, gates, units))
        for w, r, b in zip(weights, recurrent, bias, strict=True)
    ]


def _check_lengths(site: Site, steps: int) -> None:
    """Refuse sequences that do not fill x."""
    lengths = site.optional(SEQUENCE_LENS)
    if lengths is None:
        return
    if not lengths.is_constant or (lengths.value != steps).any():
        raise RefusedError("its sequences have lengths of their own (input sequence_lens)", FULL_CURE)


def _state(site: Site, index: int, direction: int, shape: tuple[int, int], count: int) -> Tensor:
    """[batch, H] of a direction: an input of the operator, or memory of its own that starts as a constant."""
    states, name = site.optional(index), f"initial state {index - INITIAL_H}"
    if states is None:
        return site.emit(ops.Copy, site.constant(np.zeros(shape, np.float32), label=name))
    full = (shape[0], count, shape[1]) if site["layout"] else (count, *shape)
    if states.shape != full:
        raise RefusedError(f"its {name} is {states.type_text}, not {list(full)}")
    begin = (0, direction, 0) if site["layout"] else (direction, 0, 0)
    size = (shape[0], 1, shape[1]) if site["layout"] else (1, *shape)
    part = states if count == 1 else site.emit(ops.Slice, states, begin=begin, size=size, strides=(1, 1, 1))
    part = reshaped(site, part, shape)
    return site.emit(ops.Copy, part) if part.is_constant else part


def _joined(site: Site, parts: list[Tensor], axis: int) -> Tensor:
    """What the directions give, along a new axis."""
    new = [reshaped(site, t, (*t.shape[:axis], 1, *t.shape[axis:])) for t in parts]
    return new[0] if len(new) == 1 else site.emit(ops.Concat, *new, axis=axis)


Made = tuple[type[Recurrent], list[Tensor | None], dict[str, Any]]
"""The kind of a layer, its inputs behind x, and its attributes."""

Layer = Callable[[Site, int, tuple[Any, ...], list[Tensor]], Made]
"""A layer, from its direction, parameters and states."""


def _recurrent(site: Site, gates: int, standard: tuple[GateFunction, ...], layer: Layer) -> list[Tensor]:
    """One layer per direction; their outputs and last states, joined as ONNX orders them."""
    x, backward = site.tensor(0), DIRECTIONS.get(site["direction"])
    if backward is None or len(x.shape) != 3:
        raise RefusedError(f"direction {site['direction']!r} of {x.type_text} is not supported")
    time_major, count = not site["layout"], len(backward)
    steps, batches = x.shape[:2] if time_major else x.shape[1::-1]
    _check_lengths(site, steps)
    functions = gate_functions(site, standard, count)
    results: list[list[Tensor]] = []
    for direction, parameters in enumerate(_parameters(site, gates, count)):
        shape = batches, parameters[1].shape[2]
        indices = [INITIAL_H, INITIAL_C][: 2 if layer is _lstm_layer else 1]
        states = [_state(site, index, direction, shape, count) for index in indices]
        kind, inputs, fields = layer(site, direction, (*parameters, functions[direction]), states)
        fields |= {"time_major": time_major, "backward": backward[direction], "gate_clip": site["clip"]}
        outputs = [(x.dtype, None)] * (1 + len(states))
        results.append(site.emit_many(kind, [x, *inputs], outputs, **fields))
    axes = (1 if time_major else 2, *[0 if time_major else 1] * (len(results[0]) - 1))
    return [_joined(site, [*parts], axis) for parts, axis in zip(zip(*results, strict=True), axes, strict=True)]


def _rnn_layer(site: Site, _direction: int, parameters: tuple[Any, ...], states: list[Tensor]) -> Made:
    w, r, own, past, functions = parameters
    constants = [site.constant(v[0], label=n) for n, v in (("W", w), ("R", r), ("B", own + past))]
    return Rnn, [*constants, *states], {"function": functions[0]}


def _gru_layer(site: Site, _direction: int, parameters: tuple[Any, ...], states: list[Tensor]) -> Made:
    *values, functions = parameters
    constants = [
        site.constant(v.reshape(-1, *v.shape[2:]), label=n) for n, v in zip(("W", "R", "Wb", "Rb"), values, strict=True)
    ]
    fields = {"functions": functions, "reset_after": bool(site["linear_before_reset"])}
    return Gru, [*constants, *states], fields


IOFC = (0, 2, 3, 1)
"""Where ONNX has the input, forget, update and output gate of the IR."""
IOF = (0, 2, 1)
"""Where ONNX has the peepholes of the input, forget and output gate."""


def _lstm_layer(site: Site, direction: int, parameters: tuple[Any, ...], states: list[Tensor]) -> Made:
    w, r, own, past, functions = parameters
    holes = _peepholes(site, direction, r.shape[2])
    values = [np.stack([v[gate] for gate in IOFC]) for v in (w, r, own + past)]
    if site["input_forget"]:
        values, holes = _coupled(functions, values, holes)

    def constants(label: str, parts: Array | None, places: int) -> list[Tensor | None]:
        if parts is None:
            return [None] * places
        made: list[Tensor | None] = [site.constant(part, label=label) for part in parts]
        return [None, *made[1:]] if site["input_forget"] else made

    none: list[Tensor | None] = [None] * (LSTM_INPUTS - NORMS)
    weights = [*constants("W", values[0], 4), *constants("R", values[1], 4), *constants("P", holes, 3)]
    return Lstm, [*weights, *constants("B", values[2], 4), None, None, *states, *none], {"functions": functions}


def _peepholes(site: Site, direction: int, units: int) -> Array | None:
    """[input, forget, output gate][H]."""
    if site.optional(P) is None:
        return None
    value = site.value(P)
    if value.ndim != 2 or value.shape[0] <= direction or value.shape[1] != 3 * units:
        raise RefusedError(f"P is {value.dtype}{list(value.shape)}, not of {3 * units} elements per direction")
    return np.stack([value[direction].reshape(3, units)[gate] for gate in IOF])


def _coupled(
    functions: tuple[GateFunction, ...], values: list[Array], holes: Array | None
) -> tuple[list[Array], Array | None]:
    """The forget gate is one minus the input gate: for the IR, which has it the other way, logistic(-sum) of it."""
    if functions[0] != LOGISTIC:
        raise RefusedError("input_forget is supported with the activation Sigmoid only")
    negated = [np.stack([v[0], -v[0], *v[2:]]) for v in values]
    return negated, None if holes is None else np.stack([holes[0], -holes[0], holes[2]])


COMMON = {
    "activation_alpha": tuple,
    "activation_beta": tuple,
    "activations": tuple,
    "clip": 0.0,
    "direction": "forward",
    "hidden_size": int,
    "layout": 0,
}

RULES: dict[str, Rule] = {
    "GRU": Rule(
        Gru,
        lambda site: _recurrent(site, 3, (LOGISTIC, TANH), _gru_layer),
        (3, 6),
        (0, 2),
        {**COMMON, "linear_before_reset": 0},
    ),
    "LSTM": Rule(
        Lstm,
        lambda site: _recurrent(site, 4, (LOGISTIC, TANH, TANH), _lstm_layer),
        (3, 8),
        (0, 3),
        {**COMMON, "input_forget": 0},
    ),
    "RNN": Rule(Rnn, lambda site: _recurrent(site, 1, (TANH,), _rnn_layer), (3, 6), (0, 2), COMMON),
}
"""By the operator's name in the file."""
