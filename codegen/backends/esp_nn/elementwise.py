"""Matrix products and what has no windows, int8, by ESP-NN."""

from __future__ import annotations

import numpy as np

from codegen.backends.candidate import Call, Candidate, Constant, Core, Fields, Operand, RowsHeld, rowwise, whole
from codegen.backends.esp_nn import costs
from codegen.backends.esp_nn.chips import SIMD_ALIGN, Chip, chip_of
from codegen.backends.esp_nn.windows import MAX_SIZE
from codegen.backends.library import Declined
from codegen.backends.portable.rows import line_count
from codegen.backends.two_roundings import equal_factors, safe_channels
from codegen.ir import Array, DType, Operator, Tensor
from codegen.ir.ops import Add, FullyConnected, Lookup, Mean, Mul, Softmax, Unary
from codegen.passes.lower_to_table import table_of
from codegen.reference import parameters

SOFTMAX_MOST = 4095
"""Elements of a distribution, whose exponentials are added in 31 bits."""

S3_OUTPUTS = 1024
"""Of a matrix product that S3 keeps a word each of on the stack."""


def fully_connected(op: FullyConnected, core: Core) -> list[Candidate]:
    """FULLY_CONNECTED, when for every output two roundings are proved to give what one does."""
    outputs, depth = op.weights.value.shape
    chip = chip_of(core)
    if max(outputs, depth) > MAX_SIZE:
        raise Declined(f"a size above {MAX_SIZE:,}")
    if chip is Chip.S3 and outputs > S3_OUTPUTS:
        raise Declined(f"{chip.value}: more than {S3_OUTPUTS:,} outputs, of which it keeps words on the stack")
    c = safe_channels(op, op.weights.value)
    multiplier, shift, more = equal_factors(c).T
    align, p, rows = max(chip.align, 4), c.params, op.x.size // depth
    one = len(set(zip(multiplier.tolist(), shift.tolist(), strict=True))) == 1
    scales: Fields = (("multiplier", int(multiplier[0])), ("shift", int(shift[0])))
    if not one:
        each = (("multiplier", multiplier), ("shift", shift))
        scales = tuple((name, Constant(name, array.astype(np.int32), "", align)) for name, array in each)
    fields: Fields = (
        ("depth", depth),
        ("outputs", outputs),
        ("in_rows_held", RowsHeld(0)),
        ("out_rows_held", RowsHeld(1)),
        ("zero_point", p.y_zero),
        ("low", p.low),
        ("high", p.high),
        ("weights", Constant("weights", c.weights.astype(np.int8), "[output][input]", align)),
        ("bias", Constant("bias", (c.bias + more).astype(np.int32), "", align)),
        *scales,
    )
    kernel = "genc_esp_fully_connected_s8" if one else "genc_esp_fully_connected_channels_s8"
    x = Operand(op.x, rows, depth, tuple(range(rows)), tuple(range(rows)), chip.align)
    y = Operand(op.y, rows, outputs, tuple(range(rows)), tuple(range(rows)), chip.align)
    each = depth * costs.MATRIX_MAC * costs.SPEED[chip] + costs.MATRIX_OUTPUT
    return _only(op, Call(kernel, fields, (x,), (y,), rows), op.y.size * each + rows * costs.CALL)


def add(op: Add, core: Core) -> list[Candidate]:
    """ADD of two tensors of one shape."""
    p = parameters.add_sub(op)
    if max(p.a_shift, p.b_shift, p.y_shift) > 0:
        raise Declined("a factor above 1")
    fields = (
        ("a_offset", -p.a_zero),
        ("b_offset", -p.b_zero),
        ("a_multiplier", p.a_multiplier),
        ("b_multiplier", p.b_multiplier),
        ("a_shift", p.a_shift),
        ("b_shift", p.b_shift),
        ("left_shift", p.left_shift),
        *_result(p),
    )
    return _only(
        op, _pair("genc_esp_add_s8", op, fields, core), op.y.size * costs.ADD * costs.ELEMENT_SPEED[chip_of(core)]
    )


def mul(op: Mul, core: Core) -> list[Candidate]:
    """MUL of two tensors of one shape, or of an image with a number for each channel."""
    p, each_costs = parameters.mul(op), costs.MUL * costs.ELEMENT_SPEED[chip_of(core)]
    if p.shift > 0:
        raise Declined("a factor above 1")
    for image, each, offsets in ((op.x, op.other, (p.a_zero, p.b_zero)), (op.other, op.x, (p.b_zero, p.a_zero))):
        fields: Fields = (("a_offset", -offsets[0]), ("b_offset", -offsets[1]), *_result(p))
        if _per_channel(image, each, op.y):
            return _only(op, _channels(op, image, each, fields, core), op.y.size * each_costs)
    fields = (("a_offset", -p.a_zero), ("b_offset", -p.b_zero), *_result(p))
    return _only(op, _pair("genc_esp_mul_s8", op, fields, core), op.y.size * each_costs)


def _per_channel(image: Tensor, each: Tensor, y: Tensor) -> bool:
    """Whether `each` has a number for each channel of an image."""
    if image.is_constant or each.is_constant or image.shape != y.shape or each.shape == y.shape:
        return False
    return len(y.shape) == 4 and each.size == each.shape[-1] == y.shape[3]


def _result(p: parameters.AddParams | parameters.MulParams) -> Fields:
    """The last fields of a sum or a product."""
    multiplier, shift = (p.y_multiplier, p.y_shift) if isinstance(p, parameters.AddParams) else (p.multiplier, p.shift)
    return (("y_multiplier", multiplier), ("y_shift", shift), ("y_zero", p.y_zero), ("low", p.low), ("high", p.high))


