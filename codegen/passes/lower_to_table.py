"""Any function of one byte is a table of 256 bytes.

    y = f(x)                  ->   y = lookup(x, table)     f: relu, logistic, tanh, hard_swish, leaky_relu,
                                                               quantize between int8 and uint8
    y = x + constant scalar   ->   y = lookup(x, table)     likewise -, *, max, min, prelu, either operand

The table is what reference/ computes for every byte, so it is exact by construction.
"""

from __future__ import annotations

import numpy as np

from codegen import reference
from codegen.ir import Array, DType, Operator, Tensor
from codegen.ir.ops import Binary, Lookup, PRelu, Quantize, Unary
from codegen.passes.rewriter import Rewriter

BYTES = (DType.INT8, DType.UINT8)


def apply(op: Operator, rewriter: Rewriter) -> bool:
    """Replace `op` by a Lookup when it maps one activation byte to one byte."""
    if isinstance(op, Lookup) or not isinstance(op, Unary | Quantize | Binary | PRelu) or len(op.activations) != 1:
        return False
    (x,) = op.activations
    constants = [t for t in op.inputs if t is not None and t.is_constant]
    if x.dtype not in BYTES or op.y.dtype not in BYTES or x.shape != op.y.shape or any(t.size != 1 for t in constants):
        return False
    table = Tensor(f"{op.name} table", (256,), op.y.dtype, op.y.quant, table_of(op))
    rewriter.replace(op, Lookup(inputs=[x, table], outputs=op.outputs, name=op.name, source=op.source))
    return True


def table_of(op: Operator) -> Array:
    """The 256 results of a one-byte function, indexed by the byte seen as unsigned."""
    (x,) = op.activations
    every_byte = np.arange(256, dtype=np.uint8).view(x.dtype.numpy)
    probe_x = Tensor(x.name, (256,), x.dtype, x.quant)
    probe = type(op)(**{**vars(op), "outputs": [Tensor(op.y.name, (256,), op.y.dtype, op.y.quant)]})
    probe.inputs = [probe_x if t is x else _scalar(t) for t in op.inputs]
    arrays = [every_byte if t is probe_x else None if t is None else t.value for t in probe.inputs]
    (result,) = reference.evaluate(probe, arrays)
    return result


def _scalar(tensor: Tensor | None) -> Tensor | None:
    """A one-element constant as rank 1, so that it broadcasts against any probe."""
    if tensor is None:
        return None
    return Tensor(tensor.name, (1,), tensor.dtype, tensor.quant, tensor.value.reshape(1))
