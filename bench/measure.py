"""How fast the city is measured, against its targets, the bare search, and what others use for the same.

    python -m bench.measure                 the whole city, and the comparison on a part of it
    python -m bench.measure --size 0.1      a tenth of it
    python -m bench.measure --growth        half, full and double size besides
    python -m bench.measure --pandana DIR   compare with pandana too, installed into an environment in DIR

Times are seconds of this process's processor (wall time in brackets): other work on the machine
disturbs them least, but it does. "as there" are the same seconds times 0.041 by what scipy's search
within 1,250 m takes here: seconds on the quiet machine the targets were set on, where that search took
0.041 s. Run it alone where you can.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.sparse.csgraph import dijkstra

from bench.city import make_city
from bench.peers import compare_with_osmnx, compare_with_pandana
from bench.shapes import likeness
from coverage.assessment import Assessment, assess
from coverage.measuring.measure import measure
from coverage.model.edits import Close, Move, Open
from coverage.model.study import Study
from coverage.model.tables import FacilityTable
from coverage.scenario.apply import edited_facilities
from coverage.scenario.incremental import Live, live
from data.standards import open_standard
from geo.isochrone.isochrones import Kind, isochrones
from geo.network.network import with_sources
from geo.network.snapping import ends, snap, take

T = TypeVar("T")
LIMITS_M = (2500 / 3, 1250.0)
BOUNDED_THERE_S, NODES_THERE = 0.041, 527_000
SHAPES = 10


@dataclass
class Timed:
    """Runs work and prints its seconds; `there` is how much faster the machine of the targets is."""

    there: float = float("nan")

    def __call__(
        self, name: str, work: Callable[[], T], *, target: str = "", repeat: int = 1
    ) -> tuple[T, float]:
        """The result, and the median of the processor's seconds."""
        spent = []
        for _ in range(repeat):
            clock, processor = time.perf_counter(), time.process_time()
            result = work()
            spent.append((time.process_time() - processor, time.perf_counter() - clock))
        cpu_s, wall_s = np.median(spent, axis=0)
        as_there = f"   as there {cpu_s * self.there:.3f} s, target {target}" if target else ""
        print(f"{name:<58}{cpu_s:>9.3f} s ({wall_s:.3f}){as_there}", flush=True)
        return result, float(cpu_s)


timed = Timed()


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
    print(f"\nIsochrones of {SHAPES} facilities against the reference shape, 15 min:")
    like = likeness(part, np.linspace(0, len(part.facilities) - 1, SHAPES).astype(int), LIMITS_M[1])
    print(f"    IoU as drawn, the least: {min(one.as_drawn for one in like):.4f}   target 0.99")
    print(f"    IoU with a whole half street, the least: {min(one.half_street for one in like):.4f}")
    print(f"    a corner is at most {max(one.farthest_m for one in like):.1f} m from the pieces; limit 30 m")
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
    _, _ = timed("full assessment, cold (indexes, snapping and units too)", lambda: assess(city, standard))
    yardstick(city)
    # Warm: the network has its index and knows where the cells lie; units are found again.
    done, warm_s = timed(
        "full assessment, warm inputs", lambda: assess(replace(city), standard), target="2 s", repeat=3
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{'peak memory until here, with what is only compared with':<58}{peak:>9.2f} GB   target 1.2 GB")
    nearest(done)
    doors = done.measured.distances.entrances
    found, _ = timed(
        "isochrones of all facilities, dissolved, 10 and 15 min",
        lambda: isochrones(city.network, doors, limits_m=LIMITS_M),
        target="3 s",
    )
    print(f"    {sum(i.pieces.length_m.sum() for i in found) / 1000:,.0f} km of street pieces")
    one = take(doors, np.array([0]))
    timed("isochrones, one facility, 10 and 15 min", lambda: isochrones(city.network, one, limits_m=LIMITS_M))
    timed(
        "isochrones of each facility alone, 15 min",
        lambda: isochrones(city.network, doors, limits_m=LIMITS_M[1:], kind=Kind.EACH),
    )
    edits(done)
    return warm_s


def yardstick(city: Study) -> None:
    """How this machine, as busy as it is, compares with that of the targets."""
    doors = snap(city.network, city.facilities.xy, limit_m=500)
    nodes = city.network.edge_nodes[doors.edge[doors.linked], 0]
    _, bounded_s = timed(
        "scipy's search from all facilities within 1,250 m",
        lambda: dijkstra(city.network.graph, indices=nodes, min_only=True, limit=LIMITS_M[1]),
        repeat=5,
    )
    timed.there = BOUNDED_THERE_S * len(city.network.node_xy) / NODES_THERE / bounded_s


def nearest(done: Assessment) -> None:
    """Metres to the nearest with cells on their streets, and the bare searches that are part of it."""
    study, tiers = done.study, done.standard.tiers
    _, all_s = timed(
        "nearest of every tier, straight and on foot",
        lambda: measure(
            study.grid, study.facilities, study.network, tiers=tiers, walking=done.standard.walking
        ),
        target="0.3 s",
        repeat=3,
    )
    bare_s = 0.0
    for tier in tiers:
        doors = take(done.measured.distances.entrances, study.facilities.of_tier(tier))
        bare_s += timed(f"    scipy's search alone, {tier}", lambda d=doors: bare(study, d), repeat=3)[1]
    print(f"    {all_s / bare_s:.1f} times the bare searches")


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
        spent = [edit(engine, done.study.facilities, kind, dice) for _ in range(15)]
        cpu_ms, wall_ms = 1000 * np.median(spent, axis=0)
        print(f"{f'one edit: {kind}':<58}{cpu_ms:>9.2f} ms ({wall_ms:.2f})   target 10 ms")


def edit(engine: Live, now: FacilityTable, kind: str, dice: np.random.Generator) -> tuple[float, float]:
    """Seconds of processor and of the clock to follow one edit of the list `now`, or to take it back."""
    row = int(dice.integers(len(now)))
    number, (x, y) = str(now.frame["facility_id"].iloc[row]), (now.xy[row] + dice.normal(0, 600, 2)).tolist()
    opened = edited_facilities(now, Open("new", "new", "station", x, y))
    wanted = {
        "open": opened,
        "close": edited_facilities(now, Close(number)),
        "move": edited_facilities(now, Move(number, x, y)),
        "undo": now,
    }
    engine.follow(opened if kind == "undo" else now)
    clock, processor = time.perf_counter(), time.process_time()
    engine.follow(wanted[kind])
    return time.process_time() - processor, time.perf_counter() - clock


def growth(size: float, at_full: float) -> None:
    """The exponent of the full assessment's time from half to double the size."""
    print("\nGrowth of the full assessment, warm:")
    standard, spent = open_standard("nanjing-2011"), {1.0: at_full}
    for factor in (0.5, 2.0):
        city = make_city(size * factor)
        assess(city, standard)
        _, spent[factor] = timed(f"{factor:g} times the size", lambda c=city: assess(replace(c), standard))
    exponent = np.log(spent[2.0] / spent[0.5]) / np.log(4.0)
    print(f"{'exponent':<58}{exponent:>9.2f}               target 1.2")


if __name__ == "__main__":
    main()
