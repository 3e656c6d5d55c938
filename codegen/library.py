"""The facts of one generated C library: everything the templates print, named, numbered and spelt in C.

All logic of rendering is here, so that a template has loops and ifs and nothing else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from codegen import ABI, __version__
from codegen.backends.candidate import Call, Constant, ParamValue, RowsHeld
from codegen.boards import Board
from codegen.errors import GencError, Problem
from codegen.ir import Array, DType, Tensor
from codegen.kernels_source import Bundle, bundle
from codegen.literals import (
    C_TYPES,
    c_array,
    c_comment,
    c_declaration,
    c_extern,
    c_float,
    c_params,
    c_string,
    c_values,
)
from codegen.names import Names, PortNames, model_name
from codegen.schedule.program import Layer, PlacedCall, Placement, Program

COMMENT_CHARACTERS = 44
STRING_CHARACTERS = 200
"""Names of strangers may be long: C promises string literals of 4095 bytes, people read less."""

GOLDEN = tuple[list[Array], list[Array]]
"""One test vector: inputs and outputs, each in the order and type of the model."""

_ACCESSORS = {"int8": "I8", "uint8": "U8", "bool": "U8", "int16": "I16", "int32": "I32", "int64": "I64"}


@dataclass(frozen=True)
class RenderOptions:
    """What is to be printed beside the program.

    Attributes:
        name: of the library; made into a C identifier (codegen.names.model_name).
        board: what it is generated for.
        model_file: name of the model's file, without folders.
        model_sha256: of its bytes, hexadecimal.
        golden: a test vector for the self-test, or None for no self-test.
        labels: of the classes, one for each element of the only output, or none.
    """

    name: str
    board: Board
    model_file: str
    model_sha256: str
    golden: GOLDEN | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Port:
    """An input or output.

    Attributes:
        index: position in the model, from 0.
        label: its name, safe in a comment.
        string: its name, as a C string literal.
        names: its identifiers.
        c_type, dtype: element type in C and its name in genc.h.
        rank, dims, size, bytes: dimensions and what follows; dims of a scalar are (1,).
        scale, zero_point: C literals; scale is "" when the tensor is not quantised.
        low, high: limits of the element type.
        offset: in the arena, bytes.
        overlaps: an output that shares bytes with an input.
        kept: an input that is still there after a run.
        labels: C string literals of the classes.
        golden: C text of the self-test's array, "" without one.
    """

    index: int
    label: str
    string: str
    names: PortNames
    c_type: str
    dtype: str
    rank: int
    dims: tuple[int, ...]
    size: int
    bytes: int
    scale: str
    zero_point: str
    low: int
    high: int
    offset: int
    overlaps: bool
    kept: bool
    labels: tuple[str, ...]
    golden: str


@dataclass(frozen=True)
class LayerText:
    """A layer of the schedule.

    Attributes:
        index: position, from 0.
        comment: number, operator, name, shapes, work.
        params: definitions of its parameter structs.
        calls: C calls; none for a view.
        name, op, kernel: C string literals for the layer table.
        macs: multiply-accumulates of one run.
        output_offset, output_bytes: its first output in the arena.
    """

    index: int
    comment: str
    params: tuple[str, ...]
    calls: tuple[str, ...]
    name: str
    op: str
    kernel: str
    macs: int
    output_offset: int
    output_bytes: int


@dataclass(frozen=True)
class Library:
    """Everything the templates know; the packaging templates read it too (codegen.packaging).

    Attributes:
        name, upper: prefix of functions and of macros.
        version, abi: of gen-c and of genc.h.
        board: what it is generated for.
        model_file: name of the model's file, safe in a comment.
        model_sha256, model_id: digest of the model, and its first 8 bytes as a C constant.
        backends: kernel libraries in use, "portable".
        align, arena_bytes, state_bytes, ram_bytes: of an instance; ram_bytes is sizeof(NAME_t).
        weights_bytes: of the constants, exact.
        code_bytes: of kernels, parameters and schedule, an estimate.
        macs: of one run.
        inputs, outputs, layers: in order.
        arena_map: lines of the map.
        name_prefix: what the names of all layers begin with, left out of the comments.
        accessors: macro name and C type of the arena accessors in use.
        headers: of the kernels called.
        weights: definitions of the constants.
        declarations: of the constants.
        kernels: file name -> text of the bundled kernels.
        has_golden: there is a self-test.
        uses_infinity: a number is infinite: math.h is needed.
    """

    name: str
    upper: str
    version: str
    abi: int
    board: Board
    model_file: str
    model_sha256: str
    model_id: str
    backends: str
    align: int
    arena_bytes: int
    state_bytes: int
    ram_bytes: int
    weights_bytes: int
    code_bytes: int
    macs: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    layers: tuple[LayerText, ...]
    arena_map: tuple[str, ...]
    name_prefix: str
    accessors: tuple[tuple[str, str], ...]
    headers: tuple[str, ...]
    weights: tuple[str, ...]
    declarations: tuple[str, ...]
    kernels: dict[str, str]
    has_golden: bool
    uses_infinity: bool


def describe(program: Program, options: RenderOptions) -> Library:
    """The facts of the library that runs `program`.

    Raises:
        GencError: the labels or the test vector do not belong to this model.
    """
    _check(program, options)
    prefix = model_name(options.name)
    kernels = bundle((call.kernel for call in _calls(program)), prefix)
    names = Names(options.name, kernels.identifiers)
    constants = _Constants(names)
    inputs = _ports(program, options, names, "input")
    outputs = _ports(program, options, names, "output")
    common = _common_folder([_first_name(layer.op.name) for layer in program.layers])
    layers = tuple(_layer(layer, program, names, constants, common) for layer in program.layers)
    align = max(program.arena_align, 4)
    arena_bytes = max(program.arena_bytes, 1)
    texts = (*constants.definitions, *(p.golden for p in (*inputs, *outputs)), *(p for x in layers for p in x.params))
    return Library(
        name=names.name,
        upper=names.upper,
        version=__version__,
        abi=ABI,
        board=options.board,
        model_file=short_comment(options.model_file),
        model_sha256=options.model_sha256,
        model_id=f"0x{options.model_sha256[:16]}ULL",
        backends=", ".join(sorted({layer.candidate.backend for layer in program.layers if layer.candidate})) or "none",
        align=align,
        arena_bytes=arena_bytes,
        state_bytes=program.state_bytes,
        ram_bytes=_round_up(arena_bytes, align) + _round_up(program.state_bytes, align),
        weights_bytes=constants.bytes,
        code_bytes=_code_bytes(program, kernels),
        macs=program.graph.macs,
        inputs=inputs,
        outputs=outputs,
        layers=layers,
        arena_map=_arena_map(program, common),
        name_prefix=short_comment(common),
        accessors=_accessors(program),
        headers=kernels.headers,
        weights=tuple(constants.definitions),
        declarations=tuple(constants.declarations),
        kernels=kernels.files,
        has_golden=options.golden is not None,
        uses_infinity=any("HUGE_VALF" in text for text in texts),
    )


def short_comment(text: str, limit: int = COMMENT_CHARACTERS) -> str:
    """Text for a comment, cut in its middle: both ends of a layer's name say something."""
    if len(text) > limit:
        text = f"{text[: limit // 3]}...{text[-(limit - limit // 3 - 3) :]}"
    return re.sub(r"\?(?=\?)", "? ", c_comment(text))  # no trigraphs


