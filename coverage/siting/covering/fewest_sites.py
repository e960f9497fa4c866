"""Set covering: the smallest number of sites that serves a share of the residents."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from core.errors import InfeasibleError
from core.text import Text, text
from coverage.siting.capacity.loads import fewest_with_loads
from coverage.siting.covering.best_cover import reach_target, useful
from coverage.siting.covering.local_search import SwapSearch, greedy, improved
from coverage.siting.covering.lp_bound import Dual, DualSearch
from coverage.siting.goals import Plan
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import (
    CoverModel,
    SiteRows,
    all_rules,
    at_most,
    build_model,
    cover_all_program,
    dominated,
    fewest_program,
    implied,
    most_values,
)
from coverage.siting.model.highs import Answer, Limits, Program, solve
from coverage.siting.model.plan_value import (
    Found,
    finished,
    only_too_near,
    reached_by_any,
    site_price,
    wanted_weight,
)
from coverage.siting.model.problem import Problem
from coverage.siting.model.site_rules import site_rules, solved

_ROUNDING = 1e-9
_BATCH_SITES = 300
_PROVABLE = 150_000


def fewest_sites(problem: Problem, limits: Limits, *, enough: bool = False, explain: bool = True) -> Plan:
    """As few new sites as possible (least cost where sites have a cost).

    The share counts of the residents whom some site, existing or possible, reaches. With `enough`
    the first plan that keeps `count` will do (and nothing is proved about fewer). Without `explain` an
    InfeasibleError does not look for the conditions that cannot be met.
    """
    lost = only_too_near(problem)
    within = float(problem.weight[reached_by_any(problem)].sum())
    if lost > 0.0 and within < wanted_weight(problem) * (1.0 - _ROUNDING):
        raise InfeasibleError(
            "A share of {share:.1%} cannot be served: {lost:,.0f} {lost:resident lives|residents live} where "
            "every possible site is less than {metres:g} m from an existing one.",
            share=problem.goal.share,
            lost=lost,
            metres=problem.goal.spacing_m,
        )
    if problem.goal.has_loads:
        return fewest_with_loads(problem, limits)
    rules = site_rules(problem)
    model = build_model(problem.metres, problem.weight, rules.rows, problem.covered(problem.fixed))
    target = wanted_weight(problem) - model.base
    price = site_price(problem, rules.rows, rules.is_new)
    couples = problem.goal.couples_sites or problem.goal.cost is not None or len(problem.required) > 0
    if target > _ROUNDING and problem.goal.count is None and not couples:
        everyone = target >= model.weight.sum() * (1.0 - _ROUNDING)
        few = cover_everyone(model, limits) if everyone else cover_share(model, target, limits)
        found = Found(model.rows[few.chosen], float(len(few.chosen)), few.bound, few.proven)
        return finished(problem, found, limits)
    search = _Search(model, all_rules(rules), price, target, couples=couples)
    names = (text("a share of {share:.1%} of the residents", share=problem.goal.share),)
    told = names + rules.names if explain else ()
    is_open, bound, proven = search.run(told, limits, enough)
    opened, closed = rules.rows[is_open & rules.is_new], rules.rows[~is_open & ~rules.is_new]
    objective = float(price[is_open].sum())
    return finished(problem, Found(opened, objective, bound, proven, closed), limits)


class _Search:
    """One covering problem: sites at a price until `target` weight is covered."""

    def __init__(
        self, model: CoverModel, rows: SiteRows, price: Floats, target: float, couples: bool
    ) -> None:
        self.model, self.rows, self.price, self.target = model, rows, price, target
        self.couples = couples
        self.everyone = target >= model.weight.sum() * (1.0 - _ROUNDING)

    def run(self, names: tuple[Text, ...], limits: Limits, enough: bool) -> tuple[Bools, float, bool]:
        """(open sites, bound, proven); with `enough` any choice that keeps the rows will do."""
        nothing = (self.rows.low <= 0.0).all() and (self.rows.high >= 0.0).all() and not self.rows.must.any()
        if self.target <= _ROUNDING and nothing:
            return np.zeros(self.model.n_sites, bool), 0.0, True
        stay, program, start = self._reduced()
        if start is not None and enough and self._allowed(stay, start):
            return _opened(stay, start[: len(stay)], self.model.n_sites), 0.0, False
        answer = solved(program, names[1 if self.everyone else 0 :], limits, start)
        is_open = _opened(stay, answer.sites_open(len(stay)), self.model.n_sites)
        return is_open, _rounded_up(answer, self.price), answer.proven

    def _reduced(self) -> tuple[Ints, Program, Floats | None]:
        """(sites that remain, program over them, start)."""
        if self.couples:
            return np.arange(self.model.n_sites), self._program(self.model, self.rows, self.price), None
        model, stay = without_needless(self.model, self.everyone)
        rows = SiteRows(self.rows.matrix[:, stay], self.rows.low, self.rows.high, self.rows.must[stay])
        chosen = few_that_reach(model, self.target)
        start = np.zeros(model.n_sites)
        start[chosen] = 1.0
        program = self._program(model, rows, self.price[stay])
        if not self._allowed(stay, start):
            return stay, program, None
        return stay, program, start if self.everyone else most_values(model, chosen)

    def _allowed(self, stay: Ints, start: Floats) -> bool:
        used = self.rows.matrix[:, stay] @ start[: len(stay)]
        return bool((used <= self.rows.high + _ROUNDING).all())

    def _program(self, model: CoverModel, rows: SiteRows, price: Floats) -> Program:
        if self.everyone:
            return cover_all_program(model, rows, price)
        return fewest_program(model, rows, price, self.target * (1.0 - _ROUNDING))


def _opened(sites: Ints, chosen: Floats | Bools, count: int) -> Bools:
    is_open = np.zeros(count, bool)
    is_open[sites] = np.asarray(chosen, float) > 0.5
    return is_open


def _rounded_up(answer: Answer, price: Floats) -> float:
    """The bound on a sum of prices; on one of whole prices it can be rounded up."""
    whole = (price == np.round(price)).all()
    return float(np.ceil(answer.bound - 1e-6)) if whole and np.isfinite(answer.bound) else answer.bound


@dataclass(frozen=True, eq=False)
class Few:
    """Sites of a model, and how many are needed at least."""

    chosen: Ints
    bound: float

    @property
    def proven(self) -> bool:
        return self.bound >= len(self.chosen) - _ROUNDING


def cover_share(model: CoverModel, target: float, limits: Limits) -> Few:
    """Few sites that cover `target` (without `base`), and a bound on their number."""
    kept = np.flatnonzero(~dominated(model.cover, model.by_group))
    rest = replace(model.only(np.isin(np.arange(model.n_sites), kept)), base=0.0)
    few = _share(rest, target * (1.0 - _ROUNDING), limits)
    return Few(kept[few.chosen], few.bound)


def _share(model: CoverModel, target: float, limits: Limits) -> Few:
    """One site fewer as long as swaps or a walk reach the target; the bound from below in between."""
    chosen = few_that_reach(model, target, limits.part(0.4))
    low = 1
    if model.n_sites > _BATCH_SITES:  # whatever the time allows, there is a bound
        low = _fewest(model, DualSearch(model, len(chosen), chosen).run(240, limits, 0.0), target)
        limits.report(len(chosen), low, maximises=False)
    while len(chosen) > low and limits.left() > 0.0:
        answer = reach_target(model, len(chosen) - 1, target, limits)
        if answer.dual is not None:
            low = max(low, _fewest(model, answer.dual, target))
        if answer.chosen is None:
            low = len(chosen) if answer.impossible else low
            break
        chosen = useful(model, answer.chosen)
    limits.report(len(chosen), low, maximises=False)
    known = Few(chosen, low)
    if known.proven or model.cover.nnz > _PROVABLE:
        return known
    program = fewest_program(model, at_most(len(chosen), model.n_sites), np.ones(model.n_sites), target)
    return _proved(program, model, known, most_values(model, chosen), limits)


def _fewest(model: CoverModel, dual: Dual, target: float) -> int:
    """The smallest number of sites that the prices allow to reach the target."""
    rest = float((model.weight * (1.0 - dual.price)).sum())
    reached = rest + np.concatenate(([0.0], np.cumsum(np.sort(dual.worth)[::-1])))
    enough = np.flatnonzero(reached >= target * (1.0 - _ROUNDING))
    return int(enough[0]) if len(enough) else model.n_sites


def cover_everyone(model: CoverModel, limits: Limits) -> Few:
    """Few sites that cover every group, part by part; parts share neither sites nor groups."""
    reduced, stay = without_needless(model, everyone=True)
    chosen, bound = [], 0.0
    # Sites by connected part, small parts together in batches, the largest last.
    links = sparse.csr_array(reduced.cover @ reduced.by_group)
    _, part = connected_components(links, directed=False)
    size = np.bincount(part, minlength=1)
    order = np.argsort(size, kind="stable")
    batch = np.zeros(len(size), np.int64)
    batch[order] = np.cumsum(size[order]) // _BATCH_SITES
    batch[size > _BATCH_SITES] = batch.max() + 1 + np.arange(int((size > _BATCH_SITES).sum()))
    labels = batch[part]
    for sites in [np.flatnonzero(labels == label) for label in np.unique(labels)] if reduced.n_sites else []:
        wanted = np.zeros(reduced.n_sites, bool)
        wanted[sites] = True
        few = _everyone(replace(reduced.only(wanted), base=0.0), limits)
        chosen.append(stay[sites[few.chosen]])
        bound += few.bound
    limits.report(float(sum(map(len, chosen))), bound, maximises=False)
    return Few(np.concatenate([*chosen, np.zeros(0, np.int64)]), bound)


def _everyone(model: CoverModel, limits: Limits) -> Few:
    equal = replace(model, weight=np.ones(model.n_groups))
    chosen = few_that_reach(equal, float(model.n_groups))
    known = Few(chosen, 0.0)
    if model.n_sites > _BATCH_SITES:
        dual = DualSearch(equal, len(chosen), chosen).run(600, limits, 0.0, tolerance=1e-4)
        known = Few(chosen, _fewest(equal, dual, float(equal.n_groups)))
    if known.proven:
        return known
    start = np.zeros(model.n_sites)
    start[chosen] = 1.0
    program = cover_all_program(model, at_most(len(chosen), model.n_sites), np.ones(model.n_sites))
    return _proved(program, model, known, start, limits)


def _proved(program: Program, model: CoverModel, known: Few, start: Floats, limits: Limits) -> Few:
    """HiGHS from the known choice; the better bound of the two."""
    if limits.left() <= 0.0:
        return known
    answer = solve(program, limits, start)
    found = np.flatnonzero(answer.sites_open(model.n_sites))
    chosen = found if 0 < len(found) < len(known.chosen) else known.chosen
    bound = _rounded_up(answer, np.ones(1))
    return Few(chosen, min(float(len(chosen)), max(known.bound, bound)))


def without_needless(model: CoverModel, everyone: bool) -> tuple[CoverModel, Ints]:
    """(the model without dominated sites, which they were).

    To cover everyone, groups are dropped too that others imply: their weight goes to nobody, and
    only steers a start.
    """
    stay = np.arange(model.n_sites)
    for _ in range(4):
        before = model.cover.shape
        if everyone:
            groups = np.flatnonzero(~implied(model.cover, model.by_group))
            model = replace(model, cover=model.cover[:, groups], weight=model.weight[groups])
        needed: Bools = ~dominated(model.cover, model.by_group)
        model, stay = model.only(needed), stay[needed]
        if model.cover.shape == before:
            break
    return model, stay


def few_that_reach(model: CoverModel, target: float, limits: Limits | None = None) -> Ints:
    """Few sites that cover `target`: greedy, needless ones dropped, then one fewer while swaps allow it."""
    target = min(target, float(model.weight.sum())) * (1.0 - _ROUNDING)
    chosen = greedy(model, model.n_sites)
    covered, reached = np.zeros(model.n_groups, bool), 0.0
    for n, site in enumerate(chosen):
        if reached >= target:
            chosen = chosen[:n]
            break
        groups = model.groups_of(int(site))
        reached += float(model.weight[groups[~covered[groups]]].sum())
        covered[groups] = True
    # The choice without sites that `target` does not need, latest first.
    times = np.zeros(model.n_groups, np.int64)
    for site in chosen:
        times[model.groups_of(int(site))] += 1
    reached = float(model.weight[times > 0].sum())
    kept = []
    for site in chosen[::-1]:
        groups = model.groups_of(int(site))
        lost = float(model.weight[groups[times[groups] == 1]].sum())
        if reached - lost >= target:
            reached -= lost
            times[groups] -= 1
        else:
            kept.append(int(site))
    chosen = np.array(kept[::-1], np.int64)
    while len(chosen) > 1 and (limits is None or limits.left() > 0.0):
        # by swaps without the site least missed, else from the greedy choice anew
        least = int(np.argmin(SwapSearch(model, chosen).loss))
        fewer, value = improved(model, np.delete(chosen, least))
        if value < target:
            fewer, value = improved(model, greedy(model, len(chosen) - 1))
        if value < target:
            break
        chosen = fewer
    return chosen
