"""A whole city, stage by stage: time, memory, the ratio to scipy's bare Dijkstra, and growth.

    python bench/scale.py              sizes 0.5, 1 and 2 of the city of bench/city.py
    python bench/scale.py --sizes 1 --repeat 5

Every stage runs in a process of its own, forked from one that holds what the stage needs, so that
neither its time nor its memory is another's. Seconds are CPU seconds (all threads together), the
least of the repeats; "wall" is the clock. Peak is the largest the process became, "own" how much of
that the stage added. The ratio is to one `scipy.sparse.csgraph.dijkstra(min_only=True)` from all
facilities without a limit on the same graph. Linux only: it reads and resets /proc/self/status.
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
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.city import CRS, make_city
from coverage.assessment import Assessment, assess
from coverage.checks import Measured, check_rule
from coverage.gaps import find_gaps
from coverage.measure import measure
from coverage.publish import About, results_of
from coverage.study import Study
from data.population import read_population
from data.results import write_results
from data.standards import open_standard
from data.streets.index import attach_index, save_index
from data.units import read_units
from geo.nearest import nearest_on_foot, nearest_straight
from geo.network import WalkNetwork
from geo.snapping import snap, take

STANDARD = open_standard("nanjing-2011")
ARRAYS = tuple(f.name for f in fields(WalkNetwork) if f.name != "crs")
# What performance.md asks of a city of size 1: seconds, and MB where it names them.
TARGETS = {
    "read": "≤ 1 s",
    "nearest": "≤ 0.3 s",
    "whole": "≤ 2 s, ≤ 1200 MB",
}


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
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as out:
            json.dump(vars(_timed(stage, repeat)), out)
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


def stages(city: Study, folder: Path) -> list[Stage]:
    """All stages of one city; its graph and index are built here, for those that find them built."""
    network, grid, facilities = city.network, city.grid, city.facilities
    _write_inputs(city, folder)
    limit = STANDARD.walking.snap_limit_m
    warm = replace(city)
    distances = measure(grid, facilities, network, tiers=STANDARD.tiers, walking=STANDARD.walking)
    measured = Measured(warm, distances, STANDARD)
    results = tuple(check_rule(rule, measured) for rule in STANDARD.rules)
    done = assess(warm, STANDARD)
    nodes = network.edge_nodes[distances.facilities.edge[distances.facilities.linked], 0]
    return [
        Stage("dijkstra", lambda: lambda: dijkstra(network.graph, indices=nodes, min_only=True)),
        Stage("read", lambda: lambda: _read(folder)),
        Stage("build", lambda: lambda: _build(replace(network))),
        Stage("snap", lambda: lambda: [snap(network, xy, limit_m=limit) for xy in (grid.xy, facilities.xy)]),
        Stage("nearest", lambda: lambda: _nearest(city, distances.cells, distances.facilities)),
        Stage("units", lambda: _units_of(replace(city))),
        Stage("rules", lambda: _rules_of(replace(city), distances)),
        Stage("gaps", lambda: lambda: find_gaps(results, measured)),
        Stage("whole", lambda: _whole_of(replace(city))),
        Stage("write", lambda: lambda: _write(done, folder / "out")),
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


def _read(folder: Path) -> object:
    network = WalkNetwork(
        **{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}, crs=CRS
    )
    attach_index(network, folder)
    return network, read_population(folder / "population.parquet"), read_units(folder / "units.gpkg", crs=CRS)


def _build(network: WalkNetwork) -> object:
    return network.graph, network.segments, network.vertex_offset_m


def _nearest(city: Study, cells: Any, doors: Any) -> object:
    found = []
    for tier in STANDARD.tiers:
        rows = city.facilities.of_tier(tier)
        found.append(nearest_straight(city.grid.xy, city.facilities.xy[rows]))
        found.append(nearest_on_foot(city.network, cells, take(doors, rows)))
    return found


def _units_of(study: Study) -> Callable[[], object]:
    return lambda: (study.cells_in, study.facilities_in)


def _rules_of(study: Study, distances: Any) -> Callable[[], object]:
    """The rules alone: who lives where was found before."""
    _ = study.cells_in, study.facilities_in
    return lambda: [check_rule(rule, Measured(study, distances, STANDARD)) for rule in STANDARD.rules]


def _whole_of(study: Study) -> Callable[[], object]:
    return lambda: assess(study, STANDARD)


def _write(done: Assessment, out: Path) -> None:
    out.mkdir(exist_ok=True)
    write_results(out, results_of(done, About(True, (), {})))


def measure_size(size: float, repeat: int, only: list[str]) -> tuple[dict[str, int], dict[str, Spent]]:
    city = make_city(size)
    counts = {
        "nodes": len(city.network.node_xy),
        "cells": len(city.grid),
        "facilities": len(city.facilities),
        "units": len(city.units or ()),
    }
    with tempfile.TemporaryDirectory() as folder:
        wanted = [stage for stage in stages(city, Path(folder)) if not only or stage.name in only]
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
        print(f"{'stage':<10}{'CPU s':>9}{'wall s':>9}{'ratio':>8}{'peak MB':>9}{'own MB':>8}  target")
        for name, row in rows.items():
            ratio = row.cpu_s / rows["dijkstra"].cpu_s if "dijkstra" in rows else float("nan")
            target = TARGETS.get(name, "") if size == 1 else ""
            line = f"{name:<10}{row.cpu_s:>9.3f}{row.wall_s:>9.3f}{ratio:>8.1f}{row.peak_mb:>9.0f}"
            print(f"{line}{row.own_mb:>8.0f}  {target}", flush=True)
    _print_growth(measured)


def _print_growth(measured: dict[float, dict[str, Spent]]) -> None:
    small, large = min(measured), max(measured)
    if small == large:
        return
    print(f"\ngrowth exponent from size {small:g} to {large:g} (target ≤ 1.2)")
    for name in measured[small]:
        times = measured[large][name].cpu_s / max(measured[small][name].cpu_s, 1e-6)
        print(f"{name:<10}{np.log(times) / np.log(large / small):>9.2f}")


if __name__ == "__main__":
    main()
