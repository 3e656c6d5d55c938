"""Which family of kernels computes a layer with weights, int8."""

from __future__ import annotations

from codegen.backends.armv7em.convolution import convolution
from codegen.backends.armv7em.depthwise import depthwise
from codegen.backends.armv7em.depthwise_kept import keeping_rows
from codegen.backends.armv7em.taps import depthwise_taps
from codegen.backends.armv7em.winograd import winograd
from codegen.backends.candidate import Candidate
from codegen.ir import Array
from codegen.ir.ops import Conv2D, DepthwiseConv2D


def conv_2d(op: Conv2D) -> list[Candidate]:
    """CONV_2D; a grouped one with one channel in and out per group is depthwise."""
    if op.groups == op.x.shape[3] == op.y.shape[3] and op.groups > 1:
        return _depthwise(op, op.weights.value.transpose(3, 1, 2, 0)[0])
    return [*convolution(op), *winograd(op)] if op.groups == 1 else []


def depthwise_conv_2d(op: DepthwiseConv2D) -> list[Candidate]:
    """DEPTHWISE_CONV_2D without a channel multiplier."""
    return _depthwise(op, op.weights.value[0]) if op.multiplier == 1 else []


def _depthwise(op: Conv2D | DepthwiseConv2D, weights: Array) -> list[Candidate]:
    """Every kernel for a depthwise convolution with weights [KH, KW, C]."""
    return [*depthwise(op, weights), *keeping_rows(op, weights), *depthwise_taps(op, weights)]
