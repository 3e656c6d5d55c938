"""Random operators that ONNX has and TFLite has not, with values for their activations, as hypothesis strategies."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from codegen.ir import DType, ops
from codegen.ir.ops.gather import INDEX_TYPES
from codegen.ir.ops.scatter import REDUCED_TYPES, REDUCTIONS
from tests.support.function_operators import finish
from tests.support.plain_operators import MOVED, Case, Draw, any_shapes, shapes, tensor, values, with_values


@st.composite
def normalization(draw: Draw) -> Case:
    """Any axes, around the mean or 0."""
    x = tensor(draw(any_shapes() | st.tuples(st.integers(1, 3), st.integers(60, 300))), None, DType.FLOAT32)
    axes = tuple(sorted(draw(st.sets(st.integers(0, len(x.shape) - 1), min_size=1))))
    fields = {"axes": axes, "epsilon": draw(st.sampled_from([1e-5, 0.1])), "centred": draw(st.booleans())}
    return draw(with_values(finish(ops.Normalization, [x], DType.FLOAT32, **fields)))


@st.composite
def local_response_norm(draw: Draw) -> Case:
    """Any window."""
    x = tensor(draw(any_shapes()), None, DType.FLOAT32)
    window = {name: draw(st.integers(0, 4)) for name in ("before", "after")}
    numbers = {name: draw(st.floats(0.1, 2)) for name in ("bias", "alpha", "beta")}
    return draw(with_values(finish(ops.LocalResponseNorm, [x], DType.FLOAT32, **window, **numbers)))


@st.composite
def scatter_nd(draw: Draw) -> Case:
    """Indices inside and a little outside, some of them twice; any operand may be constant, not indices and updates."""
    reduction = draw(st.sampled_from(REDUCTIONS))
    dtype = draw(st.sampled_from(MOVED if reduction == "none" else REDUCED_TYPES))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    full = draw(shapes(1, 5, 4))
    depth = draw(st.integers(1, len(full)))
    indices = tensor((*draw(shapes(0, 2, 3)), depth), None, draw(st.sampled_from(INDEX_TYPES)))
    operands = [tensor(full, None, dtype), indices, tensor((*indices.shape[:-1], *full[depth:]), None, dtype)]
    content = [draw(values(t)) for t in operands]
    content[1] = rng.integers(-1, max(full) + 1, indices.shape).astype(indices.dtype.numpy)
    constant = draw(st.sampled_from([set(), {0}, {1}, {2}, {0, 1}, {0, 2}]))
    for index in constant:
        operands[index].data = content[index]
    op = finish(ops.ScatterNd, operands, dtype, reduction=reduction)
    return op, [c for i, c in enumerate(content) if i not in constant]


@st.composite
def top_k(draw: Draw) -> Case:
    """Any number of elements, many of them equal."""
    x = tensor(draw(any_shapes()), None, draw(st.sampled_from(MOVED)))
    op = ops.TopK(
        inputs=[x], outputs=[], name="layer", k=draw(st.integers(1, x.shape[-1])), largest=draw(st.booleans())
    )
    indices = draw(st.sampled_from([DType.INT32, DType.INT64]))
    op.outputs = [tensor(s, None, t) for s, t in zip(op.infer_shapes(), (x.dtype, indices), strict=True)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    few = draw(values(x))
    return op, [rng.choice(few.reshape(-1)[: draw(st.integers(1, 20))], x.shape).astype(x.dtype.numpy)]


FAMILIES: dict[str, st.SearchStrategy[Case]] = {
    "normalization": normalization(),
    "scatter_nd": scatter_nd(),
    "top_k": top_k(),
    "local_response_norm": local_response_norm(),
}
"""A strategy of random cases per family."""
