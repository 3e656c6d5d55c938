"""The meaning of every operator in numpy, bit for bit: the oracle of folding, verification and the C kernels."""

from codegen.reference.evaluation import Session, evaluate, run

__all__ = ["Session", "evaluate", "run"]
