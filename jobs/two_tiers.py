"""Centres and stations planned at once, where a centre also serves as a station."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from coverage.publish.plan import plan_tables, with_plan
from coverage.siting import Goal, Plan, TierPlan, TwoTiers, Watch, choose_both
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING, LEAST_WORST
from coverage.tables import Bools, Ints
from geo.errors import SettingError
from geo.text import text_to_json
from jobs.assess import Assessed
from jobs.candidates import candidates_of
from jobs.plan_facts import Told, losses, told
from jobs.siting_question import Question, facility_reach, limit_of, question_of, rule_for, stacked
from jobs.siting_terms import conditions_of
from jobs.wishes import Wish

_MANY: Final = 10_000


def suggest_both(done: Assessed, wish: Wish, watch: Watch) -> Assessed:
    """The assessment with the best sites of two tiers; the first tier also serves as the second.

    Residents of the plan as a whole are the mean of both rules; `tiers` tells each rule by itself. A
    site's own figures are those of its tier's rule.
    """
    _check(wish)
    both = _questions(done, wish)
    wanted = (_MANY, _MANY) if wish.goal == FEWEST_SITES else (wish.count or 0, wish.second_count)
    town = _town(done, *both)
    goal = _goal(done, both)
    found = choose_both(town, goal=goal, centres=wanted[0], stations=wanted[1], watch=watch)
    said = _told_of(done, both, found, town.centre_reach.shape[0])
    tables = plan_tables(found.plan, _sites(said), _facts(done, wish, both, said))
    return replace(done, results=with_plan(done.results, tables, said.second.new_site))


@dataclass(frozen=True)
class _Both:
    """What the sites of the first tier bring under its rule, and all sites under the second's; `is_first`
    (sites,) in build order."""

    first: Told
    second: Told
    is_first: tuple[bool, ...]


def _check(wish: Wish) -> None:
    if len(wish.tiers) > 2:
        raise SettingError("Two tiers can be planned together, as centre+station; not more.")
    if wish.goal in (LEAST_WALKING, LEAST_WORST):
        raise SettingError("Two tiers together can be planned for most-people and fewest-sites.")
    if wish.goal != FEWEST_SITES and not (wish.count and wish.second_count):
        raise SettingError("Please say how many of each tier are wanted, as --count 2+8.")
    asked = wish.conditions
    if asked.close or asked.has_loads or asked.backup or asked.required:
        raise SettingError(
            "Required places, closing, capacity, bands and backup cannot be asked for with two tiers "
            "together; plan one tier after the other."
        )


def _questions(done: Assessed, wish: Wish) -> tuple[Question, Question]:
    """One question a tier about the same candidates: places that could reach anybody without either."""
    one, other = (replace(wish, tier=tier) for tier in wish.tiers)
    first = question_of(done, one)
    without = _unserved(first) | _unserved(question_of(done, other, first.candidates))
    candidates = candidates_of(done, one, rule_for(done, one), without)
    return question_of(done, one, candidates), question_of(done, other, candidates)


def _unserved(asked: Question) -> Bools:
    problem = asked.cover.problem(asked.goal)
    return asked.subject & ~problem.covered(problem.open_before)


def _town(done: Assessed, centre: Question, station: Question) -> TwoTiers:
    """Rows: the candidates, then every facility that serves either rule; who serves as a centre today
    serves as a station too."""
    n = len(station.candidates)
    old = _old(centre, station)
    is_centre = np.isin(old, centre.existing)
    near = [
        facility_reach(done.assessment, old, asked.wish.by, limit_of(done, asked.rule))
        for asked in (centre, station)
    ]
    return TwoTiers(
        np.maximum(centre.cover.residents, station.cover.residents),
        stacked(centre.cover.reach[:n], near[0]),
        stacked(station.cover.reach[:n], near[1]),
        centres=tuple((n + np.flatnonzero(is_centre)).tolist()),
        stations=tuple((n + np.flatnonzero(~is_centre)).tolist()),
    )


def _goal(done: Assessed, both: tuple[Question, Question]) -> Goal:
    """The conditions over the rows of `_town`, each of which stands for a centre and for a station.

    New sites are looked for among the candidates alone.
    """
    station = both[1]
    n, old = len(station.candidates), _old(*both)
    terms = conditions_of(done, station.wish, station.candidates, old, band=None, settlement="any")
    rows = n + len(old)
    forbidden = [*terms["forbidden"], *range(n, rows)]
    return replace(
        station.goal,
        site_xy=np.tile(terms["site_xy"], (2, 1)),
        cost=None if terms["cost"] is None else np.tile(terms["cost"], 2),
        quotas=terms["quotas"],
        forbidden=[*forbidden, *(rows + row for row in forbidden)],
        capacity=None,
    )


def _old(centre: Question, station: Question) -> Ints:
    """Rows of the facility table that serve one rule or the other."""
    rows: Ints = np.union1d(centre.existing, station.existing)
    return rows


def _told_of(done: Assessed, both: tuple[Question, Question], found: TierPlan, n_rows: int) -> _Both:
    centre, station = both
    order = found.plan.sites
    is_first = tuple(row < n_rows for row in order)
    every = tuple(row if row < n_rows else row - n_rows for row in order)
    centres = tuple(row for row, first in zip(every, is_first, strict=True) if first)
    return _Both(_told(done, centre, found.plan, centres), _told(done, station, found.plan, every), is_first)


def _told(done: Assessed, asked: Question, plan: Plan, rows: tuple[int, ...]) -> Told:
    return told(done, asked, replace(plan, sites=rows, goal=asked.goal, closed=(), loads=()))


def _sites(said: _Both) -> list[dict[str, Any]]:
    """In build order, each as its own rule counts it; what a site of the first tier brings under the
    second's rule is `also_gained`."""
    first, sites = iter(said.first.sites), []
    for rank, (as_second, is_first) in enumerate(zip(said.second.sites, said.is_first, strict=True), start=1):
        site = dict(next(first)) if is_first else dict(as_second)
        more = {"also_gained": as_second["residents_gained"]} if is_first else {}
        sites.append(site | more | {"rank": rank})
    return sites


