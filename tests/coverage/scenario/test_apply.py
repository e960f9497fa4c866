"""Edits on the tiny town; two assessments compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from core.errors import InputError, SettingError
from coverage.assessment import assess
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
from coverage.scenario.apply import apply
from coverage.scenario.comparison import compare
from coverage.scenario.incremental import assess_scenario
from data.parse_standard import parse_standard
from geo.network.build import build_from_lines
from tests.coverage.tiny_town import CRS, EAST, NORTH, RADIUS_500, WALK_5, grid, place, standard, study

TWO = [("station", 500), ("station", 1500)]
BOTH = standard(RADIUS_500, WALK_5)


def scenario(*edits: Edit) -> Scenario:
    return Scenario("try", CRS, edits)


def compared(*edits: Edit, rows=TWO):
    base = assess(study(rows), BOTH)
    return compare(base, assess_scenario(base, scenario(*edits)))


def test_a_study_is_not_changed_by_a_scenario() -> None:
    town = study(TWO)
    after = apply(scenario(Close("f0"), Grow("", 2.0), Open("n", "new", "centre", *place(0))), town, BOTH)
    assert town.facilities.frame["facility_id"].tolist() == ["f0", "f1"]
    assert after.study.facilities.frame["facility_id"].tolist() == ["f1", "n"]
    assert (town.grid.total, after.study.grid.total) == (2100.0, 4200.0)


def test_a_closing_takes_from_those_who_lose_and_makes_others_walk_farther() -> None:
    # Without the station at 500, x = 0 … 900 (ten cells) lose; 1000 stays within 500 m of 1500.
    change = compared(Close("f0")).rules["r"]
    assert (change.gained, change.lost, change.grown) == (0.0, 1000.0, 0.0)
    assert change.residents_met == (2100.0, 1100.0)
    # x = 0 … 900 now walk to 1500; their way grows by 1000 m up to x = 500, then by less.
    assert change.worse_off == 1000.0
    assert change.worse_m == pytest.approx((6 * 1000 + 800 + 600 + 400 + 200) / 10)
    assert change.cells is not None and change.cells.tolist() == [-1] * 10 + [0] * 11


def test_units_gain_and_lose_what_their_cells_do() -> None:
    table = compared(Close("f0")).rules["w"].by_unit
    assert table is not None
    lost = dict(zip(table["unit_row"], table["lost"], strict=True))
    assert (lost[2], lost[3], lost[0]) == (1000.0, 0.0, 1000.0)


def test_growth_counts_apart_from_gains() -> None:
    # The western community (x = 0 … 900) doubles; everybody is served before and after.
    change = compared(Grow("W", 2.0)).rules["r"]
    assert (change.gained, change.lost, change.grown) == (0.0, 0.0, 1000.0)


def test_gains_losses_and_growth_explain_the_difference() -> None:
    change = compared(Close("f0"), Open("n", "new", "station", *place(100)), Grow("E", 1.5)).rules["r"]
    before, after = change.residents_met
    assert after - before == pytest.approx(change.gained - change.lost + change.grown)


def test_another_figure_or_speed_changes_the_rule_not_the_distances() -> None:
    base = assess(study(TWO), BOTH)
    nearer = assess_scenario(base, scenario(SetFigure("r", 300.0)))
    assert nearer.result("r").residents_met == 1400.0
    assert nearer.standard.sha256 != base.standard.sha256
    change = compare(base, nearer).rules["r"]
    assert (change.was.figure, change.rule.figure) == (500.0, 300.0)
    # At 3 km/h five minutes are 250 m: 500 ± 200 and 1500 ± 200, five cells each.
    assert assess_scenario(base, scenario(SetSpeed(3.0))).result("w").residents_met == 1000.0
    assert nearer.measured.distances.walk_m["station"].tolist() == pytest.approx(
        base.measured.distances.walk_m["station"].tolist()
    )


def test_another_standard_is_compared_where_rules_share_an_id() -> None:
    other = (
        RADIUS_500.replace("500", "200")
        + '\n[[rule]]\nid = "new"\ncheck = "walk"\ntier = "station"\nfigure_min = 3'
    )
    toml = f'id = "other"\n[[rule]]\n{other}\n'
    found = compared(UseStandard(parse_standard(toml, source="other")))
    assert list(found.rules) == ["r"]
    assert (found.only_before, found.only_after) == (("w",), ("new",))


def test_a_bridge_brings_the_other_bank_within_reach() -> None:
    # Two parallel streets 200 m apart join only at x = 2000; a station stands at x = 0 on the south one.
    lines = [[(0, 0), (2000, 0)], [(0, 200), (2000, 200)], [(2000, 0), (2000, 200)]]
    streets = build_from_lines(
        [shapely.LineString([place(*p) for p in line]) for line in lines], [0] * 3, crs=CRS
    )
    north = replace(grid(), xy=grid().xy + np.array([0.0, 200.0]))
    town = replace(study([("station", 0)]), network=streets, grid=north)
    base = assess(town, BOTH)
    assert base.result("w").residents_met == 0.0
    after = assess_scenario(base, scenario(AddStreet((place(0, 10), place(0, 190)))))
    # 200 m over the bridge leave 300 m: x = 0 … 300.
    assert after.result("w").residents_met == 400.0
    change = compare(base, after).rules["w"]
    assert (change.gained, change.worse_off) == (400.0, 0.0)
    assert change.added_m is not None and change.added_m.max() <= 0.0


def test_a_barrier_takes_who_lives_beyond_it_out_of_reach_and_a_bridge_over_it_brings_them_back() -> None:
    base = assess(study(TWO), BOTH)
    wall = AddBarrier((place(550, -100), place(550, 100)))
    walled = assess_scenario(base, scenario(wall))
    assert walled.result("r").residents_met == base.result("r").residents_met
    change = compare(base, walled).rules["w"]
    assert (change.gained, change.lost > 0) == (0.0, True)
    bridge = AddStreet((place(540), place(560)))
    assert assess_scenario(base, scenario(wall, bridge)).result("w").residents_met == pytest.approx(
        base.result("w").residents_met
    )


def test_the_incremental_assessment_equals_assessing_the_edited_study() -> None:
    base = assess(study(TWO), BOTH)
    edits = scenario(Move("f0", *place(900)), Open("n", "new", "hall", *place(0), 20.0), Grow("W", 1.1))
    variant = apply(edits, base.study, base.standard)
    one, other = assess_scenario(base, edits), assess(variant.study, variant.standard)
    for left, right in zip(one.results, other.results, strict=True):
        assert left.residents_met == right.residents_met
        assert np.array_equal(left.cells_met, right.cells_met)
    assert np.array_equal(one.facility_loads, other.facility_loads)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Close("x"), "no facility"),
        (Open("f0", "again", "station", *place(0)), "taken"),
        (Grow("nowhere", 2.0), "no unit"),
        (Grow("", -1.0), "multiplied"),
        (SetFigure("nothing", 1.0), "no rule"),
        (SetFigure("r", -5.0), "possible figure"),
        (SetFigure("r", band=(1.0, 2.0)), "possible figure"),
        (SetSpeed(0.0), "walking speed"),
        (AddStreet((place(0, 900), place(0, 0))), "nearest street"),
        (AddBarrier((place(0, 0), place(0, 0))), "two different places"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(edit: Edit, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        apply(scenario(edit), study(TWO), BOTH)


def test_a_scenario_of_another_area_is_refused() -> None:
    with pytest.raises(SettingError, match="another area"):
        apply(Scenario("x", "EPSG:32722"), study(TWO), BOTH)


def test_assessments_of_different_cells_are_not_compared() -> None:
    one = assess(study(TWO), BOTH)
    moved = replace(one.study, grid=replace(one.study.grid, xy=one.study.grid.xy + 1.0))
    with pytest.raises(InputError, match="same population cells"):
        compare(one, assess(moved, BOTH))


def test_places_stay_metres_east_and_north() -> None:
    assert place(0) == (EAST, NORTH)
