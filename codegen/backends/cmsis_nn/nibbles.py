"""Weights of 4 bits by CMSIS-NN: half the flash of those of 8, and more work.

A layer may have them when its weights are in [-8, 7], whatever the model's file says of their type.  They are offered
beside those of bytes; for weights that are of 4 bits in the file they are the only offer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from codegen.backends.candidate import Candidate, Core
from codegen.backends.cmsis_nn.costs import NIBBLES, extension
from codegen.backends.cmsis_nn.images import Function
from codegen.ir import Array, Tensor


def fits(weights: Array) -> bool:
    """Whether all are numbers of 4 bits."""
    return bool(weights.min() >= -8 and weights.max() <= 7)


def packed(weights: Array) -> Array:
    """int8, two weights each, the first in the low half; there is no gap between rows."""
    halves = np.pad(weights.reshape(-1), (0, weights.size % 2)).astype(np.uint8) & 15
    return (halves[::2] | halves[1::2] << 4).view(np.int8)


def narrow(function: Function, kernel: str, context_bytes: int, core: Core) -> Function:
    """The function for weights of 4 bits in place of one for bytes."""
    assert function.weights is not None
    more = NIBBLES[extension(core)]
    return replace(
        function,
        kernel=kernel,
        context_bytes=context_bytes,
        patch_bytes=0,
        work=lambda pixels: more * function.work(pixels),
        weights=packed(function.weights),
    )


def preferred(weights: Tensor, wide: list[Candidate], few: list[Candidate]) -> list[Candidate]:
    """What is offered: both, or for weights that are of 4 bits in the file those alone."""
    return few if few and weights.nibbles else [*wide, *few]
