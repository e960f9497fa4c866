"""The page as a user serves it: `streamlit run app.py` on a port of its own."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, FrameLocator, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

ROOT = Path(__file__).parents[2]


def menu_link(page: Page, title: str) -> Locator:
    """The menu's link to a page: the page that is being left may still show a link of the same title."""
    return page.get_by_test_id("stTopNav").get_by_role("link", name=title)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(cache: Path, script: str = "app.py", *, port: int = 0, **environment: str) -> Iterator[str]:
    """A server of the page with its cache in a folder; gives its address once it is up."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless", "true"]
    server = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=ROOT,
        env={**os.environ, "SERVICE_CIRCLE_CACHE": str(cache), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            connection = http.client.HTTPConnection("localhost", port, timeout=5)
            connection.request("GET", "/_stcore/health")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not come up")


def map_of(page: Page) -> FrameLocator:
    frame = page.frame_locator("iframe")
    expect(frame.locator("body.ready")).to_be_attached(timeout=90_000)
    return frame


def settled(page: Page) -> None:
    """Wait until the page stands still: a click or a file that meets it while it is drawn anew is lost."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def put_file(page: Page, box: Locator, file: Path | FilePayload) -> None:
    """Put a file into a box for uploads; its name stands there and the page stands still afterwards."""
    name = file.name if isinstance(file, Path) else file["name"]
    chip = page.get_by_test_id("stFileChipName").filter(has_text=name).first
    for _ in range(3):
        settled(page)
        box.set_input_files(file)
        if appears(chip):
            break
    expect(chip).to_be_visible()
    settled(page)


def appears(element: Locator) -> bool:
    """Whether it is there soon."""
    try:
        element.wait_for(timeout=10_000)
    except PlaywrightTimeoutError:
        return False
    return True


def provider_settings(folder: Path, *, port: int, provider_port: int) -> dict[str, str]:
    """What makes a server of the page at `port` sign people in with a mock provider, its file in `folder`."""
    secrets = folder / "secrets.toml"
    secrets.write_text(
        f"""[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "{"random " * 8}"
client_id = "circle"
client_secret = "{"x" * 20}"
server_metadata_url = "http://localhost:{provider_port}/.well-known/openid-configuration"
""",
        "utf-8",
    )
    return {"SERVICE_CIRCLE_SIGN_IN": "oidc", "STREAMLIT_SECRETS_FILES": str(secrets)}
