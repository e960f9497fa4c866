"""Firefox, which Playwright knows only as a build of its own, driven over WebDriver BiDi."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

NAMES: Final = ("firefox-esr", "firefox")
# Nothing that Firefox asks of its makers by itself belongs to the page.
_PREFERENCES: Final = {
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.ipc.processCount": 1,
    "intl.accept_languages": "zh-CN",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}
_PATIENCE_S: Final = 300


def find() -> str | None:
    """A Firefox on this machine: FIREFOX_PATH, else the usual names."""
    asked = os.environ.get("FIREFOX_PATH", "")
    return next((path for name in (asked, *NAMES) if name and (path := shutil.which(name))), None)


class FirefoxTab:
    """One page. `errors` holds what its scripts threw and what the console showed as an error."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.errors: list[str] = []
        said = self.send("session.new", capabilities={})
        self.version = str(said["capabilities"]["browserVersion"])
        self.send("session.subscribe", events=["log.entryAdded"])
        self._context = self.send("browsingContext.getTree")["contexts"][0]["context"]

    def send(self, method: str, /, **params: Any) -> dict[str, Any]:
        """The result of one command; what the page logs as errors meanwhile is collected."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            news = json.loads(self._socket.recv(timeout=_PATIENCE_S))
            if news.get("method") == "log.entryAdded" and news["params"]["level"] == "error":
                self.errors.append(str(news["params"]["text"]))
            if news.get("id") == self._number:
                if "error" in news:  # Firefox 115 says no "type" beside it
                    raise RuntimeError(f"{method}: {news['error']}: {news['message']}")
                result: dict[str, Any] = news["result"]
                return result

    def evaluate(self, expression: str, *, frame: str = "") -> Any:
        """The value of a JavaScript expression, in the page or in the frame it holds, as JSON carries it."""
        found = self.send(
            "script.evaluate",
            expression=f"JSON.stringify({expression})",
            target={"context": frame or self._context},
            awaitPromise=True,
        )
        if found["type"] == "exception":
            raise RuntimeError(str(found["exceptionDetails"]["text"]))
        return json.loads(found["result"].get("value", "null"))

    def frames(self) -> list[str]:
        """The frames of the page."""
        (tree,) = self.send("browsingContext.getTree", root=self._context)["contexts"]
        return [str(child["context"]) for child in tree["children"]]

    def open(self, uri: str, *, until: str) -> None:
        """Go to a page and wait until the expression `until` is true there."""
        self.send("browsingContext.navigate", context=self._context, url=uri, wait="interactive")
        self.wait(until)

    def wait(self, until: str, *, frame: str = "", seconds: float = _PATIENCE_S) -> None:
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"Boolean(document.body && ({until}))", frame=frame):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{until}; errors: {self.errors}")
            time.sleep(0.2)

    def click(self, x: float, y: float) -> None:
        steps = [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}
        try:
            self.send("input.performActions", context=self._context, actions=[mouse])
        except RuntimeError as error:
            if "unknown command" not in str(error):
                raise
            event = "new MouseEvent('click', {bubbles: true, cancelable: true, view: window})"
            self.evaluate(f"document.elementFromPoint({x}, {y}).dispatchEvent({event})")

    def screenshot(self, path: Path) -> Path:
        found = self.send("browsingContext.captureScreenshot", context=self._context)
        path.write_bytes(base64.b64decode(found["data"]))
        return path

    def pdf(self, path: Path, *, width_cm: float, height_cm: float, margin_cm: float, ground: bool) -> Path:
        """What the print dialog gives on paper of that size, with or without background graphics."""
        margin = dict.fromkeys(("top", "bottom", "left", "right"), margin_cm)
        found = self.send(
            "browsingContext.print",
            context=self._context,
            background=ground,
            margin=margin,
            page={"width": width_cm, "height": height_cm},
        )
        path.write_bytes(base64.b64decode(found["data"]))
        return path


@contextmanager
def firefox(executable: str, *, width: int = 1366, height: int = 768) -> Iterator[FirefoxTab]:
    """A running Firefox with one empty page of this size."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = (f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in _PREFERENCES.items())
        Path(profile, "user.js").write_text("\n".join(lines), "utf-8")
        running = subprocess.Popen(
            [
                executable,
                "--headless",
                f"--width={width}",
                f"--height={height}",
                "--no-remote",
                "--profile",
                profile,
                "--remote-debugging-port=0",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "HOME": profile, "MOZ_CRASHREPORTER_DISABLE": "1"},
        )
        try:
            with connect(_address(running), max_size=None, compression=None, ping_interval=None) as socket:
                yield FirefoxTab(socket)
        finally:
            running.kill()
            running.wait()


def _address(running: subprocess.Popen[str]) -> str:
    assert running.stderr is not None
    said = []
    for line in running.stderr:
        said.append(line)
        if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
            return f"{found[1]}/session"
    raise RuntimeError("Firefox ended: " + "".join(said)[-2000:])
