"""Tie-heavy tiny instances, every goal and condition, and what trying every choice says of them.

The values here are computed from dense arrays by definition; nothing of the solvers is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist

from core.errors import InfeasibleError
from coverage.siting import Goal, Quota, TwoTiers, choose_both, choose_sites

GOALS = ("most-people", "fewest-sites", "least-walking", "least-worst")
CONDITIONS = (
    "none",
    "required",
    "forbidden",
    "importance",
    "spacing",
    "budget",
    "quota",
    "close",
    "apart",
    "backup",
    "capacity",
    "band",
    "already",
    "mixed",
)
KINDS = ("separate", "chain", "sparse", "nested", "equal")
RESIDENTS = ((1.0,), (1.0, 1.0, 2.0), (0.0, 1.0, 1.0, 2.0, 3.0), (3.0, 5.0, 6.0, 7.0), tuple(range(1, 12)))


@dataclass(frozen=True, eq=False)
class Tiny:
    """`metres` (sites, cells), inf where out of reach; `already` (cells,) True where covered anyway."""

    residents: np.ndarray
    metres: np.ndarray
    goal: Goal
    keep: tuple[int, ...] = ()
    already: np.ndarray | None = None
    label: str = ""

    @property
    def near(self) -> np.ndarray:
        return np.isfinite(self.metres)

    @property
    def weight(self) -> np.ndarray:
        return self.residents * (1.0 if self.goal.importance is None else self.goal.importance)

    def plan(self):
        site, cell = np.nonzero(self.near)
        values = np.ones(len(site), bool)
        if self.goal.name in ("least-walking", "least-worst"):
            values = self.metres[site, cell]
        indptr = np.concatenate(([0], np.cumsum(self.near.sum(axis=1))))
        reach = sparse.csr_array((values, cell, indptr), shape=self.metres.shape)
        return choose_sites(self.residents, reach, goal=self.goal, keep=self.keep, already=self.already)


def tiny(seed: int) -> Tiny:
    """One instance: half without conditions, where ties decide; in the others goal and condition turn."""
    rng = np.random.default_rng([20111, seed])
    if seed % 2 == 0:
        return _plain(seed, rng)
    name = GOALS[seed // 2 % len(GOALS)]
    condition = CONDITIONS[seed // 2 // len(GOALS) % len(CONDITIONS)]
    kind = KINDS[int(rng.integers(len(KINDS)))]
    n = int(rng.integers(3, 7 if condition in ("capacity", "band", "mixed") else 10))
    m = int(rng.integers(3, 14))
    near = _near(kind, n, m, rng)
    m = near.shape[1]
    metres = np.where(near, rng.choice([0.0, 1.0, 1.0, 2.0, 5.0], (n, m)), np.inf)
    pool = RESIDENTS[int(rng.integers(len(RESIDENTS)))]
    keep = tuple(np.flatnonzero(rng.random(n) < 0.2).tolist())[:2]
    if condition == "close" and not keep:
        keep = (0,)
    case = Tiny(
        rng.choice(pool, m), metres, Goal(count=0), keep, label=f"{seed}: {name}, {condition}, {kind}"
    )
    limits: dict = {"share": float(rng.choice([0.5, 0.7, 0.9, 0.95, 1.0]))}
    if name != "fewest-sites":
        limits["count"] = int(rng.integers(0, n))
    if name == "least-walking" and rng.random() < 0.5:
        limits["unreached_m"] = float(rng.choice([2.0, 9.0]))
    chosen = [condition]
    if condition == "mixed":
        chosen = list(rng.choice([c for c in CONDITIONS[2:10] if c != "close"], 3, replace=False))
    for one in chosen:
        limits |= _condition(one, case, name, rng)
    limits["forbidden"] = [s for s in limits.get("forbidden", ()) if s not in limits.get("required", ())]
    already = rng.random(m) < 0.3 if condition == "already" else None
    return replace(case, goal=Goal(name, **limits), already=already)


def plain_seeds(name: str, seeds: range) -> list[int]:
    """The seeds among these of instances without conditions of one goal."""
    return [
        seed for seed in seeds if seed % 2 == 0 and ("most-people", "fewest-sites")[seed // 2 % 2] == name
    ]


def _plain(seed: int, rng: np.random.Generator) -> Tiny:
    if seed % 8 == 0:
        return _trap(seed, rng)
    if seed // 2 % 2 == 0:
        kind = KINDS[int(rng.integers(2))]
        near = _near(kind, int(rng.integers(7, 11)), int(rng.integers(9, 15)), rng)
        goal = Goal("most-people", count=int(rng.integers(3, len(near) - 1)))
        pool = ((1.0, 1.0, 2.0), (1.0, 2.0, 3.0))[int(rng.integers(2))]
    else:
        kind = "sparse"
        near = rng.random((int(rng.integers(5, 9)), int(rng.integers(7, 15)))) < rng.choice([0.3, 0.4])
        goal = Goal("fewest-sites", share=float(rng.choice([0.8, 0.9, 0.95])))
        pool = RESIDENTS[int(rng.integers(3, 5))]
    residents = rng.choice(pool, near.shape[1])
    return Tiny(residents, np.where(near, 1.0, np.inf), goal, label=f"{seed}: {goal.name}, plain, {kind}")


def _trap(seed: int, rng: np.random.Generator) -> Tiny:
    """Five sites in a row of which the largest is wrong and no swap mends it, and villages."""
    row = ((0, 1), (1, 2), (2, 3, 4), (3, 4, 5), (0, 6))
    villages = int(rng.integers(2, 6))
    near = np.zeros((len(row) + villages, 7 + villages), bool)
    for site, cells in enumerate(row):
        near[site, list(cells)] = True
    near[np.arange(len(row), len(near)), np.arange(7, near.shape[1])] = True
    in_row = np.where(rng.random(7) < 0.3, rng.integers(1, 4, 7), (2, 1, 3, 1, 2, 2, 1))
    residents = np.concatenate((in_row, rng.integers(1, 3, villages))).astype(float)
    sites, cells = rng.permutation(len(near)), rng.permutation(len(residents))
    goal = Goal("most-people", count=int(rng.integers(3, len(near) - 1)))
    metres = np.where(near[sites][:, cells], 1.0, np.inf)
    return Tiny(residents[cells], metres, goal, label=f"{seed}: most-people, plain, trap")


def _near(kind: str, n: int, m: int, rng: np.random.Generator) -> np.ndarray:
    if kind == "separate":  # villages: most cells have one site, a few have two
        near = np.zeros((n, m), bool)
        near[rng.integers(0, n, m), np.arange(m)] = True
        return near | (rng.random((n, m)) < 0.08)
    if kind == "chain":  # every site has a cell of its own and may share one with the next
        near = np.zeros((n, 2 * n), bool)
        near[np.arange(n), np.arange(n)] = True
        for site in np.flatnonzero(rng.random(n - 1) < 0.5):
            near[[site, site + 1], n + site] = True
        return near
    if kind == "nested":  # candidates within candidates
        order = rng.random(m)
        return order[None, :] < rng.choice([0.2, 0.4, 0.6, 0.8], (n, 1))
    if kind == "equal":  # every site covers equally much, some cover the same
        few = [np.isin(np.arange(m), rng.choice(m, min(2, m), replace=False)) for _ in range(max(2, n - 2))]
        return np.array([few[k % len(few)] for k in range(n)])
    return rng.random((n, m)) < rng.choice([0.15, 0.3, 0.5])


def _condition(kind: str, case: Tiny, name: str, rng: np.random.Generator) -> dict:
    n, m = case.metres.shape
    others = [s for s in range(n) if s not in case.keep]
    match kind:
        case "required":
            return (
                {
                    "required": [
                        int(s)
                        for s in rng.choice(others, min(len(others), 1 + int(rng.integers(2))), replace=False)
                    ]
                }
                if others
                else {}
            )
        case "forbidden":
            return {"forbidden": [s for s in others if rng.random() < 0.3]}
        case "importance":
            return {"importance": rng.choice([0.5, 1.0, 2.0], m)}
        case "spacing":
            return {
                "site_xy": rng.integers(0, 5, (n, 2)).astype(float),
                "spacing_m": float(rng.choice([1.0, 2.0, 3.0])),
            }
        case "budget":
            price = {"cost": rng.choice([0.0, 1.0, 2.0, 2.0], n)}
            return (
                price
                if name == "fewest-sites" and rng.random() < 0.5
                else price | {"budget": float(rng.integers(1, 6))}
            )
        case "quota":
            limits = {0: (float(rng.integers(0, 2)), 2.0)}
            return {"quotas": (Quota(rng.integers(-1, 3, n), limits, default=(0.0, 2.0), name="street"),)}
        case "close":
            return {"closable": case.keep, "close": min(1, len(case.keep))}
        case "apart":
            return {"apart_from": ((tuple(s for s in others if rng.random() < 0.5), 1),)}
        case "backup":
            return {"backup": float(rng.choice([0.25, 0.5, 1.0]))} if name == "most-people" else {}
        case "capacity":
            return {"capacity": rng.choice([1.0, 2.0, 4.0, np.inf], n)}
        case "band":
            return {"band": (float(rng.integers(0, 4)), float(rng.integers(4, 9)))}
    return {}


def best_by_trying(case: Tiny) -> float | None:
    """The best objective of any allowed choice; None where there is none, NaN where it is not tried."""
    goal = case.goal
    if goal.has_loads and goal.name in ("least-walking", "least-worst"):
        return np.nan
    is_open, is_new = _choices(case)
    if not len(is_open):
        return None
    values = _values(case, is_open, is_new)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    return float(values.max() if goal.maximises else values.min())


def _choices(case: Tiny) -> tuple[np.ndarray, np.ndarray]:
    """(choices, sites) which are open, and which newly, for every choice that keeps the conditions."""
    goal, n = case.goal, len(case.metres)
    every = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1 > 0
    existing = np.isin(np.arange(n), case.keep)
    may_close = existing & np.isin(np.arange(n), goal.closable) if goal.close else np.zeros(n, bool)
    fits = every[:, existing & ~may_close].all(axis=1)
    fits &= (~every & may_close).sum(axis=1) == goal.close
    new = every & ~existing
    fits &= ~new[:, np.isin(np.arange(n), goal.forbidden)].any(axis=1)
    fits &= new[:, np.isin(np.arange(n), goal.required)].all(axis=1)
    if goal.count is not None:
        fits &= new.sum(axis=1) <= goal.count
    if goal.budget is not None:
        fits &= new @ goal.cost <= goal.budget + 1e-9
    if goal.spacing_m:
        near = cdist(goal.site_xy, goal.site_xy) < goal.spacing_m - 1e-9
        for a, b in zip(*np.nonzero(np.triu(near, 1)), strict=True):
            if not (existing[a] and existing[b]):
                fits &= ~(every[:, a] & every[:, b])
    for earlier, most in goal.apart_from:
        fits &= new[:, np.isin(np.arange(n), earlier)].sum(axis=1) <= most
    for quota in goal.quotas:
        for part in set(quota.label[quota.label >= 0]) | set(quota.limits):
            low, high = quota.of(int(part))
            number = every[:, quota.label == part].sum(axis=1)
            fits &= (number >= low) & (number <= high)
    return every[fits], new[fits]


def _candidates(case: Tiny) -> np.ndarray:
    """Rows whose reach says who could be served: open today, or possible and not too near to what stays."""
    goal, n = case.goal, len(case.metres)
    existing = np.isin(np.arange(n), case.keep)
    possible = ~existing & ~np.isin(np.arange(n), goal.forbidden)
    stays = existing & ~(np.isin(np.arange(n), goal.closable) & bool(goal.close))
    if goal.spacing_m and stays.any() and goal.name != "fewest-sites":
        possible &= cdist(goal.site_xy, goal.site_xy[stays]).min(axis=1) >= goal.spacing_m - 1e-9
    return possible | existing


def _values(case: Tiny, is_open: np.ndarray, is_new: np.ndarray) -> np.ndarray:
    """(choices,) the goal's value, inf (or −inf) where somebody is left out who must not be."""
    goal, weight = case.goal, case.weight
    anyway = np.zeros(len(weight), bool) if case.already is None else case.already
    times = is_open.astype(int) @ case.near + anyway
    reachable = case.near[_candidates(case)].any(axis=0) | anyway
    if goal.name == "most-people":
        if goal.has_loads:
            return _served(case, is_open, is_new, anyway)
        return (times >= 1) @ weight + goal.backup * ((times >= 2) @ weight)
    if goal.name == "fewest-sites":
        price = is_new @ (np.ones(len(case.metres)) if goal.cost is None else goal.cost)
        served = _served(case, is_open, is_new, anyway) if goal.has_loads else (times >= 1) @ weight
        return np.where(served >= goal.share * weight[reachable].sum() - 1e-9, price, np.inf)
    counts = reachable & (weight > 0)
    nearest = np.where(anyway, 0.0, np.inf)[None, :].repeat(len(is_open), axis=0)
    for site, metres in enumerate(case.metres):
        nearest[is_open[:, site]] = np.minimum(nearest[is_open[:, site]], metres)
    if goal.name == "least-worst":
        return nearest[:, counts].max(axis=1, initial=0.0)
    missing = np.inf if goal.unreached_m is None else goal.unreached_m
    return np.minimum(nearest[:, counts], missing) @ weight[counts]


