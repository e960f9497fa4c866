"""Many people at once on the demo city: real WebSocket sessions on one server, with some thought a click.

    python -m bench.crowd                                    10, 20 and 30 people, a minute each
    python -m bench.crowd --people 30 --seconds 600          for ten minutes
    python -m bench.crowd --offices 0                        planners alone, who go from page to page
    python -m bench.crowd --people 30 --profile              and where the server's time goes

Half of them are offices, each with a community of the demo city: they look at their list, upload the next
one (25 rows), send it. The others are planners, who look at pages, at what waiting lists would change, and
accept one now and then (`bench.crowd_people`). They are named as by a proxy, and the store is one made for
the run. A click has ended when the server says that the run of the page has, the reading of a list included.
Printed are the seconds of a click at the half and at 95 of 100, by click, the processor seconds of server and
workers a click, their memory at every tenth of the time, and how many lists were sent and accepted. Linux
only. Changes in "What if" are not measured: they are clicks on a map, which only a browser draws.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import psutil

from bench.collect import CITY, OfficeRows
from bench.crowd_people import Log, Pace, Visit, office, planner, visiting
from data.store import Store, open_store
from data.store.check import check_store
from jobs.cache.prebuild import cache_folder, make_demo, streets_of
from jobs.collect.cities import NewCity, add_city
from jobs.collect.permissions import RoleChange, change_role
from jobs.collect.review import history, open_round
from jobs.collect.submit import submissions_document
from jobs.study.people import read_unit_files

ROOT: Final = Path(__file__).resolve().parents[1]
ROWS: Final = 25
_LOOKS: Final = 10


@contextmanager
def town(offices: int) -> Iterator[tuple[Store, dict[str, OfficeRows]]]:
    """A store with the demo city, so many offices of which are asked, and their rows by person: O0,
    O1 … A header holds no Chinese name."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "store", make=True)
        files = make_demo(cache_folder())
        add_city(store, NewCity(CITY, files, "community"), cache=streets_of(cache_folder()))
        units, _ = read_unit_files(files)
        if units is None:
            raise SystemExit("the demo city has no units")
        frame = units.table.frame.to_crs(4326)
        chosen = frame[frame["level"] == "community"].iloc[:offices]
        change_role(store, RoleChange("root", "admin"), by="")
        lists = {}
        for number, row in enumerate(chosen.itertuples(index=False)):
            change_role(store, RoleChange(f"O{number}", "office", CITY, row.name), by="root")
            lists[f"O{number}"] = OfficeRows(row.geometry, row.name, ROWS, number)
        if lists:
            open_round(store, "一季度", city=CITY, due="2099-12-31", asked=list(chosen["name"]), by="root")
        yield store, lists
        store.engine.dispose()


