"""What every test may ask for: repeatable laws, a browser, and things that are made only once a run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import chromium as browsers

# The same cases on every machine and run; HYPOTHESIS_PROFILE=explore looks for new ones.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

ROOT = Path(__file__).parent
CHROMIUM_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
MakeOnce = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """`make_once(name, make)`: the folder `name`, filled by `make(folder)` once for all workers of a run.

    The worker that comes first makes it, the others wait; when making fails, all fail.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    return lambda name, make: _make_once(shared / name, make)


def _make_once(folder: Path, make: Callable[[Path], None], *, patience_s: float = 240) -> Path:
    made, failed = folder.with_suffix(".made"), folder.with_suffix(".failed")
    try:
        folder.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + patience_s
        while not made.exists():
            if failed.exists() or time.monotonic() > deadline:
                pytest.fail(f"{folder.name} could not be made; the test that tried first says why")
            time.sleep(0.1)
        return folder
    try:
        make(folder)
        made.touch()
    finally:
        if not made.exists():
            failed.touch()
    return folder


@pytest.fixture(scope="session")
def demo_folder(make_once: MakeOnce) -> Path:
    """The demo city's input files, as `python cli.py demo` writes them. Read only."""

    def make(folder: Path) -> None:
        subprocess.run([sys.executable, "cli.py", "demo", str(folder)], cwd=ROOT, check=True)

    return make_once("demo", make)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A browser that starts. Without one the test is skipped, or fails where BROWSER_REQUIRED is set."""
    found = browsers.find(Path(sys.executable))
    if found is None:
        reason = "no Chromium, Chrome or Edge; `python run.py test` installs one where it may"
        if os.environ.get("BROWSER_REQUIRED"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Any]:
    """A running Playwright browser that calls no host by itself."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()
