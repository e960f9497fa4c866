"""A folder of results that is there as a whole: who stops in the middle leaves the old one untouched.

The new folder is made beside the old one and takes its place at once. `provenance.json`, where the result
has one, names the SHA-256 of every file and is written last; `require_whole` checks it. What a killed run
left behind is cleared by the next one, and two processes on one folder come one after the other.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from core.errors import InputError, words_of_system
from data.files import sha256_of, write_bytes, write_json

PROVENANCE: Final = "provenance.json"
_UNFINISHED: Final = ".unfinished-"
_REPLACED: Final = ".replaced-"
# What is drawn or written for people may be opened, changed and saved by them; tables may not.
FOR_PEOPLE: Final = frozenset({".html", ".xlsx", ".md", ".docx", ".pptx", ".pdf", ".png"})
_EXCHANGE: Final = 2  # of Linux' renameat2
_HERE: Final = -100


@contextmanager
def whole_folder(out: Path, *, product: Collection[str] = ()) -> Iterator[Path]:
    """A scratch folder to write into; it becomes `out` when all is there.

    Files of the same names are replaced, those named in `product` that were not written this time
    are removed (they belong to an earlier result), others stay. On any error nothing in `out`
    changes, and an `out` that was not there is not there. InputError if it cannot be written to.
    """
    target = out.resolve()
    try:
        with alone(target):
            _clear_leftovers(target)
            scratch = _scratch_for(target)
            try:
                yield scratch
                _seal(scratch)
                _put_in_place(scratch, target, product)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except _CannotWriteError as problem:
        raise InputError(
            "The folder {folder} cannot be written to: {problem}.",
            folder=out,
            problem=words_of_system(problem.error),
        ) from problem


def replace_file(folder: Path, name: str, content: bytes) -> None:
    """One file of a result folder made anew; its manifest says so."""
    with alone(folder.resolve()):
        write_bytes(folder / name, content)
        about = _provenance(folder)
        if name in about.get("files", {}):
            about["files"][name] = hashlib.sha256(content).hexdigest()
            write_json(folder / PROVENANCE, about)


def require_whole(folder: Path) -> bool:
    """Whether every table of a result folder is known to be as it was written; InputError where one is
    missing or is not.

    A folder without a manifest (made by an older version) is taken as it is: False.
    """
    try:
        files = _provenance(folder).get("files", {})
    except ValueError:
        files = {PROVENANCE: ""}
    for name, sha256 in files.items() if isinstance(files, dict) else ():
        path = folder / str(name)
        if path.suffix.lower() in FOR_PEOPLE:
            continue
        if not path.is_file() or sha256_of(path) != sha256:
            raise InputError(
                "{folder}: {file} is missing or is not as it was written; figures from this folder cannot be "
                "trusted. Make the result again.",
                folder=folder.name,
                file=str(name),
            )
    return bool(files)


class _CannotWriteError(Exception):
    """A folder cannot be written to; `error` is the system's."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def _scratch_for(target: Path) -> Path:
    """Beside the folder; within it where nothing can be made beside it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(20, os.strerror(20))
        try:
            return Path(tempfile.mkdtemp(prefix=_beside(target, _UNFINISHED), dir=target.parent))
        except PermissionError:
            if not target.is_dir():
                raise
            return Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target))
    except OSError as problem:
        raise _CannotWriteError(problem) from problem


def _beside(target: Path, kind: str) -> str:
    """Begins the name of a folder beside `target` that belongs to it; short, whatever the name's length."""
    return f"{kind}{hashlib.sha256(target.name.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}-"


def _clear_leftovers(target: Path) -> None:
    """What a killed run left; if it was killed between taking the old folder away and putting the new
    one there, the old one comes back."""
    parent = target.parent
    for old in parent.glob(f"{_beside(target, _REPLACED)}*"):
        if not target.exists():
            old.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    inside = target.glob(f"{_UNFINISHED}*") if target.is_dir() else ()
    for unfinished in (*parent.glob(f"{_beside(target, _UNFINISHED)}*"), *inside):
        shutil.rmtree(unfinished, ignore_errors=True)


