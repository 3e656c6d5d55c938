"""The output folder is written all or nothing, and what is not ours stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codegen.errors import GencError
from codegen.render.writer import MANIFEST, write

FILES = {"src/kws.c": "int x;\n", "src/kws.h": "#pragma once\n", "README.md": "héllo\n"}


def tree(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): p.read_text("utf-8")
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != MANIFEST
    }


def test_a_new_folder_with_its_parents(tmp_path: Path) -> None:
    write(FILES, tmp_path / "a" / "b" / "kws", force=False)
    assert tree(tmp_path / "a" / "b" / "kws") == FILES
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["kws"]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "kws").mkdir()
    write(FILES, tmp_path / "kws", force=False)
    assert tree(tmp_path / "kws") == FILES


def test_others_may_enter_the_folder(tmp_path: Path) -> None:
    write(FILES, tmp_path / "kws", force=False)
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "kws").stat().st_mode & 0o777 == 0o777 & ~mask


def test_a_second_run_leaves_no_stale_file_and_every_file_of_the_user(tmp_path: Path) -> None:
    folder = tmp_path / "kws"
    write({**FILES, "examples/old/old.c": "", "src/kws_old.c": ""}, folder, force=False)
    (folder / "build").mkdir()
    (folder / "build" / "notes.txt").write_text("mine")
    write({**FILES, "src/kws.c": "int y;\n"}, folder, force=False)
    assert tree(folder) == {**FILES, "src/kws.c": "int y;\n", "build/notes.txt": "mine"}
    assert not (folder / "examples").exists()
    assert not list(folder.glob(".genc-*"))


def test_a_folder_of_the_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years")
    with pytest.raises(GencError, match="was not written by gen-c"):
        write(FILES, tmp_path, force=False)
    assert tree(tmp_path) == {"thesis.tex": "years"}
    write(FILES, tmp_path, force=True)
    assert tree(tmp_path) == {**FILES, "thesis.tex": "years"}


def test_an_edited_file_is_refused_and_named(tmp_path: Path) -> None:
    write(FILES, tmp_path / "kws", force=False)
    (tmp_path / "kws/src/kws.c").write_text("int edited;\n")
    with pytest.raises(GencError, match=r"kws\.c: was edited"):
        write(FILES, tmp_path / "kws", force=False)
    write(FILES, tmp_path / "kws", force=True)
    assert tree(tmp_path / "kws") == FILES


def test_an_edited_file_that_would_vanish_is_refused(tmp_path: Path) -> None:
    write({**FILES, "src/more.c": ""}, tmp_path / "kws", force=False)
    (tmp_path / "kws/src/more.c").write_text("work of a day")
    with pytest.raises(GencError, match=r"more\.c: was edited"):
        write(FILES, tmp_path / "kws", force=False)


def test_a_new_file_does_not_overwrite_one_of_the_user(tmp_path: Path) -> None:
    write(FILES, tmp_path / "kws", force=False)
    (tmp_path / "kws/src/new.c").write_text("mine")
    with pytest.raises(GencError, match=r"new\.c: was not written by gen-c"):
        write({**FILES, "src/new.c": "ours"}, tmp_path / "kws", force=False)


def test_other_line_ends_are_no_edit(tmp_path: Path) -> None:
    write(FILES, tmp_path / "kws", force=False)
    (tmp_path / "kws/src/kws.c").write_bytes(b"int x;\r\n")
    write(FILES, tmp_path / "kws", force=False)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "kws").write_text("a file")
    with pytest.raises(GencError, match="cannot write"):
        write(FILES, tmp_path / "kws", force=True)
    assert (tmp_path / "kws").read_text() == "a file"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_in_the_place_of_a_file_undoes_everything(tmp_path: Path) -> None:
    folder = tmp_path / "kws"
    write({"a.c": "old"}, folder, force=False)
    (folder / "z.c").mkdir()
    with pytest.raises(GencError, match="is a folder"):
        write({"a.c": "new", "b.c": "new", "z.c": "new"}, folder, force=False)
    assert tree(folder) == {"a.c": "old"}


@pytest.mark.parametrize("fail_at", range(1, 9))
@pytest.mark.parametrize("known", [False, True])
def test_a_failure_at_any_step_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int, known: bool
) -> None:
    folder = tmp_path / "kws"
    if known:
        write({**FILES, "src/stale.c": "stale"}, folder, force=False)
    before = tree(tmp_path)
    steps = 0

    def failing(real: object) -> object:
        def call(self: Path, *args: object) -> object:
            nonlocal steps
            steps += 1
            if steps == fail_at:
                raise OSError(28, "No space left on device", str(self))
            return real(self, *args)  # type: ignore[operator]

        return call

    for name in ("write_bytes", "replace", "rename"):
        monkeypatch.setattr(Path, name, failing(getattr(Path, name)))
    new = {**FILES, "src/kws.c": "int y;\n", "src/new.c": "new"}
    failure = ""
    try:
        write(new, folder, force=False)
    except GencError as error:
        failure = str(error)
    assert ("No space left" in failure) == (steps >= fail_at)
    if failure:
        assert tree(tmp_path) == before
    else:
        assert tree(folder) == new
    assert not list(tmp_path.rglob(".genc-*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(GencError, match="Permission denied"):
            write(FILES, tmp_path / "x" / "kws", force=False)
    finally:
        tmp_path.chmod(0o700)
    assert not list(tmp_path.iterdir())


def test_a_manifest_cannot_reach_outside(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("keep")
    folder = tmp_path / "kws"
    folder.mkdir()
    (folder / MANIFEST).write_text(f"{'0' * 64}  ../precious.txt\n{'0' * 64}  {precious}\n")
    write(FILES, folder, force=True)
    assert precious.read_text() == "keep"
