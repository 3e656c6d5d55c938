"""What a rule sees of one ONNX operator, and how it says what that operator is.

A rule is a function from a :class:`Site` to the tensors that the operator writes.  It calls :meth:`Site.emit` for
each operator of the IR; the result is a tensor of known shape.  What does not depend on the model's input is
computed at once, so that a result may be a constant: shape arithmetic needs no care.  A rule only translates;
attributes that make no sense are refused by the constraints of the IR operator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.shapes import check_shape
from codegen.ir import Array, DType, Operator, Quantization, Tensor
from codegen.ir.ops import Reshape, Transpose

MAX_VECTOR = 4096
"""Longest vector of parameters (split sizes) that is read."""
ANY_NUMBER = MAX_VECTOR
MOVING = (Reshape, Transpose)
"""Operators that leave the values of a constant as they are, and so multiples of what they were."""
DYNAMIC_CURE = "Export the model with fixed shapes; --input-shape NAME=1x3x64x64 and --fix NAME=VALUE fix inputs."


@dataclass(frozen=True, eq=False)
class Site:
    """One operator of the file.

    Attributes:
        op: its name, "Conv".
        name: of the layer: its first output's.
        source: operator and place in the file ("Conv #3"), for messages.
        opset: version of the operator set that the model (or function) is written in.
        attributes: those of the rule, with the file's values or the rule's defaults.
        inputs: tensors read, None where one is left out; as many as the rule's most (fewer when it takes any number).
        wanted: for each output in the file, whether anybody may read it.
        place: gives a new operator to the importer, which infers shapes, checks, folds or keeps it.
        run: imports a graph attribute (a branch, or a turn of a loop and its arguments) where this operator stands;
            gives its outputs.
    """

    op: str
    name: str
    source: str
    opset: int
    attributes: Mapping[str, Any]
    inputs: list[Tensor | None]
    wanted: tuple[bool, ...]
    place: Callable[[Operator], None]
    run: Callable[..., list[Tensor]]

    def __getitem__(self, attribute: str) -> Any:
        """Value of an attribute: the file's, or the rule's default (None when it has none)."""
        return self.attributes[attribute]

    def required(self, attribute: str) -> Any:
        """Value of an attribute without which the operator means nothing."""
        if self.attributes[attribute] is None:
            raise RefusedError(f"its attribute {attribute!r} is missing")
        return self.attributes[attribute]

    def emit(
        self,
        kind: type[Operator],
        *inputs: Tensor | None,
        dtype: DType | None = None,
        quant: Quantization | None = None,
        **fields: Any,
    ) -> Tensor:
        """One more operator of the IR with one output; its result, constant if all inputs are.

        Args:
            kind: the operator.
            inputs: what it reads.
            dtype: element type of the result; that of the first input when None.
            quant: of the result; that of the first input when neither this nor `dtype` is given.
            fields: attributes of the operator.
        """
        first = inputs[0]
        assert first is not None
        quant = first.quant if quant is None and dtype is None else quant
        result = self.emit_many(kind, inputs, [(dtype or first.dtype, quant)], **fields)[0]
        if result.is_constant and kind in MOVING:
            result.steps = first.steps
        return result

    def emit_many(
        self,
        kind: type[Operator],
        inputs: Sequence[Tensor | None],
        results: Sequence[tuple[DType, Quantization | None]],
        **fields: Any,
    ) -> list[Tensor]:
        """One more operator of the IR with an output for each of `results`, of these types."""
        outputs = [Tensor(f"{self.name}/{kind.kind}", (), dtype, quant) for dtype, quant in results]
        self.place(kind(inputs=list(inputs), outputs=outputs, name=self.name, source=self.source, **fields))
        return outputs

    def constant(self, value: Any, dtype: DType | None = None, label: str = "constant") -> Tensor:
        """A constant of this layer; `value` is an array, a list or a number."""
        array = np.asarray(value)
        dtype = dtype or DType(array.dtype.name)
        data = np.ascontiguousarray(array, dtype.numpy).reshape(array.shape)
        return Tensor(f"{self.name}/{label}", data.shape, dtype, None, data)

    def bounded(self, shape: tuple[int, ...], dtype: DType) -> tuple[int, ...]:
        """A shape that the result shall have, before anything is computed for it.

        Raises:
            RefusedError: it is empty or too large.
        """
        check_shape(self.name, shape, dtype, DYNAMIC_CURE)
        return shape

    def tensor(self, index: int) -> Tensor:
        """Input `index`, which must be there."""
        tensor = self.optional(index)
        if tensor is None:
            raise RefusedError(f"its input {index} is missing")
        return tensor

    def optional(self, index: int) -> Tensor | None:
        """Input `index`, or None when it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def known(self, index: int) -> Tensor:
        """Input `index`, which must be there and a constant.

        Raises:
            RefusedError: it is computed at run time.
        """
        tensor = self.tensor(index)
        if not tensor.is_constant:
            raise RefusedError(
                f"its parameter {tensor.name!r} (input {index}) is computed at run time; it must be a constant",
                DYNAMIC_CURE,
                "dynamic parameter",
            )
        return tensor

    def value(self, index: int) -> Array:
        """Value of input `index`, which must be there and known now."""
        return self.known(index).value

    def integers(self, index: int) -> tuple[int, ...]:
        """Value of input `index` as integers, whatever its rank."""
        value = self.value(index)
        if value.dtype.kind not in "iu":
            raise RefusedError(f"its parameter {self.tensor(index).name!r} is {value.dtype}, not int64")
        if value.size > MAX_VECTOR:
            raise RefusedError(f"its parameter {self.tensor(index).name!r} has {value.size} values")
        return tuple(int(v) for v in value.reshape(-1))

    def integers_of(self, attribute: str, index: int) -> tuple[int, ...] | None:
        """A parameter that older versions have as an attribute and newer ones as input `index`; None if neither."""
        return self[attribute] if self.optional(index) is None else self.integers(index)

    def number(self, index: int) -> float:
        """Value of input `index`, one number."""
        value = self.value(index)
        if value.size != 1 or value.dtype.kind not in "iufb":
            raise RefusedError(f"its parameter {self.tensor(index).name!r} is not one number")
        number: float = value.reshape(-1)[0].item()
        return number

    def integer(self, index: int) -> int:
        """Value of input `index`, one integer."""
        values = self.integers(index)
        if len(values) != 1:
            raise RefusedError(f"its parameter {self.tensor(index).name!r} is not one integer")
        return values[0]

    def axis(self, axis: int, rank: int) -> int:
        """An axis that may count from the end, as it counts from the start.

        Raises:
            RefusedError: there is no such axis.
        """
        if not -rank <= axis < rank:
            raise RefusedError(f"axis {axis} is outside rank {rank}")
        return axis % rank


