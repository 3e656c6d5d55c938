"""Run a candidate's C kernels on the host, in every way the contract of docs/kernels.md allows.

    check_candidate(candidate, [x])              every mode against codegen.reference
    run_candidate(candidate, [x], "rings")       one mode, the outputs

A small C shim per kernel fills the params struct from numbers, so one compilation serves every model; libraries are
cached by content.  With GENC_SANITIZE=1 kernels are built with ASan and UBSan (the process needs libasan preloaded).
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Operand, RowsAhead, RowsHeld
from codegen.ir import Array, Tensor
from codegen.kernel_files import kernel_library
from codegen.render.literals import c_type
from codegen.verify.foreign import Foreign
from tests.support.foreign import called_by, found, shared_library

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]
SANITIZE = os.environ.get("GENC_SANITIZE") == "1"
FLAGS = ["-std=c99", "-fPIC", "-g", "-O2"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
GUARD_BYTES = 256
CACHE = Path(tempfile.gettempdir()) / f"genc-kernels-{os.getuid()}"

_rng = np.random.default_rng(20240229)


# ---------------------------------------------------------------- compiling


def kernel_files(kernel: str) -> list[Path]:
    """The .c files a kernel needs: its own and the twins of the headers they include, transitively."""
    found = kernel_library()
    todo, seen = [f"{kernel}.c"], []
    while todo:
        name = todo.pop()
        if name in seen or name not in found:
            continue
        seen.append(name)
        for header in re.findall(r'#include "([^"]+)"', found[name].read_text()):
            todo += [header, header[:-2] + ".c"]
    return [found[n] for n in sorted(seen)]


def _shim(call: Call) -> str:
    """C that builds the params from v (integers and addresses) and f (floats), checks each field, and calls."""
    fields, checks = [], []
    for i, (name, value) in enumerate(call.params):
        if value is None:
            fields.append("NULL")
        elif isinstance(value, Constant):
            fields.append(f"(const {c_type(value.array)} *)(intptr_t)v[{i}]")
        elif isinstance(value, str):
            fields.append(value)
        elif isinstance(value, float):
            fields.append(f"(float)f[{i}]")
        else:
            fields.append(f"v[{i}]")
            checks.append(f"    if ((int64_t)p.{name} != v[{i}]) return {i + 1};")
        checks.append(f"    (void)p.{name};")
    scratches = (call.scratch_bytes > 0) + (call.kept_bytes > 0)
    pointers = [f"io[{i}]" for i in range(len(call.inputs) + len(call.outputs) + scratches)]
    return "\n".join(
        [
            f'#include "{call.kernel}.h"',
            "int32_t genc_shim(const int64_t *v, const double *f, void *const *io, int32_t row_begin, int32_t row_end)",
            "{",
            f"    const {call.kernel}_params p = {{ {', '.join(fields)} }};",
            "    (void)v; (void)f;",
            *checks,
            f"    {call.kernel}(&p, {', '.join(pointers)}, row_begin, row_end);",
            "    return 0;",
            "}",
            "",
        ]
    )


def _foreign(kernel: str) -> Foreign | None:
    """The library of somebody else that a kernel calls, if it does."""
    dependency = called_by(kernel)
    return found(dependency) if dependency else None


@cache
def _build(kernel: str, shim: str, library_called: Foreign | None = None) -> ctypes.CDLL:
    files = kernel_files(kernel)
    foreign = [str(shared_library(library_called, CACHE))] if library_called else []
    sources = [p for p in files if p.suffix == ".c"]
    assert sources, f"no file of kernel {kernel} in runtime_c"
    flags = [*FLAGS, *(SANITIZERS if SANITIZE else [])]
    digest = hashlib.sha256("\0".join([shim, *flags, *foreign, *(p.read_text() for p in files)]).encode()).hexdigest()[
        :24
    ]
    library = CACHE / f"{digest}.so"
    if not library.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        includes = sorted({f"-I{p.parent}" for p in kernel_library().values()})
        includes += library_called.flags if library_called else []
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            (Path(folder) / "shim.c").write_text(shim)
            objects = []
            for source in [Path(folder) / "shim.c", *sources]:
                objects.append(f"{folder}/{source.stem}.o")
                warnings = ["-Wall", "-Werror"] if source.stem == "shim" else WARNINGS
                _cc([*flags, *warnings, *includes, "-c", str(source), "-o", objects[-1]])
            _cc([*flags, "-shared", *objects, *foreign, "-lm", "-o", f"{folder}/out.so"])
            Path(folder, "out.so").replace(library)
    return ctypes.CDLL(str(library))


def _cc(arguments: list[str]) -> None:
    done = subprocess.run(["gcc", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- memory


@dataclass
class Block:
    """Bytes between guards, at an address aligned as asked and no better.

    With `exact` the block is an allocation of its own, so that ASan sees its ends.
    """

    raw: Array
    start: int
    size: int
    before: Array

    @staticmethod
    def of(size: int, align: int = 1, *, exact: bool = False) -> Block:
        if exact:
            raw = _rng.integers(0, 256, size, np.uint8)
            return Block(raw, 0, size, raw.copy())
        raw = _rng.integers(0, 256, size + 2 * GUARD_BYTES + 64, np.uint8)
        start = GUARD_BYTES + (align - (raw.ctypes.data + GUARD_BYTES)) % 64
        return Block(raw, start, size, raw.copy())

    @property
    def bytes(self) -> Array:
        return self.raw[self.start : self.start + self.size]

    @property
    def address(self) -> int:
        return int(self.raw.ctypes.data) + self.start

    def check(self, what: str) -> None:
        end = self.start + self.size
        assert np.array_equal(self.raw[: self.start], self.before[: self.start]), f"{what}: written before its start"
        assert np.array_equal(self.raw[end:], self.before[end:]), f"{what}: written past its end"


def _poison(size: int) -> Array:
    return _rng.integers(0, 256, size, np.uint8)


def _bytes(array: Array) -> Array:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


# ---------------------------------------------------------------- one call

_kept: WeakKeyDictionary[Call, Block] = WeakKeyDictionary()
"""What a call keeps from row to row."""


def _operands(call: Call) -> list[Operand]:
    return [*call.inputs, *call.outputs]


def _held_whole(call: Call) -> list[int]:
    return [o.rows for o in _operands(call)]


def _ringed(call: Call) -> set[int]:
    """Operands of which the kernel accepts a ring."""
    return set(call.rings)


def _invoke(
    call: Call,
    addresses: Sequence[int],
    held: Sequence[int],
    begin: int,
    end: int,
    *,
    exact: bool = False,
    ahead: Mapping[int, int] | None = None,
) -> None:
    """Run the kernel with operands at these addresses and a poisoned scratch of exactly its size.

    `ahead` has the rows by which rings begin later, where they do.
    """
    library = _build(call.kernel, _shim(call), _foreign(call.kernel))
    tight = exact and call.scratch_align <= 16
    scratch = Block.of(call.scratch_bytes, call.scratch_align, exact=tight)
    if begin == 0 or call not in _kept:
        _kept[call] = Block.of(call.kept_bytes, call.scratch_align, exact=tight)
    kept = _kept[call]
    integers, floats, keep = [], [], []
    for _, value in call.params:
        integer, real = 0, 0.0
        if isinstance(value, Constant):
            block = Block.of(value.array.nbytes, value.align, exact=exact and value.align <= 16)
            block.bytes[:] = _bytes(value.array)
            keep.append(block)
            integer = block.address
        elif isinstance(value, RowsHeld):
            integer = held[value.operand]
        elif isinstance(value, RowsAhead):
            integer = (ahead or {}).get(value.operand, 0)
        elif isinstance(value, float):
            real = value
        elif isinstance(value, (int, np.integer)):
            integer = int(value)
        integers.append(integer)
        floats.append(real)
    pointers = [*addresses, *(each.address for each in (scratch, kept) if each.size)]
    wrong = library.genc_shim(
        (ctypes.c_int64 * len(integers))(*integers),
        (ctypes.c_double * len(floats))(*floats),
        (ctypes.c_void_p * len(pointers))(*pointers),
        ctypes.c_int32(begin),
        ctypes.c_int32(end),
    )
    assert wrong == 0, f"{call.kernel}: field {call.params[wrong - 1]} is not in its place or does not fit its C type"
    scratch.check(f"{call.kernel}: scratch")
    kept.check(f"{call.kernel}: what it keeps")


# ---------------------------------------------------------------- modes


Values = dict[Tensor, Array]
Outputs = dict[Tensor, Block]


def _out_blocks(candidate: Candidate, *, exact: bool = False) -> Outputs:
    operands = [o for c in candidate.calls for o in c.outputs]
    return {
        t: Block.of(t.bytes, max(o.align for o in operands if o.tensor is t), exact=exact) for t in candidate.op.outputs
    }


def _in_blocks(call: Call, values: Values, *, exact: bool = False) -> list[Block]:
    blocks = []
    for operand in call.inputs:
        blocks.append(Block.of(operand.tensor.bytes, operand.align, exact=exact))
        blocks[-1].bytes[:] = values[operand.tensor]
    return blocks


def _run_cut(candidate: Candidate, values: Values, cuts: Callable[[int], list[int]], *, exact: bool = False) -> Outputs:
    """Every call over the row ranges between the cuts, all tensors held whole."""
    outs = _out_blocks(candidate, exact=exact)
    for call in candidate.calls:
        ins = _in_blocks(call, values, exact=exact)
        addresses = [*(b.address for b in ins), *(outs[o.tensor].address for o in call.outputs)]
        marks = cuts(call.out_rows)
        for begin, end in pairwise(marks):
            _invoke(call, addresses, _held_whole(call), begin, end, exact=exact)
        for block, operand in zip(ins, call.inputs, strict=True):
            block.check(f"{call.kernel}: input")
            assert np.array_equal(block.bytes, values[operand.tensor]), f"{call.kernel}: wrote to its input"
    return outs


def whole(candidate: Candidate, values: Values) -> Outputs:
    """One call of all rows; every operand an allocation of its own."""
    return _run_cut(candidate, values, lambda rows: [0, rows], exact=True)


def single_rows(candidate: Candidate, values: Values) -> Outputs:
    """One call per row."""
    return _run_cut(candidate, values, lambda rows: list(range(rows + 1)))


def partition(candidate: Candidate, values: Values) -> Outputs:
    """A random partition of the rows, empty ranges included."""
    return _run_cut(candidate, values, _random_cuts)


def _random_cuts(rows: int) -> list[int]:
    return [0, *sorted(_rng.integers(0, rows + 1, 3).tolist()), rows]


def undeclared_rows(candidate: Candidate, values: Values) -> Outputs:
    """One row at a time, the input rows that the row does not declare poisoned; no other output row may change.

    Output rows that several calls write in part (a concatenation) are compared after the last of them.
    """
    outs = _out_blocks(candidate)
    for call in candidate.calls:
        for row in range(call.out_rows):
            ins = []
            for operand in call.inputs:
                block = Block.of(operand.tensor.bytes, operand.align)
                begin, end = operand.first_alone[row], operand.last[row] + 1
                span = slice(begin * operand.row_bytes, max(begin, end) * operand.row_bytes)
                block.bytes[:] = _poison(block.size)
                block.bytes[span] = values[operand.tensor][span]
                ins.append(block)
            before = {o.tensor: outs[o.tensor].bytes.copy() for o in call.outputs}
            addresses = [*(b.address for b in ins), *(outs[o.tensor].address for o in call.outputs)]
            _invoke(call, addresses, _held_whole(call), row, row + 1)
            for operand in call.outputs:
                after, was = outs[operand.tensor].bytes, before[operand.tensor]
                if operand.rows == call.out_rows:
                    was[row * operand.row_bytes : (row + 1) * operand.row_bytes] = after[
                        row * operand.row_bytes : (row + 1) * operand.row_bytes
                    ]
                    assert np.array_equal(after, was), f"{call.kernel}: row {row} wrote outside its row"
    return outs


def ring_rows(operand: Operand, out_rows: int) -> int:
    """Rows a ring must hold when output rows are computed one by one."""
    newest, most = -1, 1
    for row in range(out_rows):
        newest = max(newest, operand.last[row])
        oldest = min(
            (f for f, t in zip(operand.first_alone[row:], operand.last[row:], strict=True) if t >= f),
            default=newest + 1,
        )
        most = max(most, newest - oldest + 1)
    return min(most, operand.rows)


@dataclass
class Ring:
    """An input kept as a ring: rows arrive in order, each just before an output row first needs it."""

    operand: Operand
    data: Array
    held: int
    block: Block
    ahead: int = 0
    pushed: int = 0

    def advance(self, row: int) -> None:
        n = self.operand.row_bytes
        while self.pushed <= self.operand.last[row]:
            slot = (self.pushed + self.ahead) % self.held
            self.block.bytes[slot * n : (slot + 1) * n] = self.data[self.pushed * n : (self.pushed + 1) * n]
            self.pushed += 1


def _ring_span(operand: Operand, held: int, row: int) -> slice:
    """The part of an output that is in memory while its ring holds one row of several."""
    only = held == 1 < operand.rows
    return slice(row * operand.row_bytes, (row + 1) * operand.row_bytes) if only else slice(None)


def rings(candidate: Candidate, values: Values) -> Outputs:
    """Row by row with every operand that may be a ring held in the smallest one; outputs one row at a time."""
    result = {t: Block.of(t.bytes) for t in candidate.op.outputs}
    for call in candidate.calls:
        accepted, count = _ringed(call), len(call.inputs)
        inputs = []
        for i, operand in enumerate(call.inputs):
            held = ring_rows(operand, call.out_rows) if i in accepted else operand.rows
            ahead = i + 1 if i in call.begins & accepted else 0
            ring = Ring(operand, values[operand.tensor], held, Block.of(held * operand.row_bytes, operand.align), ahead)
            if i not in accepted:
                ring.block.bytes[:] = ring.data
                ring.pushed = operand.rows
            inputs.append(ring)
        held_out = [1 if count + j in accepted else o.rows for j, o in enumerate(call.outputs)]
        outs = [Block.of(h * o.row_bytes, o.align) for h, o in zip(held_out, call.outputs, strict=True)]
        for row in range(call.out_rows):
            for ring in inputs:
                ring.advance(row)
            for operand, block, h in zip(call.outputs, outs, held_out, strict=True):
                span = _ring_span(operand, h, row)
                block.bytes[:] = result[operand.tensor].bytes[span]
            held = [*(r.held for r in inputs), *held_out]
            places = [r.block.address for r in inputs] + [b.address for b in outs]
            _invoke(call, places, held, row, row + 1, ahead={i: ring.ahead for i, ring in enumerate(inputs)})
            for operand, block, h in zip(call.outputs, outs, held_out, strict=True):
                span = _ring_span(operand, h, row)
                result[operand.tensor].bytes[span] = block.bytes
        for block in [*outs, *(r.block for r in inputs)]:
            block.check(f"{call.kernel}: ring")
    return result


def tightest_offset(operand: Operand, output: Operand, out_rows: int) -> int:
    """Largest offset of the output from the input at which no row is overwritten that is still to be read.

    Output row r may overlap only input rows that neither r nor a later row reads.
    """
    offset, needed = operand.rows * operand.row_bytes, operand.rows
    for row in reversed(range(out_rows)):
        if operand.last[row] >= operand.first[row]:
            needed = min(needed, operand.first[row])
        offset = min(offset, needed * operand.row_bytes - (row + 1) * output.row_bytes)
    return offset // output.align * output.align


def overlaps(candidate: Candidate, values: Values) -> list[Outputs]:
    """The first output laid over each input in turn, as tightly as its rows allow, and exactly on it if `in_place`."""
    if len(candidate.calls) != 1:
        return []
    call = candidate.calls[0]
    results = []
    for index, operand in enumerate(call.inputs):
        output = call.outputs[0]
        if output.rows != call.out_rows:
            continue
        offsets = {tightest_offset(operand, output, call.out_rows)}
        if index in call.in_place:
            offsets |= {rows * operand.row_bytes for rows in range(call.lag + 1)}
        for offset in offsets:
            low, high = min(offset, 0), max(operand.tensor.bytes, offset + output.tensor.bytes)
            align = max(operand.align, output.align)
            arena = Block.of(-(low // align * align) + high, align)
            base = -(low // align * align)
            arena.bytes[base : base + operand.tensor.bytes] = values[operand.tensor]
            ins, outs = _in_blocks(call, values), _out_blocks(candidate)
            addresses = [*(b.address for b in ins), *(outs[o.tensor].address for o in call.outputs)]
            for i, other in enumerate(call.inputs):
                if other.tensor is operand.tensor:
                    addresses[i] = arena.address + base
            addresses[len(ins)] = arena.address + base + offset
            for begin, end in pairwise(_random_cuts(call.out_rows)):
                _invoke(call, addresses, _held_whole(call), begin, end)
            arena.check(f"{call.kernel}: overlapped input and output")
            start = base + offset
            outs[output.tensor].bytes[:] = arena.bytes[start : start + output.tensor.bytes]
            results.append(outs)
    return results


def updated(candidate: Candidate, values: Values) -> Outputs:
    """Row by row, every state's next value exactly where the state lies."""
    outs = _out_blocks(candidate)
    for call in candidate.calls:
        ins = _in_blocks(call, values)
        addresses = [*(b.address for b in ins), *(outs[o.tensor].address for o in call.outputs)]
        for source, target in call.updates:
            addresses[len(ins) + target] = ins[source].address
        for row in range(call.out_rows):
            _invoke(call, addresses, _held_whole(call), row, row + 1)
        for source, target in call.updates:
            outs[call.outputs[target].tensor].bytes[:] = ins[source].bytes
        for block in ins:
            block.check(f"{call.kernel}: input")
    return outs


