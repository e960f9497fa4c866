"""Siting: how long, how good, how far from the best possible.

    python -m bench.siting                      classical instances and the city with existing facilities
    python -m bench.siting --only walking       the same along streets, 15 minutes
    python -m bench.siting --only greenfield    nothing existing, 1,250 m: the hard one
    python -m bench.siting --only conditions    every condition by itself at city size
    python -m bench.siting --only large         longest way, two tiers, fewest sites of 20,000
    python -m bench.siting --only orlib         OR-Library p-median and p-center (data beside the project)
    python -m bench.siting --only tsplib        p-medians of TSPLIB points (--data DIR: where the files are)
    python -m bench.siting --only mended        how often a solver's answer had to be mended
    python -m bench.siting --only spopt         the same instances through spopt, in an environment of its own

Every line: seconds (wall and processor), objective in residents, bound, gap, whether proved, and the peak of
memory of a process that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import venv
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import sparse

from bench.siting_conditions import city_conditions
from bench.siting_instances import Instance, city, points, uniform, walked_city
from bench.siting_large import fewest, longest_ways, two_tiers
from bench.siting_mended import mended
from bench.siting_one import solved_apart
from bench.siting_orlib import orlib, tsplib
from core.errors import UserError
from coverage.siting import Goal, Plan

HERE = Path(__file__).parent
DATA = HERE.parent / ".." / "shared" / "data" / "pmedian"
CELLS = 660_000
# points, candidates, sites, reach: clustered as towns are, every point a possible site
TOWNS = (
    (324, 324, 10, 8.0),
    (402, 402, 15, 6.0),
    (500, 500, 20, 5.0),
    (708, 708, 30, 4.0),
    (818, 818, 20, 5.0),
    (818, 818, 40, 4.0),
    (2_713, 2_713, 50, 3.0),
    (2_713, 2_713, 100, 2.0),
    (2_713, 2_713, 100, 4.0),
    (4_500, 4_500, 80, 4.0),
    (7_730, 7_730, 50, 3.0),
    (7_730, 7_730, 100, 2.2),
    (7_730, 7_730, 100, 4.0),
    (20_000, 5_000, 500, 1.2),
    (100_000, 2_000, 300, 2.0),
    (100_000, 5_000, 1_000, 1.5),
)
# the same, evenly scattered: few possible sites for many points
EVEN = (
    (10_000, 100, 10, 5.5),
    (10_000, 100, 20, 6.25),
    (50_000, 100, 15, 5.75),
    (100_000, 100, 20, 6.0),
    (10_000, 500, 20, 4.0),
    (50_000, 500, 20, 3.5),
    (100_000, 1_000, 20, 3.25),
    (100_000, 1_000, 50, 2.5),
)
SPOPT = ((324, 324, 10, 8.0), (2_000, 200, 20, 5.0), (10_000, 500, 40, 4.0), (20_000, 1_000, 50, 3.0))


def run(instance: Instance, goal: Goal) -> Plan:
    """Solve and print one line."""
    found = solved_apart(instance, goal)
    plan = found.plan
    print(
        f"{instance.name}, {goal.name} {goal.count or ''}: "
        f"{found.wall_s:.2f} s ({found.processor_s:.2f} s cpu), "
        f"{plan.objective:,.0f} of {instance.residents.sum():,.0f}, bound {plan.bound:,.0f}, "
        f"gap {plan.gap:.3%}, {'proved' if plan.proven else 'not proved'}, peak {found.peak_gb:.2f} GB",
        flush=True,
    )
    return plan


def classic(seconds: float) -> None:
    for make, sizes in ((points, TOWNS), (uniform, EVEN)):
        for count, candidates, sites, reach in sizes:
            run(make(count, candidates, reach), Goal(count=sites, time_limit_s=seconds))


def existing(seconds: float) -> None:
    for candidates in (5_000, 20_000):
        for radius_m in (500.0, 1_250.0):
            instance = city(CELLS, candidates, 1_400, radius_m)
            for sites in (20, 50, 100):
                run(instance, Goal(count=sites, time_limit_s=seconds, gap=0.005))
            run(instance, Goal("fewest-sites", share=0.98, time_limit_s=seconds))


def walking(seconds: float) -> None:
    """The city of bench/city.py on foot; the existing facilities stay."""
    for candidates in (5_000, 20_000):
        instance, taken = walked_city(candidates)
        print(f"reach of {instance.reach.shape[0]:,} places on foot: {taken:.2f} s cpu", flush=True)
        for sites in (20, 50, 100):
            run(instance, Goal(count=sites, time_limit_s=seconds, gap=0.005))


def greenfield(seconds: float) -> None:
    instance = city(CELLS, 5_000, 0, 1_250.0)
    for sites in (10, 50, 100):
        run(instance, Goal(count=sites, time_limit_s=seconds, gap=0.01))


def conditions(seconds: float) -> None:
    """Every condition by itself at city size: 2,000 candidates, 20 sites, 400 existing."""
    instance = city(CELLS, 2_000, 400, 1_250.0)
    for label, wanted, metres in city_conditions(instance, 20):
        given = replace(instance, name=label, reach=metres if metres is not None else instance.reach)
        try:
            run(given, Goal(**wanted, time_limit_s=seconds))
        except UserError as error:
            print(f"{label}: {error}", flush=True)


def large(seconds: float) -> None:
    for part in (longest_ways, two_tiers, fewest):
        for instance, goal in part(seconds):
            run(instance, goal)


def spopt(seconds: float) -> None:
    """The same instances, the same gap of 0.1 %, one after the other."""
    python = _spopt_python()
    for count, candidates, sites, reach in SPOPT:
        instance = points(count, candidates, reach)
        plan = run(instance, Goal(count=sites, time_limit_s=seconds, gap=0.001))
        theirs = _ask_spopt(python, instance, sites, seconds)
        if theirs is None:
            print("    spopt did not finish", flush=True)
            continue
        total = theirs["build"] + theirs["solve"]
        print(
            f"    spopt: build {theirs['build']:.2f} s, solve {theirs['solve']:.2f} s, "
            f"{theirs['objective']:,.0f} residents; ours is {total / plan.seconds:,.0f} times as fast",
            flush=True,
        )


def _ask_spopt(python: Path, instance: Instance, sites: int, seconds: float) -> dict[str, float] | None:
    """Runs in a folder of its own: with the project on the path, numba would find the wrong `coverage`."""
    with TemporaryDirectory() as folder:
        sparse.save_npz(Path(folder) / "reach.npz", sparse.csr_matrix(instance.reach))
        np.save(Path(folder) / "residents.npy", instance.residents)
        script = (HERE / "siting_spopt.py").read_text()
        done = subprocess.run(
            [python, "-c", script, str(sites), str(seconds)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stderr[-500:], file=sys.stderr)
            return None
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found


def _spopt_python() -> Path:
    """The interpreter of spopt's environment, made on first use."""
    home = HERE.parent / ".cache" / "spopt"
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        venv.create(home, with_pip=True)
        wanted = HERE / "requirements-siting.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", wanted], check=True, cwd=home)
    return python


PARTS = {
    "classic": classic,
    "existing": existing,
    "walking": walking,
    "greenfield": greenfield,
    "conditions": conditions,
    "large": large,
    "mended": mended,
    "spopt": spopt,
}
# Parts that read files beside the project.
FILES = {"orlib": orlib, "tsplib": tsplib}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=(*PARTS, *FILES), action="append")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of every run")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the classical files")
    asked = parser.parse_args()
    for name in asked.only or ("classic", "existing"):
        print(f"== {name}", flush=True)
        if name in FILES:
            FILES[name](asked.data, asked.seconds)
        else:
            PARTS[name](asked.seconds)


if __name__ == "__main__":
    main()
