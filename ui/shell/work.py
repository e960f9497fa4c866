"""Long work of a page: in a thread of its own, with a bar, and a button that stops it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, TypeVar

import streamlit as st

from core.errors import Cancelled
from core.progress import Progress, stoppable
from core.text import Text, text
from ui.shell.choices import words
from ui.shell.safe import in_markdown

_Result = TypeVar("_Result")

_LOOK_S: Final = 0.1
# Work as short as this is not worth a bar that flickers by.
_QUICK_S: Final = 0.4


@dataclass
class Work:
    """One piece of work under way, ended or stopped; `question` tells whether it still is the one wanted.

    A task that has a first answer before it ends may set `result` then.
    """

    question: object
    stop: threading.Event = field(default_factory=threading.Event)
    share: float = 0.0
    doing: Text = field(default_factory=lambda: text("One moment …"))
    result: Any = None
    error: BaseException | None = None
    thread: threading.Thread | None = None

    def start(self, task: Callable[[Progress], Any]) -> Work:
        """Begin the task; it is told to stop at its next report of progress once `stop` is set."""
        return self.begin(lambda: task(stoppable(self.note, self.stop.is_set)))

    def begin(self, task: Callable[[], Any]) -> Work:
        """Begin a task that looks at `stop` itself and reports to `note`."""
        # In the session's context: whose turn it is depends on who asks.
        self.thread = threading.Thread(target=copy_context().run, args=(self._run, task), daemon=True)
        self.thread.start()
        return self

    @property
    def alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    @property
    def running(self) -> bool:
        return self.alive and not self.stop.is_set()

    def wait(self, seconds: float | None = None) -> None:
        """Until the task has ended, or so long."""
        if self.thread is not None:
            self.thread.join(seconds)

    def note(self, share: float, doing: Text) -> None:
        """How far it is, and with what."""
        self.share, self.doing = min(max(share, 0.0), 1.0), doing

    def _run(self, task: Callable[[], Any]) -> None:
        with self:
            self.result = task()

    def __enter__(self) -> Work:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Carry an error over to the page's thread, which raises it and has the one handler."""
        self.error = error
        return True


def begun(slot: str, question: object, task: Callable[[Progress], Any]) -> Work:
    """The work on `question`, begun once; another question in the same `slot` stops the earlier one."""
    work: Work | None = st.session_state.get(_key(slot))
    if work is None or work.question != question:
        forget(slot)
        work = Work(question).start(task)
        st.session_state[_key(slot)] = work
    return work


def result_of(slot: str, question: object, task: Callable[[Progress], _Result]) -> _Result:
    """What `task` gives for `question`: `begun`, and waited for with a bar and a button to stop it.

    Its errors are raised here. Once stopped, the page ends with a button to begin anew.
    """
    work = begun(slot, question, task)
    wait_for(work, lambda: work.running, button=text("Cancel"), key=f"cancel-{slot}")
    if work.stop.is_set():
        st.info(in_markdown(words()(Cancelled().message)))
        st.button(words()(text("Begin again")), key=f"again-{slot}", on_click=forget, args=(slot,))
        st.stop()
    if work.error is not None:
        forget(slot)  # asked again, it is tried again
        raise work.error
    result: _Result = work.result
    return result


def forget(slot: str) -> None:
    """Stop the work of a slot and drop its result."""
    work = st.session_state.pop(_key(slot), None)
    if work is not None:
        work.stop.set()


def wait_for(work: Work, waiting: Callable[[], bool], *, button: Text, key: str) -> None:
    """As long as `waiting()`: with a bar, and a button that sets `stop`.

    A click elsewhere runs the page anew and waits on.
    """
    until = time.monotonic() + _QUICK_S
    while waiting() and time.monotonic() < until:
        work.wait(_LOOK_S / 2)
    if not waiting():
        return
    place = st.empty()
    with place.container():
        bar = st.progress(work.share, _doing(work))
        st.button(words()(button), key=key, on_click=work.stop.set)
        while waiting():
            work.wait(_LOOK_S)
            bar.progress(work.share, _doing(work))
    place.empty()


def _doing(work: Work) -> str:
    return in_markdown(words()(work.doing))


def _key(slot: str) -> str:
    return f"work-{slot}"
