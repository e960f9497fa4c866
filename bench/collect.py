"""Four rounds of a city's offices: what submitting, previewing and accepting costs, and how the store grows.

    python -m bench.collect [--offices 60] [--rows 25] [--rounds 4] [--store FOLDER]

The demo city is taken in with an office for each of its communities; the first `--offices` of them are asked.
In every round each office sends `--rows` facilities: of last round's, three have moved, one is renamed, one
is gone and one is new; then the planner previews every list and accepts it. Seconds are by the clock and of
the processor, that of the child which reads the lists included.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import shapely

from data.store import Store, open_store
from data.store.check import check_store
from jobs.cache.prebuild import cache_folder, make_demo, streets_of
from jobs.collect.cities import NewCity, add_city
from jobs.collect.preview import preview
from jobs.collect.review import Decision, open_round, review
from jobs.collect.submit import Sending, submit
from jobs.study.people import read_unit_files

CITY: Final = "云川市"
MOVED, RENAMED, NEW = 3, 1, 1


class Times:
    """Seconds by verb: (clock, processor) of every call."""

    def __init__(self) -> None:
        self.of: dict[str, list[tuple[float, float]]] = {}

    @contextmanager
    def taking(self, verb: str) -> Iterator[None]:
        clock, processor = time.perf_counter(), _processor_s()
        yield
        spent = (time.perf_counter() - clock, _processor_s() - processor)
        self.of.setdefault(verb, []).append(spent)

    def lines(self) -> list[str]:
        return [
            f"{verb:<10}{len(spent):>6}"
            + "".join(
                f"{np.median(column):>10.3f}{np.percentile(column, 95):>10.3f}"
                for column in np.asarray(spent).T
            )
            for verb, spent in self.of.items()
        ]


class OfficeRows:
    """An office's facilities from round to round: names and places (degrees) within its unit."""

    def __init__(self, outline: shapely.Geometry, name: str, rows: int, seed: int) -> None:
        self._random, self._outline, self._name = np.random.default_rng(seed), outline, name
        self._made = 0
        self.rows = [self._facility() for _ in range(rows)]

    def next_round(self) -> None:
        moved = self._random.choice(len(self.rows), MOVED, replace=False)
        for row in moved:
            self.rows[row] = (self.rows[row][0], *self._place())
        self.rows[0] = (f"{self.rows[0][0]}新", *self.rows[0][1:])
        self.rows = [*self.rows[NEW:], *(self._facility() for _ in range(NEW))]

    def content(self) -> bytes:
        body = "".join(f"{name},公共服务站,{lon:.6f},{lat:.6f},10,WGS84\n" for name, lon, lat in self.rows)
        return f"名称,类型,经度,纬度,床位,坐标系\n{body}".encode("utf-8-sig")

    def _facility(self) -> tuple[str, float, float]:
        self._made += 1
        return (f"{self._name}{self._made}号服务站", *self._place())

    def _place(self) -> tuple[float, float]:
        west, south, east, north = self._outline.bounds
        while True:
            lon, lat = self._random.uniform((west, south), (east, north))
            if self._outline.contains(shapely.Point(lon, lat)):
                return float(lon), float(lat)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, usual in (("offices", 60), ("rows", 25), ("rounds", 4)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--store", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.store or Path(scratch) / "store"
        store = open_store(folder, make=True)
        times = Times()
        files = make_demo(cache_folder())
        with times.taking("city add"):
            add_city(store, NewCity(CITY, files, "community"), cache=streets_of(cache_folder()))
        units, _ = read_unit_files(files)
        if units is None:
            raise SystemExit("the demo city has no units")
        frame = units.table.frame.to_crs(4326)
        chosen = frame[frame["level"] == "community"].iloc[: asked.offices]
        lists = {
            row.name: OfficeRows(row.geometry, row.name, asked.rows, seed)
            for seed, row in enumerate(chosen.itertuples(index=False))
        }
        print(f"{len(lists)} offices of {asked.rows} rows, {asked.rounds} rounds")
        for number in range(1, asked.rounds + 1):
            _round(store, f"第{number}轮", lists, Path(scratch), times.taking)
            print(f"after round {number}: store {_megabytes(folder):.1f} MB", flush=True)
        with times.taking("check"):
            wrong = check_store(store)
        print(f"{'verb':<10}{'calls':>6}{'clock p50':>10}{'p95':>10}{'cpu p50':>10}{'p95':>10}")
        print("\n".join(times.lines()))
        print("store check:", "all well" if not wrong else f"{len(wrong)} problems")


def _round(
    store: Store,
    name: str,
    lists: dict[str, OfficeRows],
    folder: Path,
    taking: Callable[[str], AbstractContextManager[None]],
) -> None:
    open_round(store, name, city=CITY, due="2099-12-31", asked=list(lists))
    ids = []
    for office, own in lists.items():
        path = folder / f"{office}.csv"
        path.write_bytes(own.content())
        with taking("submit"):
            ids.append(submit(store, [path], Sending(CITY, office, name))["id"])
        own.next_round()
    for number in ids:
        with taking("preview"):
            preview(store, [number], cache=streets_of(cache_folder()))
        with taking("accept"):
            review(store, number, Decision(True))


def _megabytes(folder: Path) -> float:
    """Of the database and the files; what is linked under other names beside them is made from these."""
    paths = [*folder.glob("store.sqlite*"), *(folder / "files").rglob("*")]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def _processor_s() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


if __name__ == "__main__":
    main()
