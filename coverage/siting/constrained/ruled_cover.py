"""Covering under rules among sites on a large model: bound, better plans among few sites, proof."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from coverage.siting.constrained.ruled_dual import RuledDual, ruled_dual
from coverage.siting.covering.choice import Choice
from coverage.siting.goals import Watch
from coverage.siting.model.arrays import Bools, Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Limits, solve
from coverage.siting.model.programs import all_rules, most_program, most_values
from coverage.siting.model.site_rules import SiteRules

# Sites that HiGHS looks for a better plan among, and how many entries of what is left it may prove on.
_FEW = 250
_PROVABLE = 120_000
_STEPS = (320, 640, 1_280)


def ruled_cover(model: CoverModel, rules: SiteRules, start: Ints, limits: Limits) -> Choice:
    """The best choice found that keeps the rules, from `start`, which does."""
    best = Choice(start, model.value(start) + model.base, np.inf)
    sites, ruled = np.arange(model.n_sites), rules
    for number, steps in enumerate(_STEPS):
        now = np.flatnonzero(np.isin(sites, best.chosen))
        dual = ruled_dual(
            model, ruled, now, limits.part(0.4), steps=steps, enough=_enough(best, limits, model)
        )
        best = _bounded(best, dual.bound + model.base)
        if _done(best, limits):
            return best
        best = _among_few(model, ruled, sites, dual, best, limits.part(0.3 if number else 0.5))
        best = _bounded(best, best.bound)
        limits.report(best.value, best.bound, maximises=True)
        stay = ~dual.needless(best.value - model.base) | ruled.must
        stay[np.isin(sites, best.chosen)] = True
        model, ruled, sites = model.only(stay), ruled.only(stay), sites[stay]
        if _done(best, limits) or model.cover.nnz <= _PROVABLE:
            break
    if _done(best, limits):
        return best
    return _proved(model, ruled, sites, best, limits)


def _enough(best: Choice, limits: Limits, model: CoverModel) -> float:
    """The bound (without the base) at which the wanted gap is reached."""
    return best.value / (1.0 - limits.gap) - model.base


def _bounded(best: Choice, bound: float) -> Choice:
    bound = max(min(best.bound, bound), best.value)
    return replace(best, bound=bound, proven=bound <= best.value * (1.0 + 1e-9))


def _done(best: Choice, limits: Limits) -> bool:
    return best.proven or best.bound <= best.value / (1.0 - limits.gap) or limits.left() <= 0.0


def _among_few(
    model: CoverModel, rules: SiteRules, sites: Ints, dual: RuledDual, best: Choice, limits: Limits
) -> Choice:
    """A better plan among the sites that the relaxation opens, or nearly."""
    order = np.lexsort((dual.spare, -dual.relaxed))
    few = np.zeros(model.n_sites, bool)
    few[order[:_FEW]] = True
    few |= rules.must | ~rules.is_new | np.isin(sites, best.chosen)
    return _searched(model, rules, (sites, few), best, limits)[0]


def _searched(
    model: CoverModel, rules: SiteRules, among: tuple[Ints, Bools], best: Choice, limits: Limits
) -> tuple[Choice, float]:
    """(the better of the known plan and HiGHS's among some sites, the bound there)."""
    sites, few = among
    part, ruled, numbers = model.only(few), rules.only(few), sites[few]
    start = np.flatnonzero(np.isin(numbers, best.chosen))
    quiet = replace(limits, watch=Watch(cancelled=limits.watch.cancelled))
    answer = solve(most_program(part, all_rules(ruled)), quiet, most_values(part, start))
    found = np.flatnonzero(answer.sites_open(part.n_sites))
    value = part.value(found) + part.base
    kept = np.zeros(part.n_sites, bool)
    kept[found] = True
    if answer.values is not None and value > best.value and ruled.met(kept):
        best = replace(best, chosen=numbers[found], value=value)
    return best, answer.bound


def _proved(model: CoverModel, rules: SiteRules, sites: Ints, best: Choice, limits: Limits) -> Choice:
    """HiGHS on all that a better plan could have."""
    best, bound = _searched(model, rules, (sites, np.ones(model.n_sites, bool)), best, limits)
    best = _bounded(best, max(bound, best.value))
    limits.report(best.value, best.bound, maximises=True)
    return best
