"""BatchNormalization of ONNX, in inference: a factor and an addend per channel, which passes put into weights."""

from __future__ import annotations

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.site import Rule, Site
from codegen.ir import Tensor, ops


def _batch_normalization(site: Site) -> Tensor:
    """Inputs are x, scale, bias, mean and variance; (x - mean) / sqrt(variance + epsilon) * scale + bias."""
    x = site.tensor(0)
    if site["training_mode"] or len(site.wanted) > 1 or not site["spatial"]:
        raise RefusedError("it is in training mode", "Export the model for inference: model.eval().")
    scale, bias, mean, variance = (site.value(i).astype(np.float64) for i in range(1, 5))
    channels = x.shape[1] if len(x.shape) > 1 else 1
    if any(v.size != channels for v in (scale, bias, mean, variance)):
        raise RefusedError(f"its parameters do not fit the {channels} channels of {x.type_text}")
    factor = scale.reshape(-1) / np.sqrt(variance.reshape(-1) + site["epsilon"])
    addend = bias.reshape(-1) - mean.reshape(-1) * factor
    shape = (channels, *(1,) * (len(x.shape) - 2))
    if not (np.isfinite(factor).all() and np.isfinite(addend).all()):
        raise RefusedError("its variance and epsilon give factors that are not finite")
    product = site.emit(ops.Mul, x, site.constant(factor.astype(np.float32).reshape(shape), label="factor"))
    return site.emit(ops.Add, product, site.constant(addend.astype(np.float32).reshape(shape), label="addend"))


RULES: dict[str, Rule] = {
    "BatchNormalization": Rule(
        ops.Mul,
        _batch_normalization,
        (5, 5),
        (1, 5),
        {"epsilon": 1e-5, "momentum": 0.9, "training_mode": 0, "spatial": 1},
    ),
}
"""By the operator's name in the file."""
