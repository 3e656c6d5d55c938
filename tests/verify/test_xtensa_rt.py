"""The integer and soft-float helpers of the Xtensa firmware, on this PC, against numpy."""

import ctypes
import subprocess
from collections.abc import Callable

import numpy as np
import pytest

from codegen.verify.targets import FIRMWARE
from tests.support.tools import need

COUNT = 4000
I32, U32, I64, U64 = ctypes.c_int32, ctypes.c_uint32, ctypes.c_int64, ctypes.c_uint64
F32, F64 = ctypes.c_float, ctypes.c_double
NUMPY = {I32: np.int32, U32: np.uint32, I64: np.int64, U64: np.uint64, F32: np.float32, F64: np.float64}


def truncated(a: np.ndarray, b: np.ndarray) -> list[int]:
    """Division as C does it, without numpy's rounding towards minus infinity."""
    return [abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1) for x, y in zip(a.tolist(), b.tolist(), strict=True)]


def saturated(low: int, high: int) -> Callable[[np.ndarray], np.ndarray]:
    """Conversion of a float to an integer inside [low, high]; NaN gives 0."""
    return lambda a: np.nan_to_num(np.clip(np.trunc(a.astype(np.float64)), low, high), nan=0)


# name: (result, argument types, meaning); divisors are made odd.
FUNCTIONS: dict[str, tuple[type, tuple[type, ...], Callable[..., object]]] = {
    "__udivsi3": (U32, (U32, U32), lambda a, b: a // b),
    "__umodsi3": (U32, (U32, U32), lambda a, b: a % b),
    "__divsi3": (I32, (I32, I32), truncated),
    "__umulsidi3": (U64, (U32, U32), lambda a, b: a.astype(np.uint64) * b),
    "__muldi3": (I64, (I64, I64), lambda a, b: a * b),
    "__udivdi3": (U64, (U64, U64), lambda a, b: a // b),
    "__umoddi3": (U64, (U64, U64), lambda a, b: a % b),
    "__divdi3": (I64, (I64, I64), truncated),
    "__addsf3": (F32, (F32, F32), lambda a, b: a + b),
    "__subsf3": (F32, (F32, F32), lambda a, b: a - b),
    "__mulsf3": (F32, (F32, F32), lambda a, b: a * b),
    "__adddf3": (F64, (F64, F64), lambda a, b: a + b),
    "__subdf3": (F64, (F64, F64), lambda a, b: a - b),
    "__muldf3": (F64, (F64, F64), lambda a, b: a * b),
    "__divdf3": (F64, (F64, F64), lambda a, b: a / b),
    "__floatsisf": (F32, (I32,), lambda a: a.astype(np.float32)),
    "__floatunsisf": (F32, (U32,), lambda a: a.astype(np.float32)),
    "__floatsidf": (F64, (I32,), lambda a: a.astype(np.float64)),
    "__floatunsidf": (F64, (U32,), lambda a: a.astype(np.float64)),
    "__extendsfdf2": (F64, (F32,), lambda a: a.astype(np.float64)),
    "__fixdfsi": (I32, (F64,), saturated(-(1 << 31), (1 << 31) - 1)),
    "__fixunsdfsi": (U32, (F64,), saturated(0, (1 << 32) - 1)),
    "__fixunssfsi": (U32, (F32,), saturated(0, (1 << 32) - 1)),
    "__truncdfsf2": (F32, (F64,), lambda a: a.astype(np.float32)),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    need("cc")
    path = tmp_path_factory.mktemp("rt") / "rt.so"
    source = FIRMWARE / "xtensa_rt.c"
    subprocess.run(["cc", "-DXTENSA_RT_TEST", "-std=gnu99", "-O1", "-shared", "-fPIC", source, "-o", path], check=True)
    return ctypes.CDLL(str(path))


def operands(rng: np.random.Generator, kind: type, *, odd: bool) -> np.ndarray:
    """Random bits: for floats with near exponents, denormals, infinities and NaN among them."""
    dtype = np.dtype(NUMPY[kind])
    bits = (
        rng.integers(0, 1 << (8 * dtype.itemsize), COUNT, np.uint64, endpoint=False)
        if dtype.itemsize < 8
        else (rng.integers(0, 1 << 64, COUNT, np.uint64))
    )
    bits >>= rng.integers(0, 8 * dtype.itemsize, COUNT, np.uint64) * np.uint64(dtype.kind in "iu")
    if dtype.kind == "f":
        fraction, exponent, bias = (23, 0xFF, 127) if dtype.itemsize == 4 else (52, 0x7FF, 1023)
        rows = np.arange(COUNT) % 6
        near = rng.integers(bias - 5, bias + 5, COUNT, np.uint64)
        chosen = np.select(
            [rows == 0, rows == 1, rows == 2], [np.uint64(0), np.uint64(exponent), near], bits >> np.uint64(fraction)
        )
        bits = (bits & ~np.uint64(exponent << fraction)) | ((chosen & np.uint64(exponent)) << np.uint64(fraction))
    return (bits | np.uint64(odd)).astype(f"u{dtype.itemsize}").view(dtype)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_equal_to_numpy(library: ctypes.CDLL, name: str) -> None:
    result, kinds, meaning = FUNCTIONS[name]
    function = library[f"t{name}"]
    function.restype, function.argtypes = result, kinds
    rng = np.random.default_rng(7)
    arrays = [operands(rng, kind, odd=position == 1) for position, kind in enumerate(kinds)]
    with np.errstate(all="ignore"):
        expected = np.array(meaning(*arrays), NUMPY[result])
    got = np.array([function(*values) for values in zip(*(a.tolist() for a in arrays), strict=True)], NUMPY[result])
    np.testing.assert_array_equal(got, expected)
    assert (np.signbit(got) == np.signbit(expected))[~np.isnan(expected)].all()
