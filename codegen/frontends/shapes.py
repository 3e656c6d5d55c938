"""Limits of shapes that every front-end keeps."""

from __future__ import annotations

import math

from codegen.frontends.findings import RefusedError
from codegen.ir import DType

MAX_RANK = 8
MAX_TENSOR_BYTES = 64 << 20
"""Larger tensors do not fit any microcontroller and are refused."""


def check_shape(name: str, shape: tuple[int, ...], dtype: DType, dynamic_cure: str) -> None:
    """Accept a static shape of bounded size.

    Raises:
        RefusedError: a dimension is not positive (`dynamic_cure` is the way out), or there is too much of it.
    """
    if len(shape) > MAX_RANK:
        raise RefusedError(f"tensor {name!r} has rank {len(shape)}; the limit is {MAX_RANK}")
    if min(shape, default=1) < 1:
        what = "is dynamic" if -1 in shape else "has an empty dimension"
        raise RefusedError(f"the shape of tensor {name!r} {what}: {list(shape)}", dynamic_cure)
    size_bytes = math.prod(shape) * dtype.bytes
    if size_bytes > MAX_TENSOR_BYTES:
        text = f"tensor {name!r}, {dtype.value}{list(shape)}, has {size_bytes:,} bytes"
        raise RefusedError(f"{text}; the limit is {MAX_TENSOR_BYTES:,}")
