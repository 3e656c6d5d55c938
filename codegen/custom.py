"""Custom operators: what a plug-in must have to teach gen-c an operator of its own.

A plug-in is a class whose instances have the members below, registered under the operator's name in
the entry-point group ``genc.ops``.  docs/custom_operators.md has a worked example, which is a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from codegen.plugins import load_group

if TYPE_CHECKING:
    from codegen.backends.candidate import Call
    from codegen.ir import Array, Tensor


class CustomOperator(Protocol):
    """One custom operator.

    Attributes:
        name: as the model file calls it.
        sources: folder of its kernels: for each a `.c` and a `.h` named like the C function.
    """

    name: str
    sources: Path

    def refuse(self, inputs: Sequence[Tensor | None], options: bytes) -> str | None:
        """What is wrong with these operands (types, ranks, missing inputs) or options; None when all is well."""
        ...

    def infer_shapes(self, inputs: Sequence[Tensor | None], options: bytes) -> list[tuple[int, ...]]:
        """Shapes of the outputs."""
        ...

    def evaluate(self, op: Any, inputs: Sequence[Any]) -> list[Array]:
        """The meaning in numpy: the outputs for the values of the inputs; `op` is the codegen.ir.ops.Custom."""
        ...

    def calls(self, op: Any) -> Sequence[Call]:
        """The kernel calls that compute it, with final parameters and packed constants."""
        ...


@lru_cache(maxsize=1)
def custom_operators() -> dict[str, CustomOperator]:
    """Every registered custom operator, by its name in a model file."""
    return {plugin.name: plugin for plugin in (make() for make in load_group("genc.ops", {}).values())}


def kernel_folders() -> list[Path]:
    """The folders of custom operators' kernels, in a stable order."""
    return [plugin.sources for _, plugin in sorted(custom_operators().items())]
