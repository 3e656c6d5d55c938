"""Convolutions of int16 by weights of int8, by CMSIS-NN: which function, its buffer, its constants."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from codegen.backends import library
from codegen.backends.candidate import Candidate, Constant, Core, Fields
from codegen.backends.cmsis_nn import costs
from codegen.backends.cmsis_nn.costs import extension
from codegen.backends.cmsis_nn.images import MAX_SIZE, Function, candidates, check_sizes
from codegen.backends.library import Declined, Offer
from codegen.backends.portable.linear import Int64
from codegen.ir import Array, DType, Operator
from codegen.ir.ops import Conv2D, DepthwiseConv2D
from codegen.ir.ops.linear import has_wide_weights
from codegen.reference import parameters
from codegen.reference.fixed_point import narrow_multiplier
from codegen.reference.parameters import LinearParams

LARGEST = 2**15
"""Of what int16 inputs amount to."""

MAX_TAPS = 511
"""Of arm_depthwise_conv_fast_s16: so many products of int16 and int8 stay in 32 bits."""

MVE_ELEMENTS = 8
"""Of int16 in a vector."""


def conv_2d(op: Conv2D, core: Core) -> list[Candidate]:
    """CONV_2D of one group."""
    check_sizes(op)
    outputs = op.weights.shape[0]
    weights = op.weights.value.reshape(outputs, -1)
    patch = weights.shape[1]
    if op.groups > 1:
        raise Declined("no function for groups of int16")
    if patch > MAX_SIZE:
        raise Declined(f"a window of more than {MAX_SIZE:,} elements")
    p = parameters.linear(op)
    _check(op, p, weights)
    vector = -(-patch // MVE_ELEMENTS) * MVE_ELEMENTS
    taps = (op.kernel[0], op.kernel[1], op.x.shape[3])
    function = Function(
        kernel="genc_cmsis_conv_s16",
        offsets=_offsets(p),
        work=partial(costs.convolution_s16, outputs, patch, taps, extension(core)),
        # arm_convolve_s16_get_buffer_size: patches of four pixels in whole vectors, or of two
        context_bytes=4 * vector * 2 if extension(core) == "mve" else 2 * patch * 2,
        bias_bytes=8 if p.wide else 4,
        weights=np.ascontiguousarray(op.weights.value, np.int8),
        scales=_scales(p),
    )
    return candidates(op, function, core)


def depthwise_conv_2d(op: DepthwiseConv2D, core: Core) -> list[Candidate]:
    """DEPTHWISE_CONV_2D with sums of 64 bits."""
    check_sizes(op)
    taps, channels = op.kernel[0] * op.kernel[1], op.x.shape[3]
    weights = op.weights.value.reshape(taps, -1)
    p = parameters.linear(op)
    if not p.wide:
        raise Declined("no function for a depthwise layer of int16 whose bias has 32 bits")
    _check(op, p, weights.T)
    has, kernel, context_bytes = extension(core), "genc_cmsis_depthwise_s16", 0
    inside = max(op.pad_h) < op.kernel[0] and max(op.pad_w) < op.kernel[1] and taps <= MAX_TAPS
    # With MVE it loads constants of four channels at a time.
    if (
        op.multiplier == 1
        and op.dilation == (1, 1)
        and inside
        and (has == "dsp" or (has == "mve" and channels % 4 == 0))
    ):
        kernel = "genc_cmsis_depthwise_fast_s16"
        # arm_depthwise_conv_fast_s16_get_buffer_size
        context_bytes = 4 * channels * taps * 2 + 8 if has == "mve" else channels * taps * 2
    function = Function(
        kernel=kernel,
        offsets=_offsets(p),
        work=partial(costs.depthwise, op.y.shape[3], taps, kernel, has),
        context_bytes=context_bytes,
        bias_bytes=8,
        weights=np.ascontiguousarray(weights, np.int8),
        scales=_scales(p),
    )
    return candidates(op, function, core)


def _check(op: Conv2D | DepthwiseConv2D, p: LinearParams, weights: Array) -> None:
    """Raises Declined when products summed up leave 32 bits, or a sum that is scaled does; weights [O, K]."""
    if has_wide_weights(op):
        raise Declined("no function for weights of 16 bits")
    sums: Int64 = np.abs(weights.astype(np.int64)).sum(axis=1) * LARGEST
    most = sums + np.abs(p.bias)
    fits = (sums < 2**31) & (p.multiplier >= 0)
    if p.wide:
        right = 14 - p.shift
        fits &= (right >= 0) & (right <= 46) & (most < 2**46)
        scaled = (most * narrow_multiplier(p.multiplier)) >> np.clip(right, 0, 46)
        fits &= scaled < 2**31 - 1
    else:
        fits &= (p.shift >= -30) & (p.shift <= 30) & ((most << np.clip(p.shift, 0, 30)) < 2**30)
    if not fits.all():
        raise Declined(f"its sums may overflow: channel {np.argmin(fits)}")


def _offsets(p: LinearParams) -> Fields:
    return (("input_offset", 0), ("zero_point", 0), ("low", p.low), ("high", p.high))


def _scales(p: LinearParams) -> Fields:
    """The constants of each output channel, as the library takes them."""
    bias = Constant("bias", np.ascontiguousarray(p.bias, np.int64 if p.wide else np.int32), align=8 if p.wide else 4)
    named = (("multiplier", p.multiplier), ("shift", p.shift))
    return (("bias", bias), *((name, Constant(name, np.ascontiguousarray(v, np.int32))) for name, v in named))


OFFERS: Mapping[tuple[type[Operator], DType], Offer] = {
    (Conv2D, DType.INT16): Offer(conv_2d, (library.Function("arm_convolve_s16"),), "one group"),
    (DepthwiseConv2D, DType.INT16): Offer(
        depthwise_conv_2d,
        (
            library.Function(
                "arm_depthwise_conv_fast_s16",
                "cores with DSP, or with MVE when channels are fours; no dilation, no channel multiplier, padding "
                "narrower than the window",
            ),
            library.Function("arm_depthwise_conv_s16", "the rest"),
        ),
        "a bias of 64 bits, or none",
    ),
}
"""What is here, for the back-end's table."""
