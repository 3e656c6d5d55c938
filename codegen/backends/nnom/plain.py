"""Layers without weights by NNoM: pools, element by element, more pixels, zeros around."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from codegen.backends.candidate import Call, whole
from codegen.backends.library import Declined
from codegen.backends.nnom import scales
from codegen.backends.nnom.operators import Plan, all_of
from codegen.backends.nnom.scales import Int64
from codegen.ir import Activation, Array, Tensor
from codegen.ir.ops import Add, AveragePool2D, MaxPool2D, Mean, Mul, Pad, ResizeNearest, Sub
from codegen.reference import evaluate
from codegen.reference.evaluation import meaning_of

MAX_SIZE = 2**15 - 1
"""Pools count pixels in 16 bits with a sign."""

TAP, ELEMENT = 16.0, 12.0
"""Instructions of an element of a window, and of one that is only moved or added."""

BYTES = np.arange(-128, 128, dtype=np.int8)


@dataclass(frozen=True, eq=False, kw_only=True)
class Plain(Plan):
    """A layer of one or two inputs.

    Attributes:
        fields: of the adapter, by name.
        meaning: from the inputs to the output.
        in_place: inputs that the output may lie on.
    """

    fields: dict[str, int]
    meaning: Callable[[Sequence[Array]], Array]
    in_place: frozenset[int] = frozenset()

    def compute(self, inputs: Sequence[Array]) -> Array:
        """What NNoM computes."""
        return self.meaning(inputs).astype(np.int8)

    def call(self, inputs: Sequence[Tensor], output: Tensor) -> Call:
        """All elements in one call."""
        operands = tuple(whole(tensor, 1) for tensor in inputs)
        return Call(self.kernel, tuple(self.fields.items()), operands, (all_of(output),), 1, in_place=self.in_place)


def max_pool_2d(op: MaxPool2D) -> Plain:
    """MAX_POOL_2D: what TFLite computes."""
    fields = _window(op, op.kernel, op.stride, (op.pad_h[0], op.pad_w[0]), op.activation)
    return Plain(
        function="local_maxpool_q7_HWC",
        kernel="genc_nnom_max_pool_q7",
        instructions=op.y.size * op.kernel[0] * op.kernel[1] * TAP,
        fields=fields,
        meaning=lambda x: evaluate(op, x)[0],
    )


def average_pool_2d(op: AveragePool2D) -> Plain:
    """AVERAGE_POOL_2D: the mean is cut off."""
    scales.check([("its input", op.x)])
    if op.offset:
        raise Declined("it was of uint8")
    return _average(op, op.kernel, op.stride, (op.pad_h, op.pad_w), op.activation)


def mean(op: Mean) -> Plain:
    """MEAN over the image, as a pool of one window."""
    scales.check([("its input", op.x), ("its output", op.y)])
    if len(op.x.shape) != 4 or op.axes != (1, 2):
        raise Declined("no function for a mean over other axes than height and width")
    if op.x.quant != op.y.quant:
        raise Declined("its output has another scale than its input")
    return _average(op, op.x.shape[1:3], (1, 1), ((0, 0), (0, 0)), Activation.NONE)


def _average(op: Any, kernel: Any, stride: Any, pads: Any, activation: Activation) -> Plain:
    fields = _window(op, kernel, stride, (pads[0][0], pads[1][0]), activation)
    (sy, sx), (oh, ow) = stride, (fields["out_h"], fields["out_w"])

    def totals(x: Array) -> Int64:
        """Of each window."""
        padded = np.pad(x.astype(np.int64), ((0, 0), *pads, (0, 0)))
        taps = (
            padded[:, row : row + (oh - 1) * sy + 1 : sy, column : column + (ow - 1) * sx + 1 : sx]
            for row, column in np.ndindex(*kernel)
        )
        return sum(taps, np.zeros((x.shape[0], oh, ow, x.shape[3]), np.int64))

    def meaning(inputs: Sequence[Array]) -> Array:
        total, count = totals(inputs[0]), totals(np.ones_like(inputs[0]))
        cut = np.sign(total) * (np.abs(total) // count)
        return np.asarray(scales.activated(cut, fields["rectified"], fields["high"]).reshape(op.y.shape))

    return Plain(
        function="local_avepool_q7_HWC",
        kernel="genc_nnom_average_pool_q7",
        instructions=op.y.size * kernel[0] * kernel[1] * TAP,
        differs="" if tuple(kernel) == (1, 1) else "means are cut off, not rounded: a unit",
        fields=fields,
        meaning=meaning,
    )


def _window(
    op: Any, kernel: Sequence[int], stride: Sequence[int], pad: Sequence[int], activation: Activation
) -> dict[str, int]:
    """Fields of genc_nnom_window."""
    batches, in_h, in_w, channels = op.x.shape
    out_h, out_w = op.y.shape[1:3] if len(op.y.shape) == 4 and not isinstance(op, Mean) else (1, 1)
    if max(in_h, in_w, channels, out_h, out_w) > MAX_SIZE:
        raise Declined(f"a size of {max(in_h, in_w, channels):,} is too large")
    if activation is not Activation.NONE:
        scales.check([("its output", op.y)])
    rectified, high = scales.activation(activation, op.y)
    names = "batches in_h in_w channels out_h out_w kernel_h kernel_w stride_h stride_w pad_top pad_left"
    numbers = (batches, in_h, in_w, channels, out_h, out_w, *kernel, *stride, *pad)
    sizes = dict(zip(names.split(), map(int, numbers), strict=True))
    return {**sizes, "rectified": rectified, "high": high}


FUNCTIONS: dict[type, tuple[str, Callable[[Int64, Int64], Int64]]] = {
    Add: ("add", np.add),
    Sub: ("sub", np.subtract),
    Mul: ("mul", np.multiply),
}
"""Of two tensors: name of the adapter, and what it does."""


def pair(op: Add | Sub | Mul) -> Plain:
    """ADD and SUB of tensors of one scale, MUL of any two; all of one shape."""
    a, b = op.operand(0), op.operand(1)
    scales.check([("its first input", a), ("its second input", b), ("its output", op.y)])
    if a.is_constant or b.is_constant or a.shape != b.shape:
        raise Declined("no function for a constant, or for shapes that differ")
    name, combine = FUNCTIONS[type(op)]
    (of_a,), (of_b,), (of_y,) = (scales.powers(t).tolist() for t in (a, b, op.y))
    if not isinstance(op, Mul) and of_a != of_b:
        raise Declined("its inputs have scales that differ")
    shift = scales.right_shift(2**14, of_y - (of_a + of_b if isinstance(op, Mul) else of_a))
    rectified, high = scales.activation(op.activation, op.y)

    def meaning(inputs: Sequence[Array]) -> Array:
        values = combine(inputs[0].astype(np.int64), inputs[1].astype(np.int64))
        return scales.activated(scales.shifted(values, shift), rectified, high)

    every = [BYTES[:, None], BYTES[None, :]]
    wrong = int((meaning(every) != evaluate_pair(op, every)).sum())
    return Plain(
        function=f"local_{'mult' if isinstance(op, Mul) else name}_q7",
        kernel=f"genc_nnom_{name}_q7",
        instructions=op.y.size * ELEMENT,
        differs=f"ties go up: {wrong:,} of 65,536 pairs differ by a unit" if wrong else "",
        fields={"size": op.y.size, "out_shift": shift, "rectified": rectified, "high": high},
        meaning=meaning,
        in_place=frozenset({0, 1}),
    )


def evaluate_pair(op: Add | Sub | Mul, inputs: Sequence[Array]) -> Array:
    """What TFLite computes of arrays that are broadcast."""
    return meaning_of(op)(op, inputs)[0]


def resize_nearest(op: ResizeNearest) -> Plain:
    """RESIZE_NEAREST_NEIGHBOR by a whole factor, where every pixel becomes a square: what TFLite computes."""
    batches, in_h, in_w, channels = op.x.shape
    factor = op.size[0] // in_h
    if op.size != (in_h * factor, in_w * factor) or factor < 1 or max(op.size) > MAX_SIZE:
        raise Declined("no function for another than one whole factor")
    pixels = np.arange(in_h * in_w, dtype=np.int32).reshape(1, in_h, in_w, 1)
    repeated = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    if not np.array_equal(meaning_of(op)(op, [pixels])[0], repeated):
        raise Declined("its pixels are not repeated evenly")
    fields = {"batches": batches, "in_h": in_h, "in_w": in_w, "channels": channels, "factor": factor}
    return Plain(
        function="local_up_sampling_q7_HWC",
        kernel="genc_nnom_up_sampling_q7",
        instructions=op.y.size * ELEMENT / 2,
        fields=fields,
        meaning=lambda x: evaluate(op, x)[0],
    )


def pad(op: Pad) -> Plain:
    """PAD of height and width with zeros: what TFLite computes."""
    if len(op.x.shape) != 4 or op.pads[0] != (0, 0) or op.pads[3] != (0, 0) or op.value != 0:
        raise Declined("no function for other padding than zeros around an image")
    batches, in_h, in_w, channels = op.x.shape
    if max(op.y.shape) > MAX_SIZE:
        raise Declined(f"a size of {max(op.y.shape):,} is too large")
    names = "batches in_h in_w channels top bottom left right"
    numbers = (batches, in_h, in_w, channels, *op.pads[1], *op.pads[2])
    fields = dict(zip(names.split(), map(int, numbers), strict=True))
    return Plain(
        function="local_zero_padding_HWC_q7",
        kernel="genc_nnom_zero_padding_q7",
        instructions=op.y.size * ELEMENT / 4,
        fields=fields,
        meaning=lambda x: evaluate(op, x)[0],
    )
