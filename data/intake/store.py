"""The lists as they came, kept unchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from data.files import file_name, write_bytes

_OURS: Final = (
    "accepted.csv",
    "accepted.json",
    "planned.csv",
    "findings.xlsx",
    "findings.xlsm",
    "placed.csv",
    "decisions.csv",
)


def store_original(path: Path, folder: Path) -> Path:
    """Keep a list under its SHA-256 (and its extension) in `folder`; the same bytes are kept once."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    kept = folder / file_name(f"{digest}{path.suffix.lower()}")
    if not kept.exists():
        write_bytes(kept, content)
    return kept


def keep_originals(paths: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """Copies of the lists in a result folder under their own names; a name that is taken gets the
    first digits of the SHA-256 in front."""
    kept: list[Path] = []
    taken = set(_OURS)
    for path in paths:
        content = path.read_bytes()
        target = folder / file_name(path.name)
        if target.name.casefold() in taken:
            target = folder / f"{hashlib.sha256(content).hexdigest()[:12]}-{target.name}"
        taken.add(target.name.casefold())
        write_bytes(target, content)
        kept.append(target)
    return tuple(kept)
