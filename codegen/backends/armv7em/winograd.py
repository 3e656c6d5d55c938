"""Convolutions three taps wide, int8, with half the products: Winograd's F(4, 3) along the width, in integers.

Problem: 24 times an accumulator takes the place of the accumulator, and four times the flash that of the weights.
Guarantee: nothing is offered unless 24 times every reachable accumulator is inside int32 (interval arithmetic over the
actual weights, channel by channel) and its requantisation is the short one; all else is exact modulo 2**32
(runtime_c/armv7em/genc_conv_winograd_s8_dsp.h).
"""

from __future__ import annotations

import numpy as np

from codegen.backends.armv7em.pairs import is_short
from codegen.backends.candidate import Candidate, Constant, Fields
from codegen.backends.portable.linear import Channels, channels_of, geometry, sliding_call
from codegen.ir import Array
from codegen.ir.ops import Conv2D
from codegen.reference import parameters

PIXELS, POINTS, BLOCK, LINES = 4, 6, 8, 8
"""Outputs of a tile, its products, output channels together, kernel rows at most: GENC_WINOGRAD_..."""

SCALE = 24
"""Of the transformed weights."""

TRANSFORM = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]])
"""24 G, from taps to points."""

LEAN_BLOCKS = (1, 2, 4)
"""Blocks of a group, where a kernel row is taken at a time: less scratch, more work."""

WEIGHTS_COMMENT = "[part][block][point][kernel row][inputs / 2][8], lanes of inputs (4g, 4g + 2), (4g + 1, 4g + 3)"
CHANNELS_COMMENT = "[channel] {24 * bias, multiplier, shift}"


def winograd(op: Conv2D) -> list[Candidate]:
    """CONV_2D without groups and dilation along the width, stride 1 there, when every channel is proved."""
    if op.groups != 1 or op.kernel[1] != 3 or op.stride[1] != 1 or op.dilation[1] != 1:
        return []
    if op.x.shape[3] % 4 or op.y.shape[2] < PIXELS or op.kernel[0] > LINES:
        return []
    weights = op.weights.value
    c = channels_of(weights.reshape(len(weights), -1), parameters.linear(op))
    if not is_short(c) or not _is_exact(c):
        return []
    lines, blocks = op.kernel[0], -(-len(weights) // BLOCK)
    ways = [(lines, 1), *((1, n) for n in LEAN_BLOCKS if lines > 1 and n <= blocks)]
    return [_offer(op, c, part, BLOCK * some) for part, some in ways]


def _is_exact(c: Channels) -> bool:
    """Whether 24 times every reachable accumulator is inside int32."""
    return bool((c.low >= -(2**31) // SCALE + 1).all() and (c.high <= (2**31 - 1) // SCALE).all())


def _offer(op: Conv2D, c: Channels, part: int, group: int) -> Candidate:
    """`part` kernel rows, and `group` output channels, at a time."""
    inputs = op.x.shape[3]
    fields: Fields = (
        *geometry(op),
        ("pad_value", c.params.x_zero),
        ("zero_point", c.params.y_zero),
        ("low", c.params.low),
        ("high", c.params.high),
        ("part", part),
        ("group", group),
        ("weights", Constant("weights", _weights(c, op.kernel[0], part), WEIGHTS_COMMENT)),
        ("channels", Constant("channels", _constants(c), CHANNELS_COMMENT)),
    )
    scratch_bytes = 2 * POINTS * part * inputs + 4 * POINTS * group + inputs
    call = sliding_call(op, "genc_conv_winograd_s8_dsp", fields, scratch_bytes, align=8)
    how = "" if part == op.kernel[0] else f", a kernel row and {group} channels at a time"
    work = _instructions(op, part, group)
    return Candidate(op, "armv7em", (call,), work, f"Winograd F(4, 3){how}", lambda _rows: work)


def _weights(c: Channels, lines: int, part: int) -> Array:
    """uint32 [part][block][point][line of the part][inputs / 2][8]."""
    taps = c.weights.reshape(len(c.weights), lines, 3, -1)
    points = np.einsum("pt,oltc->oplc", TRANSFORM, taps)
    fill = -len(points) % BLOCK
    points = np.pad(points, [(0, fill), (0, 0), (0, 0), (0, 0)])
    fours = points.reshape(-1, BLOCK, POINTS, lines // part, part, points.shape[3] // 4, 2, 2)
    even_odd = np.moveaxis(fours, (3, 0, 2, 4, 5, 7, 1, 6), range(8))  # lanes last: inputs i and i + 2
    return np.asarray((even_odd[..., 0] & 0xFFFF | (even_odd[..., 1] & 0xFFFF) << 16).astype(np.uint32))


def _constants(c: Channels) -> Array:
    """int32 [O, 3]; the kernel takes inputs less their zero point."""
    bias = SCALE * (c.bias + c.params.x_zero * c.weights.sum(axis=1))
    return np.stack([bias, c.multiplier, -c.shift], axis=1).astype(np.int32)


def _instructions(op: Conv2D, part: int, group: int) -> float:
    """Estimate for Cortex-M4, GCC 12 -O2, the same however many rows a call computes."""
    (batch, in_h, _, inputs), (_, out_h, out_w, out_c) = op.x.shape, op.y.shape
    blocks, groups, fours = -(-out_c // BLOCK), -(-out_c // group), inputs // 4
    starts = op.dilation[0] * np.arange(op.kernel[0]) - op.pad_h[0]
    inside = np.add.outer(op.stride[0] * np.arange(out_h), starts)
    seen = (inside >= 0) & (inside < in_h)  # kernel rows outside the image are left out
    lines = seen.sum(axis=1)
    parts = seen.reshape(out_h, -1, part).any(axis=2).sum(axis=1)
    transforms = lines * (1 if part == op.kernel[0] else groups)
    steps = POINTS * (24.75 * fours * lines + 15.5 * parts)
    tile = transforms * (83 * fours + 65) + blocks * (steps + 12 * parts + 57 * BLOCK + 55) + groups * (60 + 60 * parts)
    return float(batch * (-(-out_w // PIXELS) * (tile + 30) + 180).sum())
