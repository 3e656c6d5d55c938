"""Damaged and hostile files: GencError and nothing else, soon, in little memory."""

from __future__ import annotations

import contextlib
import os
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.errors import GencError
from codegen.frontends import load_model
from codegen.frontends.tflite import import_model
from codegen.frontends.tflite.schema import OPTIONS, FileModel, FileOperator, FileTensor, decode
from codegen.ir import Graph
from codegen.ir.verifier import verify
from tests.support.operator_models import OPERATORS, operator_model

SECONDS = 60.0 if os.environ.get("GENC_FULL") == "1" else 4.0
SLOWEST_S = 2.0
INTEGERS = (-(2**31), -2, -1, 0, 1, 2, 3, 4, 7, 8, 255, 256, 32768, 65536, 2**30, 2**31 - 1)
FLOATS = (0.0, -1.0, 1e-45, 1e-9, 1e9, 3e38, float("inf"), float("nan"))

pytestmark = pytest.mark.filterwarnings("error")


def _survives(path: Path, data: bytes) -> Graph | None:
    """Import the bytes; the graph, or None when they were refused."""
    path.write_bytes(data)
    start = time.monotonic()
    graph = None
    with contextlib.suppress(GencError):
        graph = load_model(path)
        verify(graph)
    assert time.monotonic() - start < SLOWEST_S
    return graph


@pytest.mark.parametrize("name", ["CONV_2D", "STRIDED_SLICE", "UNPACK", "SOFTMAX"])
def test_every_truncation_is_refused(name: str, tmp_path: Path) -> None:
    data = operator_model(name)
    for length in range(0, len(data) - 1, 3):
        path = tmp_path / "cut.tflite"
        path.write_bytes(data[:length])
        with contextlib.suppress(GencError):  # the builder's last bytes may be padding
            verify(load_model(path))
            assert length > len(data) * 3 // 4


def test_damaged_bytes_are_survived(tmp_path: Path) -> None:
    rng = random.Random(7)  # noqa: S311
    originals = [operator_model(name) for name in OPERATORS]
    refused = accepted = 0
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        data = bytearray(rng.choice(originals))
        for _ in range(rng.choice((1, 1, 2, 5, 30))):
            _damage(data, rng)
        if _survives(tmp_path / "damaged.tflite", bytes(data)) is None:
            refused += 1
        else:
            accepted += 1
    assert refused > accepted > 0


def _damage(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    kind = rng.random()
    if kind < 0.4:
        data[at] ^= 1 << rng.randrange(8)
    elif kind < 0.7:
        data[at] = rng.choice((0, 1, 2, 3, 4, 127, 128, 255))
    elif kind < 0.95:
        data[at : at + 4] = rng.choice(INTEGERS).to_bytes(4, "little", signed=True)
    else:
        del data[at]


def test_hostile_numbers_are_survived() -> None:
    """Well-formed files with wrong numbers in them: they reach every constraint."""
    rng = random.Random(16)  # noqa: S311
    originals = [decode(operator_model(name)) for name in OPERATORS]
    refused = accepted = 0
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        model = rng.choice(originals)
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            model = _hostile(model, rng)
        start = time.monotonic()
        try:
            verify(import_model(model, "hostile"))
            accepted += 1
        except GencError as error:
            refused += len(error.problems) > 0
        assert time.monotonic() - start < SLOWEST_S
    assert refused > accepted > 0


def _hostile(model: FileModel, rng: random.Random) -> FileModel:
    kind = rng.random()
    if kind < 0.55:
        tensors = list(model.tensors)
        at = rng.randrange(len(tensors))
        tensors[at] = _hostile_tensor(tensors[at], rng)
        return replace(model, tensors=tensors)
    if kind < 0.9 and model.operators:
        operators = list(model.operators)
        at = rng.randrange(len(operators))
        operators[at] = _hostile_operator(operators[at], len(model.tensors), rng)
        return replace(model, operators=operators)
    if kind < 0.95:
        return replace(model, operators=model.operators * 2)
    index = rng.randrange(len(model.tensors))
    return replace(model, inputs=(*model.inputs, index)) if kind < 0.97 else replace(model, outputs=(index,))


def _hostile_tensor(tensor: FileTensor, rng: random.Random) -> FileTensor:
    count = len(tensor.scales)
    changes: list[dict[str, Any]] = [
        {"shape": _hostile_ints(tensor.shape, rng)},
        {"signature": _hostile_ints(tensor.shape, rng)},
        {"type": rng.choice(("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64", "BOOL", "FLOAT16", "RESOURCE"))},
        {"scales": np.full(count, rng.choice(FLOATS), np.float32)},
        {"zero_points": np.full(rng.choice((0, 1, count)), rng.choice(INTEGERS), np.int64)},
        {"axis": rng.choice(INTEGERS)},
        {"is_sparse": True},
        {"content": None},
        {"content": np.frombuffer(rng.randbytes(rng.choice((1, 4, 16))), np.uint8)},
    ]
    if tensor.type == "INT32" and tensor.content is not None and len(tensor.content) % 4 == 0:
        values = np.frombuffer(tensor.content.tobytes(), "<i4").copy()
        values[rng.randrange(len(values))] = rng.choice(INTEGERS)
        changes += [{"content": np.frombuffer(values.tobytes(), np.uint8)}] * 9
    return replace(tensor, **rng.choice(changes))


def _hostile_ints(values: tuple[int, ...], rng: random.Random) -> tuple[int, ...]:
    changed = list(values)
    if not changed or rng.random() < 0.2:
        return (*values, rng.choice(INTEGERS))
    changed[rng.randrange(len(changed))] = rng.choice(INTEGERS)
    return tuple(changed)


def _hostile_operator(op: FileOperator, tensors: int, rng: random.Random) -> FileOperator:
    if not op.inputs:
        return op
    if op.options and rng.random() < 0.6:
        options = dict(op.options)
        field = rng.choice(list(options))
        old = options[field]
        if isinstance(old, str):
            options[field] = rng.choice(("SAME", "VALID", "NONE", "RELU", "TANH", "number 9"))
        elif isinstance(old, tuple):
            options[field] = _hostile_ints(old, rng)
        else:
            options[field] = rng.choice(FLOATS if isinstance(old, float) else INTEGERS)
        return replace(op, options=options)
    if rng.random() < 0.2:
        return replace(op, name=rng.choice([name for name in OPERATORS if name not in OPTIONS]), options={})
    if rng.random() < 0.1:
        return replace(op, inputs=())
    inputs = list(op.inputs)
    inputs[rng.randrange(len(inputs))] = rng.randrange(-1, tensors)
    return replace(op, inputs=tuple(inputs)) if rng.random() < 0.7 else replace(op, outputs=(rng.randrange(tensors),))
