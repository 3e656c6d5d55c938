"""Calibration data: what real inputs of a model look like, sample by sample, never more than one in memory.

An .npy file holds samples of a model with one input, an .npz file arrays for all inputs: by the inputs' names, as
`in0`, `in1`, ..., or as recorded cases `c{k}_in{i}` (codegen.verify.golden).  A folder holds such files.  An array has
an input's shape, or one more axis in front for many samples; a first axis of 1, the batch, may be left out.

Samples of a model with states follow each other in time; every file, every recorded case, and every first index of an
array with two more axes begins after a reset.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from codegen.errors import GencError, Problem
from codegen.ir import Array, Graph, Tensor

SUFFIXES = (".npy", ".npz")
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
NUMBERS = "fiub"
FLOATS = "f"
CURE = "give an .npz with one array per input, or an .npy of a model with one input; samples along the first axis"
TURNS = {"first": (2, 0, 1), "last": (1, 2, 0)}
"""From one order of an image's axes to the other: where the channels are then, and how to get there."""


@dataclass(frozen=True, eq=False)
class Sample:
    """What a model is given at once: `inputs` of exactly its types and shapes; states are reset `first`."""

    inputs: list[Array]
    first: bool


@dataclass(frozen=True)
class _Array:
    """An array in a file: `member` of an archive, "" when the file holds nothing else; `fortran`: last axis first."""

    path: Path
    member: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.path}, {self.member.removesuffix('.npy')}" if self.member else str(self.path)


@dataclass(frozen=True)
class _Source:
    """Samples that belong together: an array for each input, `count` samples, a reset before every `period`."""

    arrays: tuple[_Array, ...]
    count: int
    period: int


class Samples:
    """The samples of a file or folder for the inputs of a graph; iterate as often as needed.

    Attributes:
        count: number of samples, at least 1.
    """

    def __init__(self, path: Path, graph: Graph) -> None:
        """Look at the headers of all files.

        Raises:
            GencError: nothing to read, or arrays that do not fit the inputs.
        """
        self._inputs, self._stateful = graph.inputs, bool(graph.states)
        self._problems: list[Problem] = []
        self._sources = [source for file in _files(path) for source in self._sources_of(file)]
        if self._problems:
            raise GencError("the calibration data do not fit the model", _few(self._problems))
        self.count = sum(source.count for source in self._sources)
        if not self.count:
            raise GencError(f"{path}: no samples", cure=CURE)

    def __iter__(self) -> Iterator[Sample]:
        for source in self._sources:
            with ExitStack() as stack:
                files = [stack.enter_context(_opened(array)) for array in source.arrays]
                for number in range(source.count):
                    rows = zip(source.arrays, files, self._inputs, strict=True)
                    inputs = [_read(array, file, tensor, number) for array, file, tensor in rows]
                    yield Sample(inputs, number % source.period == 0)

    def _sources_of(self, path: Path) -> list[_Source]:
        arrays = _arrays_of(path)
        cases = sorted({int(m[1]) for key in arrays if (m := re.fullmatch(r"c(\d+)_in0", key))})
        prefixes = [f"c{case}_in" for case in cases]
        named = [tensor.name for tensor in self._inputs]
        if prefixes:
            groups = [[f"{prefix}{i}" for i in range(len(named))] for prefix in prefixes]
        elif all(name in arrays for name in named):
            groups = [named]
        elif len(named) == len(arrays) == 1:
            groups = [list(arrays)]
        else:
            groups = [[f"in{i}" for i in range(len(named))]]
        return [source for keys in groups if (source := self._source(path, keys, arrays)) is not None]

    def _source(self, path: Path, keys: list[str], arrays: Mapping[str, _Array]) -> _Source | None:
        missing = [key for key in keys if key not in arrays]
        if missing:
            held = ", ".join(repr(key) if key else "one array" for key in arrays) or "nothing"
            wanted = ", ".join(f"{t.name!r} {t.type_text}" for t in self._inputs)
            self._problems.append(Problem(str(path), f"holds {held}; the model's inputs are {wanted}", CURE))
            return None
        chosen = [arrays[key] for key in keys]
        leads = [self._lead(array, tensor) for array, tensor in zip(chosen, self._inputs, strict=True)]
        if None in leads:
            return None
        if len(set(leads)) > 1:
            counts = ", ".join(f"{a.where} {math.prod(lead)}" for a, lead in zip(chosen, leads, strict=True) if lead)
            self._problems.append(Problem(str(path), f"the inputs have different numbers of samples: {counts}"))
            return None
        (lead,) = set(leads)
        assert lead is not None
        return _Source(tuple(chosen), math.prod(lead), max(lead[-1] if self._stateful else 1, 1))

    def _lead(self, array: _Array, tensor: Tensor) -> tuple[int, ...] | None:
        """The axes before those of the tensor: samples, or sequences of them; None with a problem."""
        kinds = NUMBERS if tensor.dtype.numpy.kind in FLOATS else NUMBERS.replace(FLOATS, "")
        if array.dtype.kind not in kinds:
            reason = f"holds {array.dtype}, but {tensor.name!r} is {tensor.type_text}"
            self._problems.append(Problem(array.where, reason, CURE))
            return None
        lead = _lead_axes(array.shape, tensor.shape, 2 if self._stateful else 1)
        if lead is None:
            reason = f"has shape {list(array.shape)}, but {tensor.name!r} is {tensor.type_text}"
            self._problems.append(Problem(array.where, reason, _shape_cure(array.shape, tensor)))
        return lead


