"""The one place that says how good a plan is: nobody's word is taken.

Whatever way a plan was found, its value is recomputed from the caller's cells, every condition is
checked on it, and solver's objective, plan's value and bound are compared. A plan is `proven` only
where its value and the bound meet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from core.errors import SettingError, UserError
from core.text import Text, text
from coverage.siting.goals import FEWEST_SITES, LEAST_WALKING, MOST_PEOPLE, Plan, gap_of
from coverage.siting.model.arrays import Floats, Ints
from coverage.siting.model.highs import Limits
from coverage.siting.model.plan_value import (
    assigned_weight,
    capacity,
    covered_weight,
    metres_at,
    nobody_reached,
    only_too_near,
    plan_value,
    reachable,
    served_share,
    wanted_weight,
)
from coverage.siting.model.problem import Problem

_LOG: Final = logging.getLogger("service_circle.siting")
# Solvers work to about 1e-7 of what they add up; whole sums are told apart exactly.
_ACCURACY: Final = 1e-7
_CONTRADICTS: Final = 1e-6
# Of the time limit, what a second search gets at least.
_AGAIN: Final = 0.2


@dataclass(frozen=True)
class Audit:
    """The plan with its recomputed value, its bound and whether they meet; what is wrong with it.

    `contradictions` (for the log) are between what the search said and what the plan is; `broken` are
    conditions that the plan does not keep.
    """

    plan: Plan
    contradictions: tuple[str, ...] = ()
    broken: tuple[Text, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.contradictions and not self.broken


def audited(problem: Problem, search: Callable[[Problem, Limits], Plan], limits: Limits) -> Plan:
    """The plan that `search` finds, audited; what contradicts itself is searched once more, carefully.

    What still does is published with its own value and a bound that holds, not as proved. SettingError
    where a plan does not keep a condition.
    """
    first = audit(problem, search(problem, limits))
    if first.holds:
        return first.plan
    _log("mended", first)
    seconds = limits.seconds + max(0.0, _AGAIN * limits.seconds - limits.left())
    try:
        second = audit(problem, search(problem, replace(limits, seconds=seconds, careful=True)))
    except UserError:  # no plan in the time that was left: the first one stands for what it is
        second = first
    if not second.holds:
        _log("not mended", second)
    best = first if second.broken and not first.broken else second
    if best.broken:
        raise SettingError(
            "The plan that was found does not keep “{condition}”; change the time limit or a condition.",
            condition=best.broken[0],
        )
    return best.plan


def _log(what: str, found: Audit) -> None:
    level = logging.INFO if what == "mended" else logging.WARNING
    _LOG.log(level, "plan %s: %s", what, "; ".join((*found.contradictions, *map(str, found.broken))))


def audit(problem: Problem, plan: Plan) -> Audit:
    """The plan as it may be published, and what contradicts what the search said of it."""
    opened, closed = np.array(plan.sites, np.int64), np.array(plan.closed, np.int64)
    broken = tuple(_broken(problem, plan, opened, closed))
    value = plan_value(problem, opened, closed, plan.assigned)
    if plan.assigned is not None:
        value = tidy(value)
    maximises, whole = problem.goal.maximises, is_whole(problem, plan)
    bound = plan.bound
    # What no plan can pass, whatever it opens.
    limit = (1.0 + problem.goal.backup) * float(problem.weight.sum()) if maximises else 0.0
    contradictions = []
    if not np.isfinite(value) or abs(value - plan.objective) > _CONTRADICTS * max(1.0, abs(value)):
        contradictions.append(f"objective {plan.objective:g}, the plan gives {value:g}")
    if whole and np.isfinite(bound):
        bound = float(np.floor(bound + 1e-5) if maximises else np.ceil(bound - 1e-5))
    past = value - bound if maximises else bound - value
    if past > _CONTRADICTS * max(1.0, abs(value)):
        contradictions.append(f"bound {bound:g}, the plan gives {value:g}")
        bound = limit
    bound = min(bound, limit) if maximises else max(bound, limit)
    meets = abs(bound - value) <= (1e-3 if whole else _ACCURACY * max(1.0, abs(value)))
    if plan.proven and not meets:
        contradictions.append(f"called proved with bound {plan.bound:g}, the plan gives {value:g}")
    nobody = problem.goal.name == FEWEST_SITES and nobody_reached(problem)
    meets = meets and not broken
    bound = value if meets else bound
    gap = 0.0 if meets else gap_of(value, bound, maximises)
    plan = replace(
        plan,
        objective=value,
        bound=bound,
        gap=gap,
        proven=meets and not nobody,
        nobody_reached=nobody,
        too_near=only_too_near(problem) if problem.goal.name == FEWEST_SITES else 0.0,
    )
    return Audit(plan, tuple(contradictions), broken)


def tidy(value: float) -> float:
    """Without the rounding of shares: 11.999999985 residents are 12.

    >>> tidy(11.999999985)
    12.0
    """
    whole = float(np.round(value))
    return whole if abs(value - whole) <= _ACCURACY * max(1.0, abs(whole)) else float(value)


def is_whole(problem: Problem, plan: Plan) -> bool:
    """Whether any plan's value is a whole number, so that a bound may be rounded."""
    goal = problem.goal
    if goal.name == FEWEST_SITES:
        return goal.cost is None or _whole(np.asarray(goal.cost, float))
    if plan.assigned is not None or not _whole(problem.weight):
        return False
    if goal.name == MOST_PEOPLE:
        return not goal.backup or goal.backup == 1.0
    return _whole(problem.metres.data.astype(float)) and _whole(
        np.append(problem.already[np.isfinite(problem.already)], goal.unreached_m or 0.0)
    )


