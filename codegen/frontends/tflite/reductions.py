"""TFLite's reductions and look-ups, as operators of the IR."""

from __future__ import annotations

from codegen.frontends.findings import RefusedError
from codegen.frontends.tflite.operators import Convert, Rule, Site, normalised
from codegen.frontends.tflite.steps import Steps
from codegen.ir import DType, Operator, ops

REDUCTIONS: dict[str, type[Operator]] = {
    "REDUCE_ALL": ops.ReduceAll,
    "REDUCE_ANY": ops.ReduceAny,
    "REDUCE_MAX": ops.ReduceMax,
    "REDUCE_MIN": ops.ReduceMin,
    "REDUCE_PROD": ops.ReduceProd,
    "SUM": ops.Sum,
}


def _reduction(kind: type[Operator]) -> Convert:
    def convert(site: Site) -> list[Operator]:
        rank = len(site.tensor(0).shape)
        axes = tuple(sorted({normalised(axis, rank) for axis in site.integers(1)}))
        return site.single(kind, axes=axes, keep_dims=bool(site.options["KeepDims"]))

    return convert


def _arg_extreme(kind: type[Operator]) -> Convert:
    return lambda site: site.single(kind, axis=normalised(site.integer(1), len(site.tensor(0).shape)))


def _cumsum(site: Site) -> list[Operator]:
    axis = normalised(site.integer(1), len(site.tensor(0).shape))
    fields = {"axis": axis, "exclusive": bool(site.options["Exclusive"]), "reverse": bool(site.options["Reverse"])}
    x = site.tensor(0)
    if x.dtype is not DType.INT8 or x.quant is None:
        return site.single(ops.CumSum, **fields)
    steps = Steps(site)  # as TFLM: exact sums, less one zero point too many, requantised
    steps.fine_steps(steps.step(ops.CumSum, steps.whole_steps(x), **fields), x)
    return steps.done()


def _gather(site: Site) -> list[Operator]:
    x, indices = site.tensor(0), site.tensor(1)
    axis = normalised(site.options["Axis"], len(x.shape))
    batch_dims = normalised(site.options["BatchDims"], len(indices.shape))
    return [site.make(ops.Gather, [x, indices], site.outputs, axis=axis, batch_dims=batch_dims)]


def _gather_nd(site: Site) -> list[Operator]:
    return [site.make(ops.GatherNd, [site.tensor(0), site.tensor(1)], site.outputs)]


def _embedding_lookup(site: Site) -> list[Operator]:
    """Rows of a table, which comes second; those of int8 may become float32."""
    ids, table = site.tensor(0), site.tensor(1)
    if len(ids.shape) != 1:
        raise RefusedError(f"its ids {ids.name!r} have rank {len(ids.shape)}, not 1")
    steps = Steps(site)
    rows = steps.step(ops.Gather, table, ids)
    if table.dtype is DType.INT8 and site.outputs[0].dtype is DType.FLOAT32:
        steps.typed(ops.Dequantize, [rows], DType.FLOAT32, None)
    return steps.done()


def _update_slice(site: Site) -> list[Operator]:
    return [site.make(ops.UpdateSlice, [site.tensor(0), site.tensor(1), site.tensor(2)], site.outputs)]


RULES: dict[str, Rule] = {
    **{name: Rule(kind, _reduction(kind), (2, 2)) for name, kind in REDUCTIONS.items()},
    "ARG_MAX": Rule(ops.ArgMax, _arg_extreme(ops.ArgMax), (2, 2)),
    "ARG_MIN": Rule(ops.ArgMin, _arg_extreme(ops.ArgMin), (2, 2)),
    "CUMSUM": Rule(ops.CumSum, _cumsum, (2, 2)),
    "DYNAMIC_UPDATE_SLICE": Rule(ops.UpdateSlice, _update_slice, (3, 3)),
    "EMBEDDING_LOOKUP": Rule(ops.Gather, _embedding_lookup, (2, 2)),
    "GATHER": Rule(ops.Gather, _gather, (2, 2)),
    "GATHER_ND": Rule(ops.GatherNd, _gather_nd, (2, 2)),
}
"""Every reduction but MEAN, and every look-up or update by indices."""