def _facts(done: Assessed, wish: Wish, both: tuple[Question, Question], said: _Both) -> dict[str, Any]:
    residents = done.assessment.measured.residents
    tiers = [
        {
            "tier": asked.wish.tier,
            "rule": asked.rule.id,
            "existing": len(asked.existing),
            "count": sum(first == (number == 0) for first in said.is_first),
            "residents": float(residents[asked.subject].sum()),
            "residents_before": part.residents_before,
            "residents_after": part.residents_after,
        }
        for number, (asked, part) in enumerate(zip(both, (said.first, said.second), strict=True))
    ]
    before, after, all_ = (
        float(np.mean([tier[key] for tier in tiers]))
        for key in ("residents_before", "residents_after", "residents")
    )
    return {
        "goal": wish.goal,
        "by": wish.by,
        "tier": wish.tier,
        "rule": both[1].rule.id,
        "count": len(said.is_first),
        "existing": len(_old(*both)),
        "candidates": len(both[0].candidates),
        "residents": all_,
        "residents_before": before,
        "residents_after": after,
        "residents_lost": 0.0,
        "counted": "sites"
        if wish.goal == FEWEST_SITES
        else "weighted"
        if both[1].goal.importance is not None
        else "residents",
        "asked": wish.as_json(),
        "curve": _curve(said, before),
        "tiers": tiers,
        "notes": [text_to_json(note) for note in both[0].candidates.notes],
        "redundancy": [
            row for asked in both for row in losses(done, asked) if row["tier"] == asked.wish.tier
        ],
    }


def _curve(said: _Both, before: float) -> list[list[float]]:
    """[n, mean residents of both rules once the first n sites are open]."""
    sites = _sites(said)
    gained = [
        (site["residents_gained"] + site["also_gained"]) / 2.0
        if "also_gained" in site
        else site["residents_gained"] / 2.0
        for site in sites
    ]
    return [[n, before + float(total)] for n, total in enumerate(np.cumsum(gained), start=1)]
