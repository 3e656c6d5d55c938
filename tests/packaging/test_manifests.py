"""The manifests are valid and say the same."""

import json
import re
from pathlib import Path
from typing import Any

import codegen


def properties(package: Path) -> dict[str, str]:
    lines = (package / "library.properties").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def component(package: Path) -> dict[str, Any]:
    """idf_component.yml, of which only two levels and JSON-like values are used."""
    root: dict[str, Any] = {}
    for line in (package / "idf_component.yml").read_text().splitlines():
        if line.startswith("#"):
            continue
        match = re.fullmatch(r"( *)(\w+):(?: (\".*\"|\[.*\]))?", line)
        assert match, f"not understood: {line}"
        indent, key, value = match.groups()
        if indent:
            root[list(root)[-1]][key] = json.loads(value)
        else:
            root[key] = json.loads(value) if value else {}
    return root


def test_platformio(package: Path) -> None:
    manifest = json.loads((package / "library.json").read_text())
    assert manifest["name"] == package.name
    assert manifest["version"] == codegen.__version__
    assert (package / "src" / manifest["headers"]).is_file()
    assert (package / manifest["build"]["srcDir"]).is_dir()
    assert set(manifest["build"]) <= {"srcDir", "includeDir", "flags"}, "PlatformIO ignores what it does not know"
    for example in manifest["examples"]:
        assert all((package / example["base"] / file).is_file() for file in example["files"])


def test_arduino(package: Path) -> None:
    found = properties(package)
    wanted = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
    assert wanted <= set(found)
    assert found["category"] in {"Data Processing", "Other"}
    assert (package / "src" / found["includes"]).is_file()
    sketch = f"{package.name}_print"
    assert (package / "examples" / sketch / f"{sketch}.ino").is_file()


def test_esp_idf(package: Path) -> None:
    found = component(package)
    assert set(found) == {"version", "description", "dependencies", "files"}
    assert found["version"] == codegen.__version__
    assert found["dependencies"] == {"idf": ">=4.4"}


def test_archives_are_without_the_report(package: Path) -> None:
    reports = sorted(path.name for path in package.glob("report.*"))
    assert json.loads((package / "library.json").read_text())["export"]["exclude"] == reports
    assert component(package)["files"]["exclude"] == reports


def test_manifests_are_in_step(package: Path) -> None:
    platformio, arduino, idf = (
        json.loads((package / "library.json").read_text()),
        properties(package),
        component(package),
    )
    assert platformio["name"] == arduino["name"]
    assert platformio["version"] == arduino["version"] == idf["version"]
    assert platformio["description"] == arduino["sentence"] == idf["description"]
    assert platformio["headers"] == arduino["includes"]
    assert platformio["authors"]["name"] == arduino["author"] == arduino["maintainer"]


def test_every_source_is_built_by_cmake(package: Path) -> None:
    text = (package / "CMakeLists.txt").read_text()
    listed = re.findall(r"^    (src/\S+\.c)$", text, re.MULTILINE)
    assert listed == sorted(f"src/{path.name}" for path in (package / "src").glob("*.c"))


def test_headers_and_sources_lie_flat_together(package: Path) -> None:
    assert all(path.is_file() and path.suffix in {".c", ".h"} for path in (package / "src").iterdir())


def test_no_foreign_name_breaks_out(package: Path) -> None:
    """Names of the model appear in README.md only, and there as plain text; of the report, see test_report.py."""
    packaging = [path for path in package.rglob("*") if path.is_file() and path.parent.name != "src"]
    packaging = [path for path in packaging if path.stem != "report"]
    for path in packaging:
        text = path.read_text()
        assert "#error" not in text
        assert "touch" not in text
        assert "${sum}" not in text
    rows = [line for line in (package / "README.md").read_text().splitlines() if line.startswith("| `")]
    assert rows
    assert all(row.count("|") == 6 for row in rows)
