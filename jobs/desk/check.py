"""An office's list checked before it is sent, by the city's units and with what the office decided before."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from core.progress import Progress, part, silent
from core.text import text
from data.files import digest
from data.intake.decisions import Decisions, recall_decisions
from data.intake.findings import ERROR, WARNING, Finding
from data.intake.groups import Part
from data.intake.judge import judge
from data.store import Store
from data.store.records import city_named, findings_of, last_decisions, office_named, originals
from jobs.collect.decisions import OfficeDecisions, decisions_from, made_of, rows_of
from jobs.collect.permissions import actor
from jobs.collect.submit import read_for
from jobs.collect.workbooks import numbers_in
from jobs.desk.desk import Desk, SentList
from jobs.lists.check import CheckReport, written
from locales import DEFAULT_LANGUAGE


@dataclass(frozen=True)
class OwnList:
    """Lists to be sent for an office: its files, who sends them, and what was said of them so far."""

    city: str
    office: str
    paths: tuple[Path, ...]
    by: str = ""
    datum: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[Part, str] = field(default_factory=dict)


def check_own_list(
    store: Store,
    own: OwnList,
    *,
    out: Path,
    memory: Path,
    language: str = DEFAULT_LANGUAGE,
    progress: Progress = silent,
) -> CheckReport:
    """The lists read and judged as `submit` reads and judges them, with the result folder `out` of `check`.

    What the office decided about earlier lists is applied, and what `memory` remembers of this one.
    NotAllowedError for another office.
    """
    known = _known(store, own)
    with store.read() as connection:
        city = city_named(connection, own.city)
    held = OfficeDecisions(own.datum, own.columns, parts=own.parts).with_earlier(known)
    intake, decisions = read_for(
        store, city, own.paths, held, datum=own.datum, progress=part(progress, 0.0, 0.8)
    )
    recalled = recall_decisions(memory)
    if (recalled.placed or recalled.groups) and intake.reading is not None:
        decisions = Decisions(
            decisions.columns,
            {**decisions.placed, **recalled.placed},
            {**decisions.groups, **recalled.groups},
        )
        intake = judge(intake.reading, decisions)
    progress(0.8, text("Writing the findings"))
    decisions = replace(decisions, columns=held.columns)
    report = written(CheckReport(intake, out, language, memory, decisions), own.paths)
    progress(1.0, text("Done"))
    return report


def decided_in(store: Store, own: OwnList, report: CheckReport) -> OfficeDecisions:
    """All that the office decides with this list: what was said of it, and of rows that are not in it what
    was decided earlier. What was taken back is not in it."""
    here = made_of(report.intake, report.decisions, datum=own.datum)
    known = _known(store, own).without(rows_of(report.intake.frame))
    return replace(here, parts=own.parts).with_earlier(known)


def _known(store: Store, own: OwnList) -> OfficeDecisions:
    who = actor(store, own.by)
    with store.read() as connection:
        office = office_named(connection, city_named(connection, own.city), own.office)
        who.require("submission.send", office)
        sha256 = last_decisions(connection, office)
    return decisions_from(store.files.get(sha256)) if sha256 else OfficeDecisions()


@dataclass(frozen=True)
class Settled:
    """Of `count` findings to fix or to look at in the office's last list, so many are settled."""

    count: int
    settled: int


def settled(store: Store, desk: Desk, report: CheckReport) -> Settled | None:
    """How much of what was found in the office's last sent list this one settles; None without a last one.

    A finding is still open where one of the same kind in the same column concerns the same facility or
    stands in the same row: so no more are called settled than are.
    """
    last = desk.open_list
    if last is None:
        return None
    with store.read() as connection:
        sha256 = findings_of(connection, last.now.id, last.now.version)
    before = pd.read_csv(io.BytesIO(store.files.get(sha256)), dtype=str, keep_default_na=False)
    before = before[before["level"].isin((ERROR, WARNING))]
    now = findings_with_facilities(report.intake.findings, report.intake.frame)
    left = [row for row in now if row["level"] in (ERROR, WARNING)]
    still = 0
    for row in before.to_dict("records"):
        same = next((one for one in left if _is_same(row, one)), None)
        if same is not None:
            left.remove(same)
            still += 1
    return Settled(len(before), len(before) - still)


def findings_with_facilities(findings: Sequence[Finding], frame: pd.DataFrame) -> list[dict[str, str]]:
    """Findings as words, each with the name that its row says."""
    rows = frame[["source_file", "source_sheet", "source_row", "name"]].itertuples(index=False)
    names = {(str(file), str(sheet), int(row)): str(name) for file, sheet, row, name in rows}
    return [
        {
            **{name: str(getattr(one, name)) for name in ("sheet", "row", "column", "level", "code")},
            "facility": names.get((one.file, one.sheet, one.row), ""),
        }
        for one in findings
    ]


def _is_same(before: Mapping[Any, Any], now: Mapping[str, str]) -> bool:
    if (before["code"], before["column"]) != (now["code"], now["column"]):
        return False
    named = before.get("facility", "")
    same_row = (before["sheet"], before["row"]) == (now["sheet"], now["row"])
    return bool(named and named == now["facility"]) or same_row


def rows_to_mend(report: CheckReport) -> set[tuple[str, str, int]]:
    """(file, sheet, row) of the rows of which something is to be fixed or looked at."""
    return {
        (one.file, one.sheet, one.row)
        for one in report.intake.findings
        if one.level in (ERROR, WARNING) and one.row
    }


def rows_remarked(
    store: Store, returned: SentList, brought: Sequence[Path], report: CheckReport
) -> set[tuple[str, str, int]]:
    """(file, sheet, row) of the rows that remarks on a returned list are about. Where the files `brought` are
    other ones than were returned, only facilities that have their own number there are found."""
    with store.read() as connection:
        sent = {sha256 for _, sha256 in originals(connection, returned.now.id, returned.now.version)}
        is_same = {digest(path) for path in brought} == sent
        numbers = numbers_in(store, connection, returned.now) if is_same else _own_numbers(report)
    wanted = {one.facility_id for one in returned.remarks if one.facility_id}
    found = {place for place, number in numbers.items() if number in wanted}
    if is_same:
        tables = {(table.file, table.sheet.name) for table in report.intake.tables}
        found |= {
            (file, sheet, one.row)
            for one in returned.remarks
            for file, sheet in tables
            if one.row and one.sheet in ("", sheet)
        }
    return found


def _own_numbers(report: CheckReport) -> dict[tuple[str, str, int], str]:
    frame = report.intake.frame[["source_file", "source_sheet", "source_row", "facility_id"]]
    return {(str(a), str(b), int(row)): str(n).upper() for a, b, row, n in frame.itertuples(index=False)}
