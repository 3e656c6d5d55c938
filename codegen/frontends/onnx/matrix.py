"""Matrix products of ONNX."""

from __future__ import annotations

import numpy as np

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.layout import reshaped
from codegen.frontends.onnx.site import Rule, Site
from codegen.ir import Tensor, ops


def product(site: Site, a: Tensor, b: Tensor) -> Tensor:
    """The product a @ b as numpy has it, of vectors, matrices or batches of matrices."""
    if not a.shape or not b.shape:
        raise RefusedError(f"{a.type_text} and {b.type_text} cannot be multiplied")
    left = reshaped(site, a, (1, *a.shape)) if len(a.shape) == 1 else a
    right = reshaped(site, b, (*b.shape, 1)) if len(b.shape) == 1 else b
    y = _matrices(site, left, right)
    rows = y.shape[-2:-1] if len(a.shape) > 1 else ()
    columns = y.shape[-1:] if len(b.shape) > 1 else ()
    return reshaped(site, y, (*y.shape[:-2], *rows, *columns))


def _matrices(site: Site, a: Tensor, b: Tensor) -> Tensor:
    """A constant matrix on the right is a layer with weights."""
    if b.is_constant and not a.is_constant and b.size == b.shape[-1] * b.shape[-2] and len(b.shape) <= len(a.shape):
        matrix = reshaped(site, b, b.shape[-2:])
        weights = site.emit(ops.Transpose, matrix, perm=(1, 0))
        return site.emit(ops.FullyConnected, a, weights, None, keep_dims=True)
    return site.emit(ops.BatchMatMul, a, b)


def _matmul(site: Site) -> Tensor:
    return product(site, site.tensor(0), site.tensor(1))


def _gemm(site: Site) -> Tensor:
    """The sum alpha * A * B + beta * C; constants take the factors."""
    a, b, c = site.tensor(0), site.tensor(1), site.optional(2)
    if len(a.shape) != 2 or len(b.shape) != 2:
        raise RefusedError(f"{a.type_text} and {b.type_text} are not matrices")
    if site["transA"]:
        a = site.emit(ops.Transpose, a, perm=(1, 0))
    if not b.is_constant or a.is_constant:
        y = _scaled(site, site.emit(ops.BatchMatMul, a, b, adj_y=bool(site["transB"])), site["alpha"])
        return y if c is None else site.emit(ops.Add, y, _scaled(site, c, site["beta"]))
    weights = b if site["transB"] else site.emit(ops.Transpose, b, perm=(1, 0))
    weights = _scaled(site, weights, site["alpha"])
    extra = None if c is None else _scaled(site, c, site["beta"])
    bias = _row(site, extra, weights.shape[0])
    y = site.emit(ops.FullyConnected, a, weights, bias)
    return y if extra is None or bias is not None else site.emit(ops.Add, y, extra)


def _scaled(site: Site, x: Tensor, factor: float) -> Tensor:
    return x if factor == 1 else site.emit(ops.Mul, x, site.constant(np.float32(factor), x.dtype))


def _row(site: Site, c: Tensor | None, columns: int) -> Tensor | None:
    """A constant addend as a bias, when every row gets the same."""
    if c is None or not c.is_constant or c.size not in {1, columns} or c.size != (c.shape or (1,))[-1]:
        return None
    return site.constant(np.broadcast_to(c.value.reshape(-1), (columns,)), c.dtype, "bias")


def _einsum(site: Site) -> Tensor:
    """Two operands: batch, free and contracted labels are brought into the order of a batched matrix product."""
    terms, result = _parsed(site)
    if len(terms) == 1:
        return _one_operand(site, site.tensor(0), terms[0], result)
    if len(terms) != 2:
        raise RefusedError(f"an Einsum of {len(terms)} operands is not supported")
    (a, left), (b, right) = ((_summed(site, site.tensor(i), terms[i], terms[1 - i] + result)) for i in range(2))
    sizes = dict(zip(left + right, a.shape + b.shape, strict=True))
    batch = [label for label in left if label in right and label in result]
    inner = [label for label in left if label in right and label not in result]
    rows = [label for label in left if label not in right]
    columns = [label for label in right if label not in left]
    x = _grouped(site, a, left, (batch, rows, inner), sizes)
    y = site.emit(ops.BatchMatMul, x, _grouped(site, b, right, (batch, inner, columns), sizes))
    found = [*batch, *rows, *columns]
    y = reshaped(site, y, tuple(sizes[label] for label in found))
    perm = tuple(found.index(label) for label in result)
    return site.emit(ops.Transpose, y, perm=perm) if perm != tuple(range(len(perm))) else y


def _parsed(site: Site) -> tuple[list[str], str]:
    """The labels of the operands and of the result; "..." becomes labels of its own."""
    text = site.required("equation").replace(" ", "")
    left, arrow, result = text.partition("->")
    terms, ranks = left.split(","), [len(t.shape) for t in site.inputs if t is not None]
    if len(terms) != len(ranks):
        raise RefusedError(f"equation {text!r} does not fit {len(ranks)} operands")
    more = max(
        (rank - len(t.replace("...", "")) for t, rank in zip(terms, ranks, strict=True) if "..." in t), default=0
    )
    dots = "0123456789"[: max(more, 0)]
    if not arrow:
        letters = sorted(c for c in set(left) - set(".,") if left.count(c) == 1)
        result = "..." * ("..." in left) + "".join(letters)
    plain = [t.replace("...", dots[len(dots) - (rank - len(t) + 3) :]) for t, rank in zip(terms, ranks, strict=True)]
    result = result.replace("...", dots)
    if any(len(t) != rank or len(set(t)) != rank for t, rank in zip(plain, ranks, strict=True)):
        raise RefusedError(f"equation {text!r} repeats a label or does not fit its operands")
    if len(set(result)) != len(result) or not set(result) <= set("".join(plain)):
        raise RefusedError(f"equation {text!r} has a result that its operands do not give")
    return plain, result


def _one_operand(site: Site, x: Tensor, labels: str, result: str) -> Tensor:
    """Sums over what the result does not have, the rest in its order."""
    y, kept = _summed(site, x, labels, result)
    return site.emit(ops.Transpose, y, perm=tuple(kept.index(label) for label in result)) if result else y


def _summed(site: Site, x: Tensor, labels: str, needed: str) -> tuple[Tensor, str]:
    """An operand without the axes whose labels occur nowhere else."""
    axes = tuple(i for i, label in enumerate(labels) if label not in needed)
    kept = "".join(label for label in labels if label in needed)
    return (site.emit(ops.Sum, x, axes=axes) if axes else x), kept


def _grouped(
    site: Site, x: Tensor, labels: str, groups: tuple[list[str], list[str], list[str]], sizes: dict[str, int]
) -> Tensor:
    """An operand with an axis for each batch label, then one for each of the two other groups."""
    order = [label for group in groups for label in group]
    perm = tuple(labels.index(label) for label in order)
    moved = site.emit(ops.Transpose, x, perm=perm) if perm != tuple(range(len(perm))) else x
    ends = (int(np.prod([sizes[label] for label in group])) for group in groups[1:])
    return reshaped(site, moved, (*(sizes[label] for label in groups[0]), *ends))


GEMM = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0}

RULES: dict[str, Rule] = {
    "Einsum": Rule(ops.BatchMatMul, _einsum, (1, 2), attributes={"equation": str}),
    "Gemm": Rule(ops.FullyConnected, _gemm, (2, 3), attributes=GEMM),
    "MatMul": Rule(ops.FullyConnected, _matmul, (2, 2)),
}
"""By the operator's name in the file."""
