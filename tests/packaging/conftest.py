from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.compiler import Options, compile_model
from codegen.render.writer import write
from tests.support.tflite_writer import ModelWriter

DIGITS = Path(__file__).parents[2] / "examples" / "digits" / "digits.tflite"


def several_ports() -> bytes:
    """Two inputs, two outputs of different types, and names that would break out of any of the files."""
    w = ModelWriter('"; */ #error `$(touch /tmp/broken)` |')
    a = w.tensor('a"\n*/ #error |`', [1, 4, 4, 2], scale=0.5, zero_point=-3)
    b = w.tensor("b\\", [1, 4, 4, 2], scale=0.25, zero_point=7)
    total = w.tensor("${sum}", [1, 4, 4, 2], scale=0.75, zero_point=1)
    real = w.tensor("%s {{ real }}", [1, 4, 4, 2], "float32")
    w.operator("ADD", [a, b], [total], fused_activation_function="RELU")
    w.operator("DEQUANTIZE", [total], [real])
    return w.build([a, b], [total, real])


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder, with spaces in its name, that holds the generated packages `digits` and `ports`."""
    folder = tmp_path_factory.mktemp("with spaces") / "my project"
    model = folder.parent / "ports.tflite"
    model.write_bytes(several_ports())
    for path, board in ((DIGITS, "esp32"), (model, "k210")):
        compiled = compile_model(path, find_board(board), Options())
        write(compiled.files, folder / path.stem, force=False)
    return folder


@pytest.fixture(params=["digits", "ports"])
def package(request: pytest.FixtureRequest, packages: Path) -> Path:
    """Each of the generated packages; its folder has its name."""
    return packages / request.param