def _lead_axes(shape: tuple[int, ...], wanted: tuple[int, ...], most: int) -> tuple[int, ...] | None:
    """The axes in front of a sample; none is one sample.  A batch of 1 may be missing."""
    shapes = [wanted, wanted[1:]] if wanted[:1] == (1,) and len(wanted) > 1 else [wanted]
    for each in shapes:
        extra = len(shape) - len(each)
        if 0 <= extra <= most and shape[extra:] == each:
            return shape[:extra] or (1,)
    return None


def _shape_cure(shape: tuple[int, ...], tensor: Tensor) -> str:
    """The way out of a wrong shape: often an image has its channels at the other end."""
    for end, axes in TURNS.items():
        image = shape[-len(axes) :]
        if len(image) == len(axes) and tuple(image[a] for a in axes) == tensor.shape[1:]:
            return f"the model takes channels {end}: transpose every sample by {axes}"
    return f"give samples of shape {list(tensor.shape)} along the first axis"


def _files(path: Path) -> list[Path]:
    """The files to read, in order of their names."""
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
    if not found:
        raise GencError(f"{path}: the folder holds no .npy or .npz file", cure=CURE)
    return found


def _arrays_of(path: Path) -> dict[str, _Array]:
    """The arrays of a file by name."""
    try:
        if path.suffix.lower() == ".npy" or not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                return {"": _header(path, "", file)}
        with zipfile.ZipFile(path) as archive:
            found = {}
            for member in archive.namelist():
                with archive.open(member) as file:
                    found[member.removesuffix(".npy")] = _header(path, member, file)
            return found
    except GencError:
        raise
    except OSError as error:
        raise GencError(f"cannot read {path}", [Problem(str(path), error.strerror or str(error), CURE)]) from error
    except Exception as error:  # zipfile, zlib and numpy have many for damaged files
        raise GencError(f"cannot read {path}", [Problem(str(path), f"is no file of numpy: {error}", CURE)]) from error


def _header(path: Path, member: str, file: IO[bytes]) -> _Array:
    """Shape and type; the file stands at the first number behind it."""
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise GencError(f"cannot read {path}", [Problem(member or str(path), f"format {version} is unknown", CURE)])
    shape, fortran, dtype = HEADERS[version](file)
    return _Array(path, member, tuple(map(int, shape)), dtype, fortran and len(shape) > 1)


@contextmanager
def _opened(array: _Array) -> Iterator[IO[bytes]]:
    """The numbers of an array as a stream."""
    with ExitStack() as stack:
        if array.member:
            file: IO[bytes] = stack.enter_context(zipfile.ZipFile(array.path)).open(array.member)
        else:
            file = array.path.open("rb")
        stack.enter_context(file)
        _header(array.path, array.member, file)
        yield _turned(array, file) if array.fortran else file


def _turned(array: _Array, file: IO[bytes]) -> IO[bytes]:
    """The numbers of an array in Fortran's order, samples one after the other: all of them are read."""
    data = _bytes(array, file, math.prod(array.shape) * array.dtype.itemsize)
    numbers = np.frombuffer(data, array.dtype)
    return io.BytesIO(numbers.reshape(array.shape[::-1]).transpose().tobytes())


def _bytes(array: _Array, file: IO[bytes], size_bytes: int) -> bytes:
    """The next bytes of a file, all of them."""
    try:
        data = file.read(size_bytes)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise GencError(f"cannot read {array.path}", [Problem(array.where, f"is damaged: {error}")]) from error
    if len(data) != size_bytes:
        raise GencError(f"cannot read {array.path}", [Problem(array.where, "ends too early")])
    return data


def _read(array: _Array, file: IO[bytes], tensor: Tensor, number: int) -> Array:
    """The next sample, of the tensor's type and shape."""
    data = _bytes(array, file, tensor.size * array.dtype.itemsize)
    values = np.frombuffer(data, array.dtype).reshape(tensor.shape)
    if tensor.dtype.is_integer:
        low, high = tensor.dtype.limits
        if values.size and not low <= int(values.min()) <= int(values.max()) <= high:
            reason = f"sample {number} does not fit {tensor.dtype.value}"
            raise GencError("the calibration data do not fit the model", [Problem(array.where, reason)])
        return values.astype(tensor.dtype.numpy)
    with np.errstate(over="ignore"):
        real = values.astype(tensor.dtype.numpy)
    if not np.isfinite(real).all():
        cure = "leave that sample out, or repair what made it"
        reason = f"sample {number} holds NaN or infinity"
        raise GencError("the calibration data cannot be used", [Problem(array.where, reason, cure)])
    return real


def _few(problems: list[Problem], most: int = 5) -> list[Problem]:
    """The first problems: files of a folder tend to have the same."""
    if len(problems) <= most:
        return problems
    return [*problems[:most], Problem("and", f"{len(problems) - most} more")]
