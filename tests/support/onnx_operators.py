"""Random operators that ONNX has and TFLite has not, with values for their activations, as hypothesis strategies."""

from __future__ import annotations

from hypothesis import strategies as st

from codegen.ir import DType, ops
from tests.support.function_operators import finish
from tests.support.plain_operators import Case, Draw, any_shapes, tensor, with_values


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


FAMILIES: dict[str, st.SearchStrategy[Case]] = {
    "normalization": normalization(),
    "local_response_norm": local_response_norm(),
}
"""A strategy of random cases per family."""
