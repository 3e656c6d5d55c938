"""Flash sizes are those of what is loaded."""

from pathlib import Path

import pytest

from codegen.boards import find_board
from codegen.errors import GencError
from codegen.verify import target_of
from codegen.verify.build import compile_library
from codegen.verify.sizes import flash_bytes
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
