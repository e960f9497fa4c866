"""Facilities with doors or an outline, and figures by size: every figure can be checked in the head."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from coverage.assessment import Assessment, assess
from coverage.checks.reach import accepted
from coverage.equity.choice import choice_facilities_table, choices
from coverage.equity.denominators import denominators
from coverage.equity.reached_ground import circles
from coverage.model.edits import Move, Scenario
from coverage.model.standard import Standard
from coverage.publish.reach_tables import Reach, reach_layers
from coverage.scenario.incremental import assess_scenario
from geo.isochrone.isochrones import Kind
from tests.coverage.tiny_town import CRS, EAST, NORTH, RADIUS_500, WALK_5, place, standard, study

CELLS = np.arange(0.0, 2001.0, 100.0)
CLASSES = """id = "park"
check = "radius"
tier = "park"
[[rule.class]]
least_m2 = 2000
figure_m = 300
[[rule.class]]
least_m2 = 5000
figure_m = 500"""


def square(middle: float, side: float) -> shapely.Polygon:
    return shapely.box(EAST + middle - side / 2, NORTH - side / 2, EAST + middle + side / 2, NORTH + side / 2)


def doors(*places: float) -> shapely.MultiPoint:
    return shapely.MultiPoint([place(x) for x in places])


def town(
    *extents: shapely.Geometry | None, tier: str = "station", rules: Standard | None = None
) -> Assessment:
    column = np.full(len(extents), None, object)
    column[:] = extents
    city = study([(tier, 1_000.0)] * len(extents), extent=column)
    return assess(city, rules or standard(RADIUS_500, WALK_5))


def test_metres_to_an_outline_are_those_to_its_edge_and_none_inside() -> None:
    found = town(square(1_000.0, 400.0)).measured.distances
    to_edge = np.maximum(abs(CELLS - 1_000.0) - 200.0, 0.0)
    assert found.straight_m["station"] == pytest.approx(to_edge, abs=1e-6)
    assert found.walk_m["station"] == pytest.approx(to_edge, abs=1e-6)


def test_metres_to_doors_are_those_to_the_nearest() -> None:
    found = town(doors(600.0, 1_400.0)).measured.distances
    nearest = np.minimum(abs(CELLS - 600.0), abs(CELLS - 1_400.0))
    assert found.straight_m["station"] == pytest.approx(nearest, abs=1e-6)
    assert found.walk_m["station"] == pytest.approx(nearest, abs=1e-6)
    assert set(found.walk_row["station"]) == {0}


def test_the_ground_within_a_radius_of_a_square_is_the_square_four_sides_and_a_circle() -> None:
    side, radius = 400.0, 500.0
    places = town(square(1_000.0, side)).study.facilities.entrances.places_of(np.array([0]))
    closed_form = side**2 + 4 * side * radius + math.pi * radius**2
    assert shapely.area(circles(places, radius))[0] == pytest.approx(closed_form, rel=1e-3)


def test_of_outlines_and_points_the_nearest_has_the_load_and_each_counts_once() -> None:
    """Doors at 600 and 1400 of one, a point at 1000 of another: half of the way between is 800 and 1200."""
    done = town(doors(600.0, 1_400.0), None)
    assert done.facility_loads.tolist() == pytest.approx([1_700.0, 400.0])
    table = choice_facilities_table(list(choices(done.measured, done.results)), done.measured)
    assert len(table[table["rule"] == "r"]) == 2
    counts = next(iter(choices(done.measured, done.results))).count
    assert counts.max() == 2


def test_a_tie_between_two_doors_of_one_facility_is_none() -> None:
    done = town(doors(900.0, 1_100.0))
    assert not len(done.measured.ties(("station",)).point)
    assert done.facility_loads.tolist() == [2_100.0]


def test_classes_the_boundary_belongs_to_the_larger_and_the_small_are_counted_not_used() -> None:
    rules = standard(CLASSES)
    sizes = (5_000.0, 4_999.0, 2_000.0, 1_999.0, np.nan)
    city = study([("park", 200.0 * k) for k in range(5)], site_m2=sizes)
    counted = accepted(rules.rules[0], city.facilities, rules)
    assert counted.rows.tolist() == [0, 1, 2]
    assert counted.limit_m.tolist() == [500.0, 300.0, 300.0]
    assert (counted.too_small, counted.unsized) == (1, 1)
    result = assess(city, rules).results[0]
    assert result.remark is not None
    assert (result.remark.values["small"], result.remark.values["unsized"]) == (1, 1)


def test_an_outline_that_rounding_left_a_hair_below_a_class_is_in_it() -> None:
    """As one of 100 m by 50 m is that was written in degrees and read back."""
    hair = 1e-7
    parks = [shapely.box(EAST, NORTH, EAST + 100.0 - hair, NORTH + deep) for deep in (50.0, 49.9)]
    done = town(*parks, tier="park", rules=standard(CLASSES))
    counted = accepted(done.standard.rules[0], done.study.facilities, done.standard)
    assert counted.limit_m.tolist() == [500.0, 300.0]


def test_each_class_reaches_as_far_as_its_own_figure() -> None:
    """A park of 6,400 m² at 400 reaches 500 m from its edge, one of 2,500 m² at 1,600 reaches 300 m."""
    done = town(square(400.0, 80.0), square(1_600.0, 50.0), tier="park", rules=standard(CLASSES))
    met = done.results[0].cells_met
    assert met is not None
    assert CELLS[met].tolist() == [*range(0, 901, 100), *range(1_300, 1_901, 100)]
    chosen = next(iter(choices(done.measured, done.results)))
    assert chosen.residents.tolist() == [1_000.0, 700.0]
    assert done.results[0].residents_met == 1_700.0


def test_the_ground_of_classes_is_that_of_their_own_circles() -> None:
    done = town(square(400.0, 80.0), square(1_600.0, 50.0), tier="park", rules=standard(CLASSES))
    table = denominators(done.measured, done.results)
    area = table.query("level == 'city' and denominator == 'area'")["covered"].iloc[0]
    reached = shapely.union_all(
        [shapely.buffer(square(400.0, 80.0), 500.0), shapely.buffer(square(1_600.0, 50.0), 300.0)]
    )
    town_ground = shapely.box(EAST - 100, NORTH - 500, EAST + 2_100, NORTH + 500)
    assert area == pytest.approx(shapely.area(reached & town_ground), rel=5e-3)


@pytest.mark.parametrize("kind", list(Kind))
def test_doors_of_one_facility_have_one_isochrone(kind: Kind) -> None:
    done = town(doors(600.0, 1_400.0), None)
    distances = done.measured.distances
    wish = Reach(np.array([0, 1]), (2.0,), 6.0, kind)
    areas = reach_layers(done.study, distances.cells, distances.entrances, wish).areas
    assert len(areas) == (1 if kind is Kind.DISSOLVED else 2)
    people = dict(zip(areas["facility_id"], areas["residents"], strict=True))
    if kind is Kind.EACH:  # 400 … 800 and 1200 … 1600; 800 … 1200
        assert people == {"f0": 1_000.0, "f1": 500.0}


def test_a_facility_that_moves_takes_its_doors_along() -> None:
    base = town(doors(900.0, 1_100.0))
    x, y = place(1_500.0)
    moved = assess_scenario(base, Scenario("s", CRS, (Move("f0", x, y),)))
    nearest = np.minimum(abs(CELLS - 1_400.0), abs(CELLS - 1_600.0))
    assert moved.measured.distances.walk_m["station"] == pytest.approx(nearest, abs=1e-6)
