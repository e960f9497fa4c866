"""By what a share divides: squares and circles in closed form, laws, and the five kinds side by side."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from coverage.assessment import assess
from coverage.equity.denominators import denominators
from coverage.equity.reached_ground import circles, pieces_of
from coverage.model.tables import Compounds, Grounds, UnitTable
from geo.isochrone.street_buffer import drawn_half_m
from tests.coverage.tiny_town import EAST, NORTH, RADIUS_500, WALK_5, standard, study


def side(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def rows(table: pd.DataFrame, denominator: str, level: str = "city") -> pd.DataFrame:
    return table[(table["denominator"] == denominator) & (table["level"] == level)]


def test_a_circle_has_its_own_area_and_the_pieces_lose_none() -> None:
    drawn = circles(shapely.points([[0.0, 0.0], [7_000.0, 0.0]]), 3_000.0)
    assert shapely.area(drawn) == pytest.approx(math.pi * 3_000.0**2, rel=1e-12)
    pieces = pieces_of(np.array([shapely.union_all(drawn)]))
    assert len(pieces.shape) > 2
    assert shapely.area(pieces.shape).sum() == pytest.approx(2 * math.pi * 3_000.0**2, rel=1e-9)


@given(st.integers(0, 10_000))
def test_what_lies_in_the_pieces_equals_an_exact_overlay(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reached = shapely.union_all(circles(shapely.points(rng.uniform(0, 9_000, (6, 2))), 900.0))
    corner, size = rng.uniform(0, 8_000, (4, 2)), rng.uniform(50, 2_500, (4, 2))
    boxes = np.array([shapely.box(*low, *(low + wide)) for low, wide in zip(corner, size, strict=True)])
    found = pieces_of(np.array([reached])).area_in(boxes)
    assert found == pytest.approx(shapely.area(shapely.intersection(boxes, reached)), rel=1e-9, abs=1e-6)


def test_every_denominator_has_its_own_share_and_residents_have_the_rules() -> None:
    town = replace(
        study([("station", 500.0)]),
        grounds=Grounds(
            np.array([side(-5_000, -5_000, 10_000, 10_000)]),
            Compounds(np.array([side(0, 0, 10, 10), shapely.Point(EAST + 90_000, NORTH)]), ("a", "b")),
        ),
    )
    found = assess(town, standard(RADIUS_500, WALK_5))
    table = denominators(found.measured, found.results)
    for result in found.results:
        (own,) = rows(table[table["rule"] == result.rule.id], "residents").to_dict("records")
        assert own["share"] == pytest.approx(result.share)
        assert (own["covered"], own["total"]) == pytest.approx((result.residents_met, result.residents))


def test_districts_and_streets_are_not_called_communities() -> None:
    town = study([("station", 500.0)])
    assert town.units is not None
    frame = town.units.frame
    town = replace(town, units=UnitTable(frame[frame["level"] != "community"]))
    by_communities = RADIUS_500 + '\ndenominator = "communities"'
    found = assess(town, standard(RADIUS_500, by_communities.replace('"r"', '"by-communities"')))
    table = denominators(found.measured, found.results)
    assert "communities" not in set(table["denominator"]) and "area" in set(table["denominator"])
    judged = found.results[1]
    assert judged.verdict is None and "communities" in str(judged.reason)


@pytest.mark.parametrize("denominator", ["compounds", "communities"])
def test_a_wider_basis_never_covers_fewer(denominator: str) -> None:
    town = replace(
        study([("station", 500.0)]),
        grounds=Grounds(compounds=Compounds(np.array([side(0, 0, 900, 900)]), ("a",))),
    )
    found = assess(town, standard(RADIUS_500))
    table = rows(denominators(found.measured, found.results), denominator)
    met = table.set_index("basis")["covered"]
    order = ["wholly", "at least 80 % of its area", "at least 50 % of its area", "touched"]
    assert list(met[order]) == sorted(met[order])


LAND = Grounds(residential=np.array([side(0, 0, 900, 900)]))
ELSEWHERE = Grounds(residential=np.array([side(50_000, 0, 900, 900)]))


@pytest.mark.parametrize(
    ("grounds", "with_units", "said"),
    [
        (Grounds(), True, "--residential"),
        (LAND, False, "--units"),
        (ELSEWHERE, True, "nothing of what it divides by"),
    ],
)
def test_a_rule_without_what_it_divides_by_is_not_judged_and_says_why(
    grounds: Grounds, with_units: bool, said: str
) -> None:
    rule = RADIUS_500 + '\ndenominator = "residential_land"'
    town = replace(study([("station", 500.0)], with_units=with_units), grounds=grounds)
    (result,) = assess(town, standard(rule)).results
    assert result.verdict is None
    assert said in str(result.reason)


def test_what_lies_wholly_within_is_whole_whatever_rounding_leaves() -> None:
    """Ground cut into pieces adds up to a hair less than itself: that is no part left uncovered."""
    rng = np.random.default_rng(3)
    for _ in range(5):
        turned = shapely.affinity.rotate(side(250, -150, 500, 300), float(rng.uniform(0, 90)))
        land = Grounds(residential=shapely.get_parts(shapely.GeometryCollection([turned])))
        town = replace(study([("station", 500.0)]), grounds=land)
        rule = RADIUS_500 + '\ndenominator = "residential_land"'
        (result,) = assess(town, standard(rule)).results
        assert (result.share, result.verdict) == (1.0, "meets")
        assert result.covered == result.total


def test_the_share_of_the_ground_is_a_circle_cut_by_the_border() -> None:
    """The circle around x = 500 reaches 50 m over the border of W at x = 950."""
    found = assess(study([("station", 500.0)]), standard(RADIUS_500))
    area = denominators(found.measured, found.results).query("denominator == 'area'").set_index("unit_id")
    beyond = 500.0**2 * math.acos(0.9) - 450.0 * math.sqrt(500.0**2 - 450.0**2)
    assert area.loc["E", "covered"] == pytest.approx(beyond, rel=2e-3)
    assert area.loc["W", "covered"] == pytest.approx(math.pi * 500.0**2 - beyond, rel=1e-3)
    assert area.loc["W", "total"] == pytest.approx(1_050.0 * 1_000.0)
    assert area.loc["", "covered"] == pytest.approx(math.pi * 500.0**2, rel=1e-3)


def test_a_polygon_is_reached_on_foot_the_same_written_as_a_multipolygon() -> None:
    """GeoPackages and shapefiles hold every outline as a multipolygon."""
    tables = []
    for written in (lambda shape: shape, lambda shape: shapely.MultiPolygon([shape])):
        town = study([("station", 500.0)])
        frame = town.units.frame
        frame = frame.assign(geometry=[written(shape) for shape in frame.geometry])
        land = np.array([written(side(850, -50, 300, 100))])
        grounds = Grounds(land, Compounds(land, ("a",)))
        found = assess(
            replace(town, units=replace(town.units, frame=frame), grounds=grounds), standard(WALK_5)
        )
        tables.append(denominators(found.measured, found.results))
    pd.testing.assert_frame_equal(*tables)
    (area,) = rows(tables[1], "area").to_dict("records")
    assert 0 < area["covered"] < area["total"]


def test_land_that_two_polygons_share_counts_once() -> None:
    land = np.array([side(400, -50, 200, 100), side(500, -50, 200, 100)])
    town = replace(study([("station", 500.0)]), grounds=Grounds(residential=land))
    found = assess(town, standard(RADIUS_500 + '\ndenominator = "residential_land"'))
    (result,) = found.results
    assert (result.covered, result.total) == pytest.approx((30_000.0, 30_000.0))
    assert result.share == 1.0
    unit_row = {"W": 2}["W"]
    own = result.by_unit[result.by_unit["unit_row"] == unit_row]
    assert own["share"].tolist() == [1.0]


def test_the_ground_of_a_walk_rule_is_what_isochrones_draw() -> None:
    found = assess(study([("station", 500.0)]), standard(WALK_5))
    (area,) = rows(denominators(found.measured, found.results), "area").to_dict("records")
    assert area["basis"] == "isochrone ± 30 m"
    half_m = drawn_half_m()
    assert area["covered"] == pytest.approx(1_000.0 * 2 * half_m + math.pi * half_m**2, rel=0.01)
