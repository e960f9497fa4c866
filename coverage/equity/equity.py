"""Who has far to go: distances by group, by settlement and by part of the city, and how unequal they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.text import Sayable, text
from coverage.checks.measured import Measured
from coverage.checks.reach import BOUNDARY_M, limit_m, reach_m
from coverage.equity.inequality import fifths, gini, quantile
from coverage.model.results import ratio
from coverage.model.standard import Check, Rule, group_title, settlement_title
from coverage.model.tables import RURAL, URBAN, Bools, Floats, Ints

ELDERLY: Final = "elderly"
_KMH: Final = 1000.0 / 60.0  # metres a minute of 1 km/h


@dataclass(frozen=True)
class Area:
    """A part of the city by a list of its units (rows of the unit table, of any level): the old town."""

    title: Sayable
    unit_rows: tuple[int, ...]


@dataclass(frozen=True)
class Spread:
    """Metres to the nearest facility among some people.

    `median_m`, `p90_m`: the smallest distance that at least half, nine tenths of the people do not
    exceed (inf where that many cannot reach any; NaN without people). `beyond`: people farther than
    the rule's limit, the unreachable among them. Mean, Gini and fifths are of those who can reach a
    facility. `nearest_fifth_m`, `farthest_fifth_m`: mean metres of the fifth with the shortest and
    of the fifth with the longest ways.
    """

    people: float
    unreachable: float
    beyond: float
    mean_m: float
    median_m: float
    p90_m: float
    gini: float
    nearest_fifth_m: float
    farthest_fifth_m: float

    @property
    def share_beyond(self) -> float | None:
        """Of the people, those beyond the rule."""
        return ratio(self.beyond, self.people)

    @property
    def worst_to_best(self) -> float | None:
        """Farthest fifth / nearest fifth; None where the nearest fifth has no way at all."""
        return ratio(self.farthest_fifth_m, self.nearest_fifth_m)


@dataclass(frozen=True)
class EquityRow:
    """Some people and their distances; `kind` is "all", "group", "settlement" or "area".

    `speed_kmh` is the one its minutes are told in: the elderly walk at their own.
    """

    kind: str
    id: str
    title: Sayable
    spread: Spread
    speed_kmh: float

    def minutes(self, metres: float) -> float:
        """Minutes on foot."""
        return metres / (self.speed_kmh * _KMH)


@dataclass(frozen=True)
class Equity:
    """The rows for one radius or walk rule, all of its settlement's residents first."""

    rule: Rule
    rows: tuple[EquityRow, ...]

    def row(self, kind: str, row_id: str = "") -> EquityRow | None:
        """The first row of this kind and id, None where there is none."""
        return next((row for row in self.rows if row.kind == kind and row_id in ("", row.id)), None)

    def areas(self) -> tuple[EquityRow, ...]:
        """The rows of the named areas, in their order."""
        return tuple(row for row in self.rows if row.kind == "area")


def equity(rule: Rule, measured: Measured, *, areas: Sequence[Area] = ()) -> Equity:
    """Distances to what `rule` (radius: straight, walk: on foot) accepts, among those it speaks of.

    Rows for all, for every group of the population table, for urban and rural where the rule speaks
    of both, and for each of `areas`; rows without people are left out, except the first. Who is
    beyond the rule is judged at the standard's speed for every row.
    """
    study, subject = measured.study, measured.study.subject_to(rule.settlement)
    ways = _Ways.of(rule, measured)
    people = np.where(subject, measured.residents, 0.0)
    rows = [ways.row("all", "all", text("all residents"), people)]
    for name, group in study.grid.groups.items():
        title = text("{group} residents", group=group_title(name))
        rows.append(ways.row("group", name, title, np.where(subject, group, 0.0)))
    for settlement in (URBAN, RURAL) if rule.settlement == "any" else ():
        title = text("{who} residents", who=settlement_title(settlement))
        rows.append(ways.row("settlement", settlement, title, people * (study.settlement == settlement)))
    for number, area in enumerate(areas):
        title = text("residents of {area}", area=area.title)
        rows.append(ways.row("area", str(number), title, people * _in_area(area, measured)))
    return Equity(rule, (rows[0], *(row for row in rows[1:] if row.spread.people > 0)))


def spread(metres: Floats, people: Floats, *, limit_m: float) -> Spread:
    """Metres (n,; inf is unreachable) of people (n,) to their spread; the limit itself is not beyond."""
    reached = np.isfinite(metres)
    can_m, can = metres[reached], people[reached]
    nearest, farthest = fifths(can_m, can)
    return Spread(
        people=float(people.sum()),
        unreachable=float(people[~reached].sum()),
        beyond=float(people[metres > limit_m + BOUNDARY_M].sum()),
        mean_m=float(np.average(can_m, weights=can)) if can.sum() > 0 else float("nan"),
        median_m=quantile(metres, people, 0.5),
        p90_m=quantile(metres, people, 0.9),
        gini=gini(can_m, can),
        nearest_fifth_m=nearest,
        farthest_fifth_m=farthest,
    )


def is_on_foot(rule: Rule) -> bool:
    """Whether the rule's metres are walked along streets."""
    return rule.check is Check.WALK


@dataclass(frozen=True)
class _Ways:
    """Metres of the cells in `order`, ascending: sorted once, so that sorting again costs nothing."""

    metres: Floats
    order: Ints
    limit_m: float
    speed_kmh: float
    elderly_speed_kmh: float

    @classmethod
    def of(cls, rule: Rule, measured: Measured) -> _Ways:
        metres = reach_m(rule, measured)[0]
        order = np.argsort(metres, kind="stable")
        walking = measured.standard.walking
        limit = limit_m(rule, measured.standard)
        return cls(metres[order], order, limit, rule.speed(walking), walking.elderly_speed_kmh)

    def row(self, kind: str, row_id: str, title: Sayable, people: Floats) -> EquityRow:
        elderly = kind == "group" and row_id == ELDERLY
        speed_kmh = self.elderly_speed_kmh if elderly else self.speed_kmh
        found = spread(self.metres, people[self.order], limit_m=self.limit_m)
        return EquityRow(kind, row_id, title, found, speed_kmh)


def _in_area(area: Area, measured: Measured) -> Bools:
    inside = np.zeros(len(measured.study.grid), dtype=bool)
    for unit_of in measured.study.cells_in.rows.values():
        inside |= np.isin(unit_of, area.unit_rows)
    return inside
