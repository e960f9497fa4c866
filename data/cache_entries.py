"""Caches are input too: what is kept is checked before it is used, and rebuilt where it is not what was kept.

An entry is a folder with `manifest.json`, the SHA-256 of every file in it, written last. It is made beside
its place and renamed, so that it is there whole or not at all. An entry that was emptied, cut short or
changed is deleted, which is logged, and counts as not there. What was used longest ago makes room.

It is renamed before it is deleted, so that nobody opens half of one; on systems that keep open files an
entry in use stays until the next time.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy

from core.errors import SettingError
from data.files import sha256_of, write_bytes

MANIFEST: Final = "manifest.json"
_GB: Final = 1_000_000_000
_LIMIT_GB: Final = 4.0
# How the folders of entries other than streets begin.
PLACES: Final = "places-"
CITY: Final = "city-"
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """One entry: its folder, `streets`, `places` or `city`, its size, and when it was last used (Unix)."""

    folder: Path
    kind: str
    size_bytes: int
    used: float


def keep(folder: Path, write: Callable[[Path], object]) -> bool:
    """Make the entry `folder` of the files that `write` puts into the folder it is given.

    False where it cannot be kept (a full disk, a folder that may only be read): a cache is not needed. An
    entry that another process has made meanwhile stays.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as beside:
            written = Path(beside) / "entry"
            written.mkdir()
            write(written)
            _write_manifest(written, {path.name: sha256_of(path) for path in sorted(written.iterdir())})
            written.rename(folder)
    except OSError as problem:
        if not folder.is_dir():
            _LOG.warning("%s could not be kept: %s", folder.name, problem)
            return False
    return True


def kept_files(folder: Path) -> Mapping[str, bytes] | None:
    """The files of an entry by name, each as it was kept; None where there is no whole entry (any more)."""
    if not folder.is_dir():
        return None
    try:
        manifest = _manifest(folder)
        files = {name: (folder / name).read_bytes() for name in manifest}
        wrong = [name for name in files if hashlib.sha256(files[name]).hexdigest() != manifest[name]]
    except (OSError, ValueError) as problem:
        wrong, files = [str(problem)], {}
    if wrong or not files:
        _forget(folder, wrong)
        return None
    note_use(folder)
    return files


def _forget(folder: Path, wrong: Sequence[str]) -> None:
    _LOG.warning("%s is not what was kept (%s) and is made anew", folder.name, ", ".join(wrong))
    delete(folder)


def is_whole(folder: Path) -> bool:
    """Whether an entry is there as it was kept; one that is not is deleted.

    Files are read again only when their size or time has changed.
    """
    state = _state(folder)
    if state is not None and _SEEN_WHOLE.get(folder) == state:
        note_use(folder)
        return True
    _SEEN_WHOLE.pop(folder, None)
    if not folder.is_dir():
        return False
    try:  # one file after the other: an entry may be larger than what memory has to spare
        wrong = [name for name, sha256 in _manifest(folder).items() if sha256_of(folder / name) != sha256]
    except (OSError, ValueError) as problem:
        wrong = [str(problem)]
    if wrong:
        _forget(folder, wrong)
        return False
    note_use(folder)
    if (state := _state(folder)) is not None:
        _SEEN_WHOLE[folder] = state
    return True


def add_file(folder: Path, name: str, content: bytes) -> None:
    """One more file of an entry. Of two processes that add at once one's may not count: it is made again."""
    write_bytes(folder / name, content)
    _write_manifest(folder, {**_manifest(folder), name: hashlib.sha256(content).hexdigest()})


def kept_file(folder: Path, name: str) -> bytes | None:
    """One file of an entry as it was kept, or None."""
    try:
        sha256 = _manifest(folder).get(name)
        content = (folder / name).read_bytes() if sha256 else b""
    except (OSError, ValueError):
        return None
    return content if sha256 and hashlib.sha256(content).hexdigest() == sha256 else None


def array_of(content: bytes) -> np.ndarray[Any, Any]:
    """The array that `np.save` wrote, without a copy; it cannot be written to."""
    head = io.BytesIO(content)
    if npy.read_magic(head) != (1, 0):
        raise ValueError("not an array that numpy.save writes")
    shape, fortran, dtype = npy.read_array_header_1_0(head)
    flat = np.frombuffer(content, dtype, offset=head.tell(), count=int(np.prod(shape, dtype=np.int64)))
    return flat.reshape(shape, order="F" if fortran else "C")


def limit_bytes() -> int:
    """The most that a cache may hold: SERVICE_CIRCLE_CACHE_GB, or 4 GB. SettingError for no number."""
    said = os.environ.get("SERVICE_CIRCLE_CACHE_GB", "").strip()
    try:
        limit = float(said) if said else _LIMIT_GB
    except ValueError:
        limit = -1.0
    if not 0 <= limit < float("inf"):
        raise SettingError("SERVICE_CIRCLE_CACHE_GB must be a number of gigabytes, not “{said}”.", said=said)
    return int(limit * _GB)


def kept(cache_dir: Path) -> list[Kept]:
    """All entries, the last used first; none where there is no such folder. Another process may be writing
    or deleting some: what goes while it is looked at is not there."""
    if not cache_dir.is_dir():
        return []
    found = []
    for folder in cache_dir.iterdir():
        try:
            used = folder.stat().st_mtime
            sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        except OSError:
            continue
        if folder.is_dir():
            kinds = [begin[:-1] for begin in (PLACES, CITY) if folder.name.startswith(begin)]
            found.append(Kept(folder, (kinds or ["streets"])[0], sum(sizes), used))
    return sorted(found, key=lambda entry: (-entry.used, entry.folder.name))


def note_use(folder: Path) -> None:
    """Note that an entry is used now."""
    try:
        os.utime(folder)
    except OSError:
        return  # a cache that may only be read is not trimmed either


def trim(cache_dir: Path, *, limit: int, needed: Path) -> None:
    """Delete what was used longest ago until the rest is at most `limit` bytes; `needed` always stays."""
    total = 0
    for entry in kept(cache_dir):
        total += entry.size_bytes
        if total > limit and entry.folder != needed:
            total -= entry.size_bytes if delete(entry.folder) else 0


def clear(cache_dir: Path) -> int:
    """Delete every entry; how many bytes were freed."""
    return sum(entry.size_bytes for entry in kept(cache_dir) if delete(entry.folder))


def delete(folder: Path) -> bool:
    """Delete an entry; False where it is in use or may not be deleted."""
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as beside:
            gone = folder.rename(Path(beside) / folder.name)
            shutil.rmtree(gone, ignore_errors=True)
    except OSError:
        return False
    return True


_SEEN_WHOLE: Final[dict[Path, tuple[tuple[str, int, int], ...]]] = {}


def _state(folder: Path) -> tuple[tuple[str, int, int], ...] | None:
    try:
        stats = [(path.name, path.stat()) for path in sorted(folder.iterdir())]
    except OSError:
        return None
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def _manifest(folder: Path) -> dict[str, str]:
    """Names and hashes; ValueError where the file is not what was written."""
    document = json.loads((folder / MANIFEST).read_bytes())
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, dict) or document.get("sha256") != _sealed(files):
        raise ValueError(MANIFEST)
    return files


def _write_manifest(folder: Path, files: Mapping[str, str]) -> None:
    document = {"files": dict(files), "sha256": _sealed(files)}
    write_bytes(folder / MANIFEST, json.dumps(document, indent=1).encode("utf-8"))


def _sealed(files: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode("utf-8")).hexdigest()
