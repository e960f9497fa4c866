"""Following a search on the terminal, and ending it with what it has found."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final

from core.errors import Cancelled
from core.progress import Progress as Tell
from core.text import Text
from locales import Translator

if TYPE_CHECKING:
    from jobs.siting.suggest import SearchMonitor

# Where nobody looks at a bar (a log, a pipe), a line so often is enough.
_LINE_SECONDS: Final = 2.0


@contextmanager
def followed(report: Tell, tr: Translator) -> Iterator[SearchMonitor]:
    """What `suggest_files` needs: steps and search are told; the first Ctrl-C during the search ends it
    with the best plan so far, at any other time (and the second one) it ends the program."""
    from jobs.siting.suggest import monitor_of

    stop = threading.Event()
    line = lines_of(tr)

    def on_search(said: Text) -> None:
        report(0.6, said)
        line(said)

    with _first_ctrl_c(stop):
        yield monitor_of(on_search, stop.is_set, _stopping(report, stop))


def _stopping(report: Tell, stop: threading.Event) -> Tell:
    """Before the search a stop ends everything; once there is a plan the work goes on and writes it."""
    searching = threading.Event()

    def step(share: float, doing: Text) -> None:
        if stop.is_set() and not searching.is_set():
            raise Cancelled
        if share >= _SEARCH_BEGINS:
            searching.set()
        report(share, doing)

    return step


# The share of the work done when the search begins, as `suggest_files` tells it.
_SEARCH_BEGINS: Final = 0.57


@contextmanager
def _first_ctrl_c(stop: threading.Event) -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def lines_of(tr: Translator) -> Callable[[Text], None]:
    """Writes a sentence on stderr, not more often than every two seconds, where no bar can be seen."""
    if sys.stderr.isatty():
        return lambda _said: None
    last = [time.monotonic()]

    def write(said: Text) -> None:
        if time.monotonic() - last[0] >= _LINE_SECONDS:
            last[0] = time.monotonic()
            sys.stderr.write(f"{tr(said)}\n")

    return write
