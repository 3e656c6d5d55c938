"""The KPU's simulator, called from Python, and the golden vectors of ../shared/k210."""

from __future__ import annotations

import ctypes
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from codegen.ir import Array
from codegen.resources import resource_dir
from tests.support.models import MODELS

VECTORS = MODELS.parent / "k210"
RAM_BYTES = 1 << 21
FOLDER = resource_dir("runtime_c") / "kpu"
FLAGS = ["-std=c99", "-O2", "-fPIC", "-shared", "-fsanitize=undefined", "-fno-sanitize-recover=all"]


class Layer(ctypes.Structure):
    _fields_ = (
        ("words", ctypes.c_void_p),
        ("weights", ctypes.c_void_p),
        ("scaling", ctypes.c_void_p),
        ("activation", ctypes.c_void_p),
        ("wide", ctypes.c_int32),
        ("waits", ctypes.c_int32),
    )


class Rules(ctypes.Structure):
    _fields_ = (
        ("shift_after_sum", ctypes.c_int),
        ("half_up", ctypes.c_int),
    )


SILICON, VENDOR = Rules(0, 0), Rules(1, 0)


@cache
def simulator(folder: Path) -> ctypes.CDLL:
    """The simulator as a shared library in `folder`."""
    library = folder / "kpu.so"
    command = ["gcc", *FLAGS, str(FOLDER / "genc_kpu_simulator.c"), "-o", str(library)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


def aligned(data: Array, alignment: int = 256) -> Array:
    """The bytes of an array at an address that is a multiple of `alignment`."""
    raw = np.frombuffer(data.tobytes(), np.uint8)
    room = np.zeros(raw.size + alignment, np.uint8)
    start = -room.ctypes.data % alignment
    room[start : start + raw.size] = raw
    return room[start : start + raw.size]


def offsets(channels: int, height: int, width: int) -> Array:
    """Where each pixel [C, H, W] of a map stands in KPU RAM, in bytes."""
    group = 4 if width <= 16 else 2 if width <= 32 else 1
    row = 1 if group > 1 else -(-width // 64)
    c, y, x = np.ogrid[:channels, :height, :width]
    return np.asarray((c // group * row * height + y * row) * 64 + c % group * (64 // group) + x)


def run(
    lib: ctypes.CDLL,
    words: Any,
    tables: list[Array],
    x: Array,
    *,
    shape: tuple[int, ...],
    rules: Rules,
    wide: bool = False,
) -> Array:
    """The output map [C, H, W] of a layer; `tables` are weights, scaling and activation; `wide`: weights of 16 bits."""
    ram = np.zeros(RAM_BYTES, np.uint8)
    words = [int(word) for word in words]
    source, target = ((words[1] >> shift & 0x7FFF) * 64 for shift in (0, 32))
    ram[source + offsets(*x.shape)] = x
    places = [aligned(table) for table in tables]
    raw = np.array(words, np.uint64)
    layer = Layer(raw.ctypes.data, *(place.ctypes.data for place in places), int(wide))
    stream = np.zeros(int(np.prod(shape)), np.uint8)
    sent = ctypes.c_void_p(stream.ctypes.data) if words[11] & 1 else None
    status = lib.genc_kpu_simulate(ctypes.byref(layer), ctypes.byref(rules), ctypes.c_void_p(ram.ctypes.data), sent)
    assert status == 0, f"the simulator refuses the layer: {status}"
    result = ram[target + offsets(*shape)]
    assert sent is None or np.array_equal(stream.reshape(shape), result)
    return np.asarray(result)
