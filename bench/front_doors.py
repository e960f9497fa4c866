"""Every verb of the command line on the files of a generated city, each in a process of its own.

    python -m bench.front_doors                      size 0.25, residents of every kind
    python -m bench.front_doors --sizes 0.25 0.5 1   and growth from one size to the next
    python -m bench.front_doors --only assess suggest --population degrees metres --keep DIR

Printed are the clock, the processor's seconds of all threads, the largest the process became, the
longest time in which progress said nothing new, and the sizes of what was written. "cold" begins
without a cache, "warm" with the streets that "cold" left there but under another name, "again" and the verbs
after it with the city that was assessed. The yardstick is scipy's search within
1,250 m from all facilities on the same streets: other work on the machine slows both alike. Growth is
the exponent of the processor's seconds from the first size to the last. Linux only.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.sparse.csgraph import dijkstra

from bench.city import CRS, Shape, make_facilities, make_network
from bench.city_files import KINDS, CityFiles, write_city
from data.files import read_csv
from geo.network.snapping import snap

VERBS = ("cold", "warm", "again", "scenario", "suggest", "isochrones", "export")
SHOWN = ("gaps.geojson", "map.html", "isochrones.geojson", "report.xlsx", "cells.parquet")
CHILD = "--child"


@dataclass(frozen=True)
class Spent:
    """One run: seconds of the clock and of the processor, MB, and the longest silence in seconds."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    silent_s: float
    silent_after: str


def run(folder: Path, arguments: Sequence[str]) -> Spent:
    """Run `cli.py` in a process of its own, its cache of streets in `folder`. RuntimeError if it fails."""
    log, said = folder / "progress.jsonl", folder / "said.txt"
    command = [sys.executable, "-m", "bench.front_doors", CHILD, str(log), *arguments]
    root = Path(__file__).resolve().parents[1]
    begin = time.perf_counter()
    with said.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=out,
            stderr=out,
            env={**os.environ, "PYTHONPATH": str(root), "SERVICE_CIRCLE_CACHE": str(folder / "cache")},
        )
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    if status:
        raise RuntimeError(f"{' '.join(arguments)}: {said.read_text(encoding='utf-8')[-2000:]}")
    silent, after = _silence(log, wall)
    return Spent(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, silent, after)


def _silence(log: Path, wall_s: float) -> tuple[float, str]:
    """The longest time without a new word or share, and what was said before it."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    times = [at for at, _ in lines] + [wall_s]
    longest = max(range(len(lines)), key=lambda i: times[i + 1] - times[i])
    return times[longest + 1] - times[longest], lines[longest][1]


def child(log: Path, arguments: Sequence[str]) -> None:
    """The command line as it is, but what its bar shows is noted with the time."""
    begin = time.perf_counter()
    from commands import front
    from core.text import Text

    with log.open("w", encoding="utf-8") as notes:
        last = [(0.0, "start")]
        notes.write(json.dumps([0.0, "start"]) + "\n")

        def note(self: front.Bar, share: float, doing: Text) -> None:
            shown = (round(share, 3), self._say(doing))
            if shown != last[0]:
                last[0] = shown
                notes.write(json.dumps([time.perf_counter() - begin, shown[1]]) + "\n")
                notes.flush()

        front.Bar.__call__ = note  # type: ignore[method-assign]
        import cli

        sys.argv = ["cli.py", *arguments]
        cli.app()


def arguments_of(verb: str, files: CityFiles, kind: str, out: Path) -> list[str]:
    """The command line of a verb on the city's files."""
    lists = [part for path in files.workbooks for part in ("--facilities", str(path))]
    study = [*lists, "--population", str(files.population[kind]), "--network", str(files.streets)]
    study += ["--units", str(files.units), "--datum", "wgs84", "--out", str(out / verb)]
    if kind in ("degrees", "metres"):
        study += ["--population-unit", "count"]
    if verb in ("cold", "warm", "again"):
        return ["assess", *study, *(["--name", verb] if verb == "warm" else [])]
    if verb == "suggest":
        return ["suggest", *study, "--tier", "station", "--count", "50", "--by", "walk"]
    if verb == "scenario":
        facility = read_csv(out / "cold" / "facilities.csv", ("facility_id",))["facility_id"].iloc[0]
        edits = {"format": 1, "name": "", "crs": CRS, "edits": [{"do": "close", "facility_id": facility}]}
        (out / "edits.json").write_text(json.dumps(edits), encoding="utf-8")
        return ["scenario", *study, "--edits", str(out / "edits.json")]
    if verb == "isochrones":
        return ["isochrones", *study]
    return ["export", str(out / "warm"), "--to", "html"]


def yardstick(shape: Shape) -> float:
    """Processor seconds of scipy's bare search within 1,250 m from all facilities, the least of three."""
    network, facilities = make_network(shape), make_facilities(shape)
    doors = snap(network, facilities.xy, limit_m=500)
    nodes = network.edge_nodes[doors.edge[doors.linked], 0]
    spent = []
    for _ in range(3):
        begin = time.process_time()
        dijkstra(network.graph, indices=nodes, min_only=True, limit=1250.0)
        spent.append(time.process_time() - begin)
    return min(spent)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sizes", type=float, nargs="+", default=[0.25])
    asked.add_argument("--only", nargs="+", choices=VERBS, default=VERBS)
    asked.add_argument("--population", nargs="+", choices=KINDS, default=KINDS)
    asked.add_argument("--keep", type=Path, help="where files and results stay")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as beside:
        spent = {
            size: _of_city(size, (options.keep or Path(beside)) / f"{size:g}", options)
            for size in options.sizes
        }
    first, last = options.sizes[0], options.sizes[-1]
    if first != last:
        print("\ngrowth (exponent of the processor's seconds)")
        for what, one in spent[first].items():
            growth = math.log(spent[last][what].cpu_s / one.cpu_s) / math.log(last / first)
            print(f"{what[0]:12}{what[1]:16}{growth:6.2f}")


def _of_city(size: float, folder: Path, options: argparse.Namespace) -> dict[tuple[str, str], Spent]:
    files = write_city(folder / "files", size=size)
    print(f"\nsize {size:g}; yardstick {yardstick(Shape(size)):.3f} s")
    print(f"{'verb':12}{'residents':16}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'silent s':>9}  MB written")
    found = {}
    for kind in options.population:
        out = folder / kind
        out.mkdir(parents=True, exist_ok=True)
        for verb in (verb for verb in VERBS if verb in options.only):
            one = found[verb, kind] = run(out, arguments_of(verb, files, kind, out))
            written = [(name, out / verb / name) for name in SHOWN]
            sizes = ", ".join(f"{n} {p.stat().st_size / 1e6:.1f}" for n, p in written if p.exists())
            print(
                f"{verb:12}{kind:16}{one.wall_s:8.1f}{one.cpu_s:8.1f}{one.peak_mb:9.0f}{one.silent_s:9.1f}"
                f"  {sizes}  (“{one.silent_after}”)",
                flush=True,
            )
    return found


if __name__ == "__main__":
    if CHILD in sys.argv[1:2]:
        child(Path(sys.argv[2]), sys.argv[3:])
    else:
        main()
