"""Tensors: a name, a static shape, an element type, a quantisation and perhaps constant data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class DType(Enum):
    """Element type: value is the name, used in messages, ``genc_dtype`` and numpy alike.

    FLOAT16 is a way to store constants: DEQUANTIZE makes float32 of them at import.
    """

    BOOL = "bool"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT16 = "float16"
    FLOAT32 = "float32"

    @property
    def numpy(self) -> np.dtype[Any]:
        """The numpy type of the same name."""
        return np.dtype(self.value)

    @property
    def bytes(self) -> int:
        """Size of one element in bytes."""
        return self.numpy.itemsize

    @property
    def is_integer(self) -> bool:
        """True for the signed and unsigned integer types."""
        return self.numpy.kind in "iu"

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest value of an integer type."""
        info = np.iinfo(self.numpy)
        return int(info.min), int(info.max)


@dataclass(frozen=True)
class Quantization:
    """Affine quantisation: real = scale * (q - zero_point).

    Attributes:
        scales: float32 values (held as Python floats), one, or one per channel.
        zero_points: as many as scales.
        axis: the channel axis, or None when per tensor.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int | None = None

    @property
    def scale(self) -> float:
        """The scale of a per-tensor quantisation."""
        assert len(self.scales) == 1
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The zero point of a per-tensor quantisation."""
        assert len(set(self.zero_points)) == 1
        return self.zero_points[0]

    @property
    def per_channel(self) -> bool:
        """True when there is one scale per channel."""
        return self.axis is not None


@dataclass(eq=False)
class Tensor:
    """A value of the graph.  Identity is the object: two tensors may have one name.

    Attributes:
        name: as in the model file; may hold any characters, never used in C unescaped.
        shape: static, every dimension at least 1 (rank 0 is the empty tuple).
        dtype: element type.
        quant: None when the values are what they say (float, indices, shapes).
        data: the value of a constant, of `shape` and `dtype`; None for activations.
        steps: of a float constant that was stored in integers, what its values are multiples of: one, or one per
            channel, in the order of an axis that nobody notes; empty when that is not known.
        nibbles: of a constant of int8: it is stored as int4.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quant: Quantization | None = None
    data: Array | None = None
    steps: tuple[float, ...] = ()
    nibbles: bool = False

    @property
    def is_constant(self) -> bool:
        """True when the value is known now."""
        return self.data is not None

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Bytes of the dense value."""
        return self.size * self.dtype.bytes

    @property
    def type_text(self) -> str:
        """Type and shape for messages: ``int8[1, 96, 96, 3]``."""
        return f"{self.dtype.value}{list(self.shape)}"

    @property
    def value(self) -> Array:
        """The data of a constant."""
        assert self.data is not None
        return self.data
