"""Program -> the generated C library: names and numbers from codegen.render.library, text from templates/*.j2.

The output is a pure function of model bytes, options and tool version: no time, no path, one order.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import jinja2

from codegen.errors import GencError, Problem
from codegen.render.library import Library, RenderOptions, describe
from codegen.render.package import Package, check_identifiers
from codegen.render.packaging import package_files
from codegen.render.writer import write
from codegen.schedule.program import Program

__all__ = ["RenderOptions", "describe", "render", "source_files", "write"]

TEMPLATES = {
    "model.h.j2": "{name}.h",
    "model.c.j2": "{name}.c",
    "weights.h.j2": "{name}_weights.h",
    "weights.c.j2": "{name}_weights.c",
    "info.c.j2": "{name}_info.c",
    "selftest.h.j2": "{name}_selftest.h",
    "selftest.c.j2": "{name}_selftest.c",
}
"""Template -> file in src/."""

_DEFINE = re.compile(r"(#define \w+(?:\([^)]*\))?) (.*?)(?: (/\* .* \*/))?")


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - this is C: library.py spells every foreign text for it
    )


def render(program: Program, options: RenderOptions) -> dict[str, str]:
    """Every file of the output folder: path inside it -> text.

    Raises:
        GencError: the options do not belong to the program.
    """
    library = describe(program, options)
    return render_package(Package(library.name, (library,)))


def render_package(package: Package) -> dict[str, str]:
    """The same for a package, from the facts.

    Raises:
        GencError: two of its models would have a file or an identifier in common.
    """
    check_identifiers(package)
    sources: dict[str, str] = {}
    for model in package.models:
        files = source_files(model)
        clash = sorted(path for path in files if sources.get(path, files[path]) != files[path])
        if clash:
            problem = Problem(model.name, f"another model has a file {clash[0]}, too", "rename one of the models")
            raise GencError("cannot put these models into one package", [problem])
        sources |= files
    if package.several:
        sources[f"src/{package.name}.h"] = _environment().get_template("package.h.j2").render(package=package)
    return dict(sorted({**sources, **package_files(package, sources)}.items()))


def source_files(library: Library) -> dict[str, str]:
    """The C library: the files of src/."""
    files = {f"src/{name}": text for name, text in library.kernels.items()}
    for template, name in TEMPLATES.items():
        if not _is_empty(template, library):
            text = _environment().get_template(template).render(lib=library)
            files[f"src/{name.format(name=library.name)}"] = align_defines(text)
    return files


def _is_empty(template: str, library: Library) -> bool:
    """A file without content is not written: weights of a model that has none, a self-test without a vector."""
    if template.startswith("weights"):
        return not library.declarations
    return template.startswith("selftest") and not library.has_golden


def align_defines(text: str) -> str:
    """Line up values and comments of consecutive one-line #defines."""
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and lines[end].startswith("#define ") and _DEFINE.fullmatch(lines[end]):
            end += 1
        if end - start > 1:
            lines[start:end] = _columns(lines[start:end])
        start = max(end, start + 1)
    return "\n".join(lines)


def _columns(lines: list[str]) -> list[str]:
    parts = [match.groups("") for line in lines if (match := _DEFINE.fullmatch(line))]
    name, value = (max(len(part[i]) for part in parts) for i in (0, 1))
    commented = max((len(p[1]) for p in parts if p[2]), default=value)
    return [f"{p[0]:{name}} {p[1]:{commented if p[2] else 0}} {p[2]}".rstrip() for p in parts]
