"""`store check`: whether everything is still there, and still what was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.errors import InputError
from core.text import Text, listed, text
from data.store import schema
from data.store.engine import FIRST, Store, event_hash
from data.store.records import ACCEPTED, DRAFT, RETURNED, SENT
from data.store.sessions import session_files

# What may follow what; "" is the beginning.
_FOLLOWS = {
    "": (DRAFT, SENT),
    DRAFT: (DRAFT, SENT),
    SENT: (SENT, RETURNED, ACCEPTED),
    RETURNED: (DRAFT, SENT),
}
_UNTOLD = ("event", "alembic_version", "job_progress", "account", "session")
# May change without an event: the day of deletion of a file, and that it was deleted.
_MAY_CHANGE = {"file": ("delete_after", "deleted_at")}


def check_store(store: Store) -> tuple[Text, ...]:
    """What is wrong, a sentence each; nothing where all is well.

    Verified are the chain of events, every row against the event that tells of it, every reference, the
    order of versions and steps, and the bytes of every file.
    """
    with store.read() as connection:
        return (
            *_chain(connection),
            *_rows(connection),
            *_references(connection),
            *_orders(connection),
            *_files(store, connection),
        )


def _chain(connection: sa.Connection) -> Iterator[Text]:
    before, expected = FIRST, 1
    for row in connection.execute(sa.select(schema.event).order_by(schema.event.c.seq)):
        if row.seq != expected or row.before != before:
            yield text("Event {seq} does not follow the one before it: an event is missing.", seq=row.seq)
        if event_hash(row._asdict()) != row.hash:
            yield text(
                "Event {seq} ({what}) is not what was written: its hash differs.", seq=row.seq, what=row.what
            )
        before, expected = row.hash, row.seq + 1


def _rows(connection: sa.Connection) -> Iterator[Text]:
    """Every row is as an event tells, and every event's row is there."""
    told: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {name: {} for name in schema.metadata.tables}
    for row in connection.execute(sa.select(schema.event.c.detail).order_by(schema.event.c.seq)):
        try:
            added = json.loads(row.detail)["rows"]
        except (ValueError, KeyError):
            continue  # its hash has been told
        for name, values in added:
            keys = [column.name for column in schema.metadata.tables[name].primary_key]
            told[name][tuple(values[key] for key in keys)] = values
    for name, table in schema.metadata.tables.items():
        if name in _UNTOLD:
            continue
        keys = [column.name for column in table.primary_key]
        there = {
            tuple(row._mapping[key] for key in keys): row._mapping
            for row in connection.execute(sa.select(table))
        }
        for key, values in told[name].items():
            if key not in there:
                yield text("A row of {table} is missing: {key}.", table=name, key=_named(key))
                continue
            free = _MAY_CHANGE.get(name, ())
            changed = [c for c, value in values.items() if c not in free and there[key][c] != value]
            if changed:
                yield text(
                    "A row of {table} ({key}) is not what was written: {columns} differ.",
                    table=name,
                    key=_named(key),
                    columns=listed(changed),
                )
        for key in there.keys() - told[name].keys():
            yield text("No event tells of a row of {table}: {key}.", table=name, key=_named(key))


def _references(connection: sa.Connection) -> Iterator[Text]:
    for table in schema.metadata.tables.values():
        for column in table.c:
            for reference in column.foreign_keys:
                other = reference.column
                missing = connection.execute(
                    sa.select(column).where(column.is_not(None), ~sa.exists().where(other == column)).limit(1)
                ).first()
                if missing is not None:
                    yield text(
                        "{table} names what is not there: {column} {value}.",
                        table=table.name,
                        column=column.name,
                        value=str(missing[0]),
                    )


def _orders(connection: sa.Connection) -> Iterator[Text]:
    versions: dict[int, list[int]] = {}
    kept = schema.office_list
    for row in connection.execute(sa.select(kept).order_by(kept.c.office_id, kept.c.version)):
        versions.setdefault(row.office_id, []).append(row.version)
    for office, found in versions.items():
        if found != list(range(1, len(found) + 1)):
            yield text(
                "The versions of office {office} have a hole: {versions}.", office=office, versions=found
            )
    state, last = schema.submission_state, {"": ("", 0)}
    for row in connection.execute(sa.select(state).order_by(state.c.submission_id, state.c.step)):
        before, step = last.get(row.submission_id, ("", 0))
        if row.step != step + 1 or row.state not in _FOLLOWS.get(before, ()):
            yield text(
                "Submission {id}: step {step} ({state}) cannot follow.", id=row.submission_id, step=row.step,
                state=row.state,
            )  # fmt: skip
        last[row.submission_id] = (row.state, row.step)


def _files(store: Store, connection: sa.Connection) -> Iterator[Text]:
    there = set(store.files.there())
    for row in connection.execute(sa.select(schema.file).order_by(schema.file.c.sha256)):
        if row.deleted_at:
            continue
        if row.sha256 not in there:
            yield text("The store lacks a file ({sha256}).", sha256=row.sha256[:12])
            continue
        try:
            content = store.files.get(row.sha256)
        except InputError as problem:
            yield problem.message
            continue
        if len(content) != row.bytes:
            yield text("A file of the store is damaged ({sha256}).", sha256=row.sha256[:12])
    for sha256 in sorted(session_files(connection)):
        try:
            store.files.get(sha256)
        except InputError as problem:
            yield problem.message


def _named(key: tuple[Any, ...]) -> str:
    return " / ".join(str(part)[:40] for part in key)
