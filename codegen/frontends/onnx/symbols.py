"""Shapes of a model's inputs: what the file leaves open, the user says, or it is a batch of 1."""

from __future__ import annotations

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.model import FileValue

TIME_WORDS = ("seq", "time", "len", "step", "frame", "width", "height")
"""In a symbol's name: it is no batch, even if it comes first."""


def input_shape(
    value: FileValue, given: tuple[int, ...] | None, symbols: dict[str, int], *, fixed: bool
) -> tuple[int, ...]:
    """The static shape of an input.

    Args:
        value: what the file says.
        given: what the user says, or None.
        symbols: sizes of symbols known from inputs before; those of this input are added.
        fixed: whether its value is a constant: dimensions left open are then 1.

    Raises:
        RefusedError: the two disagree, or a dimension stays open.
    """
    if value.shape is None:
        if given is None and not fixed:
            raise RefusedError("the file does not say its shape", f"Fix it: --input-shape {value.name}=1x3x64x64")
        return given or ()
    if given is None:
        return tuple(_size(value, axis, symbols, fixed=fixed) for axis in range(len(value.shape)))
    fits = len(given) == len(value.shape) and all(
        g == d or not isinstance(d, int) or d < 1 for d, g in zip(value.shape, given, strict=True)
    )
    if not fits:
        raise RefusedError(f"--input-shape says {_text(given)}, but the file says {_text(value.shape)}")
    return tuple(_remember(d, g, symbols) for d, g in zip(value.shape, given, strict=True))


def _size(value: FileValue, axis: int, symbols: dict[str, int], *, fixed: bool) -> int:
    """One dimension: the file's, that of its symbol, or 1 when it is a batch."""
    shape = value.shape or ()
    size = shape[axis]
    if isinstance(size, int) and size > 0:
        return size
    if isinstance(size, str) and size in symbols:
        return symbols[size]
    is_time = isinstance(size, str) and any(word in size.lower() for word in TIME_WORDS)
    if fixed or (axis == 0 and not is_time):
        return _remember(size, 1, symbols)
    example = "x".join(str(d) if isinstance(d, int) and d > 0 else "64" if i else "1" for i, d in enumerate(shape))
    raise RefusedError(f"its shape is not fixed: {_text(shape)}", f"Fix it: --input-shape {value.name}={example}")


def _remember(symbol: int | str, size: int, symbols: dict[str, int]) -> int:
    """Note the size of a symbol, which has one everywhere."""
    if isinstance(symbol, str) and symbol and symbols.setdefault(symbol, size) != size:
        raise RefusedError(f"dimension {symbol!r} is {symbols[symbol]} in one input and {size} in this one")
    return size


def _text(shape: tuple[int | str, ...]) -> str:
    return "x".join(str(d) or "?" for d in shape)
