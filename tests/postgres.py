"""A PostgreSQL of the tests' own, where one is installed; it listens on a socket in its folder only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = tuple(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))


def binaries() -> Path | None:
    """The folder of initdb and postgres, if there is one."""
    on_path = shutil.which("initdb")
    candidates = [*PLACES, *([Path(on_path).parent] if on_path else [])]
    return next((place for place in candidates if (place / "initdb").exists()), None)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of an empty database, as long as the block lasts. `folder` must be short: its path is
    a socket's."""
    place = binaries()
    if place is None:
        raise RuntimeError("PostgreSQL is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    user = pwd.getpwuid(os.getuid()).pw_name
    other: dict[str, object] = {}
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        user = "postgres"
        owner = pwd.getpwnam(user)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        other = {"user": owner.pw_uid, "group": owner.pw_gid}
    cluster, quiet = folder / "cluster", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        [place / "initdb", "-D", cluster, "-A", "trust", "-E", "UTF8"], check=True, **quiet, **other
    )
    control = [place / "pg_ctl", "-D", cluster, "-w", "-o", f"-k {folder} -c listen_addresses=''"]
    subprocess.run([*control, "-l", folder / "log", "start"], check=True, **quiet, **other)
    try:
        yield f"postgresql://{user}@/postgres?host={folder}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, **quiet, **other)
