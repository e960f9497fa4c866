"""Every choice of sites, tried: the oracle the solvers are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.spatial.distance import cdist

from coverage.siting import Goal


def choices(n_sites: int, goal: Goal, keep=()) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """(opened, closed) pairs that meet every condition among sites."""
    free = [s for s in range(n_sites) if s not in set(keep) | set(goal.forbidden)]
    most = len(free) if goal.count is None else min(goal.count, len(free))
    for closed in combinations(sorted(goal.closable), goal.close):
        for n in range(most + 1):
            for opened in combinations(free, n):
                if allowed(opened, closed, goal, keep):
                    yield opened, closed


def candidates(n_sites: int, goal: Goal, keep) -> list[int]:
    """Sites that may be opened: not forbidden, not too near to one that stays."""
    stays = [s for s in keep if not goal.close or s not in goal.closable]
    free = [s for s in range(n_sites) if s not in set(keep) | set(goal.forbidden)]
    return [s for s in free if not goal.spacing_m or spaced((s,), stays, goal)]


def allowed(opened, closed, goal: Goal, keep) -> bool:
    still = [s for s in keep if s not in closed]
    if not set(goal.required) <= set(opened):
        return False
    if goal.budget is not None and sum(goal.cost[s] for s in opened) > goal.budget + 1e-9:
        return False
    if goal.spacing_m and not spaced(opened, still, goal):
        return False
    for earlier, most in goal.apart_from:
        if len(set(earlier) & set(opened)) > most:
            return False
    return all(within_quota(quota, [*opened, *still]) for quota in goal.quotas)


def spaced(opened, still, goal) -> bool:
    if not opened:
        return True
    metres = cdist(goal.site_xy[list(opened)], goal.site_xy[[*opened, *still]])
    metres[np.arange(len(opened)), np.arange(len(opened))] = np.inf
    return metres.min() >= goal.spacing_m - 1e-9


def within_quota(quota, is_open) -> bool:
    parts = set(quota.label[quota.label >= 0]) | set(quota.limits)
    return all(
        quota.of(int(part))[0] <= sum(quota.label[s] == part for s in is_open) <= quota.of(int(part))[1]
        for part in parts
    )


def dense(reach: sparse.csr_array) -> np.ndarray:
    """(sites, cells) metres, inf where nothing is stored."""
    full = np.full(reach.shape, np.inf)
    rows = np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr))
    full[rows, reach.indices] = 0.0 if reach.dtype == bool else reach.data
    return full


def flow_value(metres, weight, residents, is_open, capacity, low, *, by_distance=False, missing=None):
    """The best sharing-out of residents among open sites under load limits; None if impossible.

    Maximises weight served, or minimises weight·metres with everyone reachable served.
    """
    pairs = [(s, c) for s in is_open for c in np.flatnonzero(np.isfinite(metres[s])) if weight[c] > 0]
    if not pairs:
        needy = by_distance and missing is None and np.isfinite(metres).any(axis=0)[weight > 0].any()
        return None if needy or any(low.get(s, 0) > 0 for s in is_open) else 0.0
    cost = [weight[c] * (metres[s, c] - (missing or 0.0)) if by_distance else -weight[c] for s, c in pairs]
    upper, limit, equal, right = [], [], [], []
    for s in is_open:
        row = [residents[c] if s == t else 0.0 for t, c in pairs]
        if np.isfinite(capacity.get(s, np.inf)):
            upper.append(row), limit.append(capacity[s])
        upper.append([-v for v in row]), limit.append(-low.get(s, 0.0))
    for c in np.flatnonzero(weight > 0):
        row = [1.0 if c == d else 0.0 for _, d in pairs]
        if by_distance and missing is None and np.isfinite(metres[:, c]).any():
            equal.append(row), right.append(1.0)
        else:
            upper.append(row), limit.append(1.0)
    found = linprog(cost, upper, limit, equal or None, right or None, bounds=(0, 1))
    return found.fun if found.status == 0 else None
