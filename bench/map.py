"""The exported map of the generated city: how large it is, how long it takes to make and to open.

    python -m bench.map                  the whole city
    python -m bench.map --size 0.1       a tenth of it
    python -m bench.map --keep map.html  keeps the page

Opening is measured in headless Chromium from a file, with no network: "interactive" is when the page's
scripts have run and two frames were drawn after it, in milliseconds since the page began to load. The
median of five. Times of making are seconds of this process's processor.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.city import make_city
from coverage.assessment import assess
from coverage.publish import About, results_of
from data.standards import open_standard
from jobs.map_model import map_model
from maps.ground import basemap_of
from maps.render import render_map
from tests.chromium import find

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
# Two frames after the load event, so that what the scripts draw is on the screen.
READY = """() => new Promise(done => {
  const drawn = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  document.readyState === "complete" ? drawn() : window.addEventListener("load", drawn);
})"""


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    wanted.add_argument("--size", type=float, default=1.0)
    wanted.add_argument("--keep", type=Path)
    said = wanted.parse_args()
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
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        empty = path.with_name("empty.html")
        empty.write_text("<!doctype html><title>empty</title>", encoding="utf-8")
        times_ms = [(_opened(browser, path), _opened(browser, empty)) for _ in range(5)]
        browser.close()
    page_ms, empty_ms = (statistics.median(column) for column in zip(*times_ms, strict=True))
    print(f"interactive after {page_ms:.0f} ms   target 500 ms   (an empty page: {empty_ms:.0f} ms)")


def _opened(browser: Browser, path: Path) -> float:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(path.as_uri(), wait_until="commit")
    spent_ms = float(page.evaluate(READY))
    page.close()
    return spent_ms


if __name__ == "__main__":
    main()
