"""What people decided about a list, kept in a folder so that the next upload of it remembers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from core.errors import InputError, SettingError
from core.text import listed
from data.files import read_csv, write_csv, write_json
from data.intake.tables.columns import KEPT_FIELDS, PERSONAL, SERIAL

LIST: Final = "list"
HAND: Final = "hand"
ADDRESS: Final = "address"
PROPOSAL: Final = "proposal"

MERGE: Final = "merge"
KEEP: Final = "keep"
DROP: Final = "drop"
ACTIONS: Final = (MERGE, KEEP, DROP)

_PLACED: Final = "placed.csv"
_DECIDED: Final = "decisions.csv"
_PLACED_COLUMNS: Final = ("row_id", "by", "found", "name", "address", "lon", "lat")
_DECIDED_COLUMNS: Final = ("group", "decision", "stays", "names")


@dataclass(frozen=True)
class Place:
    """Where a row lies (WGS-84 degrees) and who says so: `by` is "hand", "address" or "proposal" (what
    a finding proposed was accepted), `found` the text
    a geocoder answered with. `name` and `address` are the row's own, to know it again by."""

    lon: float
    lat: float
    by: str = HAND
    found: str = ""
    name: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise SettingError(
                "Longitude {lon} and latitude {lat} are no place on earth.", lon=self.lon, lat=self.lat
            )


@dataclass(frozen=True)
class GroupChoice:
    """What becomes of facilities that seem to be one: `merge` (one stays and takes what it lacks from
    the others), `keep` (all stay) or `drop` (one stays as it is). `stays` is the row id of the one, by
    default the first of the group; `names` are for people who read the file."""

    action: str
    stays: str = ""
    names: str = ""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise SettingError(
                "“{action}” is not a decision on facilities listed twice; use one of {known}.",
                action=self.action,
                known=listed(ACTIONS),
            )


@dataclass(frozen=True)
class Decisions:
    """`columns`: what a column is called (`column_key`) → field, "" to leave it out; `placed`: row id →
    place; `groups`: group id → choice. Empty: nothing was decided."""

    columns: Mapping[str, str] = field(default_factory=dict)
    placed: Mapping[str, Place] = field(default_factory=dict)
    groups: Mapping[str, GroupChoice] = field(default_factory=dict)


def group_id(row_ids: Sequence[str]) -> str:
    """The number of a group of rows, the same whatever their order.

    >>> group_id(["a", "b"]) == group_id(["b", "a"])
    True
    """
    return "g" + hashlib.sha1("|".join(sorted(row_ids)).encode(), usedforsecurity=False).hexdigest()[:10]


def recall_decisions(folder: Path) -> Decisions:
    """What `remember_decisions` kept in `folder`; nothing if it kept none. InputError if it is damaged."""
    placed, decided = _table(folder / _PLACED, _PLACED_COLUMNS), _table(folder / _DECIDED, _DECIDED_COLUMNS)
    try:
        places = {row: Place(float(lon), float(lat), *said) for row, *said, lon, lat in _records(placed)}
        groups = {group: GroupChoice(*choice) for group, *choice in _records(decided)}
    except (ValueError, SettingError) as error:
        raise _damaged(folder) from error
    return Decisions(placed=places, groups=groups)


def _records(frame: pd.DataFrame) -> list[list[str]]:
    return [[str(value) for value in row] for row in frame.itertuples(index=False)]


def remember_decisions(folder: Path, decisions: Decisions) -> None:
    """Write `placed.csv` and `decisions.csv` anew, in the order of the decisions."""
    placed = [
        (row, place.by, place.found, place.name, place.address, place.lon, place.lat)
        for row, place in decisions.placed.items()
    ]
    groups = [(group, c.action, c.stays, c.names) for group, c in decisions.groups.items()]
    write_csv(folder / _PLACED, pd.DataFrame(placed, columns=list(_PLACED_COLUMNS)))
    write_csv(folder / _DECIDED, pd.DataFrame(groups, columns=list(_DECIDED_COLUMNS)))


def rows_of(placed: Mapping[str, Place], frame: pd.DataFrame) -> dict[int, Place]:
    """Row of the frame → place: by row id, else by name and address together where these are unique."""
    ids = {row_id: row for row, row_id in enumerate(frame["facility_id"])}
    own = list(zip(frame["name"], frame["address"], strict=True))
    found: dict[int, Place] = {}
    for row_id, place in placed.items():
        row = ids.get(row_id)
        if row is None or (place.name and frame["name"].iloc[row] != place.name):
            same = [k for k, pair in enumerate(own) if place.name and pair == (place.name, place.address)]
            row = same[0] if len(same) == 1 else None
        if row is not None:
            found[row] = place
    return found


def _table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame(columns=list(columns))
    try:
        frame = read_csv(path, tuple(columns))
    except (ValueError, UnicodeDecodeError) as error:
        raise _damaged(path) from error
    if not set(columns) <= set(frame.columns):
        raise _damaged(path)
    return frame[list(columns)]


def _damaged(path: Path) -> InputError:
    return InputError("What was decided on earlier ({file}) is damaged; decide anew.", file=path.name)


def recall(folder: Path, office: str) -> dict[str, str]:
    """The confirmed mapping of an office, joined title → field ("" to leave out); {} if there is none."""
    path = _path(folder, office)
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["columns"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "The remembered columns of {office} are damaged; confirm them anew.", office=office
        ) from error
    return {str(title): str(field) for title, field in kept.items()}


def remember(folder: Path, office: str, mapping: Mapping[str, str]) -> None:
    """Add to what is remembered of an office; a later word replaces an earlier one."""
    known = (*KEPT_FIELDS, PERSONAL, SERIAL, "")
    wrong = next((field for field in mapping.values() if field not in known), None)
    if wrong is not None:
        raise SettingError("“{field}” is not a field of a facility list.", field=wrong)
    write_json(_path(folder, office), {"office": office, "columns": {**recall(folder, office), **mapping}})


def _path(folder: Path, office: str) -> Path:
    return folder / f"columns-{hashlib.sha256(office.strip().encode()).hexdigest()[:16]}.json"
