"""What closing one facility alone loses, against judging the city without it."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.assessment import Assessment, assess
from coverage.checks import check_rule
from coverage.model.edits import Close, Scenario
from coverage.model.results import RuleResult
from coverage.model.standard import Check
from coverage.model.tables import UnitTable
from coverage.scenario.closings import closing_losses
from coverage.scenario.incremental import assess_scenario
from tests.coverage.test_laws import random_city
from tests.coverage.tiny_town import CRS, EAST, NORTH, RADIUS_500, WALK_5, standard, study

PRESENCE = 'id = "p"\ncheck = "presence"\ntier = "station"\nserves = ["station"]\nunit = "community"'
FULL = 'id = "g"\ncheck = "units"\ntier = "any"\nunit = "community"\nfigure_share = 1.0\nwithin = ["r"]'
LOAD = 'id = "l"\ncheck = "load"\ntier = "station"\nserves = ["station"]\nfigure_residents = [300, 1100]'
BEDS = (
    'id = "b"\ncheck = "ratio"\ntier = "any"\nserves = ["station"]\ngroup = "elderly"\nfigure_per_1000 = 40'
)


def halves() -> UnitTable:
    """The random city's ground as two communities of one street."""
    rows = [("W", "community", "urban", "S", 0, 750), ("E", "community", "urban", "S", 750, 1500)]
    rows.append(("S", "street", "", "", 0, 1500))
    frame = pd.DataFrame(
        {
            "unit_id": [row[0] for row in rows],
            "name": [row[0] for row in rows],
            "level": [row[1] for row in rows],
            "settlement": [row[2] for row in rows],
            "parent_id": [row[3] for row in rows],
        }
    )
    boxes = [shapely.box(EAST + west, NORTH, EAST + east, NORTH + 1500) for *_, west, east in rows]
    return UnitTable(gpd.GeoDataFrame(frame, geometry=boxes, crs=CRS))


def without(done: Assessment, row: int) -> Assessment:
    number = str(done.study.facilities.frame["facility_id"].iloc[row])
    return assess_scenario(done, Scenario("", done.study.grid.crs, (Close(number),)))


def worse(before: RuleResult, after: RuleResult) -> bool:
    if before.load is not None and after.load is not None:
        less = (after.share or 0.0) < (before.share or 0.0) - 1e-12
        return less or after.load.residents_without > before.load.residents_without + 0.5
    if before.rule.check in (Check.PRESENCE, Check.RATIO):
        return (after.units_met or 0) < (before.units_met or 0)
    return after.residents_met < before.residents_met - 1e-6


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_rule_that_gets_worse_by_a_closing_is_named(seed: int) -> None:
    done = assess(
        replace(random_city(seed), units=halves()), standard(RADIUS_500, WALK_5, PRESENCE, FULL, LOAD)
    )
    rows = range(len(done.study.facilities))
    for row, losses in closing_losses(done, list(rows)).items():
        after = without(done, row)
        wanted = {r.rule.id for r in done.results if r.verdict and worse(r, after.result(r.rule.id))}
        named = {loss.rule_id for loss in losses}
        # Loads are tried where no other rule keeps the facility.
        assert named == (wanted if named <= {"l"} else wanted - {"l"})
        for loss in losses:
            before, then = done.result(loss.rule_id), after.result(loss.rule_id)
            if before.rule.check in (Check.RADIUS, Check.WALK, Check.UNITS):
                assert round(loss.residents - (before.residents_met - then.residents_met), 6) == 0
            if before.units is not None:
                assert loss.units == (before.units_met or 0) - (then.units_met or 0)


def test_a_station_doubled_within_the_radius_may_be_the_only_one_of_its_community() -> None:
    # The station at 1000 stands in the eastern community; all it reaches is reached from 900 or 1100 too.
    done = assess(
        study([("station", 900), ("centre", 1000), ("station", 1000)]), standard(RADIUS_500, PRESENCE)
    )
    assert [loss.rule_id for loss in closing_losses(done, [2])[2]] == ["p"]


def test_beds_that_a_unit_needs_keep_their_facility() -> None:
    # 420 elderly residents need 16.8 beds.
    done = assess(study([("station", 0), ("station", 0)], places=[10, 10]), standard(BEDS))
    assert [(loss.rule_id, loss.units) for loss in closing_losses(done, [0])[0]] == [("b", 1)]
    assert check_rule(done.standard.rules[0], without(done, 0).measured).units_met == 0
