"""The TFLite front-end: a file of the schema becomes a graph.

Operators are taken in the file's order.  Each is translated (tflite_operators.py), its shapes are
inferred, its constraints checked, and what is constant is folded at once, so that a shape computed
by SHAPE, STRIDED_SLICE and PACK is known where RESHAPE needs it.  What is refused is noted and the
walk goes on with the shape that the file claims, so that one run names everything.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from codegen import reference
from codegen.custom import custom_operators
from codegen.errors import GencError
from codegen.frontends.findings import Findings, RefusedError
from codegen.frontends.options import NO_OPTIONS, ImportOptions
from codegen.frontends.tflite.custom import custom_rule
from codegen.frontends.tflite.operators import Rule, Site
from codegen.frontends.tflite.rules import RULES
from codegen.frontends.tflite.schema import IDENTIFIER, DamagedError, FileModel, FileOperator, decode
from codegen.frontends.tflite.state import Variable, Variables, drop_dead_states
from codegen.frontends.tflite.tensors import TYPE_CURES, check_shape, constant, declared, model_input
from codegen.ir import Graph, Operator, Tensor
from codegen.ir.constraints import symmetric_weights, uniform_operands, uniform_types
from codegen.ir.operator import Constraint
from codegen.ir.ops import Shape

MAX_FOLDED_BYTES = 16 << 20
MAX_FOLDED_MACS = 1 << 28

SUPPORTED_CURE = "`gen-c ops` lists the supported operators; docs/custom_operators.md says how to add one of your own."
CONTROL_FLOW = {"IF", "WHILE", "CALL"}
TYPE_RULES = {uniform_types, uniform_operands, symmetric_weights}
CONTROL_CURE = "Control flow must be resolved before the conversion: gen-c compiles one static graph."


class TFLite:
    """TFLite flatbuffers, `*.tflite`."""

    name = "TFLite"
    suffixes = (".tflite", ".lite")

    def recognises(self, head: bytes) -> bool:
        """The file identifier is TFL3."""
        return head[4:8] == IDENTIFIER

    def load(self, path: Path, options: ImportOptions) -> Graph:
        """Import a file, whose shapes are fixed.

        Raises:
            GencError: it cannot be read or is damaged (no problems), or it is not supported (all problems).
        """
        if options != NO_OPTIONS:
            raise GencError(f"{path}: a TFLite model has fixed inputs", cure="leave out --input-shape and --fix")
        try:
            model = decode(path.read_bytes())
        except DamagedError as error:
            raise GencError(
                f"{path} is not a valid TFLite file: {error}", cure="Is it truncated or damaged?"
            ) from error
        except OSError as error:
            raise GencError(f"{path} cannot be read: {error.strerror}") from error
        return import_model(model, path.stem)


def import_model(model: FileModel, name: str) -> Graph:
    """The graph of a decoded file.

    Args:
        model: the file; its numbers are not trusted.
        name: of the graph.

    Raises:
        GencError: with everything that is not supported.
    """
    importer = _Importer(model)
    graph = importer.graph(name)
    if importer.findings:
        raise GencError(f"model {name!r} cannot be compiled", importer.findings.problems())
    return graph


class _UnknownError(Exception):
    """An input was to be written by an operator that was refused: nothing can be said about its readers."""


class _Importer:
    """The walk over one file.

    Attributes:
        findings: everything that was refused so far.
    """

    def __init__(self, model: FileModel) -> None:
        self.findings = Findings()
        self._model = model
        self._values: dict[int, Tensor | None] = {}  # by index in the file; None: refused, shape unknown
        self._operators: list[Operator] = []
        self._variables = Variables.of(model)
        self._handles: dict[int, Variable] = {}
        self._state_operators: dict[str, Callable[[FileOperator], None]] = {
            "VAR_HANDLE": self._var_handle,
            "READ_VARIABLE": self._read_variable,
            "ASSIGN_VARIABLE": self._assign_variable,
            "CALL_ONCE": self._call_once,
        }

    def graph(self, name: str) -> Graph:
        """The graph; valid only if there are no findings afterwards."""
        inputs = [self._input(index) for index in self._model.inputs]
        for position, op in enumerate(self._model.operators):
            self._import(position, op)
        outputs = [self._output(index) for index in self._model.outputs]
        if not outputs:
            self.findings.add("the model", "model", RefusedError("it has no outputs"))
        known = [t for t in inputs if t is not None], [t for t in outputs if t is not None]
        graph = Graph(name, *known, self._operators, self._model.description, self._variables.states())
        drop_dead_states(graph)
        return graph

    def _input(self, index: int) -> Tensor | None:
        tensor = self._model.tensors[index]
        try:
            self._define(index, "it is an input of the model")
            self._values[index] = model_input(tensor)
        except RefusedError as refused:
            self._values[index] = None
            self.findings.add(f"model input {tensor.name!r}", "input", refused)
        return self._values[index]

    def _define(self, index: int, what: str) -> None:
        """Accept a new value for a tensor, which must not have one."""
        tensor = self._model.tensors[index]
        if index in self._values or tensor.content is not None or self._variables.knows_tensor(index):
            raise RefusedError(f"{what}, but tensor {tensor.name!r} has a value already")

    def _output(self, index: int) -> Tensor | None:
        try:
            return self._read(index)
        except _UnknownError:
            return None
        except RefusedError as refused:
            self.findings.add(f"model output {self._model.tensors[index].name!r}", "output", refused)
            return None

    def _read(self, index: int) -> Tensor:
        """The tensor that an operator reads."""
        tensor = self._model.tensors[index]
        if index not in self._values:
            if tensor.content is None and 0 not in tensor.shape:
                if tensor.is_variable:
                    return self._variables.tensor(index, tensor.name).read(declared(tensor))
                raise RefusedError(f"tensor {tensor.name!r} is read before any operator writes it")
            self._values[index] = constant(tensor)
        value = self._values[index]
        if value is None:
            raise _UnknownError
        return value

    def _import(self, position: int, op: FileOperator) -> None:
        name = next((self._model.tensors[index].name for index in op.outputs), "")
        where = f"{op.label} #{position}" + f' "{name}"' * bool(name)
        try:
            if op.name in self._state_operators:
                self._state_operators[op.name](op)
                return
            rule = _rule(op)
            for operator in rule.convert(self._site(position, op, rule)):
                self._place(operator, where, op.label)
        except _UnknownError:
            self._believe(op)
        except RefusedError as refused:
            self.findings.add(where, op.label, refused)
            self._believe(op)

    def _site(self, position: int, op: FileOperator, rule: Rule) -> Site:
        """The operator with its tensors; inputs left out at the end are None, like those marked -1."""
        fewest, most = rule.inputs
        if not fewest <= len(op.inputs) <= most or rule.outputs not in {None, len(op.outputs)} or not op.outputs:
            raise RefusedError(f"it has {len(op.inputs)} inputs and {len(op.outputs)} outputs")
        required = op.inputs if rule.variadic else op.inputs[:fewest]
        if -1 in required:
            raise RefusedError(f"its input {required.index(-1)} is missing")
        present = [None if index < 0 else self._read(index) for index in op.inputs]
        missing: list[Tensor | None] = [] if rule.variadic else [None] * (most - len(present))
        variables = self._variables_of(op)
        for index in op.outputs:
            self._define(index, "it writes an output")
            self._values[index] = declared(self._model.tensors[index])
        outputs = [self._read(index) for index in op.outputs]
        name = outputs[0].name or f"layer {position}"
        inside = [None if i < 0 else declared(self._model.tensors[i]).quant for i in op.intermediates]
        return Site(name, f"{op.label} #{position}", op.options, present + missing, outputs, variables, inside)

    def _variables_of(self, op: FileOperator) -> dict[Tensor, Variable]:
        """The variable tensors that an operator reads, by what they hold now."""
        indices = [i for i in op.inputs if i >= 0 and i not in self._values and self._model.tensors[i].is_variable]
        return {self._read(i): self._variables.tensor(i, self._model.tensors[i].name) for i in indices}

    def _var_handle(self, op: FileOperator) -> None:
        """Its output names a resource variable."""
        _expect_operands(op, 0, 1)
        self._handles[op.outputs[0]] = self._variables.resource(op)

    def _variable(self, op: FileOperator) -> Variable:
        """The resource variable that an operator's first input names."""
        if op.inputs[0] not in self._handles:
            raise RefusedError("its first input does not come from a VAR_HANDLE")
        return self._handles[op.inputs[0]]

    def _read_variable(self, op: FileOperator) -> None:
        """Its output is what the variable holds now."""
        _expect_operands(op, 1, 1)
        variable, (index,) = self._variable(op), op.outputs
        self._define(index, "it writes an output")
        self._values[index] = variable.read(declared(self._model.tensors[index]))

    def _assign_variable(self, op: FileOperator) -> None:
        """The variable holds its second input from now on."""
        _expect_operands(op, 2, 0)
        self._variable(op).assign(self._read(op.inputs[1]))

    def _call_once(self, op: FileOperator) -> None:
        """A subgraph, computed now, gives variables their initial values."""
        _expect_operands(op, 0, 0)
        number = op.options["InitSubgraphIndex"]
        if number not in self._model.others:
            raise RefusedError(f"it calls subgraph {number} of {len(self._model.others) + 1}")
        if number not in self._variables.called:
            self._variables.called.add(number)
            _Initialiser(self._model.others[number], self._variables).run()

    def _believe(self, op: FileOperator) -> None:
        """Give the outputs of a refused operator the shapes that the file claims, to check what follows."""
        for index in op.outputs:
            if self._model.tensors[index].content is not None:
                continue
            try:
                tensor = declared(self._model.tensors[index])
                check_shape(tensor.name, tensor.shape, tensor.dtype)
                self._values[index] = tensor
            except RefusedError:
                self._values[index] = None

    def _place(self, op: Operator, where: str, label: str) -> None:
        """Infer the shapes of an operator, check it, and add it to the graph or fold it."""
        if (broken := op.broken_precondition()) is not None:
            raise _refusal(op, *broken)
        for tensor, shape in zip(op.outputs, op.infer_shapes(), strict=True):
            check_shape(tensor.name, shape, tensor.dtype)
            tensor.shape = shape
        violations = op.broken_constraints()
        for violation in violations:
            self.findings.add(where, label, _refusal(op, *violation))
        if violations or not (isinstance(op, Shape) or not op.activations):
            self._operators.append(op)
        else:
            _fold(op)


