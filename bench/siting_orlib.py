"""Classical p-median and p-center instances from files: OR-Library (Beasley 1985) and TSPLIB (Reinelt 1991).

A line of a table each: what was found, the bound, the gap, whether proved, the time, and the value published.
The files are not part of the project; `pmed<n>.txt`, `pmedopt.txt` and `<name>.tsp` lie in one folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import shortest_path
from scipy.spatial.distance import cdist

from bench.siting_instances import Instance
from bench.siting_one import solved_apart
from coverage.siting import Goal

# The optima of the p-center on pmed1 to pmed40 (Pullan 2008).
P_CENTER = (
    127, 98, 93, 74, 48, 84, 64, 55, 37, 20, 59, 51, 36, 26, 18, 47, 39, 28, 18, 13,
    40, 38, 22, 15, 11, 38, 32, 18, 13, 9, 30, 29, 15, 11, 30, 27, 15, 29, 23, 13,
)  # fmt: skip
# The best known p-medians of TSPLIB points, distances rounded down (Hansen and Mladenović 1997 and later).
TSPLIB = {"rl1304": {100: 491_639, 300: 177_326, 500: 97_024}}
HEAD = (
    "| instance | goal | sites | found | bound | gap | proved | s | s cpu | published |\n" + "|---" * 10 + "|"
)


def orlib(folder: Path, seconds: float) -> None:
    """p-median and p-center of every OR-Library file of the folder."""
    optima = dict(_published(folder / "pmedopt.txt"))
    print(HEAD)
    for number in sorted(int(path.stem[4:]) for path in folder.glob("pmed*.txt") if path.stem[4:].isdigit()):
        metres, sites = _read_orlib(folder / f"pmed{number}.txt")
        for name, best in (
            ("least-walking", optima.get(f"pmed{number}")),
            ("least-worst", P_CENTER[number - 1] if number <= len(P_CENTER) else None),
        ):
            _line(f"pmed{number}", metres, Goal(name, count=sites, time_limit_s=seconds), best)


def tsplib(folder: Path, seconds: float) -> None:
    """p-medians of the points whose best known values are above."""
    print(HEAD)
    for name, known in TSPLIB.items():
        path = folder / f"{name}.tsp"
        if not path.exists():
            print(f"{path} is not there")
            continue
        rows = [line.split() for line in path.read_text().splitlines()]
        xy = np.array([row[1:] for row in rows if len(row) == 3 and row[0].isdigit()], float)
        for sites, best in known.items():
            _line(
                name, np.floor(cdist(xy, xy)), Goal("least-walking", count=sites, time_limit_s=seconds), best
            )


def _line(name: str, metres: np.ndarray, goal: Goal, best: float | None) -> None:
    n = len(metres)
    reach = sparse.csr_array((metres.ravel(), np.tile(np.arange(n), n), np.arange(n + 1) * n), shape=(n, n))
    nobody, nowhere = np.zeros(0, np.int64), np.zeros((n, 2))
    found = solved_apart(Instance(name, np.ones(n), reach, nobody, nowhere, nowhere), goal)
    plan = found.plan
    print(
        f"| {name} | {goal.name} | {goal.count} | {plan.objective:,.0f} | {plan.bound:,.0f} | {plan.gap:.2%} "
        f"| {'yes' if plan.proven else 'no'} | {found.wall_s:.1f} | {found.processor_s:.1f} "
        f"| {'–' if best is None else format(best, ',')} |",
        flush=True,
    )


def _published(path: Path) -> Iterator[tuple[str, int]]:
    for line in path.read_text().splitlines()[1:] if path.exists() else ():
        if line.strip():
            name, value = line.split()
            yield name, int(value)


def _read_orlib(path: Path) -> tuple[np.ndarray, int]:
    """(metres between all vertices, sites); the last of repeated edges counts."""
    values = np.array(path.read_text().split(), float)
    n, sites = int(values[0]), int(values[2])
    length = np.zeros((n, n))
    for a, b, metres in values[3:].reshape(-1, 3):
        length[int(a) - 1, int(b) - 1] = length[int(b) - 1, int(a) - 1] = metres
    return shortest_path(length, directed=False), sites