def short_string(text: str) -> str:
    """A C string literal of at most STRING_CHARACTERS characters of the text."""
    return c_string(text[:STRING_CHARACTERS])


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape like 24x24x16: an image without its batch of one; "scalar" for rank 0."""
    dims = shape[1:] if len(shape) == 4 and shape[0] == 1 else shape
    return "x".join(map(str, dims)) or "scalar"


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def _calls(program: Program) -> Iterable[Call]:
    return (placed.call for layer in program.layers for placed in layer.calls)


def _check(program: Program, options: RenderOptions) -> None:
    """Labels and test vector must have the sizes of the model's tensors."""
    graph = program.graph
    problems = []
    if options.labels and (len(graph.outputs) != 1 or graph.outputs[0].size != len(options.labels)):
        sizes = ", ".join(str(t.size) for t in graph.outputs)
        problems.append(Problem("labels", f"there are {len(options.labels)} for outputs of {sizes} elements"))
    if options.golden is not None:
        for tensors, arrays in zip((graph.inputs, graph.outputs), options.golden, strict=True):
            wanted = [(t.dtype.value, t.size) for t in tensors]
            got = [(a.dtype.name, a.size) for a in arrays]
            if wanted != got:
                problems.append(Problem("test vector", f"holds {got}, the model has {wanted}"))
    if problems:
        raise GencError("cannot write the library", problems)


def _code_bytes(program: Program, kernels: Bundle) -> int:
    """Estimate: kernels by their source, 16 bytes for a call, 4 for a parameter.

    Within 13 % of GCC 12 -O2 for Cortex-M4, Cortex-M0+ and RV32IMC on four MLPerf models and an MCUNet.
    """
    fields = sum(len(call.params) for call in _calls(program))
    return 40 + kernels.code_bytes + 16 * sum(1 for _ in _calls(program)) + 4 * fields


