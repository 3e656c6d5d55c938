"""TFLite's recurrent operators as operators of the IR.

A bidirectional layer is two layers, one of which sees the sequence reversed; a single step of LSTM or
RNN is a sequence of length one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.operators import Rule, Site
from codegen.ir import Activation, DType, Operator, Tensor, ops
from codegen.ir.ops.recurrent import CELL, HIDDEN, LSTM_INPUTS, NORMS, RNN_HIDDEN, STATE, Lstm, Rnn, Svdf
from codegen.ir.ops.sequence import TANH

PROJECTED = 4
"""Intermediate tensor of an LSTM that says how the values to be projected are quantised."""

WAY_OPERANDS = 17
"""Constant operands of one direction: weights, peepholes, biases, projection and its bias."""
STATES_AT, AUX_AT, AUX_WEIGHTS_AT = 35, 39, (40, 44)
"""Where a bidirectional layer has its four states, its auxiliary input and the weights for it, forward and backward."""
BIDIRECTIONAL_INPUTS = 48


def _lstm_fields(site: Site) -> dict[str, Any]:
    if site.options["FusedActivationFunction"] != "TANH":
        raise RefusedError(f"cell activation {site.options['FusedActivationFunction']} is not supported, only TANH")
    quants = site.intermediates
    gates = [q for q in quants[:PROJECTED] if q is not None]
    return {
        "cell_clip": site.options["CellClip"],
        "projection_clip": site.options["ProjClip"],
        "hidden_quant": quants[PROJECTED] if len(quants) > PROJECTED else None,
        "asymmetric_inputs": bool(site.options["AsymmetricQuantizeInputs"]),
        "gate_scales": tuple(q.scale for q in gates) if len(gates) == PROJECTED else None,
    }


def _sequence_lstm(site: Site) -> list[Operator]:
    if site.options["DiagonalRecurrentTensors"]:
        raise RefusedError("diagonal recurrent weights are not supported")
    outputs = [*site.outputs, _next(site, HIDDEN), _next(site, CELL)]
    fields = {"time_major": bool(site.options["TimeMajor"]), **_lstm_fields(site)}
    return [site.make(Lstm, list(site.inputs), outputs, **fields)]


def _lstm(site: Site) -> list[Operator]:
    if site.options["KernelType"] != "FULL":
        raise RefusedError(f"kernel type {site.options['KernelType']} is not supported, only FULL")
    return _single_step(site, Lstm, (HIDDEN, CELL), **_lstm_fields(site))


def _rnn_fields(site: Site) -> dict[str, Any]:
    asymmetric = {"asymmetric_inputs": bool(site.options["AsymmetricQuantizeInputs"])}
    if site.options["FusedActivationFunction"] == "TANH":
        return {"function": TANH, **asymmetric}
    return {"activation": site.activation(), **asymmetric}


def _sequence_rnn(site: Site) -> list[Operator]:
    outputs = [*site.outputs, _next(site, RNN_HIDDEN)]
    fields = {"time_major": bool(site.options["TimeMajor"]), **_rnn_fields(site)}
    return [site.make(Rnn, list(site.inputs), outputs, **fields)]


def _rnn(site: Site) -> list[Operator]:
    return _single_step(site, Rnn, (RNN_HIDDEN,), **_rnn_fields(site))


def _single_step(site: Site, kind: type[Operator], states: Sequence[int], **fields: Any) -> list[Operator]:
    """One step [B, I] as a sequence [1, B, I]."""
    x, y = site.tensor(0), site.outputs[0]
    if len(x.shape) != 2:
        raise RefusedError(f"its input {x.type_text} does not have rank 2")
    sequence, result = site.part(x, "sequence"), site.part(y, "sequence")
    sequence.shape = (1, *x.shape)
    outputs = [result, *(_next(site, i) for i in states)]
    layer = site.make(kind, [sequence, *site.inputs[1:]], outputs, time_major=True, **fields)
    if (broken := layer.broken_precondition()) is not None:
        raise RefusedError(broken[1])
    return [
        site.make(ops.Reshape, [x], [sequence], shape=sequence.shape),
        layer,
        site.make(ops.Reshape, [result], [y], shape=layer.infer_shapes()[0][1:]),
    ]


def _bidirectional_lstm(site: Site) -> list[Operator]:
    """Forward and backward layer, joined along the last axis when the outputs are merged."""
    time_major, merged = bool(site.options["TimeMajor"]), bool(site.options["MergeOutputs"])
    if len(site.outputs) != (1 if merged else 2) or len(site.tensor(0).shape) != 3:
        raise RefusedError(f"{len(site.outputs)} outputs or input {site.tensor(0).type_text} do not fit it")
    targets = [site.part(site.outputs[0], label) for label in ("forward", "backward")] if merged else site.outputs
    if site.tensor(0).dtype is not DType.FLOAT32:
        raise RefusedError(f"its input is {site.tensor(0).type_text}; TFLite computes it in float32 only")
    operators = [
        *_direction(site, 0, targets[0], time_major=time_major),
        *_direction(site, 1, targets[1], time_major=time_major),
    ]
    if merged:
        operators.append(site.make(ops.Concat, list(targets), site.outputs, axis=2))
    return operators


def _direction(site: Site, way: int, y: Tensor, *, time_major: bool) -> list[Operator]:
    """One direction of a bidirectional layer; 1 is backward."""
    label, axis = ("forward", "backward")[way], 0 if time_major else 1
    first, state = 1 + way * WAY_OPERANDS, STATES_AT + 2 * way
    operands = list(site.inputs[first : first + WAY_OPERANDS])
    aux, aux_weights = site.inputs[AUX_AT], site.inputs[AUX_WEIGHTS_AT[way] : AUX_WEIGHTS_AT[way] + 4]
    operators: list[Operator] = []
    x = site.tensor(0)
    if aux is not None and all(t is None for t in aux_weights):
        x = aux if way else x  # stacked layers: each direction goes on with its own input
    elif aux is not None:
        if aux.shape[:2] != x.shape[:2] or len(aux.shape) != 3:
            raise RefusedError(f"its auxiliary input {aux.type_text} does not fit input {x.type_text}")
        joined = site.part(x, f"{label}_input")
        joined.shape = (*x.shape[:2], x.shape[2] + aux.shape[2])
        operators.append(site.make(ops.Concat, [x, aux], [joined], axis=2))
        x, operands[:4] = joined, [_beside(site, w, v) for w, v in zip(operands[:4], aux_weights, strict=True)]
    result = y
    if way:
        x, reverse = _reversed(site, x, site.part(x, "reversed"), axis)
        operators.append(reverse)
        result = site.part(y, "reversed")
    inputs = [x, *operands, site.inputs[state], site.inputs[state + 1], *[None] * (LSTM_INPUTS - NORMS)]
    outputs = [result, _next(site, state), _next(site, state + 1)]
    layer = site.make(Lstm, inputs, outputs, time_major=time_major, **_lstm_fields(site))
    operators.append(layer)
    if way:
        if (broken := layer.broken_precondition()) is not None:
            raise RefusedError(broken[1])
        result.shape = layer.infer_shapes()[0]
        operators.append(_reversed(site, result, y, axis)[1])
    return operators


def _beside(site: Site, w: Tensor | None, v: Tensor | None) -> Tensor | None:
    """Weights of the input and of the auxiliary input as one matrix."""
    if w is None and v is None:
        return None
    if w is None or v is None or not w.is_constant or not v.is_constant or w.shape[:1] != v.shape[:1]:
        raise RefusedError("its weights for the auxiliary input do not fit those for the input")
    if len(w.shape) != 2 or len(v.shape) != 2 or w.dtype is not v.dtype or w.dtype is not DType.FLOAT32:
        raise RefusedError("its weights for the auxiliary input do not fit those for the input")
    data = np.concatenate([w.value, v.value], axis=1)
    return Tensor(f"{site.name}/weights", data.shape, w.dtype, w.quant, data)


def _reversed(site: Site, x: Tensor, y: Tensor, axis: int) -> tuple[Tensor, Operator]:
    """A sequence from its end to its beginning."""
    length = x.shape[axis]
    begin, strides = ([length - 1 if i == axis else 0 for i in range(3)], [-1 if i == axis else 1 for i in range(3)])
    fields = {"begin": tuple(begin), "size": x.shape, "strides": tuple(strides)}
    y.shape = x.shape
    return y, site.make(ops.Slice, [x], [y], **fields)


def _svdf(site: Site) -> list[Operator]:
    """In int8 the activation is ignored, as by TFLite: the output's zero point does what a RELU would."""
    activation = site.activation() if site.outputs[0].dtype.numpy.kind == "f" else Activation.NONE
    outputs = [*site.outputs, _next(site, STATE)]
    inputs = list(site.inputs)
    time = inputs[SVDF_TIME]
    if site.tensor(0).dtype is DType.FLOAT32 and time is not None and time.dtype is DType.INT8:
        inputs[SVDF_TIME] = _real(site, time)
    fields = {"rank": site.options["Rank"], "asymmetric_inputs": bool(site.options["AsymmetricQuantizeInputs"])}
    return [site.make(Svdf, inputs, outputs, activation=activation, **fields)]


