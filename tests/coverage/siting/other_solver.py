"""Instances of about 150 sites and 400 cells, and what SCIP says of them."""

from __future__ import annotations

import numpy as np
from pyscipopt import Model, quicksum
from scipy import sparse
from scipy.spatial.distance import cdist

from coverage.siting import Goal, choose_sites

SITES, CELLS = 150, 400
NAMES = ("most-people", "fewest-sites", "most-people", "least-walking")


def complaint(seed: int) -> str:
    """Where the two do not agree, or ours is not proved; empty where they do."""
    rng = np.random.default_rng([20113, seed])
    name, separate = NAMES[seed % 4], seed // 4 % 2 == 0
    metres = _metres(rng, separate, longest=0.1 if name == "least-walking" else 0.07)
    residents = rng.choice([0.0, 1.0, 1.0, 1.0, 2.0, 3.0] if separate else np.arange(1.0, 30.0), CELLS)
    goal = _goal(name, rng)
    site, cell = np.nonzero(np.isfinite(metres))
    indptr = np.concatenate(([0], np.cumsum(np.isfinite(metres).sum(axis=1))))
    values = metres[site, cell] if name == "least-walking" else np.ones(len(site), bool)
    reach = sparse.csr_array((values, cell, indptr), shape=metres.shape)
    plan = choose_sites(residents, reach, goal=goal)
    wanted = scip(metres, residents, goal)
    if not plan.proven or abs(plan.objective - wanted) > 1e-6 * max(1.0, wanted):
        return f"{seed}: {goal.name} {plan.objective:g} (proved: {plan.proven}), SCIP {wanted:g}"
    return ""


def _metres(rng: np.random.Generator, separate: bool, longest: float) -> np.ndarray:
    """Whole metres; villages far apart, each with a few sites and cells of its own, or one town."""
    if separate:
        villages = rng.random((60, 2))
        sites = villages[rng.integers(0, 60, SITES)] + rng.normal(0.0, 0.01, (SITES, 2))
        cells = villages[rng.integers(0, 60, CELLS)] + rng.normal(0.0, 0.015, (CELLS, 2))
        longest *= 0.4
    else:
        sites, cells = rng.random((SITES, 2)), rng.random((CELLS, 2))
    metres = np.round(1_000.0 * cdist(sites, cells))
    return np.where(metres <= 1_000.0 * longest, metres, np.inf)


def _goal(name: str, rng: np.random.Generator) -> Goal:
    if name == "fewest-sites":
        return Goal(name, share=float(rng.choice([0.7, 0.9, 1.0])))
    count = int(rng.integers(15, 70))
    more = {"unreached_m": 300.0} if name == "least-walking" else {}
    if rng.random() < 0.4:
        more |= {"cost": rng.choice([1.0, 2.0, 3.0], SITES), "budget": 1.5 * count}
    return Goal(name, count=count, **more)


def scip(metres: np.ndarray, residents: np.ndarray, goal: Goal) -> float:
    """The best objective, from the plainest model there is."""
    model = Model()
    model.hideOutput()
    model.setParam("limits/time", 120)
    near = np.isfinite(metres)
    x = [model.addVar(vtype="B") for _ in metres]
    if goal.count is not None:
        model.addCons(quicksum(x) <= goal.count)
    if goal.budget is not None:
        model.addCons(quicksum(float(c) * v for c, v in zip(goal.cost, x, strict=True)) <= goal.budget)
    counts = np.flatnonzero(near.any(axis=0) & (residents > 0))
    if goal.name == "least-walking":
        total = []
        for cell in counts:
            sites = np.flatnonzero(near[:, cell])
            y = [model.addVar(ub=1.0) for _ in range(len(sites) + 1)]
            model.addCons(quicksum(y) == 1)
            for site, share in zip(sites, y[1:], strict=True):
                model.addCons(share <= x[site])
            metres_here = [goal.unreached_m, *(min(m, goal.unreached_m) for m in metres[sites, cell])]
            total += [float(residents[cell] * m) * v for m, v in zip(metres_here, y, strict=True)]
        model.setObjective(quicksum(total), "minimize")
    else:
        z = {cell: model.addVar(ub=1.0) for cell in counts}
        for cell, served in z.items():
            model.addCons(served <= quicksum(x[site] for site in np.flatnonzero(near[:, cell])))
        weight = quicksum(float(residents[cell]) * served for cell, served in z.items())
        if goal.name == "fewest-sites":
            model.addCons(weight >= goal.share * float(residents[counts].sum()) - 1e-6)
            model.setObjective(quicksum(x), "minimize")
        else:
            model.setObjective(weight, "maximize")
    model.optimize()
    assert model.getStatus() == "optimal"
    return float(model.getObjVal())
