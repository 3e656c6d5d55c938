"""docs/adding_a_backend.md: its code blocks are a package, which is installed here and does what the page says."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.resources import PACKAGE
from tests.kernels.test_compile import STRICT
from tests.support.tflite_writer import ModelWriter

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "adding_a_backend.md").read_text()
FILES = dict(re.findall(r"^`([^`\n]+)`\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's files, as if the package were installed, and a model that uses both functions and a third one."""
    folder = tmp_path_factory.mktemp("toy")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    group, entry = re.findall(r'^\[project\.entry-points\."(.+)"\]\n(.+)$', FILES["pyproject.toml"], re.MULTILINE)[0]
    info = folder / "toy_backend-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-backend\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{entry.replace(chr(34), '')}\n")
    (folder / "model.tflite").write_bytes(model())
    return folder


def model() -> bytes:
    """MAX_POOL_2D, MAXIMUM, ADD."""
    writer = ModelWriter()
    quant = {"dtype": "int8", "scale": 0.1, "zero_point": 3}
    x, y = writer.tensor("x", (1, 8, 12, 4), **quant), writer.tensor("y", (1, 4, 6, 4), **quant)
    pooled, larger, total = (writer.tensor(name, (1, 4, 6, 4), **quant) for name in ("pooled", "larger", "total"))
    window = {"padding": "VALID", "stride_w": 2, "stride_h": 2, "filter_width": 2, "filter_height": 2}
    writer.operator("MAX_POOL_2D", [x], [pooled], **window)
    writer.operator("MAXIMUM", [pooled, y], [larger])
    writer.operator("ADD", [larger, y], [total])
    return writer.build(inputs=[x, y], outputs=[total])


def run(folder: Path, *words: str, **variables: str) -> str:
    """What a command prints, in the folder, where the package is installed."""
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", **variables}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_has_every_file_it_speaks_of() -> None:
    adapters = {f"toy_backend/adapters/genc_toy_{name}.{end}" for name in ("larger", "pool") for end in "ch"}
    double = {"toy_double/include/toy.h", "toy_double/src/toy.c"}
    assert set(FILES) == {"toy_backend/__init__.py", "pyproject.toml", "test_toy.py", *adapters, *double}


def test_commands_of_the_page(folder: Path) -> None:
    commands = re.findall(r"^\$ (.+)$", PAGE, re.MULTILINE)
    assert len(commands) == 4
    said = {}
    for command in commands:
        words = shlex.split(command)
        variables = dict(word.split("=") for word in words if re.match(r"[A-Z_]+=", word))
        variables = {name: str(folder / value) for name, value in variables.items()}
        said[command] = run(
            folder, sys.executable, "-m", "codegen.cli", *words[words.index("gen-c") + 1 :], **variables
        )
    covers, made, verified, report = said.values()
    assert "toy_pool_s8" in covers
    assert "layers Toy 2, gen-c 1" in made
    assert "GENC_TOY_DIR" in (folder / "model" / "README.md").read_text()
    assert not list((folder / "model").rglob("toy.h"))
    assert "equal to numpy's meaning" in verified
    layers = json.loads((folder / "model_report" / "report.json").read_text())["models"][0]["layers"]
    assert [layer["library"] for layer in layers] == ["Toy", "Toy", "gen-c"]
    assert "not Toy: no function for add of int8" in report


def test_the_double_meets_the_adapters_in_every_mode(folder: Path) -> None:
    run(folder, sys.executable, "-m", "pytest", "-q", "test_toy.py", GENC_TOY_DIR=str(folder / "toy_double"))


def test_adapters_compile_without_a_warning(folder: Path) -> None:
    sources = sorted(map(str, (folder / "toy_backend" / "adapters").glob("*.c")))
    include = ["-isystem", str(folder / "toy_double" / "include"), "-Itoy_backend/adapters"]
    run(folder, "gcc", "-std=c99", *STRICT, *include, "-fsyntax-only", *sources)


def test_cmake_takes_the_library_from_the_folder_given(folder: Path) -> None:
    gen_c = (sys.executable, "-m", "codegen.cli")
    run(folder, *gen_c, "model.tflite", "--board", "host", "--backend", "toy", "-o", "package")
    run(folder, "cmake", "-S", "package", "-B", "build", f"-DGENC_TOY_DIR={folder / 'toy_double'}")
    run(folder, "cmake", "--build", "build")
    assert "self-test passed" in run(folder, "build/model_print")


def test_the_package_is_not_of_the_tool() -> None:
    assert not list(PACKAGE.rglob("*toy*"))
