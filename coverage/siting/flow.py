"""Who can serve whom where loads are limited."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from coverage.siting.arrays import Bools, Floats, Ints, only_entries
from coverage.siting.model import first_cells, group_cells, summed
from coverage.siting.problem import Problem
from coverage.siting.rules import SiteRules, site_rules


@dataclass(frozen=True, eq=False)
class Flow:
    """Which site can serve which group of cells, and the limits on each site's load.

    Variables are x (sites: those of the rules, then fixed ones with a limit) and y, one per stored
    entry of `pairs` (sites × groups, metres): the share of the group that the site serves. `cells`
    is the first cell of each group.
    `served` marks groups that an unlimited fixed facility serves whatever is chosen.
    """

    rules: SiteRules
    rows: Ints
    cells: Ints
    pairs: sparse.csr_array
    residents: Floats
    weight: Floats
    served: Bools
    low: Floats
    high: Floats

    @property
    def n_sites(self) -> int:
        return len(self.rows)

    @property
    def site(self) -> Ints:
        """(pairs,) the site of each y."""
        return np.repeat(np.arange(self.n_sites), np.diff(self.pairs.indptr))

    @property
    def group(self) -> Ints:
        """(pairs,) the group of each y."""
        group: Ints = self.pairs.indices
        return group

    def loads(self, values: Floats) -> Floats:
        """(sites,) residents served, from the variables of a solution."""
        people = values[self.n_sites :] * self.residents[self.group]
        return np.bincount(self.site, weights=people, minlength=self.n_sites).astype(float)


def read_flow(problem: Problem, by_distance: bool) -> Flow:
    """The flow of `problem`; groups are single cells where distances matter."""
    rules = site_rules(problem)
    capacity = _capacity(problem)
    limited = problem.fixed[np.isfinite(capacity[problem.fixed])]
    rows = np.concatenate((rules.rows, limited))
    unlimited = np.setdiff1d(problem.fixed, limited)
    reach = problem.metres[rows]
    served = problem.covered(unlimited)
    kind = np.where(served, 0.0, 1.0 if problem.goal.importance is None else 1.0 + problem.goal.importance)
    if by_distance:
        kind = np.arange(problem.n_cells, dtype=float)
    group = group_cells(reach, problem.weight > 0.0, kind)
    return Flow(
        rules,
        rows,
        first_cells(group),
        _metres_of_groups(reach, group),
        summed(group, problem.residents),
        summed(group, problem.weight),
        summed(group, served.astype(float)) > 0.0,
        *_band(problem, rules, rows, capacity),
    )


def _capacity(problem: Problem) -> Floats:
    given = problem.goal.capacity
    return np.full(problem.n_sites, np.inf) if given is None else np.asarray(given, float)


def unlimited(problem: Problem) -> Ints:
    return problem.fixed[np.isinf(_capacity(problem)[problem.fixed])]


def _band(problem: Problem, rules: SiteRules, rows: Ints, capacity: Floats) -> tuple[Floats, Floats]:
    """(low, high) of each site's load; the band binds new sites only."""
    low, high = np.zeros(len(rows)), capacity[rows]
    if problem.goal.band is not None:
        new = np.flatnonzero(rules.is_new)
        low[new] = problem.goal.band[0]
        high[new] = np.minimum(high[new], problem.goal.band[1])
    return low, high


def _metres_of_groups(reach: sparse.csr_array, group: Ints) -> sparse.csr_array:
    """Sites × groups with the metres of each group's first cell."""
    first = first_cells(group)
    representative = np.zeros(reach.shape[1], bool)
    representative[first] = True
    part = only_entries(reach, representative[reach.indices])
    shape = (reach.shape[0], len(first))
    return sparse.csr_array((part.data, group[part.indices], part.indptr), shape=shape)
