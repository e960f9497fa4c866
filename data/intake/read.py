"""Facility lists → Intake: the one door for what district offices send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd

from core.progress import Progress, part, reporting, silent
from core.text import text
from coverage.model.tables import UnitTable
from data.formats.raw import RawFile
from data.formats.read import read_files
from data.intake.assemble import frame_of
from data.intake.convert import converted, refuse_unplaced, tell_systems
from data.intake.coordinates import AUTO, wanted_system
from data.intake.decisions import Decisions
from data.intake.drafts import Draft
from data.intake.findings import ERROR, INFO, Finding, Notebook
from data.intake.groups import Context, Part, find_systems
from data.intake.intake import Intake, Reading
from data.intake.judge import judge
from data.intake.locate import Located, locate
from data.intake.placing import Bounds
from data.intake.reference import Reference, reference_of
from data.intake.rows import read_rows
from data.intake.sheets import Table, tables_of


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
    files = read_files(paths, progress=part(progress, 0.0, 0.4))
    findings: list[Finding] = []
    tables = [table for file in files for table in _tables(file, decisions.columns, findings)]
    notes = {n: Notebook(table.file, table.sheet.name, findings) for n, table in enumerate(tables)}
    area = _area(units) or request.area
    known = reference_of(reference) if isinstance(reference, gpd.GeoDataFrame) else reference
    drafts: list[list[Draft]] = []
    located: list[Located] = []
    judging = part(progress, 0.4, 0.7)
    for number, table in enumerate(reporting(tables, judging, text("Reading the rows"), count=len(tables))):
        drafts.append(read_rows(table, number, notes[number], personal=request.personal))
        located.append(locate(drafts[-1], table, notes[number], area))
    frame = frame_of(tables, drafts, located)
    context = Context(units, known, area, request.stored, request.units_known)
    progress(0.7, text("Finding out the coordinate system"))
    chosen = {where: wanted_system(datum) for where, datum in request.parts.items()}
    systems = find_systems(frame, tables, wanted, context, chosen)
    decision = systems.overall
    frame = refuse_unplaced(converted(frame, systems.by_row), systems.overall, notes)
    tell_systems(frame, tables, decision, notes)
    progress(0.85, text("Judging the rows"))
    return judge(Reading(frame, tuple(findings), decision, files, tuple(tables), context), decisions)


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
