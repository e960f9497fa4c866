"""A defect of ours is kept: a number for the user, a file with the traceback for whoever mends it.

The file holds where the program was and what kind of error it was. It holds no user data: what an
exception says is left out, since it may quote a cell, but for the kinds whose words are names in our
code. So it can be sent to a developer as it is.
"""

from __future__ import annotations

import contextlib
import platform
import secrets
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

_PROJECT: Final = Path(__file__).parents[1]
FOLDER: Final = _PROJECT / ".cache" / "defects"
# Enough to find what happened last month, too few to fill a disk.
_MOST_FILES: Final = 200
# Their messages name functions, attributes and modules of ours, never a value of the user's.
_OF_THE_CODE: Final = (AttributeError, ImportError, NameError, NotImplementedError, RecursionError)
_LIBRARIES: Final = ("geopandas", "numpy", "pandas", "pyogrio", "scipy", "shapely", "streamlit", "highspy")


@dataclass(frozen=True, slots=True)
class Defect:
    """`number` is six hexadecimal digits; `path` is None where no file could be written."""

    number: str
    path: Path | None


class RecordedDefectError(Exception):
    """A defect of another process, which is written down already; `kind` is the class of the error there."""

    def __init__(self, defect: Defect, kind: str) -> None:
        self.defect, self.kind = defect, kind
        super().__init__(f"{kind} (number {defect.number})")


def record_defect(error: BaseException, *, doing: str, folder: Path | None = None) -> Defect:
    """Write the traceback of `error` under a new number; one that is written down keeps its number.

    `doing` is the verb or the page, in words of ours. Where the folder (`FOLDER` unless another is
    given) cannot be written, the system's folder for temporary files is used; where that fails too (a
    full disk), the number alone is given.
    """
    if isinstance(error, RecordedDefectError):
        return error.defect
    return _recorded(lambda number: _lines(error, number, doing), folder)


def record_frames(kind: str, frames: traceback.StackSummary, *, doing: str) -> Defect:
    """The same for an error of another process, of which there is its kind and where it was."""

    def lines(number: str) -> Iterator[str]:
        yield from _head(number, doing)
        yield f"\n{kind}"
        yield from _frames(frames)

    return _recorded(lines, None)


def _recorded(lines: Callable[[str], Iterator[str]], folder: Path | None) -> Defect:
    number = secrets.token_hex(3).upper()
    report = "\n".join(lines(number)) + "\n"
    for place in (folder or FOLDER, Path(tempfile.gettempdir()) / "service-circle-defects"):
        with contextlib.suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            path = place / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{number}.txt"
            path.write_text(report, encoding="utf-8", errors="backslashreplace")
            for old in sorted(place.glob("*.txt"))[:-_MOST_FILES]:
                old.unlink(missing_ok=True)
            return Defect(number, path)
    return Defect(number, None)


def _lines(error: BaseException, number: str, doing: str) -> Iterator[str]:
    yield from _head(number, doing)
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        said = f": {cause}" if isinstance(cause, _OF_THE_CODE) else ""
        yield f"\n{type(cause).__module__}.{type(cause).__qualname__}{said}"
        yield from _frames(traceback.extract_tb(cause.__traceback__))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _head(number: str, doing: str) -> Iterator[str]:
    yield f"Defect {number}, {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, while: {doing}"
    yield f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield ", ".join(f"{name} {metadata.version(name)}" for name in _LIBRARIES)


def _frames(frames: traceback.StackSummary) -> Iterator[str]:
    for frame in frames:
        yield f"  {_ours(frame.filename)}:{frame.lineno} in {frame.name}: {frame.line}"


def _ours(filename: str) -> str:
    """Without the folders above the project or the packages: they may hold a person's name."""
    path = Path(filename)
    if "site-packages" in path.parts:
        return "/".join(path.parts[path.parts.index("site-packages") + 1 :])
    return path.relative_to(_PROJECT).as_posix() if path.is_relative_to(_PROJECT) else path.name
