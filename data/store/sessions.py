"""What people chose on the page: the last session of each, written over, and views that were shared.

Its files are named by where they lay, and lie with the store's other files by their SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from data.store import schema
from data.store.engine import Store, Writing, canonical
from data.store.records import person_id

# How long a session stays that nobody changes.
KEPT_DAYS = 7


@dataclass(frozen=True)
class KeptSession:
    """`content` is plain JSON; `files` are those it names: where they lay → SHA-256."""

    key: str
    content: Mapping[str, Any]
    files: Mapping[str, str]


def session_of_person(store: Store, person: str) -> KeptSession | None:
    """A person's last session; None for none, and for one that nobody has changed for `KEPT_DAYS`."""
    kept = schema.session
    with store.read() as connection:
        query = (
            sa.select(kept)
            .join(schema.person, schema.person.c.id == kept.c.person_id)
            .where(schema.person.c.name == person, kept.c.at >= _oldest())
        )
        row = connection.execute(query).first()
    return None if row is None else KeptSession(row.key, json.loads(row.content), json.loads(row.files))


def keep_session(store: Store, person: str, found: KeptSession, contents: Mapping[str, bytes]) -> None:
    """Keep a session in place of the person's last one; `contents` are the files that are not on disk yet, by
    SHA-256. Nothing for a person that the store does not know."""
    with store.write(by=person) as writing:
        number = person_id(writing.connection, person)
        if number is None:
            return
        for content in contents.values():
            writing.files.put(content)
        _forget(writing, number)
        values = {"key": found.key, "content": canonical(found.content), "files": canonical(found.files)}
        writing.connection.execute(
            sa.insert(schema.session).values(person_id=number, at=writing.at, **values)
        )


def forget_session(store: Store, person: str) -> None:
    """Delete what is kept of a person's session; `tidy` deletes its files."""
    with store.write(by=person) as writing:
        number = person_id(writing.connection, person)
        if number is not None:
            _forget(writing, number)


def forget_old_sessions(connection: sa.Connection) -> None:
    """Those that nobody has changed for `KEPT_DAYS`."""
    connection.execute(sa.delete(schema.session).where(schema.session.c.at < _oldest()))


def session_files(connection: sa.Connection) -> frozenset[str]:
    """The SHA-256 of every file of every session."""
    rows = connection.execute(sa.select(schema.session.c.files)).scalars()
    return frozenset(sha256 for files in rows for sha256 in json.loads(files).values())


def _forget(writing: Writing, number: int) -> None:
    writing.connection.execute(sa.delete(schema.session).where(schema.session.c.person_id == number))


def _oldest() -> str:
    return (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).isoformat(timespec="microseconds")
