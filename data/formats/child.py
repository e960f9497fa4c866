"""The child process that parses: whatever a file does to it, the program itself goes on.

Reads one line of JSON (paths, names, limits) from standard input and answers one line of JSON a file,
in order. Run as `python -m data.formats.child`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from core.text import text
from data.formats.limits import Limits
from data.formats.parse import SHAPEFILE_PARTS, parse
from data.formats.raw import RawFile, to_json


def main() -> None:
    request = json.loads(sys.stdin.buffer.readline())
    limits = Limits(**request["limits"])
    _limit_memory(limits.memory_bytes)
    for path, name in request["files"]:
        answer = json.dumps(to_json(_parsed(Path(path), name, limits)), ensure_ascii=True)
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


def _parsed(path: Path, name: str, limits: Limits) -> RawFile:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= limits.file_bytes else b""
    except OSError:
        return RawFile(name, "", "", problem=text("The file cannot be opened."))
    if size > limits.file_bytes:
        most = limits.file_bytes >> 20
        return RawFile(
            name, "", "", problem=text("The file is larger than {most} MB; split the list.", most=most)
        )
    return parse(name, content, limits, beside=_parts_beside(path))


def _parts_beside(path: Path) -> dict[str, bytes]:
    """The other parts of a bare shapefile: files of its name next to it."""
    if path.suffix.lower() != ".shp":
        return {}
    stem = path.stem.lower()
    return {
        side.suffix.lower(): side.read_bytes()
        for side in path.parent.iterdir()
        if side.stem.lower() == stem and side.suffix.lower() in SHAPEFILE_PARTS
    }


def _limit_memory(most_bytes: int) -> None:
    """Where the system has such limits (not on Windows, where the checks before parsing must do)."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
