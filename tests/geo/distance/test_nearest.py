from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.distance.nearest import nearest_on_foot, nearest_straight
from geo.network.build import build_network
from geo.network.snapping import Snapped, snap, take
from tests.geo.random_networks import networks, on_streets
from tests.geo.town import CRS, on_the_street, oracle, rows_of, town

QUICK = settings(max_examples=80, derandomize=True, deadline=None)


def on_foot(network, points, facilities, **options):
    xy = [
        on_the_street(snap(network, np.array(places, float).reshape(-1, 2), limit_m=50))
        for places in (points, facilities)
    ]
    found = nearest_on_foot(network, *xy, **options)
    return found.metres.tolist(), found.index.tolist()


PARALLEL = ["high street", "straight", "round", "mill road"]

# What the walk shows, street names, point, facilities, metres, which facility.
WALKS = [
    ("part-edges and a corner", ["high street", "hill lane"], (100, 60), [(20, 0)], 140, 0),
    ("both snap legs", ["high street", "hill lane"], (110, 60), [(20, -30)], 180, 0),
    ("the nearer of two", ["high street", "hill lane"], (100, 60), [(20, 0), (130, 0)], 90, 1),
    ("along the same edge", ["high street"], (20, 0), [(150, 0)], 130, 0),
    ("the best of several on the same edge", ["high street"], (90, 0), [(10, 0), (80, 30), (150, 10)], 40, 1),
    ("a point at its facility walks both legs", ["high street"], (90, 20), [(90, 20)], 40, 0),
    ("a point and a facility in one place on the street", ["high street"], (90, 0), [(90, 0)], 0, 0),
    ("a loop the short way round", ["high street", "pond"], (250, 0), [(200, -50)], 100, 0),
    ("a loop the other way round", ["high street", "pond"], (220, -100), [(300, -50)], 130, 0),
    ("into a loop the short way", ["high street", "pond"], (200, -30), [(150, 0)], 80, 0),
    ("the shorter of parallel streets", PARALLEL, (200, 350), [(150, 0)], 400, 0),
    ("out of the longer street by its ends", PARALLEL, (230, 50), [(200, 10)], 70, 0),
    ("no way off a bridge", ["high street", "hill lane", "bridge"], (60, 50), [(100, 90)], np.inf, -1),
    ("along the bridge", ["high street", "hill lane", "bridge"], (60, 50), [(140, 50)], 80, 0),
    ("a point without a street", ["high street"], (90, 51), [(90, 0)], np.inf, -1),
    ("a facility without a street", ["high street"], (90, 0), [(90, 51)], np.inf, -1),
    ("a facility without a street and one with", ["high street"], (90, 0), [(90, 51), (190, 0)], 100, 1),
    ("a dead end", ["high street", "hill lane"], (100, 100), [(0, 0)], 200, 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("streets", "point", "facilities", "metres", "which"), [w[1:] for w in WALKS], ids=[w[0] for w in WALKS]
)
def test_metres_on_foot(streets, point, facilities, metres, which):
    assert on_foot(town(*streets), [point], facilities) == ([metres], [which])


def test_the_limit_itself_is_within():
    walk = (town("high street", "hill lane"), [(100, 60)], [(20, 0)])
    assert on_foot(*walk, limit_m=140.0) == ([140.0], [0])
    assert on_foot(*walk, limit_m=139.9) == ([np.inf], [-1])


def test_a_facility_at_a_node_costs_nothing_to_leave():
    assert on_foot(town("high street", "hill lane"), [(100, 0), (100, 30)], [(100, 0)]) == (
        [0.0, 30.0],
        [0, 0],
    )


def test_of_facilities_equally_far_on_one_street_the_lowest_row_is_named():
    assert on_foot(town("high street"), [(100, 0)], [(150, 0), (50, 0), (150, 0)])[1] == [0]


def test_without_facilities_or_points_nothing_is_near():
    assert on_foot(town(), [(0, 0)], []) == ([np.inf], [-1])
    assert on_foot(town(), [], [(0, 0)]) == ([], [])


def test_without_streets_nothing_is_near():
    empty = build_network(np.empty((0, 2)), [], [0], [], crs=CRS)
    assert on_foot(empty, [(0, 0)], [(0, 0)]) == ([np.inf], [-1])


@st.composite
def walks(draw: st.DrawFn):
    network = draw(networks())
    return network, draw(on_streets(network)), draw(on_streets(network))


@QUICK
@given(walks())
def test_metres_are_those_of_a_plain_search_on_the_split_network(walk):
    network, points, facilities = walk
    found = nearest_on_foot(network, points, facilities)
    for i, point in enumerate(rows_of(points)):
        each = [
            oracle(network, f, point) if point[0] >= 0 and f[0] >= 0 else np.inf for f in rows_of(facilities)
        ]
        assert found.metres[i] == pytest.approx(min(each, default=np.inf))
        named = int(found.index[i])
        assert named == -1 if np.isinf(found.metres[i]) else each[named] == pytest.approx(found.metres[i])


@QUICK
@given(walks(), st.sampled_from([0.0, 50.0, 100.0, 325.0, 700.0]))
def test_a_limit_changes_nothing_within_it(walk, limit_m):
    network, points, facilities = walk
    free, bounded = (nearest_on_foot(network, points, facilities, limit_m=m) for m in (np.inf, limit_m))
    assert bounded.metres.tolist() == np.where(free.metres <= limit_m, free.metres, np.inf).tolist()


@QUICK
@given(walks())
def test_one_more_facility_is_never_farther(walk):
    network, points, facilities = walk
    fewer = take(facilities, np.arange(max(len(facilities) - 1, 0)))
    more_m, fewer_m = (nearest_on_foot(network, points, f).metres for f in (facilities, fewer))
    assert (more_m <= fewer_m).all()


@QUICK
@given(walks())
def test_there_and_back_are_equally_far(walk):
    network, points, facilities = walk
    for i in range(len(points)):
        for j in range(len(facilities)):
            one, other = take(points, np.array([i])), take(facilities, np.array([j]))
            there, back = nearest_on_foot(network, one, other), nearest_on_foot(network, other, one)
            assert there.metres == pytest.approx(back.metres)


def test_nearest_straight_is_the_straight_distance():
    found = nearest_straight(np.array([[0.0, 0], [6, 8]]), np.array([[30.0, 40], [3, 4]]))
    assert (found.metres.tolist(), found.index.tolist()) == ([5.0, 5.0], [1, 1])


def test_nearest_straight_without_facilities_is_infinite():
    found = nearest_straight(np.zeros((2, 2)), np.empty((0, 2)))
    assert (found.metres.tolist(), found.index.tolist()) == ([np.inf] * 2, [-1] * 2)


LATTICE = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25)


@QUICK
@given(LATTICE, LATTICE)
def test_nearest_straight_names_the_lowest_of_equally_near(points, facilities):
    xy, facility_xy = np.array(points, float), np.array(facilities, float)
    metres = np.hypot(*(xy[:, None] - facility_xy[None]).transpose(2, 0, 1))
    found = nearest_straight(xy, facility_xy)
    assert found.index.tolist() == metres.argmin(axis=1).tolist()
    assert found.metres == pytest.approx(metres.min(axis=1))


def test_unlinked_points_stay_unlinked_beside_linked_ones():
    network = town("high street")
    points = Snapped(np.array([-1, 0]), np.array([0.0, 40.0]), np.array([900.0, 0.0]), np.zeros((2, 2)))
    assert nearest_on_foot(network, points, take(points, np.array([1, 0]))).metres.tolist() == [np.inf, 0.0]
