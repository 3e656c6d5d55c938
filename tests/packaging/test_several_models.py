"""One package of several models: kernels once, memory in turns, names that do not collide."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from codegen.boards import find_board
from codegen.cli import main
from codegen.compiler import Compiled, Options, compile_package
from codegen.errors import GencError
from codegen.render import render_package
from codegen.render.package import Package
from codegen.render.writer import write
from codegen.report.firmware import measure
from codegen.verify import verify_model
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import need

DIGITS = Path(__file__).parents[2] / "examples" / "digits" / "digits.tflite"
STRICT = ("-std=c99", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror")

TURNS = """
#include "both.h"
#include "digits_selftest.h"
#include "small_selftest.h"
both_shared_t ram;
int main(void)
{
    int i;
    for (i = 0; i < 2; i++) {
        if (digits_selftest(&ram.digits) != 0 || small_selftest(&ram.small) != 0) return 1;
    }
    return sizeof ram == BYTES ? 0 : 2;
}
"""


def convolution(folder: Path, name: str, seed: int = 0) -> Path:
    """A convolution, whose kernels the digits have, too, and a sum, whose kernel they have not."""
    w, rng = ModelWriter(), np.random.default_rng(seed)
    x = w.tensor("x", (1, 6, 6, 3), "int8", 0.5, 3)
    y = w.tensor("y", (1, 6, 6, 4), "int8", 0.25, -5)
    z = w.tensor("z", (1, 6, 6, 4), "int8", 0.5, 0)
    kernel = w.tensor("k", (4, 3, 3, 3), "int8", 0.02, 0, data=rng.integers(-127, 128, (4, 3, 3, 3)).astype(np.int8))
    bias = w.tensor("b", (4,), "int32", 0.01, 0, data=np.arange(4, dtype=np.int32))
    w.operator("CONV_2D", [x, kernel, bias], [y], padding="SAME", stride_w=1, stride_h=1)
    w.operator("ADD", [y, y], [z])
    path = folder / f"{name}.tflite"
    path.write_bytes(w.build([x], [z]))
    return path


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Compiled, Path]:
    folder = tmp_path_factory.mktemp("several models")
    paths = [DIGITS, convolution(folder, "small")]
    compiled = compile_package(paths, find_board("stm32f4"), Options(name="both", backend="portable"))
    write(compiled.files, folder / "both", force=False)
    return compiled, folder / "both"


def build(package: Path, source: str, folder: Path, *flags: str) -> Path:
    need("cc")
    (folder / "main.c").write_text(source)
    sources = [str(folder / "main.c"), *map(str, sorted((package / "src").glob("*.c")))]
    command = ["cc", *STRICT, *flags, f"-I{package / 'src'}", *sources, "-lm", "-o", str(folder / "program")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "program"


def test_kernels_are_there_once_and_carry_the_packages_name(both: tuple[Compiled, Path]) -> None:
    compiled, package = both
    names = {path.name for path in (package / "src").iterdir()}
    own = {f"{model}{part}" for model in ("digits", "small") for part in (".c", ".h", "_info.c", "_weights.c")}
    assert own | {"both.h", "genc.h"} <= names
    kernels = {name for name in names if name.startswith("both_")}
    assert kernels
    assert all(name.startswith(("both_", "digits", "small", "both.h", "genc.h")) for name in names)
    first, second = compiled.package.models
    assert set(first.kernels) & set(second.kernels) - {"genc.h"}, "they share some"
    assert set(second.kernels) - set(first.kernels), "and not all"
    alone = first.kernel_bytes + second.kernel_bytes
    assert compiled.package.code_bytes < first.code_bytes + second.code_bytes
    assert compiled.package.code_bytes > first.code_bytes + second.code_bytes - alone


def test_models_take_turns_in_one_memory(both: tuple[Compiled, Path], tmp_path: Path) -> None:
    compiled, package = both
    shared = compiled.package.shared_bytes
    assert shared == max(model.ram_bytes for model in compiled.package.models)
    sanitizers = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    program = build(package, TURNS, tmp_path, f"-DBYTES={shared}", *sanitizers)
    assert subprocess.run([program], check=False).returncode == 0


def test_size_gives_shared_memory_and_kernels_to_the_package(both: tuple[Compiled, Path], tmp_path: Path) -> None:
    compiled, package = both
    program = build(package, TURNS, tmp_path, f"-DBYTES={compiled.package.shared_bytes}", "-O2")
    sizes = measure(program, [package / "report.json"])
    assert sizes.owners == ["both", "digits", "small"]
    kinds = {kind: (flash, ram) for kind, flash, ram in sizes.kinds("both")}
    assert kinds["instance"] == (0, compiled.package.shared_bytes)
    assert kinds["kernels"][0] > 1000
    for model in compiled.package.models:
        own = {kind: flash for kind, flash, _ in sizes.kinds(model.name)}
        assert sum(own[c] for c in {c.label for c in model.constants}) == model.weights_bytes


def test_each_model_is_verified_by_its_name(both: tuple[Compiled, Path]) -> None:
    compiled, package = both
    for model in compiled.models:
        result = verify_model(package, model.library.name, model.imported, find_board("host"), None)
        assert result.passed, result.text()


def test_cmake_builds_every_example(both: tuple[Compiled, Path], tmp_path: Path) -> None:
    need("cmake", "cc")
    subprocess.run(["cmake", "-S", both[1], "-B", tmp_path], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", tmp_path, "--parallel", "2"], check=True, capture_output=True)
    for name in ("digits_print", "small_print", "digits_profile", "small_profile"):
        done = subprocess.run([tmp_path / name], capture_output=True, text=True, check=True)
        assert done.stdout
        assert "FAILED" not in done.stdout


def test_manifests_know_every_model(both: tuple[Compiled, Path]) -> None:
    package = both[1]
    manifest = json.loads((package / "library.json").read_text())
    assert manifest["name"] == "both"
    assert (package / "src" / manifest["headers"]).is_file()
    assert len(manifest["examples"]) == 4
    assert all((package / e["base"] / file).is_file() for e in manifest["examples"] for file in e["files"])
    readme = (package / "README.md").read_text()
    for word in ("## digits", "## small", "both_shared_t", "src/both.h"):
        assert word in readme
    assert sorted(re.findall(r'#include "(\w+)\.h"', (package / "src/both.h").read_text())) == ["digits", "small"]
    facts = json.loads((package / "report.json").read_text())
    assert [model["name"] for model in facts["models"]] == ["digits", "small"]
    assert facts["ram"]["shared_by"] == ["digits", "small"]
    assert (package / "report.html").read_text().count("<svg role") == 2


def test_a_model_with_state_keeps_its_own_memory(both: tuple[Compiled, Path]) -> None:
    first, second = both[0].package.models
    listening = dataclasses.replace(second, state_bytes=16)
    assert Package("both", (first, listening)).sharing == ()
    third = dataclasses.replace(second, name="third", identifiers=frozenset({"third_t"}))
    package = Package("both", (first, listening, third))
    assert package.sharing == (first, third)
    assert package.ram_bytes == max(first.ram_bytes, third.ram_bytes) + second.ram_bytes
    assert "small keeps state" in render_package(package)["src/both.h"]


def refused(paths: list[Path], **options: object) -> str:
    with pytest.raises(GencError) as caught:
        compile_package(paths, find_board("host"), Options(**options))  # type: ignore[arg-type]
    return str(caught.value)


def test_names_that_collide_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    kws, again = convolution(tmp_path, "kws"), convolution(tmp_path / "other", "KWS")
    assert "two models" in refused([kws, again])
    camera = convolution(tmp_path, "kws input")
    assert "in C" in refused([kws, camera])
    assert "package and of a model" in refused([kws, DIGITS], name="digits")
    assert "one model" in refused([kws, DIGITS], golden=tmp_path / "io.npz")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small = convolution(tmp_path, "small")
    assert main([str(DIGITS), str(small), "--board", "esp32"]) == 0
    assert "taking turns" in capsys.readouterr().out
    assert (tmp_path / "digits_small" / "src" / "digits_small.h").is_file()
    assert main([str(DIGITS), str(small), "--board", "esp32", "--name", "duo", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["name"], [model["name"] for model in data["models"]]) == ("duo", ["digits", "small"])
    assert data["ram_bytes"] == data["shared_bytes"]
