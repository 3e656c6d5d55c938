"""Random recurrent operators, with values for input and states, as hypothesis strategies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from hypothesis import strategies as st

from codegen.ir import Activation, Array, DType, Operator, Quantization, Tensor
from codegen.ir.ops.recurrent import Gru, Lstm, Rnn, Svdf
from codegen.ir.ops.sequence import GATE_FUNCTIONS, IDENTITY, LOGISTIC, TANH, GateFunction
from codegen.reference import hybrid as hybrid_layers

Case = tuple[Any, list[Array]]
Draw = st.DrawFn

LIMITS = {DType.INT32: (-(2**14), 2**14), DType.INT64: (-(2**24), 2**24)}
"""Of biases."""

POWER_FROM_CELL = st.integers(-15, -9)


class Source:
    """Tensors with random values."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def quant(self, low: float, high: float, zero: int = 0) -> Quantization:
        """A scale of 2^low to 2^high."""
        return Quantization((float(np.float32(2.0 ** self.rng.uniform(low, high))),), (zero,))

    def zero(self) -> int:
        return self.draw(st.integers(-128, 127) | st.sampled_from([-128, 0, 127]))

    def values(self, shape: Sequence[int], dtype: DType, spread: float = 1.0) -> Array:
        if dtype is DType.FLOAT32:
            return self.rng.normal(0, spread, tuple(shape)).astype(np.float32)
        low, high = LIMITS.get(dtype, dtype.limits if dtype.is_integer else (0, 0))
        return self.rng.integers(low, high, tuple(shape), np.int64, endpoint=True).astype(dtype.numpy)

    def constant(self, shape: Sequence[int], dtype: DType, quant: Quantization | None, spread: float = 1.0) -> Tensor:
        data = self.values(shape, dtype, spread)
        if dtype in {DType.INT8, DType.INT16}:
            data = np.maximum(data, -dtype.limits[1])
        return Tensor("constant", tuple(shape), dtype, quant, data)


def gate_functions(standard: GateFunction) -> st.SearchStrategy[GateFunction]:
    """The usual one, or any with any numbers."""
    some = st.builds(GateFunction, st.sampled_from(GATE_FUNCTIONS), st.floats(0.1, 1), st.floats(0.1, 1))
    return st.just(standard) | some


@st.composite
def sequences(draw: Draw, of: tuple[int, int, int] | None = None) -> tuple[Tensor, dict[str, Any]]:
    """A float32 sequence, of any shape or [time, batch, elements] `of`, and what layers over one may be told."""
    steps, batches, depth = of or (draw(st.integers(1, most)) for most in (4, 3, 9))
    time_major = of is not None or draw(st.booleans())
    x = Tensor("x", (steps, batches, depth) if time_major else (batches, steps, depth), DType.FLOAT32)
    fields = {
        "time_major": time_major,
        "backward": draw(st.booleans()),
        "last_only": draw(st.booleans()),
        "gate_clip": draw(st.sampled_from([0.0, 0.0, 0.5])),
    }
    return x, fields


