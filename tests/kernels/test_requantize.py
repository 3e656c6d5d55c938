"""Fixed-point multiplication in C against numpy: the short forms of every core, over corners and at random."""

from __future__ import annotations

import ctypes
import subprocess

import numpy as np
import pytest

from codegen.reference.fixed_point import doubling_high_mul, multiply_double_rounding
from codegen.resources import resource_dir
from tests.support.tools import need

FOLDER = resource_dir("runtime_c") / "portable" / "common"
WRAPPER = """
#include "genc_requantize.h"
#define EACH(NAME, CALL) void NAME(int n, const int32_t *v, const int32_t *m, const int32_t *s, int32_t *y); \\
    void NAME(int n, const int32_t *v, const int32_t *m, const int32_t *s, int32_t *y) \\
    { for (int i = 0; i < n; i++) y[i] = CALL; (void)s; }
EACH(high, genc_high_multiply(v[i], m[i]))
EACH(any, genc_scale(v[i], m[i], s[i]))
EACH(right, genc_scale_right(v[i], m[i], -s[i]))
EACH(right_or_not, genc_scale_right_or_not(v[i], m[i], -s[i]))
"""
BUILDS = {"long multiply": [], "pieces of 16 bits": ["-DGENC_NO_LONG_MULTIPLY"]}
LIMIT = 2**30
COUNT = 200_000


@pytest.fixture(params=BUILDS, scope="module")
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    need("gcc")
    folder = tmp_path_factory.mktemp("requantize")
    (folder / "wrapper.c").write_text(WRAPPER)
    out = folder / "wrapper.so"
    sanitize = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    sources = [folder / "wrapper.c", FOLDER / "genc_requantize.c"]
    command = ["gcc", "-std=c99", "-O2", "-fPIC", "-shared", *sanitize, *BUILDS[request.param], f"-I{FOLDER}"]
    subprocess.run([*command, *sources, "-o", out], check=True)
    return ctypes.CDLL(str(out))


def sample(rng: np.random.Generator, low: int, high: int, corners: list[int]) -> np.ndarray:
    """Corners, small magnitudes and the whole range, shuffled."""
    small = np.clip(rng.integers(-70000, 70000, COUNT // 2), low, high)
    whole = rng.integers(low, high, COUNT // 2, endpoint=True)
    return rng.permutation(np.concatenate([small, whole, rng.choice(corners, COUNT // 4)])).astype(np.int32)


def call(library: ctypes.CDLL, name: str, *arrays: np.ndarray) -> np.ndarray:
    result = np.empty_like(arrays[0])
    getattr(library, name)(result.size, *(a.ctypes.data_as(ctypes.c_void_p) for a in (*arrays, result)))
    return result


def factors(rng: np.random.Generator, count: int) -> np.ndarray:
    corners = rng.choice([0, 2**30, 2**30 + 1, 2**31 - 1, 1518500249], count)
    return np.where(rng.random(count) < 0.3, corners, rng.integers(2**30, 2**31, count)).astype(np.int32)


def test_high_multiply(library: ctypes.CDLL) -> None:
    rng = np.random.default_rng(1)
    values = sample(rng, -LIMIT, LIMIT - 1, [-LIMIT, LIMIT - 1, 0, 1, -1])
    multipliers = factors(rng, values.size)
    got = call(library, "high", values, multipliers, multipliers)
    assert np.array_equal(got, doubling_high_mul(values, multipliers))


@pytest.mark.parametrize(("name", "low", "high"), [("any", -31, 31), ("right", -30, -1), ("right_or_not", -30, 0)])
def test_scale(library: ctypes.CDLL, name: str, low: int, high: int) -> None:
    rng = np.random.default_rng(2)
    limit = 2**31 if name == "any" else LIMIT
    values = sample(rng, -limit, limit - 1, [-limit, limit - 1, 0, 1, -1])
    multipliers = factors(rng, values.size)
    shifts = rng.integers(low, high, values.size, endpoint=True).astype(np.int32)
    got = call(library, name, values, multipliers, shifts)
    assert np.array_equal(got, multiply_double_rounding(values, multipliers, shifts))


@pytest.mark.parametrize("name", ["right", "right_or_not"])
def test_ties_go_away_from_zero(library: ctypes.CDLL, name: str) -> None:
    halves = np.arange(-999, 1000, 2, dtype=np.int32)
    half, one_bit = np.full_like(halves, 2**30), np.full_like(halves, -1)
    got = call(library, name, halves * 2, half, one_bit)
    assert np.array_equal(got, np.sign(halves) * ((np.abs(halves) + 1) // 2))
