"""Spatial operators: from ONNX's [N, C, spatial...] to the IR's images [N, H, W, C], their windows, and back.

A sequence [N, C, L] is an image of one row, [N, 1, L, C], as TFLite has it: kernels are fast along a row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Site
from codegen.ir import Tensor, ops

Pair = tuple[int, int]
WINDOW = {"auto_pad": "NOTSET", "kernel_shape": tuple, "strides": tuple, "pads": tuple, "dilations": tuple}
"""Attributes of every operator with a window."""


def to_image(site: Site, x: Tensor) -> Tensor:
    """[N, C, L] or [N, C, H, W] as an image."""
    rank = len(x.shape)
    if rank not in {3, 4}:
        raise RefusedError(f"input {x.name!r}, {x.type_text}, is neither [N, C, L] nor [N, C, H, W]")
    moved = site.emit(ops.Transpose, x, perm=(0, *range(2, rank), 1))
    return moved if rank == 4 else reshaped(site, moved, (moved.shape[0], 1, *moved.shape[1:]))


def from_image(site: Site, y: Tensor, rank: int) -> Tensor:
    """An image as [N, C, L] or [N, C, H, W]."""
    flat = y if rank == 4 else reshaped(site, y, (y.shape[0], *y.shape[2:]))
    return site.emit(ops.Transpose, flat, perm=(0, rank - 1, *range(1, rank - 1)))


@dataclass(frozen=True)
class Window:
    """A window that slides over an image; a sequence has a first axis of 1.

    Attributes:
        kernel, stride, dilation: of rows and columns.
        pads: before and after, rows and columns.
        extra: positions after that which `ceil_mode` lets windows reach.
    """

    kernel: Pair
    stride: Pair
    dilation: Pair
    pads: tuple[Pair, Pair]
    extra: Pair = (0, 0)

    def fields(self) -> dict[str, Any]:
        """The attributes of an IR operator that pads by itself."""
        (top, bottom), (left, right) = self.pads
        more_rows, more_columns = self.extra
        return {"stride": self.stride, "pad_h": (top, bottom + more_rows), "pad_w": (left, right + more_columns)}


def window(site: Site, spatial: tuple[int, ...], kernel: tuple[int, ...]) -> Window:
    """The window of an operator over axes of these sizes, padding resolved."""
    count = len(spatial)
    strides, dilations = (site[name] or (1,) * count for name in ("strides", "dilations"))
    given = site["kernel_shape"]
    if given is not None and tuple(given) != tuple(kernel):
        raise RefusedError(f"its kernel_shape {list(given)} does not fit weights of {list(kernel)}")
    if not len(kernel) == len(strides) == len(dilations) == count or min(*kernel, *strides, *dilations) < 1:
        text = f"kernel {list(kernel)}, strides {list(strides)}, dilations {list(dilations)}"
        raise RefusedError(f"{text} do not fit {count} spatial axes")
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    pads = resolved_pads(site, spatial, spans, strides)
    extra = [0] * count
    if site.attributes.get("ceil_mode"):
        axes = zip(spatial, spans, strides, pads, strict=True)
        extra = [_ceil_extra(size, span, stride, pad) for size, span, stride, pad in axes]
    one, none = (1,) * (2 - count), ((0, 0),) * (2 - count)
    rows, columns = zip(
        (*one, *kernel), (*one, *strides), (*one, *dilations), (*none, *pads), (*(0 for _ in one), *extra), strict=True
    )
    return Window(*zip(rows, columns, strict=True))


def _ceil_extra(size: int, span: int, stride: int, pad: Pair) -> int:
    """How far the last window of `ceil_mode` reaches over the padded end; it must start before the padding there."""
    room = size + sum(pad) - span
    last = math.ceil(room / stride)
    if last * stride >= size + pad[0]:
        last -= 1
    return last * stride - room if last * stride > room else 0


def resolved_pads(site: Site, spatial: tuple[int, ...], spans: list[int], strides: tuple[int, ...]) -> list[Pair]:
    """Padding before and after each axis, from `pads` or `auto_pad`."""
    count, mode = len(spatial), site["auto_pad"]
    if mode == "VALID":
        return [(0, 0)] * count
    if mode in {"SAME_UPPER", "SAME_LOWER"}:
        totals = [
            max((math.ceil(size / stride) - 1) * stride + span - size, 0)
            for size, span, stride in zip(spatial, spans, strides, strict=True)
        ]
        halves = [(total // 2, total - total // 2) for total in totals]
        return halves if mode == "SAME_UPPER" else [(after, before) for before, after in halves]
    pads = site["pads"] or (0,) * (2 * count)
    if mode != "NOTSET" or len(pads) != 2 * count or min(pads) < 0:
        raise RefusedError(f"auto_pad {mode} with pads {list(pads)} is not supported for {count} spatial axes")
    return list(zip(pads[:count], pads[count:], strict=True))
