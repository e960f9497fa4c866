"""All counties of China as one batch, simulated: hours, memory, bytes moved, and where the knee is.

    python -m bench.county_simulation [--measure] [--workers 8 64 512] [--machine 8]

What is simulated: counties wait in the order of the plan, province after province; a worker that is free
takes the next one, reads its part of the province's streets (the first), all of them (the second) or nothing
(the rest), computes, and writes its folder. The scheduler hands out one task after the other, and so does the
client with rows (`jobs/batch/run.py`); storage and each machine's network are shared evenly among the
workers. Not simulated: machines that fail, other users, storage that slows down with many small files.

Measured constants carry the command that measures them; `--measure` measures the first three again, here and
now. Assumptions are marked so: nobody has given us the counties' real files.
"""

from __future__ import annotations

import argparse
import heapq
import io
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

COUNTIES = 2_800
PROVINCES = 31
# batch.json is written in a twentieth of the client's time at most (`jobs/batch/run.py`).
WRITING = 1.05


@dataclass(frozen=True)
class Constants:
    """Seconds, MB. Processor seconds on the machine of `docs/performance.md` (about 2.4 GHz)."""

    # measured here: --measure
    task_s: float = 0.0013  # of the scheduler and the client for a task that does nothing
    row_s: float = 0.0005  # of the client for a row
    whole_s_per_mb: float = 0.23  # of a worker for a MB of .osm.pbf read whole
    part_s_per_mb: float = 0.10  # the same when one part of it is read
    # python -m bench.batch (areas of 20,000 cells) and docs/performance.md (a city of 660,000)
    area_s: float = 6.0
    cell_s: float = 45e-6
    base_mb: float = 420.0
    cell_mb: float = 0.0016
    written_mb: float = 0.6
    cell_written_mb: float = 65e-6
    # assumptions
    cells: float = 60_000  # populated cells of 100 m in the middle county
    spread: float = 0.9  # of their logarithm: one in six has more than twice and a half as many
    read_mb: float = 5.0  # lists, units and the window of the raster of a county
    streets_mb: float = 45.0  # OpenStreetMap's China, 1.4 GB, by 31 provinces
    storage_mb_s: float = 1_000.0
    network_mb_s: float = 125.0  # of a machine: 1 Gbit/s


@dataclass(frozen=True)
class Run:
    """What a simulated batch takes."""

    workers: int
    hours: float
    busy: float  # share of the workers' time in which they compute an area
    street_reads: int
    read_gb: float
    written_gb: float
    worker_mb: float  # of the largest county
    waiting: str  # what holds it up at its end


def simulate(given: Constants, workers: int, *, a_machine: int, seed: int = 1) -> Run:
    """One batch: events in the order of their time."""
    random = np.random.default_rng(seed)
    cells = given.cells * np.exp(given.spread * random.standard_normal(COUNTIES))
    province = np.sort(random.integers(0, PROVINCES, COUNTIES))
    mb_s = min(given.storage_mb_s / workers, given.network_mb_s / min(workers, a_machine))
    passes = (given.part_s_per_mb, given.whole_s_per_mb)
    free = [(0.0, worker) for worker in range(workers)]
    holds, taken = np.full(workers, -1), np.zeros(workers, int)
    scheduler = client = computed = reading = 0.0
    reads, ends = 0, np.zeros(COUNTIES)
    for county in range(COUNTIES):
        now, worker = heapq.heappop(free)
        scheduler = max(scheduler, now) + given.task_s
        work = given.area_s + given.cell_s * cells[county]
        moved = given.read_mb + given.written_mb + given.cell_written_mb * cells[county]
        at = scheduler + work + moved / mb_s
        if holds[worker] != province[county]:
            holds[worker], taken[worker] = province[county], 0
        taken[worker] += 1
        if taken[worker] <= len(passes):
            reads += 1
            spent = given.streets_mb * (passes[taken[worker] - 1] + 1 / mb_s)
            at, reading = at + spent, reading + spent
        computed += work
        ends[county] = at
        heapq.heappush(free, (at, worker))
    for at in np.sort(ends):
        client = max(client, at) + given.row_s
    last = float(ends.max())
    handed_out = COUNTIES * max(given.task_s, given.row_s)
    largest = float((given.area_s + given.cell_s * cells).max())
    held = {"client and scheduler": handed_out, "the largest county": largest,
            "computing": computed / workers, "reading streets": reading / workers}  # fmt: skip
    return Run(
        workers=workers,
        hours=max(last, client) / 3600,
        busy=computed / (workers * max(last, client)),
        street_reads=reads,
        read_gb=(COUNTIES * given.read_mb + reads * given.streets_mb) / 1000,
        written_gb=float((given.written_mb + given.cell_written_mb * cells).sum()) / 1000,
        worker_mb=given.base_mb + given.cell_mb * float(cells.max()),
        waiting=max(held, key=lambda name: held[name]),
    )


