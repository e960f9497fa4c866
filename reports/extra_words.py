"""Words for the further tables of an assessment: groups of people, methods, bands, kinds of service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.text import Sayable, text
from coverage.equity.completeness import SEVEN_KINDS
from coverage.model.standard import Standard, group_title, settlement_title

WITHIN: Final = {
    "under": text("below the band"),
    "within": text("within the band"),
    "over": text("above the band"),
}
METHODS: Final = {
    "2sfca": text("within 30 min, all alike (2SFCA)"),
    "e2sfca": text("the nearer the more, in three zones (E2SFCA)"),
}


def people_title(kind: str, people_id: str) -> Sayable:
    """Whom a row of equity.csv speaks of."""
    if kind == "group":
        return text("{group} residents", group=group_title(people_id))
    if kind == "settlement":
        return text("{who} residents", who=settlement_title(people_id))
    if kind == "area":
        return text("residents of the old town") if people_id == "0" else text("residents of the new town")
    return text("all residents")


def kind_title(kind: str, standard: Standard) -> Sayable:
    """A kind of service: one of the seven of task 26, or a tier."""
    return next((known.title for known in SEVEN_KINDS if known.id == kind), standard.tier_title(kind))


def kinds_in(columns: Sequence[str]) -> list[str]:
    """The kinds that completeness.csv has columns for, in their order."""
    return [column.removeprefix("has_") for column in columns if column.startswith("has_")]
