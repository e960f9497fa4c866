from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geo.distance.reach
from geo.distance.nearest import nearest_on_foot
from geo.distance.reach import bounded_reach, reach_straight
from geo.network.build import build_network
from geo.network.snapping import snap, take
from tests.geo.random_networks import networks, on_streets
from tests.geo.town import CRS, on_the_street, oracle, rows_of, town

QUICK = settings(max_examples=80, derandomize=True, deadline=None)


def dense(reach):
    """Origins × points with inf where nothing is stored."""
    metres = np.full(reach.shape, np.inf)
    rows = np.repeat(np.arange(reach.shape[0]), np.diff(reach.indptr))
    metres[rows, reach.indices] = reach.data
    return metres


def on_foot(network, origins, points, limit_m):
    a, b = (on_the_street(snap(network, np.array(xy, float), limit_m=50)) for xy in (origins, points))
    return dense(bounded_reach(network, a, b, limit_m=limit_m)).tolist()


def test_each_origin_has_its_own_row():
    network = town("high street", "hill lane")
    reached = on_foot(network, [(20, 0), (100, 90)], [(100, 60), (150, 0), (20, 0)], 140)
    assert reached == [[140.0, 130.0, 0.0], [30.0, 140.0, np.inf]]


def test_nothing_away_is_stored_and_beyond_the_limit_is_not():
    network = town("high street")
    at = snap(network, np.array([[100.0, 0], [160, 0]]), limit_m=50)
    reach = bounded_reach(network, at, at, limit_m=0)
    assert (reach.nnz, reach.data.tolist()) == (2, [0.0, 0.0])


def test_a_long_street_is_reached_although_its_ends_are_not():
    network = build_network(np.array([[0.0, 0], [65_536, 0]]), [0, 1], [0, 2], [0], crs=CRS)
    assert on_foot(network, [(32_768, 0)], [(32_896, 10), (36_864, 0)], 500) == [[138.0, np.inf]]


def test_unlinked_origins_and_points_have_no_entries():
    assert on_foot(town("high street"), [(0, 51), (0, 0)], [(10, 0), (0, 51)], 500) == [
        [np.inf, np.inf],
        [10.0, np.inf],
    ]


@pytest.mark.parametrize(("origins", "points"), [(0, 3), (3, 0), (0, 0)])
def test_no_origins_or_points_give_an_empty_matrix_of_the_right_shape(origins, points):
    network = town()
    at = snap(network, np.zeros((3, 2)), limit_m=50)
    reach = bounded_reach(network, take(at, np.arange(origins)), take(at, np.arange(points)), limit_m=100)
    assert (reach.shape, reach.nnz) == ((origins, points), 0)


@st.composite
def walks(draw: st.DrawFn):
    network = draw(networks())
    return (
        network,
        draw(on_streets(network)),
        draw(on_streets(network)),
        draw(st.sampled_from([0.0, 100.0, 325.0, 900.0])),
    )


@QUICK
@given(walks())
def test_entries_are_those_of_a_plain_search_on_the_split_network(walk):
    network, origins, points, limit_m = walk
    metres = dense(bounded_reach(network, origins, points, limit_m=limit_m))
    for i, origin in enumerate(rows_of(origins)):
        for j, point in enumerate(rows_of(points)):
            plain = oracle(network, origin, point) if origin[0] >= 0 and point[0] >= 0 else np.inf
            assert metres[i, j] == pytest.approx(plain if plain <= limit_m else np.inf)


def winding_city():
    """A lattice of 30 × 30 junctions 300 m apart, a third of its streets missing, and points on it."""
    rng = np.random.default_rng(7)
    number = np.arange(900).reshape(30, 30)
    xy = np.stack(np.meshgrid(np.arange(30), np.arange(30)), -1).reshape(-1, 2) * 300.0 + rng.uniform(
        -90, 90, (900, 2)
    )
    pairs = np.concatenate([np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
                            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])])  # fmt: skip
    pairs = pairs[rng.random(len(pairs)) > 1 / 3]
    network = build_network(xy, pairs.ravel(), np.arange(len(pairs) + 1) * 2, np.zeros(len(pairs)), crs=CRS)
    points = snap(network, rng.uniform(0, 9000, (2000, 2)), limit_m=200)
    return network, take(points, np.arange(60)), points


@pytest.mark.parametrize("limit_m", [400.0, 1250.0, 6000.0])
def test_the_least_of_all_origins_is_the_nearest(limit_m):
    network, origins, points = winding_city()
    least = dense(bounded_reach(network, origins, points, limit_m=limit_m)).min(axis=0)
    near = nearest_on_foot(network, points, origins, limit_m=limit_m)
    assert least == pytest.approx(near.metres, rel=1e-12)


def test_neither_tiles_nor_batches_change_anything(monkeypatch):
    network, origins, points = winding_city()
    whole = bounded_reach(network, origins, points, limit_m=1250)
    monkeypatch.setattr(geo.distance.reach, "_SMALLEST_TILE_M", 700.0)
    monkeypatch.setattr(geo.distance.reach, "_TILE_PER_LIMIT", 0.1)
    monkeypatch.setattr(geo.distance.reach, "_AT_ONCE", 1500)
    small = bounded_reach(network, origins, points, limit_m=1250)
    assert small.indptr.tolist() == whole.indptr.tolist()
    assert small.indices.tolist() == whole.indices.tolist()
    assert small.data.tolist() == whole.data.tolist()


def test_columns_ascend_within_a_row():
    network, origins, points = winding_city()
    assert bounded_reach(network, origins, points, limit_m=2000).has_sorted_indices


def test_straight_reach_includes_the_limit_and_stores_zeros():
    reach = reach_straight(np.array([[0.0, 0], [300, 400]]), np.array([[0.0, 0], [300, 400]]), limit_m=500)
    assert dense(reach).tolist() == [[0.0, 500.0], [500.0, 0.0]]


def test_straight_reach_of_nothing_is_empty():
    assert reach_straight(np.empty((0, 2)), np.zeros((4, 2)), limit_m=9).shape == (0, 4)


@QUICK
@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=12), st.integers(0, 12)
)
def test_straight_reach_is_every_pair_within_the_limit(places, limit_m):
    xy = np.array(places, float)
    metres = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    expected = np.where(metres <= limit_m, metres, np.inf)
    assert dense(reach_straight(xy, xy, limit_m=limit_m)) == pytest.approx(expected)
