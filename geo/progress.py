"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

from geo.text import Text

# Called with the share done, 0..1, and what is being done now. It may raise to cancel.
Progress = Callable[[float, Text], None]


def silent(_share: float, _doing: Text) -> None:
    """Progress nobody listens to."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """The progress of one step of a longer work, as the stretch from `start` to `end` of it."""

    def tell(share: float, doing: Text) -> None:
        progress(start + (end - start) * share, doing)

    return tell
