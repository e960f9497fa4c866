"""`check`: read lists and say what is wrong with them, before anything is computed; then decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import SettingError
from core.progress import Progress, silent
from core.progress import part as stretch
from core.text import text
from coverage.model.tables import UnitTable
from data.files import write_json
from data.intake.datum.coordinates import AUTO
from data.intake.datum.origin import in_true_coordinates, layer_datum, shifted_layer
from data.intake.datum.reference import read_reference
from data.intake.decisions import (
    PROPOSAL,
    Decisions,
    GroupChoice,
    Place,
    recall,
    recall_decisions,
    remember,
    remember_decisions,
)
from data.intake.findings import ERROR, Finding
from data.intake.groups import Part
from data.intake.intake import Intake
from data.intake.judge import judge
from data.intake.read import ListRequest, read_facilities, read_lists
from data.intake.review import Candidate, Column, Group, ToLocate, candidates, columns, groups, to_locate
from data.intake.store import keep_originals, store_original
from data.intake.workbook import workbooks_of, write_accepted, write_findings, write_not_open
from data.units import read_units
from data.vector import read_vector
from data.whole_folder import PROVENANCE, whole_folder
from jobs.assess.folder import program_stamp
from locales import DEFAULT_LANGUAGE, translator

FORMAT = 1
# What an earlier check may have written and this one need not; decisions and originals stay.
PRODUCT = (
    *("accepted.csv", "accepted.csvt", "accepted.json", "planned.csv", "planned.csvt"),
    *("findings.xlsx", "findings.xlsm", "findings"),
)


@dataclass(frozen=True)
class ListFiles:
    """Lists to check, `datum` as on the command line, and what is known of the area: units, and a
    reference layer in true coordinates (buildings, named places or units of the same names).

    `columns` is the user's mapping (title as in `CheckReport.columns` → field, "" to leave one out); it
    is remembered in the folder `memory` for `office`, as are placings and decisions, and every list is
    kept there under its SHA-256. Without `memory` the result folder remembers. `stored` are lists that
    are kept already (`accepted.csv` of earlier checks): what stands in them too is told. `parts` are
    systems chosen for parts of a mixed list: (file, sheet, source) → datum. Columns with data on persons
    are read only if `personal` is wanted.
    """

    paths: Sequence[Path]
    datum: str = AUTO
    units: Path | None = None
    reference: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    memory: Path | None = None
    office: str = ""
    stored: Sequence[Path] = ()
    parts: Mapping[Part, str] = field(default_factory=dict)
    personal: bool = False


@dataclass(frozen=True)
class KnownUnits:
    """A units layer as lists are held against it, the remarks on it, and whether its system is known."""

    table: UnitTable | None = None
    remarks: tuple[Finding, ...] = ()
    known: bool = True


@dataclass(frozen=True)
class CheckReport:
    """What a check found; `folder` holds `accepted.csv`, `planned.csv`, `workbooks()` and the originals.

    `decisions` are in `intake` already; `memory` is where they are kept. `remarks` are on the layers.
    """

    intake: Intake
    folder: Path
    language: str = DEFAULT_LANGUAGE
    memory: Path | None = None
    decisions: Decisions = field(default_factory=Decisions)
    remarks: tuple[Finding, ...] = ()

    def columns(self) -> tuple[Column, ...]:
        """The columns as they were recognised; an entry's `title` is its key in `ListFiles.columns`."""
        return columns(self.intake)

    def systems(self, *, most: int = 3, sample: int = 300) -> tuple[Candidate, ...]:
        """The coordinate systems it may be in, likeliest first, with at most `sample` points under each."""
        return candidates(self.intake, most=most, sample=sample)

    def groups(self) -> tuple[Group, ...]:
        """Facilities that seem to be one, decided on or not."""
        return groups(self.intake, self.decisions)

    def to_locate(self) -> tuple[ToLocate, ...]:
        """Facilities without a usable place, those that somebody placed included."""
        return to_locate(self.intake)

    def workbooks(self) -> dict[str, Path]:
        """File of the lists → the workbook of findings that goes back to its sender."""
        return workbooks_of(self.intake, self.folder)

    def as_json(self) -> dict[str, Any]:
        """The object that `check --json` prints."""
        tr = translator(self.language)
        intake = self.intake
        return {
            "format": FORMAT,
            "rows": intake.rows,
            "accepted": intake.accepted_count,
            "refused": intake.refused_count,
            "set_aside": intake.set_aside_count,
            "datum": {
                "system": intake.datum.system,
                "decided": intake.datum.decided,
                "confidence": round(intake.datum.confidence, 4),
            },
            "findings": [
                {
                    "file": finding.file,
                    "sheet": finding.sheet,
                    "row": finding.row,
                    "column": finding.column,
                    "level": finding.level,
                    "code": finding.code,
                    "message": tr(finding.message),
                }
                for finding in intake.findings
            ],
        }


def check_lists(
    lists: ListFiles, *, out: Path, progress: Progress = silent, language: str = DEFAULT_LANGUAGE
) -> CheckReport:
    """Read the lists, apply what was decided on earlier, and write the folder `out`.

    InputError or SettingError for what cannot be used at all.
    """
    progress(0.0, text("Reading units and reference layers"))
    memory = lists.memory or out
    units = _units(lists.units, lists.reference)
    reference = read_reference(lists.reference) if lists.reference else None
    progress(0.2, text("Reading the lists"))
    decisions = replace(recall_decisions(memory), columns=_columns(lists, memory))
    request = ListRequest(
        lists.datum,
        units.table,
        reference,
        decisions,
        _stored(lists.stored),
        lists.parts,
        lists.personal,
        units_known=units.known,
    )
    intake = read_lists(lists.paths, request, progress=stretch(progress, 0.2, 0.8))
    progress(0.8, text("Writing the findings"))
    report = CheckReport(intake, out, language, memory, decisions, units.remarks)
    if lists.memory is not None:
        for path in lists.paths:
            store_original(path, lists.memory / "originals")
    report = written(report, lists.paths)
    progress(1.0, text("Done"))
    return report


