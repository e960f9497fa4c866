"""Least walking under rules among sites: a start that keeps them, a bound from prices, then HiGHS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import sparse

from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.build_order import Choice
from coverage.siting.model.highs import Limits, Program, solve
from coverage.siting.model.site_rules import SiteRules
from coverage.siting.walking.lagrangian import Prices, price_cells
from coverage.siting.walking.savings import SavingsModel, SavingsSwap

_MOST_PAIRS = 200_000
_SWAPS = 200
_TRIES = 300
_STEPS = (80, 160, 320)


def best_under_rules(
    model: SavingsModel, rules: SiteRules, most: int, price: Floats, limits: Limits
) -> Choice | None:
    """The best choice of at most `most` sites found that keeps the rules; None where no start is found.

    `price` (sites,) is what a start may divide the savings by.
    """
    starts = [
        start for per in (np.ones(len(price)), price) if (start := _start(model, rules, per)) is not None
    ]
    if not starts:
        return None
    if not model.saved.nnz:
        return Choice(starts[0], 0.0, 0.0, proven=True)
    chosen = max((_swapped(model, rules, start, limits) for start in starts), key=model.value)
    best = Choice(chosen, model.value(chosen), np.inf)
    return _proved(model, rules, most, best, limits)


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


def _proved(model: SavingsModel, rules: SiteRules, most: int, best: Choice, limits: Limits) -> Choice:
    """Prices that know the number alone bound the savings and exclude sites; HiGHS takes the rest."""
    stay = np.ones(model.n_sites, bool)
    prices: Prices | None = None
    for steps in _STEPS:
        if most < 1 or most > model.n_sites:
            break
        prices = price_cells(model, prices, best.value, limits, steps, most)
        best = replace(best, bound=min(best.bound, max(prices.bound, best.value)))
        stay = ~prices.never_opened(best.value)
        if best.bound <= best.value * (1.0 + limits.gap) or model.saved[stay].nnz <= _MOST_PAIRS // 4:
            break
    stay[best.chosen] = True
    if model.saved[stay].nnz > _MOST_PAIRS or limits.left() <= 0.0:
        return best
    return _by_program(model, rules, stay, best, limits)


def _by_program(model: SavingsModel, rules: SiteRules, stay: Bools, best: Choice, limits: Limits) -> Choice:
    sites = np.flatnonzero(stay)
    part = SavingsModel(sparse.csr_array(model.saved[sites]))
    program = _program(part, rules.only(stay))
    start = _values(part, np.searchsorted(sites, best.chosen))
    answer = solve(program, limits, start)
    found = sites[answer.sites_open(len(sites))]
    if answer.values is not None and model.value(found) > best.value:
        best = replace(best, chosen=found, value=model.value(found))
    bound = min(best.bound, max(answer.bound, best.value))
    return replace(best, bound=bound, proven=answer.proven)


def _program(model: SavingsModel, rules: SiteRules) -> Program:
    """maximise Σ saved·y, the rules, Σ y ≤ 1 per cell, y ≤ x."""
    n, k = model.n_sites, model.saved.nnz
    site = np.repeat(np.arange(n), np.diff(model.saved.indptr))
    pair, ones = np.arange(k), np.ones(k)
    blocks = [
        [rules.matrix, sparse.csr_array((rules.matrix.shape[0], k))],
        [None, sparse.csr_array((ones, (model.saved.indices, pair)), (model.n_cells, k))],
        [sparse.csr_array((-ones, (pair, site)), (k, n)), sparse.eye_array(k)],
    ]
    return Program(
        cost=np.concatenate((np.zeros(n), model.saved.data)),
        matrix=sparse.csr_array(sparse.block_array(blocks)),
        row_low=np.concatenate((rules.low, np.full(model.n_cells + k, -np.inf))),
        row_high=np.concatenate((rules.high, np.ones(model.n_cells), np.zeros(k))),
        low=np.concatenate((rules.must.astype(float), np.zeros(k))),
        high=np.ones(n + k),
        integer=np.arange(n + k) < n,
        maximises=True,
    )


def _values(model: SavingsModel, chosen: Ints) -> Floats:
    """The variables of `_program` when `chosen` are open: every cell goes to its best site."""
    n = model.n_sites
    values = np.zeros(n + model.saved.nnz)
    values[chosen] = 1.0
    site = np.repeat(np.arange(n), np.diff(model.saved.indptr))
    mine = np.flatnonzero(values[:n][site] > 0.0)
    order = mine[np.lexsort((-model.saved.data[mine], model.saved.indices[mine]))]
    cells = model.saved.indices[order]
    first = np.ones(len(order), bool)
    first[1:] = cells[1:] != cells[:-1]
    values[n + order[first]] = 1.0
    return values
