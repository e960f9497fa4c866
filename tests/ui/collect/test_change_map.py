"""A move is drawn as an arrow: its way, and two strokes at its end."""

from __future__ import annotations

from math import cos, dist, radians

import pytest

from ui.collect.change_map import arrow

START, END = (118.95, 32.07), (118.96, 32.08)


def metres(place: tuple[float, float]) -> tuple[float, float]:
    return place[0] * cos(radians(END[1])) * 111_320.0, place[1] * 111_320.0


def test_the_head_lies_at_the_end_and_points_there() -> None:
    way, *strokes = arrow(START, END)
    assert way == (START, END)
    for start, end in strokes:
        assert start == END
        assert dist(metres(start), metres(end)) == pytest.approx(60 * 1.25**0.5, rel=1e-3)
        assert dist(metres(end), metres(START)) < dist(metres(END), metres(START))
    left, right = (dist(metres(stroke[1]), metres(START)) for stroke in strokes)
    assert left == pytest.approx(right, rel=1e-6)


def test_a_short_way_has_a_small_head_and_no_way_none() -> None:
    near = (START[0], START[1] + 10 / 111_320)
    _, stroke, _ = arrow(START, near)
    assert dist(metres(stroke[0]), metres(stroke[1])) == pytest.approx(2.5 * 1.25**0.5, rel=1e-3)
    assert arrow(START, START) == []
