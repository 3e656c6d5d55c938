"""What a back-end offers for an operator: kernel calls with everything constant resolved.

A :class:`Candidate` is one way to compute one operator.  It names C kernels, holds their packed
constants and final parameters, and declares scratch, row behaviour and estimated cost.  It knows
no address: the schedule places operands, the renderer prints.

The C side of the contract (docs/kernels.md has it in full)::

    void KERNEL(const KERNEL_params *p, const T *in0, ..., T *out0, ..., [void *scratch,] [void *kept,]
                int32_t row_begin, int32_t row_end);
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from codegen.ir import Array, Operator, Tensor


@dataclass(frozen=True, eq=False)
class Constant:
    """A packed array for the weights file.

    Attributes:
        label: what it is, a C identifier part: "weights", "bias", "table".
        array: C-contiguous; its numpy type gives the C type.
        comment: layout, in the reader's words: "[O/4][K][4], zero point folded into bias".
        align: bytes; a power of two.
    """

    label: str
    array: Array
    comment: str = ""
    align: int = 4


@dataclass(frozen=True)
class RowsHeld:
    """A parameter whose value is the number of rows the schedule keeps of an operand (its ring).

    Operands count inputs first, then outputs.  A tensor held whole has all its rows.
    """

    operand: int


@dataclass(frozen=True)
class RowsAhead:
    """A parameter whose value is where an operand's ring begins: row r lies in place (r + ahead) % rows held.

    A kernel that has it for an operand lets that lie in one ring with a tensor of other rows (`Call.lag`).
    """

    operand: int


ParamValue = int | float | str | Constant | RowsHeld | RowsAhead | None
"""A field of a parameter struct: number, C expression (str), constant array (printed as its
address), size or beginning of a ring, or None (printed as NULL)."""

Fields = tuple[tuple[str, ParamValue], ...]
"""Fields of a parameter struct, in the order of its declaration."""


@dataclass(frozen=True, eq=False)
class Operand:
    """A tensor as a kernel sees it: `rows` rows of `row_bytes` bytes, dense.

    Attributes:
        tensor: the activation read or written.
        rows: number of rows; [0, rows) is the whole tensor.
        row_bytes: bytes of one row.
        first: for an input, first[r] is the first input row that output row r reads.
        last: for an input, last[r] is the last one (inclusive); last[r] < first[r] reads none.
        align: alignment the kernel needs of the address, in bytes.
        alone: for an input, alone[r] is the first input row that a call for output row r alone reads, where that is
            later than first[r]: a kernel that computes several rows together reads the first ones longer.
    """

    tensor: Tensor
    rows: int
    row_bytes: int
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    align: int = 1
    alone: tuple[int, ...] = ()

    @property
    def first_alone(self) -> tuple[int, ...]:
        """First input row that a call for one output row reads."""
        return self.alone or self.first

    def first_in_call(self, row: int, row_begin: int) -> int:
        """First input row that may be read for an output row in a call that begins with `row_begin`."""
        return max(self.first[row], self.alone[row_begin]) if self.alone else self.first[row]


def whole(tensor: Tensor, out_rows: int, align: int = 1) -> Operand:
    """An input of which every output row may read everything; it is one row."""
    return Operand(tensor, 1, tensor.bytes, (0,) * out_rows, (0,) * out_rows, align)


def rowwise(tensor: Tensor, rows: int, align: int = 1) -> Operand:
    """An operand whose row r is read for output row r only (or, for an output, that has `rows`)."""
    each = tuple(range(rows))
    return Operand(tensor, rows, tensor.bytes // max(rows, 1), each, each, align)


def windowed(tensor: Tensor, batches: int, geometry: Window, align: int = 1) -> Operand:
    """An NHWC input read through a sliding window over its height; rows count all batches.

    Output row r belongs to batch r // out_rows; its input rows are clipped to that batch's image.
    """
    height = geometry.in_rows
    first, last = [], []
    for n in range(batches):
        for y in range(geometry.out_rows):
            top = y * geometry.stride - geometry.pad
            bottom = top + (geometry.kernel - 1) * geometry.dilation
            first.append(n * height + min(max(top, 0), height - 1))
            last.append(n * height + max(min(bottom, height - 1), 0))
    return Operand(tensor, batches * height, tensor.bytes // (batches * height), tuple(first), tuple(last), align)


@dataclass(frozen=True)
class Window:
    """Geometry of a sliding window along the height."""

    in_rows: int
    out_rows: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    pad: int = 0


@dataclass(frozen=True, eq=False)
class Call:
    """One C call.

    Attributes:
        kernel: C function, by its name in runtime_c ("genc_conv_s8_4x2"); the file of that stem
            declares it and `KERNEL_params` beside it.
        params: fields of the params struct, in the order of its declaration.
        inputs: operands read, in call order.
        outputs: operands written, in call order.
        out_rows: the call computes rows [0, out_rows).
        scratch_bytes: of the scratch argument; 0 means that the kernel takes none.
        scratch_align: alignment of the scratch, and of what is kept, bytes.
        in_place: input i may lie exactly where output 0 lies: the kernel reads each element
            before it writes that element, at equal addresses; the output of a call of one row may be smaller, and
            then nothing that is still to be read lies where an element is written.
        updates: (i, j): likewise for input i and output j, a state and its next value.
        title: what the call is for, where an operator has several: `CONV_2D #2 "conv/Relu", 8x8x3 -> 8x8x16`.  It is a
            comment in the generated C; what stands in front of the quotation mark names the parameters.
        prepares: NAME_init() calls KERNEL_prepare(&params), which the kernel's header declares.
        kept_bytes: of a scratch of its own, the argument behind the scratch, that carries what earlier rows left in it
            (the sums of a pool, the last rows of an input) from the first row to the last; 0: there is none.
        lag: output row r may also lie where row r + lag, or any one before that, of an input of `in_place` lies.
    """

    kernel: str
    params: Fields
    inputs: tuple[Operand, ...]
    outputs: tuple[Operand, ...]
    out_rows: int
    scratch_bytes: int = 0
    scratch_align: int = 8
    in_place: frozenset[int] = frozenset()
    updates: frozenset[tuple[int, int]] = frozenset()
    title: str = ""
    prepares: bool = False
    kept_bytes: int = 0
    lag: int = 0

    @property
    def rings(self) -> frozenset[int]:
        """Operands that may be rings: those whose rows held are a parameter."""
        return frozenset(value.operand for _, value in self.params if isinstance(value, RowsHeld))

    @property
    def begins(self) -> frozenset[int]:
        """Operands whose ring may begin with another row than 0: those whose rows ahead are a parameter."""
        return frozenset(value.operand for _, value in self.params if isinstance(value, RowsAhead))

    def may_coincide(self, position: int, target: int) -> bool:
        """True when output `target` may lie exactly on input `position`."""
        return (target == 0 and position in self.in_place) or (position, target) in self.updates


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way to compute an operator.

    Attributes:
        op: the operator.
        backend: name of the back-end that offers it.
        calls: usually one; a concatenation copies each input by its own call.
        instructions: estimated instructions of one run on the board's core.
        by_calls: the same when each call computes so many rows; None: as much, and each call reads the weights again.
        why: what this kernel is and when it is good, in a few words, for the report.
        remark: whether a library that was asked for computes it, and if not why: from the schedule, for the report.
    """

    op: Operator
    backend: str
    calls: tuple[Call, ...]
    instructions: float
    why: str = ""
    by_calls: Callable[[int], float] | None = None
    remark: str = ""

    def work(self, rows: int) -> float:
        """Estimated instructions of one run in which each call computes `rows` rows."""
        return self.instructions if self.by_calls is None else self.by_calls(rows)

    @property
    def scratch_bytes(self) -> int:
        """Scratch of the hungriest call, with what it keeps."""
        return max((c.scratch_bytes + c.kept_bytes for c in self.calls), default=0)


@dataclass
class Core:
    """What a back-end may know of the processor, from the board's TOML.

    Attributes:
        name: "cortex-m4", "xtensa-lx6", "rv32imc" ...
        features: instruction-set extensions: {"dsp", "fpu", "mve", "mul64"}.
    """

    name: str
    features: frozenset[str] = field(default_factory=frozenset)
