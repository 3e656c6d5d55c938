"""Flash sizes are those of what is loaded."""

import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.errors import GencError
from codegen.render.writer import write
from codegen.schedule import Goal
from codegen.verify import target_of, verify_model
from codegen.verify.build import compile_library
from codegen.verify.sizes import flash_bytes
from tests.support.models import model_folder
from tests.support.tools import need

FILES = {
    "net.c": "extern const char net_weights[1000];\nint net_run(void);\nint net_run(void) { return net_weights[7]; }\n",
    "net_weights.c": "extern const char net_weights[1000];\nconst char net_weights[1000] = {1};\n",
    "net_info.c": "extern const char net_names[5000];\nconst char net_names[5000] = {1};\n",
    "net_selftest.c": "extern const char net_golden[6000];\nconst char net_golden[6000] = {1};\n",
    "net_state.c": "extern char net_state[7000];\nchar net_state[7000];\n",
}


@pytest.mark.parametrize("board", ["stm32f4", "esp32c3", "k210", "esp32"])
def test_weights_and_code(tmp_path: Path, board: str) -> None:
    target = target_of(find_board(board))
    need(*target.compiler)
    (tmp_path / "src").mkdir()
    for name, text in FILES.items():
        (tmp_path / "src" / name).write_text(text)
    objects = tmp_path / "objects"
    objects.mkdir()
    flash = flash_bytes(compile_library(tmp_path, target, objects))
    assert flash.weights == 1000
    assert 4 < flash.rest < 64


def test_a_folder_without_c(tmp_path: Path) -> None:
    with pytest.raises(GencError, match="holds no C file"):
        compile_library(tmp_path, target_of(find_board("host")), tmp_path)


EMPTY = "int main(void) { return 0; }\n"
FULL = """
#include "net.h"
static net_t nn;
int main(void) { return net_init(&nn) + net_run(&nn) + net_output(&nn)[0]; }
"""


def linked_bytes(source: str, folder: Path, package: Path, board: str) -> dict[str, int]:
    """Sizes of the sections of a firmware for a Cortex-M, linked without what nobody calls."""
    target = target_of(find_board(board))
    (folder / "main.c").write_text(source)
    sources = [folder / "main.c", *sorted((package / "src").glob("*.c"))]
    flags = [
        *target.flags,
        "-O2",
        "-Wl,--gc-sections",
        "--specs=nano.specs",
        "--specs=nosys.specs",
        "-Wl,--no-warnings",
    ]
    command = [
        *target.compiler,
        *flags,
        f"-I{package / 'src'}",
        *map(str, sources),
        "-lm",
        "-o",
        str(folder / "out.elf"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    with (folder / "out.elf").open("rb") as file:
        return {section.name: section["sh_size"] for section in ELFFile(file).iter_sections()}


@pytest.mark.models
@pytest.mark.parametrize(("optimize", "most_bytes"), [("flash", 8000), ("speed", 20_000)])
def test_the_code_of_a_linked_firmware(optimize: str, most_bytes: int, tmp_path: Path) -> None:
    """Visual wake words on a Cortex-M4: kernels, schedule and parameters, with what they take of libc; right, too."""
    need(*target_of(find_board("stm32f4")).compiler)
    model = model_folder("mlperf_vww_int8") / "model.tflite"
    board = find_board("stm32f4")
    made = compile_model(model, board, Options(name="net", goal=Goal(optimize)))
    package = tmp_path / "net"
    write(made.files, package, force=False)
    empty, full = (linked_bytes(text, tmp_path, package, "stm32f4") for text in (EMPTY, FULL))
    loaded = [sizes[".text"] + sizes.get(".rodata", 0) + sizes.get(".data", 0) for sizes in (empty, full)]
    assert loaded[1] - loaded[0] - made.package.weights_bytes <= most_bytes
    assert verify_model(package, "net", made.graph, board).passed


def test_flash_takes_one_kernel_of_a_family() -> None:
    digits = Path(__file__).parents[2] / "examples" / "digits" / "digits.tflite"
    kernels = {}
    for optimize in ("flash", "speed"):
        made = compile_model(digits, find_board("stm32f4"), Options(goal=Goal(optimize)))
        kernels[optimize] = {placed.call.kernel for layer in made.program.layers for placed in layer.calls}
        level = 'optimize("Os")' if optimize == "flash" else 'optimize("O2")'
        assert level in made.files["src/digits_kernel.h"]
    assert len([name for name in kernels["flash"] if "conv" in name]) == 1
