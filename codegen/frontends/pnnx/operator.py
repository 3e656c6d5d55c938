"""What the rules of PNNX share: operands, arrays and parameters of an operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codegen.frontends.findings import RefusedError
from codegen.frontends.onnx.site import ANY_NUMBER, Convert, Rule, Site
from codegen.ir import Operator, Tensor

IGNORED = {"inplace", "dtype", "layout", "device", "pin_memory", "memory_format", "non_blocking", "copy", "training"}
"""Parameters that change nothing in inference of float32."""


class Call:
    """An operator of PyTorch as its rule sees it.

    Attributes:
        site: where its results go.
        operands: what it reads, arrays not counted.
    """

    def __init__(self, site: Site, known: tuple[str, ...]) -> None:
        """Look at a site; `known` are the parameters that the rule understands.

        Raises:
            RefusedError: it has others.
        """
        self.site = site
        self._values: dict[str, Any] = site["values"]
        arrays = site["arrays"]
        count = len(site.inputs) - len(arrays)
        self.operands = [site.tensor(i) for i in range(count)]
        self._arrays = {name: site.tensor(count + i) for i, name in enumerate(arrays)}
        self._roles: dict[str, int] = site["roles"]
        others = [name for name in self._values if name not in known and name not in IGNORED]
        if others:
            raise RefusedError(f"its parameter {others[0]!r} is not supported")

    @property
    def x(self) -> Tensor:
        """The first operand."""
        if not self.operands:
            raise RefusedError("it reads nothing")
        return self.operands[self._roles.get("input", 0)]

    def operand(self, role: str, index: int) -> Tensor | None:
        """An operand by the name of the argument, or by its place where the file does not name it."""
        if role in self._roles:
            return self.operands[self._roles[role]]
        if self._roles or index >= len(self.operands):
            return None
        return self.operands[index]

    def array(self, name: str) -> Tensor | None:
        """An array of the module; None when it has none of that name."""
        return self._arrays.get(name)

    def required(self, name: str) -> Tensor:
        """An array that must be there."""
        if name not in self._arrays:
            raise RefusedError(f"it has no {name}")
        return self._arrays[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter; `default` where the file has none, or None."""
        value = self._values.get(name)
        return default if value is None else value

    def numbers(self, name: str, count: int, default: int = 0) -> tuple[int, ...]:
        """A parameter along `count` axes; one number is the same along all."""
        value = self.get(name, default)
        values = value if isinstance(value, tuple) else (value,) * count
        if len(values) == 1:
            values *= count
        if len(values) != count or not all(isinstance(v, int) for v in values):
            raise RefusedError(f"its {name} is {value}, not {count} numbers")
        return tuple(int(v) for v in values)

    def axis(self, name: str = "dim", default: int | None = None, x: Tensor | None = None) -> int:
        """A parameter that is an axis of an operand, counted from the front."""
        value = self.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise RefusedError(f"its {name} is {value}, not an axis")
        return self.site.axis(value, len((x or self.x).shape))

    def axes(self, name: str = "dim") -> tuple[int, ...]:
        """A parameter that is axes of the first operand; all where there is none."""
        rank, value = len(self.x.shape), self.get(name)
        if value is None or value == ():
            return tuple(range(rank))
        values = value if isinstance(value, tuple) else (value,)
        return tuple(self.site.axis(int(v), rank) for v in values)


Meaning = Callable[[Call], Any]


def rule(kind: type[Operator], meaning: Meaning, *known: str) -> Rule:
    """How an operator is imported; `known` are the parameters that it may have."""

    def convert(site: Site) -> Any:
        return meaning(Call(site, known))

    translate: Convert = convert
    return Rule(kind, translate, (0, ANY_NUMBER), (0, ANY_NUMBER), {"values": dict, "arrays": (), "roles": dict})
