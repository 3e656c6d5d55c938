"""gen-c size: real firmware for four instruction sets, damaged files, call graphs."""

import contextlib
import json
import random
import subprocess
from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.cli import main
from codegen.compiler import Compiled, Options, compile_model
from codegen.errors import GencError
from codegen.render.writer import write
from codegen.report.firmware import measure
from codegen.report.stack import CallGraph, read_call_graph
from codegen.schedule import Goal
from codegen.verify.build import build
from codegen.verify.golden import random_cases
from codegen.verify.run import run_package
from codegen.verify.targets import FIRMWARE, TARGETS, Target
from tests.support.tools import need

DIGITS = Path(__file__).parents[2] / "examples" / "digits" / "digits.tflite"
APP = """
#include "digits.h"
digits_t nn;
const digits_input_t row[DIGITS_INPUT_SIZE];
int main(void) { digits_init(&nn); digits_run(&nn); return digits_output(&nn)[0]; }
"""
WITHOUT = "int wifi_init(void); int wifi_init(void) { return 1; } int main(void) { return 0; }\n"


@pytest.fixture(scope="module")
def digits() -> Compiled:
    return compile_model(DIGITS, find_board("stm32f4"), Options())


@pytest.fixture(scope="module")
def package(digits: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("size") / "digits"
    write(digits.files, folder, force=False)
    return folder


def firmware(package: Path, target: Target, folder: Path, *flags: str, app: str = APP) -> Path:
    """An application that runs the model, linked for a target without the sections that it does not use."""
    need(*target.compiler)
    (folder / "main.c").write_text(app)
    sources = [folder / "main.c", *sorted((package / "src").glob("*.c")), *(FIRMWARE / s for s in target.sources)]
    sections = ("-O2", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", *flags)
    command = [*target.compiler, *target.flags, *sections, f"-I{package / 'src'}", *target.link, *map(str, sources)]
    program = folder / "firmware.elf"
    subprocess.run([*command, *target.libraries, "-o", str(program)], check=True, capture_output=True, cwd=folder)
    return program


CROSS = [name for name in ("m0p", "m4", "esp32c3", "k210", "lx106") if name in TARGETS]


@pytest.mark.emulator
@pytest.mark.parametrize("name", CROSS)
def test_a_firmware_is_attributed(digits: Compiled, package: Path, tmp_path: Path, name: str) -> None:
    program = firmware(package, TARGETS[name], tmp_path)
    library = digits.summary.library
    sizes = measure(program, [package / "report.json"])
    assert sizes.owners == ["digits"]
    kinds = {kind: (flash, ram) for kind, flash, ram in sizes.kinds("digits")}
    labels = {c.label for c in library.constants}
    assert sum(kinds[label][0] for label in labels) == library.weights_bytes
    assert kinds["instance"] == (0, library.ram_bytes)
    assert 0 < kinds["schedule"][0] < 1000
    code = sum(kinds[kind][0] for kind in ("kernels", "schedule", "parameters"))
    assert library.code_bytes / 2 < code < library.code_bytes * 2
    assert sum(sizes.flash.values()) == sizes.elf.flash_bytes
    assert sum(sizes.ram.values()) == sizes.elf.ram_bytes
    by_layer = dict(sizes.layers("digits"))
    assert sum(by_layer.values()) > library.weights_bytes
    guessed = measure(program)
    assert guessed.owners == ["digits"]
    assert {k: v for k, *v in guessed.kinds("digits")} == {k: list(v) for k, v in kinds.items() if k != "instance"}


@pytest.mark.emulator
def test_self_test_and_descriptions_are_told_apart(package: Path, tmp_path: Path) -> None:
    need(*TARGETS["m4"].compiler)
    program = build(package, "digits", TARGETS["m4"], b"\0\0\0\0", tmp_path)
    kinds = {kind: flash for kind, flash, _ in measure(program).kinds("digits")}
    assert kinds["self-test and descriptions"] > 100


def test_a_program_of_this_pc(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = firmware(package, TARGETS["host"], tmp_path, "-lm")
    assert main(["size", str(program), "--model", str(package / "report.json")]) == 0
    text = capsys.readouterr().out
    for word in ("digits", "weights", "parameters", "schedule", "instance", "the rest"):
        assert word in text
    assert main(["size", str(program), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["models"][0]["name"] == "digits"
    assert data["rest"]["flash"] + sum(k["flash"] for k in data["models"][0]["kinds"]) == data["flash_bytes"]
    subprocess.run(["strip", str(program)], check=True)
    assert main(["size", str(program)]) == 0
    assert "no symbols" in capsys.readouterr().out


def test_a_program_without_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need("cc")
    (tmp_path / "main.c").write_text(WITHOUT)
    subprocess.run(["cc", "main.c", "-o", "main"], check=True, cwd=tmp_path)
    assert main(["size", str(tmp_path / "main")]) == 0
    assert "no model" in capsys.readouterr().out


def test_sections_are_known_by_name_where_flags_mislead(tmp_path: Path) -> None:
    """ESP-IDF's constants lie in a writable section in flash, its fast code in a read-only one in RAM."""
    need("cc")
    place = '__attribute__((section("{}"))) {} = {{1}};\n'
    source = place.format(".flash.rodata", "char constants[1000]") + place.format(".dram0.data", "char fast[200]")
    source += (
        '__attribute__((section(".iram0.text"))) int quick(void) { return 1; }\nint main(void) { return quick(); }\n'
    )
    (tmp_path / "main.c").write_text(source)
    subprocess.run(["cc", "main.c", "-o", "main"], check=True, cwd=tmp_path)
    kinds = {kind: (flash, ram) for kind, flash, ram in measure(tmp_path / "main").kinds("")}
    assert kinds["constants"] == (1000, 0)
    assert kinds["fast"] == (200, 200)
    assert kinds["quick"][0] == kinds["quick"][1] > 0


@pytest.mark.emulator
def test_worst_case_stack(digits: Compiled, package: Path, tmp_path: Path) -> None:
    """What the emulator measures, which has up to 100 bytes of the harness in it, is at most the bound."""
    target = TARGETS["m4"]
    need(*target.tools)
    program = firmware(package, target, tmp_path)
    for source in (package / "src").glob("*.c"):
        command = [*target.compiler, *target.flags, "-O2", "-fcallgraph-info=su", "-c", str(source)]
        subprocess.run(command, check=True, cwd=tmp_path)
    stack = measure(program, [package / "report.json"], tmp_path).stacks["digits"]
    assert stack.bytes
    assert 64 < stack.bytes < 2000
    assert stack.chain[0][0] == "digits_run"
    assert sum(size for _, size in stack.chain) == stack.bytes
    assert "memcpy" in stack.unknown
    cases = random_cases(digits.graph, lambda steps: steps, 1, 0)
    measured = run_package(package, "digits", find_board("stm32f4"), cases).stack_bytes
    assert measured
    assert stack.bytes / 2 < measured <= stack.bytes + 100


def test_a_model_whose_input_is_pushed(tmp_path: Path) -> None:
    need("cc")
    options = Options(goal=Goal(input_rows=True))
    pushed = compile_model(DIGITS, find_board("host"), options)
    write(pushed.files, tmp_path / "digits", force=False)
    app = APP.replace("digits_run(&nn)", "while (digits_push_row(&nn, row) == GENC_MORE) {}")
    program = firmware(tmp_path / "digits", TARGETS["host"], tmp_path, "-fcallgraph-info=su", app=app)
    sizes = measure(program, [], tmp_path)
    assert sizes.owners == ["digits"]
    assert sizes.stacks["digits"].chain[0][0] == "digits_push_row"


def refused(*words: object) -> str:
    with pytest.raises(GencError) as caught:
        measure(*words)  # type: ignore[arg-type]
    return str(caught.value)


class TestRefusals:
    def test_files_that_are_no_firmware(self, tmp_path: Path) -> None:
        assert "No such file" in refused(tmp_path / "none.elf")
        (tmp_path / "text").write_text("Dear diary")
        (tmp_path / "empty").write_bytes(b"")
        assert "not an ELF file" in refused(tmp_path / "text")
        assert "ELF" in refused(tmp_path / "empty")
        assert "Is a directory" in refused(tmp_path)

    def test_an_object_file(self, tmp_path: Path) -> None:
        need("cc")
        (tmp_path / "a.c").write_text("int a;\n")
        subprocess.run(["cc", "-c", "a.c"], check=True, cwd=tmp_path)
        assert "is not linked" in refused(tmp_path / "a.o")

    def test_damaged_files_never_surprise(self, package: Path, tmp_path: Path) -> None:
        """Bytes of the headers and tables changed at random: sizes or one error, nothing else, and soon."""
        program = firmware(package, TARGETS["host"], tmp_path, "-lm")
        subprocess.run(["strip", "--strip-debug", str(program)], check=True)
        data, rng = program.read_bytes(), random.Random(1)  # noqa: S311 - damage, not secrets
        start = int.from_bytes(data[40:48], "little")
        for number in range(150):
            bad = bytearray(data[: rng.randrange(len(data))] if number % 5 == 0 else data)
            for _ in range(rng.choice([1, 3, 20])):
                low, high = rng.choice([(4, 64), (start, len(data))])
                if low < len(bad):
                    bad[rng.randrange(low, min(high, len(bad)))] = rng.choice([0, 1, 0x7F, 0xFF, rng.randrange(256)])
            (tmp_path / "bad").write_bytes(bad)
            with contextlib.suppress(GencError):
                measure(tmp_path / "bad").text()

    def test_reports(self, package: Path, tmp_path: Path) -> None:
        program = firmware(package, TARGETS["host"], tmp_path, "-lm")
        for text in ("", "[]", "{}", '{"format": 99}', "[" * 100_000, '{"format": 1, "package": 3, "models": [{}]}'):
            (tmp_path / "report.json").write_text(text)
            assert "report" in refused(program, [tmp_path / "report.json"])
        assert "-fcallgraph-info" in refused(program, [], tmp_path)


def graph(text: str, folder: Path) -> CallGraph:
    (folder / "kws.ci").write_text(text)
    return read_call_graph(folder)


def node(title: str, frame: int, kind: str = "static") -> str:
    return f'node: {{ title: "{title}" label: "{title}\\nsrc/kws_k.c:1:2\\n{frame} bytes ({kind})" }}\n'


def edge(source: str, target: str) -> str:
    return f'edge: {{ sourcename: "{source}" targetname: "{target}" label: "x" }}\n'


def test_call_graphs(tmp_path: Path) -> None:
    pointer = edge("kws_run", "__indirect_call") + node("src/kws_k.c:helper", 100)
    known = node("kws_run", 8) + node("a", 16) + node("b", 4) + edge("kws_run", "a") + edge("kws_run", "b")
    stack = graph(known + edge("a", "memcpy"), tmp_path).deepest("kws_run", "kws")
    assert (stack.bytes, stack.chain, stack.unknown) == (24, (("kws_run", 8), ("a", 16)), ("memcpy",))
    stack = graph(known + pointer, tmp_path).deepest("kws_run", "kws")
    assert (stack.bytes, stack.chain[1]) == (108, ("helper", 100))
    assert "pointers" in stack.note
    assert graph(known + edge("b", "kws_run"), tmp_path).deepest("kws_run", "kws").bytes is None
    assert graph(known + node("b", 4, "dynamic"), tmp_path).deepest("kws_run", "kws").bytes is None
    assert "not in the call graph" in graph("", tmp_path).deepest("kws_run", "kws").note
    chain = "".join(node(f"f{i}", 1) + edge(f"f{i}", f"f{i + 1}") for i in range(3000))
    assert graph(chain, tmp_path).deepest("f0", "kws").bytes is None