@st.composite
def lstms(draw: Draw, dtype: DType, *, tflite: bool = False, plain: bool = False, hybrid: bool = False) -> Case:
    """An LSTM in any variant that the type has, or that TFLite has; a plain one has no projection and no peepholes, a
    hybrid one int8 weights beside float32.
    """
    source = Source(draw)
    short = dtype is DType.INT16
    integer = dtype is DType.INT8 or short
    plain = plain or short
    batches, steps, depth, cells = (draw(st.integers(1, most)) for most in (3, 4, 9, 10))
    coupled, projected = not short and draw(st.booleans()), not plain and draw(st.booleans())
    holes, norms = (not plain and draw(st.booleans()) for _ in range(2))
    outputs = draw(st.integers(1, min(9, cells) if integer and holes else 9)) if projected else cells
    x_quant, h_quant = source.quant(-8, 0, source.zero()), source.quant(-8, -5, source.zero())
    c_quant = Quantization((2.0 ** draw(POWER_FROM_CELL),), (0,))
    small, wide = (DType.INT16, DType.INT64 if short else DType.INT32) if integer else (dtype, dtype)
    if short:
        x_quant, h_quant = source.quant(-16, -12), source.quant(-15, -14)

    def weights(rows: int, columns: int, low: float = -9, high: float = -5) -> Tensor:
        if hybrid or short:
            return source.constant((rows, columns), DType.INT8, source.quant(-10, -8))
        return source.constant((rows, columns), dtype, source.quant(low, high) if integer else None, 0.5)

    def gates(make: Any, *, of: int = 4, first: bool = True) -> list[Tensor | None]:
        return [make() if i or first else None for i in range(of)]

    def vector(kind: DType, low: float, high: float) -> Tensor:
        return source.constant((cells,), kind, source.quant(low, high) if integer else None)

    def hole() -> Tensor:
        return source.constant((cells,), DType.INT8, source.quant(-9, -7)) if hybrid else vector(small, -15, -11)

    time_major = draw(st.booleans())
    x = Tensor(
        "x", (steps, batches, depth) if time_major else (batches, steps, depth), dtype, x_quant if integer else None
    )
    hidden = Tensor("hidden", (batches, outputs), dtype, h_quant if integer else None)
    cell = Tensor("cell", (batches, cells), STATE_TYPE[dtype], c_quant if integer else None)
    none: list[Tensor | None] = [None]
    inputs = [
        x,
        *gates(lambda: weights(cells, depth), first=not coupled),
        *gates(lambda: weights(cells, outputs), first=not coupled),
        *(gates(hole, of=3, first=not coupled) if holes else none * 3),
        *gates(lambda: vector(wide, -12, -11), first=not coupled),
        weights(outputs, cells) if projected else None,
        source.constant((outputs,), wide, None) if projected and draw(st.booleans()) else None,
        hidden,
        cell,
        *(gates(lambda: vector(small, -15, -11), first=not coupled) if norms else none * 4),
    ]
    clips = st.sampled_from([0.0, 0.0, 0.4, 1.5])
    fields = {
        "time_major": time_major,
        "cell_clip": draw(clips),
        "projection_clip": draw(clips) if projected else 0.0,
        "hidden_quant": source.quant(-8, -6, source.zero()) if integer and (projected or draw(st.booleans())) else None,
    }
    if hybrid:
        fields["asymmetric_inputs"] = draw(st.booleans())
    if integer and norms:
        fields["gate_scales"] = tuple(source.quant(-14, -10).scale for _ in range(4))
    if not (integer or tflite):
        _, more = draw(sequences())
        functions = draw(st.tuples(*map(gate_functions, (LOGISTIC, TANH, TANH))))
        fields = {**more, **fields, "functions": functions}
    return finish(Lstm, inputs, source, h_quant if integer else None, **fields)


STATE_TYPE = {DType.INT8: DType.INT16, DType.INT16: DType.INT16, DType.FLOAT32: DType.FLOAT32}


def finish(kind: type[Operator], inputs: list[Any], source: Source, quant: Quantization | None, **fields: Any) -> Case:
    """The operator with its outputs, and values for what it reads; states are outputs in the order of their inputs."""
    op = kind(inputs=inputs, outputs=[], name="layer", **fields)
    states = op.activations[1:]
    shapes = op.infer_shapes()
    following = [Tensor(f"next{i}", s.shape, s.dtype, s.quant) for i, s in enumerate(states)]
    op.outputs = [Tensor("y", shapes[0], op.x.dtype, quant), *following]
    assert op.violations() == []
    return op, [source.values(t.shape, t.dtype) for t in op.activations]


@st.composite
def rnns(draw: Draw, *, tflite: bool = False, hybrid: bool = False) -> Case:
    """A fully connected recurrent layer, float32, in any variant, or those of TFLite; a hybrid one has int8 weights."""
    source = Source(draw)
    x, fields = draw(sequences())
    units, batches = draw(st.integers(1, 10)), x.shape[1 if fields["time_major"] else 0]
    shapes = (units, x.shape[2]), (units, units), (units,)
    constants = [source.constant(shape, x.dtype, None, 0.4) for shape in shapes]
    if hybrid:
        constants[:2] = [source.constant(shape, DType.INT8, source.quant(-10, -8)) for shape in shapes[:2]]
        fields["asymmetric_inputs"] = draw(st.booleans())
    inputs = [x, *constants, Tensor("hidden", (batches, units), x.dtype)]
    function, activation = draw(gate_functions(TANH)), draw(st.sampled_from(list(Activation)))
    if tflite:
        fields = {name: fields[name] for name in ("time_major", "asymmetric_inputs") if name in fields}
        function = TANH if activation is Activation.NONE else IDENTITY
    return finish(Rnn, inputs, source, None, **fields, function=function, activation=activation)


