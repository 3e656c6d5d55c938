"""Boards: the built-in ones, and third parties' malformed ones."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from codegen import boards, plugins
from codegen.errors import GencError

NAMES = [
    "esp32",
    "esp32c3",
    "esp32p4",
    "esp32s3",
    "host",
    "k210",
    "stm32f4",
    "stm32f7",
    "stm32g0",
    "stm32h7",
    "stm32n6",
    "stm32u5",
]
GOOD = """
title = "x"
clock_mhz = 1
[core]
name = "x"
[compiler]
gcc = "cc"
"""


def test_the_issues_boards_are_there() -> None:
    assert sorted(boards.load_boards()) == NAMES
    assert boards.find_board("stm32").name == "stm32f4"


@pytest.mark.parametrize("name", NAMES)
def test_a_board_is_complete(name: str) -> None:
    board = boards.find_board(name)
    assert board.title
    assert board.core.name
    assert board.compiler.gcc
    assert board.packages
    assert name == "host" or board.memory("ram")
    assert all(memory.note for memory in board.memories)


def test_an_unknown_board_suggests_near_ones() -> None:
    with pytest.raises(GencError, match="did you mean esp32") as raised:
        boards.find_board("ESP-32")
    assert "'ESP-32'" in str(raised.value)
    with pytest.raises(GencError, match="boards: esp32"):
        boards.find_board("zzzzzz")


def test_fit_names_memory_and_difference() -> None:
    board = boards.find_board("stm32f4")
    ram, flash = board.memory("ram"), board.memory("flash")
    assert boards.fit(board, ram.bytes, flash.bytes) == []
    (problem,) = boards.fit(board, ram.bytes + 1234, flash.bytes)
    assert "SRAM" in problem.where
    assert "1,234 more" in problem.reason
    (problem,) = boards.fit(board, ram.bytes, flash.bytes + 1)
    assert "flash" in problem.where


def test_without_flash_weights_lie_in_ram() -> None:
    board = boards.find_board("k210")
    half = board.memory("ram").bytes // 2
    assert boards.fit(board, half, half) == []
    assert len(boards.fit(board, half, half + 2)) == 1


def test_everything_fits_the_host() -> None:
    assert boards.fit(boards.find_board("host"), 1 << 40, 1 << 40) == []


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("title = ", "Invalid"),
        (GOOD + "[[memory]]\nname='a'\nkind='rom'\nbytes=1", "rom"),
        (GOOD + "[[memory]]\nname='a'\nkind='ram'\nbytes=-1", "bytes"),
        (GOOD.replace("title", "titel"), "did you mean `title`"),
        (GOOD.replace("= 1", "= true"), "clock_mhz"),
        (GOOD.replace('"cc"', "3"), "gcc"),
        ("core = 3\n", "must be a table"),
        ("memory = 3\n" + GOOD, "memory"),
        ("memory = [3]\n" + GOOD, "must be a table"),
        ("packages = [3]\n" + GOOD, "strings"),
        ("\udcff", "utf-8"),
    ],
)
def test_malformed_toml_is_an_error_with_its_reason(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(GencError, match=match) as raised:
        boards.read_board(path)
    assert "mine.toml" in str(raised.value)


def out_of_tree(monkeypatch: pytest.MonkeyPatch, path: object) -> None:
    entry = EntryPoint("mine", "x:y", "genc.boards")
    monkeypatch.setattr(EntryPoint, "load", lambda self: path if self.name == "mine" else None)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry] if group == "genc.boards" else [])
    boards.load_boards.cache_clear()
    monkeypatch.setattr(boards, "load_boards", boards.load_boards.__wrapped__)


@pytest.mark.parametrize("wrap", [str, Path, lambda p: lambda: p])
def test_a_board_of_another_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrap: Callable[[Path], object]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    out_of_tree(monkeypatch, wrap(path))
    assert boards.find_board("mine").title == "x"
    assert boards.find_board("esp32").family == "esp32"


def test_a_broken_plug_in_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    out_of_tree(monkeypatch, lambda: 1 / 0)
    with pytest.raises(GencError, match=r"board mine .* division"):
        boards.find_board("esp32")


def test_two_boards_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stm32.toml"
    path.write_text(GOOD)
    out_of_tree(monkeypatch, path)
    with pytest.raises(GencError, match="stm32 is already a board"):
        boards.find_board("esp32")
