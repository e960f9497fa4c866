"""Variable fixing: sites that the relaxation's prices decide, and the problem over those left open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coverage.siting.covering.greedy import greedy
from coverage.siting.covering.lp_bound import Dual
from coverage.siting.model.arrays import Bools, Ints
from coverage.siting.model.cover_model import CoverModel


@dataclass(frozen=True, eq=False)
class VariableFixing:
    """What a choice better than the known one may still decide: `count` of `sites`, on top of `certain`."""

    rest: CoverModel
    sites: Ints
    certain: Ints
    count: int

    @property
    def is_decided(self) -> bool:
        """No choice but `only` can be better than the known one."""
        return self.count <= 0 or self.rest.n_sites < self.count

    @property
    def only(self) -> Ints | None:
        """The one choice that may still be better where `is_decided`: the certain sites, if they are all.

        None where too many are certain, or too few are left.
        """
        return self.certain if self.count == 0 else None

    def start(self, chosen: Ints) -> Ints:
        """The known choice as numbers of `rest`, filled up greedily."""
        inside = np.flatnonzero(np.isin(self.sites, chosen))[: self.count]
        return greedy(self.rest, self.count, inside)

    def whole(self, of_rest: Ints) -> Ints:
        """A choice of `rest` with the certain sites, as numbers of the model."""
        return np.concatenate((self.certain, self.sites[of_rest]))


def fix_variables(model: CoverModel, dual: Dual, value: float) -> VariableFixing:
    """What is left to decide for choices worth more than `value` (without `base`)."""
    certain = dual.certain(value)
    sites = np.flatnonzero(~dual.needless(value) & ~certain)
    covered = covered_by(model, np.flatnonzero(certain))
    rest = restricted(model, sites, covered)
    return VariableFixing(rest, sites, np.flatnonzero(certain), dual.count - int(certain.sum()))


def covered_by(model: CoverModel, sites: Ints) -> Bools:
    """(groups,) whether one of the sites covers each."""
    covered = np.zeros(model.n_groups, bool)
    for site in sites:
        covered[model.groups_of(int(site))] = True
    return covered


def restricted(model: CoverModel, sites: Ints, covered: Bools) -> CoverModel:
    """The model of `sites` for the groups not `covered`, whose weight goes into its `base`."""
    weight = np.where(covered, 0.0, model.weight)
    chosen = np.zeros(model.n_sites, bool)
    chosen[sites] = True
    base = model.base + float(model.weight[covered].sum())
    return CoverModel(model.cover, weight, model.rows, base).only(chosen)
