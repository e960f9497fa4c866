"""Who has far to go: distances by group, by settlement and by part of the city, how unequal they are, and
what that means in sentences a council reads. Quantiles, Lorenz curve, Gini and fifths are weighted by people.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.text import Sayable, Text, text
from coverage.checks.measured import Measured
from coverage.checks.reach import BOUNDARY_M, limit_m, reach_m
from coverage.equity.areas import ALL, people_of
from coverage.model.results import ratio
from coverage.model.standard import Check, Rule, Standard, group_people, settlement_title
from coverage.model.tables import RURAL, URBAN, Floats, Ints

ELDERLY: Final = "elderly"
_KMH: Final = 1000.0 / 60.0  # metres a minute of 1 km/h
# Nearer than this two medians are told as alike: half a city block.
_ALIKE_M: Final = 50.0


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
    for name, group in people_of(study).items():
        if name == ALL:
            continue
        title = group_people(name)
        rows.append(ways.row("group", name, title, np.where(subject, group, 0.0)))
    for settlement in (URBAN, RURAL) if rule.settlement == "any" else ():
        title = text("{who} residents", who=settlement_title(settlement))
        rows.append(ways.row("settlement", settlement, title, people * (study.settlement == settlement)))
    for number, area in enumerate(areas):
        title = text("residents of {area}", area=area.title)
        inside = [np.isin(unit_of, area.unit_rows) for unit_of in study.cells_in.rows.values()]
        within = people * np.any(inside, axis=0) if inside else np.zeros(len(people))
        rows.append(ways.row("area", str(number), title, within))
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


def statements(equity: Equity, standard: Standard) -> tuple[Text, ...]:
    """Plain sentences on one rule: how far, who cannot, how unequal, who has farther to go."""
    everybody = equity.rows[0]
    if not everybody.spread.people > 0:
        return ()
    said = [_how_far(equity, everybody, standard)]
    spread = everybody.spread
    if spread.unreachable > 0:
        said.append(
            text("Residents who cannot reach one at all: {residents:,.0f}.", residents=spread.unreachable)
        )
    # Where nobody can reach anything, ways are not unequal.
    if spread.worst_to_best is not None and not math.isnan(spread.worst_to_best):
        said.append(
            text(
                "The fifth of the residents with the longest ways has {times:.1f} times as far as "
                "the fifth with the shortest ({farthest:,.0f} m against {nearest:,.0f} m); "
                "Gini coefficient {gini:.2f}, where 0 means equally far for all.",
                times=spread.worst_to_best,
                farthest=spread.farthest_fifth_m,
                nearest=spread.nearest_fifth_m,
                gini=spread.gini,
            )
        )
    said.extend(_compared(row, everybody) for row in equity.rows if row.kind == "group")
    urban, rural = equity.row("settlement", "urban"), equity.row("settlement", "rural")
    if urban and rural:
        said.append(_compared(rural, urban))
    areas = equity.areas()
    said.extend(_compared(areas[0], other) for other in areas[1:])
    return tuple(said)


def _how_far(equity: Equity, row: EquityRow, standard: Standard) -> Text:
    tier = standard.tier_title(equity.rule.tier)
    spread = row.spread
    if math.isinf(spread.median_m):
        return text("More than half of the residents cannot reach a {tier} on foot.", tier=tier)
    if math.isinf(spread.p90_m):
        return text(
            "Half of the residents have at most {median:,.0f} m to a {tier}; "
            "more than one in ten cannot reach any.",
            median=spread.median_m,
            tier=tier,
        )
    if not is_on_foot(equity.rule):
        return text(
            "Half of the residents live within {median:,.0f} m of a {tier} in a straight line, nine in ten "
            "within {p90:,.0f} m.",
            median=spread.median_m,
            p90=spread.p90_m,
            tier=tier,
        )
    return text(
        "Half of the residents walk at most {median:,.0f} m ({minutes:.0f} min) to a {tier}, "
        "nine in ten at most {p90:,.0f} m ({p90_minutes:.0f} min).",
        median=spread.median_m,
        minutes=row.minutes(spread.median_m),
        p90=spread.p90_m,
        p90_minutes=row.minutes(spread.p90_m),
        tier=tier,
    )


def _compared(row: EquityRow, other: EquityRow) -> Text:
    """By the medians, or by who is beyond the rule where a median is out of reach."""
    mine, theirs = row.spread.median_m, other.spread.median_m
    names = {"who": row.title, "others": other.title}
    if math.isinf(mine) or math.isinf(theirs):
        return text(
            "Beyond the rule are {share:.1%} of {who} and {share_of_others:.1%} of {others}.",
            share=row.spread.share_beyond or 0.0,
            share_of_others=other.spread.share_beyond or 0.0,
            **names,
        )
    if abs(mine - theirs) < _ALIKE_M:
        return text("Half of {who} have about as far to go as half of {others}.", **names)
    return text(
        "Half of {who} have at most {median:,.0f} m to go, "
        "half of {others} at most {median_of_others:,.0f} m.",
        median=mine,
        median_of_others=theirs,
        **names,
    )


def quantile(values: Floats, people: Floats, share: float) -> float:
    """The smallest value that at least `share` of the people do not exceed; NaN without people.

    Values may be inf. With equal weights this is the inverse of the empirical distribution: no
    interpolation, so that somebody really has the value.
    """
    values, people = _by_value(values, people)
    if not len(values):
        return float("nan")
    below = np.cumsum(people)
    # A little less is wanted, so that 0.9 of ten people is the ninth and not the tenth by rounding.
    return float(values[np.searchsorted(below, share * below[-1] * (1 - 1e-12))])


def lorenz(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Shares of people, lowest values first, and the share of the whole that falls on them.

    Both run from 0 to 1. Values are finite and ≥ 0. Where everybody has 0 the curve is the diagonal.
    """
    values, people = _by_value(values, people)
    heads = np.concatenate([[0.0], np.cumsum(people)])
    whole = np.concatenate([[0.0], np.cumsum(values * people)])
    heads = heads / heads[-1] if heads[-1] > 0 else np.linspace(0.0, 1.0, len(heads))
    return heads, whole / whole[-1] if whole[-1] > 0 else heads


def gini(values: Floats, people: Floats) -> float:
    """Twice the area between the diagonal and the Lorenz curve: 0 all equal, towards 1 all on one."""
    heads, whole = lorenz(values, people)
    return float(max(1.0 - np.sum(np.diff(heads) * (whole[1:] + whole[:-1])), 0.0))


def fifths(values: Floats, people: Floats) -> tuple[float, float]:
    """Mean value of the fifth of the people with the lowest values, and of the fifth with the highest.

    A cell on the border of a fifth is split. NaN without people.
    """
    values, people = _by_value(values, people)
    if not len(values):
        return float("nan"), float("nan")
    fifth = people.sum() / 5.0
    return _mean_of_first(values, people, fifth), _mean_of_first(values[::-1], people[::-1], fifth)


def _mean_of_first(values: Floats, people: Floats, wanted: float) -> float:
    before = np.cumsum(people) - people
    taken = np.clip(wanted - before, 0.0, people)
    return float((values[taken > 0] * taken[taken > 0]).sum() / wanted)


def _by_value(values: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Ascending, only where people are."""
    there = people > 0
    order = np.argsort(values[there], kind="stable")
    return values[there][order], people[there][order]
