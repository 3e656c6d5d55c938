"""One package of one or several models: they share kernels and, where they take turns, memory.

Every model keeps its own type, functions and files under its own name.  Kernels carry the package's name and are there
once.  A package of one model has that model's name.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from codegen.backends import dependencies
from codegen.backends.library import Dependency
from codegen.boards import Board
from codegen.errors import GencError, Problem
from codegen.render.kernels_source import code_bytes
from codegen.render.library import Library


@dataclass(frozen=True, eq=False)
class Package:
    """What one output folder holds.

    Attributes:
        name: of the package, prefix of its kernels.
        models: at least one, all for one board.
    """

    name: str
    models: tuple[Library, ...]

    @property
    def upper(self) -> str:
        """Prefix of macros."""
        return self.name.upper()

    @property
    def version(self) -> str:
        """Of gen-c."""
        return self.models[0].version

    @property
    def board(self) -> Board:
        """What it is generated for."""
        return self.models[0].board

    @property
    def several(self) -> bool:
        """Whether there is more than one model."""
        return len(self.models) > 1

    @cached_property
    def kernels(self) -> dict[str, str]:
        """File name -> text of the kernels of all models."""
        return {name: text for model in self.models for name, text in model.kernels.items()}

    @cached_property
    def dependencies(self) -> list[Dependency]:
        """The libraries that its kernels call, which are not part of it."""
        return [each for each in dependencies() if any(map(each.is_called_by, self.kernels.values()))]

    @property
    def sharing(self) -> tuple[Library, ...]:
        """The models that can take turns in one memory: those without state; none when it is only one."""
        stateless = tuple(model for model in self.models if not model.state_bytes)
        return stateless if len(stateless) > 1 else ()

    @property
    def shared_bytes(self) -> int:
        """sizeof(NAME_shared_t); 0 when nothing is shared."""
        align = max((model.align for model in self.sharing), default=1)
        return max((-(-model.ram_bytes // align) * align for model in self.sharing), default=0)

    @property
    def ram_bytes(self) -> int:
        """RAM of one instance of each model, sharing where they can."""
        return self.shared_bytes + sum(model.ram_bytes for model in self.models if model not in self.sharing)

    @property
    def slow_bytes(self) -> int:
        """Of the slow parts of all models: these share nothing."""
        return sum(model.slow_bytes for model in self.models)

    @property
    def weights_bytes(self) -> int:
        """Of all constants."""
        return sum(model.weights_bytes for model in self.models)

    @property
    def fast_bytes(self) -> int:
        """Of the constants in fast memory."""
        return sum(model.fast_bytes for model in self.models)

    @property
    def code_bytes(self) -> int:
        """Of the kernels, once, and of all schedules; an estimate."""
        return code_bytes(self.kernels, self.name) + sum(model.code_bytes - model.kernel_bytes for model in self.models)


def check_names(package: str, models: Sequence[str]) -> None:
    """Refuse model names that are alike, or one that is the package's.

    Raises:
        GencError: with all of them.
    """
    cure = "rename the files, or give another --name"
    twice = sorted({name for name in models if models.count(name) > 1})
    problems = [Problem(name, "is the name of two models", "rename one of the files") for name in twice]
    if len(models) > 1 and package in models:
        problems.append(Problem(package, "is the name of the package and of a model", cure))
    if problems:
        raise GencError("cannot put these models into one package", problems)


def check_identifiers(package: Package) -> None:
    """Refuse models whose C names collide: "kws" has an input of type kws_input_t, a model "kws_input" is one.

    Raises:
        GencError: with every pair.
    """
    groups = [(model.name, model.identifiers) for model in package.models]
    if package.several:
        groups.append(("the package", frozenset({f"{package.name}_shared_t", f"{package.upper}_H"})))
    groups.append(("the kernels", frozenset().union(*(model.kernel_identifiers for model in package.models))))
    problems = [
        Problem(f"{a} and {b}", f"both have the name {min(ours & theirs)} in C", "rename one of the files")
        for (a, ours), (b, theirs) in itertools.combinations(groups, 2)
        if ours & theirs
    ]
    if problems:
        raise GencError("cannot put these models into one package", problems)
