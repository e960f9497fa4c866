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
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.city import make_city
from bench.scale_stages import Prepared, Stage, map_of, stages

# What performance.md asks of a city of size 1: seconds, and MB where it names them.
TARGETS = {
    "read": "≤ 1 s",
    "nearest": "≤ 0.3 s",
    "whole": "≤ 2 s, ≤ 1200 MB",
    "isochrones": "≤ 3 s",
    "shares": "≤ 5 s, ≤ 300 MB",
    "ten_moves": "≤ 0.1 s",
    "map": "≤ 2 s, ≤ 5 MB of HTML",
}
BOUNDED_THERE_S = 0.041


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
            print(f"\nsize {size:g}: the map has {map_of(ready)() / 1e6:.2f} MB", flush=True)
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
    print(f"\ngrowth exponent from size {small:g} to {large:g} (target ≤ 1.2): of CPU seconds, and beside")
    print("the search within 1,250 m, which a machine that is busier in one run than in another slows too")
    for name in measured[small]:
        times = measured[large][name].cpu_s / max(measured[small][name].cpu_s, 1e-6)
        beside = times * (large / small) * measured[small]["bounded"].cpu_s / measured[large]["bounded"].cpu_s
        exponents = (np.log(factor) / np.log(large / small) for factor in (times, beside))
        print(f"{name:<11}" + "".join(f"{exponent:>9.2f}" for exponent in exponents))


if __name__ == "__main__":
    main()
