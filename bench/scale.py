"""A whole city, stage by stage: time, memory, the ratio to scipy's bare Dijkstra, and growth.

    python bench/scale.py              sizes 0.5, 1 and 2 of the city of bench/city.py
    python bench/scale.py --sizes 1 --repeat 5 --only read units

Every stage runs in a process of its own, forked from one that holds what the stage needs, so that
neither its time nor its memory is another's. Seconds are CPU seconds (all threads together), the
least of the repeats; "wall" is the clock. Peak is the largest the process became, "own" how much of
that the stage added. The ratio is to one `scipy.sparse.csgraph.dijkstra(min_only=True)` from all
facilities without a limit on the same graph. "as there" are the CPU seconds times 0.041 by what the
same search within 1,250 m takes here ("bounded"): seconds on the quiet machine the targets were set
on, where that search of such a city took 0.041 s. Other work on this machine slows both alike.
Linux only: it reads and resets /proc/self/status.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.city import CRS, make_city
from coverage.assessment import Assessment, assess
from coverage.checks import Measured, check_rule
from coverage.edits import Move
from coverage.gaps import find_gaps
from coverage.incremental import live
from coverage.measure import Distances, measure
from coverage.publish import About, Results, results_of
from coverage.results import RuleResult
from coverage.study import Study
from data.population import read_population
from data.results import write_results
from data.standards import open_standard
from data.streets.index import attach_index, save_index
from data.streets.snapped import remember_places
from data.units import read_units
from geo.isochrones import isochrones
from geo.network import WalkNetwork
from geo.snapping import snap
from jobs.map_model import map_model
from maps.ground import basemap_of
from maps.render import render_map

STANDARD = open_standard("nanjing-2011")
ARRAYS = tuple(f.name for f in fields(WalkNetwork) if f.name != "crs")
# What performance.md asks of a city of size 1: seconds, and MB where it names them.
TARGETS = {
    "read": "≤ 1 s",
    "nearest": "≤ 0.3 s",
    "whole": "≤ 2 s, ≤ 1200 MB",
    "isochrones": "≤ 3 s",
    "ten_moves": "≤ 0.1 s",
    "map": "≤ 2 s, ≤ 5 MB of HTML",
}
BOUNDED_THERE_S = 0.041
LIMITS_M = (2500 / 3, 1250.0)


@dataclass(frozen=True)
class Stage:
    """What is measured: `make` gives a fresh call each time, so that nothing is remembered."""

    name: str
    make: Callable[[], Callable[[], object]]


@dataclass(frozen=True)
class Spent:
    cpu_s: float
    wall_s: float
    peak_mb: float
    own_mb: float


def spent(stage: Stage, repeat: int) -> Spent:
    """Run a stage in a forked process; RuntimeError if it fails there."""
    stage.make()  # here, so that what it prepares is there for all later stages too
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            with os.fdopen(writer, "w") as out:
                json.dump(vars(_timed(stage, repeat)), out)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    if not said:
        raise RuntimeError(f"the stage {stage.name} failed")
    return Spent(**json.loads(said))


def _timed(stage: Stage, repeat: int) -> Spent:
    runs, peaks = [], []
    for _ in range(repeat):
        call = stage.make()
        gc.collect()
        before = _memory_mb("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")
        cpu, wall = time.process_time(), time.perf_counter()
        kept = call()
        runs.append((time.process_time() - cpu, time.perf_counter() - wall))
        peaks.append((_memory_mb("VmHWM"), _memory_mb("VmHWM") - before))
        del kept
    return Spent(*min(runs), *peaks[0])


def _memory_mb(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(key + ":")) / 1024


@dataclass(frozen=True)
class Prepared:
    """What stages find done: each part is made when the first stage asks for it, outside its time."""

    city: Study
    folder: Path

    @cached_property
    def files(self) -> Path:
        _write_inputs(self.city, self.folder)
        return self.folder

    @cached_property
    def distances(self) -> Distances:
        city = self.city
        return measure(
            city.grid, city.facilities, city.network, tiers=STANDARD.tiers, walking=STANDARD.walking
        )

    @cached_property
    def measured(self) -> Measured:
        return Measured(self.city, self.distances, STANDARD)

    @cached_property
    def results(self) -> tuple[RuleResult, ...]:
        return tuple(check_rule(rule, self.measured) for rule in STANDARD.rules)

    @cached_property
    def assessed(self) -> Assessment:
        return assess(self.city, STANDARD)

    @cached_property
    def results_tables(self) -> Results:
        return results_of(self.assessed, About(True, (), {}))


def stages(ready: Prepared) -> list[Stage]:
    """All stages of one city, in the order of the work; `make` prepares, its answer is timed."""
    return [
        Stage("dijkstra", lambda: _dijkstra_of(ready, np.inf)),
        Stage("bounded", lambda: _dijkstra_of(ready, LIMITS_M[1])),
        Stage("read", lambda: _read_of(ready.files)),
        Stage("build", lambda: _build_of(replace(ready.city.network))),
        Stage("snap", lambda: _snap_of(ready.city)),
        Stage("nearest", lambda: _nearest_of(ready.city, ready.distances)),
        Stage("units", lambda: _units_of(replace(ready.city))),
        Stage("rules", lambda: _rules_of(replace(ready.city), ready.distances)),
        Stage("gaps", lambda: _gaps_of(ready)),
        Stage("whole", lambda: _whole_of(replace(ready.city))),
        Stage("write", lambda: _write_of(ready.assessed, ready.folder / "out")),
        Stage("isochrones", lambda: _isochrones_of(ready)),
        Stage("ten_moves", lambda: _moves_of(ready.assessed)),
        Stage("map", lambda: _map_of(ready)),
    ]


def _write_inputs(city: Study, folder: Path) -> None:
    lon, lat = city.grid.lonlat()
    columns = {"cell_id": city.grid.cell_id, "lon": lon, "lat": lat, "residents": city.grid.residents}
    pd.DataFrame(columns | dict(city.grid.groups)).to_parquet(folder / "population.parquet")
    if city.units is not None:
        city.units.frame.to_file(folder / "units.gpkg")
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", getattr(city.network, name))
    save_index(city.network, folder)
    remember_places(replace(city.network), folder, read_population(folder / "population.parquet").grid.xy)


def _dijkstra_of(ready: Prepared, limit_m: float) -> Callable[[], object]:
    doors, network = ready.distances.facilities, ready.city.network
    nodes, graph = network.edge_nodes[doors.edge[doors.linked], 0], network.graph
    return lambda: dijkstra(graph, indices=nodes, min_only=True, limit=limit_m)


def _read_of(folder: Path) -> Callable[[], object]:
    def read() -> object:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        network = WalkNetwork(**arrays, crs=CRS)
        attach_index(network, folder)
        people = read_population(folder / "population.parquet")
        remember_places(network, folder, people.grid.xy)
        return network, people, read_units(folder / "units.gpkg", crs=CRS)

    return read


def _build_of(network: WalkNetwork) -> Callable[[], object]:
    return lambda: (network.graph, network.segments, network.vertex_offset_m)


def _snap_of(city: Study) -> Callable[[], object]:
    _ = city.network.segments, city.network.vertex_offset_m
    limit_m = STANDARD.walking.snap_limit_m
    return lambda: [snap(city.network, xy, limit_m=limit_m) for xy in (city.grid.xy, city.facilities.xy)]


def _nearest_of(city: Study, distances: Distances) -> Callable[[], object]:
    """Both measures for every tier, as `measure` does it with cells on their streets."""
    _ = distances
    return lambda: measure(
        city.grid, city.facilities, city.network, tiers=STANDARD.tiers, walking=STANDARD.walking
    )


def _units_of(study: Study) -> Callable[[], object]:
    return lambda: (study.cells_in, study.facilities_in)


def _rules_of(study: Study, distances: Distances) -> Callable[[], object]:
    """The rules alone: who lives where was found before."""
    _ = study.cells_in, study.facilities_in
    return lambda: [check_rule(rule, Measured(study, distances, STANDARD)) for rule in STANDARD.rules]


def _gaps_of(ready: Prepared) -> Callable[[], object]:
    results, measured = ready.results, ready.measured
    return lambda: find_gaps(results, measured)


def _whole_of(study: Study) -> Callable[[], object]:
    """With warm inputs: the network has its graph and its index."""
    _ = study.network.graph, study.network.segments, study.network.vertex_offset_m
    return lambda: assess(study, STANDARD)


def _write_of(done: Assessment, out: Path) -> Callable[[], object]:
    out.mkdir(exist_ok=True)
    return lambda: write_results(out, results_of(done, About(True, (), {})))


def _isochrones_of(ready: Prepared) -> Callable[[], object]:
    doors, network = ready.distances.facilities, ready.city.network
    return lambda: isochrones(network, doors, limits_m=LIMITS_M)


def _moves_of(done: Assessment) -> Callable[[], object]:
    """Ten facilities moved one after another, each by some 600 m."""
    engine, dice = live(done), np.random.default_rng(1)
    numbers = [list(engine.ids)[i] for i in dice.integers(len(engine.ids), size=10)]
    places = [engine.slots.xy[engine.ids[number]] + dice.normal(0, 600, 2) for number in numbers]
    moves = [Move(number, *xy.tolist()) for number, xy in zip(numbers, places, strict=True)]
    return lambda: [engine.do(move) for move in moves]


def _map_of(ready: Prepared) -> Callable[[], int]:
    """From the tables of results to the page's text."""
    results, city = ready.results_tables, ready.city

    def draw() -> int:
        basemap = basemap_of(city.network, city.units, None, city.grid)
        return len(render_map(map_model(results, basemap), language="zh").encode())

    return draw


