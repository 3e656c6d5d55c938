"""What every operator is: inputs, outputs, attributes, a shape rule, constraints.

An operator is one dataclass in ``ir/ops/``.  Its docstring is its row in docs/operators.md; its
constraints are functions whose docstrings are the limits printed there, and whose return value
is the text of the error when a model breaks them.  So documentation, error and check are one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, ClassVar

from codegen.ir.tensor import DType, Tensor

Shape = tuple[int, ...]


class Activation(Enum):
    """Fused activation: a clamp of the real value; bounds as (low, high), None is unbounded."""

    NONE = (None, None)
    RELU = (0.0, None)
    RELU6 = (0.0, 6.0)
    RELU_N1_TO_1 = (-1.0, 1.0)


Constraint = Callable[[Any], "str | None"]
"""A check of one operator: None when it holds, else what is wrong.  Its docstring is the rule."""

REGISTRY: dict[str, type[Operator]] = {}
"""Every operator class of the graph by its `kind`; those that a back-end puts there for itself are its own."""


@dataclass(eq=False, kw_only=True)
class Operator:
    """One node of the graph.

    Attributes:
        inputs: tensors read, None where an optional one is missing.
        outputs: tensors written.
        name: of the layer: the name of its first output in the model file.
        source: operator and index in the file ("CONV_2D #3"), for messages and comments.
        types: element types that activations and outputs may share (codegen.ir.constraints.uniform_types);
            empty where the rules say it.
        preconditions: types, ranks and attributes without which no shape can be inferred; they look
            at inputs and attributes only, in order, each presuming those before it.
        constraints: what else must hold, checked when the shapes are known.
    """

    kind: ClassVar[str] = ""
    types: ClassVar[tuple[DType, ...]] = ()
    preconditions: ClassVar[tuple[Constraint, ...]] = ()
    constraints: ClassVar[tuple[Constraint, ...]] = ()

    inputs: list[Tensor | None]
    outputs: list[Tensor]
    name: str = ""
    source: str = ""

    def __init_subclass__(cls) -> None:
        if cls.kind and cls.__module__.startswith("codegen.ir."):
            REGISTRY[cls.kind] = cls

    def infer_shapes(self) -> list[Shape]:
        """Shapes of the outputs, from the inputs' shapes and the attributes."""
        raise NotImplementedError

    def macs(self) -> int:
        """Multiply-accumulates of one run (padding counted as work, as everyone does)."""
        return 0

    @classmethod
    def rules(cls) -> tuple[Constraint, ...]:
        """Every limit of this operator, for docs/operators.md."""
        return (*cls.preconditions, *cls.constraints)

    def broken_precondition(self) -> tuple[Constraint, str] | None:
        """The first precondition that does not hold and what is wrong; None when shapes can be inferred."""
        return next(((check, text) for check in self.preconditions if (text := check(self)) is not None), None)

    def broken_constraints(self) -> list[tuple[Constraint, str]]:
        """Every constraint that does not hold and what is wrong."""
        return [(check, text) for check in self.constraints if (text := check(self)) is not None]

    def violations(self) -> list[str]:
        """What is wrong with this operator, empty when nothing is."""
        first = self.broken_precondition()
        return [text for _, text in ([first] if first else self.broken_constraints())]

    def attributes(self) -> dict[str, Any]:
        """The attributes of this kind of operator, by name."""
        common = {f.name for f in fields(Operator)}
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in common}

    @property
    def activations(self) -> list[Tensor]:
        """The inputs that are known only at run time."""
        return [t for t in self.inputs if t is not None and not t.is_constant]

    @property
    def foldable(self) -> bool:
        """Whether its outputs may be constants: it reads nothing else."""
        return not self.activations

    def operand(self, index: int) -> Tensor:
        """Input `index`, which must be there."""
        tensor = self.inputs[index]
        assert tensor is not None
        return tensor

    @property
    def x(self) -> Tensor:
        """The first input."""
        return self.operand(0)

    @property
    def y(self) -> Tensor:
        """The first output."""
        return self.outputs[0]

    @property
    def where(self) -> str:
        """The layer as the user knows it: ``CONV_2D #3 "conv1/Relu"``."""
        return f'{self.source or self.kind} "{self.name}"'
