"""Accounts of people who sign in here: links, passwords, and who is signed in. Rows only, no rules."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from data.store import schema
from data.store.engine import Writing


@dataclass(frozen=True)
class Link:
    """A link to set a password with: whose, until when (UTC), and whether somebody has used it."""

    person_id: int
    person: str
    until: str
    is_used: bool


@dataclass(frozen=True)
class SignedIn:
    """A session: whose, until when (UTC), and whether it was ended before."""

    person: str
    until: str
    is_ended: bool


def link_of(connection: sa.Connection, sha256: str) -> Link | None:
    """The link whose word has this hash."""
    link, use, person = schema.account_link, schema.account_link_use, schema.person
    query = (
        sa.select(link.c.person_id, person.c.name, link.c.until, use.c.at.label("used"))
        .join(person, person.c.id == link.c.person_id)
        .outerjoin(use, use.c.sha256 == link.c.sha256)
        .where(link.c.sha256 == sha256)
    )
    row = connection.execute(query).first()
    return None if row is None else Link(row.person_id, row.name, row.until, row.used is not None)


def session_of(connection: sa.Connection, sha256: str) -> SignedIn | None:
    """The session whose word has this hash."""
    session, end, person = schema.sign_in, schema.sign_out, schema.person
    query = (
        sa.select(person.c.name, session.c.until, end.c.at.label("ended"))
        .join(person, person.c.id == session.c.person_id)
        .outerjoin(end, end.c.sha256 == session.c.sha256)
        .where(session.c.sha256 == sha256)
    )
    row = connection.execute(query).first()
    return None if row is None else SignedIn(row.name, row.until, row.ended is not None)


def password_of(connection: sa.Connection, person: str) -> str:
    """The hash of a person's password; "" for none, and for a person that there is not."""
    account = schema.account
    query = (
        sa.select(account.c.hash)
        .join(schema.person, schema.person.c.id == account.c.person_id)
        .where(schema.person.c.name == person)
    )
    return connection.execute(query).scalar() or ""


def set_password(writing: Writing, person_id: int, hashed: str) -> None:
    """Another hash in the place of the one there was."""
    account = schema.account
    writing.connection.execute(sa.delete(account).where(account.c.person_id == person_id))
    writing.connection.execute(sa.insert(account).values(person_id=person_id, hash=hashed))


def open_sessions(connection: sa.Connection, person_id: int) -> tuple[str, ...]:
    """The hashes of a person's sessions that nobody ended."""
    session, end = schema.sign_in, schema.sign_out
    query = (
        sa.select(session.c.sha256)
        .outerjoin(end, end.c.sha256 == session.c.sha256)
        .where(session.c.person_id == person_id, end.c.at.is_(None))
    )
    return tuple(row.sha256 for row in connection.execute(query))


@dataclass(frozen=True)
class Known:
    """A person of the store: the roles held now (role, city, office; "" where it is for none), and whether
    they have set a password."""

    name: str
    roles: tuple[tuple[str, str, str], ...]
    has_password: bool


def people(connection: sa.Connection) -> tuple[Known, ...]:
    """Everybody the store knows, by name."""
    change, office, city = schema.role_change, schema.office, schema.city
    query = (
        sa.select(change, office.c.name.label("office"), city.c.name.label("city"))
        .outerjoin(office, office.c.id == change.c.office_id)
        .outerjoin(city, city.c.id == office.c.city_id)
        .order_by(change.c.id)
    )
    held: dict[int, dict[tuple[str, str, str], bool]] = {}
    for row in connection.execute(query):
        role = (row.role, row.city or "", row.office or "")
        held.setdefault(row.person_id, {})[role] = row.granted
    set_ones = {row.person_id for row in connection.execute(sa.select(schema.account.c.person_id))}
    return tuple(
        Known(
            row.name,
            tuple(role for role, is_granted in held.get(row.id, {}).items() if is_granted),
            row.id in set_ones,
        )
        for row in connection.execute(sa.select(schema.person).order_by(schema.person.c.name))
    )
