"""Post-training quantisation: a float Graph and real inputs become an integer Graph (docs/quantization.md).

    samples -> float reference -> spreads of all tensors -> ranges -> scales -> integer graph -> distance from float

The rest of the tool sees an int8 model, whatever the file was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import GencError
from codegen.ir import Graph, Operator, Tensor
from codegen.passes import run_passes
from codegen.progress import counted
from codegen.quantize.convert import Converter, choose_scales, covered
from codegen.quantize.measure import Distance, real, values_of
from codegen.quantize.plan import NOT_FINITE, TOO_COARSE, TOO_FAR, Plan, drop, make_plan, touching
from codegen.quantize.ranges import DEFAULT, METHODS, Range
from codegen.quantize.report import LayerFact, QuantizationReport, output_fact
from codegen.quantize.samples import Sample, Samples
from codegen.quantize.scheme import FIXED_SCALES, Kind
from codegen.quantize.statistics import Spread

__all__ = ["DEFAULT", "METHODS", "Calibration", "Quantized", "quantize"]

FIRST_SAMPLES = 8
DROWNED_DB = 30.0
"""Rounding noise of a thirtieth of the signal: what layers with a scale of their own stay below."""
NO_FLOATS = "leave --calibrate out: nothing of the model is float32"


@dataclass(frozen=True)
class Calibration:
    """How to quantise.

    Attributes:
        data: samples (codegen.quantize.samples).
        ranges: one of METHODS.
        weight_bits: 8, or 16 where sums of 32 bits have room for them.
        powers: scales are powers of two and zero points 0, biases 8 bits and a shift, as NNoM has them.
    """

    data: Path
    ranges: str = DEFAULT
    weight_bits: int = 8
    powers: bool = False


@dataclass(frozen=True, eq=False)
class Quantized:
    """A float model and what was made of it.

    Attributes:
        graph: with integers.
        floating: with what it was made from, with the same inputs and outputs.
        first: the first samples, for tests of what is generated.
        report: what it costs.
    """

    graph: Graph
    floating: Graph
    first: tuple[Sample, ...]
    report: QuantizationReport


def quantize(imported: Graph, calibration: Calibration, float_layers: Sequence[str] = ()) -> Quantized:
    """Quantise a float model.

    Args:
        imported: the model; it is not changed.
        calibration: samples and method.
        float_layers: names or patterns of layers that stay float.

    Raises:
        GencError: no usable samples, or nothing that could be quantised.
    """
    floating = imported.copy()
    run_passes(floating)
    plan = make_plan(floating, float_layers)
    if not plan.kinds:
        reasons = sorted(set(plan.kept.values()))
        cure = "what stays float: " + "; ".join(reasons) if reasons else NO_FLOATS
        raise GencError(f"{imported.name}: there is nothing to quantise", cure=cure)
    samples = Samples(calibration.data, floating)
    ranges = _ranges(plan, samples, calibration.ranges)
    scales = choose_scales(plan, ranges, powers=calibration.powers)
    converter = Converter(plan, scales, calibration.weight_bits, powers=calibration.powers)
    graph = converter.graph()
    first = tuple(sample for _, sample in zip(range(FIRST_SAMPLES), samples, strict=False))
    report = _report(plan, converter, graph, samples, calibration)
    return Quantized(graph, floating, first, report)


def _ranges(plan: Plan, samples: Samples, name: str) -> dict[Tensor, Range]:
    """The range of every tensor that is quantised."""
    method = METHODS[name]
    spreads = {tensor: Spread() for tensor in plan.tensors}
    for values in counted(values_of(plan.graph, samples), samples.count, "calibrating"):
        for tensor, spread in spreads.items():
            spread.extend(values[tensor])
    drop(plan, touching(plan, [tensor for tensor, spread in spreads.items() if not spread.finite]), NOT_FINITE)
    drop(plan, [op for op in plan.kinds if _leaves_scale(op, spreads)], TOO_FAR)
    drop(plan, [op for op in plan.kinds if _drowns(op, plan, spreads)], TOO_COARSE)
    spreads = {tensor: spreads[tensor] for tensor in plan.tensors}
    if method.histogram:
        for values in counted(values_of(plan.graph, samples), samples.count, "counting values"):
            for tensor, spread in spreads.items():
                spread.count(values[tensor])
    return {tensor: method.choose(spread) for tensor, spread in spreads.items()}


def _leaves_scale(op: Operator, spreads: Mapping[Tensor, Spread]) -> bool:
    """Whether a prescribed scale does not reach what an operator computes."""
    quant = FIXED_SCALES.get(type(op))
    if quant is None:
        return False
    low, high = covered(quant)
    return spreads[op.y].low < low - quant.scale or spreads[op.y].high > high + quant.scale


def _drowns(op: Operator, plan: Plan, spreads: Mapping[Tensor, Spread]) -> bool:
    """Whether other operators would compute with the noise of a prescribed scale, as behind a softmax of many terms."""
    quant = FIXED_SCALES.get(type(op))
    if quant is None or spreads[op.y].snr_db(quant.scale) > DROWNED_DB:
        return False
    readers = [reader for reader in plan.kinds if op.y in reader.activations]
    return any(plan.kinds[reader] is not Kind.SAME for reader in readers)


def _report(
    plan: Plan, converter: Converter, graph: Graph, samples: Samples, calibration: Calibration
) -> QuantizationReport:
    """Run both graphs side by side."""
    floating, stored = plan.graph, converter.stored
    layers = {tensor: Distance() for tensor in stored}
    outputs = [Distance() for _ in floating.outputs]
    both = zip(values_of(floating, samples), values_of(graph, samples), strict=True)
    for want, got in counted(both, samples.count, "comparing with float"):
        for tensor, distance in layers.items():
            distance.extend(want[tensor], real(stored[tensor], got[stored[tensor]]))
        for tensor, distance in zip(floating.outputs, outputs, strict=True):
            distance.extend(want[tensor], got[tensor])
    makers, inputs = floating.producers(), {t.shape for t in floating.inputs}
    return QuantizationReport(
        samples=samples.count,
        ranges=calibration.ranges,
        weight_bits=calibration.weight_bits,
        layers=tuple(
            LayerFact(
                makers[t].source or makers[t].kind if t in makers else "input",
                t.name,
                *covered(converter.scales[t]),
                d.snr_db,
            )
            for t, d in layers.items()
        ),
        outputs=tuple(output_fact(t, d, inputs) for t, d in zip(floating.outputs, outputs, strict=True)),
        floats=tuple(dict.fromkeys((op.where, why) for op, why in plan.kept.items())),
    )