@contextmanager
def serving(store: Store, *, profile: Path | None) -> Iterator[tuple[psutil.Process, int]]:
    """A server of its own on a free port, once it answers."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = int(free.getsockname()[1])
    subprocess.run([sys.executable, "-m", "jobs.cache.prebuild"], cwd=ROOT, check=True)
    program = ["streamlit"] if profile is None else ["bench.sampled", str(profile)]
    command = [sys.executable, "-m", *program, "run", "app.py", "--server.port", str(port)]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(
        [*command, "--server.headless", "true"], cwd=ROOT, stdout=quiet, stderr=quiet,
        env={
            **os.environ,
            "SERVICE_CIRCLE_STORE": str(store.files.folder.parent),
            "SERVICE_CIRCLE_SIGN_IN": "proxy",
            "SERVICE_CIRCLE_PROXY": "127.0.0.1,::1",
            "FORWARDED_ALLOW_IPS": "",
        },
    )  # fmt: skip
    try:
        person = {"X-Remote-User": "root"}
        health = urllib.request.Request(f"http://localhost:{port}/_stcore/health", headers=person)
        for _ in range(240):
            with suppress(OSError), urllib.request.urlopen(health, timeout=2):
                break
            time.sleep(0.5)
        else:
            raise SystemExit("the server does not answer")
        yield psutil.Process(server.pid), port
    finally:
        server.terminate()
        server.wait()


def spent(server: psutil.Process) -> tuple[float, float, float]:
    """Processor seconds so far of the server and of its workers and readers, and megabytes held by all."""
    own, others, held = server.cpu_times(), 0.0, server.memory_info().rss
    for child in server.children(recursive=True):
        with suppress(psutil.Error):
            times = child.cpu_times()
            others += times.user + times.system
            held += child.memory_info().rss
    # Readers that have ended are among what the server has waited for.
    return own.user + own.system, others + own.children_user + own.children_system, held / 1e6


async def crowd(
    port: int, server: psutil.Process, people: Sequence[str], lists: dict[str, OfficeRows], pace: Pace
) -> tuple[Log, list[float]]:
    """All clicks of so many people, and the megabytes held meanwhile."""
    log, held = Log(), [spent(server)[2]]
    begun = time.monotonic()

    async def one(number: int, name: str) -> None:
        chance = random.Random(number)
        await asyncio.sleep(chance.uniform(0, pace.think_s))

        def next_list() -> bytes:
            content = lists[name].content()
            lists[name].next_round()
            return content

        async def then(visit: Visit) -> None:
            if name in lists:
                await office(visit, pace, chance, next_list)
            else:
                await planner(visit, pace, chance, bool(lists))

        await visiting(port, name, log, then)

    async def look() -> None:
        for number in range(1, _LOOKS + 1):
            await asyncio.sleep(max(0, begun + (pace.until - begun) * number / _LOOKS - time.monotonic()))
            held.append(spent(server)[2])

    await asyncio.gather(look(), *(one(number, name) for number, name in enumerate(people)))
    return log, held


def told(log: Log) -> str:
    """The seconds at the half and at 95 of 100, in all and by click."""

    def line(name: str, seconds: Sequence[float]) -> str:
        half, late = np.percentile(seconds, (50, 95))
        return f"   {name:<28}{half:>6.2f} / {late:.2f} s ({len(seconds)})"

    by_click: dict[str, list[float]] = {}
    for what, seconds in log.clicks:
        by_click.setdefault(what, []).append(seconds)
    every = [seconds for _, seconds in log.clicks]
    return "\n".join([line("all", every), *(line(what, by_click[what]) for what in sorted(by_click))])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--people", type=int, nargs="+", default=[10, 20, 30])
    asked.add_argument("--offices", type=float, default=0.5, help="the part of them that are offices")
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--think", type=float, default=3.0)
    asked.add_argument("--profile", type=Path, nargs="?", const=Path("crowd-profile.txt"))
    options = asked.parse_args()
    most = max(options.people)
    with town(round(most * options.offices)) as (store, lists):
        for number in range(most):
            change_role(store, RoleChange(f"P{number}", "planner"), by="root")
        with serving(store, profile=options.profile) as (server, port):
            run = partial(crowd, port, server)
            warm = [*list(lists)[:1], "P0"]
            asyncio.run(run(warm, lists, Pace(0.2, time.monotonic() + 30)))  # what is read once is read
            for people in options.people:
                some = list(lists)[: round(people * options.offices)]
                names = [*some, *(f"P{number}" for number in range(people - len(some)))]
                before = spent(server)
                log, held = asyncio.run(
                    run(names, lists, Pace(options.think, time.monotonic() + options.seconds))
                )
                after = spent(server)
                each = [(b - a) / max(len(log.clicks), 1) for a, b in zip(before, after, strict=True)]
                print(f"{len(some)} offices, {people - len(some)} planners:\n{told(log)}")
                print(f"   processor a click: server {each[0]:.2f} s, workers and readers {each[1]:.2f} s")
                print(f"   MB held: {' '.join(f'{mb:.0f}' for mb in held)}")
                for what, count in Counter(log.wrong).most_common(5):
                    print(f"   said to be wrong, {count} times: {what}")
                sys.stdout.flush()
        states = Counter(one["state"] for one in submissions_document(store, city=CITY)["submissions"])
        print(f"lists: {dict(states)}; versions: {len(history(store, city=CITY)['versions'])}")
        print("store check:", "all well" if not (wrong := check_store(store)) else f"{len(wrong)} problems")


if __name__ == "__main__":
    main()
