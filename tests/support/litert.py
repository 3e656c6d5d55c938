"""TFLite's reference kernels, run by ai-edge-litert: the judge of integer results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, OpResolverType

Array = npt.NDArray[Any]


def run_reference(model: bytes, inputs: Sequence[Array]) -> list[Array]:
    """Run a TFLite file once with the BUILTIN_REF kernels.

    Args:
        model: content of the file.
        inputs: one array per graph input, in order, of exactly its shape and type.

    Returns:
        The graph's outputs, in order.
    """
    interpreter = _interpreter(model, inputs)
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def run_reference_steps(model: bytes, steps: Sequence[Sequence[Array]]) -> list[list[Array]]:
    """Run a TFLite file several times, its variable tensors kept from run to run; the outputs of each run."""
    interpreter = _loaded(model)
    results = []
    for inputs in steps:
        _invoke(interpreter, inputs)
        results.append([interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()])
    return results


def reference_tensors(model: bytes, inputs: Sequence[Array]) -> dict[int, Array]:
    """Like :func:`run_reference`, but every tensor of the graph that has a value, by its index in the file."""
    interpreter = _interpreter(model, inputs, preserve=True)
    indices = [details["index"] for details in interpreter.get_tensor_details()]
    return {i: value for i in indices if (value := _value(interpreter, i)) is not None}


def _value(interpreter: Interpreter, index: int) -> Array | None:
    try:
        return np.asarray(interpreter.get_tensor(index))
    except ValueError:  # a temporary of a kernel, without data
        return None


def _interpreter(model: bytes, inputs: Sequence[Array], *, preserve: bool = False) -> Interpreter:
    interpreter = _loaded(model, preserve=preserve)
    _invoke(interpreter, inputs)
    return interpreter


def _loaded(model: bytes, *, preserve: bool = False) -> Interpreter:
    try:
        interpreter = _made(model, OpResolverType.BUILTIN_REF, preserve=preserve)
    except ValueError:  # CEIL, ELU and ROUND are not registered among the reference kernels
        interpreter = _made(model, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, preserve=preserve)
    interpreter.allocate_tensors()
    return interpreter


def _made(model: bytes, resolver: OpResolverType, *, preserve: bool) -> Interpreter:
    return Interpreter(
        model_content=model,
        experimental_op_resolver_type=resolver,
        experimental_preserve_all_tensors=preserve,
    )


def _invoke(interpreter: Interpreter, inputs: Sequence[Array]) -> None:
    details = interpreter.get_input_details()
    assert len(details) == len(inputs), f"{len(inputs)} arrays for {len(details)} inputs"
    for d, value in zip(details, inputs, strict=True):
        interpreter.set_tensor(d["index"], np.asarray(value))
    interpreter.invoke()
