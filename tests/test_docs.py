"""The pages say what the tool does: generated ones are fresh, the README's commands work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from codegen.cli import with_command
from codegen.report.listing import operators_page

ROOT = Path(__file__).resolve().parents[1]


def test_operator_table_is_fresh() -> None:
    page = (ROOT / "docs" / "operators.md").read_text()
    assert page == operators_page(), "run `make docs`"


def test_links_of_the_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_paths_of_the_readme_exist() -> None:
    for path in re.findall(r"^\| `([^`]+)`(?:, `([^`]+)`)? \|", (ROOT / "README.md").read_text(), re.MULTILINE):
        for name in filter(None, path):
            if not name.startswith("gen-c"):
                assert (ROOT / name).exists(), name


def test_commands_of_the_readme_parse() -> None:
    from codegen.cli import parser

    text = (ROOT / "README.md").read_text()
    commands = re.findall(r"`(gen-c [^`]+)`", text) + re.findall(r"^\$ (gen-c .+)$", text, re.MULTILINE)
    assert len(commands) > 5
    for command in commands:
        parser().parse_args(with_command(shlex.split(command)[1:]))


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^\$ make (\S+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
