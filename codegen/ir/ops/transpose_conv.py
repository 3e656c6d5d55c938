"""The transposed convolution, which spreads every input pixel over a window of the output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from codegen.ir.constraints import constant_parameters, image_input, symmetric_weights, uniform_types
from codegen.ir.operator import Constraint, Shape
from codegen.ir.ops.linear import LINEAR_VALUES, MAX_PADDED, MAX_WINDOW, _Linear, image_weights
from codegen.ir.tensor import DType


def same_depth(op: TransposeConv) -> str | None:
    """Weights are [O, KH, KW, C], with as many channels as the input."""
    if op.weights.shape[3] == op.x.shape[3]:
        return None
    return f"{op.x.shape[3]} input channels do not fit weights {op.weights.type_text}"


def one_type_of_floats(op: TransposeConv) -> str | None:
    """In float32 layers the weights are float32 too."""
    mixed = op.x.dtype is DType.FLOAT32 and op.weights.dtype is not DType.FLOAT32
    return f"weights {op.weights.name!r} are {op.weights.type_text}" if mixed else None


def valid_output(op: TransposeConv) -> str | None:
    """The output is at least 1 by 1; kernel and stride are 1 to 32767; both images have below 2^26 elements."""
    inside = all(0 <= pad < kernel for pad, kernel in zip(op.pad, op.kernel, strict=True))
    if not inside or min(*op.size, *op.stride) < 1 or max(*op.kernel, *op.stride) > MAX_WINDOW:
        return f"output {list(op.size)}, kernel {list(op.kernel)}, stride {list(op.stride)} are not supported"
    n, h, w, c = op.x.shape
    spread = n * (h * op.stride[0] + op.kernel[0]) * (w * op.stride[1] + op.kernel[1]) * c
    elements = max(spread, n * op.size[0] * op.size[1] * op.weights.shape[0])
    return None if elements < MAX_PADDED else f"it works on {elements:,} elements"


@dataclass(eq=False, kw_only=True)
class TransposeConv(_Linear):
    """Transposed 2-D convolution: input pixel (i, j) times the kernel is added at (i, j) * stride - pad of the output.

    x [N, H, W, C]; weights [O, KH, KW, C]; bias [O]; y [N, size, O].  What falls outside the output is dropped.
    """

    kind: ClassVar[str] = "transpose_conv"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32)
    preconditions: ClassVar[tuple[Constraint, ...]] = (
        uniform_types,
        constant_parameters,
        symmetric_weights,
        one_type_of_floats,
        image_input,
        image_weights,
        same_depth,
        valid_output,
    )
    constraints: ClassVar[tuple[Constraint, ...]] = LINEAR_VALUES

    size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pad: tuple[int, int] = (0, 0)

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the kernel."""
        return self.weights.shape[1], self.weights.shape[2]

    def infer_shapes(self) -> list[Shape]:
        """[N, size, O]."""
        return [(self.x.shape[0], *self.size, self.weights.shape[0])]

    def macs(self) -> int:
        """Inputs times kernel size times output channels (what is dropped counted as work)."""
        return self.x.size * self.weights.size // self.weights.shape[3]