def measure_size(size: float, repeat: int, only: list[str]) -> tuple[dict[str, int], dict[str, Spent]]:
    city = make_city(size)
    counts = {
        "nodes": len(city.network.node_xy),
        "cells": len(city.grid),
        "facilities": len(city.facilities),
        "units": len(city.units or ()),
    }
    with tempfile.TemporaryDirectory() as folder:
        ready = Prepared(city, Path(folder))
        wanted = [
            stage for stage in stages(ready) if not only or stage.name in ("dijkstra", "bounded", *only)
        ]
        if not only or "map" in only:
            print(f"\nsize {size:g}: the map has {_map_of(ready)() / 1e6:.2f} MB", flush=True)
        return counts, {stage.name: spent(stage, repeat) for stage in wanted}


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    wanted.add_argument("--sizes", type=float, nargs="+", default=[0.5, 1.0, 2.0])
    wanted.add_argument("--repeat", type=int, default=2)
    wanted.add_argument("--only", nargs="*", default=[])
    said = wanted.parse_args()
    measured = {}
    for size in said.sizes:
        counts, rows = measure_size(size, said.repeat, said.only)
        measured[size] = rows
        print(f"\nsize {size:g}: " + ", ".join(f"{count:,} {what}" for what, count in counts.items()))
        heads = ("CPU s", "wall s", "ratio", "as there", "peak MB", "own MB")
        print(f"{'stage':<11}" + "".join(f"{head:>9}" for head in heads) + "  target")
        for name, row in rows.items():
            ratio = row.cpu_s / rows["dijkstra"].cpu_s
            there_s = float(row.cpu_s * BOUNDED_THERE_S * size / rows["bounded"].cpu_s)
            line = f"{name:<11}{row.cpu_s:>9.3f}{row.wall_s:>9.3f}{ratio:>9.1f}{there_s:>9.3f}"
            target = TARGETS.get(name, "") if size == 1 else ""
            print(f"{line}{row.peak_mb:>9.0f}{row.own_mb:>9.0f}  {target}", flush=True)
    _print_growth(measured)


def _print_growth(measured: dict[float, dict[str, Spent]]) -> None:
    small, large = min(measured), max(measured)
    if small == large:
        return
    print(f"\ngrowth exponent from size {small:g} to {large:g} (target ≤ 1.2)")
    for name in measured[small]:
        times = measured[large][name].cpu_s / max(measured[small][name].cpu_s, 1e-6)
        print(f"{name:<11}{np.log(times) / np.log(large / small):>9.2f}")


if __name__ == "__main__":
    main()
