"""Pools by CMSIS-NN, int8 and int16."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

from codegen.backends.candidate import Candidate, Core
from codegen.backends.cmsis_nn import costs, images
from codegen.backends.cmsis_nn.costs import extension
from codegen.backends.library import Declined, Function, Offer
from codegen.ir import DType, Operator
from codegen.ir.ops import AveragePool2D, MaxPool2D, Pool2D
from codegen.reference import parameters


def average_pool_2d(op: AveragePool2D, core: Core) -> list[Candidate]:
    """AVERAGE_POOL_2D: both round ties of the mean away from zero."""
    if op.offset:
        raise Declined("a layer that was uint8 rounds ties away from its smallest value")
    if math.prod(op.kernel) * -op.x.dtype.limits[0] >= 2**31:
        raise Declined("its sums may overflow")
    # arm_avgpool_s8_get_buffer_size, and that of int16
    return _pool(op, "average", core, 4 * op.x.shape[3] if extension(core) == "dsp" else 0)


def max_pool_2d(op: MaxPool2D, core: Core) -> list[Candidate]:
    """MAX_POOL_2D."""
    return _pool(op, "max", core, 0)


def _pool(op: Pool2D, kind: str, core: Core, context_bytes: int) -> list[Candidate]:
    images.check_sizes(op)
    clamp = parameters.pool(op)
    kernel = f"genc_cmsis_{kind}_pool_s{8 * op.x.dtype.bytes}"
    function = images.Function(
        kernel=kernel,
        offsets=(("input_offset", 0), ("zero_point", 0), ("low", clamp.low), ("high", clamp.high)),
        work=partial(costs.pool, op.y.shape[3], math.prod(op.kernel), kernel, extension(core)),
        context_bytes=context_bytes,
    )
    return images.candidates(op, function, core)


OFFERS: Mapping[tuple[type[Operator], DType], Offer] = {
    (AveragePool2D, DType.INT8): Offer(average_pool_2d, (Function("arm_avgpool_s8"),)),
    (AveragePool2D, DType.INT16): Offer(average_pool_2d, (Function("arm_avgpool_s16"),)),
    (MaxPool2D, DType.INT8): Offer(max_pool_2d, (Function("arm_max_pool_s8"),)),
    (MaxPool2D, DType.INT16): Offer(max_pool_2d, (Function("arm_max_pool_s16"),)),
}
"""What is here, for the back-end's table."""