class _Initialiser(_Importer):
    """The walk over a subgraph that CALL_ONCE names: every operator folds, every assignment is an initial value."""

    def __init__(self, model: FileModel, variables: Variables) -> None:
        super().__init__(model)
        self._initialised = variables
        self._state_operators |= dict.fromkeys(("READ_VARIABLE", "CALL_ONCE"), _refuse_initialising)

    def run(self) -> None:
        """Initialise the variables.

        Raises:
            RefusedError: the first thing in the subgraph that is not supported.
        """
        for position, op in enumerate(self._model.operators):
            self._import(position, op)
        if problems := self.findings.problems():
            raise RefusedError(f"its {problems[0].where}: {problems[0].reason}", problems[0].cure)

    def _var_handle(self, op: FileOperator) -> None:
        _expect_operands(op, 0, 1)
        self._handles[op.outputs[0]] = self._initialised.resource(op)

    def _assign_variable(self, op: FileOperator) -> None:
        _expect_operands(op, 2, 0)
        self._variable(op).initialise(self._read(op.inputs[1]))


def _refuse_initialising(op: FileOperator) -> None:
    raise RefusedError(f"{op.label} is not supported while variables are initialised")


def _expect_operands(op: FileOperator, inputs: int, outputs: int) -> None:
    """Raise RefusedError unless an operator has so many inputs and outputs, none left out."""
    if (len(op.inputs), len(op.outputs)) != (inputs, outputs) or -1 in op.inputs:
        raise RefusedError(f"it has {len(op.inputs)} inputs and {len(op.outputs)} outputs")


