"""NNoM's numbers: q7, of which a power of two is one unit, without zero points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codegen.backends.library import Declined
from codegen.ir import Activation, DType, Tensor

Int64 = npt.NDArray[np.int64]

TOLERANCE = 2.0**-20
"""Relative distance from a power of two that is none: scales are float32, and products of them."""

LOWEST, HIGHEST = DType.INT8.limits


def exponent(scale: float) -> int | None:
    """The power of two that a scale is; None when it is not one."""
    if not 0 < scale < math.inf:
        return None
    power = round(math.log2(scale))
    return power if abs(scale / 2.0**power - 1) < TOLERANCE else None


def problem(tensor: Tensor, what: str) -> str:
    """What keeps a tensor from being q7 of NNoM; "" when nothing does."""
    if tensor.dtype is not DType.INT8 or tensor.quant is None:
        return f"{what} has type {tensor.dtype.value}"
    if any(tensor.quant.zero_points):
        return f"{what} has zero point {next(zero for zero in tensor.quant.zero_points if zero)}"
    odd = [scale for scale in tensor.quant.scales if exponent(scale) is None]
    return f"{what} has scale {odd[0]:.6g}, which is no power of two" if odd else ""


def problems(named: Sequence[tuple[str, Tensor]]) -> str:
    """What keeps a layer's tensors from being q7 of NNoM, all of it; "" when nothing does."""
    return "; ".join(text for what, tensor in named if (text := problem(tensor, what)))


def check(named: Sequence[tuple[str, Tensor]]) -> None:
    """Declined unless all tensors are q7 of NNoM."""
    if text := problems(named):
        raise Declined(text)


def powers(tensor: Tensor) -> Int64:
    """Exponents of the scales, one or one for each channel; the tensor is q7 of NNoM."""
    assert tensor.quant is not None
    found = [exponent(scale) for scale in tensor.quant.scales]
    return np.array([power for power in found if power is not None], np.int64)


def right_shift(most: int, shift: int) -> int:
    """A shift of sums up to `most` to the right; Declined when it is to the left, or a sum would overflow."""
    if shift < 0:
        raise Declined(f"its output has a scale {2.0**shift:g} times that of its sums: NNoM shifts to the right only")
    if shift > MAX_SHIFT or most + (1 << shift >> 1) >= 2**31:
        raise Declined("its sums may overflow")
    return shift


MAX_SHIFT = 30


def shifted(sums: Int64, shift: Int64 | int) -> Int64:
    """(sums + half) >> shift, saturated: ties go up."""
    half = np.left_shift(1, shift) >> 1
    return np.asarray(np.clip((sums + half) >> shift, LOWEST, HIGHEST))


def activation(kind: Activation, output: Tensor) -> tuple[int, int]:
    """{1 when outputs are limited to 0 ... high, high}; Declined for what NNoM does not have.

    Args:
        kind: as in the file.
        output: q7 of NNoM.
    """
    if kind is Activation.NONE:
        return 0, HIGHEST
    low, high = kind.value
    if low != 0:
        raise Declined(f"no function for a fused {kind.name}")
    power = int(powers(output)[0])
    return 1, HIGHEST if high is None else min(HIGHEST, round(high * 2.0**-power))


def activated(values: Int64, rectified: int, high: int) -> Int64:
    """The fused activation."""
    return np.clip(values, 0, high) if rectified else values


def q7_bias(bias: Int64, *, together: bool) -> tuple[Int64, Int64]:
    """The biases as q7 and their shifts to the left, one for all if `together`; Declined when that is not exact."""
    bits = np.zeros(bias.shape, np.int64)
    while (wide := (bias >> bits < LOWEST) | (bias >> bits > HIGHEST)).any():
        bits[wide] += 1
    shift = np.full_like(bits, bits.max(initial=0)) if together else bits
    short = bias >> shift
    lost = short << shift != bias
    if lost.any():
        at = int(np.argmax(lost))
        raise Declined(f"the bias of output {at} is {bias[at]:,}: NNoM's are 8 bits and a shift to the left")
    return short, shift