def _served(case: Tiny, is_open: np.ndarray, is_new: np.ndarray, anyway: np.ndarray) -> np.ndarray:
    """(choices,) the most weight that sites of limited loads serve (−inf where a band cannot be met).

    The largest flow is the smallest cut, over all subsets of the open sites; with different importance
    the most important are served first, since what can be served together is a polymatroid (Edmonds 1970).
    """
    goal, n = case.goal, len(case.metres)
    room = np.full(n, np.inf) if goal.capacity is None else goal.capacity.astype(float)
    low, high = (0.0, np.inf) if goal.band is None else goal.band
    existing = np.isin(np.arange(n), case.keep)
    stays = existing & ~(np.isin(np.arange(n), goal.closable) & bool(goal.close))
    anyway = anyway | case.near[stays & np.isinf(room)].any(axis=0)
    most = np.where(is_new, np.minimum(room, high), room)
    factor = np.ones(len(case.residents)) if goal.importance is None else goal.importance
    levels = np.append(np.unique(factor)[::-1], 0.0)
    total = np.full(len(is_open), float(case.weight[anyway].sum()))
    for level, following in pairwise(levels):
        people = np.where((factor >= level) & ~anyway, case.residents, 0.0)
        total += (level - following) * _flow(case.near, is_open, most, people)
    if low > 0.0:
        for subset in _subsets(n):
            wanted = low * (is_new & subset).sum(axis=1)
            reached = ((is_new & subset).astype(int) @ case.near > 0) @ case.residents
            total = np.where(wanted > reached + 1e-9, -np.inf, total)
    return total