def _seal(scratch: Path) -> None:
    """The hashes of all files into the provenance, which is written last."""
    if (scratch / PROVENANCE).is_file():
        files = sorted(path for path in scratch.rglob("*") if path.is_file() and path.name != PROVENANCE)
        named = {path.relative_to(scratch).as_posix(): sha256_of(path) for path in files}
        write_json(scratch / PROVENANCE, {**_provenance(scratch), "files": named})


def _put_in_place(scratch: Path, target: Path, product: Collection[str]) -> None:
    scratch.chmod(0o777 & ~_umask())  # a temporary folder is for its maker alone; results are not
    if not target.exists():
        scratch.rename(target)
        return
    if scratch.parent != target and not Path.cwd().is_relative_to(target):
        for stranger in target.iterdir():
            if stranger.name not in product and not (scratch / stranger.name).exists():
                _linked(stranger, scratch / stranger.name)
        with suppress(OSError):  # a mount point, a folder somebody holds open on Windows
            _exchanged(scratch, target)
            return
    # File by file, for a folder that cannot be replaced (somebody stands in it): the manifest comes last.
    written = sorted(scratch.iterdir(), key=lambda path: path.name == PROVENANCE)
    for name in set(product) - {path.name for path in written}:
        if (target / name).is_dir():
            shutil.rmtree(target / name, ignore_errors=True)
        else:
            (target / name).unlink(missing_ok=True)
    for path in written:
        if path.is_dir():
            shutil.rmtree(target / path.name, ignore_errors=True)
        path.replace(target / path.name)


def _linked(source: Path, target: Path) -> None:
    """A file or folder under one more name, as a copy where that cannot be."""

    def link(one: str, other: str) -> None:
        try:
            os.link(one, other)
        except OSError:
            shutil.copy2(one, other)

    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, copy_function=link, symlinks=True)
    else:
        link(str(source), str(target))


def _exchanged(scratch: Path, target: Path) -> None:
    """Both folders change places at once where the system can; else in two steps, the first of which is
    taken back by the next run if there is no second."""
    if sys.platform == "linux":
        rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
        if rename is not None and not rename(
            _HERE, os.fsencode(scratch), _HERE, os.fsencode(target), _EXCHANGE
        ):
            return
    old = Path(tempfile.mkdtemp(prefix=_beside(target, _REPLACED), dir=target.parent))
    old.rmdir()
    target.rename(old)
    try:
        scratch.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Nobody else on this machine works on this folder within the block; waits for whoever does."""
    name = hashlib.sha256(os.fsencode(target)).hexdigest()[:24]
    owner = os.getuid() if hasattr(os, "getuid") else 0
    locks = Path(tempfile.gettempdir()) / f"service-circle-locks-{owner}"
    try:
        locks.mkdir(exist_ok=True)
        lock = (locks / name).open("ab")
    except OSError:  # without a place for locks the work is done without one
        yield
        return
    with lock:
        while not held(lock, wait=True):
            pass  # Windows gives up waiting after ten seconds
        yield


def held(lock: IO[bytes], *, wait: bool) -> bool:
    """Whether this process holds the lock now: until the file is closed, or the process ends however it
    ends. Without `wait` it is False at once where another process holds it."""
    if sys.platform == "win32":
        import msvcrt

        with suppress(OSError):
            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            return True
        return False
    import fcntl

    with suppress(BlockingIOError):
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return True
    return False


def _provenance(folder: Path) -> dict[str, Any]:
    """The document, empty where there is none; ValueError where it is none of ours."""
    try:
        document: Mapping[str, Any] = json.loads((folder / PROVENANCE).read_bytes())
    except OSError:
        return {}
    if not isinstance(document, dict):
        raise ValueError(PROVENANCE)
    return document


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
