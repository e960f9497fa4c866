"""Who may do what: the one place that is asked, whichever front door the question comes through.

An action that is not in the table is refused. On a store that knows no people (one person at one
computer), whoever acts has every role; a name that is given is recorded all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from core.errors import InputError, SettingError
from core.text import Text, text
from data.store import Store, schema
from data.store.records import Office, city_named, office_named

PLANNER: Final = "planner"
OFFICE: Final = "office"
READER: Final = "reader"
ADMIN: Final = "admin"
ROLES: Final = (PLANNER, OFFICE, READER, ADMIN)
# Who acts when no name is given.
LOCAL: Final = "local"

_PLANNERS: Final = frozenset({PLANNER, ADMIN})
MAY: Final[Mapping[str, tuple[frozenset[str], Text]]] = {
    "store.keep": (frozenset({ADMIN}), text("look after the store")),
    "people.change": (frozenset({ADMIN}), text("give and take roles")),
    "city.add": (_PLANNERS, text("take in a city")),
    "city.read": (_PLANNERS | {READER}, text("look at a city")),
    "submission.list": (frozenset({PLANNER, ADMIN, OFFICE}), text("look at lists")),
    "round.open": (_PLANNERS, text("open a round")),
    "submission.send": (frozenset({PLANNER, ADMIN, OFFICE}), text("send this office's list")),
    "submission.preview": (_PLANNERS, text("see what lists would change")),
    "submission.review": (_PLANNERS, text("accept or return lists")),
    "list.restore": (_PLANNERS, text("bring back an earlier list")),
}


# Shows whoever asks what `Actor.sees` lets them see.
_SHOWS_OWN: Final = frozenset({"submission.list"})


class NotAllowedError(SettingError):
    """Somebody asked for what their roles do not allow."""


@dataclass(frozen=True)
class Actor:
    """Who acts: the roles they hold everywhere, and the offices they hold the role `office` for.

    `is_local`: nobody signed in, one person is everything.
    """

    name: str
    roles: frozenset[str]
    office_ids: frozenset[int] = frozenset()
    is_local: bool = False

    def require(self, action: str, office: Office | None = None) -> None:
        """NotAllowedError unless a role allows the action; `office` is whose list it concerns."""
        allowed, doing = MAY.get(action, (frozenset(), text("do this")))
        held = self.roles & allowed
        own = office.id in self.office_ids if office is not None else action in _SHOWS_OWN
        if held - {OFFICE} or (OFFICE in held and own):
            return
        raise NotAllowedError(
            "{name} may not {doing}: no role of theirs allows it.", name=self.name, doing=doing
        )

    def sees(self, office_id: int) -> bool:
        """Whether another's list may be shown: planners see all, an office its own."""
        return bool(self.roles & {PLANNER, ADMIN}) or (OFFICE in self.roles and office_id in self.office_ids)


def actor(store: Store, name: str) -> Actor:
    """Who acts under this name; "" is the local user. InputError for a name that is not known there."""
    with store.read() as connection:
        return actor_in(connection, name)


def actor_in(connection: sa.Connection, name: str) -> Actor:
    """As `actor`, inside a transaction."""
    known = connection.execute(sa.select(sa.func.count()).select_from(schema.person)).scalar()
    if not name or not known:
        return Actor(name or LOCAL, frozenset(ROLES), is_local=not name)
    person = connection.execute(sa.select(schema.person).where(schema.person.c.name == name)).first()
    if person is None:
        raise InputError("The store knows nobody called “{name}”.", name=name)
    held: dict[tuple[str, int | None], bool] = {}
    change = schema.role_change
    for row in connection.execute(
        sa.select(change).where(change.c.person_id == person.id).order_by(change.c.id)
    ):
        held[row.role, row.office_id] = row.granted
    granted = [key for key, is_granted in held.items() if is_granted]
    return Actor(
        name,
        frozenset(role for role, _ in granted),
        frozenset(office for role, office in granted if role == OFFICE and office is not None),
    )


def change_role(
    store: Store, name: str, role: str, *, by: str, city: str = "", office: str = "", granted: bool
) -> None:
    """Give a person a role, or take it away; a person is known from the first role on.

    The role `office` is for one office of a city. SettingError for a role that there is not.
    """
    if role not in ROLES:
        raise SettingError("“{role}” is no role; use one of {known}.", role=role, known=", ".join(ROLES))
    if (role == OFFICE) != bool(office):
        raise SettingError("The role “office” is for one office of a city, and only that role is.")
    with store.write(by=actor(store, by).name) as writing:
        connection = writing.connection
        actor_in(connection, by).require("people.change")
        office_id = None
        if office:
            office_id = office_named(connection, city_named(connection, city), office).id
        known = connection.execute(sa.select(schema.person.c.id).where(schema.person.c.name == name)).scalar()
        person_id = known if known is not None else writing.add(schema.person, name=name)
        values = {"role": role, "office_id": office_id, "granted": granted}
        writing.add(schema.role_change, person_id=person_id, **values, at=writing.at, by=writing.by)
        writing.event("people.change", person=name)