def _flow(near: np.ndarray, is_open: np.ndarray, most: np.ndarray, people: np.ndarray) -> np.ndarray:
    smallest = np.full(len(is_open), np.inf)
    for full in _subsets(near.shape[0]):
        others = ((is_open & ~full).astype(int) @ near > 0) @ people
        smallest = np.minimum(smallest, np.where(is_open & full, most, 0.0).sum(axis=1) + others)
    return smallest


def _subsets(n: int) -> np.ndarray:
    return (np.arange(1 << n)[:, None] >> np.arange(n)) & 1 > 0


def complaint(case: Tiny) -> str:
    """What is wrong with the plan of an instance; empty where nothing is."""
    wanted = best_by_trying(case)
    if wanted is not None and np.isnan(wanted):
        return ""
    try:
        plan = case.plan()
    except InfeasibleError:
        return "" if wanted is None else f"{case.label}: called impossible, {wanted:g} is possible"
    if wanted is None:
        return f"{case.label}: a plan of {plan.objective:g} where none is possible"
    if plan.nobody_reached or _nobody(case):
        # Conditions may force sites that reach nobody: required ones, the lower end of a quota.
        fewest = abs(plan.objective - wanted) <= 1e-6
        honest = plan.nobody_reached and _nobody(case) and not plan.proven and fewest
        return "" if honest else f"{case.label}: nobody reached is {_nobody(case)}, not as said"
    if not (plan.proven and plan.gap == 0.0 and plan.bound == plan.objective):
        return f"{case.label}: {plan.objective:g} not proved (bound {plan.bound:g}), best {wanted:g}"
    if abs(plan.objective - wanted) > 1e-6:
        return f"{case.label}: {plan.objective:g} called proved, best {wanted:g}"
    return _not_as_said(case, plan)


