"""Edits one by one equal measuring everything anew, to the last bit; taking them back is exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SettingError
from coverage.assessment import Assessment, assess
from coverage.measuring.measure import Distances
from coverage.model.edits import Close, Move, Open, Scenario
from coverage.model.tables import FacilityTable
from coverage.scenario.apply import apply
from coverage.scenario.incremental import Live, live
from tests.coverage.test_laws import RULES, SEEDS, random_city
from tests.coverage.tiny_town import CRS, EAST, NORTH, RADIUS_500, WALK_5, standard, study

QUICK = settings(max_examples=40, derandomize=True, deadline=None)
# Places on crossings and halfway along streets make many facilities equally near.
TICKS = st.sampled_from([0.0, 125.0, 250.0, 500.0, 700.0, 1500.0])


def same(one: Distances, other: Distances) -> None:
    for name in ("straight_m", "walk_m", "straight_row", "walk_row"):
        left, right = getattr(one, name), getattr(other, name)
        assert list(left) == list(right)
        for tier in left:
            assert np.array_equal(left[tier], right[tier]), (name, tier)
    for tier in one.nodes:
        for mine, theirs in zip(one.nodes[tier], other.nodes[tier], strict=True):
            assert np.array_equal(mine, theirs), tier
    for name in ("edge", "offset_m", "snap_m", "xy"):
        assert np.array_equal(getattr(one.facilities, name), getattr(other.facilities, name))


def anew(base: Assessment, engine: Live) -> Assessment:
    variant = apply(Scenario("", base.study.grid.crs, engine.edits), base.study, base.standard)
    return assess(variant.study, variant.standard)


def a_city(seed: int) -> Assessment:
    """A random city whose facilities stand on a lattice, so that many are equally near."""
    city = random_city(seed)
    frame = city.facilities.frame.copy()
    frame["x"] = (frame["x"] - EAST).round(-2) + EAST
    frame["y"] = (frame["y"] - NORTH).round(-2) + NORTH
    return assess(replace(city, facilities=FacilityTable(frame, CRS)), standard(*RULES))


def an_edit(data: st.DataObject, engine: Live, number: int) -> Open | Close | Move:
    x, y = EAST + data.draw(TICKS), NORTH + data.draw(TICKS)
    kind = data.draw(st.sampled_from(["open", "close", "move"] if engine.ids else ["open"]))
    if kind == "open":
        tier = data.draw(st.sampled_from(["station", "centre", "hall"]))
        return Open(f"new {number}", "new", tier, x, y)
    which = data.draw(st.sampled_from(sorted(engine.ids)))
    return Close(which) if kind == "close" else Move(which, x, y)


def now(base: Assessment, engine: Live) -> Distances:
    variant = apply(Scenario("", base.study.grid.crs, engine.edits), base.study, base.standard)
    return engine.distances_to(variant.study.facilities)


@given(SEEDS, st.data())
@QUICK
def test_any_edits_done_and_undone_equal_measuring_anew(seed: int, data: st.DataObject) -> None:
    base = a_city(seed)
    engine = live(base)
    for number in range(data.draw(st.integers(1, 6))):
        if data.draw(st.sampled_from([True, True, True, False])):
            engine.do(an_edit(data, engine, number))
        else:
            engine.undo()
        same(now(base, engine), anew(base, engine).measured.distances)
    while engine.done:
        engine.undo()
    same(now(base, engine), base.measured.distances)


def test_undoing_nothing_is_no_error() -> None:
    base = assess(study([("station", 500)]), standard(RADIUS_500, WALK_5))
    engine = live(base)
    engine.undo()
    assert engine.edits == ()
    same(now(base, engine), base.measured.distances)


def test_a_closed_facility_cannot_be_moved_and_a_number_not_used_twice() -> None:
    engine = live(assess(study([("station", 500)]), standard(RADIUS_500)))
    with pytest.raises(SettingError, match="taken"):
        engine.do(Open("f0", "again", "station", EAST, NORTH))
    engine.do(Close("f0"))
    with pytest.raises(SettingError, match="no facility"):
        engine.do(Move("f0", EAST, NORTH))


def test_the_base_stays_as_it_is() -> None:
    base = assess(study([("station", 500), ("centre", 1500)]), standard(RADIUS_500, WALK_5))
    before = base.measured.distances.walk_m["station"].copy()
    engine = live(base)
    engine.do(Move("f0", EAST + 100, NORTH))
    engine.do(Close("f1"))
    assert np.array_equal(base.measured.distances.walk_m["station"], before)
    assert base.result("r").cells_met.sum() == 21