MODES: dict[str, Callable[[Candidate, Values], Outputs]] = {
    "whole": whole,
    "single_rows": single_rows,
    "partition": partition,
    "undeclared_rows": undeclared_rows,
    "rings": rings,
    "updated": updated,
}


# ---------------------------------------------------------------- what tests call


def _values(candidate: Candidate, arrays: Sequence[Array]) -> Values:
    return {t: _bytes(a) for t, a in zip(candidate.op.activations, arrays, strict=True)}


def _arrays(candidate: Candidate, outs: Outputs) -> list[Array]:
    for block in outs.values():
        block.check(f"{candidate.calls[0].kernel}: output")
    return [outs[t].bytes.view(t.dtype.numpy).reshape(t.shape) for t in candidate.op.outputs]


def run_candidate(candidate: Candidate, arrays: Sequence[Array], mode: str = "whole") -> list[Array]:
    """The operator's outputs, computed by the candidate's kernels from its activations, in one of MODES."""
    return _arrays(candidate, MODES[mode](candidate, _values(candidate, arrays)))


def check_candidate(
    candidate: Candidate, arrays: Sequence[Array], want: Sequence[Array] | None = None, tolerance: float = 0.0
) -> None:
    """Assert that every mode gives the bytes of codegen.reference (or `want`).

    With a `tolerance`, for kernels that compute in float32, values may differ from it by that much of the largest
    value or of 1, whichever is larger; all modes must still give the same bytes.
    """
    if want is None:
        from codegen.reference import evaluate

        given = iter(arrays)
        want = evaluate(
            candidate.op, [t if t is None else t.data if t.is_constant else next(given) for t in candidate.op.inputs]
        )
    values = _values(candidate, arrays)
    runs = [(mode, run_candidate(candidate, arrays, mode)) for mode in MODES]
    runs += [("overlap", _arrays(candidate, outs)) for outs in overlaps(candidate, values)]
    kernels = ", ".join(dict.fromkeys(c.kernel for c in candidate.calls))
    if tolerance:
        for got, w in zip(runs[0][1], want, strict=True):
            bound = tolerance * max(1.0, float(np.abs(w).max(initial=0)))
            assert (np.abs(got.astype(np.float64) - w) <= bound).all(), f"{kernels}: off by {np.abs(got - w).max():g}"
        want = runs[0][1]
    for mode, got in runs:
        for g, w in zip(got, want, strict=True):
            same = _bytes(g) == _bytes(np.asarray(w).astype(g.dtype))
            assert same.all(), (
                f"{kernels}, {mode}: {np.count_nonzero(~same)} of {same.size} bytes differ, first {np.argmin(same)}"
            )
