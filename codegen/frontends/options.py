"""What the user says about a model's inputs: shapes that the file leaves open, values that never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from codegen.errors import GencError


@dataclass(frozen=True)
class ImportOptions:
    """How to import a model.

    Attributes:
        input_shapes: the shape of an input, by its name.
        fixed: the value of an input that is a constant from now on (every element of it), by its name.
    """

    input_shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def parse(cls, shapes: tuple[str, ...], fixed: tuple[str, ...]) -> ImportOptions:
        """From the command line's ``name=1x3x64x64`` and ``name=16000``.

        Raises:
            GencError: one is not of that form.
        """
        return cls(
            {name: _shape(name, text) for name, text in map(_pair, shapes)},
            {name: _number(name, text) for name, text in map(_pair, fixed)},
        )

    def refuse_unknown(self, names: set[str]) -> None:
        """Raise GencError when an option names an input that the model does not have."""
        unknown = [name for name in (*self.input_shapes, *self.fixed) if name not in names]
        if unknown:
            known = ", ".join(sorted(names)) or "none"
            raise GencError(f"the model has no input {unknown[0]!r}", cure=f"its inputs are: {known}")


NO_OPTIONS = ImportOptions()


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=")
    if not equals or not name:
        raise GencError(f"{text!r} is not of the form NAME=VALUE", cure="e.g. --input-shape x=1x576, --fix sr=16000")
    return name, value


def _shape(name: str, text: str) -> tuple[int, ...]:
    parts = text.replace(",", "x").split("x") if text else []
    if not all(part.isdecimal() and 0 < int(part) < 1 << 31 for part in parts):
        raise GencError(f"{text!r} is not the shape of input {name!r}", cure=f"e.g. --input-shape {name}=1x3x64x64")
    return tuple(map(int, parts))


def _number(name: str, text: str) -> float:
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        raise GencError(f"{text!r} is not a value for input {name!r}", cure=f"e.g. --fix {name}=16000") from None
