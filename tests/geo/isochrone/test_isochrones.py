"""Isochrones against distances searched by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.distance.nearest import nearest_on_foot
from geo.isochrone.isochrones import Kind, isochrones, lighter
from geo.isochrone.reached_segments import piece_lines
from geo.isochrone.street_buffer import HALF_STREET_M, drawn_half_m
from geo.network.snapping import Snapped, snap, take
from tests.geo.random_networks import networks, on_streets
from tests.geo.town import town

QUICK = settings(max_examples=40, derandomize=True, deadline=None)
LIMITS = st.sampled_from([0.0, 60.0, 150.0, 333.0, 800.0])
ALL_KINDS = pytest.mark.parametrize("kind", list(Kind))


def street_points(network, step_m=7.0):
    """Points all along every edge, as if snapped there."""
    edge, offset = [], []
    for e, length in enumerate(network.edge_length_m.tolist()):
        along = np.linspace(0, length, max(int(length / step_m), 2) + 1)
        edge.append(np.full(len(along), e))
        offset.append(along)
    edge, offset = np.concatenate(edge), np.concatenate(offset)
    return Snapped(edge, offset, np.zeros(len(edge)), np.zeros((len(edge), 2)))


def inside(pieces, points, slack_m):
    """Which points lie on a piece (of any owner), its ends widened by the slack."""
    hit = np.zeros(len(points), bool)
    for e, a, b in zip(pieces.edge, pieces.from_m, pieces.to_m, strict=True):
        hit |= (points.edge == e) & (points.offset_m >= a - slack_m) & (points.offset_m <= b + slack_m)
    return hit


@given(st.data())
@QUICK
def test_pieces_hold_exactly_the_places_within_the_limit(data):
    network = data.draw(networks())
    if not len(network):
        return
    facilities, limit_m = data.draw(on_streets(network)), data.draw(LIMITS)
    points = street_points(network)
    metres = nearest_on_foot(network, points, facilities).metres
    for kind in Kind:
        (found,) = isochrones(network, facilities, limits_m=[limit_m], kind=kind)
        assert (metres[inside(found.pieces, points, -1e-6)] <= limit_m + 1e-5).all()
        assert inside(found.pieces, points, 1e-6)[metres <= limit_m - 1e-5].all()


@given(st.data())
@QUICK
def test_each_facilitys_pieces_are_those_it_reaches_alone(data):
    network = data.draw(networks())
    if not len(network):
        return
    facilities, limit_m = data.draw(on_streets(network)), data.draw(LIMITS)
    (every,) = isochrones(network, facilities, limits_m=[limit_m], kind=Kind.EACH)
    for row in range(len(facilities)):
        (alone,) = isochrones(network, take(facilities, np.array([row])), limits_m=[limit_m])
        mine = every.pieces.length_m[every.pieces.owner == row].sum()
        assert mine == pytest.approx(alone.pieces.length_m.sum(), abs=1e-6)


@given(st.data())
@QUICK
def test_nearest_pieces_belong_to_the_nearest_and_never_overlap(data):
    network = data.draw(networks())
    if not len(network):
        return
    facilities, limit_m = data.draw(on_streets(network)), data.draw(LIMITS)
    (nearest,) = isochrones(network, facilities, limits_m=[limit_m], kind=Kind.NEAREST)
    (dissolved,) = isochrones(network, facilities, limits_m=[limit_m])
    assert nearest.pieces.length_m.sum() == pytest.approx(dissolved.pieces.length_m.sum(), abs=1e-6)
    middle = (nearest.pieces.from_m + nearest.pieces.to_m) / 2
    points = Snapped(nearest.pieces.edge, middle, np.zeros(len(middle)), np.zeros((len(middle), 2)))
    best_m = nearest_on_foot(network, points, facilities).metres
    for row in range(len(facilities)):
        mine = take(points, np.flatnonzero(nearest.pieces.owner == row))
        own_m = nearest_on_foot(network, mine, take(facilities, np.array([row]))).metres
        assert own_m == pytest.approx(best_m[nearest.pieces.owner == row], abs=1e-6)


@given(st.data())
@QUICK
def test_a_shape_holds_every_piece_and_nothing_beyond_half_a_street(data):
    network = data.draw(networks())
    if not len(network):
        return
    facilities, limit_m = data.draw(on_streets(network)), data.draw(LIMITS)
    for kind in Kind:
        (found,) = isochrones(network, facilities, limits_m=[limit_m], kind=kind)
        lines = piece_lines(network, found.pieces)
        for row, shape in zip(found.facility.tolist(), found.shape, strict=True):
            mine = shapely.union_all(lines[found.pieces.owner == max(row, 0)])
            assert shape.is_valid
            assert mine.buffer(HALF_STREET_M + 0.01, quad_segs=64).covers(shape)
            assert kind is Kind.NEAREST or shape.covers(mine)


@given(st.data())
@QUICK
def test_more_time_never_reaches_less(data):
    network = data.draw(networks())
    if not len(network):
        return
    facilities = data.draw(on_streets(network))
    limits = (600.0, 601.2, 833.3, 1250.0)
    shapes = [shapely.union_all(i.shape) for i in isochrones(network, facilities, limits_m=limits)]
    for less, more in itertools.pairwise(shapes):
        assert less.difference(more).area <= 1e-3 * max(less.area, 1.0)


@ALL_KINDS
def test_ten_minutes_hardly_differ_from_a_second_more_or_less(kind):
    network = town()
    doors = snap(network, np.array([[100.0, 20.0], [210.0, 250.0]]), limit_m=50)
    areas = [
        sum(shape.area for shape in found.shape)
        for found in isochrones(network, doors, limits_m=[199.6, 200.0, 200.4], kind=kind)
    ]
    assert areas[0] <= areas[1] <= areas[2]
    assert areas[2] - areas[0] < 0.02 * areas[1]


def test_half_a_kilometre_of_straight_street_by_hand():
    # The door stands at x = 100 on High Street: 80 m reach from x = 20 to x = 180.
    network = town("high street")
    door = snap(network, np.array([[100.0, 0.0]]), limit_m=50)
    (found,) = isochrones(network, door, limits_m=[80.0])
    assert found.pieces.length_m.sum() == pytest.approx(160.0)
    exact = shapely.LineString([(20, 0), (180, 0)]).buffer(drawn_half_m(), quad_segs=64)
    assert found.shape[0].area == pytest.approx(exact.area, rel=0.01)


def test_the_snap_leg_is_walked_too():
    network = town("high street")
    door = snap(network, np.array([[100.0, 30.0]]), limit_m=50)
    (found,) = isochrones(network, door, limits_m=[80.0])
    assert found.pieces.length_m.sum() == pytest.approx(100.0)


def test_catchments_tile_the_dissolved_shape():
    network = town()
    doors = snap(network, np.array([[20.0, 0.0], [180.0, 0.0], [300.0, 100.0], [200.0, 390.0]]), limit_m=50)
    (nearest,) = isochrones(network, doors, limits_m=[250.0], kind=Kind.NEAREST)
    (dissolved,) = isochrones(network, doors, limits_m=[250.0])
    whole = shapely.union_all(nearest.shape)
    assert sum(shape.area for shape in nearest.shape) == pytest.approx(whole.area, rel=0.005)
    assert whole.symmetric_difference(dissolved.shape[0]).area < 0.01 * whole.area


def test_a_shape_larger_than_a_tile_has_no_seams():
    # Streets around a block of 12 km by 9 km; tiles of the raster are just under 10 km.
    from geo.network.build import build_from_lines
    from tests.geo.town import CRS

    ring = shapely.LineString([(0, 0), (12_000, 0), (12_000, 9_000), (0, 9_000), (0, 0)])
    network = build_from_lines([ring], [0], crs=CRS)
    door = snap(network, np.array([[0.0, 0.0]]), limit_m=50)
    (found,) = isochrones(network, door, limits_m=[1e6])
    exact = ring.buffer(drawn_half_m(), quad_segs=64)
    assert found.shape[0].is_valid
    assert [len(part.interiors) for part in found.shape[0].geoms] == [1]
    assert found.shape[0].symmetric_difference(exact).area < 0.01 * exact.area


def test_several_limits_at_once_are_drawn_as_each_alone():
    network = town()
    doors = snap(network, np.array([[20.0, 0.0], [300.0, 100.0]]), limit_m=50)
    limits = [250.0, 90.0, 250.0, 10_000.0, 20_000.0]
    for found in isochrones(network, doors, limits_m=limits):
        (alone,) = isochrones(network, doors, limits_m=[found.limit_m])
        assert found.shape[0].symmetric_difference(alone.shape[0]).area < 1e-3 * alone.shape[0].area
        assert found.pieces.length_m.sum() == alone.pieces.length_m.sum()


@given(st.data())
@settings(max_examples=15, derandomize=True, deadline=None)
def test_each_facilitys_shape_is_the_one_it_has_alone(data):
    network = data.draw(networks())
    facilities, limit_m = data.draw(on_streets(network)), data.draw(LIMITS)
    (every,) = isochrones(network, facilities, limits_m=[limit_m], kind=Kind.EACH)
    for row, shape in zip(every.facility.tolist(), every.shape, strict=True):
        (alone,) = isochrones(network, take(facilities, np.array([row])), limits_m=[limit_m])
        assert shape.is_valid
        assert shape.symmetric_difference(alone.shape[0]).area <= 1e-3 * shape.area


@ALL_KINDS
def test_without_facilities_or_streets_in_reach_there_is_no_shape(kind):
    network = town()
    nobody = snap(network, np.array([[5_000.0, 5_000.0]]), limit_m=50)
    (found,) = isochrones(network, nobody, limits_m=[500.0], kind=kind)
    assert (len(found.pieces), len(found.shape)) == (0, 0)


M = 1 / 111_320.0


def ring(metres: float, corners: int) -> np.ndarray:
    turn = np.linspace(0.0, 2 * np.pi, corners, endpoint=False)
    wave = metres + 0.4 * np.sin(40 * turn)
    return np.column_stack([wave * np.cos(turn), wave * np.sin(turn)]) * M


def with_courts() -> np.ndarray:
    """A town at the equator of 800 m with a court of 20 m and one of 300 m, and a hamlet far away."""
    town = shapely.Polygon(ring(800, 4000), [ring(20, 400) + 600 * M * np.array([1, 0]), ring(300, 2000)])
    hamlet = shapely.Polygon(ring(4, 300) + 0.05)
    return np.array([shapely.MultiPolygon([town, hamlet])], object)


def test_few_corners_stay_as_they_are() -> None:
    shapes = with_courts()
    found = lighter(shapes, most=10_000)
    assert found.shapes is shapes
    assert found.off_m == found.filled_m2 == 0.0


def test_many_become_few_within_the_metres_that_are_said() -> None:
    shapes = with_courts()
    found = lighter(shapes, most=400)
    (shape,) = found.shapes
    assert 0 < shapely.get_num_coordinates(shape) <= 400
    assert shape.is_valid
    assert shapely.get_num_geometries(shape) == 2
    outer, drawn = (shapely.get_exterior_ring(shapely.get_geometry(s, 0)) for s in (shapes[0], shape))
    assert shapely.hausdorff_distance(outer, drawn) <= found.off_m * M * 1.01


def test_only_small_enclosed_ground_is_filled_and_no_polygon_is_lost() -> None:
    found = lighter(with_courts(), most=60)
    (shape,) = found.shapes
    assert np.pi * 20**2 < found.filled_m2 < np.pi * 300**2
    assert shapely.get_num_interior_rings(shapely.get_geometry(shape, 0)) == 1
    assert shapely.get_num_geometries(shape) == 2
