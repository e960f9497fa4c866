"""What the cache of streets holds, and how it is kept below a limit: what was used longest ago goes first.

An entry is a folder: streets that were read once, or where a city's cells lie on them. It is renamed
before it is deleted, so that nobody opens half of one; on systems that keep open files an entry in use
stays until the next time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import SettingError

_GB: Final = 1_000_000_000
_LIMIT_GB: Final = 4.0
_PLACES: Final = "places-"


@dataclass(frozen=True)
class Kept:
    """One entry: its folder, `streets` or `places`, its size, and when it was last used (Unix time)."""

    folder: Path
    kind: str
    size_bytes: int
    used: float


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
    """All entries, the last used first; none where there is no such folder."""
    if not cache_dir.is_dir():
        return []
    found = [_entry(folder) for folder in cache_dir.iterdir() if folder.is_dir()]
    return sorted(found, key=lambda entry: (-entry.used, entry.folder.name))


def used(folder: Path) -> None:
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
            total -= entry.size_bytes if _deleted(entry.folder) else 0


def clear(cache_dir: Path) -> int:
    """Delete every entry; how many bytes were freed."""
    return sum(entry.size_bytes for entry in kept(cache_dir) if _deleted(entry.folder))


def _entry(folder: Path) -> Kept:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    kind = "places" if folder.name.startswith(_PLACES) else "streets"
    return Kept(folder, kind, sum(sizes), folder.stat().st_mtime)


def _deleted(folder: Path) -> bool:
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as beside:
        try:
            gone = folder.rename(Path(beside) / folder.name)
        except OSError:
            return False
        shutil.rmtree(gone, ignore_errors=True)
    return True
