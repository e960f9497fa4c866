"""Progress that is told in parts, and work that is stopped."""

from __future__ import annotations

import threading

import pytest

from core.errors import Cancelled, UserError
from core.progress import part, reporting, silent, stoppable
from core.text import text

DOING = text("Reading")


def test_a_part_fills_its_stretch_of_the_whole() -> None:
    told: list[float] = []
    step = part(part(lambda share, _: told.append(share), 0.0, 0.5), 0.2, 0.6)
    step(0.0, DOING)
    step(1.0, DOING)
    assert told == pytest.approx([0.1, 0.3])


def test_work_stops_at_the_first_report_after_it_was_asked_to() -> None:
    asked, told = threading.Event(), list[float]()
    report = stoppable(lambda share, _: told.append(share), asked.is_set)
    report(0.1, DOING)
    asked.set()
    with pytest.raises(Cancelled, match="Stopped"):
        report(0.2, DOING)
    assert told == [0.1]
    assert issubclass(Cancelled, UserError)


def test_telling_goes_through_all_things_and_never_beyond_the_whole() -> None:
    told: list[float] = []
    assert list(reporting("abc", lambda share, _: told.append(share), DOING, count=2)) == ["a", "b", "c"]
    assert told == [0.0, 0.5, 1.0]
    assert list(reporting("", silent, DOING, count=0)) == []
