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
    said = _read(beside(path)) if path.suffix.lower() == ".csv" else None
    return said[1] if said is not None and said[0]["sha256"] == sha256_of(path) else None


def handed_over_before(path: Path) -> HandedOver | None:
    """What was handed over with a list that was changed since, or saved anew by another program."""
    said = _read(beside(path))
    if said is None or Path(str(said[0].get("file"))).stem != path.stem:
        return None
    return said[1] if said[0]["sha256"] != sha256_of(path) else None


def _read(place: Path) -> tuple[Mapping[str, Any], HandedOver] | None:
    """The list that the file speaks of, and what it says; None where it is not as it was written."""
    if not place.is_file() or place.stat().st_size > _MOST_BYTES:
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
            and isinstance(document["list"]["sha256"], str)
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    said = HandedOver(refused, set_aside, bool(document.get("decided")), not_open, to_locate)
    return (document["list"], said) if sound else None
