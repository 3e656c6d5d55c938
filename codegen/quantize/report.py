"""What became of a float model, for people and scripts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from codegen.ir import Tensor
from codegen.quantize.measure import Distance
from codegen.report.listing import table

NAME_CHARACTERS = 44
SHOWN_FLOATS = 12

POOR_DB = 20.0
"""Noise of a tenth of the signal."""


@dataclass(frozen=True)
class LayerFact:
    """A quantised tensor.

    Attributes:
        layer: the operator that makes it, or "input".
        name: of the tensor.
        low, high: the range that int8 covers.
        snr_db: over all samples; None when there is no noise.
    """

    layer: str
    name: str
    low: float
    high: float
    snr_db: float | None


@dataclass(frozen=True)
class OutputFact:
    """An output of the model, quantised against float.

    Attributes:
        name: of the tensor.
        snr_db: over all samples; None when there is no noise.
        cosine: of the angle between both, over all samples.
        max_error: the largest difference.
        max_value: the largest magnitude in float.
        same_class: share of the samples whose largest element is the same; None where the output does not look like
            classes.
    """

    name: str
    snr_db: float | None
    cosine: float
    max_error: float
    max_value: float
    same_class: float | None

    def __str__(self) -> str:
        parts = [f"{_short(self.name)}: {decibels(self.snr_db)} dB", f"cosine {self.cosine:.6f}"]
        parts.append(f"off by at most {self.max_error:.3g} of {self.max_value:.3g}")
        if self.same_class is not None:
            parts.append(f"same class in {100 * self.same_class:.4g} % of the samples")
        return ", ".join(parts)


def output_fact(tensor: Tensor, distance: Distance, inputs: Collection[tuple[int, ...]]) -> OutputFact:
    """The numbers of an output; a vector of another shape than any of `inputs` looks like classes."""
    classes = tensor.size > 1 and tensor.shape[-1:] == (tensor.size,) and tensor.shape not in inputs
    same = distance.agreed / distance.samples if classes else None
    return OutputFact(tensor.name, distance.snr_db, distance.cosine, distance.largest, distance.reach, same)


@dataclass(frozen=True)
class QuantizationReport:
    """What was quantised and what it costs.

    Attributes:
        samples: number of calibration samples.
        ranges: the method that chose the ranges.
        weight_bits: 8 or 16.
        layers: quantised tensors, in order.
        outputs: of the model.
        floats: operators that stay float, and why.
    """

    samples: int
    ranges: str
    weight_bits: int
    layers: tuple[LayerFact, ...]
    outputs: tuple[OutputFact, ...]
    floats: tuple[tuple[str, str], ...]

    def json(self) -> dict[str, Any]:
        """For scripts."""
        floats = [{"layer": layer, "why": why} for layer, why in self.floats]
        return {**asdict(self), "floats": floats}

    def lines(self) -> list[str]:
        """The outputs in a line each, and what stays float."""
        lines = [f"  int8   ranges by {self.ranges} of {self.samples:,} samples, weights of {self.weight_bits} bits"]
        lines += [f"         output {fact}" for fact in self.outputs]
        if (worst := self.worst) is not None:
            text = f"{worst.layer}, {_short(worst.name)}: {decibels(worst.snr_db)} dB"
            lines.append(f"         least of all tensors: {text}; --layer NAME=float32 keeps a layer in float")
        if self.floats:
            lines.append(f"         {len(self.floats)} operators stay float32:")
            lines += [f"           {layer}: {why}" for layer, why in self.floats[:SHOWN_FLOATS]]
        if len(self.floats) > SHOWN_FLOATS:
            lines.append(f"           and {len(self.floats) - SHOWN_FLOATS} more")
        return lines

    @property
    def worst(self) -> LayerFact | None:
        """The tensor with the least signal to noise, if that is below POOR_DB."""
        noisy = [(fact.snr_db, fact) for fact in self.layers if fact.snr_db is not None and fact.snr_db < POOR_DB]
        return min(noisy, key=lambda pair: pair[0])[1] if noisy else None

    def table(self) -> str:
        """Signal to noise, layer by layer."""
        rows = [
            (fact.layer, _short(fact.name), f"{fact.low:.4g} .. {fact.high:.4g}", decibels(fact.snr_db))
            for fact in self.layers
        ]
        return table(("layer", "tensor", "range", "SNR dB"), rows)


def decibels(snr: float | None) -> str:
    """For people."""
    return "exact" if snr is None else f"{snr:.1f}"


def _short(name: str) -> str:
    name = "".join(c if c.isprintable() else "?" for c in name)
    return name if len(name) <= NAME_CHARACTERS else f"...{name[3 - NAME_CHARACTERS :]}"
