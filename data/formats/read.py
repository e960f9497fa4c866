"""Files → raw sheets, parsed in a child process with limits on memory and time."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import IO, Final

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import Text, text
from data.files import sha256_of
from data.formats.limits import Limits
from data.formats.parse import SHAPEFILE_PARTS, TOO_LARGE
from data.formats.raw import RawFile, from_json

_PROJECT: Final = Path(__file__).parents[2]
# How often somebody who waits may say that the work is to stop.
_LOOK_S: Final = 0.2
# One thread each: numerical libraries reserve address space for every thread they may start.
_ENVIRONMENT: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}
_TOO_LONG: Final = text(
    "The file takes longer to read than a list may; it was given up. Save it anew as .xlsx."
)
_CRASHED: Final = text(
    "The file made its reader fail: it is damaged or harmful. Save the list anew as .xlsx."
)


def read_files(
    paths: Sequence[Path], limits: Limits | None = None, *, progress: Progress = silent
) -> tuple[RawFile, ...]:
    """One RawFile a path, in their order; a file that cannot be used carries its problem.

    One child process parses all files of a call; when a file ends it, another goes on with the
    next. `progress` is told while a file is being parsed, too: if it raises, the child is ended.
    InputError if a path does not exist or is a folder.
    """
    limits = limits or Limits()
    files = [Path(path) for path in paths]
    digests = [_digest(path) for path in files]
    done: list[RawFile] = []
    while len(done) < len(files):
        rest = files[len(done) :]
        report = part(progress, len(done) / len(files), 1.0)
        parsed, problem = _parse_in_child(rest, limits, report)
        done.extend(parsed)
        if len(done) < len(files):
            done.append(RawFile(files[len(done)].name, "", "", problem=problem))
    named = [replace(file, sha256=digest) for file, digest in zip(done, digests, strict=True)]
    return tuple(_part_of_another(file, path, files) for file, path in zip(named, files, strict=True))


def _part_of_another(file: RawFile, path: Path, files: Sequence[Path]) -> RawFile:
    """The .dbf and the other parts of a shapefile among the files are read with their .shp."""
    if path.suffix.lower() not in SHAPEFILE_PARTS:
        return file
    shape = next((p for p in files if p.suffix.lower() == ".shp" and p.stem == path.stem), None)
    if shape is not None:
        return replace(
            file, problem=None, notes=(text("The file was read together with {shape}.", shape=shape.name),)
        )
    if path.suffix.lower() == ".cpg" or file.problem is None:
        return file
    return file.refused(text("The file is one part of a shapefile. Send all its parts, best as one .zip."))


def _digest(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise InputError("The file {file} cannot be opened. Does it exist?", file=path.name) from error


def _parse_in_child(files: Sequence[Path], limits: Limits, progress: Progress) -> tuple[list[RawFile], Text]:
    """The files parsed before the child ended, and why it ended if not all were."""
    request = {"files": [[str(path.resolve()), path.name] for path in files], "limits": asdict(limits)}
    with subprocess.Popen(
        [sys.executable, "-m", "data.formats.child"],
        cwd=_PROJECT,
        env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": str(_PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            if child.stdin is None:
                raise RuntimeError("the child process has no pipe to it")
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
            lines: queue.Queue[bytes] = queue.Queue()
            if child.stdout is None:
                raise RuntimeError("the child process has no pipe from it")
            threading.Thread(target=_pump, args=(child.stdout, lines), daemon=True).start()
            parsed: list[RawFile] = []
            for number, file in enumerate(files):
                report = partial(progress, number / len(files), text("Reading {file}", file=file.name))
                line = _next_line(lines, limits.seconds, report)
                if line is None:
                    return parsed, _TOO_LONG
                if not line.endswith(b"\n"):
                    # The system's own limit on memory ends a process by SIGKILL, an allocator by SIGABRT.
                    killed = child.wait() in (-6, -9, 137, 134)
                    return parsed, TOO_LARGE if killed else _CRASHED
                parsed.append(from_json(json.loads(line)))
            return parsed, _CRASHED
        finally:
            child.kill()


def _next_line(lines: queue.Queue[bytes], seconds: float, report: Callable[[], None]) -> bytes | None:
    """The next line, or None if it does not come in time; `tell` is called while waiting."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        report()
        with suppress(queue.Empty):
            return lines.get(timeout=min(_LOOK_S, seconds))
    return None


def _pump(pipe: IO[bytes], lines: queue.Queue[bytes]) -> None:
    """Lines as they come; an empty one at the end."""
    for line in pipe:
        lines.put(line)
    lines.put(b"")