def _rule(op: FileOperator) -> Rule:
    """How to import an operator."""
    if op.name in RULES:
        return RULES[op.name]
    if op.custom_name in custom_operators():
        return custom_rule(custom_operators()[op.custom_name], op)
    cure = CONTROL_CURE if op.name in CONTROL_FLOW else SUPPORTED_CURE
    what = f"custom operator {op.custom_name!r}" if op.custom_name else f"operator {op.name}"
    raise RefusedError(f"{what} is not supported", cure)


def _refusal(op: Operator, rule: Constraint, text: str) -> RefusedError:
    """A broken rule as an error; alike ones are those of the same rule and input type."""
    if rule not in TYPE_RULES:
        return RefusedError(text, key=(rule.__name__, op.x.dtype))
    types = {t.dtype for t in (*op.inputs, *op.outputs) if t is not None}
    cure = next((cure for dtype, cure in TYPE_CURES.items() if dtype in types), "")
    return RefusedError(text, cure, ("types", op.x.dtype))


def _fold(op: Operator) -> None:
    """Compute an operator whose inputs are all constant (or whose result is a shape)."""
    size_bytes = sum(t.bytes for t in op.outputs)
    if size_bytes > MAX_FOLDED_BYTES or op.macs() > MAX_FOLDED_MACS:
        raise RefusedError(f"it computes {size_bytes:,} bytes of constants with {op.macs():,} multiplies: too many")
    values = reference.evaluate(op, [None if t is None else t.data for t in op.inputs])
    for tensor, value in zip(op.outputs, values, strict=True):
        tensor.data = value
