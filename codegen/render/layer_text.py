"""The schedule of a generated library, spelt in C: constants, parameters, calls, comments and the arena map."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from codegen.backends.candidate import Call, Constant, ParamValue, RowsAhead, RowsHeld
from codegen.ir import DType
from codegen.render.literals import (
    C_TYPES,
    c_comment,
    c_declaration,
    c_extern,
    c_params,
    c_string,
    c_values,
    short_comment,
    short_string,
)
from codegen.render.names import Names
from codegen.render.state_text import place
from codegen.schedule.program import Layer, PlacedCall, Placement, Program
from codegen.schedule.rows import INPUT, Blocks

_ACCESSORS = {"int8": "I8", "uint8": "U8", "bool": "U8", "int16": "I16", "int32": "I32", "int64": "I64"}
"""Macros that give a place in the arena its type; the others are F32.  Elsewhere they begin with STATE_ or SLOW_."""


@dataclass(frozen=True)
class LayerText:
    """A layer of the schedule.

    Attributes:
        index: position, from 0.
        comment: number, operator, name, shapes, work.
        params: definitions of its parameter structs.
        preparations: C calls of NAME_init().
        calls: C calls; none for a view.
        name, op, kernel: C string literals for the layer table.
        macs: multiply-accumulates of one run.
        output_offset, output_bytes: its first output in the instance; offset -1: in the slow part.
    """

    index: int
    comment: str
    params: tuple[str, ...]
    preparations: tuple[str, ...]
    calls: tuple[str, ...]
    name: str
    op: str
    kernel: str
    macs: int
    output_offset: int
    output_bytes: int


@dataclass(frozen=True)
class ConstantText:
    """An array of the weights file.

    Attributes:
        name: its identifier.
        label: what it is, in the back-end's word: "weights", "bias", "table".
        layer: that uses it first.
        bytes: size.
        fast: it lies in fast memory.
    """

    name: str
    label: str
    layer: int
    bytes: int
    fast: bool = False


def program_calls(program: Program) -> Iterator[Call]:
    """Every kernel call, in order."""
    return (placed.call for layer in program.layers for placed in layer.calls)


class Constants:
    """The weights file: every constant once, however many layers share it."""

    def __init__(self, names: Names, fast_layers: frozenset[int] = frozenset()) -> None:
        """Constants that one of `fast_layers` uses first get the attribute of fast memory."""
        self._names = names
        self._fast_layers = fast_layers
        self._known: dict[tuple[str, bytes], str] = {}
        self.definitions: list[str] = []
        self.declarations: list[str] = []
        self.table: list[ConstantText] = []

    def name(self, constant: Constant, layer: int) -> str:
        """The identifier of a constant, defined on first use; equal bytes are one array."""
        digest = hashlib.sha256(constant.array.tobytes()).digest()
        key = (f"{constant.array.dtype} {constant.align}", digest)
        if key not in self._known:
            name = self._known[key] = self._names.symbol(constant.label, layer)
            fast = layer in self._fast_layers
            self.definitions.append(self._definition(constant, name, "FAST" if fast else "WEIGHTS"))
            self.declarations.append(c_extern(constant, name).rstrip())
            self.table.append(ConstantText(name, constant.label, layer, constant.array.nbytes, fast))
        return self._known[key]

    def _definition(self, constant: Constant, name: str, place: str) -> str:
        comment = f"/* {c_comment(constant.comment)} */\n" if constant.comment else ""
        declaration = f"{self._names.upper}_{place}_ATTR {c_declaration(constant, name)}"
        return f"{comment}{declaration} = {{\n{c_values(constant.array)}\n}};"


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape like 24x24x16: an image without its batch of one; "scalar" for rank 0."""
    dims = shape[1:] if len(shape) == 4 and shape[0] == 1 else shape
    return "x".join(map(str, dims)) or "scalar"


def common_folder(layer_names: list[str]) -> str:
    """The folders that all layer names with folders begin with: "MobilenetV1/MobilenetV1/", or ""."""
    paths = [name.split("/")[:-1] for name in layer_names if "/" in name]
    common = takewhile(lambda parts: len(set(parts)) == 1, zip(*paths, strict=False)) if len(paths) > 1 else ()
    return "".join(f"{parts[0]}/" for parts in common)


def first_name(name: str) -> str:
    """TFLite joins the names of the operators it fuses, the last one first: "net/relu;net/conv"."""
    return name.partition(";")[0]


def _name_comment(name: str, common: str) -> str:
    """The name of a layer or tensor for comments: first of the fused ones, without the common folders."""
    return short_comment(first_name(name).removeprefix(common))


def row_counters(program: Program) -> dict[int, str]:
    """C expressions for the rows done of each layer that runs row by row, and of a pushed input (INPUT).

    They are local, but for those of the segment that rows are pushed into: the instance keeps them.
    """
    counters = {stage.layer: f"rows_{stage.layer}" for segment in program.runs for stage in segment.stages}
    if program.push is not None:
        kept = (INPUT, *(stage.layer for stage in program.runs[0].stages))
        counters.update({layer: f"nn->rows_[{number}]" for number, layer in enumerate(kept)})
    return counters


