"""LSTM, GRU and RNN of NCNN: sequences [T, I], gates in NCNN's order, both directions side by side in the result."""

from __future__ import annotations

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.ncnn.layer import blobs, required, rule, shaped
from codegen.frontends.ncnn.schema import directions
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Rule, Site
from codegen.frontends.onnx.terms import onnx
from codegen.ir import Array, Tensor
from codegen.ir.ops.recurrent import Gru, Lstm, Rnn

DIRECTIONS = {0: "forward", 1: "reverse", 2: "bidirectional"}
INPUT, FORGET, OUTPUT, CELL = range(4)
"""Gates of an LSTM as NCNN orders them."""
RESET, UPDATE, NEW, NEW_HIDDEN = range(4)
"""Gates of a GRU, and the second bias of the last, which the reset gate multiplies."""


def _layer(site: Site, op: str, gates: tuple[int, ...], biases: tuple[Array, Array], states: int) -> list[Tensor]:
    """Run ONNX's layer with gates reordered; `biases` are [directions, gates, H], of the input and of the state."""
    given = blobs(site)
    x, units, count = given[0], site["num_output"], directions(site)
    if site["int8_scale_term"]:
        raise RefusedError("its weights are int8")
    if len(x.shape) != 3 or site["direction"] not in DIRECTIONS or len(given) not in {1, 1 + states}:
        raise RefusedError(f"its input {x.type_text}, direction or number of states is not known")
    every = range(len(gates))
    depth = x.shape[2]
    w = shaped(required(site, "input_weights"), (count, len(gates), units, depth), "weights")
    r = shaped(required(site, "recurrent_weights"), (count, len(gates), units, units), "recurrent weights")
    bias = np.concatenate([b[:, [gates[i] for i in every]].reshape(count, -1) for b in biases], axis=1)
    constants = [
        np.ascontiguousarray(w[:, list(gates)]).reshape(count, -1, depth),
        np.ascontiguousarray(r[:, list(gates)]).reshape(count, -1, units),
        bias.astype(np.float32),
    ]
    begin = [reshaped(site, t, (count, 1, units)) for t in given[1:]]
    results = onnx(
        site,
        op,
        reshaped(site, x, (x.shape[1], 1, depth)),
        *(site.constant(v, label=n) for n, v in zip("WRB", constants, strict=True)),
        None,
        *begin,
        outputs=1 + states,
        direction=DIRECTIONS[site["direction"]],
        hidden_size=units,
        **({"linear_before_reset": 1} if op == "GRU" else {}),
    )
    y = _side_by_side(site, results[0], x.shape[1], count, units)
    return [y, *(reshaped(site, t, (1, count, units)) for t in results[1:])][: len(site.wanted)]


def _side_by_side(site: Site, y: Tensor, steps: int, count: int, units: int) -> Tensor:
    """[T, directions, 1, H] as [1, T, directions * H]."""
    return reshaped(site, y, (1, steps, count * units))


def _lstm(site: Site) -> list[Tensor]:
    if site["hidden_size"] != site["num_output"]:
        raise RefusedError("it has a projection")
    bias = shaped(required(site, "bias"), (directions(site), 4, site["num_output"]), "biases")
    return _layer(site, "LSTM", (INPUT, OUTPUT, FORGET, CELL), (bias, np.zeros_like(bias)), 2)


def _gru(site: Site) -> list[Tensor]:
    bias = shaped(required(site, "bias"), (directions(site), 4, site["num_output"]), "biases")
    of_state = np.zeros_like(bias[:, :3])
    of_state[:, NEW] = bias[:, NEW_HIDDEN]
    return _layer(site, "GRU", (UPDATE, RESET, NEW), (bias[:, :3], of_state), 1)


def _rnn(site: Site) -> list[Tensor]:
    bias = shaped(required(site, "bias"), (directions(site), 1, site["num_output"]), "biases")
    return _layer(site, "RNN", (0,), (bias, np.zeros_like(bias)), 1)


RULES: dict[str, Rule] = {
    "GRU": rule("GRU", Gru, _gru, (1, 2)),
    "LSTM": rule("LSTM", Lstm, _lstm, (1, 3)),
    "RNN": rule("RNN", Rnn, _rnn, (1, 2)),
}
"""By the layer's type."""
