"""Sets the program up, starts it and tests it, on Linux, macOS and Windows alike.

    python run.py                       set up and open the page on the demo city (make run)
    python run.py run [OPTION...]       the same; the options go to Streamlit (--server.port 8600)
    python run.py setup                 install only
    python run.py setup --wheels DIR    the same without a network, from a folder of wheels
    python run.py wheels DIR            fill such a folder, for this kind of machine
    python run.py test [OPTION...]      style, types and every test but the slow ones (make test);
                                        the options go to pytest
    python run.py test-slow [OPTION...] style, types and the slow tests
    python run.py lint                  style and types
    python run.py pin                   write the hashes of the pinned versions anew, after a change of one
    python run.py licences              write docs/licences.md anew from what is installed

Needs Python 3.11 or newer and nothing else: only the standard library is used here. Everything is
installed into `.venv`; when that is up to date, no network is needed and nothing is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import venv
import webbrowser
from importlib import metadata
from pathlib import Path

from tests import chromium

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed.json"
UNFINISHED = VENV / "unfinished"
RUN_FILES = ("requirements.txt",)
TEST_FILES = ("requirements.txt", "requirements-test.txt")
FIRST_PORT = 8501


def main(arguments: list[str]) -> int:
    """Carry out one command; returns the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file alone must be readable to an older Python
        return _fail(
            "Python 3.11 or newer is needed; this is Python {}.{}. Install a newer one and start "
            "this file with it, for example: python3.11 run.py (Windows: py -3.11 run.py)".format(
                *sys.version_info[:2]
            )
        )
    os.environ.setdefault("PYTHONUTF8", "1")  # Chinese text in consoles and files, on Windows too
    verb, options = (arguments[0], arguments[1:]) if arguments else ("run", [])
    if verb == "run":
        return start(options)
    if verb == "setup" and (not options or (len(options) == 2 and options[0] == "--wheels")):
        return 0 if install(RUN_FILES, wheels=Path(options[1]).resolve() if options else None) else 1
    if verb == "wheels" and len(options) == 1:
        return _download(Path(options[0]).resolve())
    if verb == "pin" and not options:
        return pin(TEST_FILES) if install(TEST_FILES) else 1
    if verb == "licences" and not options:
        return write_licences() if install(RUN_FILES) else 1
    if verb == "lint" and not options:
        return _report(_lint()) if install(TEST_FILES) else 1
    if verb == "test":
        return check(["-m", "not slow", *_workers(options), *options])
    if verb == "test-slow":
        return check(["-m", "slow", *options])
    print(__doc__)
    return 0 if verb in ("help", "-h", "--help") else 2


# Installing


def install(files: tuple[str, ...], wheels: Path | None = None) -> bool:
    """Bring `.venv` to the pinned versions of these requirement files; does nothing when it has them.

    An installation that was broken off is finished, or begun anew when it cannot be. What is installed
    must have the hash that the requirements name. `wheels` is a folder to install from instead of the
    network.
    """
    wanted = {name: _digest([ROOT / name]) for name in files} | {"python": _base_python()}
    if PYTHON.exists() and wanted.items() <= _installed().items():
        return True
    if not _is_usable():
        _make_environment()
    broken_off = UNFINISHED.exists()
    UNFINISHED.touch()
    print(f"Installing {files[-1]} into .venv; the first time takes some minutes ...", flush=True)
    done = _pip(files, wheels)
    if not done and broken_off:
        print("That .venv is half-made; making it anew ...", flush=True)
        _make_environment()
        UNFINISHED.touch()
        done = _pip(files, wheels)
    if not done:
        _fail("Installing failed; the reason stands above. A first installation needs the network.")
        return False
    STAMP.write_text(json.dumps({**_installed(), **wanted, "python": _base_python()}), encoding="utf-8")
    UNFINISHED.unlink(missing_ok=True)  # another one may have finished at the same time
    return True


def _installed() -> dict[str, str]:
    """What the stamp says is installed; empty when there is none or it cannot be read."""
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _base_python() -> str:
    """The interpreter behind `.venv`; when that changes, so do the packages it sees."""
    return str(PYTHON.resolve())


def _is_usable() -> bool:
    """Whether `.venv` has a Python that starts, is new enough and is the one it was made with."""
    if not PYTHON.exists() or _installed().get("python", _base_python()) != _base_python():
        return False
    test = "import sys; raise SystemExit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    return _quietly([str(PYTHON), "-c", test])


def _make_environment() -> None:
    print("Making .venv ...", flush=True)
    try:
        venv.create(VENV, clear=True, with_pip=True)
    except subprocess.CalledProcessError:
        # Debian's Python has no ensurepip without the package python3-venv: its own pip will do.
        venv.create(VENV, clear=True, with_pip=False)