def _pair(kernel: str, op: Add | Mul, fields: Fields, core: Core) -> Call:
    """A call of two operands of one shape."""
    if op.x.is_constant or op.other.is_constant:
        raise Declined("no constant operand")
    if not op.x.shape == op.other.shape == op.y.shape:
        raise Declined("operands of two shapes")
    chip = chip_of(core)
    rows = _rows(op, chip)
    held: Fields = (("a_held", RowsHeld(0)), ("b_held", RowsHeld(1)), ("y_held", RowsHeld(2)))
    x = tuple(rowwise(t, rows, chip.align) for t in (op.x, op.other))
    params = (("row_bytes", op.y.bytes // rows), *held, *fields)
    return Call(kernel, params, x, (rowwise(op.y, rows, chip.align),), rows, in_place=frozenset({0, 1}))


def _channels(op: Mul, image: Tensor, each: Tensor, fields: Fields, core: Core) -> Call:
    """A call of an image and a number for each channel."""
    chip = chip_of(core)
    if chip is Chip.S3:
        raise Declined("ESP32-S3: a number for each channel is rounded in another way")
    rows = _rows(op, chip)
    channels = op.y.shape[3]
    params: Fields = (
        ("columns", op.y.size // rows // channels),
        ("channels", channels),
        ("a_held", RowsHeld(0)),
        ("y_held", RowsHeld(2)),
        *fields,
    )
    x = (rowwise(image, rows, chip.align), whole(each, rows, chip.align))
    kernel = "genc_esp_mul_channels_s8"
    return Call(kernel, params, x, (rowwise(op.y, rows, chip.align),), rows, in_place=frozenset({0}))


def _rows(op: Operator, chip: Chip) -> int:
    """Rows of an element-wise operator: a chip with vectors takes the tensor as one, which begins at their multiple."""
    return 1 if chip.simd else line_count(op.y)


def softmax(op: Softmax, core: Core) -> list[Candidate]:
    """SOFTMAX over the last axis; a row is one distribution."""
    depth, chip = op.x.shape[-1], chip_of(core)
    rows = op.x.size // depth
    if op.x.dtype is not DType.INT8:
        raise Declined(f"no function for {op.x.dtype.value}")
    if depth > SOFTMAX_MOST:
        raise Declined(f"more than {SOFTMAX_MOST:,} elements")
    vectors = {Chip.GENERIC: depth + 1, Chip.S3: 32, Chip.P4: 16}[chip]
    if rows > 1 and depth >= vectors and depth % SIMD_ALIGN:
        raise Declined(f"{chip.value}: rows of {depth} bytes, which its vectors would read from a wrong place")
    p = parameters.softmax(op)
    fields = (
        ("depth", depth),
        ("in_rows_held", RowsHeld(0)),
        ("out_rows_held", RowsHeld(1)),
        ("multiplier", p.multiplier),
        ("shift", p.left_shift),
        ("diff_min", p.diff_min),
    )
    io = (rowwise(op.x, rows, chip.align),), (rowwise(op.y, rows, chip.align),)
    call = Call("genc_esp_softmax_s8", fields, *io, rows, 4 * depth, max(chip.align, 4), in_place=frozenset({0}))
    return _only(op, call, op.x.size * costs.SOFTMAX)


def mean(op: Mean, core: Core) -> list[Candidate]:
    """MEAN over height and width."""
    if len(op.x.shape) != 4 or sorted(op.axes) != [1, 2]:
        raise Declined("a mean over other axes than height and width")
    p, chip = parameters.mean(op), chip_of(core)
    batches, height, width, channels = op.x.shape
    if chip.simd and batches > 1:
        raise Declined(f"{chip.value}: more than one image")
    fields = (
        ("height", height),
        ("width", width),
        ("channels", channels),
        ("x_zero", p.x_zero),
        ("y_zero", p.y_zero),
        ("multiplier", p.multiplier),
        ("shift", p.shift),
    )
    io = (rowwise(op.x, batches, chip.align),), (rowwise(op.y, batches, chip.align),)
    return _only(op, Call("genc_esp_mean_s8", fields, *io, batches), op.x.size * costs.MEAN)


def lookup(op: Lookup, core: Core) -> list[Candidate]:
    """A table of bytes."""
    return _table(op, op.table.value, core)


def unary(op: Unary, core: Core) -> list[Candidate]:
    """A function of one byte, tabulated."""
    return _table(op, table_of(op), core)


def _table(op: Operator, table: Array, core: Core) -> list[Candidate]:
    (x,) = op.activations
    if x.dtype is not DType.INT8:
        raise Declined(f"no function for {x.dtype.value}")
    chip = chip_of(core)
    rows = _rows(op, chip)
    fields: Fields = (
        ("row_bytes", x.bytes // rows),
        ("in_rows_held", RowsHeld(0)),
        ("out_rows_held", RowsHeld(1)),
        ("table", Constant("table", table.view(np.int8), "y of x = 0 ... 127, -128 ... -1")),
    )
    io = (rowwise(x, rows, chip.align),), (rowwise(op.y, rows, chip.align),)
    return _only(op, Call("genc_esp_lookup_s8", fields, *io, rows, in_place=frozenset({0})), x.size * costs.LOOKUP)


def _only(op: Operator, call: Call, instructions: float) -> list[Candidate]:
    return [Candidate(op, "esp-nn", (call,), instructions, "ESP-NN")]
