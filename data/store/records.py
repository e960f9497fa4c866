"""What the store says: cities, offices, lists, rounds, submissions, roles. Reading only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from core.errors import InputError
from data.store import schema

DRAFT: Final = "draft"
SENT: Final = "sent"
RETURNED: Final = "returned"
ACCEPTED: Final = "accepted"


@dataclass(frozen=True)
class City:
    """A city as it was taken in; `files` are its files, path → SHA-256."""

    id: int
    name: str
    level: str
    settings: Mapping[str, Any]
    files: Mapping[str, str]


@dataclass(frozen=True)
class Office:
    """Who answers for a unit; `unit_id` is "" for the part that no office answers for."""

    id: int
    city_id: int
    name: str
    unit_id: str


@dataclass(frozen=True)
class ListVersion:
    """One version of an office's part of the city's list; `sha256` is the list's file."""

    office: str
    office_id: int
    version: int
    sha256: str
    facilities: int
    submission_id: str | None
    from_version: int | None
    at: str
    by: str


@dataclass(frozen=True)
class Round:
    id: int
    name: str
    opened_at: str
    due: str
    offices: tuple[str, ...]


@dataclass(frozen=True)
class Remark:
    """Something said of a list: of a cell or row of it (row and column count from 1, 0 is none; `sheet` ""
    where the list has one only), or of a facility by its number."""

    said: str
    sheet: str = ""
    row: int = 0
    column: int = 0
    facility_id: str = ""


@dataclass(frozen=True)
class Step:
    """What became of a version of a submission, when and by whom."""

    version: int
    state: str
    remark: str
    at: str
    by: str


@dataclass(frozen=True)
class Job:
    """Long work as it stands: the last step, how often it was begun, and what its worker last said."""

    id: str
    verb: str
    asked: Mapping[str, Any]
    by: str
    state: str
    step: int
    said: str
    at: str
    tries: int
    share: float
    doing: str
    heard_at: str


@dataclass(frozen=True)
class Kept:
    """A result, plan or scenario of a city; `sha256` is its file."""

    id: str
    kind: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Submission:
    """A list that was sent, as it stands: the last version and the last step."""

    id: str
    city: str
    office: str
    office_id: int
    round: str
    step: int
    version: int
    state: str
    remark: str
    at: str
    by: str
    sent_at: str
    sent_by: str
    list_sha256: str
    findings_sha256: str
    rows: int
    accepted: int
    refused: int
    set_aside: int


def cities(connection: sa.Connection) -> tuple[City, ...]:
    """All of them, in the order they were added."""
    rows = connection.execute(sa.select(schema.city).order_by(schema.city.c.id)).all()
    files: dict[int, dict[str, str]] = {row.id: {} for row in rows}
    for row in connection.execute(sa.select(schema.city_file).order_by(schema.city_file.c.path)):
        files[row.city_id][row.path] = row.sha256
    return tuple(City(row.id, row.name, row.level, json.loads(row.settings), files[row.id]) for row in rows)


def city_named(connection: sa.Connection, name: str) -> City:
    """InputError with the names there are."""
    known = cities(connection)
    found = next((city for city in known if city.name == name), None)
    if found is None:
        raise InputError(
            "The store has no city “{name}”; it has: {known}.",
            name=name,
            known=_listed(c.name for c in known),
        )
    return found


def offices(connection: sa.Connection, city: City) -> tuple[Office, ...]:
    rows = connection.execute(
        sa.select(schema.office).where(schema.office.c.city_id == city.id).order_by(schema.office.c.id)
    )
    return tuple(Office(row.id, row.city_id, row.name, row.unit_id) for row in rows)


def office_named(connection: sa.Connection, city: City, name: str) -> Office:
    """InputError with the names there are."""
    known = offices(connection, city)
    found = next((office for office in known if office.name == name), None)
    if found is None:
        raise InputError(
            "{city} has no office “{name}”; it has: {known}.",
            city=city.name,
            name=name,
            known=_listed(office.name for office in known),
        )
    return found


def list_versions(connection: sa.Connection, city: City, *, until: str = "") -> tuple[ListVersion, ...]:
    """Every version of every office's list, oldest first; those up to a moment (UTC) where one is given."""
    query = (
        sa.select(schema.office_list, schema.office.c.name)
        .join(schema.office)
        .where(schema.office.c.city_id == city.id)
        .order_by(schema.office_list.c.at, schema.office_list.c.office_id, schema.office_list.c.version)
    )
    if until:
        query = query.where(schema.office_list.c.at <= until)
    return tuple(
        ListVersion(
            *(row.name, row.office_id, row.version, row.sha256, row.facilities),
            *(row.submission_id, row.from_version, row.at, row.by),
        )
        for row in connection.execute(query)
    )


def current_lists(connection: sa.Connection, city: City, *, until: str = "") -> Mapping[int, ListVersion]:
    """Office's number → its newest version (up to a moment); offices without any list are not in it."""
    return {version.office_id: version for version in list_versions(connection, city, until=until)}


