"""The meaning of every operator in numpy, bit for bit: the oracle of folding, verification and the C kernels."""

from codegen.reference.evaluation import evaluate, run

__all__ = ["evaluate", "run"]
