"""The arrays of a `.bin` file: float32, float16, int8, or indices into a table of 256 values."""

from __future__ import annotations

import numpy as np

from codegen.frontends.ncnn.parameters import DamagedError
from codegen.ir import Array

FLOAT16, INT8, PLAIN, PLAIN_TAGGED = 0x01306B47, 0x000D4B38, 0, 0x0002C056
TABLE_VALUES = 256
MAX_VALUES = 64 << 20


class Reader:
    """A file, read from the front."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self._at

    def array(self, size: int, *, tagged: bool, what: str) -> Array:
        """The next array: float32, or int8 as it is stored.

        Args:
            size: number of elements.
            tagged: a word before it says how it is stored.
            what: it is, for messages.

        Raises:
            DamagedError: the file ends before it does, or it is stored in a way that nobody knows.
        """
        if not 0 <= size <= MAX_VALUES:
            raise DamagedError(f"{what} has {size} values")
        tag = int(self._values(1, np.uint32, what)[0]) if tagged else PLAIN
        if tag in {PLAIN, PLAIN_TAGGED}:
            return self._values(size, np.float32, what)
        if tag == FLOAT16:
            return self._padded(size, np.float16, what).astype(np.float32)
        if tag == INT8:
            return self._padded(size, np.int8, what)
        table = self._values(TABLE_VALUES, np.float32, what)
        return np.asarray(table[self._padded(size, np.uint8, what)])

    def _padded(self, size: int, dtype: type[np.generic], what: str) -> Array:
        """An array whose bytes are filled up to a multiple of four."""
        values = self._values(size, dtype, what)
        self._at += -(size * np.dtype(dtype).itemsize) % 4
        return values

    def _values(self, size: int, dtype: type[np.generic], what: str) -> Array:
        count = size * np.dtype(dtype).itemsize
        if self._at + count > len(self._data):
            missing = self._at + count - len(self._data)
            raise DamagedError(f"it ends {missing:,} bytes before the end of {what}")
        values = np.frombuffer(self._data, np.dtype(dtype).newbyteorder("<"), size, self._at).astype(dtype)
        self._at += count
        return values