@st.composite
def grus(draw: Draw, *, of: tuple[int, int, int] | None = None) -> Case:
    """A gated recurrent unit, float32, over any sequence, or one of [time, batch, elements] `of`."""
    source = Source(draw)
    x, fields = draw(sequences(of))
    units, batches = draw(st.integers(1, 10)), x.shape[1 if fields["time_major"] else 0]
    shapes = (3 * units, x.shape[2]), (3 * units, units), (3 * units,), (3 * units,)
    constants = [source.constant(shape, x.dtype, None, 0.4) for shape in shapes]
    inputs = [x, *constants, Tensor("hidden", (batches, units), x.dtype)]
    functions = draw(st.tuples(gate_functions(LOGISTIC), gate_functions(TANH)))
    return finish(Gru, inputs, source, None, **fields, functions=functions, reset_after=draw(st.booleans()))


@st.composite
def svdfs(draw: Draw, dtype: DType, state: DType, *, hybrid: bool = False) -> Case:
    """An SVDF with a state of int8, int16 or float32; a hybrid one has int8 feature weights."""
    source = Source(draw)
    integer = dtype is DType.INT8
    batches, depth, units, memory, rank = (draw(st.integers(1, most)) for most in (3, 9, 6, 7, 3))
    zero = source.zero() if state is DType.INT8 else 0

    def quant(low: float, high: float, zero: int = 0) -> Quantization | None:
        return source.quant(low, high, zero) if integer else None

    bias = source.constant((units,), DType.INT32 if integer else dtype, None)
    inputs = [
        Tensor("x", (batches, depth), dtype, quant(-6, -2, source.zero())),
        source.constant((units * rank, depth), dtype, quant(-8, -4)),
        source.constant((units * rank, memory), state, quant(-9, -4) if state is not DType.INT16 else quant(-15, -12)),
        draw(st.sampled_from([None, bias])),
        Tensor("state", (batches, units * rank * memory), state, quant(-6, -1, zero)),
    ]
    fields: dict[str, Any] = {"rank": rank}
    fields["activation"] = Activation.NONE if integer else draw(st.sampled_from(list(Activation)))
    if hybrid:
        inputs[1] = source.constant((units * rank, depth), DType.INT8, source.quant(-9, -6))
        fields["asymmetric_inputs"] = draw(st.booleans())
    return finish(Svdf, inputs, source, quant(-5, 0, source.zero()), **fields)


@contextmanager
def distances_to_borders() -> Iterator[list[float]]:
    """How far the values that hybrid layers round are from where they would be rounded the other way.

    A state that differs in its last bit may cross such a border, and then a whole step of 8 bits.
    """
    seen: list[float] = []
    nearest = hybrid_layers._nearest

    def watched(values: Array) -> Array:
        seen.append(float(np.abs(np.abs(values.astype(np.float64)) % 1 - 0.5).min(initial=1.0)))
        return nearest(values)

    hybrid_layers._nearest = watched
    try:
        yield seen
    finally:
        hybrid_layers._nearest = nearest


BORDER = 1e-4
"""Nearer to a border the last bits of a state may decide."""


FAMILIES: dict[str, st.SearchStrategy[Case]] = {
    "lstm s8": lstms(DType.INT8),
    "lstm s16": lstms(DType.INT16),
    "lstm f32": lstms(DType.FLOAT32),
    "rnn f32": rnns(),
    "gru f32": grus(),
    "svdf s8 s8": svdfs(DType.INT8, DType.INT8),
    "svdf s8 s16": svdfs(DType.INT8, DType.INT16),
    "svdf f32": svdfs(DType.FLOAT32, DType.FLOAT32),
    "lstm hybrid": lstms(DType.FLOAT32, hybrid=True),
    "rnn hybrid": rnns(hybrid=True),
    "svdf hybrid": svdfs(DType.FLOAT32, DType.FLOAT32, hybrid=True),
}
"""Strategies by family of kernels."""
