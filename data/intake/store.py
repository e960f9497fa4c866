"""The lists as they came, kept unchanged."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.text import printable
from data.files import short_name, write_bytes

_UNSAFE: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_OURS: Final = ("accepted.csv", "planned.csv", "findings.xlsx", "placed.csv", "decisions.csv")


def store_original(path: Path, folder: Path) -> Path:
    """Keep a list under its SHA-256 (and its extension) in `folder`; the same bytes are kept once."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    kept = folder / f"{digest}{_UNSAFE.sub('_', path.suffix.lower())}"
    if not kept.exists():
        write_bytes(kept, content)
    return kept


def kept_name(name: str) -> str:
    """What a list is called where its copy is kept: every system takes it and a terminal shows it.

    >>> kept_name("a\x1b[31m:b.csv")
    'a[31m_b.csv'
    """
    return short_name(_UNSAFE.sub("_", printable(name)))


def keep_originals(paths: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """Copies of the lists in a result folder under their own names; a name that is taken gets the
    first digits of the SHA-256 in front."""
    kept: list[Path] = []
    for path in paths:
        content = path.read_bytes()
        target = folder / kept_name(path.name)
        if target.name in _OURS or target in kept:
            target = folder / f"{hashlib.sha256(content).hexdigest()[:12]}-{target.name}"
        write_bytes(target, content)
        kept.append(target)
    return tuple(kept)
