"""One judge for all operators: a small TFLite file, run by TFLite's reference kernels and by our numpy meaning."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codegen.frontends import load_model
from codegen.reference import run
from tests.reference.strategies import Quant
from tests.support.litert import run_reference
from tests.support.tflite_writer import ModelWriter

Array = npt.NDArray[Any]


class SingleOperator:
    """A model of one operator: give it inputs and constants, then `check` it against TFLite."""

    def __init__(self) -> None:
        self.writer = ModelWriter()
        self._inputs: list[int] = []
        self._values: list[Array] = []

    def input(self, value: Array, quant: Quant | None = None) -> int:
        """A graph input with its value."""
        self._inputs.append(self._tensor(f"x{len(self._inputs)}", value, quant))
        self._values.append(value)
        return self._inputs[-1]

    def constant(self, value: Any, quant: Quant | None = None) -> int:
        """A constant; Python integers are int32."""
        array = value if isinstance(value, np.ndarray) else np.array(value, np.int32)
        return self._tensor("constant", array, quant, data=array)

    def pack_as_int4(self, index: int, value: Array) -> None:
        """Store a constant of int8 as int4."""
        self.writer.retype(index, "int4", value)

    def _tensor(self, name: str, value: Array, quant: Quant | None, **data: Any) -> int:
        return self.writer.tensor(name, value.shape, value.dtype.name, **(quant.args if quant else {}), **data)

    def check(
        self,
        name: str,
        inputs: Sequence[int],
        quant: Quant | None,
        dtype: str = "int8",
        *,
        outputs: int = 1,
        shape: Sequence[int] = (1,),
        tolerance: float = 0.0,
        **options: Any,
    ) -> list[Array]:
        """Run the operator here and there: every byte of every output must be equal.

        The outputs' shape in the file is a placeholder: both sides infer it (but TFLite's SLICE wants it right).
        With a `tolerance`, floats may differ by that much of the largest value.
        """
        model = self._built(name, inputs, self._outputs(quant, dtype, outputs, shape), options)
        theirs = run_reference(model, self._values)
        for mine, wanted in zip(our_outputs(model, self._values), theirs, strict=True):
            if tolerance:
                largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
                np.testing.assert_allclose(mine, wanted, rtol=0, atol=tolerance * float(largest), strict=True)
            else:
                np.testing.assert_array_equal(mine, wanted, strict=True)
        return theirs

    def ours(self, name: str, inputs: Sequence[int], quant: Quant | None, dtype: str, **options: Any) -> list[Array]:
        """Our output alone, of an operator or type that TFLite does not have."""
        return our_outputs(self._built(name, inputs, self._outputs(quant, dtype, 1, (1,)), options), self._values)

    def _outputs(self, quant: Quant | None, dtype: str, count: int, shape: Sequence[int]) -> list[int]:
        args = quant.args if quant else {}
        return [self.writer.tensor(f"y{i}", shape, dtype, **args) for i in range(count)]

    def _built(self, name: str, inputs: Sequence[int], results: Sequence[int], options: dict[str, Any]) -> bytes:
        self.writer.operator(name, inputs, results, **options)
        return self.writer.build(self._inputs, results)


def our_outputs(model: bytes, inputs: Sequence[Array]) -> list[Array]:
    """Import the file and compute its outputs by `codegen.reference`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(model)
        graph = load_model(path)
    values = run(graph, inputs)
    return [values[t] for t in graph.outputs]
