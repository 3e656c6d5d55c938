"""What the rules of NCNN share: blobs and weights of a layer, activations that are fused into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.ncnn.schema import LAYERS
from codegen.frontends.onnx.site import ANY_NUMBER, Convert, Rule, Site
from codegen.frontends.onnx.terms import one, scalar
from codegen.ir import Array, DType, Operator, Quantization, Tensor, ops

MAX_OUTPUTS = 64


def rule(name: str, kind: type[Operator], convert: Convert, outputs: tuple[int, int] = (1, 1)) -> Rule:
    """How a layer is imported; its parameters are those of the schema."""
    attributes: Mapping[str, Any] = {n: _plain(d) for n, d in LAYERS[name].parameters.values()}
    return Rule(kind, convert, (0, ANY_NUMBER), outputs, {**attributes, "weights": ()})


def _plain(default: Any) -> Any:
    """A default as a rule has it: those that are another parameter's are integers."""
    return 0 if isinstance(default, str) and default else default


def blobs(site: Site) -> list[Tensor]:
    """What the layer reads of other layers."""
    count = len(site.inputs) - len(site["weights"])
    return [site.tensor(i) for i in range(count)]


def blob(site: Site) -> Tensor:
    """The only one."""
    found = blobs(site)
    if len(found) != 1:
        raise RefusedError(f"it has {len(found)} inputs")
    return found[0]


def weight(site: Site, name: str) -> Array | None:
    """An array of the weights file; None when the layer has none of that name."""
    names = site["weights"]
    if name not in names:
        return None
    return site.value(len(site.inputs) - len(names) + names.index(name))


def required(site: Site, name: str) -> Array:
    """An array that must be there."""
    found = weight(site, name)
    if found is None:
        raise RefusedError(f"it has no {name.replace('_', ' ')}")
    return found


def shaped(array: Array, shape: tuple[int, ...], what: str) -> Array:
    """The array in a shape.

    Raises:
        RefusedError: it has another number of values.
    """
    if array.size != np.prod(shape, dtype=np.int64) or min(shape, default=1) < 0:
        raise RefusedError(f"its {what} have {array.size:,} values, not {'x'.join(map(str, shape))}")
    return array.reshape(shape)


def rank(site: Site) -> int:
    """Axes of the blob, its batch not counted."""
    return len(blob(site).shape) - 1


def axis_of(site: Site, axis: int) -> int:
    """An axis of the blob (negative: from the end) as that of the tensor with its batch."""
    return 1 + site.axis(axis, rank(site))


def dequantized(site: Site, weights: Array, scales: Array | None, x: Tensor) -> tuple[Array, Tensor]:
    """Weights and input of a layer as float32; an int8 layer's input is rounded to its 255 steps, as NCNN does.

    The products of NCNN's integers and scales are then those of our floats, to float's last bits.
    """
    if weights.dtype != np.int8:
        return weights, x
    inputs = weight(site, "input_scales")
    if scales is None or inputs is None or not (scales > 0).all() or not (inputs > 0).all():
        raise RefusedError("its int8 weights have no scales")
    repeats = len(weights) // len(scales)
    real = weights.astype(np.float32) / np.repeat(scales, repeats).reshape(-1, *[1] * (weights.ndim - 1))
    step = float(np.float32(1) / inputs[0])
    limit = scalar(site, 127 * step)
    low = scalar(site, -127 * step)
    clipped = one(site, "Clip", x, low, limit)
    quantized = site.emit(ops.Quantize, clipped, dtype=DType.INT8, quant=Quantization((step,), (0,)))
    return real.astype(np.float32), site.emit(ops.Dequantize, quantized, dtype=DType.FLOAT32)


ACTIVATIONS: dict[int, tuple[int, Callable[[Site, Tensor, list[float]], Tensor]]] = {
    0: (0, lambda _site, y, _n: y),
    1: (0, lambda site, y, _n: one(site, "Relu", y)),
    2: (1, lambda site, y, n: one(site, "LeakyRelu", y, alpha=n[0])),
    3: (2, lambda site, y, n: one(site, "Clip", y, scalar(site, n[0]), scalar(site, n[1]))),
    4: (0, lambda site, y, _n: one(site, "Sigmoid", y)),
    5: (0, lambda site, y, _n: one(site, "Mish", y)),
    6: (2, lambda site, y, n: one(site, "Mul", y, one(site, "HardSigmoid", y, alpha=n[0], beta=n[1]))),
}
"""By activation_type: how many parameters it has, and what it is."""


def activated(site: Site, y: Tensor) -> Tensor:
    """The activation that a layer with weights may have in it."""
    kind, numbers = site["activation_type"], [float(v) for v in site["activation_params"]]
    if kind not in ACTIVATIONS or len(numbers) < ACTIVATIONS[kind][0]:
        raise RefusedError(f"its activation {kind} with {len(numbers)} parameters is not known")
    return ACTIVATIONS[kind][1](site, y, numbers)
