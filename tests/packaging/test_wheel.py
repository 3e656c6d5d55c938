"""The wheel works with the source tree gone."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples" / "digits" / "digits.tflite"


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    (path,) = folder.glob("*.whl")
    return path


def test_every_data_file_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("runtime_c", "boards"):
        for path in (ROOT / folder).rglob("*"):
            assert path.is_dir() or f"codegen/_data/{path.relative_to(ROOT)}" in names
    for pattern in ("templates/*.j2", "verify/firmware/**/*", "py.typed"):
        for path in (ROOT / "codegen").glob(pattern):
            assert path.is_dir() or str(path.relative_to(ROOT)) in names
    assert not [name for name in names if name.startswith(("tests/", "tools/", "examples/"))]


def test_gen_c_runs_from_the_unpacked_wheel(wheel: Path, tmp_path: Path) -> None:
    """Quick: the dependencies are this environment's, the code is the wheel's."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    env = os.environ | {"PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}
    where = run(sys.executable, "-c", "import codegen; print(codegen.__file__)", cwd=tmp_path, env=env)
    assert Path(where.strip()).is_relative_to(site)
    gen_c = (sys.executable, "-m", "codegen.cli")
    run(*gen_c, DIGITS, "--board", "esp32", "-o", tmp_path / "out", cwd=tmp_path, env=env)
    assert (tmp_path / "out" / "src" / "digits.h").is_file()
    assert "equal" in run(*gen_c, "verify", DIGITS, cwd=tmp_path, env=env)


@pytest.mark.full
def test_gen_c_runs_from_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    """Slow: the dependencies come from the package index."""
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    programs = tmp_path / "venv" / "bin"
    run(programs / "pip", "install", "-q", wheel, cwd=tmp_path)
    run(programs / "gen-c", DIGITS, "--board", "k210", "-o", tmp_path / "out", cwd=tmp_path)
    assert "equal" in run(programs / "gen-c", "verify", DIGITS, cwd=tmp_path)
    assert "stm32f4" in run(programs / "gen-c", "boards", cwd=tmp_path)