def describe_layer(layer: Layer, program: Program, names: Names, constants: Constants, common: str) -> LayerText:
    """A layer in C; `common` is left out of the names in its comment."""
    params, preparations, calls, kernels = [], [], [], []
    counter = row_counters(program).get(layer.index)
    blocks = {stage.layer: stage.blocks for segment in program.runs for stage in segment.stages}.get(layer.index)
    for placed in layer.calls:
        kernel = names.renamed(placed.call.kernel)
        title = placed.call.title
        short, _, _ = title.partition(' "')
        struct = names.symbol(f"params {short}", layer.index)
        fields = c_params(_fields(placed, layer.index, names, constants), str)
        above = f"/* {c_comment(title)} */\n" if title else ""
        params.append(f"{above}static const {kernel}_params {struct} = {fields};")
        preparations += [f"{kernel}_prepare(&{struct});"] if placed.call.prepares else []
        rows = block_rows(blocks, counter) if blocks and counter else f"{placed.row_begin}, {placed.row_end}"
        calls.append(_call(program, kernel, struct, placed, rows))
        kernels.append(kernel)
    output = layer.op.y
    return LayerText(
        index=layer.index,
        comment=_comment(layer, common),
        params=tuple(params),
        preparations=tuple(preparations),
        calls=tuple(calls),
        name=short_string(layer.op.name),
        op=c_string(layer.op.kind),
        kernel=c_string(kernels[0] if kernels else ""),
        macs=min(layer.op.macs(), 2**32 - 1),
        output_offset=_instance_offset(program, program.offsets.get(output, 0)),
        output_bytes=output.bytes,
    )


def block_rows(blocks: Blocks, counter: str) -> str:
    """The rows of the block that begins at `counter`, as two arguments: ``rows_2, rows_2 + 4``."""
    begin, end = counter, f"{counter} + {blocks.size}"
    if blocks.first:
        begin = f"{counter} < 0 ? 0 : {counter}"
    if (blocks.rows - blocks.first) % blocks.size:
        end = f"{counter} > {blocks.rows - blocks.size} ? {blocks.rows} : {end}"
    return f"{begin}, {end}"


def _fields(placed: PlacedCall, layer: int, names: Names, constants: Constants) -> list[tuple[str, ParamValue]]:
    """The parameters, with what only we know filled in: constants by name, rings by their rows, renamed kernels."""

    def known(value: ParamValue) -> ParamValue:
        match value:
            case Constant():
                return constants.name(value, layer)
            case RowsHeld():
                return placed.rows_held[value.operand]
            case RowsAhead():
                return placed.rows_ahead[value.operand]
            case str():
                return names.renamed(value)
            case _:
                return value

    return [(name, known(value)) for name, value in placed.call.params]


def _call(program: Program, kernel: str, struct: str, placed: PlacedCall, rows: str) -> str:
    """One C call: parameters, operands by their place in the instance, the first row and the end of the rows."""
    operands = zip((*placed.call.inputs, *placed.call.outputs), (*placed.inputs, *placed.outputs), strict=True)
    arguments = [f"&{struct}"]
    for operand, offset in operands:
        part, inside = place(program, offset)
        arguments.append(f"{_accessor(operand.tensor.dtype, part)}({inside})")
    scratches = (at for at in (placed.scratch, placed.kept) if at is not None)
    arguments += ("{} + {}".format(*place(program, at)) for at in scratches)
    return f"{kernel}({', '.join(arguments)}, {rows});"


def _instance_offset(program: Program, offset: int) -> int:
    """Bytes from the start of an instance, in which the state part is aligned; -1 in the slow part."""
    part, inside = place(program, offset)
    if part == "slow":
        return -1
    align = max(program.arena_align, 4)
    return inside if part == "arena" else -(-max(program.arena_bytes, 1) // align) * align + inside


def _accessor(dtype: DType, part: str) -> str:
    name = _ACCESSORS.get(dtype.value, "F32")
    return name if part == "arena" else f"{part.upper()}_{name}"


def accessors(program: Program) -> tuple[tuple[str, str, str], ...]:
    """The accessor macros that the calls use, by name: macro, C type, part of the instance."""
    used = set()
    for layer in program.layers:
        for placed in layer.calls:
            operands = (*placed.call.inputs, *placed.call.outputs)
            for operand, offset in zip(operands, (*placed.inputs, *placed.outputs), strict=True):
                dtype, (part, _) = operand.tensor.dtype, place(program, offset)
                used.add((_accessor(dtype, part), C_TYPES[dtype.value], part))
    return tuple(sorted(used))


def parts_used(program: Program) -> tuple[str, ...]:
    """The parts of an instance that a run touches: "arena", "slow", "state"."""
    scratch = (at for layer in program.layers for placed in layer.calls for at in (placed.scratch, placed.kept))
    used = {place(program, offset)[0] for offset in scratch if offset is not None}
    return tuple(sorted({part for _, _, part in accessors(program)} | used))


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


def memory_map(program: Program, common: str, part: str) -> tuple[str, ...]:
    """One line for each tensor and scratch in "arena", "state" or "slow": bytes, layers, name."""
    count = len(program.layers)

    def label(placement: Placement) -> str:
        """Its name, and whose bytes it shares."""
        own = _name_comment(placement.label, common)
        if placement.rows:
            own += f", ring of {placement.rows} row{'s' if placement.rows > 1 else ''}"
        parent = placement.view_of
        return own if parent is None else f"{own}, a view of {_name_comment(parent.name, common)}"

    here = [(p, place(program, p.offset)) for p in program.placements]
    rows = [
        (
            f"+{start}",
            f".. +{start + p.bytes}",
            f"[{'in' if p.first < 0 else p.first}, {'out' if p.last >= count else p.last}]",
            label(p),
        )
        for p, (where, start) in here
        if where == part
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    return tuple("  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[3]]) for row in rows)
