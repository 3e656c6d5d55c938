"""The one door for front-ends, back-ends, boards and custom operators: Python entry points.

The built-in ones are listed beside the loaders, so that a checkout works without being installed; an
installed package of another maker adds to them by an entry point in the same group.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from codegen.errors import GencError


def load_group(group: str, builtin: dict[str, str]) -> dict[str, Any]:
    """Everything registered in an entry-point group, by name; built-ins cannot be replaced.

    Args:
        group: name of the group, "genc.backends".
        builtin: "module:attribute" by name.

    Raises:
        GencError: a plug-in cannot be imported.
    """
    found = {name: _load(target) for name, target in builtin.items()}
    for entry in entry_points(group=group):
        if entry.name not in found:
            try:
                found[entry.name] = entry.load()
            except Exception as error:
                raise GencError(f"plug-in {entry.value!r} of {group} cannot be loaded: {error}") from error
    return found


def _load(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)
