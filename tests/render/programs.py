"""Programs made by hand, for tests of the renderer alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, RowsHeld, rowwise
from codegen.boards import find_board
from codegen.ir import DType, Graph, Quantization, State, Tensor
from codegen.ir.ops import Relu, Reshape
from codegen.render.library import GOLDEN, RenderOptions
from codegen.schedule.program import Layer, PlacedCall, Placement, Program

QUANT = Quantization((0.5,), (-3,))
TABLE = np.where(np.arange(256) < 128, np.maximum(np.arange(256), 5), 5).astype(np.uint8)


def options(name: str = "tiny", golden: GOLDEN | None = None, **more: object) -> RenderOptions:
    """Options as the compiler makes them."""
    board = find_board("stm32f4")
    return RenderOptions(name, board, f"{name}.tflite", "0123456789abcdef" * 4, golden, **more)  # type: ignore[arg-type]


def relu_program(in_place: bool = True, layer_name: str = "act") -> Program:
    """max(x, 5) by a byte table on 1x4x4x2, in place or from byte 32 to 0, and a view of the result."""
    x = Tensor("serving_default_image:0", (1, 4, 4, 2), DType.INT8, QUANT)
    y = Tensor("act", (1, 4, 4, 2), DType.INT8, QUANT)
    flat = Tensor("StatefulPartitionedCall:0", (1, 32), DType.INT8, QUANT)
    relu = Relu(inputs=[x], outputs=[y], name=layer_name, source="RELU #0")
    view = Reshape(inputs=[y], outputs=[flat], name="flat", source="RESHAPE #1", shape=(1, 32))
    params = (
        ("row_bytes", 8),
        ("x_held", RowsHeld(0)),
        ("y_held", RowsHeld(1)),
        ("table", Constant("table", TABLE, "y of x = 0 ... 127, -128 ... -1")),
    )
    call = Call("genc_lookup", params, (rowwise(x, 4),), (rowwise(y, 4),), 4, in_place=frozenset({0}))
    start = 0 if in_place else 32
    placed = PlacedCall(call, (start,), (0,), None, None, (4, 4), (0, 0), 0, 4)
    return Program(
        graph=Graph("tiny", [x], [flat], [relu, view]),
        layers=(
            Layer(0, relu, Candidate(relu, "portable", (call,), 100.0), (placed,)),
            Layer(1, view, None, ()),
        ),
        placements=(
            Placement(x, x.name, start, 32, -1, 0),
            Placement(y, y.name, 0, 32, 0, 2),
            Placement(flat, flat.name, 0, 32, 1, 2, y),
        ),
        arena_bytes=start + 32,
        arena_align=16,
        lower_bound_bytes=32,
        peak_layer=0,
        offsets={x: start, y: 0, flat: 0},
    )


def state_program() -> Program:
    """max(s, 5) in place on a state of 32 bytes, which is the output too; behind it a state that never changes."""
    relu = relu_program()
    (layer, view), x = relu.layers, relu.graph.inputs[0]
    y, flat = layer.op.y, view.op.y
    counts = Tensor("counts */", (3,), DType.INT16)
    states = [
        State("sum", x, y, np.full(x.shape, -3, np.int8)),
        State(counts.name, counts, counts, np.array([1, 2, 300], np.int16)),
    ]
    size = 16
    (placed,) = layer.calls
    return replace(
        relu,
        graph=Graph("state", [], [flat], [layer.op, view.op], states=states),
        layers=(replace(layer, calls=(replace(placed, inputs=(size,), outputs=(size,)),)), view),
        placements=(
            Placement(x, x.name, size, 32, -1, 0),
            Placement(y, y.name, size, 32, 0, 2),
            Placement(flat, flat.name, size, 32, 1, 2, y),
            Placement(counts, counts.name, size + 32, 6, -1, 2),
        ),
        arena_bytes=size,
        state_bytes=38,
        offsets={x: size, y: size, flat: size, counts: size + 32},
    )


def state_golden() -> GOLDEN:
    """The test vector of state_program."""
    return [], [np.full((1, 32), 5, np.int8)]


def relu_golden() -> GOLDEN:
    """The test vector of relu_program."""
    x = np.arange(-16, 16, dtype=np.int8).reshape(1, 4, 4, 2)
    return [x], [np.maximum(x, 5).reshape(1, 32).astype(np.int8)]


def wires(*tensors: Tensor) -> Program:
    """No layers: every input is an output too."""
    offsets, end = {}, 0
    for tensor in tensors:
        offsets[tensor] = end
        end += -(-tensor.bytes // 16) * 16
    placements = tuple(Placement(t, t.name, offsets[t], t.bytes, -1, 0) for t in tensors)
    return Program(Graph("wires", [*tensors], [*tensors]), (), placements, end, 16, end, 0, offsets=offsets)


def wires_golden(program: Program) -> GOLDEN:
    """A test vector of wires: counting numbers."""
    arrays = [np.arange(t.size).reshape(t.shape).astype(t.dtype.numpy) for t in program.graph.inputs]
    return arrays, arrays[:1] * len(program.graph.outputs) if len(arrays) == 1 else arrays


ALL_TYPES = tuple(
    Tensor(f"t{i}", (2, 3), dtype, QUANT if dtype in (DType.INT8, DType.INT16) else None)
    for i, dtype in enumerate(DType)
    if dtype is not DType.FLOAT16  # constants of model files alone
)
"""One tensor of every element type."""
