"""How fast the city is measured, against its targets, the bare search, and what others use for the same.

    python -m bench.measure                 the whole city, and the comparison on a part of it
    python -m bench.measure --size 0.1      a tenth of it
    python -m bench.measure --growth        half, full and double size besides
    python -m bench.measure --pandana DIR   compare with pandana too, installed into an environment in DIR

Times are seconds of this process's processor (wall time in brackets): other work on the machine
disturbs them least. Run it alone where you can.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.sparse.csgraph import dijkstra

from bench.city import make_city
from bench.peers import compare_with_osmnx, compare_with_pandana
from coverage.assessment import Assessment, assess
from coverage.edits import Close, Move, Open
from coverage.incremental import Live, live
from coverage.measure import measure
from coverage.study import Study
from data.standards import open_standard
from geo.isochrones import Kind, isochrones
from geo.nearest import nearest_on_foot, nearest_straight
from geo.network import with_sources
from geo.snapping import ends, take

T = TypeVar("T")
LIMITS_M = (2500 / 3, 1250.0)


def timed(name: str, work: Callable[[], T], *, target: str = "", repeat: int = 1) -> tuple[T, float]:
    """Run, print the median of the processor's and the clock's seconds, and give the former."""
    spent = []
    for _ in range(repeat):
        clock, processor = time.perf_counter(), time.process_time()
        result = work()
        spent.append((time.process_time() - processor, time.perf_counter() - clock))
    cpu_s, wall_s = np.median(spent, axis=0)
    print(f"{name:<58}{cpu_s:>9.3f} s ({wall_s:.3f}){'   target ' + target if target else ''}", flush=True)
    return result, float(cpu_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=float, default=1.0)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--pandana", type=Path)
    parser.add_argument("--part", type=float, default=0.05, help="the part of the city for the peers")
    args = parser.parse_args()
    city = describe(make_city(args.size))
    seconds = measure_city(city)
    if args.growth:
        growth(args.size, seconds)
    part = make_city(args.part)
    print(f"\nThe same work by others, on {args.part:g} of the city:")
    compare_with_osmnx(part, timed)
    if args.pandana:
        compare_with_pandana(part, args.pandana, timed)


def describe(city: Study) -> Study:
    degree = 2 * len(city.network) / len(city.network.node_xy)
    print(
        f"{len(city.network.node_xy):,} junctions (degree {degree:.1f}), {len(city.network):,} streets, "
        f"{len(city.grid):,} cells, {len(city.facilities):,} facilities"
    )
    return city


def measure_city(city: Study) -> float:
    """All of it once; the seconds of the full warm assessment."""
    standard = open_standard("nanjing-2011")
    _, _ = timed("full assessment, cold (indexes and units too)", lambda: assess(city, standard))
    done, warm_s = timed("full assessment, warm inputs", lambda: assess(city, standard), target="2 s")
    timed("of it: snapping and metres, all tiers, both measures", lambda: remeasured(done))
    nearest(done)
    found, _ = timed(
        "isochrones of all facilities, dissolved, 10 and 15 min",
        lambda: isochrones(city.network, done.measured.distances.facilities, limits_m=LIMITS_M),
        target="3 s",
    )
    print(f"    {sum(i.pieces.length_m.sum() for i in found) / 1000:,.0f} km of street pieces")
    timed(
        "isochrones, one facility, 10 and 15 min",
        lambda: isochrones(
            city.network, take(done.measured.distances.facilities, np.array([0])), limits_m=LIMITS_M
        ),
    )
    timed(
        "isochrones of each facility alone, 15 min",
        lambda: isochrones(
            city.network, done.measured.distances.facilities, limits_m=LIMITS_M[1:], kind=Kind.EACH
        ),
    )
    edits(done)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{'peak memory':<58}{peak:>9.2f} GB          target 1.2 GB")
    return warm_s


def remeasured(done: Assessment) -> object:
    study = done.study
    tiers, walking = done.standard.tiers, done.standard.walking
    return measure(study.grid, study.facilities, study.network, tiers=tiers, walking=walking)


def nearest(done: Assessment) -> None:
    """Metres to the nearest with everything snapped, and the bare search that is part of it."""
    study, distances = done.study, done.measured.distances
    total = 0.0
    for tier in done.standard.tiers:
        rows = study.facilities.of_tier(tier)
        doors = take(distances.facilities, rows)
        _, straight_s = timed(
            f"nearest {tier}, straight",
            lambda r=rows: nearest_straight(study.grid.xy, study.facilities.xy[r]),
        )
        _, walk_s = timed(
            f"nearest {tier}, on foot",
            lambda d=doors: nearest_on_foot(study.network, distances.cells, d),
            repeat=3,
        )
        total += straight_s + walk_s
        _, bare_s = timed(f"    scipy's search alone, {tier}", lambda d=doors: bare(study, d), repeat=3)
        print(f"    on foot is {walk_s / bare_s:.1f} times the bare search")
    print(f"{'nearest of every tier, both measures':<58}{total:>9.3f} s             target 0.3 s")


def bare(study: Study, doors: object) -> object:
    rows = np.flatnonzero(doors.linked)  # type: ignore[attr-defined]
    u, v, to_u, to_v = ends(study.network, doors, rows)  # type: ignore[arg-type]
    graph = with_sources(study.network.graph, np.column_stack([u, v]), np.column_stack([to_u, to_v]))
    n = len(study.network.node_xy)
    return dijkstra(graph, indices=np.arange(n, n + len(rows)), min_only=True)


def edits(done: Assessment) -> None:
    engine, _ = timed("ready for edits", lambda: live(done))
    dice = np.random.default_rng(1)
    for kind in ("open", "close", "move", "undo"):
        spent = [edit(engine, kind, dice) for _ in range(15)]
        cpu_ms, wall_ms = 1000 * np.median(spent, axis=0)
        print(f"{f'one edit: {kind}':<58}{cpu_ms:>9.2f} ms ({wall_ms:.2f})   target 10 ms")


def edit(engine: Live, kind: str, dice: np.random.Generator) -> tuple[float, float]:
    numbers = list(engine.ids)
    number = numbers[dice.integers(len(numbers))]
    x, y = engine.slots.xy[engine.ids[number]] + dice.normal(0, 600, 2)
    change = {
        "open": Open(f"new {len(engine.slots.tier)}", "new", "station", x, y),
        "close": Close(number),
        "move": Move(number, x, y),
    }
    clock, processor = time.perf_counter(), time.process_time()
    engine.undo() if kind == "undo" else engine.do(change[kind])
    return time.process_time() - processor, time.perf_counter() - clock


def growth(size: float, at_full: float) -> None:
    """The exponent of the full assessment's time from half to double the size."""
    print("\nGrowth of the full assessment, warm:")
    standard, spent = open_standard("nanjing-2011"), {1.0: at_full}
    for factor in (0.5, 2.0):
        city = make_city(size * factor)
        assess(city, standard)
        _, spent[factor] = timed(f"{factor:g} times the size", lambda c=city: assess(c, standard))
    exponent = np.log(spent[2.0] / spent[0.5]) / np.log(4.0)
    print(f"{'exponent':<58}{exponent:>9.2f}               target 1.2")


if __name__ == "__main__":
    main()
