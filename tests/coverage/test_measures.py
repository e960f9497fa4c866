"""The further tables of an assessment, on the tiny town."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from coverage.assessment import Assessment, assess
from coverage.model.edits import Close, Grow, Open, Scenario
from coverage.publish.asked import band_tables, parts_table, supply_table, timeline_table
from coverage.publish.change_tables import (
    GAINED,
    KEPT,
    LOST,
    NEITHER,
    change_classes,
    change_table,
    change_units_table,
    comparison_document,
)
from coverage.publish.measures import cell_measures, measures_of, shortfall_table
from coverage.scenario.comparison import compare
from coverage.scenario.incremental import Trail, assess_scenario
from coverage.scenario.timeline import timeline
from coverage.uncertainty import Doubts, certainty
from tests.coverage.tiny_town import CRS, RADIUS_500, WALK_5, place, standard, study

BEDS = (
    'id = "b"\ncheck = "ratio"\ntier = "any"\nserves = ["station"]\ngroup = "elderly"\nfigure_per_1000 = 40'
)
LOAD = 'id = "l"\ncheck = "load"\ntier = "station"\nserves = ["station"]\nfigure_residents = [300, 1000]'


def town(facilities: list[tuple[str, float]], *rules: str, **columns: Any) -> Assessment:
    return assess(study(facilities, **columns), standard(*rules))


def test_the_assessment_table_says_figure_actual_and_what_is_lacking() -> None:
    done = town([("station", 500)], RADIUS_500, LOAD)
    rows = shortfall_table(done.results).set_index("rule")
    assert list(rows.loc["r", ["figure", "lacking", "lacking_of", "residents_missed"]]) == [
        "500", 1000.0, "residents", 1000.0,
    ]  # fmt: skip
    # 2,100 residents at one station for at most 1,000: the finding concerns them all.
    assert list(rows.loc["l", ["figure", "lacking", "lacking_of", "residents_missed"]]) == [
        "300-1000", 1.0, "facilities", 2100.0,
    ]  # fmt: skip


def test_the_lorenz_curve_runs_from_nobody_to_everybody_below_the_diagonal() -> None:
    curve = measures_of(town([("station", 0)], WALK_5))["lorenz"]
    assert curve["share_people"].tolist()[:1] + curve["share_people"].tolist()[-1:] == [0.0, 1.0]
    assert curve["share_metres"].iloc[-1] == pytest.approx(1.0)
    assert (curve["share_metres"] <= curve["share_people"] + 1e-12).all()


def test_every_level_has_its_league() -> None:
    league = measures_of(town([("station", 500)], RADIUS_500))["league"]
    assert league.groupby("level")["residents_missed"].sum().to_dict() == {
        "community": 1000.0, "district": 1000.0, "street": 1000.0,
    }  # fmt: skip
    assert league[league["level"] == "community"]["name"].tolist() == ["西苑社区", "东庄村"]


def test_kinds_of_service_are_the_tiers_where_lists_name_none_and_the_seven_where_they_do() -> None:
    plain = measures_of(town([("station", 500)], RADIUS_500))["completeness"]
    assert [c for c in plain.columns if c.startswith("has_")] == ["has_station", "has_centre"]
    named = measures_of(town([("station", 500)], RADIUS_500, services=["居家养老"]))["completeness"]
    assert named.set_index("unit_id")["has_elderly"].to_dict() == {"W": 1, "E": 0}


def test_cells_are_told_their_detour() -> None:
    columns = cell_measures(town([("station", 500)], RADIUS_500))
    assert not columns["cut_off_r"].any()
    assert np.allclose(columns["detour_r"], 1.0)


def test_bands_name_units_that_flip() -> None:
    done = town([("station", 500)], WALK_5)
    found = certainty(done.results, done.measured, doubts=Doubts(position_m=0, redistribution=0))
    tables = band_tables(found, done)
    assert tables["bands"]["rule"].tolist() == ["w"]
    assert tables["bands"][["meets", "nearly", "not"]].sum(axis=1).tolist() == [1.0]
    assert set(tables["bands_units"]["name"]) >= {"西苑社区"}


def test_reachable_supply_of_the_units_sums_to_the_city() -> None:
    table = supply_table(town([("station", 500)], BEDS, places=[11]))
    plain = table[table["method"] == "2sfca"]
    city = plain[plain["unit_id"] == ""].iloc[0]
    communities = plain[plain["level"] == "community"]
    assert city["people"] == communities["people"].sum() == 420.0
    assert city["people_met"] == communities["people_met"].sum()


def test_years_carry_what_is_planned() -> None:
    opened = study([("station", 0), ("station", 2000)], opened=["2019", "2020"], status=["open", "planned"])
    table = timeline_table(timeline(opened, standard(WALK_5)))
    assert table[["year", "facilities", "planned"]].to_numpy().tolist() == [[2019, 1, 0], [2020, 1, 1]]


def test_a_gap_too_large_for_one_facility_is_split_until_nobody_is_left() -> None:
    table = parts_table(town([("clinic", 0)], RADIUS_500))
    assert table["part"].tolist() == list(range(1, len(table) + 1))
    assert table["residents"].sum() == 2100.0
    assert table["remaining"].iloc[-1] == 0.0


def moved() -> tuple[Assessment, Assessment]:
    """The station at 500 goes, one at 1500 comes."""
    before = town([("station", 500)], RADIUS_500)
    edits = (Close("f0"), Open("new", "new", "station", *place(1500)))
    return before, assess_scenario(before, Scenario("x", CRS, edits))


def test_what_becomes_of_every_cell() -> None:
    found = compare(*moved())
    classes = change_classes(found, "r")
    assert classes is not None
    # Served before: 0 … 1000, after: 1000 … 2000.
    assert classes.tolist() == [LOST] * 10 + [KEPT] + [GAINED] * 10
    assert NEITHER not in classes


def test_gained_and_lost_by_rule_and_by_unit() -> None:
    found = compare(*moved())
    row = change_table(found).iloc[0]
    assert (row["gained"], row["lost"], row["residents_met_after"]) == (1000.0, 1000.0, 1100.0)
    units = change_units_table(found).set_index("unit_id")
    assert list(units.loc["W", ["gained", "lost"]]) == [0.0, 1000.0]
    assert list(units.loc["D", ["gained", "lost"]]) == [1000.0, 1000.0]


def test_a_comparison_as_json_has_only_plain_values() -> None:
    document = comparison_document(compare(*moved()), ("now", "moved"))
    assert (document["before"], document["after"]) == ("now", "moved")
    assert {type(value) for row in document["rules"] for value in row.values()} <= {
        str, float, int, type(None),
    }  # fmt: skip


def test_judging_alone_gives_the_same_results_as_the_whole_assessment() -> None:
    before = town([("station", 500)], RADIUS_500, WALK_5)
    scenario = Scenario("x", CRS, (Open("new", "new", "station", *place(1500)), Grow("E", 2.0)))
    whole, alone = assess_scenario(before, scenario), Trail(before).judge(scenario)
    for one, other in zip(whole.results, alone.results, strict=True):
        assert (one.share, one.residents_met, one.verdict) == (
            other.share,
            other.residents_met,
            other.verdict,
        )
        pd.testing.assert_frame_equal(one.by_unit, other.by_unit)