def rounds(connection: sa.Connection, city: City) -> tuple[Round, ...]:
    rows = connection.execute(
        sa.select(schema.round_).where(schema.round_.c.city_id == city.id).order_by(schema.round_.c.id)
    ).all()
    asked: dict[int, list[str]] = {row.id: [] for row in rows}
    joined = sa.select(schema.round_office.c.round_id, schema.office.c.name).join(schema.office)
    for row in connection.execute(joined.order_by(schema.office.c.id)):
        if row.round_id in asked:
            asked[row.round_id].append(row.name)
    return tuple(Round(row.id, row.name, row.opened_at, row.due, tuple(asked[row.id])) for row in rows)


def round_named(connection: sa.Connection, city: City, name: str) -> Round:
    """InputError with the names there are."""
    known = rounds(connection, city)
    found = next((one for one in known if one.name == name), None)
    if found is None:
        raise InputError(
            "{city} has no round “{name}”; it has: {known}.",
            city=city.name,
            name=name,
            known=_listed(one.name for one in known),
        )
    return found


def submissions(
    connection: sa.Connection, *, city: str = "", ids: Iterable[str] = ()
) -> tuple[Submission, ...]:
    """As they stand, oldest first; of one city, or those of these ids, where asked for."""
    state, version = schema.submission_state, schema.submission_version
    last = sa.select(state.c.submission_id, sa.func.max(state.c.step).label("step")).group_by(
        state.c.submission_id
    )
    newest = last.subquery()
    query = (
        sa.select(
            *(schema.submission.c.id, schema.city.c.name.label("city"), schema.office.c.name.label("office")),
            *(schema.submission.c.office_id, schema.round_.c.name.label("round"), state, version),
        )
        .join(schema.office, schema.office.c.id == schema.submission.c.office_id)
        .join(schema.city, schema.city.c.id == schema.office.c.city_id)
        .join(newest, newest.c.submission_id == schema.submission.c.id)
        .join(state, sa.and_(state.c.submission_id == newest.c.submission_id, state.c.step == newest.c.step))
        .join(
            version,
            sa.and_(version.c.submission_id == state.c.submission_id, version.c.version == state.c.version),
        )
        .join(schema.round_, schema.round_.c.id == schema.submission.c.round_id, isouter=True)
        .order_by(schema.submission.c.id)
    )
    if city:
        query = query.where(schema.city.c.name == city)
    if wanted := tuple(ids):
        query = query.where(schema.submission.c.id.in_(wanted))
    sent = _sent(connection)
    found = [
        Submission(
            *(row.id, row.city, row.office, row.office_id, row.round or "", row.step, row.version, row.state),
            *(row.remark, row.at, row.by, *sent.get(row.id, ("", ""))),
            *(row.list_sha256, row.findings_sha256, row.rows, row.accepted, row.refused, row.set_aside),
        )
        for row in connection.execute(query)
    ]
    return tuple(sorted(found, key=lambda one: (one.sent_at or one.at, one.id)))


def submission_by(connection: sa.Connection, number: str) -> Submission:
    """InputError for a number that the store does not know."""
    found = submissions(connection, ids=[number])
    if not found:
        raise InputError("The store has no submission “{id}”.", id=number)
    return found[0]


def originals(connection: sa.Connection, number: str, version: int) -> tuple[tuple[str, str], ...]:
    """(name, SHA-256) of the files of one version of a submission, in their order."""
    kept = schema.submission_file
    query = (
        sa.select(kept.c.name, kept.c.sha256)
        .where(kept.c.submission_id == number, kept.c.version == version)
        .order_by(kept.c.position)
    )
    return tuple((row.name, row.sha256) for row in connection.execute(query))


def last_decisions(connection: sa.Connection, office: Office) -> str:
    """The SHA-256 of what an office decided about its last list; "" where it has decided nothing yet."""
    kept, state = schema.submission_decisions, schema.submission_state
    query = (
        sa.select(kept.c.sha256)
        .join(schema.submission, schema.submission.c.id == kept.c.submission_id)
        .join(
            state, sa.and_(state.c.submission_id == kept.c.submission_id, state.c.version == kept.c.version)
        )
        .where(schema.submission.c.office_id == office.id)
        .order_by(state.c.at.desc(), state.c.step.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or ""


def sent_since(connection: sa.Connection, person: str, moment: str) -> tuple[int, int]:
    """How many files a person has sent or drafted since a moment, and how many bytes they are."""
    state, kept = schema.submission_state, schema.submission_file
    query = (
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(schema.file.c.bytes), 0))
        .select_from(state)
        .join(kept, sa.and_(kept.c.submission_id == state.c.submission_id, kept.c.version == state.c.version))
        .join(schema.file, schema.file.c.sha256 == kept.c.sha256)
        .where(state.c.by == person, state.c.at >= moment, state.c.state.in_((DRAFT, SENT)))
    )
    count, size = connection.execute(query).one()
    return int(count), int(size)


