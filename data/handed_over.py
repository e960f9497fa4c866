"""What an accepted list does not say itself and hands over beside it: `accepted.json` of `accepted.csv`.

How many rows of the office's lists were refused and set aside, which facilities are planned or closed, and
which have no place yet. It belongs to the list with exactly those bytes: a list that was changed since has
none. Light to import.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from data.files import sha256_of, write_json

FORMAT: Final = 1
_MOST_BYTES: Final = 20_000_000
_COUNTS: Final = ("refused", "set_aside")
_ROWS: Final = ("not_open", "to_locate")


@dataclass(frozen=True)
class HandedOver:
    """Of the check that a list came from: rows `refused` and `set_aside` there, whether the coordinate system
    was `decided`; and of those set aside the facilities `not_open` (rows with `ACCEPTED_COLUMNS`, None
    where nothing is known) and `to_locate` (tier and declared units of those without a place)."""

    refused: int
    set_aside: int
    decided: bool
    not_open: Sequence[Mapping[str, Any]] = ()
    to_locate: Sequence[Mapping[str, Any]] = ()


def beside(path: Path) -> Path:
    """Where a list's further word would stand."""
    return path.with_suffix(".json")


def write_handed_over(path: Path, said: HandedOver, *, accepted: int) -> None:
    """Beside the list `path`, which must be as it will stay."""
    document = {
        "format": FORMAT,
        "list": {"file": path.name, "sha256": sha256_of(path)},
        "rows": accepted + said.refused + said.set_aside,
        "accepted": accepted,
        "refused": said.refused,
        "set_aside": said.set_aside,
        "decided": said.decided,
        "not_open": list(said.not_open),
        "to_locate": list(said.to_locate),
    }
    write_json(beside(path), document)


def handed_over(path: Path) -> HandedOver | None:
    """What belongs to a list, None where there is nothing or it belongs to other bytes."""
    place = beside(path)
    if path.suffix.lower() != ".csv" or not place.is_file() or place.stat().st_size > _MOST_BYTES:
        return None
    try:
        document = json.loads(place.read_bytes())
        counts = refused, set_aside = [document[name] for name in _COUNTS]
        rows = not_open, to_locate = [document[name] for name in _ROWS]
        sound = (
            document["format"] == FORMAT
            and all(type(count) is int and count >= 0 for count in counts)
            and all(isinstance(row, dict) for part in rows for row in part)
            and sum(map(len, rows)) <= document["set_aside"]
            and document["list"]["sha256"] == sha256_of(path)
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    decided = bool(document.get("decided"))
    return HandedOver(refused, set_aside, decided, not_open, to_locate) if sound else None
