"""Who is known here, for those who look after it."""

from __future__ import annotations

from data.store import Store
from data.store.accounts import Known, people
from jobs.collect.permissions import actor


def known_people(store: Store, *, by: str = "") -> tuple[Known, ...]:
    """Everybody with their roles, by name."""
    actor(store, by).require("people.invite")
    with store.read() as connection:
        return people(connection)
