"""Every kind of check on the tiny town."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from coverage.assessment import Assessment, assess
from coverage.model.standard import Verdict
from coverage.model.study import Study
from data.standards import open_standard
from geo.network.build import build_from_lines
from tests.coverage.tiny_town import CRS, RADIUS_500, WALK_5, place, standard, study


def assessed(rules: str, rows: list[tuple[str, float]], **columns: list[object]) -> Assessment:
    return assess(study(rows, **columns), standard(rules))


def test_the_boundary_counts_as_covered() -> None:
    result = assessed(RADIUS_500, [("station", 500)]).result("r")
    # x = 0 and x = 1000 lie exactly 500 m away: 11 cells.
    assert result.residents_met == 1100.0
    assert result.share == pytest.approx(1100 / 2100)


def test_a_metre_less_does_not_reach_the_boundary() -> None:
    result = assessed(RADIUS_500.replace("500", "499"), [("station", 500)]).result("r")
    assert result.residents_met == 900.0


def test_tolerance_widens_the_figure() -> None:
    result = assessed(RADIUS_500 + "\ntolerance = 0.2", [("station", 500)]).result("r")
    assert result.residents_met == 1200.0


def test_walking_minutes_are_metres_at_the_standards_speed() -> None:
    result = assessed(WALK_5, [("station", 1000)]).result("w")
    assert result.residents_met == 1100.0


def test_a_centre_serves_where_the_rule_accepts_it() -> None:
    assert assessed(RADIUS_500, [("centre", 500)]).result("r").residents_met == 1100.0
    alone = RADIUS_500.replace('["station", "centre"]', '["station"]')
    assert assessed(alone, [("centre", 500)]).result("r").residents_met == 0.0


def test_urban_rules_speak_of_urban_residents_only() -> None:
    result = assessed(RADIUS_500 + '\nsettlement = "urban"', [("station", 500)]).result("r")
    assert (result.residents, result.residents_met, result.verdict) == (1000.0, 1000.0, Verdict.MEETS)


def test_without_units_everybody_is_judged_by_the_urban_rules_and_it_is_said() -> None:
    done = assess(
        study([("station", 500)], with_units=False), standard(RADIUS_500 + '\nsettlement = "urban"')
    )
    assert done.result("r").residents == 2100.0
    assert any("urban rules" in note.template for note in done.notes)


def test_no_facility_means_nobody_is_served_not_an_error() -> None:
    result = assessed(RADIUS_500, [("clinic", 0)]).result("r")
    assert (result.residents_met, result.verdict) == (0.0, Verdict.NOT)


@pytest.mark.parametrize(("x", "verdict"), [(1000, Verdict.MEETS), (900, Verdict.NEARLY), (0, Verdict.NOT)])
def test_verdicts_follow_the_shares(x: float, verdict: Verdict) -> None:
    wide = RADIUS_500.replace("500", "1000")
    assert assessed(wide, [("station", x)]).result("r").verdict is verdict


def test_units_of_every_level_sum_to_the_city() -> None:
    table = assessed(RADIUS_500, [("station", 500)]).result("r").by_unit
    sums = table.groupby("level")[["residents", "residents_met"]].sum()
    assert (sums["residents"] == 2100.0).all()
    assert (sums["residents_met"] == 1100.0).all()


LOAD = """id = "l"
check = "load"
tier = "station"
serves = ["station", "centre"]
settlement = "rural"
figure_residents = [300, 500]"""


def test_rural_residents_load_the_nearest_station_and_both_ends_of_the_band_are_within() -> None:
    # Rural cells: x = 1000 … 2000 (11). Nearest: 1000–1400 to 1200 (5 cells), 1500–2000 to 1700 (6).
    load = assessed(LOAD, [("station", 1200), ("station", 1690)]).result("l").load
    assert load is not None
    assert load.residents.tolist() == [500.0, 600.0]
    assert (load.within, load.under, load.over) == (1, 0, 1)


def test_an_urban_station_is_not_judged_by_the_rural_band() -> None:
    result = assessed(LOAD, [("station", 500), ("station", 1500)]).result("l")
    assert result.load is not None
    assert result.load.rows == (1,)


def test_residents_whose_nearest_is_a_centre_are_served_there_and_not_without() -> None:
    load = assessed(LOAD, [("station", 1190), ("centre", 1700)]).result("l").load
    assert load is not None
    assert (load.residents.tolist(), load.residents_without) == ([500.0], 0.0)


def test_nobody_to_walk_to_is_counted_as_without() -> None:
    done = assess(study([("clinic", 0)]), standard(LOAD))
    result = done.result("l")
    assert result.load is not None
    assert (result.load.residents_without, result.verdict) == (1100.0, None)
    assert result.reason is not None


PRESENCE = 'id = "p"\ncheck = "presence"\ntier = "station"\nserves = ["station"]\nunit = "community"'


def test_presence_counts_units_that_have_one() -> None:
    result = assessed(PRESENCE, [("station", 500), ("station", 600)]).result("p")
    assert (result.units, result.units_met, result.residents_missed) == (2, 1, 1100.0)


def test_a_facility_stands_for_the_unit_it_declares() -> None:
    result = assessed(PRESENCE, [("station", 900)], community=["东庄村村委会"]).result("p")
    assert result.units_met == 1
    assert result.by_unit.set_index("unit_row").loc[3, "units_met"] == 1


def test_presence_without_units_is_not_judged_and_says_why() -> None:
    result = assess(study([("station", 0)], with_units=False), standard(PRESENCE)).result("p")
    assert result.verdict is None
    assert result.reason is not None


FULL = 'id = "g"\ncheck = "units"\ntier = "any"\nunit = "community"\nfigure_share = 1.0\nwithin = ["r"]'


def test_one_resident_outside_leaves_the_community_unmet() -> None:
    done = assess(study([("station", 500)]), standard(RADIUS_500, FULL))
    result = done.result("g")
    # W (x = 0 … 900) is wholly within 500 m of x = 500; E is not.
    assert (result.units, result.units_met, result.residents_missed) == (2, 1, 1000.0)


def test_a_share_of_units_may_be_enough() -> None:
    half = FULL.replace("figure_share = 1.0", "figure_share = 0.5")
    done = assess(study([("station", 500)]), standard(RADIUS_500, half))
    assert done.result("g").verdict is Verdict.MEETS


BEDS = """id = "b"
check = "ratio"
tier = "any"
serves = ["station", "centre"]
group = "elderly"
figure_per_1000 = 40"""


@pytest.mark.parametrize(("beds", "verdict"), [(17, Verdict.MEETS), (16, Verdict.NEARLY), (15, Verdict.NOT)])
def test_beds_per_1000_elderly(beds: float, verdict: Verdict) -> None:
    # 21 cells with 20 elderly each: 420, so 40 per 1,000 are 16.8 beds.
    result = assessed(BEDS, [("station", 0)], places=[beds]).result("b")
    assert result.actual == pytest.approx(beds / 0.42)
    assert result.verdict is verdict


def test_beds_nobody_states_are_not_zero_beds() -> None:
    result = assessed(BEDS, [("station", 0)]).result("b")
    assert result.verdict is None
    assert result.reason is not None


def test_a_facility_off_every_street_serves_nobody_on_foot_and_is_reported() -> None:
    table = study([("station", 500)])
    table.facilities.frame.loc[0, "y"] += 700.0
    done = assess(table, standard(WALK_5))
    assert done.result("w").residents_met == 0.0
    assert any("Facilities farther" in note.template for note in done.notes)


def test_the_same_study_gives_the_same_figures() -> None:
    first, second = (assessed(RADIUS_500, [("station", 500)]) for _ in range(2))
    assert np.array_equal(first.facility_loads, second.facility_loads)
    assert first.gaps[0].residents == second.gaps[0].residents


def test_residents_whose_streets_lead_to_no_facility_are_counted_in_a_note() -> None:
    lines = [[place(0), place(1200)], [place(1300), place(2000)]]
    streets = build_from_lines([shapely.LineString(line) for line in lines], [0, 0], crs=CRS)
    here = study([("station", 500)])
    done = assess(Study("Tiny", here.grid, here.facilities, streets, here.units), standard(WALK_5))
    (note,) = (note for note in done.notes if "no facility can be reached" in note.template)
    assert (note.values["cells"], note.values["residents"]) == (8, 800.0)
    assert not [note for note in assessed(WALK_5, [("station", 500)]).notes if "reached" in note.template]


def test_without_units_the_reason_is_that_there_are_none() -> None:
    """No ground is known to be rural: that is why, and not that the list has nothing there."""
    whole = study([("station", 500)])
    bare = replace(whole, units=None)
    results = {one.rule.id: one for one in assess(bare, open_standard("nanjing-2011")).results}
    assert str(results["street-has-centre"].reason).startswith("No units were given")
    assert str(results["rural-station-load"].reason).startswith("Nothing says which ground is urban")
