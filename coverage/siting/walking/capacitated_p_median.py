"""Least walking with load limits on a whole city: the nearest open site with room.

The flow model has a variable for every site and cell and is out of HiGHS's reach there. The plan
without load limits says which sites to open, and what it is bounded by holds with them too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coverage.siting.capacity.flow import Flow
from coverage.siting.capacity.load_prices import load_prices
from coverage.siting.goals import Plan, gap_of
from coverage.siting.model.arrays import Floats, Ints
from coverage.siting.model.audit import tidy
from coverage.siting.model.build_order import Found, finished
from coverage.siting.model.highs import Limits
from coverage.siting.model.problem import Problem

_FULL = 1e-9


@dataclass(frozen=True, eq=False)
class CapacitatedWalks:
    """weight·metres of those who are served, and the residents each site serves.

    `left` (groups,) who is not served, `shares` (pairs,) of its group that each serves.
    """

    total: float
    load: Floats
    left: Floats
    shares: Floats


@dataclass(frozen=True, eq=False)
class OtherWalks:
    """The way of residents whom no limited site serves: metres (groups,), inf where there is none.

    `total` is weight·metres of the whole city when everybody with such a way takes it.
    """

    metres: Floats
    total: float


def capacitated_p_median(
    problem: Problem, flow: Flow, others: OtherWalks, free: Plan, limits: Limits
) -> Plan | None:
    """A plan from the one without load limits, `free`; None where it cannot keep the limits.

    New sites that do not reach their band are given up, the emptiest first.
    """
    rules, ruled, other_m = flow.rules, len(flow.rules.rows), others.metres
    is_open = np.ones(flow.n_sites, bool)
    is_open[:ruled] = np.isin(rules.rows, free.sites) | ~rules.is_new & ~np.isin(rules.rows, free.closed)
    walks = _nearest_with_room(flow, np.flatnonzero(is_open), other_m)
    least = flow.low[flow.own]
    while (short := is_open & (walks.load < least * (1.0 - _FULL))).any():
        full = np.where(short, walks.load / np.maximum(least, 1e-300), np.inf)
        is_open[int(np.argmin(full))] = False
        walks = _nearest_with_room(flow, np.flatnonzero(is_open), other_m)
    stuck = (walks.left > _FULL * np.maximum(flow.residents, 1.0)) & ~np.isfinite(other_m)
    if stuck.any() or not rules.met(is_open[:ruled]):
        return None
    served = 1.0 - walks.left / np.maximum(flow.residents, 1e-300)
    saved = float((served * flow.weight * np.where(np.isfinite(other_m), other_m, 0.0)).sum())
    new = np.flatnonzero(is_open[:ruled] & rules.is_new)
    closed = np.array(free.closed, np.int64)
    found = Found(flow.rows[new], others.total - saved + walks.total, free.bound, False, closed)
    plan = finished(problem, found, limits)
    load = dict(zip(flow.rows.tolist(), walks.load.tolist(), strict=True))
    return replace(
        plan,
        loads=tuple(tidy(load[row]) for row in plan.sites),
        assigned=flow.assigned(problem, walks.shares),
    )


def better_bounded(flow: Flow, others: OtherWalks, plan: Plan, limits: Limits) -> Plan:
    """The plan with the bound that prices on serving each group give, where that is the better one.

    They know the capacities; who has no other way would have to be served at any price, so then they
    are not asked.
    """
    count = plan.goal.count
    if plan.proven or not count or not np.isfinite(others.metres[flow.weight > 0.0]).all():
        return plan
    saved = flow.weight[flow.group] * np.maximum(others.metres[flow.group] - flow.pairs.data, 0.0)
    prices = load_prices(flow, saved, count, others.total - plan.objective, limits)
    bound = min(max(plan.bound, others.total - prices.most(count)), plan.objective)
    gap = gap_of(plan.objective, bound, maximises=False)
    return replace(plan, bound=bound, gap=gap, proven=gap <= _FULL)


def _nearest_with_room(flow: Flow, sites: Ints, other_m: Floats) -> CapacitatedWalks:
    """Pairs in order of distance: whoever is still without a place takes what room there is."""
    mine = np.flatnonzero(np.isin(flow.site, sites))
    mine = mine[flow.pairs.data[mine] < other_m[flow.group[mine]]]
    order = mine[np.argsort(flow.pairs.data[mine], kind="stable")]
    room, left = flow.high.tolist(), flow.residents.tolist()
    taken = [0.0] * len(order)
    pairs = zip(flow.limit[order].tolist(), flow.group[order].tolist(), strict=True)
    for at, (limit, group) in enumerate(pairs):
        people = min(room[limit], left[group])
        if people > 0.0:
            room[limit] -= people
            left[group] -= people
            taken[at] = people
    people = np.array(taken)
    per_resident = flow.weight / np.maximum(flow.residents, 1e-300)
    total = float((people * per_resident[flow.group[order]] * flow.pairs.data[order]).sum())
    load = np.bincount(flow.limit[order], people, minlength=len(flow.low)).astype(float)
    shares = np.zeros(flow.pairs.nnz)
    shares[order] = people / np.maximum(flow.residents[flow.group[order]], 1e-300)
    return CapacitatedWalks(total, load[flow.own], np.array(left), shares)
