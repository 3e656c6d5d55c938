"""How far a quantised graph is from the float one: signal to noise of every layer, errors of the outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from codegen.ir import Array, Graph, Tensor
from codegen.quantize.samples import Sample
from codegen.reference import run

Values = dict[Tensor, Array]


def values_of(graph: Graph, samples: Iterable[Sample]) -> Iterator[Values]:
    """The values of all tensors, sample by sample; states go on from one to the next until a reset."""
    states: Mapping[Tensor, Array] | None = None
    for sample in samples:
        values = run(graph, sample.inputs, None if sample.first else states)
        states = {state.value: values[state.next] for state in graph.states}
        yield values


@dataclass(eq=False)
class Distance:
    """Of a tensor's values from those that it should have, over all samples.

    Attributes:
        signal: sum of squares of what they should be.
        noise: sum of squares of the differences.
        product, square: sums for the cosine: of products, and of squares of what they are.
        largest: the largest difference.
        reach: the largest magnitude of what they should be.
        samples: how many.
        agreed: samples whose largest element is the same.
    """

    signal: float = 0.0
    noise: float = 0.0
    product: float = 0.0
    square: float = 0.0
    largest: float = 0.0
    reach: float = 0.0
    samples: int = 0
    agreed: int = 0

    def extend(self, want: Array, got: Array) -> None:
        """Add a sample; what is not finite, where a layer stays float, is left out."""
        a, b = want.reshape(-1).astype(np.float64), got.reshape(-1).astype(np.float64)
        self.agreed += int(a.argmax() == b.argmax())
        finite = np.isfinite(a) & np.isfinite(b)
        a, b = a[finite], b[finite]
        off = b - a
        self.signal += float((a * a).sum())
        self.noise += float((off * off).sum())
        self.product += float((a * b).sum())
        self.square += float((b * b).sum())
        self.largest = max(self.largest, float(np.abs(off).max(initial=0)))
        self.reach = max(self.reach, float(np.abs(a).max(initial=0)))
        self.samples += 1

    @property
    def snr_db(self) -> float | None:
        """Signal to noise in dB; None where there is no noise, or nothing but noise."""
        return 10 * float(np.log10(self.signal / self.noise)) if self.noise and self.signal else None

    @property
    def cosine(self) -> float:
        """Of the angle between what the values should be and what they are; 1 where both are zero."""
        length = np.sqrt(self.signal) * np.sqrt(self.square)
        return float(self.product / length) if length else float(self.signal == self.square)


def real(tensor: Tensor, value: Array) -> Array:
    """The real numbers that a tensor's value stands for."""
    if tensor.quant is None:
        return value
    return (value.astype(np.float64) - tensor.quant.zero_point) * tensor.quant.scale
