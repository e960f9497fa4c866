"""The covering goals as mixed-integer programs over sites x and groups of cells z."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from coverage.siting.model.arrays import Bools, Floats, Ints
from coverage.siting.model.cover_model import CoverModel
from coverage.siting.model.highs import Program
from coverage.siting.model.site_rules import SiteRules


@dataclass(frozen=True, eq=False)
class SiteRows:
    """low ≤ matrix·x ≤ high, and which sites have to be open."""

    matrix: sparse.csr_array
    low: Floats
    high: Floats
    must: Bools


def at_most(count: int, n_sites: int) -> SiteRows:
    """The one rule: no more than `count` sites."""
    matrix = sparse.csr_array(np.ones((1, n_sites)))
    return SiteRows(matrix, np.array([-np.inf]), np.array([float(count)]), np.zeros(n_sites, bool))


def all_rules(rules: SiteRules) -> SiteRows:
    return SiteRows(rules.matrix, rules.low, rules.high, rules.must)


def most_program(model: CoverModel, rows: SiteRows, second: Floats | None = None) -> Program:
    """maximise Σ weight·z (+ Σ second·z₂), z + z₂ ≤ Σ x of the group's sites.

    x whole; z and z₂ in 0..1 become whole by themselves. A group with one site needs no z.
    """
    shared = _shared(model)
    links, twice = _links(model, shared, second)
    n, m, k = model.n_sites, len(shared), len(twice)
    rules = sparse.hstack([rows.matrix, sparse.csr_array((rows.matrix.shape[0], m + k))])
    extra = np.zeros(0) if second is None else second[shared[twice]]
    return Program(
        cost=np.concatenate((_own(model), model.weight[shared], extra)),
        matrix=sparse.csr_array(sparse.vstack([rules, links])),
        row_low=np.concatenate((rows.low, np.full(m, -np.inf))),
        row_high=np.concatenate((rows.high, np.zeros(m))),
        low=np.concatenate((rows.must.astype(float), np.zeros(m + k))),
        high=np.ones(n + m + k),
        integer=np.arange(n + m + k) < n,
        maximises=True,
        offset=model.base,
    )


def most_values(model: CoverModel, chosen: Ints, second: Floats | None = None) -> Floats:
    """The variables of `most_program` when the sites `chosen` are open."""
    x = np.zeros(model.n_sites)
    x[chosen] = 1.0
    shared = _shared(model)
    times = model.by_group[shared] @ x
    twice = _twice(shared, second)
    return np.concatenate((x, np.minimum(times, 1.0), np.clip(times[twice] - 1.0, 0.0, 1.0)))


def fewest_program(model: CoverModel, rows: SiteRows, price: Floats, target: float) -> Program:
    """minimise Σ price·x so that the covered weight reaches `target` (without `base`)."""
    most = most_program(model, rows)
    n, columns = model.n_sites, len(most.cost)
    reach = sparse.csr_array(most.cost.reshape(1, -1))
    return Program(
        cost=np.concatenate((price, np.zeros(columns - n))),
        matrix=sparse.csr_array(sparse.vstack([reach, most.matrix])),
        row_low=np.concatenate(([target], most.row_low)),
        row_high=np.concatenate(([np.inf], most.row_high)),
        low=most.low,
        high=most.high,
        integer=most.integer,
        maximises=False,
    )


def cover_all_program(model: CoverModel, rows: SiteRows, price: Floats) -> Program:
    """minimise Σ price·x so that every group is covered."""
    n, m = model.n_sites, model.n_groups
    return Program(
        cost=price,
        matrix=sparse.csr_array(sparse.vstack([rows.matrix, model.by_group])),
        row_low=np.concatenate((rows.low, np.ones(m))),
        row_high=np.concatenate((rows.high, np.full(m, np.inf))),
        low=rows.must.astype(float),
        high=np.ones(n),
        integer=np.ones(n, bool),
        maximises=False,
    )


def _shared(model: CoverModel) -> Ints:
    return np.flatnonzero(np.diff(model.by_group.indptr) > 1)


def _twice(shared: Ints, second: Floats | None) -> Ints:
    return np.zeros(0, np.int64) if second is None else np.flatnonzero(second[shared] > 0.0)


def _own(model: CoverModel) -> Floats:
    """(sites,) the weight of the groups that only this site covers."""
    single = np.diff(model.by_group.indptr) == 1
    own: Floats = model.cover @ np.where(single, model.weight, 0.0)
    return own


def _links(model: CoverModel, shared: Ints, second: Floats | None) -> tuple[sparse.csr_array, Ints]:
    m, twice = len(shared), _twice(shared, second)
    again = sparse.csr_array((np.ones(len(twice)), (twice, np.arange(len(twice)))), shape=(m, len(twice)))
    return sparse.hstack([-model.by_group[shared], sparse.eye_array(m), again]), twice
