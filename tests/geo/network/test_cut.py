from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.distance.nearest import nearest_on_foot
from geo.network.build import build_from_lines
from geo.network.edit import cut_streets
from geo.network.snapping import snap
from tests.geo.town import on_the_street

CRS = "EPSG:4549"
LADDER = [
    shapely.LineString([(0, 0), (100, 0), (200, 0)]),
    shapely.LineString([(0, 50), (100, 50), (200, 50)]),
    *(shapely.LineString([(x, 0), (x, 50)]) for x in (0, 100, 200)),
]


def town(lines=LADDER):
    return build_from_lines(lines, np.zeros(len(lines), int), crs=CRS)


def metres(network, a, b):
    return float(
        nearest_on_foot(network, *(on_the_street(snap(network, [xy], limit_m=5)) for xy in (a, b))).metres[0]
    )


def test_a_wall_across_a_street_makes_people_walk_round_it():
    done = cut_streets(town(), [shapely.LineString([(50, -10), (50, 10)])])
    assert metres(town(), (0, 0), (100, 0)) == 100
    assert metres(done.network, (0, 0), (100, 0)) == 200
    assert done.places.tolist() == [[50, 0]]


def test_both_parts_of_a_street_are_still_there():
    done = cut_streets(town(), [shapely.LineString([(50, -10), (50, 10)])])
    assert done.network.edge_length_m.sum() == town().edge_length_m.sum()
    assert metres(done.network, (0, 0), (49, 0)) == 49
    assert metres(done.network, (51, 0), (100, 0)) == 49


def test_a_wall_through_the_town_parts_it():
    done = cut_streets(town(), [shapely.LineString([(50, -10), (50, 60)])])
    assert done.network.islands.count == 1
    assert np.isinf(metres(done.network, (0, 0), (100, 0)))


def test_a_wall_through_a_junction_parts_all_streets_that_meet_there():
    done = cut_streets(town(), [shapely.LineString([(100, -10), (100, 0)])])
    assert metres(done.network, (90, 0), (110, 0)) == 90 + 50 + 200 + 50 + 90
    assert metres(done.network, (100, 10), (90, 0)) == 40 + 100 + 50 + 90


def test_a_street_crossed_twice_falls_into_three():
    done = cut_streets(town([LADDER[0]]), [shapely.LineString([(50, -5), (50, 5), (150, 5), (150, -5)])])
    assert sorted(done.network.edge_length_m) == [50, 50, 100]


def test_a_wall_that_runs_along_a_street_cuts_it_at_both_ends_of_that_stretch():
    done = cut_streets(town([LADDER[0]]), [shapely.LineString([(20, 0), (60, 0)])])
    assert sorted(done.network.edge_length_m) == [20, 40, 140]


def test_a_wall_that_meets_no_street_changes_no_street():
    before = town()
    after = cut_streets(before, [shapely.LineString([(50, 10), (50, 40)])]).network
    assert after.vertex_xy is before.vertex_xy
    assert after.edge_length_m is before.edge_length_m
    assert after.obstacles.tolist() == [[50, 10, 50, 40]]
    assert cut_streets(before, []).network is before


def test_a_ring_street_cut_once_can_still_be_walked_the_other_way():
    ring = shapely.LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    done = cut_streets(town([ring]), [shapely.LineString([(50, -5), (50, 5)])])
    assert metres(done.network, (49, 0), (51, 0)) == 398


def test_nobody_walks_straight_across_a_barrier_and_it_counts_where_no_street_meets_it():
    at, to = np.array([[45.0, 2.0]]), np.array([[55.0, 2.0]])
    for wall, expected in (
        ([(50, -10), (50, 10)], 2 + 45 + 50 + 100 + 50 + 45 + 2),
        ([(50, 1), (50, 10)], 14.0),
        ([(50, 6), (50, 9)], 10.0),
    ):
        network = cut_streets(town(), [shapely.LineString(wall)]).network
        found = nearest_on_foot(network, snap(network, at, limit_m=5), snap(network, to, limit_m=5))
        assert found.metres[0] == pytest.approx(expected)
