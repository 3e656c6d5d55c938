"""The facts of one generated C library: everything the templates print, named, numbered and spelt in C.

All logic of rendering is here, so that a template has loops and ifs and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from codegen import ABI, __version__
from codegen.boards import Board, Memory
from codegen.errors import GencError, Problem
from codegen.ir import Array
from codegen.placement import Homes, hot_layers
from codegen.render.kernels_source import Bundle, bundle
from codegen.render.layer_text import (
    Constants,
    ConstantText,
    LayerText,
    accessors,
    common_folder,
    describe_layer,
    first_name,
    memory_map,
    parts_used,
    program_calls,
)
from codegen.render.literals import short_comment
from codegen.render.names import Names, model_name
from codegen.render.ports import Port, describe_ports
from codegen.render.state_text import place, reset_statements
from codegen.render.stream_text import SegmentText, describe_segments
from codegen.schedule.program import Program, Push

NOWHERE = Homes()

GOLDEN = tuple[list[Array], list[Array]]
"""One test vector: inputs and outputs, each in the order and type of the model."""


@dataclass(frozen=True)
class RenderOptions:
    """What is to be printed beside the program.

    Attributes:
        name: of the library; made into a C identifier (codegen.render.names.model_name).
        board: what it is generated for.
        model_file: name of the model's file, without folders.
        model_sha256: of its bytes, hexadecimal.
        golden: a test vector for the self-test, or None for no self-test.
        labels: of the classes, one for each element of the only output, or none.
        homes: memories of the board that the user chose.
        package: name of the package, which its kernels carry; "" when it is the library's own.
        small: kernels are compiled for size.
    """

    name: str
    board: Board
    model_file: str
    model_sha256: str
    golden: GOLDEN | None = None
    labels: tuple[str, ...] = ()
    homes: Homes = NOWHERE
    package: str = ""
    small: bool = False


@dataclass(frozen=True)
class Library:
    """Everything the templates know; the packaging templates read it too (codegen.render.packaging).

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
        kernel_bytes: of it, the kernels.
        macs: of one run.
        inputs, outputs, layers: in order.
        segments: the layers, grouped.
        push, push_part, push_offset: the input that arrives row by row, or None, and where its ring lies.
        counters: of rows, which an instance keeps between pushed rows.
        slow_bytes: sizeof(NAME_slow_t); 0 when an instance is one piece.
        arena_map, state_map, slow_map: lines of the maps.
        name_prefix: what the names of all layers begin with, left out of the comments.
        accessors: macro name, C type and part of the instance of the accessors in use.
        parts: of an instance that a run touches: "arena", "state".
        resets: C statements that give states their initial values.
        headers: of the kernels called.
        weights: definitions of the constants.
        declarations: of the constants.
        constants: every constant, in the order of its definition.
        kernels: file name -> text of the bundled kernels.
        kernel_identifiers: of the bundled kernels; other models of the package have them, too.
        identifiers: all others of the library.
        homes: memories that the user chose.
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
    slow_bytes: int
    weights_bytes: int
    code_bytes: int
    kernel_bytes: int
    macs: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    layers: tuple[LayerText, ...]
    segments: tuple[SegmentText, ...]
    push: Push | None
    push_part: str
    push_offset: int
    counters: int
    arena_map: tuple[str, ...]
    state_map: tuple[str, ...]
    slow_map: tuple[str, ...]
    name_prefix: str
    accessors: tuple[tuple[str, str, str], ...]
    parts: tuple[str, ...]
    resets: tuple[str, ...]
    headers: tuple[str, ...]
    weights: tuple[str, ...]
    declarations: tuple[str, ...]
    constants: tuple[ConstantText, ...]
    kernels: dict[str, str]
    kernel_identifiers: frozenset[str]
    identifiers: frozenset[str]
    homes: Homes
    has_golden: bool
    uses_infinity: bool

    @property
    def parameters(self) -> str:
        """Of functions that prepare an instance, in C."""
        return f"{self.name}_t *nn" + (f", {self.name}_slow_t *slow" if self.slow_bytes else "")

    @property
    def arguments(self) -> str:
        """What they are given where an instance is declared as in `variables`."""
        return "&nn, &slow" if self.slow_bytes else "&nn"

    @property
    def noun(self) -> str:
        """What is pushed: a row of an image, or a frame of a sequence."""
        return "row" if self.push is None or self.push.is_image else "frame"

    @property
    def push_order(self) -> str:
        """Axes of the model's input, by number, as their elements are pushed; "" when that is the input's own order."""
        order = self.push.order if self.push else ()
        return "" if list(order) == sorted(order) else ", ".join(map(str, order))

    @property
    def push_parts(self) -> tuple[str, ...]:
        """The parts of an instance that a pushed row may touch."""
        return tuple(sorted({self.push_part, *self.parts}))

    @staticmethod
    def member(part: str) -> str:
        """Of an instance: where its part "arena", "state" or "slow" lies, in C."""
        return "slow_part_.at->slow_" if part == "slow" else f"{part}_"

    @property
    def attributes(self) -> tuple[tuple[str, str, Memory], ...]:
        """Attributes of the variables that the user gave a home: macro, variable, memory."""
        parts = [("INSTANCE", f"{self.name}_t nn", self.homes.instance)]
        if self.slow_bytes:
            parts.append(("SLOW", f"{self.name}_slow_t slow", self.homes.slow))
        return tuple((f"{self.upper}_{part}_ATTR", text, home) for part, text, home in parts if home and home.data)

    @property
    def instance_prefix(self) -> str:
        """What stands before the declaration of an instance: a macro, or nothing."""
        return "".join(f"{macro} " for macro, _, home in self.attributes if home is self.homes.instance)

    @property
    def variables(self) -> tuple[str, ...]:
        """How users declare an instance, in C."""
        placed = {text: f"{macro} static {text};" for macro, text, _ in self.attributes}
        texts = [f"{self.name}_t nn", *([f"{self.name}_slow_t slow"] if self.slow_bytes else [])]
        return tuple(placed.get(text, f"static {text};") for text in texts)

    @property
    def fast_bytes(self) -> int:
        """Of the constants in fast memory."""
        return sum(c.bytes for c in self.constants if c.fast)