def _pip(files: tuple[str, ...], wheels: Path | None) -> bool:
    """pip checks hashes of its own accord as soon as the requirements name one."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    source = ["--no-index", "--find-links", str(wheels)] if wheels else []
    wanted = [part for name in files for part in ("-r", name)]
    return _call([*_pip_command(), "install", "--no-input", *quiet, *source, *wanted]) == 0


def _pip_command() -> list[str]:
    inside = [str(PYTHON), "-m", "pip"]
    outside = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    return [*(inside if _quietly([*inside, "--version"]) else outside), "--disable-pip-version-check"]


def _download(folder: Path) -> int:
    """Everything that running needs, as wheels for this system and Python: for a machine offline."""
    if not _is_usable():
        _make_environment()
    wanted = [part for name in RUN_FILES for part in ("-r", name)]
    done = _call([*_pip_command(), "download", "--only-binary", ":all:", "--dest", str(folder), *wanted])
    if done == 0:
        print(f"Copy the project and {folder} there, then: python run.py setup --wheels DIR")
    return done


def pin(files: tuple[str, ...]) -> int:
    """Write beneath every pinned version the hashes of all its files, as the package index states them."""
    for name in files:
        path = ROOT / name
        lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("    --hash=")]
        lines = [line.removesuffix(" \\") for line in lines]
        wanted = [line.partition("#")[0].strip() for line in lines if "==" in line.partition("#")[0]]
        uv = [str(PYTHON), "-m", "uv", "pip", "compile", "-", "--universal", "--no-deps", "--generate-hashes"]
        found = subprocess.run(
            [*uv, "--no-header", "--no-annotate", "--quiet"],
            input="\n".join(wanted),
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        if found.returncode:
            return _fail(found.stderr)
        path.write_text("\n".join(_with_hashes(lines, found.stdout)) + "\n", encoding="utf-8", newline="\n")
    return 0


def _with_hashes(lines: list[str], compiled: str) -> list[str]:
    """The lines of a requirements file, each pinned version followed by its hashes."""
    hashes: dict[str, list[str]] = {}
    package = ""
    for line in compiled.splitlines():
        if "==" in line:
            package = line.partition("==")[0].strip().lower()
        elif "--hash=" in line:
            hashes.setdefault(package, []).append("    " + line.strip().removesuffix("\\").strip())
    written = []
    for line in lines:
        own = (
            hashes.get(line.partition("==")[0].strip().lower(), []) if "==" in line.partition("#")[0] else []
        )
        written.append(f"{line} \\" if own else line)
        written += [f"{one} \\" for one in own[:-1]] + own[-1:]
    return written


# Licences

LICENCES = ROOT / "docs" / "licences.md"
# What their packages do not say, or not here: by their projects.
_KNOWN_LICENCES = {"colorama": "BSD-3-Clause", "xstatic-leaflet": "BSD-2-Clause"}
_LICENCES_HEAD = """# Licences of what the program runs with

Written by `python run.py licences` from what the packages say of themselves; a test holds it against
`requirements.txt`. What is not permissive, and why it may be used: `psycopg` (LGPL) talks to a PostgreSQL
store, is installed as its own package and is not changed; `certifi` (MPL) is a list of certificates; the
typeface is under the OFL.

