"""p-median: the least total walking to the nearest open site.

With load limits it is the nearest open site with room. The flow model has a variable for every site and
cell and is out of HiGHS's reach on a whole city: there the plan without load limits says which sites to
open, and what it is bounded by holds with them too. Under rules among sites: a start that keeps them, a
bound from prices, then HiGHS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from core.errors import InfeasibleError, SettingError
from coverage.siting.capacity.flow import Flow, load_prices, read_flow
from coverage.siting.capacity.loads import flow_plan, flow_program, row_names
from coverage.siting.covering.fewest_sites import fewest_sites
from coverage.siting.goals import FEWEST_SITES, Plan, gap_of
from coverage.siting.model.arrays import Floats, Ints, only_entries
from coverage.siting.model.audit import tidy
from coverage.siting.model.cover_model import all_rules
from coverage.siting.model.highs import Limits, solve
from coverage.siting.model.plan_value import Choice, Found, finished, reachable, total_walking, unlimited
from coverage.siting.model.problem import Problem
from coverage.siting.model.site_rules import SiteRules, site_rules, solved, start_price
from coverage.siting.walking.p_median import Prices, best_median, price_cells
from coverage.siting.walking.savings import SavingsModel, SavingsSwap, median_program, median_values

# With more pairs the flow model is out of HiGHS's reach.
_MOST_FLOW = 150_000
_FULL = 1e-9
_MOST_PAIRS = 200_000
_SWAPS = 200
_TRIES = 300
_STEPS = (80, 160, 320)


def least_walking(problem: Problem, limits: Limits) -> Plan:
    """Total weight·metres of all who can be reached, each walking to the nearest open site."""
    if not problem.measured:
        raise SettingError("Least walking needs distances in metres, not only yes or no.")
    if problem.goal.has_loads:
        return _with_flow(problem, limits)
    if problem.goal.couples_sites:
        return _with_rules(problem, limits) or _with_flow(problem, limits)
    return _plain(problem, limits)


def _plain(problem: Problem, limits: Limits) -> Plan:
    required = problem.required
    count = (problem.goal.count or 0) - len(required)
    if count < 0:
        raise InfeasibleError(
            "{required} {required:site is|sites are} required but only {count} may be opened.",
            required=len(required),
            count=problem.goal.count,
        )
    missing_m = problem.goal.unreached_m
    if missing_m is not None:
        return _solved(problem, count, missing_m, limits)
    longest = float(problem.metres.data.max(initial=1.0))
    plan = _solved(problem, count, 4.0 * longest, limits)
    if _all_served(problem, plan):
        return plan
    # InfeasibleError when more sites are needed only to reach everyone.
    goal = replace(problem.goal, name=FEWEST_SITES, count=None, share=1.0)
    needed = fewest_sites(replace(problem, goal=goal), limits)
    if needed.bound > (problem.goal.count or 0) + 1e-6:
        raise InfeasibleError(
            "At least {needed:g} {needed:site is|sites are} needed to reach everyone who can be reached; "
            "{count} {count:is|are} allowed.",
            needed=needed.bound,
            count=problem.goal.count,
        )
    lightest = problem.weight[problem.weight > 0.0].min()
    plan = _solved(problem, count, 4.0 * longest * problem.weight.sum() / lightest, limits)
    if not _all_served(problem, plan):
        raise SettingError(
            "No plan was found within {seconds:g} s; allow more time or loosen a condition.",
            seconds=limits.seconds,
        )
    return plan


def _all_served(problem: Problem, plan: Plan) -> bool:
    stay = np.setdiff1d(problem.open_before, plan.closed)
    rows = np.concatenate((stay, np.array(plan.sites, np.int64)))
    return bool(problem.covered(rows)[reachable(problem)].all())


def _solved(problem: Problem, count: int, missing_m: float, limits: Limits) -> Plan:
    """The p-median of the sites that are not required."""
    wanted = reachable(problem)
    open_already = np.concatenate((problem.fixed, problem.required))
    now = np.where(wanted, np.minimum(problem.nearest_m(open_already), missing_m), 0.0)
    rows = np.setdiff1d(problem.candidates, problem.required)
    model = savings_model(problem.metres[rows], now, problem.weight)
    best = best_median(model, min(count, len(rows)), limits)
    opened = np.concatenate((problem.required, rows[best.chosen]))
    objective = total_walking(problem, np.concatenate((problem.fixed, opened)), missing_m)
    return finished(problem, Found(opened, objective, best.bound, best.proven), limits)


def savings_model(metres: sparse.csr_array, now: Floats, weight: Floats) -> SavingsModel:
    """What each cell saves against walking `now` metres."""
    saved = (now[metres.indices] - metres.data) * weight[metres.indices]
    full = sparse.csr_array((saved, metres.indices, metres.indptr), shape=metres.shape)
    return SavingsModel(only_entries(full, saved > 0.0), float((now * weight).sum()))


def _with_rules(problem: Problem, limits: Limits) -> Plan | None:
    """Savings under rules among sites; None where no start is found, or one that leaves somebody out."""
    goal, rules = problem.goal, site_rules(problem)
    missing_m = (
        4.0 * float(problem.metres.data.max(initial=1.0)) if goal.unreached_m is None else goal.unreached_m
    )
    now = np.where(reachable(problem), np.minimum(problem.nearest_m(problem.fixed), missing_m), 0.0)
    model = savings_model(problem.metres[rules.rows], now, problem.weight)
    most = (goal.count or 0) + len(problem.closable) - goal.close
    best = best_under_rules(model, rules, most, start_price(problem, rules), limits)
    if best is None:
        return None
    is_open = np.isin(np.arange(len(rules.rows)), best.chosen)
    opened, closed = rules.rows[is_open & rules.is_new], rules.rows[~is_open & ~rules.is_new]
    objective = total_walking(problem, np.concatenate((problem.fixed, rules.rows[is_open])), missing_m)
    plan = finished(problem, Found(opened, objective, best.bound, best.proven, closed), limits)
    return plan if goal.unreached_m is not None or _all_served(problem, plan) else None


def _with_flow(problem: Problem, limits: Limits) -> Plan:
    """The flow model with every rule: who has no other way must be served by an open site."""
    flow = read_flow(problem, by_distance=True)
    wanted = reachable(problem)
    missing_m = np.inf if problem.goal.unreached_m is None else problem.goal.unreached_m
    other = np.minimum(problem.nearest_m(unlimited(problem)), missing_m)
    has_other = np.isfinite(other)
    settled = wanted & has_other
    offset = float((other[settled] * problem.weight[settled]).sum())
    if len(flow.group) > _MOST_FLOW:
        # Too large for HiGHS: from the plan without load limits, which takes half of the time.
        others = OtherWalks(other[flow.cells], offset)
        goal = replace(problem.goal, capacity=None, band=None)
        plan = capacitated_p_median(
            problem, flow, others, least_walking(replace(problem, goal=goal), limits.part(0.5)), limits
        )
        if plan is None:
            raise SettingError(
                "No plan was found within {seconds:g} s; allow more time or loosen a condition.",
                seconds=limits.seconds,
            )
        return better_bounded(flow, others, plan, limits)
    cell = flow.cells
    against = np.where(has_other, other, 0.0)[cell]
    cost = flow.weight[flow.group] * (flow.pairs.data - against[flow.group])
    program = flow_program(flow, cost, np.zeros(flow.n_sites), maximises=False, offset=offset)
    first = len(flow.rules.low)
    low = program.row_low.copy()
    low[first : first + len(cell)] = np.where(has_other[cell], -np.inf, 1.0)
    answer = solved(replace(program, row_low=low), row_names(flow), limits)
    return flow_plan(problem, flow, answer, limits)


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


def best_under_rules(
    model: SavingsModel, rules: SiteRules, most: int, price: Floats, limits: Limits
) -> Choice | None:
    """The best choice of at most `most` sites found that keeps the rules, in metres; None where no start is
    found.

    `price` (sites,) is what a start may divide the savings by.
    """
    starts = [
        start for per in (np.ones(len(price)), price) if (start := _start(model, rules, per)) is not None
    ]
    if not starts:
        return None
    if not model.saved.nnz:
        return Choice(starts[0], model.total, model.total, proven=True)
    chosen = max((_swapped(model, rules, start, limits) for start in starts), key=model.value)
    # Prices that know the number alone bound the savings and exclude sites; HiGHS takes the rest.
    value, bound, stay = model.value(chosen), np.inf, np.ones(model.n_sites, bool)
    prices: Prices | None = None
    for steps in _STEPS:
        if most < 1 or most > model.n_sites:
            break
        prices = price_cells(model, prices, value, limits, steps, most)
        bound = min(bound, max(prices.bound, value))
        stay = ~prices.never_opened(value)
        if bound - value <= limits.gap * (model.total - value) or model.saved[stay].nnz <= _MOST_PAIRS // 4:
            break
    stay[chosen] = True
    best = Choice(chosen, model.total - value, model.total - bound)
    if model.saved[stay].nnz > _MOST_PAIRS or limits.left() <= 0.0:
        return best
    sites = np.flatnonzero(stay)
    part = model.only(sites)
    program = median_program(part, all_rules(rules.only(stay)))
    answer = solve(program, limits, median_values(part, np.searchsorted(sites, chosen)))
    found = sites[answer.sites_open(len(sites))]
    if answer.values is not None and model.value(found) > value:
        best = replace(best, chosen=found, value=model.total - model.value(found))
    return replace(best, bound=max(best.bound, min(answer.bound, best.value)), proven=answer.proven)


def _start(model: SavingsModel, rules: SiteRules, price: Floats) -> Ints | None:
    """Close what must be closed, meet the lower limits, then open what saves most."""
    is_open = rules.must | ~rules.is_new
    # Close existing sites, the least missed first, until no upper limit is passed (changes `is_open`).
    while (is_open & ~rules.is_new).any() and (rules.activity(is_open) > rules.high + 1e-9).any():
        search = SavingsSwap(model, np.flatnonzero(is_open))
        loss = np.where(rules.is_new[search.chosen], np.inf, search.loss)
        is_open[search.chosen[int(np.argmin(loss))]] = False
    first = _best_of(model, np.flatnonzero(is_open))
    floor = 1e-12 * float(model.saved.sum())
    while True:
        gain = model.sum_by_site(np.maximum(model.saved.data - first[model.saved.indices], 0.0))
        allowed = rules.may_open(is_open)
        needed = allowed & rules.helps(is_open)
        allowed = needed if needed.any() else allowed & (gain > floor)
        if not allowed.any():
            break
        site = int(np.argmax(np.where(allowed, gain / price, -np.inf)))
        is_open[site] = True
        first = np.maximum(first, _best_of(model, np.array([site])))
    return np.flatnonzero(is_open) if rules.met(is_open) else None


def _best_of(model: SavingsModel, sites: Ints) -> Floats:
    """(cells,) what each cell saves with these sites."""
    return model.saved[sites].max(axis=0).toarray().ravel() if len(sites) else np.zeros(model.n_cells)


def _swapped(model: SavingsModel, rules: SiteRules, chosen: Ints, limits: Limits) -> Ints:
    """The best swap that the rules allow, until none helps."""
    search = SavingsSwap(model, chosen)
    for _ in range(_SWAPS):
        allowed = next((pair for pair in _promising(search) if _keeps(search, rules, *pair)), None)
        if allowed is None or limits.left() <= 0.0:
            break
        search.swap(*allowed)
    return np.sort(search.chosen)


def _promising(search: SavingsSwap) -> Iterator[tuple[int, int]]:
    """(slot out, site in) of the swaps with the highest profit."""
    if not len(search.chosen):
        return
    profit = search.gain[:, None] + search.both - search.loss
    profit[search.chosen] = -np.inf
    flat = profit.ravel()
    top = np.argpartition(-flat, min(_TRIES, len(flat) - 1))[:_TRIES]
    for at in top[np.argsort(-flat[top], kind="stable")]:
        if flat[at] <= 1e-10 * max(search.value, 1.0):
            return
        yield int(at % len(search.chosen)), int(at // len(search.chosen))


def _keeps(search: SavingsSwap, rules: SiteRules, slot: int, site: int) -> bool:
    is_open = np.zeros(len(rules.rows), bool)
    is_open[search.chosen] = True
    is_open[search.chosen[slot]], is_open[site] = False, True
    return rules.met(is_open)
