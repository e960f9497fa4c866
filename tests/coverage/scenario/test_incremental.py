"""Distances that follow a list equal measuring everything anew, to the last bit, whatever list was before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.assessment import Assessment, assess
from coverage.measuring.measure import Distances
from coverage.model.edits import Close, Move, Open
from coverage.model.tables import FacilityTable
from coverage.scenario.apply import edited_facilities
from coverage.scenario.incremental import live
from tests.coverage.test_laws import RULES, SEEDS, random_city
from tests.coverage.tiny_town import CRS, EAST, NORTH, RADIUS_500, WALK_5, place, standard, study

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


def a_city(seed: int) -> Assessment:
    """A random city whose facilities stand on a lattice, so that many are equally near."""
    city = random_city(seed)
    frame = city.facilities.frame.copy()
    frame["x"] = (frame["x"] - EAST).round(-2) + EAST
    frame["y"] = (frame["y"] - NORTH).round(-2) + NORTH
    return assess(replace(city, facilities=FacilityTable(frame, CRS)), standard(*RULES))


def an_edit(data: st.DataObject, now: FacilityTable, number: int) -> Open | Close | Move:
    x, y = EAST + data.draw(TICKS), NORTH + data.draw(TICKS)
    here = sorted(now.frame["facility_id"])
    kind = data.draw(st.sampled_from(["open", "close", "move"] if here else ["open"]))
    if kind == "open":
        tier = data.draw(st.sampled_from(["station", "centre", "hall"]))
        gone = [f"new {i}" for i in range(number) if f"new {i}" not in here]
        return Open(data.draw(st.sampled_from([f"new {number}", *gone])), "new", tier, x, y)
    which = data.draw(st.sampled_from(here))
    return Close(which) if kind == "close" else Move(which, x, y)


@given(SEEDS, st.data())
@QUICK
def test_any_lists_followed_equal_measuring_anew(seed: int, data: st.DataObject) -> None:
    base = a_city(seed)
    engine, lists = live(base), [base.study.facilities]
    for number in range(data.draw(st.integers(1, 6))):
        if data.draw(st.sampled_from([True, True, True, False])):
            lists.append(edited_facilities(lists[-1], an_edit(data, lists[-1], number)))
        else:
            lists.append(data.draw(st.sampled_from(lists)))
        whole = assess(replace(base.study, facilities=lists[-1]), base.standard)
        same(engine.follow(lists[-1]), whole.measured.distances)
    same(engine.follow(lists[0]), base.measured.distances)


def test_a_number_opened_again_after_its_closing_stands_where_the_list_has_it() -> None:
    base = assess(study([("station", 500), ("station", 500), ("centre", 500)]), standard(RADIUS_500, WALK_5))
    engine, facilities = live(base), base.study.facilities
    for edit in (Close("f0"), Open("f0", "again", "station", *place(500))):
        facilities = edited_facilities(facilities, edit)
    assert facilities.frame["facility_id"].tolist() == ["f1", "f2", "f0"]
    whole = assess(replace(base.study, facilities=facilities), base.standard)
    same(engine.follow(facilities), whole.measured.distances)


def test_what_an_engine_answered_stays_when_it_goes_on() -> None:
    base = assess(study([("station", 500), ("centre", 1500)]), standard(RADIUS_500, WALK_5))
    before = base.measured.distances.walk_m["station"].copy()
    engine, facilities = live(base), base.study.facilities
    moved = engine.follow(edited_facilities(facilities, Move("f0", EAST + 100, NORTH)))
    kept = moved.walk_m["station"].copy()
    engine.follow(edited_facilities(facilities, Close("f0")))
    assert np.array_equal(base.measured.distances.walk_m["station"], before)
    assert np.array_equal(moved.walk_m["station"], kept)
    assert base.result("r").cells_met.sum() == 21
