"""A batch beside a shell loop: the same areas, cut from one generated city, in one run of this program.

    python -m bench.batch [--areas 64] [--size 1.0]

The city (`bench/city_files.py`) has one file of streets and one raster of residents; its ground is cut into
areas of nearly as many facilities each, which have a list of their own and an outline (`--area`). Printed
are, for 1 and 2 workers and for `cli.py assess` once an area: seconds on the clock, processor seconds of all
processes, seconds of the tasks, areas an hour, what a task costs on the clock beyond the area's own time
(start and tables of the batch included), and the largest memory of a worker. Hold the lines of one run
against each other, not those of two; where others use the machine, only processor seconds mean something.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from bench.city_files import write_city
from geo.crs import WGS84

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "SERVICE_CIRCLE_LANG": "en"}


def write_areas(folder: Path, count: int, size: float) -> list[str]:
    """Names of the areas; each has `NAME.csv` and `NAME.geojson` in the folder, as its plan says."""
    city = write_city(folder / "city", size=size)
    listed = pd.concat([pd.read_excel(book, header=None) for book in city.workbooks])
    head = next(row for row in listed.to_numpy() if "经度" in list(map(str, row)))
    listed.columns = [str(title) for title in head]
    listed["经度"], listed["纬度"] = (pd.to_numeric(listed[key], errors="coerce") for key in ("经度", "纬度"))
    listed = listed[listed["经度"].notna() & listed["纬度"].notna()]
    side = round(count**0.5)
    column = pd.qcut(listed["经度"].rank(method="first"), side, labels=False)
    names, toml = [], [
        "[common]", 'datum = "wgs84"', f'network = "{city.streets}"',
        f'population = "{city.population["degrees"]}"',
    ]  # fmt: skip
    for _, strip in listed.groupby(column):
        row = pd.qcut(strip["纬度"].rank(method="first"), count // side, labels=False)
        for _, part in strip.groupby(row):
            name = f"a{len(names):02}"
            names.append(name)
            part.to_csv(folder / f"{name}.csv", index=False)
            ground = shapely.box(
                part["经度"].min(), part["纬度"].min(), part["经度"].max(), part["纬度"].max()
            )
            gpd.GeoSeries([ground], crs=WGS84).to_file(folder / f"{name}.geojson")
            toml += ["[[area]]", f'name = "{name}"', f'facilities = "{name}.csv"', f'area = "{name}.geojson"']
    (folder / "plan.toml").write_text("\n".join(toml), "utf-8")
    return names


def processor_s() -> float:
    """Of all processes that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def batch(folder: Path, workers: int) -> dict[str, float]:
    out = folder / f"out{workers}"
    begin, spent = time.perf_counter(), processor_s()
    command = ["batch", folder / "plan.toml", "--out", out, "--workers", workers, "--json"]
    done = run(folder / f"cache{workers}", *command)
    clock = time.perf_counter() - begin
    rows = json.loads(done.stdout)["areas"]
    failed = [row["message"] for row in rows if row["state"] != "done"]
    if failed:
        raise SystemExit(f"{len(failed)} areas failed: {failed[0]}")
    return {
        "clock_s": clock,
        "processor_s": processor_s() - spent,
        "tasks_s": sum(row["seconds"] for row in rows),
        "peak_mb": max(row["peak_mb"] for row in rows),
    }


def loop(folder: Path, names: list[str]) -> tuple[float, float]:
    """Seconds on the clock and of processor."""
    plan = (folder / "plan.toml").read_text("utf-8").splitlines()
    streets, people = (line.split('"')[1] for line in plan[2:4])
    begin, spent = time.perf_counter(), processor_s()
    for name in names:
        done = run(
            folder / "cache-loop", "assess", "--facilities", folder / f"{name}.csv", "--area",
            folder / f"{name}.geojson", "--network", streets, "--population", people, "--datum", "wgs84",
            "--name", name, "--out", folder / "loop" / name,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr)
    return time.perf_counter() - begin, processor_s() - spent


def run(cache: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """The command line with a cache of its own, empty at first."""
    surroundings = {**ENVIRONMENT, "SERVICE_CIRCLE_CACHE": str(cache)}
    command = [sys.executable, "cli.py", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--areas", type=int, default=64)
    asked.add_argument("--size", type=float, default=1.0)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = write_areas(folder, options.areas, options.size)
        print(
            f"{len(names)} areas of a city of size {options.size:g}; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        print(f"{'':12}{'clock s':>9}{'proc. s':>9}{'task s':>9}{'areas/h':>9}{'beyond s':>10}{'peak MB':>9}")
        alone = None
        for workers in (1, 2):
            found = batch(folder, workers)
            alone = alone or found["clock_s"]
            beyond = (found["clock_s"] * workers - found["tasks_s"]) / len(names)
            print(
                f"{workers} worker(s) {found['clock_s']:9.1f}{found['processor_s']:9.1f}"
                f"{found['tasks_s']:9.1f}"
                f"{3600 * len(names) / found['clock_s']:9.0f}{beyond:10.2f}{found['peak_mb']:9.0f}"
                f"   efficiency {alone / workers / found['clock_s']:.0%}",
                flush=True,
            )
        seconds, spent = loop(folder, names)
        print(
            f"{'shell loop':12}{seconds:9.1f}{spent:9.1f}{'':9}{3600 * len(names) / seconds:9.0f}", flush=True
        )


if __name__ == "__main__":
    main()