def remarks(connection: sa.Connection, number: str) -> tuple[Remark, ...]:
    """What was said of a submission at rows, cells and facilities, in its last decision."""
    kept, state = schema.remark, schema.submission_state
    decided = sa.select(sa.func.max(state.c.step)).where(
        state.c.submission_id == number, state.c.state.in_((RETURNED, ACCEPTED))
    )
    query = (
        sa.select(kept)
        .where(kept.c.submission_id == number, kept.c.step == decided.scalar_subquery())
        .order_by(kept.c.position)
    )
    return tuple(
        Remark(row.said, row.sheet, row.row, row.column, row.facility_id) for row in connection.execute(query)
    )


def steps(connection: sa.Connection, number: str) -> tuple[Step, ...]:
    """What became of a submission, first to last."""
    state = schema.submission_state
    query = sa.select(state).where(state.c.submission_id == number).order_by(state.c.step)
    return tuple(
        Step(row.version, row.state, row.remark, row.at, row.by) for row in connection.execute(query)
    )


def findings_of(connection: sa.Connection, number: str, version: int) -> str:
    """The SHA-256 of what was said about a version of a submission."""
    kept = schema.submission_version
    query = sa.select(kept.c.findings_sha256).where(kept.c.submission_id == number, kept.c.version == version)
    return str(connection.execute(query).scalar_one())


def round_openers(connection: sa.Connection) -> Mapping[int, str]:
    """Who opened each round, by its number, as the chain of events tells it."""
    query = sa.select(schema.event.c.by, schema.event.c.detail).where(schema.event.c.what == "round.open")
    found: dict[int, str] = {}
    for row in connection.execute(query):
        for table, values in json.loads(row.detail)["rows"]:
            if table == schema.round_.name:
                found[values["id"]] = row.by
    return found


def jobs(connection: sa.Connection) -> tuple[Job, ...]:
    """All long work, oldest first."""
    steps: dict[str, list[sa.Row[Any]]] = {}
    for row in connection.execute(sa.select(schema.job_step).order_by(schema.job_step.c.step)):
        steps.setdefault(row.job_id, []).append(row)
    heard = {row.job_id: row for row in connection.execute(sa.select(schema.job_progress))}
    found = []
    for row in connection.execute(sa.select(schema.job).order_by(schema.job.c.at, schema.job.c.id)):
        own, said = steps[row.id], heard.get(row.id)
        last, tries = own[-1], sum(1 for step in own if step.state == "running")
        progress = (said.share, said.doing, said.at) if said else (0.0, "", "")
        found.append(
            Job(
                *(row.id, row.verb, json.loads(row.asked), row.by, last.state, last.step),
                *(last.said, last.at, tries, *progress),
            )
        )
    return tuple(found)


def job_by(connection: sa.Connection, number: str) -> Job:
    """InputError for a number that the store does not know."""
    found = next((one for one in jobs(connection) if one.id == number), None)
    if found is None:
        raise InputError("The store has no job “{id}”.", id=number)
    return found


def kept_by(connection: sa.Connection, number: str) -> Kept:
    """InputError for a number under which nothing is kept."""
    row = connection.execute(sa.select(schema.kept).where(schema.kept.c.id == number)).first()
    if row is None:
        raise InputError("The store keeps no result “{id}”.", id=number)
    return Kept(row.id, row.kind, row.name, row.sha256)


def city_rules(connection: sa.Connection, city: City) -> Mapping[str, str]:
    """What a city allows or asks for: the last word on each name."""
    kept = schema.city_rule
    query = sa.select(kept).where(kept.c.city_id == city.id).order_by(kept.c.id)
    return {row.name: row.value for row in connection.execute(query)}


def held_roles(connection: sa.Connection, name: str) -> frozenset[tuple[str, int | None]] | None:
    """(role, office) that a person holds; None where the store knows nobody at all. InputError for a name
    that it does not know."""
    known = dict(connection.execute(sa.select(schema.person.c.name, schema.person.c.id)).all())
    if not known:
        return None
    if name not in known:
        raise InputError("The store knows nobody called “{name}”.", name=name)
    change, held = schema.role_change, dict[tuple[str, int | None], bool]()
    query = sa.select(change).where(change.c.person_id == known[name]).order_by(change.c.id)
    for row in connection.execute(query):
        held[row.role, row.office_id] = row.granted
    return frozenset(key for key, is_granted in held.items() if is_granted)


def person_id(connection: sa.Connection, name: str) -> int | None:
    """The number of a person; None for one who is not known yet."""
    return connection.execute(sa.select(schema.person.c.id).where(schema.person.c.name == name)).scalar()


def _sent(connection: sa.Connection) -> dict[str, tuple[str, str]]:
    """When and by whom each submission was sent the last time."""
    state = schema.submission_state
    query = sa.select(state).where(state.c.state == SENT).order_by(state.c.step)
    return {row.submission_id: (row.at, row.by) for row in connection.execute(query)}


def _listed(names: Iterable[str]) -> str:
    return "、".join(names) or "-"
