"""TFLite's operators that move elements or make constants, put together from few operators of the IR."""

from __future__ import annotations

import math

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.operators import Rule, Site, normalised
from codegen.ir import Array, DType, Operator, Tensor, ops
from codegen.ir.constraints import QUANTIZED_TYPES

MAX_RANK = 8
Shape = tuple[int, ...]


class Chain:
    """Operators one behind the other, from the first input of a layer to its output."""

    def __init__(self, site: Site, x: Tensor) -> None:
        self.site = site
        self.shape = x.shape
        self._operators: list[Operator] = []
        self._last = x

    def add(self, kind: type[Operator], **fields: object) -> None:
        """Append an operator of one input."""
        result = self.site.part(self._last, f"step{len(self._operators)}")
        op = self.site.make(kind, [self._last], [result], **fields)
        if (broken := op.broken_precondition()) is not None:
            raise RefusedError(broken[1])
        self._operators.append(op)
        result.shape = self.shape = op.infer_shapes()[0]
        self._last = result

    def join(self, before: list[Operator], after: list[Operator], axis: int) -> None:
        """Put pieces made from the present end before and behind it."""
        pieces = [op.y for op in before] + [self._last] + [op.y for op in after]
        result = self.site.part(self._last, f"step{len(self._operators)}")
        op = self.site.make(ops.Concat, list(pieces), [result], axis=axis)
        self._operators += [*before, *after, op]
        result.shape = self.shape = op.infer_shapes()[0]
        self._last = result

    def piece(self, **fields: object) -> Operator:
        """A slice of the present end, outside the chain."""
        y = self.site.part(self._last, "piece")
        op = self.site.make(ops.Slice, [self._last], [y], **fields)
        if (broken := op.broken_precondition()) is not None:
            raise RefusedError(broken[1])
        y.shape = op.infer_shapes()[0]
        return op

    def done(self) -> list[Operator]:
        """The operators; the last one writes the output."""
        if not self._operators:
            return self.site.single(ops.Reshape, shape=self.shape)
        self._operators[-1].outputs = self.site.outputs
        return self._operators


def _block(site: Site) -> int:
    block, x = site.options["BlockSize"], site.tensor(0)
    if block < 1 or len(x.shape) != 4:
        raise RefusedError(f"blocks of {block} do not fit {x.type_text}")
    return int(block)