def describe(program: Program, options: RenderOptions) -> Library:
    """The facts of the library that runs `program`.

    Raises:
        GencError: the labels or the test vector do not belong to this model.
    """
    _check(program, options)
    prefix = model_name(options.package or options.name)
    kernels = bundle((call.kernel for call in program_calls(program)), prefix, small=options.small)
    names = Names(options.name, kernels.identifiers, prefix)
    constants = Constants(names, hot_layers(program, options.homes.weights_room(program.ram_bytes)))
    golden_inputs, golden_outputs = options.golden or (None, None)
    if program.push is not None and golden_inputs is not None:
        golden_inputs = [program.push.arranged(golden_inputs[0])]
    inputs = describe_ports(program, names, "input", golden_inputs)
    outputs = describe_ports(program, names, "output", golden_outputs, options.labels)
    common = common_folder([first_name(layer.op.name) for layer in program.layers])
    layers = tuple(describe_layer(layer, program, names, constants, common) for layer in program.layers)
    push_part, push_offset = place(program, program.offsets[program.push.tensor]) if program.push else ("arena", 0)
    resets = reset_statements(program, constants.name)
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
        ram_bytes=program.ram_bytes,
        slow_bytes=program.slow_bytes,
        weights_bytes=sum(c.bytes for c in constants.table),
        code_bytes=_code_bytes(program, kernels),
        kernel_bytes=kernels.code_bytes,
        macs=program.graph.macs,
        inputs=inputs,
        outputs=outputs,
        layers=layers,
        segments=describe_segments(program, names, layers),
        push=program.push,
        push_part=push_part,
        push_offset=push_offset,
        counters=program.counters,
        arena_map=memory_map(program, common, "arena"),
        state_map=memory_map(program, common, "state"),
        slow_map=memory_map(program, common, "slow"),
        name_prefix=short_comment(common),
        accessors=accessors(program),
        parts=parts_used(program),
        resets=resets,
        headers=kernels.headers,
        weights=tuple(constants.definitions),
        declarations=tuple(constants.declarations),
        constants=tuple(constants.table),
        kernels=kernels.files,
        kernel_identifiers=kernels.identifiers,
        identifiers=frozenset(names.taken - kernels.identifiers),
        homes=options.homes,
        has_golden=options.golden is not None,
        uses_infinity=any("HUGE_VALF" in text for text in texts),
    )


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
    fields = sum(len(call.params) for call in program_calls(program))
    return 40 + kernels.code_bytes + 16 * sum(1 for _ in program_calls(program)) + 4 * fields
