"""How long work reports its progress, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from core.errors import Cancelled
from core.text import Text

# Called with the share done, 0..1, and what is being done now. It may raise Cancelled to stop the work.
Progress = Callable[[float, Text], None]

_Thing = TypeVar("_Thing")


def silent(_share: float, _doing: Text) -> None:
    """Ignores progress."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """The progress of one step of a longer work, as the stretch from `start` to `end` of it."""

    def report(share: float, doing: Text) -> None:
        progress(start + (end - start) * share, doing)

    return report


def stoppable(progress: Progress, asked: Callable[[], bool]) -> Progress:
    """`progress`, but Cancelled is raised at the first report after `asked` says yes.

    `asked` may be a `threading.Event().is_set` that a button in another thread sets.
    """

    def report(share: float, doing: Text) -> None:
        if asked():
            raise Cancelled
        progress(share, doing)

    return report


def reporting(things: Iterable[_Thing], progress: Progress, doing: Text, *, count: int) -> Iterator[_Thing]:
    """`things` one by one, reporting before each how far in `count` of them the work is."""
    for number, thing in enumerate(things):
        progress(min(number / max(count, 1), 1.0), doing)
        yield thing