def _depth_to_space(site: Site) -> list[Operator]:
    n, h, w, c = site.tensor(0).shape if _block(site) else ()
    b, chain = _block(site), Chain(site, site.tensor(0))
    chain.add(ops.Reshape, shape=(n, h, w, b, b, c // b**2))
    chain.add(ops.Transpose, perm=(0, 1, 3, 2, 4, 5))
    chain.add(ops.Reshape, shape=(n, h * b, w * b, c // b**2))
    return chain.done()


def _space_to_depth(site: Site) -> list[Operator]:
    b, chain = _block(site), Chain(site, site.tensor(0))
    n, h, w, c = site.tensor(0).shape
    chain.add(ops.Reshape, shape=(n, h // b, b, w // b, b, c))
    chain.add(ops.Transpose, perm=(0, 1, 3, 2, 4, 5))
    chain.add(ops.Reshape, shape=(n, h // b, w // b, c * b * b))
    return chain.done()


def _blocks(site: Site) -> tuple[Shape, list[tuple[int, int]]]:
    """Block shape and the pairs of paddings or crops, one for each axis behind the batch."""
    blocks, pairs = site.integers(1), site.integers(2)
    x = site.tensor(0)
    if not len(blocks) == len(pairs) / 2 < len(x.shape) or min(blocks, default=1) < 1 or min(pairs, default=0) < 0:
        raise RefusedError(f"blocks {list(blocks)} and borders {list(pairs)} do not fit {x.type_text}")
    return blocks, list(zip(pairs[::2], pairs[1::2], strict=True))


def _interleaved(outer: Shape, inner: Shape) -> Shape:
    return tuple(d for pair in zip(outer, inner, strict=True) for d in pair)


def _batch_to_space(site: Site) -> list[Operator]:
    """The batch is [blocks, n]: each block moves behind its axis; then the borders go."""
    blocks, crops = _blocks(site)
    x, m = site.tensor(0), len(blocks)
    n, space, rest = x.shape[0] // math.prod(blocks), x.shape[1 : m + 1], x.shape[m + 1 :]
    chain = Chain(site, x)
    chain.add(ops.Reshape, shape=(*blocks, n, *space, *rest))
    order = (m, *_interleaved(tuple(range(m + 1, 2 * m + 1)), tuple(range(m))))
    chain.add(ops.Transpose, perm=(*order, *range(2 * m + 1, len(chain.shape))))
    chain.add(ops.Reshape, shape=(n, *(d * b for d, b in zip(space, blocks, strict=True)), *rest))
    if any(map(any, crops)):
        borders = [(0, 0), *crops, *((0, 0) for _ in rest)]
        size = tuple(d - sum(c) for d, c in zip(chain.shape, borders, strict=True))
        chain.add(ops.Slice, begin=tuple(c[0] for c in borders), size=size, strides=(1,) * len(size))
    return chain.done()


def _space_to_batch(site: Site) -> list[Operator]:
    """Padded; then each axis is [d / block, block] and the blocks move before the batch."""
    blocks, pads = _blocks(site)
    x, m = site.tensor(0), len(blocks)
    chain = Chain(site, x)
    if any(map(any, pads)):
        y = site.outputs[0]
        value = y.quant.zero_point if y.quant and y.dtype in QUANTIZED_TYPES else 0
        borders = ((0, 0), *pads, *((0, 0) for _ in x.shape[m + 1 :]))
        chain.add(ops.Pad, pads=borders, value=value)
    n, space, rest = chain.shape[0], chain.shape[1 : m + 1], chain.shape[m + 1 :]
    cut = tuple(d // b for d, b in zip(space, blocks, strict=True))
    chain.add(ops.Reshape, shape=(n, *_interleaved(cut, blocks), *rest))
    order = (*range(2, 2 * m + 1, 2), 0, *range(1, 2 * m, 2))
    chain.add(ops.Transpose, perm=(*order, *range(2 * m + 1, len(chain.shape))))
    chain.add(ops.Reshape, shape=(n * math.prod(blocks), *cut, *rest))
    return chain.done()


def _tile(site: Site) -> list[Operator]:
    """Axis by axis, the innermost first: [outer, 1, inner] broadcast to [outer, times, inner]."""
    x, times = site.tensor(0), site.integers(1)
    if len(times) != len(x.shape) or min(times, default=1) < 1:
        raise RefusedError(f"multiples {list(times)} do not fit {x.type_text}")
    chain = Chain(site, x)
    for axis in reversed(range(len(times))):
        if times[axis] > 1:
            shape = chain.shape
            outer, inner = math.prod(shape[:axis]), math.prod(shape[axis:])
            chain.add(ops.Reshape, shape=(outer, 1, inner))
            chain.add(ops.BroadcastTo, shape=(outer, times[axis], inner))
            chain.add(ops.Reshape, shape=(*shape[:axis], shape[axis] * times[axis], *shape[axis + 1 :]))
    return chain.done()


def _broadcast_to(site: Site) -> list[Operator]:
    return site.single(ops.BroadcastTo, shape=site.integers(1))


def _fill(site: Site) -> list[Operator]:
    """A scalar, repeated; the value may be computed."""
    return [site.make(ops.BroadcastTo, [site.tensor(1)], site.outputs, shape=site.integers(0))]


def _reverse(site: Site) -> list[Operator]:
    x = site.tensor(0)
    axes = {normalised(axis, len(x.shape)) for axis in site.integers(1)}
    if not axes <= set(range(len(x.shape))):
        raise RefusedError(f"axes {sorted(axes)} are not axes of {x.type_text}")
    begin = tuple(d - 1 if i in axes else 0 for i, d in enumerate(x.shape))
    strides = tuple(-1 if i in axes else 1 for i in range(len(x.shape)))
    return site.single(ops.Slice, begin=begin, size=x.shape, strides=strides)


def _mirror_pad(site: Site) -> list[Operator]:
    """Axis by axis, the innermost first: slices read backwards are joined to both ends."""
    x, counts = site.tensor(0), site.integers(1)
    if len(counts) != 2 * len(x.shape) or site.options["Mode"] not in {"REFLECT", "SYMMETRIC"}:
        raise RefusedError(f"paddings {list(counts)} in mode {site.options['Mode']} do not fit {x.type_text}")
    skip = int(site.options["Mode"] == "REFLECT")
    chain = Chain(site, x)
    for axis in reversed(range(len(x.shape))):
        before, after = counts[2 * axis : 2 * axis + 2]
        length, rank = x.shape[axis], len(x.shape)
        strides = tuple(-1 if i == axis else 1 for i in range(rank))

        def mirrored(start: int, count: int, axis: int = axis, strides: Shape = strides) -> list[Operator]:
            begin = tuple(start if i == axis else 0 for i in range(len(strides)))
            size = tuple(count if i == axis else d for i, d in enumerate(chain.shape))
            return [chain.piece(begin=begin, size=size, strides=strides)] if count else []

        if before or after:
            chain.join(mirrored(before - 1 + skip, before), mirrored(length - 1 - skip, after), axis)
    return chain.done()


def _constant(site: Site, value: Array) -> list[Operator]:
    """A layer whose result is known: it folds at once."""
    data = value.astype(site.outputs[0].dtype.numpy)
    tensor = Tensor(f"{site.name}/value", data.shape, site.outputs[0].dtype, site.outputs[0].quant, data)
    return [site.make(ops.Reshape, [tensor], site.outputs, shape=data.shape)]


def _zeros_like(site: Site) -> list[Operator]:
    return _constant(site, np.zeros(site.tensor(0).shape))


def _rank(site: Site) -> list[Operator]:
    return _constant(site, np.array(len(site.tensor(0).shape)))


def _range(site: Site) -> list[Operator]:
    start, limit, delta = (site.constant(i).reshape(-1)[0].item() for i in range(3))
    if delta == 0 or not 0 < (limit - start) / delta <= 1 << 20:
        raise RefusedError(f"a range from {start} to {limit} by {delta} is empty or has no end")
    count = math.ceil((limit - start) / delta)
    return _constant(site, start + np.arange(count) * delta)


def _broadcast_args(site: Site) -> list[Operator]:
    try:
        shape = np.broadcast_shapes(site.integers(0), site.integers(1))
    except ValueError as error:
        raise RefusedError(f"shapes {site.integers(0)} and {site.integers(1)} do not broadcast") from error
    return _constant(site, np.array(shape, DType.INT64.numpy))


RULES: dict[str, Rule] = {
    "BATCH_TO_SPACE_ND": Rule(ops.Transpose, _batch_to_space, (3, 3)),
    "BROADCAST_ARGS": Rule(ops.Reshape, _broadcast_args, (2, 2)),
    "BROADCAST_TO": Rule(ops.BroadcastTo, _broadcast_to, (2, 2)),
    "DEPTH_TO_SPACE": Rule(ops.Transpose, _depth_to_space),
    "FILL": Rule(ops.BroadcastTo, _fill, (2, 2)),
    "MIRROR_PAD": Rule(ops.Concat, _mirror_pad, (2, 2)),
    "RANGE": Rule(ops.Reshape, _range, (3, 3)),
    "RANK": Rule(ops.Reshape, _rank),
    "REVERSE_V2": Rule(ops.Slice, _reverse, (2, 2)),
    "SPACE_TO_BATCH_ND": Rule(ops.Transpose, _space_to_batch, (3, 3)),
    "SPACE_TO_DEPTH": Rule(ops.Transpose, _space_to_depth),
    "TILE": Rule(ops.BroadcastTo, _tile, (2, 2)),
    "ZEROS_LIKE": Rule(ops.Reshape, _zeros_like),
}
"""Operators that move elements, beside those that are operators of the IR."""
