"""Layers with weights, int8, by CMSIS-NN: which function, its buffer, its constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from codegen.backends import library
from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, RowsHeld, rowwise
from codegen.backends.cmsis_nn import costs
from codegen.backends.cmsis_nn.costs import extension
from codegen.backends.cmsis_nn.images import MAX_SIZE, VECTOR_BYTES, Function, candidates, check_sizes
from codegen.backends.cmsis_nn.nibbles import fits, narrow, packed, preferred
from codegen.backends.library import Declined, Offer
from codegen.backends.portable.linear import Channels
from codegen.backends.two_roundings import bias_of, equal_factor, equal_factors, safe_channels
from codegen.ir import Array, DType, Operator
from codegen.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected

MVE_CHANNELS = 124
"""Channels that arm_depthwise_conv_s8_opt gathers at a time with MVE (CH_IN_BLOCK_MVE)."""


NARROW = "weights in [-8, 7]"
"""Which layers may have weights of 4 bits."""


def conv_2d(op: Conv2D, core: Core) -> list[Candidate]:
    """CONV_2D: of single pixels; of patches that we gather; or the library gathers, which needs less scratch."""
    check_sizes(op)
    outputs, *window = op.weights.shape
    channels = _channels(op, op.weights.value.reshape(outputs, -1))
    patch = channels.weights.shape[1]
    if patch * op.groups > MAX_SIZE:
        raise Declined(f"a window of more than {MAX_SIZE:,} bytes")
    one = Function(
        kernel="genc_cmsis_conv_1x1_s8",
        offsets=_offsets(channels),
        work=partial(costs.matrix, outputs, patch, extension(core)),
        weights=np.ascontiguousarray(channels.weights.reshape(outputs, *window), np.int8),
        scales=_scales(bias_of(channels), channels.multiplier, channels.shift),
    )
    if op.kernel == op.stride == op.dilation == (1, 1) and op.groups == 1 and not any((*op.pad_h, *op.pad_w)):
        return preferred(op.weights, candidates(op, one, core), _nibbles(op, one, "genc_cmsis_conv_1x1_s4", 0, core))
    taps = (op.kernel[0], op.kernel[1], op.x.shape[3])
    general = replace(
        one,
        kernel="genc_cmsis_conv_s8",
        work=partial(costs.convolution, outputs, patch, taps, extension(core)),
        context_bytes=_patch_bytes(patch * op.groups, core),
    )
    if op.groups > 1:
        return candidates(op, general, core)
    # With DSP the product takes four bytes at a time, and single ones dearly.
    more = -patch % 4 if extension(core) == "dsp" else 0
    gathered = replace(
        one,
        kernel="genc_cmsis_conv_patches_s8",
        work=partial(costs.patches, outputs, taps, extension(core)),
        patch_bytes=patch + more,
        weights=np.pad(channels.weights, ((0, 0), (0, more))).astype(np.int8),
    )
    wide = [*candidates(op, general, core), *candidates(op, gathered, core)]
    # arm_convolve_s4_get_buffer_size
    context_bytes = _patch_bytes(patch, core) if extension(core) == "mve" else 2 * 2 * patch
    return preferred(op.weights, wide, _nibbles(op, general, "genc_cmsis_conv_s4", context_bytes, core))


def _nibbles(
    op: Conv2D | DepthwiseConv2D, function: Function, kernel: str, context_bytes: int, core: Core
) -> list[Candidate]:
    """The calls with weights of 4 bits, where they are such."""
    if not fits(op.weights.value):
        return []
    return candidates(op, narrow(function, kernel, context_bytes, core), core)


def _patch_bytes(patch: int, core: Core) -> int:
    """arm_convolve_s8_get_buffer_size: four patches in whole vectors, or two of int16 in whole words."""
    if extension(core) == "mve":
        return 4 * (patch + -patch % VECTOR_BYTES)
    return 2 * 2 * (patch + -patch % 4)


def depthwise_conv_2d(op: DepthwiseConv2D, core: Core) -> list[Candidate]:
    """DEPTHWISE_CONV_2D; without dilation and multiplier it has functions of its own."""
    check_sizes(op)
    taps = op.kernel[0] * op.kernel[1]
    channels = _channels(op, op.weights.value.reshape(taps, -1).T)
    has, context_bytes, kernel = extension(core), 0, "genc_cmsis_depthwise_s8"
    if op.multiplier == 1 and op.dilation == (1, 1):
        if has != "mve" and op.kernel == (3, 3) and max((*op.pad_h, *op.pad_w)) <= 1:
            kernel = "genc_cmsis_depthwise_3x3_s8"
        elif has and _touches(op):  # arm_depthwise_conv_s8_opt_get_buffer_size
            kernel = "genc_cmsis_depthwise_opt_s8"
            context_bytes = 4 * MVE_CHANNELS * taps if has == "mve" else 2 * op.x.shape[3] * taps
    function = Function(
        kernel=kernel,
        offsets=_offsets(channels),
        work=partial(costs.depthwise, op.y.shape[3], taps, kernel, has),
        context_bytes=context_bytes,
        weights=np.ascontiguousarray(channels.weights.T, np.int8),
        scales=_scales(bias_of(channels), channels.multiplier, channels.shift),
    )
    if op.x.shape[3] % 2:  # arm_depthwise_conv_s4 loses its place where a row is cut off by the edge of the image
        return candidates(op, function, core)
    opt = kernel == "genc_cmsis_depthwise_opt_s8" and has == "dsp"  # with MVE arm_depthwise_conv_s4_opt is wrong
    few = _nibbles(op, function, f"genc_cmsis_depthwise{'_opt' * opt}_s4", context_bytes * opt, core)
    return preferred(op.weights, candidates(op, function, core), few)


def _touches(op: DepthwiseConv2D) -> bool:
    """Whether every window touches the image: arm_depthwise_conv_s8_opt overruns its buffer for one that does not."""
    return max(op.pad_h) < op.kernel[0] and max(op.pad_w) < op.kernel[1]


def fully_connected(op: FullyConnected, core: Core) -> list[Candidate]:
    """FULLY_CONNECTED, when for every output two roundings are proved to give what one does."""
    depth = op.weights.value.shape[1]
    channels = _channels(op, op.weights.value)
    if depth > MAX_SIZE:
        raise Declined(f"{depth:,} inputs are too many")
    if (few := _fully_connected_nibbles(op, channels, core)) and op.weights.nibbles:
        return few
    return [*_fully_connected_bytes(op, channels, core), *few]


def _fully_connected_bytes(op: FullyConnected, channels: Channels, core: Core) -> list[Candidate]:
    """With factors of each output."""
    outputs, depth = op.weights.value.shape
    rows, (multiplier, shift, more) = op.x.size // depth, equal_factors(channels).T
    bias = bias_of(channels) + more
    sums = channels.bias + more
    fields: Fields = (
        ("depth", depth),
        ("outputs", outputs),
        ("in_rows_held", RowsHeld(0)),
        ("out_rows_held", RowsHeld(1)),
        *_offsets(channels),
        ("weights", Constant("weights", channels.weights.astype(np.int8), "[output][input]")),
        *_scales(bias, multiplier, shift),
        ("sums", Constant("sums", sums.astype(np.int32)) if extension(core) == "mve" else None),
    )
    call = Call("genc_cmsis_fully_connected_s8", fields, (rowwise(op.x, rows),), (rowwise(op.y, rows),), rows)
    cost = rows * costs.vector(outputs, depth, extension(core))
    return [Candidate(op, "cmsis-nn", (call,), cost, "CMSIS-NN")]


def _fully_connected_nibbles(op: FullyConnected, channels: Channels, core: Core) -> list[Candidate]:
    """With weights of 4 bits, where they are such and one factor, proved for the sums of all outputs, will do."""
    outputs, depth = op.weights.value.shape
    p, scales = channels.params, set(zip(channels.multiplier.tolist(), channels.shift.tolist(), strict=True))
    if not fits(op.weights.value) or len(scales) > 1:
        return []
    reach = int(channels.low.min()), int(channels.high.max())
    found = equal_factor(*scales.pop(), reach, (p.low - p.y_zero, p.high - p.y_zero))
    if found is None:
        return []
    rows, (multiplier, shift, more) = op.x.size // depth, found
    fields: Fields = (
        ("depth", depth),
        ("outputs", outputs),
        ("in_rows_held", RowsHeld(0)),
        ("out_rows_held", RowsHeld(1)),
        *_offsets(channels),
        ("multiplier", multiplier),
        ("shift", shift),
        ("weights", Constant("weights", packed(channels.weights), "[output][input], two to a byte")),
        ("bias", Constant("bias", np.asarray(bias_of(channels) + more, np.int32))),
    )
    call = Call("genc_cmsis_fully_connected_s4", fields, (rowwise(op.x, rows),), (rowwise(op.y, rows),), rows)
    cost = rows * costs.NIBBLES[extension(core)] * costs.vector(outputs, depth, extension(core))
    return [Candidate(op, "cmsis-nn", (call,), cost, "CMSIS-NN, weights of 4 bits")]


def _channels(op: Conv2D | DepthwiseConv2D | FullyConnected, weights: Array) -> Channels:
    """A layer's numbers; Declined when a sum or a shifted sum of it leaves 30 bits, or a size 16."""
    largest = max((*op.x.shape, *op.y.shape))
    if largest > MAX_SIZE:
        raise Declined(f"a size of {largest:,} is too large")
    return safe_channels(op, weights)


