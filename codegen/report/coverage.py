"""`gen-c ops --backend X` and the tables of docs/backends.md: what a back-end computes, from the table that decides."""

from __future__ import annotations

import re
from dataclasses import asdict

from codegen.backends import AUTO, Covering, find_backend, library_title
from codegen.backends.library import Coverage, Dependency
from codegen.errors import GencError
from codegen.report.listing import Listing, table

_MARKED = re.compile(r"(<!-- ops ([\w-]+) -->\n)(?:(?!<!--).)*(<!-- end -->)", re.DOTALL)


def backend_listing(name: str) -> Listing:
    """What a back-end covers: data and text.

    Raises:
        GencError: there is no such back-end, or it has no table.
    """
    rows = _coverage(name)
    dependency = getattr(find_backend(name), "dependency", None)
    data = {
        "backend": name,
        "library": library_title(name),
        "dependency": asdict(dependency) if isinstance(dependency, Dependency) else None,
        "operators": [asdict(row) for row in rows],
    }
    header = ("operator", "types", "function", "when")
    return data, "\n\n".join([_title(name, dependency), table(header, _cells(rows)), _rest(name)])


def with_tables(page: str) -> str:
    """A page with the table of each library between its marks, `<!-- ops NAME -->` and `<!-- end -->`."""
    return _MARKED.sub(lambda match: f"{match[1]}{_markdown(match[2])}{match[3]}", page)


def _markdown(name: str) -> str:
    cells = [(op, types, f"`{function}`", when) for op, types, function, when in _cells(_coverage(name))]
    lines = [f"| {' | '.join(row)} |" for row in (("operator", "types", "function", "when"), ("---",) * 4, *cells)]
    return "\n".join(lines) + "\n"


def _coverage(name: str) -> list[Coverage]:
    if name == AUTO:
        cure = "`gen-c boards --json` says which library a board's vendor has; ask for that one"
        raise GencError(
            "auto is no back-end of its own: the board's library and our kernels, the cheaper one", cure=cure
        )
    backend = find_backend(name)
    if not isinstance(backend, Covering):
        raise GencError(f"the back-end {name} does not say what it covers", cure="it needs a method `covers`")
    return backend.covers()


def _cells(rows: list[Coverage]) -> list[tuple[str, str, str, str]]:
    """A line for each function; the operator stands in the first of its lines."""
    cells = []
    for row in rows:
        functions = [(f.name, f.when) for f in row.functions] or [("", "")]
        for index, (function, when) in enumerate(functions):
            first = (row.operator, ", ".join(row.types)) if index == 0 else ("", "")
            cells.append((*first, function, "; ".join(filter(None, (row.only if index == 0 else "", when)))))
    return cells


def _title(name: str, dependency: Dependency | None) -> str:
    if dependency is None:
        return f"{name}: kernels of gen-c"
    return (
        f"{name}: {dependency.title}, {dependency.home}, {dependency.versions}; {dependency.variable} says where it is"
    )


def _rest(name: str) -> str:
    behind = ", ".join(dict.fromkeys([*getattr(find_backend(name), "behind", ()), "portable"]))
    return "Nothing else is needed." if name == "portable" else f"Everything else: {behind}."
