"""The estimate of float32 convolutions walks as the kernel does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.backends.portable.tiles_f32 import PIXELS, Axis

axes = st.builds(
    Axis,
    size_in=st.integers(1, 12),
    size_out=st.integers(1, 12),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    pad=st.integers(0, 4),
)


def inside(axis: Axis, place: int) -> list[int]:
    """Kernel elements that lie inside the input, one by one."""
    start = place * axis.stride - axis.pad
    return [k for k in range(axis.kernel) if 0 <= start + k * axis.dilation < axis.size_in]


@settings(max_examples=300, deadline=None)
@given(axes)
def test_a_tile_has_neighbours_whose_windows_lie_inside(axis: Axis) -> None:
    """Tiles cover all places in order; those of several pixels read whole windows; no tile could take one more."""
    place = 0
    for count, taps in axis.tiles():
        windows = [inside(axis, place + i) for i in range(count)]
        assert taps == len(windows[0])
        assert count == 1 or all(len(window) == axis.kernel for window in windows)
        following = place + count
        if count < PIXELS and following < axis.size_out:
            assert len(windows[0]) < axis.kernel or len(inside(axis, following)) < axis.kernel
        place = following
    assert place == axis.size_out
