"""The best cover by a number of equal sites: start, walk, bound, fix, prove."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coverage.siting.covering.local_search import LocalSearch, greedy, improved
from coverage.siting.covering.lp_bound import Dual, DualSearch, fix_variables
from coverage.siting.greenfield import greenfield_cover
from coverage.siting.model.arrays import Ints
from coverage.siting.model.cover_model import (
    CoverModel,
    at_most,
    most_program,
    most_values,
    without_dominated,
)
from coverage.siting.model.highs import Limits, solve
from coverage.siting.model.plan_value import Choice

_SMALL = 4_000
_EASY = 40_000
# Beyond this many entries HiGHS does not get past its first relaxation in a minute, nor stops in time.
_HOPELESS = 90_000
# (steps of the relaxation, rounds of the walk, entries of the free rest that HiGHS may take over)
_PHASES = ((160, 0, 20_000), (0, 60, 20_000), (240, 100, _EASY), (1_200, 300, _EASY))


def best_cover(model: CoverModel, count: int, limits: Limits) -> Choice:
    """The best choice of at most `count` sites found within the limits, with its bound.

    Small models go straight to HiGHS. Others: greedy and swaps; the linear relaxation's bound and
    prices; a walk over local optima; then HiGHS on the sites that the prices do not decide.
    """
    model = without_dominated(model)
    if count == 0 or model.n_sites == 0:
        return Choice(np.zeros(0, np.int64), model.base, model.base, proven=True)
    chosen, value = improved(model, greedy(model, count))
    if len(chosen) < count or count >= model.n_sites:
        return _in_rows(model, Choice(chosen, value + model.base, value + model.base, proven=True))
    if model.cover.nnz <= _SMALL:
        return _in_rows(model, _proved(model, count, Choice(chosen, value + model.base, np.inf), limits))
    return _in_rows(model, _large(model, count, chosen, limits))


def _in_rows(model: CoverModel, cover: Choice) -> Choice:
    """The cover with the caller's rows instead of the model's numbers."""
    return replace(cover, chosen=model.rows[useful(model, cover.chosen)])


def _large(model: CoverModel, count: int, chosen: Ints, limits: Limits) -> Choice:
    """Bound and local search in turns until the free rest is easy enough to prove."""
    walk = LocalSearch(model, chosen, limits.seed)
    search = DualSearch(model, count, walk.best)
    best = Choice(walk.best, walk.value + model.base, np.inf)
    for steps, rounds, provable in _PHASES:
        dual = search.run(steps, limits.part(0.4), _enough(model, walk.value, limits))
        walk.run(limits.part(0.4), dual.bound, rounds)
        best = Choice(walk.best, walk.value + model.base, dual.bound + model.base)
        limits.report(best.value, best.bound, maximises=True)
        part = fix_variables(model, dual, walk.value)
        if (
            part.is_decided
            or part.rest.cover.nnz <= provable
            or dual.bound <= _enough(model, walk.value, limits)
        ):
            break
    return _on_free_variables(model, dual, best, limits)


@dataclass(frozen=True, eq=False)
class Reached:
    """Whether some number of sites can cover a target: a choice that does, or the proof that none can.

    `dual` are the best prices found on the way, None where none were needed.
    """

    chosen: Ints | None
    impossible: bool
    dual: Dual | None = None


def reach_target(model: CoverModel, count: int, target: float, limits: Limits) -> Reached:
    """Can `count` sites cover `target` (without `base`)? Sites that no such choice contains are left out."""
    walk = LocalSearch(model, greedy(model, count), limits.seed)
    if walk.value >= target:
        return Reached(walk.best, impossible=False)
    search = DualSearch(model, count, walk.best)
    for steps, rounds, provable in _PHASES[:-1]:
        dual = search.run(steps, limits.part(0.4), target * (1.0 - 1e-9))
        if dual.bound < target * (1.0 - 1e-9):
            return Reached(None, impossible=True, dual=dual)
        walk.run(limits.part(0.4), target, rounds)
        if walk.value >= target:
            return Reached(walk.best, impossible=False, dual=dual)
        part = fix_variables(model, dual, target * (1.0 - 1e-8))  # a choice that just reaches it will do
        if part.is_decided or part.rest.cover.nnz <= provable:
            break
    if part.rest.cover.nnz > _HOPELESS:
        walk.run(limits.part(0.5), target)
        if walk.value >= target:
            return Reached(walk.best, impossible=False, dual=dual)
    if part.is_decided:
        if part.only is not None and model.value(part.only) >= target:
            return Reached(part.only, impossible=False, dual=dual)
        return Reached(None, impossible=True, dual=dual)
    if part.rest.cover.nnz > _EASY // 2 or limits.left() <= 0.0:
        return Reached(None, impossible=False, dual=dual)
    start = part.start(walk.best)
    goal = (target + model.base) * (1.0 - 1e-9)
    proved = _proved(part.rest, part.count, Choice(start, 0.0, np.inf), limits, goal)
    chosen = part.whole(proved.chosen)
    if model.value(chosen) >= target:
        return Reached(chosen, impossible=False, dual=dual)
    return Reached(None, impossible=proved.bound < goal, dual=dual)


def _enough(model: CoverModel, value: float, limits: Limits) -> float:
    """The bound at which the wanted gap is reached."""
    whole = value + model.base
    return value + max(limits.gap * whole / (1.0 - limits.gap), 1e-9 * whole)


def _on_free_variables(model: CoverModel, dual: Dual, best: Choice, limits: Limits) -> Choice:
    """Recombine plans of the sites that a better choice could have, then prove on what remains."""
    part = fix_variables(model, dual, best.value - model.base)
    if part.rest.cover.nnz > _EASY and dual.bound > _enough(model, best.value - model.base, limits):
        # All the time that is left where HiGHS could do nothing after it.
        share = limits.part(1.0 if part.rest.cover.nnz > _HOPELESS else 0.5)
        best = greenfield_cover(
            model, dual, best, share, lambda value, bound: bound <= _enough(model, value, limits)
        )
        part = fix_variables(model, dual, best.value - model.base)
    if part.is_decided:
        if part.only is not None and model.value(part.only) + model.base > best.value:
            best = replace(best, chosen=part.only, value=model.value(part.only) + model.base)
        return replace(best, bound=best.value, proven=True)
    if part.rest.cover.nnz > _HOPELESS:
        return best
    if best.bound <= _enough(model, best.value - model.base, limits) + model.base or limits.left() <= 0.0:
        return best
    start = part.start(best.chosen)
    proved = _proved(part.rest, part.count, Choice(start, best.value, best.bound), limits)
    chosen = part.whole(proved.chosen)
    if model.value(chosen) + model.base <= best.value:
        chosen = best.chosen
    value = model.value(chosen) + model.base
    return Choice(chosen, value, min(best.bound, max(proved.bound, value)), proved.proven)


def _proved(
    model: CoverModel, count: int, known: Choice, limits: Limits, target: float | None = None
) -> Choice:
    """HiGHS on the whole of `model`, from the known choice; with `target` as `solve`."""
    program = most_program(model, at_most(count, model.n_sites))
    answer = solve(program, limits, most_values(model, known.chosen), target)
    found = np.flatnonzero(answer.sites_open(model.n_sites))
    chosen = found if model.value(found) > model.value(known.chosen) else known.chosen
    return Choice(chosen, model.value(chosen) + model.base, min(known.bound, answer.bound), answer.proven)


def useful(model: CoverModel, chosen: Ints) -> Ints:
    """The choice without sites that add nothing to the ones before them."""
    covered, kept = np.zeros(model.n_groups, bool), []
    for site in chosen:
        groups = model.groups_of(int(site))
        if not covered[groups].all():
            kept.append(site)
        covered[groups] = True
    return np.array(kept, np.int64)
