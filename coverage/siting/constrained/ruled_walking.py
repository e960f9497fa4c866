"""Least walking under rules among sites: a start that keeps them, a bound from prices, then HiGHS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.build_order import Choice
from coverage.siting.model.highs import Limits, solve
from coverage.siting.model.programs import all_rules
from coverage.siting.model.site_rules import SiteRules
from coverage.siting.walking.p_median import Prices, price_cells
from coverage.siting.walking.savings import SavingsModel, SavingsSwap, median_program, median_values

_MOST_PAIRS = 200_000
_SWAPS = 200
_TRIES = 300
_STEPS = (80, 160, 320)


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
    return _proved(model, rules, most, chosen, limits)


def _start(model: SavingsModel, rules: SiteRules, price: Floats) -> Ints | None:
    """Close what must be closed, meet the lower limits, then open what saves most."""
    is_open = rules.must | ~rules.is_new
    _close(model, rules, is_open)
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


def _close(model: SavingsModel, rules: SiteRules, is_open: Bools) -> None:
    """Close existing sites, the least missed first, until no upper limit is passed (changes `is_open`)."""
    while (is_open & ~rules.is_new).any() and (rules.activity(is_open) > rules.high + 1e-9).any():
        search = SavingsSwap(model, np.flatnonzero(is_open))
        loss = np.where(rules.is_new[search.chosen], np.inf, search.loss)
        is_open[search.chosen[int(np.argmin(loss))]] = False


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


def _proved(model: SavingsModel, rules: SiteRules, most: int, chosen: Ints, limits: Limits) -> Choice:
    """Prices that know the number alone bound the savings and exclude sites; HiGHS takes the rest."""
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
