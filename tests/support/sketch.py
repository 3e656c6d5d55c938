"""A model writer with a short way to say each kind of tensor, for models of one operator."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tests.support.tflite_writer import ModelWriter

IMAGE = (1, 6, 6, 4)


class Sketch(ModelWriter):
    """A writer that remembers inputs and outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[int] = []
        self.outputs: list[int] = []

    def x(self, shape: tuple[int, ...] = IMAGE, dtype: str = "int8", scale: float | None = 0.1, zero: int = -5) -> int:
        self.inputs.append(self.tensor(f"x{len(self.inputs)}", shape, dtype, scale, zero))
        return self.inputs[-1]

    def y(self, shape: tuple[int, ...] = IMAGE, dtype: str = "int8", scale: float | None = 0.2, zero: int = 3) -> int:
        self.outputs.append(self.tensor(f"y{len(self.outputs)}", shape, dtype, scale, zero))
        return self.outputs[-1]

    def numbers(self, *values: Any) -> int:
        array = np.array(values[0] if len(values) == 1 else values, np.int32)
        return self.tensor("numbers", array.shape, "int32", data=array)

    def weights(self, shape: tuple[int, ...], axis: int | None) -> tuple[int, int]:
        """Filter and bias; per channel along `axis`, or per tensor when it is None."""
        rng = np.random.default_rng(0)
        channels = shape[0 if axis is None else axis]
        scale: npt.NDArray[np.float64] = np.full(1, 0.01) if axis is None else rng.uniform(0.005, 0.02, channels)
        f = self.tensor("filter", shape, "int8", scale, axis=axis, data=rng.integers(-127, 128, shape))
        bias = rng.integers(-500, 500, channels)
        bias_axis = None if axis is None else 0
        b = self.tensor("bias", (channels,), "int32", scale * 0.1, axis=bias_axis, data=bias)
        return f, b