# ---------------------------------------------------------------- inputs and outputs


def _ports(program: Program, options: RenderOptions, names: Names, direction: str) -> tuple[Port, ...]:
    graph = program.graph
    tensors = graph.inputs if direction == "input" else graph.outputs
    arrays: list[Array] | None = None
    if options.golden is not None:
        arrays = options.golden[0] if direction == "input" else options.golden[1]
    port_names = names.ports(direction, [t.name for t in tensors])
    labels = tuple(map(short_string, options.labels)) if direction == "output" else ()
    return tuple(
        _port(program, tensor, index=index, names=port_names[index], labels=labels, golden=golden)
        for index, (tensor, golden) in enumerate(zip(tensors, _golden(names, direction, tensors, arrays), strict=True))
    )


def _golden(names: Names, direction: str, tensors: list[Tensor], arrays: list[Array] | None) -> list[str]:
    """The definitions of the arrays NAME_golden_input_0 ..., empty texts without a test vector."""
    if arrays is None:
        return [""] * len(tensors)
    return [
        c_array(Constant("golden", array), f"{names.name}_golden_{direction}_{index}", static=True).rstrip()
        for index, array in enumerate(arrays)
    ]


def _port(
    program: Program, tensor: Tensor, *, index: int, names: PortNames, labels: tuple[str, ...], golden: str
) -> Port:
    quant = tensor.quant if tensor.dtype in (DType.INT8, DType.UINT8, DType.INT16) else None
    zero_point = 0 if quant is None else quant.zero_point
    low, high = tensor.dtype.limits if tensor.dtype.is_integer else (0, 0)
    return Port(
        index=index,
        label=short_comment(tensor.name),
        string=short_string(tensor.name),
        names=names,
        c_type=C_TYPES[tensor.dtype.value],
        dtype=f"GENC_{tensor.dtype.name}",
        rank=len(tensor.shape),
        dims=tensor.shape or (1,),
        size=tensor.size,
        bytes=tensor.bytes,
        scale="" if quant is None else c_float(quant.scale),
        zero_point=f"({zero_point})" if zero_point < 0 else str(zero_point),
        low=low,
        high=high,
        offset=program.offsets[tensor],
        overlaps=any(_overlap(program, tensor, other) for other in program.graph.inputs),
        kept=_kept(program, tensor),
        labels=labels,
        golden=golden,
    )


def _overlap(program: Program, a: Tensor, b: Tensor) -> bool:
    """Whether two tensors share bytes of the arena."""
    start, other = program.offsets[a], program.offsets[b]
    return start < other + b.bytes and other < start + a.bytes


def _kept(program: Program, tensor: Tensor) -> bool:
    """Whether nothing is written over a tensor that the user has filled: only its own views lie on it."""
    start, end = program.offsets[tensor], program.offsets[tensor] + tensor.bytes
    views = {p.tensor: p.view_of for p in program.placements if p.tensor is not None}

    def related(other: Tensor | None) -> bool:
        """Whether `other` is the tensor or a view of it, at any remove."""
        while other is not None and other is not tensor:
            other = views.get(other)
        return other is tensor

    return all(related(p.tensor) for p in program.placements if p.offset < end and start < p.offset + p.bytes)


# ---------------------------------------------------------------- constants