| package | version | licence |
|---|---|---|
"""


def write_licences() -> int:
    """docs/licences.md: every pinned package with its version and licence."""
    inside = (
        VENV / "Lib" / "site-packages" if os.name == "nt" else next(VENV.glob("lib/python*/site-packages"))
    )
    installed = {_same(found.name): found.metadata for found in metadata.distributions(path=[str(inside)])}
    rows = []
    for name, version in pinned(ROOT / RUN_FILES[0]):
        about = installed.get(_same(name))
        licence = _KNOWN_LICENCES.get(_same(name)) or (_licence(about) if about else "")
        if not licence:
            return _fail(f"{name} does not say under which licence it is: add it to _KNOWN_LICENCES.")
        rows.append(f"| {name} | {version} | {licence} |")
    LICENCES.write_text(_LICENCES_HEAD + "\n".join(rows) + "\n", encoding="utf-8", newline="\n")
    return 0


def pinned(path: Path) -> list[tuple[str, str]]:
    """Names and versions that a requirements file pins, in the order of the alphabet."""
    lines = (
        line.partition("#")[0].partition(";")[0].rstrip(" \\")
        for line in path.read_text("utf-8").splitlines()
    )
    pairs = (line.partition("==") for line in lines if "==" in line and not line.startswith(" "))
    named = [(name.partition("[")[0].strip(), version.strip()) for name, _, version in pairs]
    return sorted(named, key=lambda pair: pair[0].lower())


def _same(name: str) -> str:
    """A name as the package index compares it."""
    return name.lower().replace("_", "-").replace(".", "-")


def _licence(about: metadata.PackageMetadata) -> str:
    """The expression, else the words of the field or of the classifiers: whichever is a name, not a text."""
    said = (about.get_all("License-Expression") or about.get_all("License") or [""])[0].strip()
    if said and len(said) <= 60 and "\n" not in said and "opyright" not in said:
        return str(said)
    return ", ".join(
        word.rpartition(" :: ")[2]
        for word in about.get_all("Classifier") or []
        if word.startswith("License ::")
    )


# Starting


def start(options: list[str]) -> int:
    """Install, make the demo city, serve the page and open a browser when there is a screen."""
    if not install(RUN_FILES):
        return 1
    if not _make_ready():
        return _fail("The demo city could not be made; the reason stands above.")
    if not any(option.startswith("--server.a") for option in options):
        # For this machine alone: its user's files may wait for the next day as what was chosen does.
        os.environ.setdefault("SERVICE_CIRCLE_KEPT_MINUTES", str(7 * 24 * 60))
    port = _port(options)
    if _has_screen():
        threading.Thread(target=_open_when_ready, args=(port,), daemon=True).start()
    print(f"The page is at http://localhost:{port} (Ctrl+C ends it)", flush=True)
    fixed = ["--server.port", str(port), "--server.headless", "true"]
    return _call([str(PYTHON), "-m", "streamlit", "run", "app.py", *fixed, *options])


def _make_ready() -> bool:
    """The demo city, its assessment and its maps: made once for each version of the program."""
    return _call([str(PYTHON), "-m", "jobs.cache.prebuild"]) == 0


def _port(options: list[str]) -> int:
    """The port asked for in the options or the environment, otherwise the first free one from 8501."""
    words = [word for option in options for word in option.split("=", 1)]
    if "--server.port" in words[:-1] and (given := words[words.index("--server.port") + 1]).isdecimal():
        return int(given)
    if (given := os.environ.get("STREAMLIT_SERVER_PORT", "")).isdecimal():
        return int(given)
    return next((port for port in range(FIRST_PORT, FIRST_PORT + 100) if _is_free(port)), FIRST_PORT)


def _is_free(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port), timeout=0.5).close()
    except OSError:
        return True
    return False


def _has_screen() -> bool:
    """Whether opening a browser makes sense: not in CI, not on a Linux machine without a display."""
    if os.environ.get("CI"):
        return False
    if sys.platform.startswith(("win", "darwin")):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_when_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while _is_free(port) and time.monotonic() < deadline:
        time.sleep(0.2)
    webbrowser.open(f"http://localhost:{port}")


# Testing


def check(pytest_options: list[str]) -> int:
    """Install, find or install a browser, then style, types and tests; 0 only when all are well."""
    if not install(TEST_FILES):
        return 1
    browser = chromium.find(PYTHON) or chromium.install(PYTHON)
    if browser:
        os.environ["CHROMIUM_PATH"] = browser
        print(f"Browser tests use {browser}", flush=True)
    results = _lint()
    results["tests"] = _step("tests", [str(PYTHON), "-m", "pytest", *pytest_options])
    if not browser:
        print("\nNo browser: the browser tests fail for want of one. Installing Chromium was tried, and")
        print("failed as shown above. Install Chromium, Chrome or Edge, or name one in CHROMIUM_PATH.")
    return _report(results)


def _lint() -> dict[str, bool]:
    ruff = [str(PYTHON), "-m", "ruff"]
    return {
        "style": _step("style", [*ruff, "check", "."]),
        "layout": _step("layout", [*ruff, "format", "--check", "."]),
        "types": _step("types", [str(PYTHON), "-m", "mypy"]),
    }


def _workers(options: list[str]) -> list[str]:
    """Two to four tests at a time for the whole suite; one at a time for a chosen part of it."""
    count = min(os.cpu_count() or 1, 4)
    # In the order of `conftest.py`: the longest files first, which need not have the most tests.
    in_order = ["--dist", "loadfile", "--no-loadscope-reorder"]
    return [] if options or count < 2 else ["-n", str(count), *in_order]


# Small things


def _digest(paths: list[Path]) -> str:
    """One hash of the files' contents, the same whatever the line ends."""
    texts = (path.read_bytes().replace(b"\r\n", b"\n") for path in paths)
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _call(command: list[str]) -> int:
    try:
        return subprocess.call(command, cwd=ROOT)
    except OSError as error:
        return _fail(f"{command[0]} does not start: {error}")


def _quietly(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _step(name: str, command: list[str]) -> bool:
    print(f"\n== {name} ==", flush=True)
    return _call(command) == 0


def _report(results: dict[str, bool]) -> int:
    print("\n" + ", ".join(f"{name}: {'well' if well else 'FAILED'}" for name, well in results.items()))
    return 0 if all(results.values()) else 1


def _fail(message: str) -> int:
    print(message, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    # Without this, ending the starter would leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
