"""Libraries that a package calls and that are not part of it: where they are, and how they are compiled."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from codegen.backends import dependencies
from codegen.backends.library import Dependency
from codegen.errors import GencError, Problem


@dataclass(frozen=True)
class Foreign:
    """A library that a package calls, and the folder it lies in."""

    dependency: Dependency
    folder: Path

    @property
    def flags(self) -> tuple[str, ...]:
        """For what includes its headers; their warnings are not ours."""
        includes = (("-isystem", str(path)) for path in self.dependency.includes_in(self.folder))
        return (*(f"-D{define}" for define in self.dependency.defines), *(flag for pair in includes for flag in pair))

    @property
    def sources(self) -> list[Path]:
        """What to compile of it."""
        return self.dependency.sources_in(self.folder)


def foreign_libraries(package: Path) -> list[Foreign]:
    """The libraries that the package in a folder calls.

    Raises:
        GencError: the environment does not say where one of them is.
    """
    headers = [path.read_text("utf-8") for path in (package / "src").glob("*.h")]
    return [_find(each) for each in dependencies() if any(map(each.is_called_by, headers))]


def _find(dependency: Dependency) -> Foreign:
    named = os.environ.get(dependency.variable, "")
    folder = Path(named).resolve()
    if not named or not dependency.is_in(folder):
        missing = (
            f"{folder} has no {dependency.includes[0]}/{dependency.header}" if named else "nobody says where it is"
        )
        raise GencError(
            f"the library calls {dependency.title}",
            [Problem(dependency.title, missing)],
            cure=f"set {dependency.variable} to the folder of its sources",
        )
    return Foreign(dependency, folder)