class _Constants:
    """The weights file: every constant once, however many layers share it."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[tuple[str, bytes], str] = {}
        self.definitions: list[str] = []
        self.declarations: list[str] = []
        self.bytes = 0

    def name(self, constant: Constant, layer: int) -> str:
        """The identifier of a constant, defined on first use; equal bytes are one array."""
        digest = hashlib.sha256(constant.array.tobytes()).digest()
        key = (f"{constant.array.dtype} {constant.align}", digest)
        if key not in self._known:
            name = self._known[key] = self._names.symbol(constant.label, layer)
            self.definitions.append(self._definition(constant, name))
            self.declarations.append(c_extern(constant, name).rstrip())
            self.bytes += constant.array.nbytes
        return self._known[key]

    def _definition(self, constant: Constant, name: str) -> str:
        comment = f"/* {c_comment(constant.comment)} */\n" if constant.comment else ""
        declaration = f"{self._names.upper}_WEIGHTS_ATTR {c_declaration(constant, name)}"
        return f"{comment}{declaration} = {{\n{c_values(constant.array)}\n}};"


# ---------------------------------------------------------------- layers


def _common_folder(layer_names: list[str]) -> str:
    """The folders that all layer names with folders begin with: "MobilenetV1/MobilenetV1/", or ""."""
    paths = [name.split("/")[:-1] for name in layer_names if "/" in name]
    common = takewhile(lambda parts: len(set(parts)) == 1, zip(*paths, strict=False)) if len(paths) > 1 else ()
    return "".join(f"{parts[0]}/" for parts in common)


def _first_name(name: str) -> str:
    """TFLite joins the names of the operators it fuses, the last one first: "net/relu;net/conv"."""
    return name.partition(";")[0]


def _name_comment(name: str, common: str) -> str:
    """The name of a layer or tensor for comments: first of the fused ones, without the common folders."""
    return short_comment(_first_name(name).removeprefix(common))


def _layer(layer: Layer, program: Program, names: Names, constants: _Constants, common: str) -> LayerText:
    params, calls, kernels = [], [], []
    for placed in layer.calls:
        kernel = names.renamed(placed.call.kernel)
        struct = names.symbol("params", layer.index)
        fields = c_params(_fields(placed, layer.index, names, constants), str)
        params.append(f"static const {kernel}_params {struct} = {fields};")
        calls.append(_call(kernel, struct, placed))
        kernels.append(kernel)
    output = layer.op.y
    return LayerText(
        index=layer.index,
        comment=_comment(layer, common),
        params=tuple(params),
        calls=tuple(calls),
        name=short_string(layer.op.name),
        op=c_string(layer.op.kind),
        kernel=c_string(kernels[0] if kernels else ""),
        macs=min(layer.op.macs(), 2**32 - 1),
        output_offset=program.offsets.get(output, 0),
        output_bytes=output.bytes,
    )


def _fields(placed: PlacedCall, layer: int, names: Names, constants: _Constants) -> list[tuple[str, ParamValue]]:
    """The parameters, with what only we know filled in: constants by name, rings by their rows, renamed kernels."""

    def known(value: ParamValue) -> ParamValue:
        match value:
            case Constant():
                return constants.name(value, layer)
            case RowsHeld():
                return placed.rows_held[value.operand]
            case str():
                return names.renamed(value)
            case _:
                return value

    return [(name, known(value)) for name, value in placed.call.params]


def _call(kernel: str, struct: str, placed: PlacedCall) -> str:
    """One C call: parameters, operands by their place in the arena, rows."""
    operands = zip((*placed.call.inputs, *placed.call.outputs), (*placed.inputs, *placed.outputs), strict=True)
    arguments = [f"&{struct}", *(f"{_accessor(operand.tensor.dtype)}({offset})" for operand, offset in operands)]
    if placed.scratch is not None:
        arguments.append(f"arena + {placed.scratch}")
    return f"{kernel}({', '.join(arguments)}, {placed.row_begin}, {placed.row_end});"


def _accessor(dtype: DType) -> str:
    return _ACCESSORS.get(dtype.value, "F32")


def _accessors(program: Program) -> tuple[tuple[str, str], ...]:
    """The accessor macros that the calls use, by name."""
    used = {
        (_accessor(operand.tensor.dtype), C_TYPES[operand.tensor.dtype.value])
        for call in _calls(program)
        for operand in (*call.inputs, *call.outputs)
    }
    return tuple(sorted(used))


def _comment(layer: Layer, common: str) -> str:
    """``3  conv_2d "conv1/Relu"  24x24x16 -> 24x24x32  294912 MAC``."""
    op = layer.op
    shapes = " + ".join(shape_text(t.shape) for t in op.activations) or "constant"
    results = " + ".join(shape_text(t.shape) for t in op.outputs)
    work = "a view: no code" if not layer.calls else f"{op.macs()} MAC" if op.macs() else ""
    parts = [
        str(layer.index),
        f'{op.kind} "{_name_comment(op.name, common)}"',
        f"{shapes} -> {results}",
        work,
    ]
    return "  ".join(part for part in parts if part)


def _arena_map(program: Program, common: str) -> tuple[str, ...]:
    """One line for each tensor and scratch: bytes, layers, name."""
    count = len(program.layers)

    def label(placement: Placement) -> str:
        """Its name, and whose bytes it shares."""
        own = _name_comment(placement.label, common)
        parent = placement.view_of
        return own if parent is None else f"{own}, a view of {_name_comment(parent.name, common)}"

    rows = [
        (
            f"+{p.offset}",
            f".. +{p.offset + p.bytes}",
            f"[{'in' if p.first < 0 else p.first}, {'out' if p.last >= count else p.last}]",
            label(p),
        )
        for p in program.placements
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    return tuple("  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[3]]) for row in rows)