def _whole(values: Floats) -> bool:
    return bool((values == np.round(values)).all())


def _broken(problem: Problem, plan: Plan, opened: Ints, closed: Ints) -> Iterator[Text]:
    """The conditions that a plan does not keep, each read from the goal itself."""
    goal = problem.goal
    stay = np.setdiff1d(problem.open_before, closed)
    if len(set(plan.sites)) < len(plan.sites) or not np.isin(opened, problem.candidates).all():
        yield text("only sites that may be opened, each once")
    if not np.isin(problem.required, opened).all():
        yield text("required sites")
    if goal.count is not None and len(opened) > goal.count:
        yield text("new sites: at most {n}", n=goal.count)
    if goal.budget is not None and goal.cost is not None:
        spent = float(np.asarray(goal.cost, float)[opened].sum())
        if spent > goal.budget + _CONTRADICTS * max(1.0, goal.budget):
            yield text("a budget of {budget:,g}", budget=goal.budget)
    expected = goal.close if len(problem.closable) else 0
    if len(closed) != expected or not np.isin(closed, problem.closable).all():
        yield text("closings: exactly {n}", n=expected)
    if goal.spacing_m > 0.0 and goal.site_xy is not None and not _spaced(problem, opened, stay):
        yield text("at least {metres:g} m between sites", metres=goal.spacing_m)
    is_open = np.concatenate((stay, opened))
    for quota in goal.quotas:
        label = np.asarray(quota.label)
        parts = np.union1d(np.unique(label[label >= 0]), sorted(quota.limits)).astype(np.int64)
        for part in parts.tolist():
            low, high = quota.of(part)
            if not low <= int((label[is_open] == part).sum()) <= high:
                yield text("{quota}: limits on the number of sites", quota=quota.name)
                break
    for earlier, most in goal.apart_from:
        if int(np.isin(opened, np.asarray(earlier)).sum()) > most:
            yield text("sites of an earlier plan: at most {n}", n=most)
    yield from _unserved(problem, plan, opened, closed)
    if plan.assigned is not None:
        yield from _overloaded(problem, plan.assigned, opened, stay)


def _spaced(problem: Problem, opened: Ints, stay: Ints) -> bool:
    """Whether every opened site keeps the spacing to every other open one."""
    xy, least = np.asarray(problem.goal.site_xy, float), problem.goal.spacing_m * (1.0 - 1e-9)
    if not len(opened):
        return True
    among = len(cKDTree(xy[opened]).query_pairs(np.nextafter(least, 0.0))) == 0
    if not among or not len(stay):
        return among
    metres, _ = cKDTree(xy[stay]).query(xy[opened])
    return bool((metres >= least).all())


def _unserved(problem: Problem, plan: Plan, opened: Ints, closed: Ints) -> Iterator[Text]:
    """Whether everybody is served who has to be."""
    goal, assigned = problem.goal, plan.assigned
    if goal.name == FEWEST_SITES:
        served = (
            covered_weight(replace(problem, goal=replace(goal, backup=0.0)), opened, closed)
            if assigned is None
            else assigned_weight(problem, assigned)
        )
        if served < wanted_weight(problem) * (1.0 - _ACCURACY) - 1e-9:
            yield text("a share of {share:.1%} of the residents", share=goal.share)
    if goal.name == MOST_PEOPLE or goal.name == FEWEST_SITES:
        return
    if goal.name == LEAST_WALKING and (assigned is not None or goal.unreached_m is not None):
        return  # who is left out makes the value infinite, or counts with the metres agreed on
    stay = np.setdiff1d(problem.open_before, closed)
    if not problem.covered(np.concatenate((stay, opened)))[reachable(problem)].all():
        yield text("everyone who can be reached")


def _overloaded(problem: Problem, assigned: sparse.csr_array, opened: Ints, stay: Ints) -> Iterator[Text]:
    """Whether residents go to open sites that reach them, nobody twice, within every load limit."""
    goal, entries = problem.goal, sparse.coo_array(assigned)
    going = entries.data > _CONTRADICTS * np.maximum(1.0, problem.residents[entries.col])
    rows, cells = entries.row[going], entries.col[going]
    reached = np.isfinite(metres_at(problem, rows, cells)) if len(rows) else np.ones(0, bool)
    if not reached.all() or not np.isin(rows, np.concatenate((stay, opened))).all():
        yield text("residents at open sites that reach them")
    if (served_share(problem, assigned) > 1.0 + _CONTRADICTS).any():
        yield text("residents at open sites that reach them")
    of_site, of_cell = (
        (np.zeros(problem.n_sites, np.int64), np.zeros(problem.n_cells, np.int64))
        if goal.roles is None
        else (np.asarray(role, np.int64) for role in goal.roles)
    )
    most, least = capacity(problem).copy(), np.zeros(problem.n_sites)
    if goal.band is not None:
        low, high = (np.broadcast_to(np.asarray(end, float), problem.n_sites) for end in goal.band)
        most[opened], least[opened] = np.minimum(most[opened], high[opened]), low[opened]
    for role in range(1 + int(max(of_site.max(initial=0), of_cell.max(initial=0)))):
        load = np.asarray(assigned[:, np.flatnonzero(of_cell == role)].sum(axis=1)).ravel()
        slack = _CONTRADICTS * np.maximum(1.0, load)
        if (load > most + slack).any():
            yield text("the most residents a site can serve")
        own = opened[of_site[opened] == role]
        if (load[own] < least[own] - slack[own]).any():
            yield text(
                "at least {low:,g} {low:resident|residents} at every new site", low=float(least[own].min())
            )
