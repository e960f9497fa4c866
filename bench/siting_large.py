"""Goals at city size that need more than one matrix: the longest way, two tiers together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bench.siting_instances import Instance, city, within
from coverage.siting import Goal, TwoTiers, both
from coverage.siting.model.arrays import only_entries
from geo.distance.nearest import nearest_straight
from geo.distance.reach import reach_straight

CELLS = 660_000
FAR_M = 20_000.0
_AT_ONCE = 50


def longest_ways(seconds: float) -> Iterator[tuple[Instance, Goal]]:
    """The longest way to the nearest, old or new: entries where a candidate is nearer than what is there."""
    town = city(CELLS, 2_000, 400, 1_250.0)
    new, old = town.site_xy[:2_000], town.site_xy[2_000:]
    already = nearest_straight(town.cell_xy, old).metres
    parts = [_nearer(new[at : at + _AT_ONCE], town, already) for at in range(0, len(new), _AT_ONCE)]
    reach = sparse.csr_array(sparse.vstack(parts))
    name = f"city {CELLS:,} cells, 2,000 candidates, 400 existing"
    given = replace(town, name=name, reach=reach, keep=town.keep[:0], already=already)
    for sites in (20, 50):
        yield given, Goal("least-worst", count=sites, time_limit_s=seconds)


def _nearer(sites_xy: NDArray[np.float64], town: Instance, already: NDArray[np.float64]) -> sparse.csr_array:
    metres = reach_straight(sites_xy, town.cell_xy, limit_m=FAR_M)
    return only_entries(metres, metres.data < already[metres.indices])


def two_tiers(seconds: float) -> Iterator[tuple[Instance, Goal]]:
    """A quarter of the existing ones are centres; 1,250 m for a centre, 500 m for a station or a centre."""
    for candidates, existing, wanted in ((2_000, 400, (5, 20)), (5_000, 1_400, (10, 40))):
        town = city(CELLS, candidates, existing, 1_250.0)
        near = within(town.site_xy, town.cell_xy, 500.0)
        tiers = TwoTiers(
            town.residents, town.reach, near, town.keep[::4], np.delete(town.keep, np.s_[::4])
        )  # fmt: skip
        forbidden = town.keep.tolist()
        for condition in ({}, {"site_xy": town.site_xy, "spacing_m": 800.0}):
            goal = Goal(count=0, forbidden=forbidden, time_limit_s=seconds, gap=0.005, **condition)
            demand, whole = both(tiers, goal, *wanted)
            name = (
                f"{town.name}, {wanted[0]} centres + {wanted[1]} stations{', spacing' if condition else ''}"
            )
            keep = np.asarray(demand.keep, np.int64)
            yield (
                replace(
                    town,
                    name=name,
                    residents=demand.residents,
                    reach=sparse.csr_array(demand.reach),
                    keep=keep,
                ),
                whole,
            )


def fewest(seconds: float) -> Iterator[tuple[Instance, Goal]]:
    """As few as possible of 20,000 places."""
    for candidates in (5_000, 20_000):
        town = city(CELLS, candidates, 1_400, 1_250.0)
        for share in (0.95, 1.0):
            name = f"{town.name}, {share:.0%}"
            yield replace(town, name=name), Goal("fewest-sites", share=share, time_limit_s=seconds)
