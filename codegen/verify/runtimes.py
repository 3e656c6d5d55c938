"""What the runtimes that users trust compute, tensor by tensor: when they are installed.

ai-edge-litert runs TFLite's reference kernels, ONNX Runtime its own without optimisations; each in a process of its
own, for a model may crash it.
"""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from codegen.ir import Array

Values = dict[str, list[Array]]
"""Values of the tensors of each name: names need not be unique."""

TIMEOUT_S = 300

NUMBERS = "biuf"
"""Kinds of numpy types that are numbers."""


def runtime_of(path: Path) -> str:
    """The name of the installed runtime for a model file; "" when there is none."""
    module, title, _ = RUNTIMES.get(path.suffix.lower(), ("", "", None))
    return title if module and importlib.util.find_spec(module) is not None else ""


def runtime_values(path: Path, cases: Sequence[Sequence[Array]]) -> list[Values]:
    """Every tensor's value in a run from a reset, for the inputs of each case; none when the runtime refuses."""
    with tempfile.TemporaryDirectory(prefix="genc-runtime-") as folder:
        given, found = Path(folder) / "inputs.npz", Path(folder) / "values.npz"
        arrays: Any = {f"{k} {i}": array for k, inputs in enumerate(cases) for i, array in enumerate(inputs)}
        np.savez(given, **arrays)
        command = [sys.executable, "-m", __name__, str(path), str(given), str(found)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return []
        if done.returncode:
            return []
        values: list[Values] = [{} for _ in cases]
        with np.load(found, allow_pickle=False) as read:
            for number, (case, name) in enumerate(zip(read["cases"], read["names"], strict=True)):
                values[int(case)].setdefault(str(name), []).append(read[f"arr_{number}"])
        return values


def _litert(path: Path, inputs: Sequence[Array]) -> Values:
    litert: Any = importlib.import_module("ai_edge_litert.interpreter")
    interpreter = litert.Interpreter(
        model_content=path.read_bytes(),
        experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    for details, value in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    values: Values = {}
    for details in interpreter.get_tensor_details():
        try:
            value = np.asarray(interpreter.get_tensor(details["index"]))
        except ValueError:  # a temporary of a kernel, without data
            continue
        values.setdefault(details["name"], []).append(value)
    return values


def _onnxruntime(path: Path, inputs: Sequence[Array]) -> Values:
    onnx: Any = importlib.import_module("onnx")
    onnxruntime: Any = importlib.import_module("onnxruntime")
    model = onnx.load(path)
    constants = {tensor.name for tensor in model.graph.initializer}
    given = [value for value in model.graph.input if value.name not in constants]
    names = [name for node in model.graph.node for name in node.output if name]
    del model.graph.output[:]
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feeds = {value.name: array for value, array in zip(given, inputs, strict=False)}
    results = session.run(names, feeds)
    return {name: [np.asarray(value)] for name, value in zip(names, results, strict=True)}


Runtime = Callable[[Path, Sequence[Array]], Values]

RUNTIMES: dict[str, tuple[str, str, Runtime]] = {
    ".tflite": ("ai_edge_litert", "TFLite's reference kernels", _litert),
    ".onnx": ("onnxruntime", "ONNX Runtime", _onnxruntime),
}
"""Suffix of a model file -> package, title, and what computes every tensor."""


def main(path: Path, given: Path, found: Path) -> None:
    """Write the value of every tensor of a model, given the inputs of some cases."""
    cases: dict[int, list[Array]] = {}
    with np.load(given, allow_pickle=False) as arrays:
        for name in arrays.files:
            cases.setdefault(int(name.partition(" ")[0]), []).append(arrays[name])
    values = [RUNTIMES[path.suffix.lower()][2](path, inputs) for inputs in cases.values()]
    flat = [
        (case, name, value)
        for case, of_case in enumerate(values)
        for name, each in of_case.items()
        for value in each
        if value.dtype.kind in NUMBERS
    ]
    labels: Any = {"cases": np.array([case for case, _, _ in flat]), "names": np.array([name for _, name, _ in flat])}
    np.savez(found, *(value for _, _, value in flat), **labels)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
