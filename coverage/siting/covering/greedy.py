"""The best site at every step, with the gains kept up to date instead of counted again."""

from __future__ import annotations

import numpy as np

from coverage.siting.model.arrays import Bools, Floats, Ints, row_entries
from coverage.siting.model.cover_model import CoverModel


def greedy(model: CoverModel, count: int, start: Ints | None = None) -> Ints:
    """`start` and then up to `count` sites in all, each covering the most that is still open.

    Ends early when nothing is left to gain. Ties go to the lower site number. Every group is
    subtracted once from the sites that cover it, so the whole run costs one pass over the model.
    """
    chosen = [] if start is None else [int(site) for site in start]
    covered = np.zeros(model.n_groups, bool)
    gain = model.cover @ model.weight
    for site in chosen:
        cover_and_update(model, site, covered, gain)
    while len(chosen) < min(count, model.n_sites):
        best = int(np.argmax(gain))
        if gain[best] <= _nothing_left(model):
            break
        chosen.append(best)
        cover_and_update(model, best, covered, gain)
    return np.array(chosen, np.int64)


def cover_and_update(model: CoverModel, site: int, covered: Bools, gain: Floats) -> None:
    """Mark what `site` covers and take it from the gain of every site (both arrays change)."""
    groups = model.groups_of(site)
    new = groups[~covered[groups]]
    covered[new] = True
    at, owner = row_entries(model.by_group.indptr, new)
    gain -= np.bincount(model.by_group.indices[at], weights=model.weight[new][owner], minlength=len(gain))
    gain[site] = 0.0


def without_the_least(model: CoverModel, sites: Ints, count: int) -> Ints:
    """`sites` without the one that alone covers least, again and again until `count` are left."""
    left = [int(site) for site in sites]
    times = np.bincount(
        np.concatenate([np.zeros(0, np.int64), *(model.groups_of(site) for site in left)]).astype(np.int64),
        minlength=model.n_groups,
    )
    while len(left) > count:
        own = [float(model.weight[g[times[g] == 1]].sum()) for g in map(model.groups_of, left)]
        gone = left.pop(int(np.argmin(own)))
        times[model.groups_of(gone)] -= 1
    return np.array(left, np.int64)


def _nothing_left(model: CoverModel) -> float:
    """Gains below this are rounding."""
    return 1e-12 * float(model.weight.sum()) if model.n_groups else 0.0
