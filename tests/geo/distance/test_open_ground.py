"""The same spot: a place and a door near enough are as far apart on foot as they are straight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.distance.equidistant import ties_on_foot
from geo.distance.nearest import nearest_on_foot
from geo.distance.open_ground import SAME_SPOT_M
from geo.distance.reach import bounded_reach
from geo.network.build import build_from_lines
from geo.network.snapping import snap, take
from tests.geo.town import CRS, on_the_street

QUICK = settings(max_examples=60, derandomize=True, deadline=None)
WALL = (45.0, -20.0, 45.0, 500.0)


def street(*, obstacles=()):
    """A street of 2 km along y = 0."""
    network = build_from_lines([shapely.LineString([(0, 0), (2000, 0)])], [0], crs=CRS)
    return replace(network, obstacles=np.array(obstacles, float).reshape(-1, 4))


def metres(network, place, door, limit_m=500.0):
    at, to = (snap(network, np.array([xy], float), limit_m=limit_m) for xy in (place, door))
    return nearest_on_foot(network, at, to).metres[0]


@pytest.mark.parametrize(
    ("what", "place", "door", "expected"),
    [
        ("a station in the yard, 450 m from the road", (100, 450), (100, 450), 0.0),
        ("two doors 10 m apart off the street", (100, 60), (110, 60), 10.0),
        ("50 m counts", (100, 60), (150, 60), 50.0),
        ("51 m leads over the street", (100, 60), (151, 60), 171.0),
        ("on opposite sides of the street", (100, 20), (100, -20), 40.0),
        ("no street near either of them", (100, 900), (130, 940), 50.0),
        ("no street near, and too far", (100, 900), (160, 940), np.inf),
    ],
)
def test_the_same_spot_is_walked_to_straight(what, place, door, expected):
    assert metres(street(), place, door) == pytest.approx(expected)
    assert metres(street(), door, place) == pytest.approx(expected)


def test_water_or_a_wall_between_sends_people_round_by_the_street():
    assert metres(street(obstacles=[WALL]), (40, 60), (50, 60)) == pytest.approx(130.0)
    assert metres(street(obstacles=[WALL]), (50, 60), (60, 60)) == pytest.approx(10.0)
    assert metres(street(obstacles=[WALL]), (40, 900), (50, 900)) == pytest.approx(10.0)


def test_a_place_of_the_street_itself_has_no_straight_way():
    network = street()
    points = snap(network, np.array([[100.0, 40.0]]), limit_m=500)
    door = snap(network, np.array([[110.0, 40.0]]), limit_m=500)
    assert nearest_on_foot(network, on_the_street(points), door).metres[0] == pytest.approx(90.0)


PLACES = st.lists(st.tuples(st.integers(0, 40), st.integers(-12, 12)), min_size=1, max_size=8)


@st.composite
def yards(draw):
    """Places and doors on a lattice of 10 m beside the street, and a wall somewhere."""
    wall = draw(st.lists(st.tuples(st.integers(0, 400), st.integers(-130, 130)), min_size=0, max_size=2))
    network = street(obstacles=[(x + 0.5, y, x + 0.5, y + 60) for x, y in wall])
    points, doors = (10 * np.array(draw(PLACES), float) for _ in range(2))
    return network, snap(network, points, limit_m=100), snap(network, doors, limit_m=100)


def plainly(network, points, doors):
    """Points × doors, pair by pair: along the street, or straight where that is short and free."""
    found = np.full((len(points), len(doors)), np.inf)
    walls = [shapely.LineString(np.reshape(line, (2, 2))) for line in network.obstacles]
    for i in range(len(points)):
        for j in range(len(doors)):
            if points.linked[i] and doors.linked[j]:
                found[i, j] = points.snap_m[i] + abs(points.xy[i, 0] - doors.xy[j, 0]) + doors.snap_m[j]
            line = shapely.LineString([points.place[i], doors.place[j]])
            if line.length <= SAME_SPOT_M and not any(line.intersects(wall) for wall in walls):
                found[i, j] = min(found[i, j], line.length)
    return found


@QUICK
@given(yards())
def test_nearest_reach_and_ties_all_know_the_same_ways(yard):
    network, points, doors = yard
    expected = plainly(network, points, doors)
    near = nearest_on_foot(network, points, doors)
    assert near.metres == pytest.approx(expected.min(axis=1))
    reach = bounded_reach(network, doors, points, limit_m=1e6).toarray()
    stored = bounded_reach(network, doors, points, limit_m=1e6)
    stored.data[:] = 1.0
    assert pytest.approx(np.where(np.isfinite(expected), expected, 0.0)) == reach.T
    assert (stored.toarray().T > 0).tolist() == np.isfinite(expected).tolist()
    least = expected.min(axis=1, keepdims=True)
    equal = np.isfinite(expected) & (expected <= np.where(np.isfinite(least), least, 0) + 1e-3)
    equal &= (equal.sum(axis=1) > 1)[:, None]
    ties = ties_on_foot(network, points, doors, within_m=1e-3)
    assert list(zip(ties.point.tolist(), ties.facility.tolist(), strict=True)) == [
        (int(i), int(j)) for i, j in np.argwhere(equal)
    ]


@QUICK
@given(yards())
def test_a_way_is_never_longer_than_straight_across_open_ground_nor_than_along_the_street(yard):
    network, points, doors = yard
    for j in range(len(doors)):
        door = take(doors, np.array([j]))
        way = nearest_on_foot(network, points, door).metres
        over_street = nearest_on_foot(network, on_the_street(points), door).metres
        straight = np.hypot(*(points.place - door.place).T)
        assert (way <= over_street + 1e-9).all()
        assert (way >= np.minimum(straight, over_street) - 1e-9).all()