def _offsets(c: Channels) -> Fields:
    p = c.params
    return (("input_offset", -p.x_zero), ("zero_point", p.y_zero), ("low", p.low), ("high", p.high))


def _scales(bias: Array, multiplier: Array, shift: Array) -> Fields:
    """The constants of each output channel, as the library takes them."""
    named = (("bias", bias), ("multiplier", multiplier), ("shift", shift))
    return tuple((name, Constant(name, np.ascontiguousarray(values, np.int32))) for name, values in named)


OFFERS: Mapping[tuple[type[Operator], DType], Offer] = {
    (Conv2D, DType.INT8): Offer(
        conv_2d,
        (
            library.Function("arm_convolve_1x1_s8_fast", "1x1, stride 1, no padding; or of patches that we gather"),
            library.Function("arm_convolve_s8", "any other window, stride, dilation; groups"),
            library.Function("arm_convolve_1x1_s4_fast", f"1x1, stride 1, no padding; {NARROW}"),
            library.Function("arm_convolve_s4", f"any other window, stride, dilation; one group; {NARROW}"),
        ),
    ),
    (DepthwiseConv2D, DType.INT8): Offer(
        depthwise_conv_2d,
        (
            library.Function(
                "arm_depthwise_conv_3x3_s8",
                "cores without MVE; 3x3, no dilation, no channel multiplier, at most one row and column of padding",
            ),
            library.Function(
                "arm_depthwise_conv_s8_opt",
                "cores with DSP or MVE; no dilation, no channel multiplier, padding narrower than the window",
            ),
            library.Function("arm_depthwise_conv_s8", "the rest"),
            library.Function(
                "arm_depthwise_conv_s4_opt",
                f"cores with DSP, not MVE; like arm_depthwise_conv_s8_opt; an even number of channels; {NARROW}",
            ),
            library.Function("arm_depthwise_conv_s4", f"the rest; an even number of channels; {NARROW}"),
        ),
    ),
    (FullyConnected, DType.INT8): Offer(
        fully_connected,
        (
            library.Function("arm_fully_connected_per_channel_s8", "two roundings proved to give what one does"),
            library.Function("arm_fully_connected_s4", f"likewise; one factor for all outputs; {NARROW}"),
        ),
    ),
}
"""What is here, for the back-end's table."""
