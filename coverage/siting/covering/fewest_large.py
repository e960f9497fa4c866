"""Fewest equal sites on large models: parts solved one by one, and bounds from the relaxation.

If n sites can cover a weight T then, at any prices, Σ weight·(1 − μ) + the n largest worths ≥ T; the
smallest n for which that holds is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from coverage.siting.covering.best_cover import reach_target, useful
from coverage.siting.covering.greedy import greedy
from coverage.siting.covering.lp_bound import Dual, DualSearch
from coverage.siting.covering.swap import SwapSearch, improved
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.dominance import dominated, implied
from coverage.siting.model.highs import Answer, Limits, Program, solve
from coverage.siting.model.programs import at_most, cover_all_program, fewest_program, most_values

_ROUNDING = 1e-9
_BATCH_SITES = 300
_PROVABLE = 150_000


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
    for sites in _parts(reduced):
        wanted = np.zeros(reduced.n_sites, bool)
        wanted[sites] = True
        few = _everyone(replace(reduced.only(wanted), base=0.0), limits)
        chosen.append(stay[sites[few.chosen]])
        bound += few.bound
    limits.report(float(sum(map(len, chosen))), bound, maximises=False)
    return Few(np.concatenate([*chosen, np.zeros(0, np.int64)]), bound)


def _parts(model: CoverModel) -> list[Ints]:
    """Sites by connected part, small parts together in batches, the largest last."""
    links = sparse.csr_array(model.cover @ model.by_group)
    _, part = connected_components(links, directed=False)
    size = np.bincount(part, minlength=1)
    order = np.argsort(size, kind="stable")
    batch = np.zeros(len(size), np.int64)
    batch[order] = np.cumsum(size[order]) // _BATCH_SITES
    batch[size > _BATCH_SITES] = batch.max() + 1 + np.arange(int((size > _BATCH_SITES).sum()))
    labels = batch[part]
    return [np.flatnonzero(labels == label) for label in np.unique(labels)] if model.n_sites else []


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
    return Few(chosen, min(float(len(chosen)), max(known.bound, _whole(answer))))


def _whole(answer: Answer) -> float:
    """A bound on a number of sites can be rounded up."""
    return float(np.ceil(answer.bound - 1e-6)) if np.isfinite(answer.bound) else 0.0


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
    chosen = _without_spare(model, _until(model, target), target)
    while len(chosen) > 1 and (limits is None or limits.left() > 0.0):
        fewer = _one_fewer(model, chosen, target)
        if fewer is None:
            break
        chosen = fewer
    return chosen


def _one_fewer(model: CoverModel, chosen: Ints, target: float) -> Ints | None:
    """By swaps without the site least missed, else from the greedy choice anew."""
    least = int(np.argmin(SwapSearch(model, chosen).loss))
    fewer, value = improved(model, np.delete(chosen, least))
    if value < target:
        fewer, value = improved(model, greedy(model, len(chosen) - 1))
    return fewer if value >= target else None


def _until(model: CoverModel, target: float) -> Ints:
    """The first sites of the greedy order that reach `target`."""
    order = greedy(model, model.n_sites)
    covered = np.zeros(model.n_groups, bool)
    reached = 0.0
    for n, site in enumerate(order):
        if reached >= target:
            return order[:n]
        groups = model.groups_of(int(site))
        reached += float(model.weight[groups[~covered[groups]]].sum())
        covered[groups] = True
    return order


def _without_spare(model: CoverModel, chosen: Ints, target: float) -> Ints:
    """The choice without sites that `target` does not need, latest first."""
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
    return np.array(kept[::-1], np.int64)
