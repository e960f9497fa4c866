"""A Chromium for the browser tests, and a guard: nothing may be asked of another machine.

Every test that opens a page here fails when the page sends a request anywhere but to itself, its
data or loopback, when a script throws, or when the console shows an error.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

from jobs.cache.prebuild import mark_demo, warm
from tests import chromium
from tests.browser.app_server import menu_link, serving

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
OWN_SCHEMES = ("file", "data", "blob", "about")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Other work may run on the machine: a wait for a state costs nothing once the state is there.
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)
# Opened at /check, Streamlit's own page looks for its server at /check/_stcore/… before it finds it at
# /_stcore/…; the two answers 404 are the browser's lines on the console. Only a page of another make
# could tell it where the server is (window.__streamlit.BACKEND_BASE_URL); there is no setting for it.
PROBE = re.compile(r"^http://localhost:\d+/\w+/_stcore/(health|host-config)$")


# The mock provider's own page, on which people say who they are, asks for its style there.
OF_PROVIDER = re.compile(r"^https://cdn\.jsdelivr\.net/npm/@picocss/pico@")

# Where other work runs a page may be so late that a click meets what is about to be replaced. A fault of
# ours comes back at the second try; pytest reports both.
TRIES = pytest.mark.flaky(reruns=1, reruns_delay=2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(TRIES)


@pytest.fixture(scope="session")
def playwright_engine() -> Iterator[Playwright]:
    with sync_playwright() as engine:
        yield engine


@pytest.fixture(scope="session")
def browser(playwright_engine: Playwright) -> Iterator[Browser]:
    found = chromium.find(Path(sys.executable))
    if found is None:
        pytest.fail("no Chromium found; `python run.py test` installs one, CHROMIUM_PATH names one")
    running = playwright_engine.chromium.launch(executable_path=found, args=list(FLAGS))
    yield running
    running.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """`open_context(**options)` gives a guarded context; what its pages did wrong fails the test."""
    opened: list[BrowserContext] = []
    wrong: list[str] = []

    def start(**options: object) -> BrowserContext:
        context = browser.new_context(**{"viewport": {"width": 1366, "height": 768}, **options})
        context.set_default_timeout(PATIENCE_MS)
        _guard(context, wrong)
        opened.append(context)
        return context

    yield start
    for context in opened:
        context.close()
    assert not wrong


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A guarded page of 1366 × 768."""
    return open_context().new_page()


@pytest.fixture(scope="session")
def warm_cache(demo_folder: Path, make_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A cache as the starter leaves it: the demo city, its assessment and its maps."""

    def fill(folder: Path) -> None:
        shutil.copytree(demo_folder, folder / "demo")
        mark_demo(folder)
        warm(folder)

    return make_once("app-cache", fill)


@pytest.fixture(scope="session")
def address(warm_cache: Path) -> Iterator[str]:
    """One server for all modules: every page is a session of its own, as different readers are."""
    with serving(warm_cache) as at:
        yield at


# Opened at their own address, pages save each test the overview with its map of the whole city.
AT = {
    "可达范围": "reach",
    "单元与公平": "units",
    "新增选址": "siting",
    "方案推演": "scenario",
    "清单核验": "check",
    "接入本市数据": "city",
}


@pytest.fixture
def open_page(open_context: Callable[..., BrowserContext], address: str) -> Callable[..., Page]:
    """`open_page(link, locale=…)`: a page of the app by its title, or the first one without a link.

    A page in `AT` is opened at its address (`PROBE` says what happens there), others through the menu.
    """

    def start(link: str = "", locale: str = "zh-CN") -> Page:
        page = open_context(locale=locale).new_page()
        page.goto(f"{address}/{AT.get(link, '')}")
        if link not in AT:
            expect(page.locator(".verdicts tbody tr")).to_have_count(12)
        if link and link not in AT:
            menu_link(page, link).click()
        if link:
            expect(page.locator("h1")).to_have_text(link)
        return page

    return start


def leaves_this_machine(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in OWN_SCHEMES and parts.hostname not in LOOPBACK


def _guard(context: BrowserContext, wrong: list[str]) -> None:
    def check(request: Request) -> None:
        if leaves_this_machine(request.url) and not OF_PROVIDER.match(request.url):
            wrong.append(f"asked another machine: {request.url}")

    context.on("request", check)
    context.on("weberror", lambda event: wrong.append(f"script error: {event.error}"))
    context.on("console", lambda line: wrong.append(f"console: {line.text}") if _is_ours(line) else None)


def _is_ours(line: ConsoleMessage) -> bool:
    at = line.location.get("url", "")
    return line.type == "error" and not PROBE.match(at) and not OF_PROVIDER.match(at)
