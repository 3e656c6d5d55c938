"""Files that are not models: one clear error each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import codegen.frontends
from codegen.errors import GencError
from codegen.frontends import load_model
from tests.support.operator_models import operator_model


def _error(path: Path) -> str:
    with pytest.raises(GencError) as caught:
        load_model(path)
    assert not caught.value.problems
    assert str(path) in str(caught.value)
    return str(caught.value)


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_missing_file(tmp_path: Path) -> None:
    assert "does not exist" in _error(tmp_path / "none.tflite")


def test_directory(tmp_path: Path) -> None:
    assert "is a directory" in _error(tmp_path)


def test_a_file_as_folder(tmp_path: Path) -> None:
    assert "cannot be read" in _error(_written(tmp_path / "file", b"x") / "model.tflite")


def test_empty_file(tmp_path: Path) -> None:
    assert "is empty" in _error(_written(tmp_path / "e.tflite", b""))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = _written(tmp_path / "secret.tflite", operator_model("ADD"))
    path.chmod(0)
    assert "permission denied" in _error(path)


def test_permission_error_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError

    path = _written(tmp_path / "secret.tflite", operator_model("ADD"))
    monkeypatch.setattr(Path, "open", denied)
    assert "permission denied" in _error(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in _error(tmp_path / "pipe")


def test_text_file(tmp_path: Path) -> None:
    text = _error(_written(tmp_path / "notes.txt", b"this is not a model\n" * 100))
    assert "not a model file that gen-c knows" in text
    assert ".tflite" in text


def test_text_file_named_tflite(tmp_path: Path) -> None:
    assert "not a TFLite file" in _error(_written(tmp_path / "m.tflite", b"<html>404</html>"))


def test_truncated_file(tmp_path: Path) -> None:
    text = _error(_written(tmp_path / "cut.tflite", operator_model("CONV_2D")[:700]))
    assert "not a valid TFLite file" in text
    assert "truncated" in text


def test_wrong_suffix_does_not_matter(tmp_path: Path) -> None:
    assert load_model(_written(tmp_path / "model.bin", operator_model("ADD"))).name == "model"


def test_too_large_a_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    with path.open("wb") as file:
        file.truncate(codegen.frontends.MAX_FILE_BYTES + 1)
    assert "too large" in _error(path)
