"""TFLite's products of matrices, as operators of the IR."""

from __future__ import annotations

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.operators import Rule, Site
from codegen.frontends.tflite.steps import Steps
from codegen.ir import Activation, DType, Operator, Quantization, Tensor, ops


def _fully_connected(site: Site) -> list[Operator]:
    if site.options["WeightsFormat"] != "DEFAULT":
        raise RefusedError(f"weights format {site.options['WeightsFormat']} is not supported")
    keep_dims, activation = bool(site.options["KeepNumDims"]), site.activation()
    x, weights, bias = site.tensor(0), site.tensor(1), site.inputs[2]
    if not weights.is_constant:
        computed = _float_product if x.dtype is weights.dtype is DType.FLOAT32 else _integer_product
        return computed(site, keep_dims=keep_dims, activation=activation)
    asymmetric = bool(site.options["AsymmetricQuantizeInputs"])
    fields = {"keep_dims": keep_dims, "asymmetric_inputs": asymmetric, "activation": activation}
    return [site.make(ops.FullyConnected, [x, weights, bias], site.outputs, **fields)]


def _integer_product(site: Site, *, keep_dims: bool, activation: Activation) -> list[Operator]:
    """Weights computed at run time meet integers; an input that is known gets memory of its own."""
    steps = Steps(site)
    x = steps.step(ops.Copy, site.tensor(0)) if site.tensor(0).is_constant else site.tensor(0)
    inputs = [x, *site.inputs[1:]]
    product = site.make(ops.MatrixProduct, inputs, site.outputs, keep_dims=keep_dims, activation=activation)
    return [*steps.operators, product]


def _float_product(site: Site, *, keep_dims: bool, activation: Activation) -> list[Operator]:
    """Weights computed at run time meet floats: a product of two matrices, and the bias added to it."""
    x, weights, bias = site.tensor(0), site.tensor(1), site.inputs[2]
    depth = weights.shape[-1] if weights.shape else 1
    if len(weights.shape) != 2 or x.size % depth or (keep_dims and x.shape[-1:] != (depth,)):
        raise RefusedError(f"its input {x.type_text} does not fit weights {weights.type_text}")
    steps = Steps(site)
    rows = steps.step(ops.Reshape, x, shape=(x.size // depth, depth))
    y = steps.step(ops.BatchMatMul, rows, weights, adj_y=True)
    if bias is not None:
        y = steps.step(ops.Add, y, steps.step(ops.Reshape, bias, shape=(bias.size,)))
    y = steps.clamped(y, activation)
    if keep_dims:
        steps.step(ops.Reshape, y, shape=(*x.shape[:-1], weights.shape[0]))
    return steps.done()


def _batch_matmul(site: Site) -> list[Operator]:
    a, b = site.tensor(0), site.tensor(1)
    adj_x, adj_y = bool(site.options["AdjX"]), bool(site.options["AdjY"])
    if a.dtype is DType.FLOAT32 and b.dtype is DType.INT8 and b.is_constant and len(b.shape) == 2 and not adj_x:
        return _hybrid_product(site, b if adj_y else _turned(b))
    return [site.make(ops.BatchMatMul, [a, b], site.outputs, adj_x=adj_x, adj_y=adj_y)]


def _hybrid_product(site: Site, weights: Tensor) -> list[Operator]:
    """Rows of floats and one matrix of int8: what TFLite computes is a hybrid FULLY_CONNECTED."""
    if site.tensor(0).shape[-1:] != weights.shape[1:]:
        raise RefusedError(f"{site.tensor(0).type_text} and {site.tensor(1).type_text} cannot be multiplied")
    asymmetric = bool(site.options["AsymmetricQuantizeInputs"])
    fields = {"keep_dims": True, "asymmetric_inputs": asymmetric}
    return [site.make(ops.FullyConnected, [site.tensor(0), weights, None], site.outputs, **fields)]


def _turned(matrix: Tensor) -> Tensor:
    """A constant matrix, transposed."""
    data, quant = np.ascontiguousarray(matrix.value.T), matrix.quant
    if quant is not None and quant.axis is not None:
        quant = Quantization(quant.scales, quant.zero_points, 1 - quant.axis)
    return Tensor(matrix.name, data.shape, matrix.dtype, quant, data)


RULES: dict[str, Rule] = {
    "BATCH_MATMUL": Rule(ops.BatchMatMul, _batch_matmul, (2, 2)),
    "FULLY_CONNECTED": Rule(ops.FullyConnected, _fully_connected, (2, 3)),
}
"""Products of matrices, of which one may be constant or none."""
