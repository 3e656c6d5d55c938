"""The ONNX front-end: a file becomes a graph.

Operators are taken in the file's order.  Each is translated by its rule; shapes are inferred, constraints checked and
what is constant is folded operator by operator, so that shape arithmetic, foldable branches and parameters computed
from constants need no rules of their own.  What is refused is noted and the walk goes on with the shape that the file
claims, so that one run names everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from codegen import reference
from codegen.errors import GencError
from codegen.frontends.findings import Findings, RefusedError
from codegen.frontends.onnx.definitions import definition
from codegen.frontends.onnx.model import FileFunction, FileGraph, FileModel, FileNode, FileValue
from codegen.frontends.onnx.rules import RULES
from codegen.frontends.onnx.scope import Scope, UnknownError
from codegen.frontends.onnx.site import DYNAMIC_CURE, Rule, Site
from codegen.frontends.onnx.symbols import input_shape
from codegen.frontends.onnx.types import element_type
from codegen.frontends.options import ImportOptions
from codegen.frontends.shapes import check_shape
from codegen.ir import Graph, Operator, Tensor
from codegen.ir.ops import Binary, Cast, Reshape, Unary
from codegen.passes.integer import make_integer

MAX_FOLDED_BYTES = 16 << 20
MAX_FOLDED_MACS = 1 << 28
MAX_NODES = 100_000
SUPPORTED_CURE = "`gen-c ops` lists the supported operators."


def import_model(model: FileModel, name: str, options: ImportOptions, rules: Mapping[str, Rule] = RULES) -> Graph:
    """The graph of a decoded file.

    Args:
        model: the file; its numbers are not trusted.
        name: of the graph.
        options: what the user says of the inputs.
        rules: of the operators; other formats have their own.

    Raises:
        GencError: with everything that is not supported.
    """
    options.refuse_unknown({v.name for v in model.graph.inputs})
    importer = _Importer(model, options, rules)
    graph = importer.graph(name)
    if importer.findings:
        raise GencError(f"model {name!r} cannot be compiled", importer.findings.problems())
    make_integer(graph)
    return graph


class _Importer:
    """The walk over one file.

    Attributes:
        findings: everything that was refused so far.
    """

    def __init__(self, model: FileModel, options: ImportOptions, rules: Mapping[str, Rule]) -> None:
        self.findings = Findings()
        self._rules = rules
        self._model = model
        self._options = options
        self._operators: list[Operator] = []
        self._nodes_left = MAX_NODES

    def graph(self, name: str) -> Graph:
        """The graph; valid only if there are no findings afterwards."""
        file = self._model.graph
        scope = Scope(self._model.opset, constants=file.constants, claims=file.claims)
        inputs = self._inputs(file, scope)
        self._import_all(file.nodes, scope)
        outputs = [self._output(value, scope) for value in file.outputs]
        if not outputs:
            self.findings.add("the model", "model", RefusedError("it has no outputs"))
        known = [t for t in outputs if t is not None]
        return Graph(name, inputs, known, self._operators, self._model.description)

    def _inputs(self, file: FileGraph, scope: Scope) -> list[Tensor]:
        """The activations that the user writes; fixed ones become constants."""
        symbols: dict[str, int] = {}
        for value in file.inputs:
            self._declare(value, symbols, scope)
        return [t for t in scope.values.values() if t is not None and not t.is_constant]

    def _declare(self, value: FileValue, symbols: dict[str, int], scope: Scope) -> None:
        try:
            scope.define(value.name, self._input(value, symbols))
        except RefusedError as refused:
            scope.values[value.name] = None
            self.findings.add(f"model input {value.name!r}", "input", refused)

    def _input(self, value: FileValue, symbols: dict[str, int]) -> Tensor:
        dtype = element_type(value.type, f"input {value.name!r}")
        fixed = self._options.fixed.get(value.name)
        shape = input_shape(value, self._options.input_shapes.get(value.name), symbols, fixed=fixed is not None)
        check_shape(value.name, shape, dtype, DYNAMIC_CURE)
        if fixed is None:
            return Tensor(value.name, shape, dtype)
        try:
            data = np.full(shape, fixed, dtype.numpy)
        except (OverflowError, ValueError) as error:
            raise RefusedError(f"{fixed} is not a value of {dtype.value}") from error
        return Tensor(value.name, shape, dtype, None, data)

    def _output(self, value: FileValue, scope: Scope) -> Tensor | None:
        """An output under its name in the file, though it may be another output's or an input's value."""
        try:
            tensor = scope.read(value.name)
        except UnknownError:
            return None
        except RefusedError as refused:
            self.findings.add(f"model output {value.name!r}", "output", refused)
            return None
        if tensor.name == value.name and not tensor.is_constant:
            return tensor
        named = Tensor(value.name, tensor.shape, tensor.dtype, tensor.quant, tensor.data)
        if not tensor.is_constant:
            view = Reshape(inputs=[tensor], outputs=[named], shape=tensor.shape, name=value.name, source="output")
            self._operators.append(view)
        return named

    def _import_all(self, nodes: Sequence[FileNode], scope: Scope) -> None:
        for position, node in enumerate(nodes):
            self._import(node, scope, f"{scope.prefix}{position}")

    def _import(self, node: FileNode, scope: Scope, position: str) -> None:
        """Translate one operator and bind its outputs; what is wrong is noted."""
        name = next((n for n in node.outputs if n), "")
        where = f"{node.op} #{position}" + f' "{name}"' * bool(name)
        kept = len(self._operators)
        try:
            results = self._translated(node, scope, position, where)
            self._bind(node, results, scope, self._operators[kept:])
        except UnknownError:
            del self._operators[kept:]
            scope.believe(node)
        except RefusedError as refused:
            del self._operators[kept:]
            self.findings.add(where, node.op, refused)
            scope.believe(node)

    def _translated(self, node: FileNode, scope: Scope, position: str, where: str) -> Sequence[Tensor | None]:
        """What an operator writes, by its rule or by the model's own definition."""
        self._nodes_left -= 1
        if self._nodes_left < 0:
            raise RefusedError(f"the model has more than {MAX_NODES} operators", key="nodes")
        if node.op not in self._rules:
            return self._call(self._function(node, scope), node, scope, position)
        rule = self._rules[node.op]
        site = Site(
            op=node.op,
            name=next((n for n in node.outputs if n), f"layer {position}"),
            source=f"{node.op} #{position}",
            opset=scope.opset,
            attributes=rule.attributes_of(node.attributes),
            inputs=scope.operands(node, rule),
            wanted=tuple(map(bool, node.outputs)),
            place=lambda op: self._place(op, where, node.op),
            run=lambda graph, arguments=(): self._branch(graph, scope, position, arguments),
        )
        results = rule.convert(site)
        return [results] if isinstance(results, Tensor) else results

    def _branch(self, graph: FileGraph, scope: Scope, position: str, arguments: Sequence[Tensor]) -> list[Tensor]:
        """Import a graph attribute in the place of its operator, or of a turn of it; its outputs."""
        inner = scope.branch(graph, position)
        if len(arguments) != len(graph.inputs):
            raise RefusedError(f"its body takes {len(graph.inputs)} inputs, not {len(arguments)}")
        for value, tensor in zip(graph.inputs, arguments, strict=True):
            inner.define(value.name, tensor)
        self._import_all(graph.nodes, inner)
        return [inner.read(value.name) for value in graph.outputs]

    def _function(self, node: FileNode, scope: Scope) -> FileFunction:
        """What defines an operator without a rule: the model or, of its own operators, ONNX."""
        if node.op in self._model.functions:
            return self._model.functions[node.op]
        if self._rules is not RULES or (found := definition(node, scope)) is None:
            raise RefusedError(f"operator {node.op} is not supported", SUPPORTED_CURE)
        return found

    def _call(self, function: FileFunction, node: FileNode, scope: Scope, position: str) -> list[Tensor | None]:
        """Import the body of a function in the place of a call; its outputs."""
        if len(node.inputs) > len(function.inputs):
            raise RefusedError(f"the function takes {len(function.inputs)} inputs, not {len(node.inputs)}")
        arguments = {f: scope.read(n) for f, n in zip(function.inputs, node.inputs, strict=False) if n}
        inner = scope.function(arguments, function.opset, position)
        given = {**function.defaults, **node.attributes}
        missing = set(function.inputs) - set(arguments)
        self._import_all([_bound(n, given, missing) for n in function.nodes], inner)
        return [
            inner.read(name) if wanted else None for name, wanted in zip(function.outputs, node.outputs, strict=False)
        ]

    def _bind(self, node: FileNode, results: Sequence[Tensor | None], scope: Scope, placed: list[Operator]) -> None:
        """Give the results the names of the file: to the tensors themselves where this operator wrote them."""
        written = {t for op in placed for t in op.outputs}
        for index, name in enumerate(node.outputs):
            result = results[index] if index < len(results) else None
            if not name:
                continue
            if result is None:
                raise RefusedError(f"its output {name!r} (number {index}) is not supported")
            if result in written:
                written.discard(result)
                result.name = name
            scope.define(name, result)

    def _place(self, op: Operator, where: str, kind: str) -> None:
        """Infer the shapes of an operator, check it, and add it to the graph or fold it."""
        if (broken := op.broken_precondition()) is not None:
            raise RefusedError(broken[1], key=(broken[0].__name__, op.x.dtype))
        for tensor, shape in zip(op.outputs, op.infer_shapes(), strict=True):
            check_shape(tensor.name, shape, tensor.dtype, DYNAMIC_CURE)
            tensor.shape = shape
        violations = op.broken_constraints()
        for rule, text in violations:
            self.findings.add(where, kind, RefusedError(text, key=(rule.__name__, op.x.dtype)))
        if violations or not op.foldable:
            self._operators.append(op)
        else:
            _fold(op)


def _bound(node: FileNode, given: Mapping[str, Any], missing: set[str]) -> FileNode:
    """An operator of a function with the attributes of the call, and without arguments that the call leaves out."""
    attributes = {name: given[source] for name, source in node.references.items() if source in given}
    inputs = tuple("" if name in missing else name for name in node.inputs)
    return FileNode(node.op, node.name, inputs, node.outputs, {**node.attributes, **attributes}, {})


def _fold(op: Operator) -> None:
    """Compute an operator whose inputs are all constant."""
    size_bytes = sum(t.bytes for t in op.outputs)
    if size_bytes > MAX_FOLDED_BYTES or op.macs() > MAX_FOLDED_MACS:
        raise RefusedError(f"it computes {size_bytes:,} bytes of constants with {op.macs():,} multiplies: too many")
    empty = next((t for t in op.inputs if t is not None and not t.size), None)
    if empty is not None and not isinstance(op, Binary | Cast | Reshape | Unary):
        raise RefusedError(f"constant {empty.name!r}, {empty.type_text}, is empty")
    with np.errstate(all="ignore"):
        values = reference.evaluate(op, [None if t is None else t.data for t in op.inputs])
    for tensor, value in zip(op.outputs, values, strict=True):
        tensor.data = value
