"""Many planners at once: real WebSocket sessions on one server, each with some seconds of thought a click.

    python -m bench.crowd                          10, 20 and 30 planners, a minute each
    python -m bench.crowd --planners 30 --seconds 600 --think 3

A planner opens the page and goes from page to page, or asks for the same one again, as a click in it does;
a click has ended when the server says that the run of the page has. Printed are the seconds of a click at the
half and at 95 of 100, by page, the processor's share and the memory of the server before and after.
Linux only. Changes in "What if" are not measured: they are clicks on a map, which only a browser draws.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final = ("start", "units", "reach", "scenario", "siting", "start", "units")
_LONGEST_S: Final = 120.0
Click = tuple[str, float]


async def click(line: ClientConnection, page: str) -> float:
    """Seconds until the server has finished the run of a page."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    begun = time.perf_counter()
    await line.send(asked.SerializeToString())
    while True:
        told = ForwardMsg()
        told.ParseFromString(await asyncio.wait_for(line.recv(), _LONGEST_S))
        if told.WhichOneof("type") == "script_finished":
            return time.perf_counter() - begun


async def planner(port: int, number: int, *, think_s: float, until: float, clicks: list[Click]) -> None:
    """One session until the time has come; its clicks go into `clicks`."""
    chance = random.Random(number)
    await asyncio.sleep(chance.uniform(0, think_s))
    address = f"ws://localhost:{port}/_stcore/stream"
    async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as line:
        page = "start"
        while time.monotonic() < until:
            clicks.append((page, await click(line, page)))
            page = chance.choice((page, *PAGES))
            await asyncio.sleep(chance.uniform(0.5, 1.5) * think_s)


async def crowd(port: int, planners: int, *, think_s: float, seconds: float) -> list[Click]:
    """All clicks of so many planners."""
    clicks: list[Click] = []
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(planner(port, number, think_s=think_s, until=until, clicks=clicks) for number in range(planners))
    )
    return clicks


def serve() -> tuple[subprocess.Popen[bytes], int]:
    """A server of its own on a free port, once it answers."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = int(free.getsockname()[1])
    subprocess.run([sys.executable, "-m", "jobs.cache.prebuild"], cwd=ROOT, check=True)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([*command, "--server.headless", "true"], cwd=ROOT, stdout=quiet, stderr=quiet)
    for _ in range(120):
        with suppress(OSError), urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2):
            return server, port
        time.sleep(0.5)
    server.kill()
    raise RuntimeError("the server does not answer")


def spent(pid: int) -> tuple[float, float]:
    """Processor seconds so far and megabytes held of a process."""
    stat = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    ticks = int(stat[11]) + int(stat[12])
    return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def told(clicks: Sequence[Click]) -> str:
    """The seconds at the half and at 95 of 100, in all and by page."""

    def line(name: str, seconds: Sequence[float]) -> str:
        half, late = np.percentile(seconds, (50, 95))
        return f"{name} {half:.2f} / {late:.2f} s ({len(seconds)})"

    pages = sorted({page for page, _ in clicks})
    by_page = (line(page, [s for one, s in clicks if one == page]) for page in pages)
    return "; ".join([line("all", [s for _, s in clicks]), *by_page])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--planners", type=int, nargs="+", default=[10, 20, 30])
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--think", type=float, default=3.0)
    options = asked.parse_args()
    server, port = serve()
    try:
        asyncio.run(crowd(port, 1, think_s=0.0, seconds=20.0))  # what is read once is read
        for planners in options.planners:
            cpu_s, held_mb = spent(server.pid)
            clicks = asyncio.run(crowd(port, planners, think_s=options.think, seconds=options.seconds))
            after_s, after_mb = spent(server.pid)
            each = (after_s - cpu_s) / max(len(clicks), 1)
            print(f"{planners} planners: {told(clicks)}")
            print(f"   {each:.2f} s of processor a click, {held_mb:.0f} → {after_mb:.0f} MB", flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
