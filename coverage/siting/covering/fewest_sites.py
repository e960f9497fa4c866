"""Set covering: the smallest number of sites that serves a share of the residents."""

from __future__ import annotations

import numpy as np

from core.errors import InfeasibleError
from core.text import Text, text
from coverage.siting.capacity.loads import fewest_with_loads
from coverage.siting.covering.fewest_large import (
    cover_everyone,
    cover_share,
    few_that_reach,
    without_needless,
)
from coverage.siting.goals import Plan
from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.build_order import Found, finished
from coverage.siting.model.cover_model import CoverModel, build_model
from coverage.siting.model.highs import Answer, Limits, Program
from coverage.siting.model.infeasible import solved
from coverage.siting.model.plan_value import only_too_near, reached_by_any, site_price, wanted_weight
from coverage.siting.model.problem import Problem
from coverage.siting.model.programs import SiteRows, all_rules, cover_all_program, fewest_program, most_values
from coverage.siting.model.site_rules import site_rules

_ROUNDING = 1e-9


def fewest_sites(problem: Problem, limits: Limits, *, enough: bool = False) -> Plan:
    """As few new sites as possible (least cost where sites have a cost).

    The share counts of the residents whom some site, existing or possible, reaches. With `enough`
    the first plan that keeps `count` will do (and nothing is proved about fewer).
    """
    _refuse_if_too_near(problem)
    if problem.goal.has_loads:
        return fewest_with_loads(problem, limits)
    rules = site_rules(problem)
    model = build_model(problem.metres, problem.weight, rules.rows, problem.covered(problem.fixed))
    target = wanted_weight(problem) - model.base
    price = site_price(problem, rules.rows, rules.is_new)
    if target > _ROUNDING and problem.goal.count is None and not _couples(problem):
        return _equal_sites(problem, model, target, limits)
    search = _Search(model, all_rules(rules), price, target, couples=_couples(problem))
    names = (text("a share of {share:.1%} of the residents", share=problem.goal.share),)
    is_open, bound, proven = search.run(names + rules.names, limits, enough)
    opened, closed = rules.rows[is_open & rules.is_new], rules.rows[~is_open & ~rules.is_new]
    objective = float(price[is_open].sum())
    return finished(problem, Found(opened, objective, bound, proven, closed), limits)


def _refuse_if_too_near(problem: Problem) -> None:
    """InfeasibleError where the share cannot be served without those whom only too near sites reach."""
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


def _equal_sites(problem: Problem, model: CoverModel, target: float, limits: Limits) -> Plan:
    """No condition ties sites together: the way for large models."""
    everyone = target >= model.weight.sum() * (1.0 - _ROUNDING)
    few = cover_everyone(model, limits) if everyone else cover_share(model, target, limits)
    found = Found(model.rows[few.chosen], float(len(few.chosen)), few.bound, few.proven)
    return finished(problem, found, limits)


def _couples(problem: Problem) -> bool:
    goal = problem.goal
    return goal.couples_sites or goal.cost is not None or len(problem.required) > 0


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
    """A bound on a sum of whole prices can be rounded up."""
    whole = (price == np.round(price)).all()
    return float(np.ceil(answer.bound - 1e-6)) if whole and np.isfinite(answer.bound) else answer.bound
