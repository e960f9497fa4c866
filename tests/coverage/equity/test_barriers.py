"""Radius against walking, and the crossings that barriers lack, on two banks of a river."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from coverage.assessment import Assessment, assess
from coverage.equity.barriers import Limits, worst_barriers
from coverage.equity.detours import detour_ratio, detours, weighted_median
from coverage.model.edits import AddStreet, Scenario
from coverage.publish.measures import elderly_reading, read_walks
from coverage.scenario.incremental import assess_scenario
from geo.network.build import build_from_lines
from tests.coverage.tiny_town import CRS, RADIUS_500, WALK_5, grid, place, standard, study


def two_banks(station_x: float = 0.0) -> Assessment:
    """Streets along both banks, 200 m apart, joined only at x = 2000; a station on the south one.

    The 21 cells of 100 residents stand along the north bank, so each walks 2000 - x + 200 + 2000 - station.
    """
    lines = [[(0, 0), (2000, 0)], [(0, 200), (2000, 200)], [(2000, 0), (2000, 200)]]
    streets = build_from_lines(
        [shapely.LineString([place(*p) for p in line]) for line in lines], [0] * 3, crs=CRS
    )
    north = replace(grid(), xy=grid().xy + np.array([0.0, 200.0]))
    town = replace(study([("station", station_x)]), network=streets, grid=north)
    return assess(town, standard(RADIUS_500, WALK_5))


def test_half_the_circle_is_across_the_river() -> None:
    # 500 m around (0, 0) hold x = 0 … 400 of the north bank (447 m at most): five; none can walk 500 m.
    (found,) = detours(two_banks().measured)
    assert (found.walk_rule, found.walk_m) == ("w", 500.0)
    assert (found.residents_in_radius, found.residents_cut_off, found.share) == (500.0, 500.0, 1.0)
    # x = 0 is 200 m away straight and 4,200 m on foot.
    assert found.detour[0] == pytest.approx(21.0)


def test_units_and_facilities_count_their_own_cut_off() -> None:
    (found,) = detours(two_banks(900.0).measured)
    # Around x = 900: 500 … 1300 (nine cells), of which 500 … 900 lie in the western community.
    by_unit = found.by_unit.set_index("unit_row")
    assert by_unit.loc[2, ["in_radius", "cut_off"]].tolist() == [500.0, 500.0]
    assert by_unit.loc[3, ["in_radius", "cut_off"]].tolist() == [400.0, 400.0]
    assert found.by_facility[["facility_row", "in_radius", "cut_off"]].values.tolist() == [[0, 900.0, 900.0]]


def test_on_one_street_nobody_is_cut_off() -> None:
    (found,) = detours(assess(study([("station", 500)]), standard(RADIUS_500, WALK_5)).measured)
    assert (found.residents_cut_off, found.median_detour) == (0.0, 1.0)


def test_without_a_walk_rule_the_radius_itself_is_walked() -> None:
    town = two_banks()
    alone = assess(town.study, standard(RADIUS_500))
    (found,) = detours(alone.measured)
    assert (found.walk_rule, found.walk_m, found.residents_cut_off) == ("", 500.0, 500.0)


def test_the_detour_of_nothing_is_one_and_of_the_unreachable_infinite() -> None:
    found = detour_ratio(np.array([0.0, 0.0, 100.0, np.inf]), np.array([0.0, 5.0, np.inf, np.inf]))
    assert found.tolist() == [1.0, np.inf, np.inf, np.inf]


def test_the_weighted_median_is_where_half_of_the_weight_is_reached() -> None:
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 5.0])) == 2.0
    assert np.isnan(weighted_median(np.array([1.0]), np.array([0.0])))


def test_a_bridge_near_the_station_is_found_and_what_it_brings_is_exact() -> None:
    town = two_banks()
    best = worst_barriers(town.standard.rule("w"), town.measured)[0]
    # Of the places 250 m around each other the one with most people around it: x = 200.
    assert best.start == pytest.approx(place(200, 0)) and best.end == pytest.approx(place(200, 200))
    assert (best.length_m, best.walk_m) == pytest.approx((200.0, 3800.0))
    # 200 m to the bridge and 200 m over it leave 100: x = 100, 200, 300.
    assert best.residents == 300.0
    # East of the bridge x is 200 + x away instead of 4200 - x; west of it 600 - x instead.
    saved_m = 2 * 3600 + sum(2 * (2000 - x) for x in range(200, 2001, 100))
    assert best.saved_km == pytest.approx(100 * saved_m / 1000)


def test_what_a_crossing_brings_is_what_building_it_brings() -> None:
    town = two_banks(700.0)
    best = worst_barriers(town.standard.rule("w"), town.measured)[0]
    built = assess_scenario(town, Scenario("", CRS, (AddStreet((best.start, best.end)),)))
    assert best.residents == built.result("w").residents_met - town.result("w").residents_met
    before, after = (a.measured.distances.walk_m["station"] for a in (town, built))
    assert best.saved_km == pytest.approx(100 * (before - after).sum() / 1000)


def test_a_barrier_is_listed_once() -> None:
    town = two_banks()
    assert len(worst_barriers(town.standard.rule("w"), town.measured)) == 1


def test_a_crossing_that_is_too_long_or_too_little_of_a_detour_is_none() -> None:
    town = two_banks()
    rule = town.standard.rule("w")
    assert worst_barriers(rule, town.measured, limits=Limits(longest_m=150.0)) == ()
    assert worst_barriers(rule, town.measured, limits=Limits(detour=22.0)) == ()


def test_where_everything_is_joined_there_is_no_barrier() -> None:
    town = assess(study([("station", 500)]), standard(RADIUS_500, WALK_5))
    assert worst_barriers(town.standard.rule("w"), town.measured) == ()


def test_without_facilities_there_is_no_barrier() -> None:
    town = assess(study([("clinic", 500)]), standard(WALK_5))
    assert worst_barriers(town.standard.rule("w"), town.measured) == ()


def test_elderly_walk_the_same_metres_slower() -> None:
    # Five minutes at 3 km/h are 250 m: x = 300 … 700 around 500, five cells of 20 elderly.
    town = assess(study([("station", 500)]), standard(RADIUS_500, WALK_5))
    (reading,) = elderly_reading(town.measured)
    assert (reading.limit_m, reading.group) == (250.0, "elderly")
    assert (reading.result.residents, reading.result.residents_met) == (420.0, 100.0)


def test_all_residents_can_be_read_at_another_speed() -> None:
    town = assess(study([("station", 500)]), standard(RADIUS_500, WALK_5))
    (reading,) = read_walks(town.measured, speed_kmh=3.0)
    assert reading.result.residents_met == 500.0
    (same,) = read_walks(town.measured, speed_kmh=6.0)
    assert same.result.residents_met == town.result("w").residents_met


def test_without_a_count_of_elderly_all_residents_are_read() -> None:
    town = study([("station", 500)])
    town = replace(town, grid=replace(town.grid, groups={}))
    (reading,) = elderly_reading(assess(town, standard(WALK_5)).measured)
    assert (reading.group, reading.result.residents_met) == ("", 500.0)


def test_the_river_of_the_demo_city_is_its_worst_barrier(demo_folder: Path) -> None:
    from data.demo.terrain import ORIGIN_M, RIVER
    from data.standards import open_standard
    from jobs.study.inputs import StudyFiles, open_inputs

    names = ("facilities.xlsx", "population.parquet", "streets.gpkg", "units.gpkg")
    lists, *others = (demo_folder / name for name in names)
    inputs = open_inputs(StudyFiles((lists,), *others, standard="nanjing-2011"))
    town = assess(inputs.study, open_standard("nanjing-2011"))
    best = worst_barriers(town.standard.rule("centre-walk-15"), town.measured)[0]
    bank = shapely.LineString(np.array([best.start, best.end]) - np.array(ORIGIN_M))
    water = _river(demo_folder / "streets.gpkg", RIVER)
    assert shapely.intersects(water, shapely.LineString([best.start, best.end])), bank
    assert best.detour > 10 and best.saved_km > 10_000


def _river(path: Path, name: str) -> shapely.Geometry:
    import geopandas as gpd

    layer = gpd.read_file(path, layer="water").to_crs("EPSG:4549")
    return shapely.union_all(layer.geometry[layer["name"] == name].to_numpy())
