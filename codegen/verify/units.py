"""One unit of an output: by how much an integer network may be off where the file computes in float.

A quantised ONNX file rounds float results; our integer layers round sums of products (codegen.passes.integer).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codegen.ir import Array, Graph, Operator, Tensor
from codegen.ir.ops import Dequantize, Reshape, Transpose
from codegen.verify.compare import FLOAT_BOUND

WITHIN = 1 + FLOAT_BOUND


def units(graph: Graph) -> list[float]:
    """For each output, what it may be off; 0 where it must be what is expected."""
    if not graph.integer:
        return [0.0] * len(graph.outputs)
    producers = graph.producers()
    return [_unit(tensor, producers) for tensor in graph.outputs]


def _unit(tensor: Tensor, producers: dict[Tensor, Operator]) -> float:
    """The scale of floats that were integers, one for integers with a scale."""
    producer = producers.get(tensor)
    while isinstance(producer, Reshape | Transpose):
        tensor, producer = producer.x, producers.get(producer.x)
    if isinstance(producer, Dequantize) and producer.x.quant is not None:
        return producer.x.quant.scale
    return 1.0 if tensor.quant is not None and tensor.dtype.is_integer else 0.0


def is_within(want: Array, got: Array, unit: float) -> bool:
    """Whether two outputs differ nowhere by more than one unit."""
    alike = want.shape == got.shape and want.dtype == got.dtype
    return bool(unit) and alike and bool((_off(want, got) <= unit * WITHIN).all())


def count_off(pairs: Sequence[tuple[Array, Array, float]]) -> int:
    """How many elements differ by more than half a unit."""
    return sum(int((_off(want, got) > unit / 2).sum()) for want, got, unit in pairs if unit and want.shape == got.shape)


def _off(want: Array, got: Array) -> Array:
    off: Array = np.abs(want.astype(np.float64) - got.astype(np.float64))
    return np.nan_to_num(off, nan=np.inf)
