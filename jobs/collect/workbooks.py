"""The workbooks of an office: its list as it goes back to it, and its part of the city's list to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import InputError
from core.text import Text, text
from coverage.model.standard import Standard
from data.files import file_name, write_bytes
from data.intake.template import write_template
from data.intake.workbook import Reviewed, write_findings_workbook
from data.store import Connection, Store
from data.store.records import (
    ACCEPTED,
    Office,
    Submission,
    city_named,
    current_lists,
    last_decisions,
    office_named,
    originals,
    remarks,
    submission_by,
)
from jobs.collect.changes import changes_in
from jobs.collect.cities import standard_of
from jobs.collect.decisions import OfficeDecisions, decisions_from
from jobs.collect.kept_lists import joined, list_rows
from jobs.collect.permissions import actor
from jobs.collect.submit import read_for
from locales import DEFAULT_LANGUAGE, translator

_STATUS = {
    "open": text("in operation"), "planned": text("planned"), "closed": text("closed"),
}  # fmt: skip
_TIERS = {"centre": text("Service centre"), "station": text("Service station")}


def returned_workbooks(
    store: Store, number: str, folder: Path, *, by: str = "", language: str = DEFAULT_LANGUAGE
) -> tuple[Path, ...]:
    """The lists of a submission as they go back, one workbook a file: the office's own layout, what the check
    found, what the planners remarked at rows and cells, and the facilities' own numbers.

    NotAllowedError for another office's; InputError where the originals were deleted on their day.
    """
    who = actor(store, by)
    with store.read() as connection:
        found = submission_by(connection, number)
        city = city_named(connection, found.city)
        office = office_named(connection, city, found.office)
        who.require("submission.read", office)
        files = originals(connection, number, found.version)
        numbers = numbers_in(store, connection, found)
        said = remarks(connection, number)
        held = last_decisions(connection, office)
    work = folder / "originals"
    paths, contents = [], {}
    for name, sha256 in files:
        try:
            contents[name] = store.files.get(sha256)
        except InputError as lost:
            raise InputError("The original of {id} is no longer kept.", id=number) from lost
        paths.append(work / file_name(name))
        write_bytes(paths[-1], contents[name])
    decisions = decisions_from(store.files.get(held)) if held else OfficeDecisions()
    made = []
    for path, (name, _) in zip(paths, files, strict=True):
        intake, _ = read_for(store, city, [path], decisions)
        own = {(sheet, row): n for (file, sheet, row), n in numbers.items() if file in (name, path.name)}
        at = {n: place for place, n in own.items()}
        notes = [
            (*at[one.facility_id], 0, one.said)
            if one.facility_id in at
            else (one.sheet, one.row, one.column, one.said)
            for one in said
        ]
        out = folder / file_name(f"{Path(name).stem}.xlsx")
        reviewed = Reviewed(own, notes, found.remark)
        write_findings_workbook(intake, out, translator(language), original=contents[name], reviewed=reviewed)
        made.append(out)
        path.unlink()
    work.rmdir()
    return tuple(made)


def office_template(
    store: Store, path: Path, *, city: str, office: str, by: str = "", language: str = DEFAULT_LANGUAGE
) -> int:
    """An office's part of the city's list as a workbook to fill in, with the facilities' own numbers; returns
    how many facilities it holds. NotAllowedError for another office's."""
    who = actor(store, by)
    with store.read() as connection:
        of = city_named(connection, city)
        whose = office_named(connection, of, office)
        who.require("submission.read", whose)
        rows = _current_rows(store, connection, whose, city)
    say, standard = translator(language), standard_of(store, city)
    write_template(path, say, [_filled(row, standard, say) for row in rows.to_dict("records")])
    return len(rows)


def _current_rows(store: Store, connection: Connection, office: Office, city: str) -> pd.DataFrame:
    lists = current_lists(connection, city_named(connection, city))
    return list_rows(store.files, lists[office.id].sha256) if office.id in lists else joined([])


def _filled(row: Mapping[Any, Any], standard: Standard, say: Any) -> dict[str, str | float]:
    tier = _TIERS.get(row["tier"])
    status: Text | None = _STATUS.get(row["status"])
    words = {
        **{str(name): value for name, value in row.items()},
        "tier": say(tier if tier is not None else standard.tier_title(row["tier"])),
        "status": say(status) if status is not None else row["status"],
        "residents": row["residents_declared"],
    }
    return {name: value if isinstance(value, str) else float(value) for name, value in words.items()}


def numbers_in(store: Store, connection: Connection, found: Submission) -> dict[tuple[str, str, int], str]:
    """(file, sheet, row) of a submission's list → the number of the facility: of all that the office's list
    has once it was accepted, before that of those that are recognised."""
    if found.state == ACCEPTED:
        rows = list_rows(
            store.files, current_lists(connection, city_named(connection, found.city))[found.office_id].sha256
        )
        numbers = rows["facility_id"].astype(str).tolist()
    else:
        (made,) = changes_in(connection, store.files, [found.id])
        known = {new for _, new in made.found.pairs}
        rows = made.after.iloc[sorted(known)]
        numbers = [made.numbers[row] for row in sorted(known)]
    places = zip(rows["source_file"], rows["source_sheet"].fillna(""), rows["source_row"], strict=True)
    return {
        (str(file), str(sheet), int(row)): number
        for (file, sheet, row), number in zip(places, numbers, strict=True)
        if row == row
    }