def _nobody(case: Tiny) -> bool:
    """Whether somebody is not served, and no site that may be opened reaches anybody (fewest-sites)."""
    sites = np.arange(len(case.metres))
    existing = np.isin(sites, case.keep)
    served = case.near[existing].any(axis=0) | (False if case.already is None else case.already)
    possible = ~existing & ~np.isin(sites, case.goal.forbidden)
    lives = case.weight > 0
    return (
        case.goal.name == "fewest-sites"
        and (lives & ~served).any()
        and not (case.near[possible] & lives).any()
    )


def _not_as_said(case: Tiny, plan) -> str:
    """Whether the plan's own sites are allowed and worth what is said."""
    is_open, is_new = _choices(case)
    n = len(case.metres)
    new = np.isin(np.arange(n), plan.sites)
    mine = new | (np.isin(np.arange(n), case.keep) & ~np.isin(np.arange(n), plan.closed))
    same = (is_open == mine).all(axis=1) & (is_new == new).all(axis=1)
    if not same.any():
        return f"{case.label}: the plan {plan.sites} does not keep the conditions"
    value = float(_values(case, is_open[same], is_new[same])[0])
    return (
        ""
        if abs(value - plan.objective) <= 1e-6
        else f"{case.label}: sites worth {value:g}, {plan.objective:g} said"
    )


