"""The back-end that calls NNoM's kernels, whose sources are the user's own (docs/backends.md).

NNoM computes with q7 numbers whose units are powers of two, and rounds in a way of its own.  A layer that it takes
becomes an operator with NNoM's meaning as soon as the model is read: what is verified, and what the self-test holds, is
NNoM's result.  `--exact` leaves it the layers that are proved to give TFLite's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from codegen.backends.candidate import Candidate, Core
from codegen.backends.library import Builder, Declined, Dependency, Function, Library, Offer
from codegen.backends.nnom import linear, plain, scales
from codegen.backends.nnom.operators import NnomLayer, Plan
from codegen.errors import GencError, Problem
from codegen.ir import DType, Graph, Operator, ops

POWERS = "scales are powers of two"

PLANS: Mapping[type[Operator], tuple[Callable[[Any], Plan], str, str]] = {
    ops.Conv2D: (linear.conv_2d, "local_convolve_HWC_q7_nonsquare", f"{POWERS}; one group"),
    ops.DepthwiseConv2D: (linear.depthwise_conv_2d, "local_depthwise_separable_conv_HWC_q7_nonsquare", POWERS),
    ops.FullyConnected: (linear.fully_connected, "local_fully_connected_q7", f"{POWERS}; one of the weights"),
    ops.MaxPool2D: (plain.max_pool_2d, "local_maxpool_q7_HWC", ""),
    ops.AveragePool2D: (plain.average_pool_2d, "local_avepool_q7_HWC", POWERS),
    ops.Mean: (plain.mean, "local_avepool_q7_HWC", f"{POWERS}; over height and width"),
    ops.Add: (plain.pair, "local_add_q7", f"{POWERS}; inputs of one shape and scale"),
    ops.Sub: (plain.pair, "local_sub_q7", f"{POWERS}; inputs of one shape and scale"),
    ops.Mul: (plain.pair, "local_mult_q7", f"{POWERS}; inputs of one shape"),
    ops.ResizeNearest: (plain.resize_nearest, "local_up_sampling_q7_HWC", "one whole factor"),
    ops.Pad: (plain.pad, "local_zero_padding_HWC_q7", "zeros around an image"),
}
"""Of each operator: how it is planned, NNoM's function, and the layers that it takes at all."""

WEIGHTED = (ops.Conv2D, ops.DepthwiseConv2D, ops.FullyConnected)
"""Layers that make a model NNoM's or not."""

CURE = (
    "leave out --backend nnom: gen-c's own kernels compute it; or take the float model and --calibrate DATA, "
    "which with --backend nnom makes scales of powers of two"
)


def _builder(plan: Callable[[Any], Plan]) -> Builder:
    """Says why a layer that was not adopted was not."""

    def explain(op: Operator, core: Core) -> list[Candidate]:
        del core
        differs = plan(op).differs
        raise Declined(f"--exact, and {differs}" if differs else "in the model's file it is another layer")

    return explain


class Nnom(Library):
    """Calls of NNoM's local kernels, on every core."""

    name = "nnom"
    title = "NNoM"
    behind = ("mve", "armv7em")
    power_scales = True
    offers: ClassVar = {
        (op, DType.INT8): Offer(_builder(plan), (Function(function),), only)
        for op, (plan, function, only) in PLANS.items()
    }
    dependency = Dependency(
        title=title,
        home="https://github.com/majianjia/nnom",
        versions="0.4.3, without NNOM_TRUNCATE and NNOM_USING_CHW",
        header="nnom_local.h",
        variable="GENC_NNOM_DIR",
        target="nnom",
        cmake=False,
        includes=("inc", "port"),
        sources=("src/backends/nnom_local.c",),
    )

    def adopt(self, graph: Graph, *, exact: bool) -> Graph:
        """The graph with NNoM's layers in the place of those it computes; `exact`: of those that equal TFLite's.

        Raises:
            GencError: layers with weights whose numbers are not NNoM's.
        """
        problems = [
            Problem(op.where, text)
            for op in graph.operators
            if isinstance(op, WEIGHTED) and (text := scales.problems(linear.tensors(op)))
        ]
        if problems:
            raise GencError("NNoM computes with scales that are powers of two and zero points 0", problems, CURE)
        result = graph.copy()
        result.operators = [_adopted(op, exact=exact) for op in result.operators]
        return result

    def candidates(self, op: Operator, core: Core) -> list[Candidate]:
        """The call of an adopted layer; empty for every other operator."""
        del core
        if not isinstance(op, NnomLayer):
            return []
        plan = op.plan
        call = plan.call(op.activations, op.y)
        why = f"NNoM's {plan.function}; {plan.differs or 'exact'}"
        return [Candidate(op, self.name, (call,), plan.instructions, why)]

    def declines(self, op: Operator, core: Core) -> str:
        """Why a layer is not NNoM's; "" when it is."""
        return "" if isinstance(op, NnomLayer) else super().declines(op, core)


def _adopted(op: Operator, *, exact: bool) -> Operator:
    """The operator, or the layer of NNoM's in its place."""
    if type(op) not in PLANS or op.outputs[0].dtype is not DType.INT8:
        return op
    try:
        plan = PLANS[type(op)][0](op)
    except Declined:
        return op
    if exact and plan.differs:
        return op
    return NnomLayer(inputs=list(op.activations), outputs=list(op.outputs), name=op.name, source=op.source, plan=plan)
