"""Who may do what: the one place that is asked, whichever front door the question comes through.

An action that is not in the table is refused. On a store that knows no people (one person at one
computer), whoever acts has every role; a name that is given is recorded all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.errors import SettingError
from core.text import Text, listed, text
from data.store import Connection, Store, schema
from data.store.records import Office, city_named, held_roles, office_named, person_id
from jobs.collect.words import LOCAL

PLANNER: Final = "planner"
OFFICE: Final = "office"
READER: Final = "reader"
ADMIN: Final = "admin"
ROLES: Final = (PLANNER, OFFICE, READER, ADMIN)

_PLANNERS: Final = frozenset({PLANNER, ADMIN})
MAY: Final[Mapping[str, tuple[frozenset[str], Text]]] = {
    "store.keep": (frozenset({ADMIN}), text("look after the store")),
    "people.change": (frozenset({ADMIN}), text("give and take roles")),
    "people.invite": (_PLANNERS, text("make links to set a password with")),
    "city.add": (_PLANNERS, text("take in a city")),
    "city.read": (_PLANNERS | {READER}, text("look at a city")),
    "city.change": (_PLANNERS, text("change what a city allows")),
    "submission.list": (frozenset({PLANNER, ADMIN, OFFICE}), text("look at lists")),
    "submission.read": (frozenset({PLANNER, ADMIN, OFFICE}), text("read this office's list")),
    "view.share": (_PLANNERS | {READER}, text("share a view")),
    "view.read": (_PLANNERS | {READER}, text("look at a shared view")),
    "job.ask": (_PLANNERS, text("ask for long work")),
    "job.read": (_PLANNERS | {READER}, text("look at long work")),
    "job.work": (frozenset({ADMIN}), text("run a worker")),
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

    `is_local`: nobody signed in, one person is everything. `is_unnamed`: the store knows no people yet.
    """

    name: str
    roles: frozenset[str]
    office_ids: frozenset[int] = frozenset()
    is_local: bool = False
    is_unnamed: bool = False

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

    def may(self, action: str) -> bool:
        """Whether a role held everywhere allows the action."""
        return bool(self.roles & MAY[action][0] - {OFFICE})

    @property
    def sees_all(self) -> bool:
        """Whether every office's list may be shown."""
        return bool(self.roles & _PLANNERS)

    def sees(self, office_id: int) -> bool:
        """Whether another's list may be shown: planners see all, an office its own."""
        return self.sees_all or (OFFICE in self.roles and office_id in self.office_ids)


def actor(store: Store, name: str) -> Actor:
    """Who acts under this name; "" is the local user. InputError for a name that is not known there."""
    with store.read() as connection:
        return actor_in(connection, name)


def actor_in(connection: Connection, name: str) -> Actor:
    """As `actor`, inside a transaction."""
    held = held_roles(connection, name) if name else None
    if held is None:
        return Actor(name or LOCAL, frozenset(ROLES), is_local=not name, is_unnamed=bool(name))
    return Actor(
        name,
        frozenset(role for role, _ in held),
        frozenset(office for role, office in held if role == OFFICE and office is not None),
    )


@dataclass(frozen=True)
class RoleChange:
    """A role that a person is given, or that is taken away; the role `office` is for one office of a city."""

    person: str
    role: str
    city: str = ""
    office: str = ""
    granted: bool = True

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            known = listed(ROLES)
            raise SettingError("“{role}” is no role; use one of {known}.", role=self.role, known=known)
        if (self.role == OFFICE) != bool(self.office):
            raise SettingError("The role “office” is for one office of a city, and only that role is.")


def change_role(store: Store, change: RoleChange, *, by: str) -> None:
    """Carry it out. A person is known from the first role on."""
    with store.write(by=actor(store, by).name) as writing:
        connection = writing.connection
        actor_in(connection, by).require("people.change")
        office_id = None
        if change.office:
            office_id = office_named(connection, city_named(connection, change.city), change.office).id
        known = person_id(connection, change.person)
        person = known if known is not None else writing.add(schema.person, name=change.person)
        values = {"role": change.role, "office_id": office_id, "granted": change.granted}
        writing.add(schema.role_change, person_id=person, **values, at=writing.at, by=writing.by)
        writing.event("people.change", person=change.person)
