"""Browsers too old for Playwright, driven over the DevTools protocol: a dozen lines over a WebSocket."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from websockets.sync.client import connect

from tests.old_chromium import FLAGS, environment

_FLAGS: Final = (*FLAGS, "--disable-background-networking", "--hide-scrollbars", "--remote-debugging-port=0")


class Tab:
    """One page of an old browser."""

    def __init__(self, address: str) -> None:
        self._connection = connect(address, max_size=None, compression=None, ping_interval=None)
        self._number = 0
        self.errors: list[str] = []

    def send(self, method: str, /, **params: Any) -> dict[str, Any]:
        """The result of one command; what the page logs as errors meanwhile is collected."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            news = json.loads(self._socket.recv(timeout=60))
            self._note(news)
            if news.get("id") == self._number:
                if "error" in news:
                    raise RuntimeError(f"{method}: {news['error']}")
                result: dict[str, Any] = news["result"]
                return result

    def _note(self, news: dict[str, Any]) -> None:
        if news.get("method") == "Runtime.exceptionThrown":
            details = news["params"]["exceptionDetails"]
            self.errors.append(str(details.get("exception", {}).get("description", details["text"])))

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def open(self, uri: str, *, until: str, seconds: float = 40) -> None:
        """Go to a page and wait until the expression `until` is true there."""
        self.send("Page.enable")
        self.send("Runtime.enable")
        self.send("Page.navigate", url=uri)
        self.wait(until, seconds=seconds)

    def wait(self, until: str, *, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"Boolean(document.body && ({until}))"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{until}; errors: {self.errors}")
            time.sleep(0.1)

    def size(self, width: int, height: int, scale: float = 1.0) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, path: Path) -> Path:
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))
        return path

    def pdf(self, path: Path, **options: Any) -> Path:
        """What the print dialog gives: `landscape`, `paperWidth` and `paperHeight` in inches, …"""
        path.write_bytes(base64.b64decode(self.send("Page.printToPDF", **options)["data"]))
        return path

    def __enter__(self) -> Tab:
        self._socket = self._connection.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.__exit__(kind, error, trace)


@contextmanager
def browser(executable: Path, *, width: int = 1366, height: int = 768) -> Iterator[Tab]:
    """A running browser with one empty page of this size."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [str(executable), *_FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"]
        running = subprocess.Popen(
            [*command, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(executable) | {"HOME": profile},
        )
        try:
            with Tab(_page_address(running)) as tab:
                tab.size(width, height)
                yield tab
        finally:
            running.kill()
            running.wait()


def _page_address(running: subprocess.Popen[str]) -> str:
    assert running.stderr is not None
    said = []
    for line in running.stderr:
        said.append(line)
        if found := re.search(r"ws://([\d.]+:\d+)/", line):
            return _first_page(found[1])
    raise RuntimeError("The browser ended: " + "".join(said)[-2000:])


def _first_page(host: str, *, seconds: float = 20) -> str:
    """The address of the empty page, which may not be there the moment the browser answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"http://{host}/json/list", timeout=20) as answer:
            for page in json.load(answer):
                if page["type"] == "page":
                    return str(page["webSocketDebuggerUrl"])
        time.sleep(0.1)
    raise RuntimeError("The browser opened no page.")