Convert = Callable[[Site], Tensor | Sequence[Tensor | None]]
"""The tensors that an operator writes, in order; None (or fewer) where an output cannot be had."""


@dataclass(frozen=True)
class Rule:
    """How an ONNX operator is imported.

    Attributes:
        kind: the IR operator that it becomes, or ends in; for the documentation.
        convert: the translation.
        inputs: fewest and most inputs (ANY_NUMBER).
        outputs: fewest and most outputs.
        attributes: every attribute that is understood, with its default; a type (int, float, str, tuple) instead of
            a default when it has none.  Others are refused, so hints that change nothing are listed too.
    """

    kind: type[Operator]
    convert: Convert
    inputs: tuple[int, int] = (1, 1)
    outputs: tuple[int, int] = (1, 1)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def attributes_of(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every attribute's value.

        Raises:
            RefusedError: one is not known, or of another type.
        """
        values = {name: None if isinstance(d, type) else d for name, d in self.attributes.items()}
        for name, value in given.items():
            if name not in self.attributes:
                raise RefusedError(f"its attribute {name!r} is not supported")
            default = self.attributes[name]
            wanted = default if isinstance(default, type) else type(default)
            if not isinstance(value, wanted):
                raise RefusedError(f"its attribute {name!r} is {type(value).__name__}, not {wanted.__name__}")
            values[name] = value
        return values