SVDF_TIME = 2


def _real(site: Site, weights: Tensor) -> Tensor:
    """The time weights of a hybrid layer as floats, which TFLite makes of them, too."""
    if weights.data is None or weights.quant is None or weights.quant.per_channel:
        raise RefusedError(f"its weights {weights.name!r} are not a constant with one scale")
    data = weights.data.astype(np.float32) * np.float32(weights.quant.scale)
    return Tensor(f"{site.name}/weights", weights.shape, DType.FLOAT32, None, data)


def _next(site: Site, index: int) -> Tensor:
    """The next value of the state at input `index`."""
    if site.inputs[index] is None:
        raise RefusedError(f"its state (input {index}) is missing")
    return site.next_state(index)


RULES: dict[str, Rule] = {
    "BIDIRECTIONAL_SEQUENCE_LSTM": Rule(Lstm, _bidirectional_lstm, (1, BIDIRECTIONAL_INPUTS), None),
    "LSTM": Rule(Lstm, _lstm, (1, LSTM_INPUTS)),
    "RNN": Rule(Rnn, _rnn, (5, 5)),
    "SVDF": Rule(Svdf, _svdf, (1, 5)),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Rule(Lstm, _sequence_lstm, (1, LSTM_INPUTS)),
    "UNIDIRECTIONAL_SEQUENCE_RNN": Rule(Rnn, _sequence_rnn, (5, 5)),
}
"""Recurrent operators; which inputs may be missing is said by the operators of the IR."""
