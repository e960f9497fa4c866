"""What a person decides on after a check: coordinate system, columns, what is there twice, lost places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np
import pandas as pd

from core.text import Text, text
from coverage.model.tables import Floats
from data.intake.datum.likelihood import HYPOTHESES, UNKNOWN, place
from data.intake.decisions import LIST, Decisions, GroupChoice
from data.intake.drafts import ACCEPTED, REFUSED, TO_LOCATE
from data.intake.duplicates import DuplicateGroup, find_duplicates
from data.intake.intake import Intake
from data.intake.tables.columns import KEPT_FIELDS, OWN, PERSONAL, SERIAL, column_key
from data.intake.tables.numbers import as_written
from data.intake.tables.sheets import Table

_EXAMPLES: Final = 3
_MOST_POINTS: Final = 300
# The findings that propose other coordinates.
PROPOSING: Final = ("swapped-coordinates", "unreadable-coordinates")
_UNIT_LEVELS: Final = ("district", "street", "community")

FIELDS: Final = KEPT_FIELDS
FIELD_TITLES: Final[dict[str, Text]] = {
    "": text("not used"),
    "name": text("Facility name"),
    "tier": text("Type"),
    "lonlat": text("Longitude and latitude in one"),
    "lon": text("Longitude"),
    "lat": text("Latitude"),
    "district": text("District"),
    "street": text("Street or town"),
    "community": text("Community or village"),
    "address": text("Address"),
    "places": text("Beds"),
    "capacity": text("Residents it can serve"),
    "services": text("Services"),
    "area_m2": text("Floor area (m²)"),
    "site_m2": text("Ground (m²)"),
    "door": text("Door"),
    "residents_declared": text("Population served"),
    "status": text("Status"),
    "opened": text("Opening date"),
    "remark": text("Remark"),
    "facility_id": text("Facility number"),
    "source": text("Source of the coordinates"),
    "system": text("Coordinate system of the row"),
    "located_by": text("How it was located"),
    "source_file": text("File it was sent in"),
    "source_sheet": text("Sheet it was sent in"),
    "source_row": text("Row it was sent in"),
    PERSONAL: text("personal data, not read"),
    SERIAL: text("Serial number"),
}


@dataclass(frozen=True)
class Candidate:
    """A coordinate system the list may be in: `belief` 0..1, and where its rows would lie in WGS-84.

    `option` is what to pass as `datum` if the user chooses it, "" for mistakes of conversion, which
    the list itself must mend. `east_m`, `north_m`: the median way from where the numbers would lie
    if they were WGS-84.
    """

    id: str
    title: Text
    option: str
    belief: float
    lon: Floats
    lat: Floats
    east_m: float
    north_m: float


@dataclass(frozen=True)
class Column:
    """A column of a recognised table, the field it was taken for ("" for none) and some of its cells.

    `title` is what to call it in a mapping: the joined titles, "#3" where there are none.
    """

    file: str
    sheet: str
    number: int
    title: str
    field: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class ToLocate:
    """A facility whose list gives no usable place; `lon`, `lat` are where somebody placed it, else None.

    `proposed` are the degrees (WGS-84) that the list probably means, where a finding proposes them, and
    `problem` is the code of that finding.

    `unit` are the units it declares, widest first; `by` is "hand", "address", "proposal" or "".
    """

    row_id: str
    name: str
    tier: str
    address: str
    unit: str
    file: str
    sheet: str
    row: int
    lon: float | None = None
    lat: float | None = None
    by: str = ""
    proposed: tuple[float, float] | None = None
    problem: str = ""


@dataclass(frozen=True)
class Member:
    """A row of a group of facilities that seem to be one."""

    row_id: str
    name: str
    tier: str
    address: str
    file: str
    sheet: str
    row: int
    lon: float
    lat: float


@dataclass(frozen=True)
class Group:
    """Facilities that seem to be one, and what was decided ("" for nothing yet).

    `reason` is "name" or "spot"; `stored` names those of earlier lists.
    """

    id: str
    reason: str
    apart_m: float
    members: tuple[Member, ...]
    stored: tuple[str, ...]
    decision: str
    stays: str


def candidates(intake: Intake, *, most: int = 3, sample: int = _MOST_POINTS) -> tuple[Candidate, ...]:
    """The likeliest hypotheses, likeliest first, then the three systems that are not among them.

    The same rows under each, at most `sample`, evenly from the whole list. Rows given as metres are
    left out: they have their own question.
    """
    frame = intake.frame
    given = frame[np.isfinite(frame["given_lon"].to_numpy(float)) & ~frame["metres"].to_numpy(bool)]
    chosen = np.unique(np.linspace(0, len(given) - 1, min(sample, len(given))).round().astype(int))
    lon, lat = given["given_lon"].to_numpy(float)[chosen], given["given_lat"].to_numpy(float)[chosen]
    belief = dict(intake.datum.ranking)
    ranked = sorted(HYPOTHESES, key=lambda h: -belief.get(h.id, 0.0))
    shown = [*ranked[:most], *(h for h in ranked[most:] if h.system != UNKNOWN)]
    found = []
    for hypothesis in shown:
        x, y = place(hypothesis, lon, lat)
        east_m = np.radians(x - lon) * np.cos(np.radians(lat)) * _EARTH_M
        north_m = np.radians(y - lat) * _EARTH_M
        way_m = (float(np.median(east_m)), float(np.median(north_m))) if len(lon) else (0.0, 0.0)
        option = hypothesis.system if hypothesis.system != UNKNOWN else ""
        likely = belief.get(hypothesis.id, 0.0)
        found.append(Candidate(hypothesis.id, hypothesis.title, option, likely, x, y, *way_m))
    return tuple(found)


_EARTH_M: Final = 6_371_000.0


def columns(intake: Intake) -> tuple[Column, ...]:
    """Every column of every table, for the user to confirm; our own and empty ones are left out."""
    return tuple(
        column
        for table in intake.tables
        for number in range(len(table.titles))
        if (column := _column(table, number)) is not None
    )


def _column(table: Table, number: int) -> Column | None:
    title, field = table.titles[number], table.fields.get(number, "")
    cells = (row[number] for _, row in table.rows if number < len(row) and row[number] is not None)
    examples = tuple(as_written(cell) for cell in islice(cells, _EXAMPLES))
    if field == OWN or not (title or examples):
        return None
    hidden = tuple("…" for _ in examples) if field == PERSONAL else examples
    return Column(table.file, table.sheet.name, number + 1, column_key(title, number), field, hidden)


def duplicates(intake: Intake) -> tuple[DuplicateGroup, ...]:
    """Groups among the accepted facilities; rows count in `intake.accepted`."""
    return find_duplicates(intake.frame[intake.frame["outcome"] == ACCEPTED].reset_index(drop=True))


def groups(intake: Intake, decisions: Decisions) -> tuple[Group, ...]:
    """Facilities that seem to be one, with what was decided on them."""
    return tuple(_group(intake.frame, group, decisions.groups.get(group.id)) for group in intake.groups)


def _group(frame: pd.DataFrame, group: DuplicateGroup, choice: GroupChoice | None) -> Group:
    wanted = [
        "facility_id",
        "name",
        "tier",
        "address",
        "source_file",
        "source_sheet",
        "source_row",
        "lon",
        "lat",
    ]
    members = tuple(
        Member(*row) for row in frame.iloc[list(group.rows)][wanted].itertuples(index=False, name=None)
    )
    stays = choice.stays or (members[0].row_id if not group.stored else "") if choice else ""
    return Group(
        group.id, group.reason, group.apart_m, members, group.stored, choice.action if choice else "", stays
    )


def to_locate(intake: Intake) -> tuple[ToLocate, ...]:
    """Facilities with name and type whose list gives no usable place, in order; placed ones too."""
    frame = intake.frame
    named = (frame["name"] != "") & (frame["tier"] != "")
    lost = frame["outcome"].isin((TO_LOCATE, REFUSED)) | (
        (frame["outcome"] == ACCEPTED) & (frame["located_by"] != LIST) & frame["given_lon"].isna()
    )
    problems = {
        (found.file, found.sheet, found.row): found.code
        for found in intake.findings
        if found.code in PROPOSING
    }
    rows = []
    chosen: Iterable[Any] = frame[named & lost].itertuples(index=False)
    for row in chosen:
        known, at = row.outcome == ACCEPTED, (row.source_file, row.source_sheet, row.source_row)
        proposed = None if known or row.mend_lon != row.mend_lon else (row.mend_lon, row.mend_lat)
        rows.append(
            ToLocate(
                row.facility_id,
                row.name,
                row.tier,
                row.address,
                " ".join(unit for level in _UNIT_LEVELS if (unit := getattr(row, level))),
                *at,
                row.lon if known else None,
                row.lat if known else None,
                row.located_by if known else "",
                proposed,
                problems.get(at, "") if proposed else "",
            )
        )
    return tuple(rows)
