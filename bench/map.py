"""The exported map of the generated city: how large it is, how long it takes to make and to open.

    python -m bench.map                  the whole city
    python -m bench.map --size 0.1       a tenth of it
    python -m bench.map --keep map.html  keeps the page
    python -m bench.map --open map.html  opens a page made before

Times of making are seconds of this process's processor. Opening is measured in headless Chromium from
a file, with no network, in milliseconds since the page began to load, the median of nine: "usable"
when facilities, coloured cells, gaps and controls are there and answer, and two frames were drawn
after that; "drawn" when the ground is, too. Beside the clock stand the milliseconds that the page's
main thread had the processor for by then, which other work on the machine disturbs least.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, sync_playwright

from bench.city import make_city
from coverage.assessment import assess
from coverage.publish import About, results_of
from data.standards import open_standard
from jobs.assess.map_model import map_model
from maps.ground import basemap_of
from maps.render import render_map
from tests.chromium import find

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
TIMES = 9
# Two frames after the page says so, so that what the scripts draw is on the screen.
READY = """name => new Promise(done => {
  const drawn = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  const look = () => {
    const said = document.body && document.body.classList;
    const there = said && (said.contains(name) || said.contains("ready"));
    if (name ? there : document.readyState === "complete") drawn();
    else setTimeout(look, 5);
  };
  look();
})"""


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    wanted.add_argument("--size", type=float, default=1.0)
    wanted.add_argument("--keep", type=Path)
    wanted.add_argument("--open", type=Path)
    said = wanted.parse_args()
    if said.open:
        open_map(said.open.resolve())
        return
    page = make_map(said.size)
    with tempfile.TemporaryDirectory() as folder:
        path = said.keep or Path(folder) / "map.html"
        path.write_text(page, encoding="utf-8")
        open_map(path.resolve())


def make_map(size: float) -> str:
    """The page of a city assessed before; what is timed starts at its tables."""
    city = make_city(size)
    results = results_of(assess(city, open_standard("nanjing-2011")), About(True, (), {}))
    for attempt in ("first", "again"):
        begun = time.process_time()
        basemap = basemap_of(city.network, city.units, None, city.grid)
        ground_s = time.process_time() - begun
        page = render_map(map_model(results, basemap), language="zh")
        spent_s = time.process_time() - begun
        print(f"{attempt}: {spent_s:.2f} s, of which the basemap {ground_s:.2f} s   target 2 s")
    print(f"{len(page.encode()) / 1e6:.2f} MB   target 5 MB")
    return page


def open_map(path: Path) -> None:
    executable = find(Path(sys.executable))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        empty = Path(folder) / "empty.html"
        empty.write_text("<!doctype html><title>empty</title><body></body>", encoding="utf-8")
        opened = [
            (*_opened(browser, path, "usable", "ready"), *_opened(browser, empty, "")) for _ in range(TIMES)
        ]
        browser.close()
    usable, drawn, bare = (_middle(column) for column in zip(*opened, strict=True))
    print(f"usable after {usable}   target 500 ms")
    print(f"drawn after  {drawn}")
    print(f"an empty page {bare};   others at work on this machine: load {os.getloadavg()[0]:.1f}")


def _opened(browser: Browser, path: Path, *states: str) -> list[tuple[float, float]]:
    """Milliseconds by the clock and of the main thread until each state."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    teller = page.context.new_cdp_session(page)
    teller.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(path.as_uri(), wait_until="commit")
    spent = [(float(page.evaluate(READY, state)), _main_thread_ms(teller)) for state in states]
    page.close()
    return spent


def _main_thread_ms(teller: CDPSession) -> float:
    told = teller.send("Performance.getMetrics")["metrics"]
    return next(1000 * float(one["value"]) for one in told if one["name"] == "TaskDuration")


def _middle(pairs: Sequence[tuple[float, float]]) -> str:
    clock_ms, thread_ms = (statistics.median(column) for column in zip(*pairs, strict=True))
    return f"{clock_ms:.0f} ms by the clock, {thread_ms:.0f} ms of its main thread"


if __name__ == "__main__":
    main()
