"""nn.LSTM, nn.GRU and nn.RNN: layers on layers, both directions, states as operands or zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Rule
from codegen.frontends.onnx.terms import one, onnx, vector
from codegen.frontends.pnnx.operator import Call, rule
from codegen.ir import Array, Tensor
from codegen.ir.ops.recurrent import Gru, Lstm, Rnn

GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}
"""PyTorch's gate that is each of ONNX's: i, o, f, c of i, f, g, o; z, r, h of r, z, n."""
PARAMETERS = ("batch_first", "bias", "bidirectional", "hidden_size", "input_size", "num_layers", "dropout")


def _arrays(call: Call, op: str, layer: int, directions: int) -> list[Tensor]:
    """W, R and B of a layer for ONNX, both directions."""
    gates = list(GATES[op])

    def ordered(name: str, end: str) -> Array:
        array = call.required(f"{name}_l{layer}{end}").value
        return np.asarray(array.reshape(len(gates), -1, *array.shape[1:])[gates].reshape(array.shape))

    ends = ["", "_reverse"][:directions]
    w, r = (np.stack([ordered(name, end) for end in ends]) for name in ("weight_ih", "weight_hh"))
    if call.array(f"bias_ih_l{layer}") is None:
        b = np.zeros((directions, 2 * w.shape[1]), np.float32)
    else:
        b = np.stack([np.concatenate([ordered("bias_ih", end), ordered("bias_hh", end)]) for end in ends])
    return [
        call.site.constant(np.ascontiguousarray(v, np.float32), label=f"{name}{layer}")
        for name, v in (("W", w), ("R", r), ("B", b))
    ]


def _meaning(op: str) -> Any:
    def meaning(call: Call) -> list[Tensor]:
        if call.get("proj_size", 0):
            raise RefusedError("it has a projection")
        site, x = call.site, call.x
        batched, first = len(x.shape) == 3, bool(call.get("batch_first", False))
        directions, layers = 2 if call.get("bidirectional") else 1, int(call.get("num_layers", 1))
        if not batched:
            x = reshaped(site, x, (x.shape[0], 1, *x.shape[1:]))
        elif first:
            x = one(site, "Transpose", x, perm=(1, 0, 2))
        units = call.required("weight_hh_l0").shape[1]
        count = 2 if op == "LSTM" else 1
        states, ends = call.operands[1 : 1 + count], list[list[Tensor]]()
        for layer in range(layers):
            begin = [_layer_state(call, t, layer, (layers, directions, units)) for t in states]
            y, *last = onnx(
                site,
                op,
                x,
                *_arrays(call, op, layer, directions),
                None,
                *begin,
                outputs=1 + count,
                direction="bidirectional" if directions == 2 else "forward",
                hidden_size=units,
                **_options(call, op, directions),
            )
            steps, _, batches, _ = y.shape
            ends.append(last)
            x = reshaped(site, one(site, "Transpose", y, perm=(0, 2, 1, 3)), (steps, batches, directions * units))
        y = one(site, "Transpose", x, perm=(1, 0, 2)) if batched and first else x
        y = y if batched else reshaped(site, y, (y.shape[0], y.shape[2]))
        finals = [one(site, "Concat", *parts, axis=0) if layers > 1 else parts[0] for parts in zip(*ends, strict=True)]
        finals = finals if batched else [reshaped(site, t, (t.shape[0], t.shape[2])) for t in finals]
        return [y, *finals][: max(len(site.wanted), 1)]

    return meaning


def _options(call: Call, op: str, directions: int) -> dict[str, Any]:
    if op == "GRU":
        return {"linear_before_reset": 1}
    if op == "RNN" and call.get("nonlinearity", "tanh") == "relu":
        return {"activations": ("Relu",) * directions}
    return {}


def _layer_state(call: Call, state: Tensor, layer: int, sizes: tuple[int, int, int]) -> Tensor:
    """[directions, batch, H] of one layer, of a state of all layers; `sizes` are layers, directions, H."""
    layers, directions, units = sizes
    full = reshaped(call.site, state, (layers * directions, state.size // (layers * directions * units), units))
    if layers == 1:
        return full
    limits = ((layer * directions,), ((layer + 1) * directions,), (0,))
    return one(call.site, "Slice", full, *(vector(call.site, v) for v in limits))


RULES: dict[str, Rule] = {
    "nn.GRU": rule(Gru, _meaning("GRU"), *PARAMETERS),
    "nn.LSTM": rule(Lstm, _meaning("LSTM"), *PARAMETERS, "proj_size"),
    "nn.RNN": rule(Rnn, _meaning("RNN"), *PARAMETERS, "nonlinearity"),
}
"""By the operator's type."""
