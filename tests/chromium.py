"""The browser of the browser tests: finds one, or installs one where it may. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("msedge", "microsoft-edge", "microsoft-edge-stable"),
)
MAC_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
WINDOWS_PLACES = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")


def find(python: Path) -> str | None:
    """A Chromium, Chrome or Edge that starts: CHROMIUM_PATH, the usual places, then Playwright's own.

    `python` is the interpreter that has Playwright.
    """
    asked_for = os.environ.get("CHROMIUM_PATH", "")
    on_path = [shutil.which(name) or "" for name in NAMES]
    for path in (asked_for, *on_path, *MAC_PLACES, *_windows_places()):
        if path and _starts(path):
            return path
    own = _playwrights_own(python)
    return own if own and _starts(own) else None


def install(python: Path) -> str | None:
    """Install Debian's or Ubuntu's Chromium as root, otherwise Playwright's; None when neither works."""
    if _is_root() and shutil.which("apt-get"):
        print("No browser found; installing Chromium with apt-get ...", flush=True)
        os.environ.setdefault("DEBIAN_FRONTEND", "noninteractive")
        apt = ["apt-get", "-q"]
        packages = ["chromium", "fonts-noto-cjk"]
        if subprocess.call([*apt, "update"]) == 0:
            subprocess.call([*apt, "install", "-y", "--no-install-recommends", *packages])
        if found := find(python):
            return found
    print("No browser found; asking Playwright to install Chromium ...", flush=True)
    subprocess.call([str(python), "-m", "playwright", "install", "chromium"])
    return find(python)


def _starts(browser: str) -> bool:
    """Ubuntu's /usr/bin/chromium-browser may be no more than a note about snap: ask for the version.

    Not on Windows, where that opens a window.
    """
    if os.name == "nt" or not Path(browser).is_file():
        return Path(browser).is_file()
    try:
        asked = subprocess.run([browser, "--version"], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _windows_places() -> list[str]:
    folders = [os.environ[name] for name in WINDOWS_FOLDERS if name in os.environ]
    return [str(Path(folder, place)) for folder in folders for place in WINDOWS_PLACES]


def _playwrights_own(python: Path) -> str:
    question = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as playwright: print(playwright.chromium.executable_path)"
    )
    answer = subprocess.run([str(python), "-c", question], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
