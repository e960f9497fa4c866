"""`submit`: an office's list is read, kept with its original, and sent."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from core.errors import InputError, SettingError
from core.progress import Progress, part, silent
from core.text import text
from data.intake.decisions import Decisions
from data.intake.facility_numbers import ALPHABET
from data.intake.intake import Intake
from data.intake.read import ListRequest, read_lists
from data.store import Connection, Store, schema
from data.store.engine import Writing
from data.store.records import (
    DRAFT,
    RETURNED,
    SENT,
    City,
    Submission,
    city_named,
    last_decisions,
    office_named,
    originals,
    round_named,
    submission_by,
    submissions,
)
from data.store.tidy import KEEP_DAYS
from jobs.assess.folder import findings_table
from jobs.collect.cities import units_of_city
from jobs.collect.decisions import OfficeDecisions, decisions_from, judged_with
from jobs.collect.kept_lists import kept_rows, list_bytes
from jobs.collect.limits import require_room
from jobs.collect.permissions import actor, actor_in
from locales import DEFAULT_LANGUAGE

FORMAT: Final = 1


@dataclass(frozen=True)
class Sending:
    """For whom lists are sent: city, office, and the round if there is one; a `draft` is only kept. What is
    said about the lists is kept in a `language`."""

    city: str
    office: str
    round: str = ""
    draft: bool = False
    datum: str = "auto"
    language: str = DEFAULT_LANGUAGE


def submit(
    store: Store,
    paths: Sequence[Path],
    sending: Sending,
    *,
    by: str = "",
    decisions: OfficeDecisions | None = None,
    progress: Progress = silent,
) -> Mapping[str, Any]:
    """Read the lists as `check` does, keep originals and what was understood, and send them.

    What the office decided about its last list holds for this one too, unless `decisions` says all that it
    decides. A draft, a list
    that was returned and one that nobody has decided on yet are replaced by a new version of the same
    submission; what was sent before stays as it was. InputError where nothing of the lists can be used: then
    nothing is kept. It is on disk when this returns.
    """
    who = actor(store, by)
    with store.read() as connection:
        city = city_named(connection, sending.city)
        office = office_named(connection, city, sending.office)
        who.require("submission.send", office)
        _require_asked(connection, city, sending.round, office.name)
        if not who.is_local:
            require_room(connection, who.name, [path.stat().st_size for path in paths if path.is_file()])
        earlier = last_decisions(connection, office)
    known = decisions_from(store.files.get(earlier)) if earlier else OfficeDecisions()
    held = decisions if decisions is not None else OfficeDecisions(sending.datum).with_earlier(known)
    intake, _ = read_for(store, city, paths, held, datum=sending.datum, progress=part(progress, 0.0, 0.9))
    rows = kept_rows(intake)
    if not len(rows) and not sending.draft:
        intake.table("EPSG:4549")  # says why
        raise InputError("The lists hold no facility.")
    progress(0.9, text("Keeping the list"))
    contents = [(path.name, path.read_bytes()) for path in paths]
    with store.write(by=who.name) as writing:
        connection = writing.connection
        actor_in(connection, by).require("submission.send", office)
        open_ones = [
            one
            for one in submissions(connection, city=city.name)
            if one.office_id == office.id
            and one.round == sending.round
            and one.state in (DRAFT, SENT, RETURNED)
        ]
        if open_ones:
            number, version, step = open_ones[-1].id, open_ones[-1].version + 1, open_ones[-1].step + 1
        else:
            number, version, step = _number(), 1, 1
            round_id = round_named(connection, city, sending.round).id if sending.round else None
            writing.add(schema.submission, id=number, office_id=office.id, round_id=round_id)
        findings = _findings(intake, sending.language)
        writing.add(
            schema.submission_version,
            submission_id=number,
            version=version,
            list_sha256=writing.keep(list_bytes(rows)),
            findings_sha256=writing.keep(findings),
            rows=intake.rows,
            accepted=intake.accepted_count,
            refused=intake.refused_count,
            set_aside=intake.set_aside_count,
        )
        _keep_originals(writing, contents, number, version)
        if held != OfficeDecisions():
            sha256 = writing.keep(held.content())
            writing.add(schema.submission_decisions, submission_id=number, version=version, sha256=sha256)
        state = DRAFT if sending.draft else SENT
        step_of = {"step": step, "version": version, "state": state, "remark": ""}
        writing.add(schema.submission_state, submission_id=number, **step_of, at=writing.at, by=writing.by)
        writing.event(f"submission.{state}", submission=number)
    progress(1.0, text("Done"))
    with store.read() as connection:
        return submission_document(connection, submission_by(connection, number))


def read_for(
    store: Store,
    city: City,
    paths: Sequence[Path],
    held: OfficeDecisions,
    *,
    datum: str = "auto",
    progress: Progress = silent,
) -> tuple[Intake, Decisions]:
    """Lists judged by the city's units, with what their office decided about earlier ones; and the decisions
    that these rows were judged by.

    A coordinate system that the office named counts where nothing in the list or beside it decides.
    """
    units, known = units_of_city(store, city)
    request = ListRequest(
        datum,
        units.table if units else None,
        units_known=known,
        decisions=Decisions(columns=held.columns),
        parts=held.parts,
    )
    intake = read_lists(paths, request, progress=progress)
    if not intake.datum.decided and held.datum not in ("auto", datum):
        intake = read_lists(paths, replace(request, datum=held.datum))
    return judged_with(intake, held)


def submission_document(connection: Connection, found: Submission) -> Mapping[str, Any]:
    """A submission as `submit --json` prints it."""
    return {
        "format": FORMAT,
        "id": found.id,
        "version": found.version,
        "state": found.state,
        "rows": found.rows,
        "accepted": found.accepted,
        "refused": found.refused,
        "set_aside": found.set_aside,
        "sha256": [sha256 for _, sha256 in originals(connection, found.id, found.version)],
    }


def submissions_document(store: Store, *, city: str = "", by: str = "") -> Mapping[str, Any]:
    """Those that the actor may see, as `submissions --json` prints them."""
    who = actor(store, by)
    who.require("submission.list")
    with store.read() as connection:
        if city:
            city_named(connection, city)
        seen = [one for one in submissions(connection, city=city) if who.sees(one.office_id)]
    return {
        "format": FORMAT,
        "submissions": [
            {
                "id": one.id,
                "office": one.office,
                "round": one.round,
                "state": one.state,
                "version": one.version,
                "sent_at": one.sent_at,
                "sent_by": one.sent_by,
                "city": one.city,
                "remark": one.remark,
            }
            for one in seen
        ],
    }


def _require_asked(connection: Connection, city: City, in_round: str, office: str) -> None:
    """SettingError where a list is sent for a round that does not ask its office."""
    if in_round and office not in round_named(connection, city, in_round).offices:
        raise SettingError("The round “{round}” does not ask “{office}”.", round=in_round, office=office)


def _keep_originals(
    writing: Writing, contents: Sequence[tuple[str, bytes]], number: str, version: int
) -> None:
    day = (date.today() + timedelta(days=KEEP_DAYS)).isoformat()
    for position, (name, content) in enumerate(contents):
        sha256 = writing.keep(content, delete_after=day)
        kept = {"position": position, "name": name, "sha256": sha256}
        writing.add(schema.submission_file, submission_id=number, version=version, **kept)


def _number() -> str:
    """A number to call a submission by; at random, so that nobody guesses another's."""
    return "S" + "".join(secrets.choice(ALPHABET) for _ in range(9))


def _findings(intake: Intake, language: str) -> bytes:
    """What was said of a list, as a table: each finding with the name of the facility in its row."""
    rows = intake.frame[["source_file", "source_sheet", "source_row", "name"]].itertuples(index=False)
    names = {(str(file), str(sheet), int(row)): name for file, sheet, row, name in rows}
    facility = [names.get((one.file, one.sheet, one.row), "") for one in intake.findings]
    table = findings_table(intake.findings, language=language).assign(facility=facility)
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")
