"""Chromium builds of years ago, as npm packages carry them inside: for tests of what office computers have.

Linux on x86-64 with npm and node only; kept in ~/.cache/service-circle-tests (or OLD_CHROMIUM_CACHE).
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

# Major version → npm package that carries a whole build of it under bin/, packed with brotli.
PACKAGES: Final[Mapping[int, str]] = {
    72: "chrome-aws-lambda@1.11.2",
    86: "chrome-aws-lambda@5.3.1",
    92: "chrome-aws-lambda@10.1.0",
    109: "@sparticuz/chromium@109.0.6",
    119: "@sparticuz/chromium@119.0.2",
}
FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
_UNPACK: Final = """
const zlib = require("zlib"), fs = require("fs");
for (const name of fs.readdirSync(".")) {
  if (!name.endsWith(".br")) continue;
  fs.writeFileSync(name.slice(0, -3), zlib.brotliDecompressSync(fs.readFileSync(name)));
  fs.unlinkSync(name);
}
"""
_PATIENCE_S: Final = 300


def old_chromium(version: int) -> Path | str:
    """The program file of that Chromium, fetched the first time; else a sentence why it cannot be had."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return "the old builds of Chromium are for Linux on x86-64"
    home = Path(os.environ.get("OLD_CHROMIUM_CACHE", Path.home() / ".cache" / "service-circle-tests"))
    folder = home / f"build-{version}"
    if not folder.is_dir():
        npm, node = shutil.which("npm"), shutil.which("node")
        if npm is None or node is None:
            return f"npm and node are needed to fetch {PACKAGES[version]}"
        try:
            _fetch(npm, node, PACKAGES[version], folder)
        except (OSError, subprocess.SubprocessError, shutil.ReadError) as error:
            return f"{PACKAGES[version]} cannot be fetched: {error}"
    return next(iter(folder.glob("chromium*")))


def environment(program: Path) -> dict[str, str]:
    """The environment that the program needs to find its libraries and this machine's fonts."""
    libraries = os.pathsep.join([str(program.parent / "lib"), str(program.parent)])
    return {**os.environ, "LD_LIBRARY_PATH": libraries, "FONTCONFIG_PATH": "/etc/fonts"}


def _fetch(npm: str, node: str, package: str, folder: Path) -> None:
    """The contents of the package's bin/, unpacked; put in its place when it is whole."""
    scratch = folder.with_name(f"{folder.name}.{os.getpid()}")
    scratch.mkdir(parents=True)
    try:
        _call([npm, "pack", package, "--silent"], scratch)
        (packed,) = scratch.glob("*.tgz")
        shutil.unpack_archive(packed, scratch, "gztar", filter="data")
        binaries = scratch / "package" / "bin"
        _call([node, "-e", _UNPACK], binaries)
        for archive in binaries.glob("*.tar"):
            shutil.unpack_archive(archive, binaries, "tar", filter="data")
            archive.unlink()
        for program in binaries.glob("chromium*"):
            program.chmod(0o755)
        binaries.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _call(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_PATIENCE_S)
