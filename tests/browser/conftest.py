"""A Chromium for the browser tests, and a guard: nothing may be asked of another machine.

Every test that opens a page here fails when the page sends a request anywhere but to itself, its
data or loopback, when a script throws, or when the console shows an error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request, sync_playwright

from tests import chromium

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
OWN_SCHEMES = ("file", "data", "blob", "about")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
PATIENCE_MS = 30_000


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


def leaves_this_machine(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in OWN_SCHEMES and parts.hostname not in LOOPBACK


def _guard(context: BrowserContext, wrong: list[str]) -> None:
    def check(request: Request) -> None:
        if leaves_this_machine(request.url):
            wrong.append(f"asked another machine: {request.url}")

    context.on("request", check)
    context.on("weberror", lambda event: wrong.append(f"script error: {event.error}"))
    context.on(
        "console", lambda line: wrong.append(f"console: {line.text}") if line.type == "error" else None
    )
