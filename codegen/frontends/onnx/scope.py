"""The names that the operators of a graph, a branch or a function see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.model import MAX_DEPTH, FileGraph, FileNode, FileTensor, FileValue
from codegen.frontends.onnx.site import ANY_NUMBER, DYNAMIC_CURE, Rule
from codegen.frontends.onnx.types import constant_type, element_type
from codegen.frontends.shapes import check_shape
from codegen.ir import Tensor


class UnknownError(Exception):
    """An input was to be written by an operator that was refused: nothing can be said about its readers."""


@dataclass(frozen=True, eq=False)
class Scope:
    """Tensors by their name in the file.

    Attributes:
        opset: version of the operators.
        values: what is known by now; None where the operator that writes it was refused.
        constants: of the file.
        claims: what the file says of tensors.
        prefix: of the places of operators: "3." inside the branch that operator 3 takes.
        depth: of graphs inside graphs.
    """

    opset: int
    values: dict[str, Tensor | None] = field(default_factory=dict)
    constants: Mapping[str, FileTensor] = field(default_factory=dict)
    claims: Mapping[str, FileValue] = field(default_factory=dict)
    prefix: str = ""
    depth: int = 0

    def branch(self, graph: FileGraph, position: str) -> Scope:
        """The scope of a graph attribute, which sees the names around it."""
        return replace(
            self._inner(position),
            values=dict(self.values),
            constants={**self.constants, **graph.constants},
            claims={**self.claims, **graph.claims},
        )

    def function(self, values: Mapping[str, Tensor], opset: int, position: str) -> Scope:
        """The scope of a function's body, which sees its arguments."""
        return replace(self._inner(position), opset=opset, values=dict(values), constants={}, claims={})

    def _inner(self, position: str) -> Scope:
        if self.depth >= MAX_DEPTH:
            raise RefusedError("functions or branches are nested too deeply")
        return replace(self, prefix=f"{position}.", depth=self.depth + 1)

    def read(self, name: str) -> Tensor:
        """The tensor of a name.

        Raises:
            RefusedError: there is none.
            UnknownError: its operator was refused.
        """
        if name not in self.values:
            if name not in self.constants:
                raise RefusedError(f"tensor {name!r} is read before any operator writes it")
            file = self.constants[name]
            dtype = constant_type(file.type, f"constant {name!r}")
            self.values[name] = Tensor(name, file.shape, dtype, None, file.data)
        value = self.values[name]
        if value is None:
            raise UnknownError
        return value

    def define(self, name: str, tensor: Tensor) -> None:
        """Accept a new name."""
        if name in self.values or name in self.constants:
            raise RefusedError(f"it writes {name!r}, which has a value already")
        self.values[name] = tensor

    def operands(self, node: FileNode, rule: Rule) -> list[Tensor | None]:
        """The inputs of an operator; those left out at the end are None, like those left out between."""
        fewest, most = rule.inputs
        low, high = rule.outputs
        if not fewest <= len(node.inputs) <= most or not low <= len(node.outputs) <= high:
            raise RefusedError(f"it has {len(node.inputs)} inputs and {len(node.outputs)} outputs")
        if "" in node.inputs[:fewest]:
            raise RefusedError(f"its input {node.inputs.index('')} is missing")
        present = [self.read(name) if name else None for name in node.inputs]
        return present if most == ANY_NUMBER else present + [None] * (most - len(present))

    def believe(self, node: FileNode) -> None:
        """Give the outputs of a refused operator the shapes that the file claims, to check what follows."""
        for name in filter(None, node.outputs):
            self.values[name] = self._claimed(name)

    def _claimed(self, name: str) -> Tensor | None:
        """A tensor as the file describes it; None when it does not, or not with a fixed shape."""
        claim = self.claims.get(name)
        if claim is None or claim.shape is None or not all(isinstance(d, int) for d in claim.shape):
            return None
        try:
            dtype, shape = element_type(claim.type, name), tuple(int(d) for d in claim.shape)
            check_shape(name, shape, dtype, DYNAMIC_CURE)
        except RefusedError:
            return None
        return Tensor(name, shape, dtype)