def place_rows(report: CheckReport, places: Mapping[str, tuple[float, float] | Place | None]) -> CheckReport:
    """The check with some rows placed on the map: row id → (longitude, latitude) in WGS-84, or None to
    take a placing back. Remembered in `placed.csv`; the folder is written anew.

    SettingError for a row that the lists do not have, one without name or type, or an impossible place.
    """
    known = {row.facility_id: row for row in report.intake.frame.itertuples(index=False)}
    placed = dict(report.decisions.placed)
    for row_id, where in places.items():
        row = known.get(row_id)
        if row is None or not (row.name and row.tier):
            raise SettingError("The list has no facility with the number “{row}” to be placed.", row=row_id)
        placed.pop(row_id, None)
        if where is not None:
            place = where if isinstance(where, Place) else Place(float(where[0]), float(where[1]))
            placed[row_id] = replace(place, name=str(row.name), address=str(row.address))
    return _decided(report, replace(report.decisions, placed=placed))


def accept_proposals(report: CheckReport, rows: Sequence[str] = ()) -> CheckReport:
    """The check with the mended coordinates that its findings propose: of some rows (ids), else of all that
    have any and are not placed. Remembered as placings are.

    SettingError for a row of which nothing is proposed.
    """
    proposed = {row.row_id: row.proposed for row in report.to_locate() if row.proposed and row.lon is None}
    wrong = next((row for row in rows if row not in proposed), None)
    if wrong is not None:
        raise SettingError("No coordinates are proposed for the facility with the number “{row}”.", row=wrong)
    return place_rows(report, {row: Place(*proposed[row], by=PROPOSAL) for row in rows or proposed})


def decide_groups(report: CheckReport, choices: Mapping[str, str | GroupChoice]) -> CheckReport:
    """The check with decisions on facilities listed twice: group id → “merge”, “keep”, “drop”, a
    GroupChoice, or "" to take a decision back. Remembered in `decisions.csv`; the folder is written anew.

    SettingError for a group that there is not, or another word.
    """
    names = {group.id: "; ".join(m.name for m in group.members) for group in report.groups()}
    groups = dict(report.decisions.groups)
    for group, choice in choices.items():
        if group not in names:
            raise SettingError("There is no group “{group}” of facilities listed twice.", group=group)
        groups.pop(group, None)
        if choice:
            chosen = choice if isinstance(choice, GroupChoice) else GroupChoice(choice)
            groups[group] = replace(chosen, names=names[group])
    return _decided(report, replace(report.decisions, groups=groups))


def _decided(report: CheckReport, decisions: Decisions) -> CheckReport:
    if report.intake.reading is None:
        raise RuntimeError("an intake that was not read cannot be judged anew")
    remember_decisions(report.memory or report.folder, decisions)
    bare = replace(report, intake=judge(report.intake.reading, decisions), decisions=decisions)
    return written(bare)


def written(report: CheckReport, lists: Sequence[Path] = ()) -> CheckReport:
    """The report with the remarks on layers among its findings, and its folder as it says, replaced as a
    whole; `lists` are kept in it as they were sent, where they are not there yet."""
    intake = replace(report.intake, findings=(*report.remarks, *report.intake.findings))
    with whole_folder(report.folder, product=PRODUCT) as folder:
        keep_originals(lists, folder)
        write_accepted(intake, folder / "accepted.csv")
        write_not_open(intake, folder / "planned.csv")
        originals = folder if lists else report.folder
        write_findings(intake, folder, translator(report.language), originals=originals)
        inputs = {f"facilities:{file.name}": file.sha256 for file in intake.files}
        write_json(folder / PROVENANCE, {**program_stamp(), "verb": "check", "inputs": inputs})
    return replace(report, intake=intake)


def _columns(lists: ListFiles, memory: Path) -> Mapping[str, str]:
    """The user's mapping on top of what was confirmed earlier; remembered if there is one."""
    if lists.columns:
        remember(memory, lists.office, lists.columns)
    return recall(memory, lists.office)


def _stored(paths: Sequence[Path]) -> pd.DataFrame | None:
    return read_facilities(paths, datum="wgs84").accepted if paths else None


def _units(path: Path | None, reference_path: Path | None) -> KnownUnits:
    """The units, unless the reference layer shows that they are shifted; then a finding says so. Outlines
    that are known to be in GCJ-02 are converted."""
    if path is None:
        return KnownUnits()
    read = read_units(path)
    if reference_path is not None:
        against = layer_datum(read.table.frame, read_vector(reference_path))
        shifted = shifted_layer(against)
        if shifted is not None:
            wrong = Finding(path.name, "", 0, "", ERROR, "shifted-layer", shifted)
            return KnownUnits(None, (*read.findings, wrong))
        if against.decided:
            return KnownUnits(read.table, read.findings)
    table, known, said = in_true_coordinates((path,), read.table)
    return KnownUnits(table, (*read.findings, *said), known=known)
