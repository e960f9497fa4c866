"""Every condition by itself, as a planner would set it, on a city of the siting bench."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from bench.siting_instances import Instance
from coverage.siting import Quota
from geo.distance.reach import reach_straight

BLOCK_M = 4_000.0

Wanted = tuple[str, dict[str, Any], sparse.csr_array | None]


def city_conditions(instance: Instance, count: int) -> Iterator[Wanted]:
    """(name, keywords of a goal, metres where they are needed instead of yes or no)."""
    rng = np.random.default_rng(20)
    n, m = instance.reach.shape
    street = blocks(instance.site_xy)
    price = rng.integers(5, 16, n).astype(float)
    base = {"name": "most-people", "count": count}
    yield "no condition", base, None
    yield "relocation: close 5", base | {"closable": instance.keep.tolist(), "close": 5}, None
    yield "budget", base | {"cost": price, "budget": 8.0 * count}, None
    yield "spacing 1,500 m", base | {"site_xy": instance.site_xy, "spacing_m": 1_500.0}, None
    yield "at most one per street", base | {"quotas": (_one_each(street, instance),)}, None
    yield "elderly count 1.5", base | {"importance": rng.uniform(1.0, 1.5, m)}, None
    yield "backup counts half", base | {"backup": 0.5}, None
    yield "capacity 30,000", base | {"capacity": np.full(n, 30_000.0)}, None
    yield "band 1,000 to 5,000", base | {"band": (1_000.0, 5_000.0)}, None
    yield "band 20,000 to 40,000", base | {"band": (20_000.0, 40_000.0)}, None
    fewest = {"name": "fewest-sites", "share": 0.85}
    yield "fewest sites, 85 %", fewest, None
    yield "fewest sites, cost, 85 %", fewest | {"cost": price}, None
    yield "fewest sites, spacing, 85 %", fewest | {"site_xy": instance.site_xy, "spacing_m": 800.0}, None
    yield "fewest sites, capacity, 75 %", fewest | {"share": 0.75, "capacity": np.full(n, 60_000.0)}, None
    metres = reach_straight(instance.site_xy, instance.cell_xy, limit_m=1_250.0)
    walking = {"name": "least-walking", "count": count, "unreached_m": 2_500.0}
    yield "least walking", walking, metres
    yield "least walking, budget", walking | {"cost": price, "budget": 8.0 * count}, metres
    yield "least walking, spacing", walking | {"site_xy": instance.site_xy, "spacing_m": 1_500.0}, metres
    yield "least walking, one per street", walking | {"quotas": (_one_each(street, instance),)}, metres
    yield "least walking, capacity", walking | {"capacity": np.full(n, 30_000.0)}, metres


def blocks(xy: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """(sites,) squares that stand for streets."""
    column, row = np.floor((xy - xy.min(axis=0)) / BLOCK_M).astype(np.int64).T
    return np.asarray(column * (row.max() + 1) + row)


def _one_each(street: np.ndarray[Any, np.dtype[np.int64]], instance: Instance) -> Quota:
    """One new site per street on top of what is there."""
    there = np.bincount(street[instance.keep], minlength=int(street.max()) + 1)
    limits = {int(part): (0.0, float(n + 1)) for part, n in enumerate(there)}
    return Quota(street, limits, name="street")
