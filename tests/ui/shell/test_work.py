"""Long work of a page: waited for, stopped, begun anew."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core.errors import Cancelled, InputError
from core.progress import Progress
from core.text import text
from ui.shell.work import Work

DOING = text("Reading")


def ended(work: Work) -> Work:
    assert work.thread
    work.thread.join(10)
    return work


def until(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_work_tells_how_far_it_is_and_keeps_its_result() -> None:
    def task(report: Progress) -> str:
        report(0.5, DOING)
        return "done"

    work = ended(Work("q").start(task))
    assert (work.result, work.share, work.doing, work.error) == ("done", 0.5, DOING, None)


def test_an_error_is_carried_over_to_whoever_waits() -> None:
    def task(_: Progress) -> None:
        raise InputError("Wrong.")

    assert isinstance(ended(Work("q").start(task)).error, InputError)


def test_stopped_work_ends_at_its_next_report_and_counts_as_ended_at_once() -> None:
    begun, told = threading.Event(), list[float]()

    def task(report: Progress) -> None:
        while True:
            report(0.1, DOING)
            told.append(0.1)
            begun.set()
            time.sleep(0.01)

    work = Work("q").start(task)
    assert begun.wait(10)
    assert work.running
    work.stop.set()
    assert not work.running
    assert isinstance(ended(work).error, Cancelled)
    count = len(told)
    time.sleep(0.05)
    assert len(told) == count


def test_a_first_answer_is_there_before_the_task_ends() -> None:
    go_on = threading.Event()
    work = Work("q")

    def task() -> str:
        work.result = "first"
        assert go_on.wait(10)
        return "whole"

    work.begin(task)
    until(lambda: work.result == "first")
    assert work.alive
    go_on.set()
    assert ended(work).result == "whole"


def page() -> None:
    """A page whose work takes longer than a blink."""
    import time

    import streamlit as st

    from core.text import text
    from ui.shell.work import result_of

    def task(report: object) -> str:
        for share in (0.2, 0.4, 0.6):
            report(share, text("Reading"))  # type: ignore[operator]
            time.sleep(0.3)
        return "the result"

    st.write(result_of("slot", "question", task))


def test_the_page_waits_and_shows_the_result_without_the_bar() -> None:
    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    assert [line.value for line in app.markdown] == ["the result"]
    assert not app.button


def test_a_stopped_page_says_so_and_begins_again_when_asked() -> None:
    app = AppTest.from_function(page, default_timeout=30)
    stopped = Work("question")
    stopped.stop.set()
    app.session_state["work-slot"] = stopped
    app.run()
    assert not app.exception
    assert len(app.info) == 1
    assert not app.markdown
    app.button(key="again-slot").click().run()
    assert [line.value for line in app.markdown] == ["the result"]


def test_another_question_stops_the_work_on_the_earlier_one() -> None:
    app = AppTest.from_function(page, default_timeout=30)
    earlier = Work("an earlier question")
    app.session_state["work-slot"] = earlier
    app.run()
    assert earlier.stop.is_set()
    assert [line.value for line in app.markdown] == ["the result"]
