"""Facility lists → Intake: the one door for what district offices send."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from core.progress import Progress, part, reporting, silent
from core.text import text
from coverage.model.tables import UnitTable
from data.formats.raw import RawFile
from data.formats.sheets.read import read_files
from data.handed_over import HandedOver, handed_over, handed_over_before
from data.intake.convert import converted, refuse_unplaced, tell_systems
from data.intake.datum.coordinates import AUTO, wanted_system
from data.intake.datum.placing import Bounds
from data.intake.datum.reference import Reference, reference_of
from data.intake.decisions import Decisions
from data.intake.drafts import ACCEPTED, SET_ASIDE, Draft
from data.intake.extents import with_doors, with_extents
from data.intake.facility_numbers import is_facility_id
from data.intake.findings import ERROR, INFO, WARNING, Finding, Notebook
from data.intake.groups import Context, Part, find_systems
from data.intake.intake import ACCEPTED_COLUMNS, Intake, Reading
from data.intake.judge import judge
from data.intake.locate import Located, locate
from data.intake.rows import read_rows
from data.intake.tables.sheets import Table, tables_of
from geo.datum import WGS84


@dataclass(frozen=True)
class ListRequest:
    """How lists are to be read and what is known besides them.

    `datum` is auto, wgs84, gcj02, bd09 or epsg:N; auto decides by the evidence of `units` (declared
    memberships) and `reference` (buildings or named places in true coordinates), else takes the
    numbers as WGS-84 and says so. `decisions` are what people confirmed about columns, places and
    facilities listed twice, `stored` the accepted rows of earlier lists. `parts` are systems that
    somebody chose for parts of a mixed list: (file, sheet, source) → datum. Data on persons are read only
    if `personal` is wanted. `units_known`: the units are in true coordinates for certain. `area` is where the
    residents live (west, south, east, north in degrees), where no units say it.
    """

    datum: str = AUTO
    units: UnitTable | None = None
    reference: gpd.GeoDataFrame | Reference | None = None
    decisions: Decisions = field(default_factory=Decisions)
    stored: pd.DataFrame | None = None
    parts: Mapping[Part, str] = field(default_factory=dict)
    personal: bool = False
    units_known: bool = True
    area: Bounds | None = None


def read_facilities(
    paths: Sequence[Path],
    *,
    datum: str = AUTO,
    units: UnitTable | None = None,
    reference: gpd.GeoDataFrame | Reference | None = None,
    decisions: Decisions | None = None,
    stored: pd.DataFrame | None = None,
) -> Intake:
    """`read_lists` without progress."""
    return read_lists(paths, ListRequest(datum, units, reference, decisions or Decisions(), stored))


def read_lists(paths: Sequence[Path], request: ListRequest, *, progress: Progress = silent) -> Intake:
    """Read, judge and place every row of the lists; nothing is dropped, converted or mended silently.

    A file that cannot be read is a finding; InputError only for a path that does not exist.
    """
    wanted, units, decisions = wanted_system(request.datum), request.units, request.decisions
    reference = request.reference
    files = _told_apart(read_files(paths, progress=part(progress, 0.0, 0.4)), paths)
    findings: list[Finding] = []
    earlier = {
        file.name: found for file, path in zip(files, paths, strict=True) if (found := handed_over(path))
    }
    tables = [table for file in files for table in _tables(file, decisions.columns, findings)]
    for file, path in zip(files, paths, strict=True):
        _tell_changed(handed_over_before(path), Notebook(file.name, "", findings))
    notes = {n: Notebook(table.file, table.sheet.name, findings) for n, table in enumerate(tables)}
    area = _area(units) or request.area
    known = reference_of(reference) if isinstance(reference, gpd.GeoDataFrame) else reference
    drafts: list[list[Draft]] = []
    located: list[Located] = []
    judging = part(progress, 0.4, 0.7)
    for number, table in enumerate(reporting(tables, judging, text("Reading the rows"), count=len(tables))):
        drafts.append(read_rows(table, number, notes[number], personal=request.personal))
        _tell_earlier(drafts[-1], earlier.get(table.file), notes[number])
        located.append(locate(drafts[-1], table, notes[number], area))
    frame = frame_of(tables, drafts, located)
    context = Context(units, known, area, request.stored, request.units_known)
    progress(0.7, text("Finding out the coordinate system"))
    chosen = {where: wanted_system(datum) for where, datum in request.parts.items()}
    systems = find_systems(frame, tables, wanted, context, chosen)
    decision = systems.overall
    frame = refuse_unplaced(converted(frame, systems.by_row), systems.overall, notes)
    frame = with_extents(frame, tables, notes)
    tell_systems(frame, tables, decision, notes)
    progress(0.85, text("Judging the rows"))
    reading = Reading(
        frame, tuple(findings), decision, files, tuple(tables), context, tuple(earlier.values())
    )
    return judge(reading, decisions)


def _tell_earlier(drafts: Sequence[Draft], earlier: HandedOver | None, notes: Notebook) -> None:
    """That a list is what an earlier check accepted; its coordinates are WGS-84 where that was decided."""
    if earlier is None:
        return
    if earlier.decided:
        for draft in drafts:
            draft.said = draft.said or WGS84
    message = text(
        "An earlier check accepted these rows; that it refused {refused} and set {aside} aside is counted.",
        refused=earlier.refused,
        aside=earlier.set_aside,
    )
    notes.note(INFO, "handed-over", message)


def _tell_changed(before: HandedOver | None, notes: Notebook) -> None:
    """That an accepted list is not what the check wrote: saving it in Excel changes numbers and dates."""
    if before is not None:
        message = text(
            "This accepted list was changed, or saved anew by another program, since the check wrote it: "
            "that the check refused {refused} and set {aside} aside is not counted, and planned facilities "
            "are not known. Excel drops leading zeros and shortens long numbers. Take the file as the check "
            "wrote it.",
            refused=before.refused,
            aside=before.set_aside,
        )
        notes.note(WARNING, "changed-since-check", message)


def _told_apart(files: Sequence[RawFile], paths: Sequence[Path]) -> tuple[RawFile, ...]:
    """Files of one name, as offices send them, called after their folders too."""
    given = [file.name for file in files]
    names: list[str] = []
    for number, (name, path) in enumerate(zip(given, paths, strict=True), start=1):
        several = given.count(name) > 1
        called = f"{path.resolve().parent.name}/{name}" if several else name
        names.append(f"{number}/{name}" if called in names else called)
    return tuple(replace(file, name=name) for file, name in zip(files, names, strict=True))


def _tables(file: RawFile, mapping: Mapping[str, str], findings: list[Finding]) -> list[Table]:
    notes = Notebook(file.name, "", findings)
    if file.problem is not None:
        notes.note(ERROR, "unreadable-file", file.problem)
    for note in file.notes:
        notes.note(INFO, "file-note", note)
    tables = tables_of(file, mapping, notes)
    told = any(found.level == ERROR and found.file == file.name for found in findings)
    if not tables and file.sheets and not told:
        notes.note(ERROR, "no-facilities", text("No sheet of the file holds a list of facilities."))
    return tables


def _area(units: UnitTable | None) -> Bounds | None:
    """The bounds of the units, in degrees."""
    if units is None or not len(units):
        return None
    west, south, east, north = units.frame.to_crs("EPSG:4326").total_bounds
    return float(west), float(south), float(east), float(north)


_NUMBERS: Final = ("places", "capacity", "area_m2", "site_m2", "residents_declared")
# Where a row stood before an earlier check.
_OFFICE: Final = ("office_file", "office_sheet", "office_row")
_IDENTITY: Final = ("name", "tier", "district", "street", "community")


def frame_of(
    tables: Sequence[Table], drafts: Sequence[Sequence[Draft]], located: Sequence[Located]
) -> pd.DataFrame:
    """`ACCEPTED_COLUMNS`, `outcome`, `table` (number), `given_lon`, `given_lat` (degrees in the list's
    datum), `metres` (whether they are metres instead), `said` (the row's own words on its system), and
    `mend_lon`, `mend_lat` (what was probably meant, in the list's datum). `lon`, `lat` are still NaN."""
    if not tables:
        own = (
            *("outcome", "table", "given_lon", "given_lat", "metres", "source", "personal", "said", "door"),
            *_OFFICE,
        )
        more = ("mend_lon", "mend_lat", "site_m2", "door_of")
        return pd.DataFrame({c: [] for c in (*ACCEPTED_COLUMNS, *own, *more)})
    frame = with_doors(_rows_of(tables, drafts, located))
    frame["facility_id"] = facility_ids(frame)
    return frame


def _rows_of(
    tables: Sequence[Table], of_tables: Sequence[Sequence[Draft]], located: Sequence[Located]
) -> pd.DataFrame:
    """All tables' rows at once: a city has hundreds of lists, and a frame for each takes longer than they."""
    drafts = [draft for of_table in of_tables for draft in of_table]
    texts = [column for column in ACCEPTED_COLUMNS if column not in (*_NUMBERS, "lon", "lat")]
    data: dict[str, object] = {c: [d.values.get(c, "") for d in drafts] for c in texts}
    data |= {c: np.array([d.numbers.get(c, np.nan) for d in drafts], float) for c in _NUMBERS}
    data |= {
        "source": [d.values.get("source", "") for d in drafts],
        "personal": [d.values.get("personal", "") for d in drafts],
        "said": [d.said for d in drafts],
        **{column: [d.values.get(column, "") for d in drafts] for column in _OFFICE},
        "door": [d.values.get("door", "") for d in drafts],
        "mend_lon": np.array([d.mend[0] if d.mend else np.nan for d in drafts], float),
        "mend_lat": np.array([d.mend[1] if d.mend else np.nan for d in drafts], float),
        "outcome": [d.outcome for d in drafts],
        "source_row": [d.row for d in drafts],
        "given_lon": np.concatenate([one.lon for one in located]),
        "given_lat": np.concatenate([one.lat for one in located]),
        "metres": np.concatenate([one.metres for one in located]),
        "table": np.repeat(np.arange(len(tables)), [len(of_table) for of_table in of_tables]),
    }
    frame = pd.DataFrame(data)
    left = [(number, row) for number, table in enumerate(tables) for row, _ in table.set_aside]
    if left:
        aside = pd.DataFrame(left, columns=["table", "source_row"]).assign(
            outcome=SET_ASIDE,
            metres=False,
            **dict.fromkeys(("source", "personal", "said", "door", *_OFFICE, *texts[:-1]), ""),
            **dict.fromkeys((*_NUMBERS, "given_lon", "given_lat", "mend_lon", "mend_lat"), np.nan),
        )
        frame = pd.concat([frame, aside[frame.columns]])
    frame = frame.sort_values(["table", "source_row"], kind="stable", ignore_index=True)
    at = frame.pop("table").to_numpy()
    return frame.assign(
        source_file=np.array([table.file for table in tables], object)[at],
        source_sheet=np.array([table.sheet.name for table in tables], object)[at],
        table=at,
        lon=np.nan,
        lat=np.nan,
    )


def facility_ids(frame: pd.DataFrame) -> list[str]:
    """The list's own numbers where every accepted facility has its own; else made from what names it.

    A number that the store gave (it checks itself) stays with the first row that bears it, whatever the
    others have. A made number depends on name, tier and declared units, so it survives a new upload, moved
    rows and mended coordinates; of several facilities alike in all these, the later get -2, -3 …
    """
    own = frame["facility_id"].astype(str)
    accepted = own[frame["outcome"] == ACCEPTED]
    if len(accepted) and (accepted != "").all() and accepted.is_unique:
        return _unique(own.where(own != "", pd.Series(_made(frame), index=frame.index)).tolist())
    known = own.str.strip().str.upper()
    given = known.map(is_facility_id) & ~known.duplicated()
    return _unique(known.where(given, pd.Series(_made(frame), index=frame.index)).tolist())


def _made(frame: pd.DataFrame) -> list[str]:
    named = zip(*(frame[column].tolist() for column in _IDENTITY), strict=True)
    return [
        "f" + hashlib.sha1("|".join(parts).encode(), usedforsecurity=False).hexdigest()[:10]
        for parts in named
    ]


def _unique(ids: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for number in ids:
        seen[number] = seen.get(number, 0) + 1
        unique.append(number if seen[number] == 1 else f"{number}-{seen[number]}")
    return unique
