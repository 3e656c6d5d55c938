"""The output folder, written all or nothing.

The folder holds a manifest, `.genc`, with the digest of every file that gen-c wrote; by it the next
run knows what is its own.  Whatever else lies there belongs to the user and is never touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from codegen.errors import GencError, Problem

MANIFEST = ".genc"


def write(files: Mapping[str, str], directory: Path, *, force: bool) -> None:
    """Write the library into `directory`, replacing what gen-c wrote there before.

    A folder that gen-c did not write, or files of its own that somebody has edited since, are left alone
    unless `force` is set.  Even then files that are not in the way stay.

    Args:
        files: path inside the folder, with slashes -> text.
        directory: need not exist, nor its parents.
        force: overwrite files that are not, or no longer, what gen-c wrote.

    Raises:
        GencError: refused, or the system could not; the folder is then as it was.
    """
    contents = {path: text.encode() for path, text in files.items()}
    contents[MANIFEST] = _manifest(contents)
    try:
        old = _owned(directory)
        if not force:
            _refuse_foreign(directory, contents, old)
        with _new_folders(directory.absolute().parent):
            if directory.is_dir() and any(directory.iterdir()):
                _replace(contents, directory, old)
            else:
                _create(contents, directory)
    except OSError as error:
        raise GencError(f"cannot write {directory}", [Problem(str(directory), error.strerror or str(error))]) from error


def _manifest(contents: Mapping[str, bytes]) -> bytes:
    """Lines of `sha256sum`: digest, two blanks, path."""
    return "".join(f"{_digest(data)}  {path}\n" for path, data in sorted(contents.items())).encode()


def _digest(data: bytes) -> str:
    """Of the text, however a version control system has changed its line ends."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def _owned(directory: Path) -> dict[str, str]:
    """Path -> digest of the files that gen-c wrote here before."""
    manifest = directory / MANIFEST
    if not manifest.is_file():
        return {}
    lines = (line.partition("  ") for line in manifest.read_text("utf-8", "replace").splitlines())
    return {path: digest for digest, _, path in lines if _is_inside(path)}


def _is_inside(path: str) -> bool:
    """Whether a path of a manifest, which anybody may have edited, stays inside the folder."""
    return bool(path) and not Path(path).is_absolute() and ".." not in Path(path).parts and path != MANIFEST


def _refuse_foreign(directory: Path, contents: Mapping[str, bytes], old: Mapping[str, str]) -> None:
    """Raise when something would be lost that gen-c did not write."""
    if not directory.is_dir() or not any(directory.iterdir()):
        return
    cure = "choose another folder with -o, or overwrite it with --force"
    if not (directory / MANIFEST).is_file():
        problem = Problem(str(directory), "is not empty and was not written by gen-c", cure)
        raise GencError(f"cannot write {directory}", [problem])
    problems = []
    for path in sorted({*contents, *old} - {MANIFEST}):
        target = directory / path
        if target.is_file() and _digest(target.read_bytes()) != old.get(path):
            reason = "was edited since gen-c wrote it" if path in old else "was not written by gen-c"
            problems.append(Problem(str(target), reason, cure))
    if problems:
        raise GencError(f"cannot write {directory}", problems)


@contextlib.contextmanager
def _new_folders(parent: Path) -> Iterator[None]:
    """Make the parents of the output folder; take them away again when the body fails."""
    missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _fill(folder: Path, contents: Mapping[str, bytes]) -> None:
    for path, data in contents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _create(contents: Mapping[str, bytes], directory: Path) -> None:
    """A new folder: filled beside its place, then moved there."""
    with tempfile.TemporaryDirectory(prefix=".genc-", dir=directory.absolute().parent) as stage:
        new = Path(stage) / "new"
        new.mkdir()  # not the temporary folder itself, which only its owner may enter
        _fill(new, contents)
        if directory.is_dir():
            directory.rmdir()
        new.rename(directory)


def _replace(contents: Mapping[str, bytes], directory: Path, old: Mapping[str, str]) -> None:
    """A folder in use: new files are staged inside it, then swapped one by one, undone together on failure."""
    stale = [path for path in old if path not in contents]
    with tempfile.TemporaryDirectory(prefix=".genc-", dir=directory) as stage, contextlib.ExitStack() as undo:
        new, saved = Path(stage) / "new", Path(stage) / "saved"
        _fill(new, contents)
        for path in (*contents, *stale):
            if _move(directory / path, saved / path):
                undo.callback(_move, saved / path, directory / path)
            if _move(new / path, directory / path):
                undo.callback((directory / path).unlink)
        undo.pop_all()
    for path in stale:
        _remove_empty(directory / path, directory)


def _move(source: Path, target: Path) -> bool:
    """Move a file, if it is there, to where its folder may still be missing; tell whether it was."""
    if not source.is_symlink() and not source.exists():
        return False
    if source.is_dir() and not source.is_symlink():
        raise GencError("cannot write the output", [Problem(str(source), "is a folder where a file must be written")])
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    return True


def _remove_empty(path: Path, top: Path) -> None:
    """Remove the folders above a file that is gone, as far as they are empty."""
    for folder in path.parents:
        if folder == top:
            return
        with contextlib.suppress(OSError):
            folder.rmdir()
