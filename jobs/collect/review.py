"""`review`, `history`, `restore`, `round open`: what a planner decides, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.errors import InputError, SettingError
from core.text import labelled, listed
from data.store import Store, schema
from data.store.records import (
    ACCEPTED,
    RETURNED,
    SENT,
    Remark,
    Submission,
    city_named,
    city_rules,
    current_lists,
    list_versions,
    office_named,
    offices,
    rounds,
    submission_by,
)
from jobs.collect.changes import WHOLE, ByRow, changes_in, told_rows
from jobs.collect.differences import differences
from jobs.collect.kept_lists import list_rows
from jobs.collect.permissions import Actor, NotAllowedError, actor, actor_in
from jobs.collect.words import STATES, day_of, shown
from jobs.collect.words import who as named

FORMAT: Final = 1
# Whether who sent a list may accept it.
OWN_REVIEW: Final = "own-review"
CITY_RULES: Final[Mapping[str, tuple[str, ...]]] = {OWN_REVIEW: ("yes", "no")}


def open_round(
    store: Store, name: str, *, city: str, due: str, asked: Sequence[str] = (), by: str = ""
) -> Mapping[str, Any]:
    """Ask offices (all that answer for a unit, or those that are named) for their lists until a day."""
    who = actor(store, by)
    who.require("round.open")
    day = day_of(due).isoformat()
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


@dataclass(frozen=True)
class Decision:
    """What a planner decides on a submission: accept it, but for the facilities that `by_row` keeps as they
    were, or return it; `remark` for the whole list, `remarks` at its cells, rows and facilities. `seen` is
    the version that was looked at: a newer one is not decided on (0: whichever there is)."""

    accept: bool
    remark: str = ""
    remarks: tuple[Remark, ...] = ()
    by_row: ByRow = WHOLE
    seen: int = 0


def review(store: Store, number: str, decision: Decision, *, by: str = "") -> Mapping[str, Any]:
    """Accept a submission, which makes its list the office's part of the city's list, or return it.

    Nobody accepts what they sent themselves, but for the one local user of a store without people, and where
    the city allows it. One that is not waiting for a decision is refused with who decided on it and when; of
    two who decide at once, one is. It is on disk when this returns.
    """
    who = actor(store, by)
    who.require("submission.review")
    accept = decision.accept
    if decision.by_row.left and not accept:
        raise SettingError("Facilities are left as they were only where the rest is accepted.")
    with store.write(by=who.name) as writing:
        connection = writing.connection
        actor_in(connection, by).require("submission.review")
        now = submission_by(connection, number)
        city = city_named(connection, now.city)
        _require_waiting(now)
        if decision.seen and decision.seen != now.version:
            raise InputError("A newer version of {id} has been sent meanwhile; look at that one.", id=number)
        if accept:
            _require_another(who, now, city_rules(connection, city))
        state, step = (ACCEPTED if accept else RETURNED), now.step + 1
        values = {"step": step, "version": now.version, "state": state, "remark": decision.remark}
        writing.add(schema.submission_state, submission_id=number, **values, at=writing.at, by=writing.by)
        for position, one in enumerate(decision.remarks):
            writing.add(schema.remark, submission_id=number, step=step, position=position, **vars(one))
        version = None
        if accept:
            (made,) = changes_in(connection, store.files, [number], decision.by_row)
            last = current_lists(connection, city).get(now.office_id)
            version = last.version + 1 if last else 1
            kept = made.as_list
            writing.add(
                schema.office_list, office_id=now.office_id, version=version,
                sha256=writing.keep(kept.content), facilities=kept.facilities, submission_id=number,
                from_version=None, at=writing.at, by=writing.by,
            )  # fmt: skip
        left = sorted(decision.by_row.left)
        writing.event(f"submission.{state}", submission=number, left=left)
    return {
        "format": FORMAT,
        "id": number,
        "state": state,
        "office": now.office,
        "version": version,
        "left": left,
    }


def set_city_rule(store: Store, *, city: str, name: str, value: str, by: str = "") -> None:
    """Change what a city allows. SettingError for a name or a value that is not known."""
    who = actor(store, by)
    who.require("city.change")
    if name not in CITY_RULES or value not in CITY_RULES[name]:
        raise SettingError(
            "“{name}” cannot be “{value}”; there is {known}.",
            name=name,
            value=value,
            known=listed((labelled(key, listed(values)) for key, values in CITY_RULES.items()), between="；"),
        )
    with store.write(by=who.name) as writing:
        of = city_named(writing.connection, city)
        writing.add(schema.city_rule, city_id=of.id, name=name, value=value, at=writing.at, by=writing.by)
        writing.event("city.change", city=city)


def _require_another(who: Actor, sent: Submission, allowed: Mapping[str, str]) -> None:
    """Nobody accepts what they sent."""
    if sent.sent_by == who.name and not who.is_local and allowed.get(OWN_REVIEW) != "yes":
        raise NotAllowedError("{name} has sent this list; somebody else has to accept it.", name=who.name)


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


def compare_versions(
    store: Store, *, city: str, office: str, versions: tuple[int, int], by: str = ""
) -> Mapping[str, Any]:
    """What differs from one version of an office's list to another, facility by facility, as `preview` tells
    it. InputError for a version that the office does not have."""
    actor(store, by).require("city.read")
    with store.read() as connection:
        of = city_named(connection, city)
        whose = office_named(connection, of, office)
        own = [one for one in list_versions(connection, of) if one.office_id == whose.id]
    known = {one.version: one.sha256 for one in own}
    wrong = next((version for version in versions if version not in known), None)
    if wrong is not None:
        raise InputError(
            "“{office}” has no version {version}; it has 1 to {last}.",
            office=office,
            version=wrong,
            last=len(known),
        )
    before, after = (list_rows(store.files, known[version]) for version in versions)
    found = differences(before, after)
    rows = told_rows(before, after, found, after["facility_id"].astype(str).tolist())
    counts = {what: sum(row["what"] == what for row in rows) for what in ("new", "gone", "moved", "changed")}
    return {
        "format": FORMAT,
        "office": office,
        "versions": list(versions),
        **counts,
        "facilities": [{**row, "office": office} for row in rows],
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
