"""Distances that follow a list equal measuring everything anew, to the last bit, whatever list was before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SettingError
from coverage.assessment import Assessment, assess
from coverage.measuring.measure import Distances
from coverage.model.edits import (
    AddBarrier,
    AddStreet,
    Close,
    Edit,
    Grow,
    Move,
    Open,
    Scenario,
    SetFigure,
    SetSpeed,
    UseStandard,
)
from coverage.model.results import RuleResult
from coverage.model.tables import Bools, FacilityTable
from coverage.publish.change_tables import change_classes, change_table, change_units_table
from coverage.scenario.apply import apply, edited_facilities
from coverage.scenario.comparison import compare
from coverage.scenario.incremental import Trail, live
from data.parse_standard import parse_standard
from tests.coverage.test_laws import RULES, SEEDS, random_city
from tests.coverage.tiny_town import CRS, EAST, NORTH, RADIUS_500, WALK_5, place, standard, study

QUICK = settings(max_examples=40, derandomize=True, deadline=None)
# Places on crossings and halfway along streets make many facilities equally near.
TICKS = st.sampled_from([0.0, 125.0, 250.0, 500.0, 700.0, 1500.0])
LOAD = (
    'id = "l"\ncheck = "load"\ntier = "station"\nserves = ["station", "centre"]\n'
    "figure_residents = [10, 900]\n"
)
WITH_LOAD = (RADIUS_500, WALK_5, LOAD)
OTHER = f'id = "other"\n[walking]\nsnap_limit_m = 300\n[[rule]]\n{RADIUS_500}\n[[rule]]\n{LOAD}\n'
FREE: tuple[Edit, ...] = (
    SetFigure("r", 400.0),
    SetSpeed(4.0),
    Grow("", 1.5),
    UseStandard(parse_standard(OTHER, source="other")),
    AddStreet(((EAST + 10.0, NORTH + 20.0), (EAST + 610.0, NORTH + 900.0))),
    AddBarrier(((EAST + 300.0, NORTH - 50.0), (EAST + 300.0, NORTH + 1600.0))),
)


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
        assert np.array_equal(getattr(one.entrances, name), getattr(other.entrances, name))


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


def asked_of(*edits: Edit) -> Scenario:
    return Scenario("", CRS, edits)


def anew(base: Assessment, edits: tuple[Edit, ...]) -> Assessment:
    variant = apply(asked_of(*edits), base.study, base.standard)
    return assess(variant.study, variant.standard)


def as_the_page_shows(base: Assessment, after: Assessment) -> list[object]:
    """Tables of rules and units, and the classes of the difference map, as plain values."""
    found = compare(base, after)
    classes = [change_classes(found, rule) for rule in found.rules]
    return [
        *(table(found).to_csv() for table in (change_table, change_units_table)),
        *(None if one is None else one.tolist() for one in classes),
    ]


def cells_of(result: RuleResult) -> list[Bools]:
    return [cells for cells in (result.cells_met, result.cells_subject) if cells is not None]


def require_equal(base: Assessment, mine: Assessment, whole: Assessment) -> None:
    same(mine.measured.distances, whole.measured.distances)
    for left, right in zip(mine.results, whole.results, strict=True):
        assert (left.rule, left.verdict, left.share, left.residents_met) == (
            right.rule,
            right.verdict,
            right.share,
            right.residents_met,
        )
        for mine_of, theirs in zip(cells_of(left), cells_of(right), strict=True):
            assert np.array_equal(mine_of, theirs)
    assert as_the_page_shows(base, mine) == as_the_page_shows(base, whole)


def next_edit(data: st.DataObject, edits: tuple[Edit, ...], number: int) -> Edit:
    x, y = EAST + data.draw(TICKS), NORTH + data.draw(TICKS)
    kind = data.draw(st.sampled_from(["open", "open", "move", "close", "free"]))
    gone = {edit.facility_id for edit in edits if isinstance(edit, Close)}
    here = sorted({"0", *(e.facility_id for e in edits if isinstance(e, Open))} - gone)
    if kind == "free":
        return FREE[data.draw(st.integers(0, len(FREE) - 1))]
    if kind == "open" or not here:
        return Open(f"n{number}", "new", data.draw(st.sampled_from(["station", "centre", "hall"])), x, y)
    which = data.draw(st.sampled_from(here))
    return Close(which) if kind == "close" else Move(which, x, y)


@given(SEEDS, st.data())
@settings(max_examples=25, derandomize=True, deadline=None)
def test_every_list_asked_in_any_order_equals_assessing_it_anew(seed: int, data: st.DataObject) -> None:
    base = assess(a_city(seed).study, standard(*WITH_LOAD))
    trail, edits = Trail(base), tuple[Edit, ...]()
    asked = [edits]
    for number in range(data.draw(st.integers(2, 6))):
        step = data.draw(st.sampled_from(["do", "do", "do", "undo", "jump"]))
        if step == "do":
            edits = (*edits, next_edit(data, edits, number))
        else:
            edits = edits[:-1] if step == "undo" else data.draw(st.sampled_from(asked))
        asked.append(edits)
        require_equal(base, trail.judge(asked_of(*edits)), anew(base, edits))


def test_facilities_after_a_new_street_are_followed_on_the_new_streets() -> None:
    base = assess(study([("station", 500)]), standard(RADIUS_500, WALK_5))
    bridge = AddStreet((place(0, 10), place(700, 190), place(2000, 10)))
    trail = Trail(base)
    edits: tuple[Edit, ...] = (bridge,)
    for edit in (Open("n", "new", "centre", *place(700, 150)), Close("f0"), Move("n", *place(900))):
        edits = (*edits, edit)
        require_equal(base, trail.judge(asked_of(*edits)), anew(base, edits))
    require_equal(base, trail.judge(asked_of(*edits[:2])), anew(base, edits[:2]))
    require_equal(base, trail.judge(asked_of(*edits[1:2])), anew(base, edits[1:2]))


@pytest.mark.parametrize(
    "wrong",
    [Close("nowhere"), Open("f0", "again", "station", *place(0)), SetSpeed(-1.0), Grow("nowhere", 2.0)],
)
def test_a_refused_edit_leaves_the_trail_as_it_was(wrong: Edit) -> None:
    base = assess(study([("station", 500), ("station", 1500)]), standard(RADIUS_500, WALK_5))
    trail, first = Trail(base), Move("f1", *place(1200))
    trail.judge(asked_of(first))
    with pytest.raises(SettingError):
        trail.judge(asked_of(first, wrong))
    require_equal(base, trail.judge(asked_of(first)), anew(base, (first,)))
    require_equal(base, trail.judge(asked_of(first, Close("f0"))), anew(base, (first, Close("f0"))))


def test_an_answer_does_not_change_when_the_trail_goes_on() -> None:
    base = assess(study([("station", 500)]), standard(RADIUS_500, WALK_5))
    trail = Trail(base)
    one = trail.judge(asked_of(Move("f0", *place(900))))
    before = one.measured.distances.walk_m["station"].copy()
    trail.judge(asked_of(Move("f0", *place(100))))
    assert np.array_equal(one.measured.distances.walk_m["station"], before)


def test_another_area_is_refused_even_without_a_new_edit() -> None:
    trail = Trail(assess(study([("station", 500)]), standard(RADIUS_500)))
    trail.judge(asked_of(SetSpeed(4.0)))
    with pytest.raises(SettingError, match="another area"):
        trail.judge(Scenario("", "EPSG:32722", (SetSpeed(4.0),)))
