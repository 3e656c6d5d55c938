"""The intermediate representation: Graph, Tensor, Quantization, operators, verifier, printer."""

from codegen.ir.graph import Graph, Narrowed, State
from codegen.ir.operator import REGISTRY, Activation, Constraint, Operator
from codegen.ir.tensor import Array, DType, Quantization, Tensor

__all__ = [
    "REGISTRY",
    "Activation",
    "Array",
    "Constraint",
    "DType",
    "Graph",
    "Narrowed",
    "Operator",
    "Quantization",
    "State",
    "Tensor",
]