def complaints(seeds) -> list[str]:
    return [said for said in map(complaint, map(tiny, seeds)) if said]


@dataclass(frozen=True, eq=False)
class TinyTiers:
    """Centres and stations, by definition: a centre's cells count for both tiers."""

    town: TwoTiers
    centres: int
    stations: int
    goal: Goal = field(default_factory=lambda: Goal(count=0))

    def best(self) -> float:
        n = self.town.n
        places = np.array(np.meshgrid(*[[0, 1, 2]] * n)).reshape(n, -1).T
        there = np.isin(np.arange(n), self.town.centres), np.isin(np.arange(n), self.town.stations)
        centre, station = places == 1, places == 2
        fits = (centre.sum(axis=1) <= self.centres) & (station.sum(axis=1) <= self.stations)
        fits &= ~(centre & there[0]).any(axis=1) & ~(station & there[1]).any(axis=1)
        centre, station = centre[fits] | there[0], station[fits] | there[1]
        far, near = (part.toarray().astype(int) for part in (self.town.centre_reach, self.town.station_reach))
        by_centre = centre @ far > 0
        by_either = (centre @ near > 0) | (station @ near > 0)
        share = self.town.centre_share
        return float(
            (
                share * (by_centre @ self.town.residents) + (1 - share) * (by_either @ self.town.residents)
            ).max()
        )


def tiny_tiers(seed: int) -> TinyTiers:
    rng = np.random.default_rng([20112, seed])
    n, m = int(rng.integers(2, 6)), int(rng.integers(3, 10))
    kind = KINDS[int(rng.integers(len(KINDS)))]
    near = _near(kind, n, m, rng)
    far, m = near | _near(kind, n, m, rng), near.shape[1]
    some = rng.random(n)
    town = TwoTiers(
        rng.choice([0.0, 1.0, 1.0, 2.0], m),
        sparse.csr_array(far),
        sparse.csr_array(near),
        tuple(np.flatnonzero(some < 0.15).tolist()),
        tuple(np.flatnonzero(some > 0.85).tolist()),
    )
    return TinyTiers(town, int(rng.integers(0, n)), int(rng.integers(0, n)))


def tier_complaints(seeds) -> list[str]:
    said = []
    for seed in seeds:
        case = tiny_tiers(seed)
        found = choose_both(case.town, goal=case.goal, centres=case.centres, stations=case.stations)
        if not found.plan.proven or abs(found.plan.objective - case.best()) > 1e-6:
            said.append(
                f"{seed}: {found.plan.objective:g} (proved: {found.plan.proven}), best {case.best():g}"
            )
    return said
