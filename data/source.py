"""Whose data a file is, as `fetch` has noted it beside the files it wrote, and what its list holds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

OSM_CREDIT: Final = "© OpenStreetMap contributors, ODbL"
COMPARED: Final = "compared.csv"
SOURCE_FILE: Final = "source.json"
_MOST_BYTES: Final = 1_000_000
# The columns of the list of facilities. The names of the coordinates say their system, so that the list is
# read back without asking.
LIST_COLUMNS: Final = ("facility_id", "name", "type", "wgs_lng", "wgs_lat", "status", "address", "source")


def credits_of(paths: Iterable[Path]) -> tuple[str, ...]:
    """The credits that a source.json beside the files asks for, each once, in their order.

    It speaks only of the files it names; one that cannot be read is somebody else's.
    """
    return tuple(dict.fromkeys(credit for path in paths if (credit := _credit_of(path))))


def _credit_of(path: Path) -> str:
    note = path.parent / SOURCE_FILE
    if not note.is_file() or note.stat().st_size > _MOST_BYTES:
        return ""
    try:
        about = json.loads(note.read_text(encoding="utf-8"))
    except ValueError:
        return ""
    files = about.get("files") if isinstance(about, dict) else None
    if not isinstance(files, dict) or path.name not in {Path(str(name)).name for name in files.values()}:
        return ""
    return str(about.get("credit", ""))
