"""Readers that misbehave, for `test_guard`: a child finds them by their names."""

from __future__ import annotations

import ctypes
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import geopandas  # noqa: F401 - as every reader has loaded it
import rasterio  # noqa: F401

from core.progress import Progress, silent
from core.text import text
from data.formats.asked import OpenQuestionError
from data.guard import guarded


def idle() -> str:
    return "done"


@guarded
def own_process(_path: Path) -> int:
    return os.getpid()


def works(path: Path, progress: Progress = silent) -> tuple[int, int, int]:
    """The processes of a task and of two readers that it has read a file."""
    progress(0.5, text("counting"))
    return os.getpid(), own_process(path), own_process(path)


def sleeps(seconds: float) -> None:
    time.sleep(seconds)


def takes_memory() -> int:
    return len(bytearray(4 << 30))


def goes_deep() -> None:
    goes_deep()


def computes_for_ever() -> None:
    while True:
        pass


def chats_for_ever(progress: Progress = silent) -> None:
    while True:
        progress(0.0, text("counting"))


def crashes() -> None:
    ctypes.string_at(0)


def is_surprised() -> None:
    raise KeyError("a value of the user's")


def is_surprised_by(_path: Path, _name: str, _limits: object) -> None:
    is_surprised()


def meets_broken_bytes() -> None:
    json.loads("{")


def asks() -> None:
    raise OpenQuestionError(text("no such column"), option="--x", field="x", choices=["a", "b"])


_HELD: list[bytes] = []


def stays_large() -> int:
    """More than a child may be left with: it ends after its answer."""
    _HELD.append(b"x" * (650 << 20))
    return os.getpid()


def gives_early(early: Callable[[object], None], progress: Progress = silent) -> str:
    progress(0.5, text("counting"))
    early("first")
    return "whole"