def knee(given: Constants, *, a_machine: int) -> int:
    """The most workers, doubled from 1, of which each is busy with areas for half of the time."""
    workers = 1
    while simulate(given, 2 * workers, a_machine=a_machine).busy >= 0.5:
        workers *= 2
    return workers


def measured(given: Constants) -> Constants:
    """The first three constants as they are on this machine now: processor seconds of this process, which is
    client and scheduler in one, and reads the streets."""
    from distributed import Client, LocalCluster

    from bench.province import write_province
    from data.streets.osm import read_osm, read_whole
    from jobs.batch.run import _State

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        client.gather(client.map(abs, range(100)))
        begin = time.process_time()
        client.gather(client.map(abs, range(-1000, 0)))
        task_s = (time.process_time() - begin) / 1000
    rules = [{"id": f"r{n}", "title": {"template": "t" * 40}, "share": 0.5} for n in range(12)]
    row = {"name": "县", "state": "waiting", "message": None, "outline": "0" * 4_000, "rules": rules}
    with tempfile.TemporaryDirectory() as folder:
        state = _State(Path(folder), {f"{n}": row for n in range(COUNTIES)}, None)
        begin = time.process_time()
        for _ in range(20):
            state.told()
        row_s = (time.process_time() - begin) / 20 * WRITING
        path = Path(folder) / "province.osm.pbf"
        write_province(path, 1100)
        begin = time.process_time()
        read_whole(str(path), "pbf")
        whole_s = time.process_time() - begin
        begin = time.process_time()
        read_osm(str(path), "pbf", (118.1, 31.1, 118.15, 31.15))
        part_s = time.process_time() - begin
    # Made-up streets pack far better than real ones, of which a MB holds some 150,000 points.
    a_mb = 150_000 / 1100**2
    return replace(
        given, task_s=task_s, row_s=row_s, whole_s_per_mb=a_mb * whole_s, part_s_per_mb=a_mb * part_s
    )


def table(given: Constants, workers: Sequence[int], *, a_machine: int) -> str:
    """One line a number of workers."""
    out = io.StringIO()
    heads = ("workers", "hours", "counties/h", "busy", "parts read", "GB read", "GB written", "MB a worker")
    print(*(f"{head:>14}" for head in heads), "  held up by", file=out)
    for number in workers:
        run = simulate(given, number, a_machine=a_machine)
        values = (
            f"{number}", f"{run.hours:.2f}", f"{COUNTIES / run.hours:,.0f}", f"{run.busy:.0%}",
            f"{run.street_reads}", f"{run.read_gb:.0f}", f"{run.written_gb:.0f}", f"{run.worker_mb:,.0f}",
        )  # fmt: skip
        print(*(f"{value:>14}" for value in values), f"  {run.waiting}", file=out)
    return out.getvalue()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--measure", action="store_true")
    asked.add_argument("--workers", type=int, nargs="+", default=[8, 64, 512])
    asked.add_argument("--machine", type=int, default=8, help="workers a machine")
    options = asked.parse_args()
    given = measured(Constants()) if options.measure else Constants()
    print(json.dumps(vars(given)))
    print(table(given, options.workers, a_machine=options.machine))
    print(
        "half of the workers' time goes into areas up to", knee(given, a_machine=options.machine), "workers;"
    )
    middle = given.cells * float(np.exp(given.spread**2 / 2))
    moved = {
        "streets of a county (5 MB) in place of a province's": replace(given, streets_mb=5.0),
        "a client that needs no time": replace(given, row_s=0.0, task_s=0.0),
        "counties of equal size": replace(given, spread=0.0, cells=middle),
        "storage of a tenth": replace(given, storage_mb_s=given.storage_mb_s / 10),
    }  # fmt: skip
    for what, other in moved.items():
        run = simulate(other, max(options.workers), a_machine=options.machine)
        print(f"  with {what}: {knee(other, a_machine=options.machine)}; {run.hours:.2f} h on {run.workers}")


if __name__ == "__main__":
    main()
