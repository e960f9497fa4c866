"""`review`, `history`, `restore`, `round open`: what a planner decides, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from core.errors import InputError, SettingError
from data.store import Connection, Store, schema
from data.store.records import (
    ACCEPTED,
    RETURNED,
    SENT,
    Submission,
    city_named,
    current_lists,
    list_versions,
    office_named,
    offices,
    rounds,
    submission_by,
)
from jobs.collect.cities import numbers_for
from jobs.collect.differences import carried
from jobs.collect.kept_lists import list_bytes, list_rows
from jobs.collect.permissions import NotAllowedError, actor, actor_in
from jobs.collect.preview import OfficeChange, changes
from jobs.collect.words import STATES, shown
from jobs.collect.words import who as named

FORMAT: Final = 1


def open_round(
    store: Store, name: str, *, city: str, due: str, asked: Sequence[str] = (), by: str = ""
) -> Mapping[str, Any]:
    """Ask offices (all that answer for a unit, or those that are named) for their lists until a day."""
    who = actor(store, by)
    who.require("round.open")
    try:
        day = date.fromisoformat(due).isoformat()
    except ValueError as error:
        raise SettingError("“{at}” is no date; write it as 2026-03-31.", at=due) from error
    with store.write(by=who.name) as writing:
        connection = writing.connection
        of = city_named(connection, city)
        if any(one.name == name for one in rounds(connection, of)):
            raise SettingError("{city} has a round “{name}” already.", city=city, name=name)
        every = [office for office in offices(connection, of) if office.unit_id] or list(
            offices(connection, of)
        )
        chosen = [office_named(connection, of, word) for word in dict.fromkeys(asked)] or every
        number = writing.add(schema.round_, city_id=of.id, name=name, opened_at=writing.at, due=day)
        for office in chosen:
            writing.add(schema.round_office, round_id=number, office_id=office.id)
        writing.event("round.open", round=name, city=city)
    return {
        "format": FORMAT,
        "name": name,
        "city": city,
        "due": day,
        "offices": [office.name for office in chosen],
    }


def review(store: Store, number: str, *, accept: bool, remark: str = "", by: str = "") -> Mapping[str, Any]:
    """Accept a submission, which makes its list the office's part of the city's list, or return it.

    Nobody accepts what they sent themselves, but for the one local user of a store without people. One that
    is not waiting for a decision is refused with who decided on it and when; of two who decide at once,
    one is. It is on disk when this returns.
    """
    who = actor(store, by)
    who.require("submission.review")
    with store.read() as connection:
        seen = submission_by(connection, number)
    _require_waiting(seen)
    if accept and seen.sent_by == who.name and not who.is_local:
        raise NotAllowedError("{name} has sent this list; somebody else has to accept it.", name=who.name)
    # Computed before the lock is taken, on what is looked at again under it.
    (made,) = changes(store, [number])
    with store.write(by=who.name) as writing:
        connection = writing.connection
        actor_in(connection, by).require("submission.review")
        now = submission_by(connection, number)
        _require_waiting(now)
        if (now.version, now.step) != (seen.version, seen.step):
            raise InputError("A newer version of {id} has been sent meanwhile; look at that one.", id=number)
        state = ACCEPTED if accept else RETURNED
        values = {"step": now.step + 1, "version": now.version, "state": state, "remark": remark}
        writing.add(schema.submission_state, submission_id=number, **values, at=writing.at, by=writing.by)
        version = None
        if accept:
            of = city_named(connection, now.city)
            last = current_lists(connection, of).get(now.office_id)
            version = last.version + 1 if last else 1
            rows = carried(made.before, made.after, made.found.pairs)
            rows = rows.assign(facility_id=_numbers(store, connection, made))
            writing.add(
                schema.office_list, office_id=now.office_id, version=version,
                sha256=writing.keep(list_bytes(rows)), facilities=len(rows), submission_id=number,
                from_version=None, at=writing.at, by=writing.by,
            )  # fmt: skip
        writing.event(f"submission.{state}", submission=number)
    return {"format": FORMAT, "id": number, "state": state, "office": seen.office, "version": version}


def restore(store: Store, *, city: str, office: str, to: int, by: str = "") -> Mapping[str, Any]:
    """An earlier version of an office's list as its newest one; nothing between them is lost."""
    who = actor(store, by)
    who.require("list.restore")
    with store.write(by=who.name) as writing:
        connection = writing.connection
        of = city_named(connection, city)
        whose = office_named(connection, of, office)
        known = [one for one in list_versions(connection, of) if one.office_id == whose.id]
        found = next((one for one in known if one.version == to), None)
        if found is None:
            raise InputError(
                "“{office}” has no version {version}; it has 1 to {last}.",
                office=office,
                version=to,
                last=len(known),
            )
        version = len(known) + 1
        writing.add(
            schema.office_list, office_id=whose.id, version=version, sha256=found.sha256,
            facilities=found.facilities, submission_id=None, from_version=to, at=writing.at, by=writing.by,
        )  # fmt: skip
        writing.event("list.restore", city=city, office=office)
    return {"format": FORMAT, "city": city, "office": office, "version": version, "from": to}


def history(store: Store, *, city: str, by: str = "") -> Mapping[str, Any]:
    """Every version of every office's list, oldest first: who, when, and where it came from."""
    who = actor(store, by)
    who.require("city.read")
    with store.read() as connection:
        found = list_versions(connection, city_named(connection, city))
    return {
        "format": FORMAT,
        "city": city,
        "versions": [
            {
                "office": one.office,
                "version": one.version,
                "facilities": one.facilities,
                "at": one.at,
                "by": one.by,
                "submission": one.submission_id,
                "from": one.from_version,
                "sha256": one.sha256,
            }
            for one in found
        ],
    }


def _require_waiting(found: Submission) -> None:
    if found.state != SENT:
        raise InputError(
            "{id} is not waiting for a decision: it is {state} since {at}, by {by}.",
            id=found.id,
            state=STATES[found.state],
            at=shown(found.at),
            by=named(found.by),
        )


def _numbers(store: Store, connection: Connection, made: OfficeChange) -> list[str]:
    """The facilities' own numbers: known ones stay, new ones get one that no office has."""
    known = {new: str(made.before["facility_id"].iloc[old]) for old, new in made.found.pairs}
    lists = current_lists(connection, city_named(connection, made.submission.city)).values()
    elsewhere = [number for one in lists for number in list_rows(store.files, one.sha256)["facility_id"]]
    return numbers_for(made.after["facility_id"].astype(str).tolist(), known, elsewhere)
