"""Equally near facilities, against a plain search facility by facility."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.distance.equidistant import Ties, ties_on_foot
from geo.distance.nearest import nearest_on_foot
from geo.network.build import build_from_lines
from geo.network.network import WalkNetwork
from geo.network.snapping import Snapped, snap, take
from tests.geo.random_networks import networks, on_streets
from tests.geo.town import CRS

WITHIN_M = 0.001


def lattice(n: int) -> WalkNetwork:
    """Streets every 100 m: n × n junctions, where whole quarters are equally far from two corners."""
    ticks = [100.0 * i for i in range(n)]
    lines = [shapely.LineString([(a, 0), (a, ticks[-1])]) for a in ticks]
    lines += [shapely.LineString([(0, a), (ticks[-1], a)]) for a in ticks]
    return build_from_lines(
        list(shapely.node(shapely.MultiLineString(lines)).geoms), [0] * (2 * n * (n - 1)), crs=CRS
    )


def tied(network: WalkNetwork, points: list[tuple[float, float]], doors: list[tuple[float, float]]) -> Ties:
    places, facilities = (snap(network, np.array(xy, float), limit_m=50) for xy in (points, doors))
    return ties_on_foot(network, places, facilities, within_m=WITHIN_M)


def slowly(network: WalkNetwork, points: Snapped, facilities: Snapped) -> list[tuple[int, int]]:
    """All (point, facility) of ties by one search a facility."""
    metres = np.full((len(points), len(facilities)), np.inf)
    for j in range(len(facilities)):
        metres[:, j] = nearest_on_foot(network, points, take(facilities, np.array([j]))).metres
    least = metres.min(axis=1, initial=np.inf)[:, None]
    near = np.isfinite(metres) & (metres <= np.where(np.isfinite(least), least, 0) + WITHIN_M)
    near &= (near.sum(axis=1) > 1)[:, None]
    return [(int(i), int(j)) for i, j in np.argwhere(near)]


def test_the_middle_between_two_facilities_belongs_to_both() -> None:
    ties = tied(lattice(3), [(100, 0), (90, 0)], [(0, 0), (200, 0)])
    assert (ties.point.tolist(), ties.facility.tolist()) == ([0, 0], [0, 1])
    assert ties.share.tolist() == [0.5, 0.5]


def test_facilities_at_one_door_tie_everywhere() -> None:
    ties = tied(lattice(3), [(100, 0), (200, 200)], [(0, 0), (0, 0), (0, 0)])
    assert ties.facility.tolist() == [0, 1, 2, 0, 1, 2]
    assert ties.share.tolist() == pytest.approx([1 / 3] * 6)


@pytest.mark.parametrize(("off_m", "several"), [(0.0, True), (0.0004, True), (0.002, False)])
def test_a_millimetre_is_equal_and_more_is_not(off_m: float, several: bool) -> None:
    ties = tied(lattice(3), [(100 + off_m, 0)], [(0, 0), (200, 0)])
    assert bool(len(ties.point)) is several


def test_a_whole_quarter_of_a_lattice_can_be_equally_far_from_two_corners() -> None:
    network = lattice(6)
    points = [(100.0 * i, 100.0 * j) for i in range(6) for j in range(6)]
    ties = tied(network, points, [(0, 200), (200, 0)])
    places, facilities = (
        snap(network, np.array(xy, float), limit_m=1) for xy in (points, [(0, 200), (200, 0)])
    )
    # The square of 200 … 500 and the two points (0, 0) … (100, 100) on the diagonal.
    assert len(set(ties.point.tolist())) == 16 + 2
    assert list(zip(ties.point.tolist(), ties.facility.tolist(), strict=True)) == slowly(
        network, places, facilities
    )


def test_nobody_ties_without_a_second_facility_or_a_street() -> None:
    network = lattice(3)
    assert not len(tied(network, [(100, 0)], [(0, 0)]).point)
    assert not len(tied(network, [(100, 900)], [(0, 0), (200, 0)]).point)


@given(st.data())
def test_ties_are_those_of_a_search_facility_by_facility(data: st.DataObject) -> None:
    network = data.draw(networks())
    points, facilities = data.draw(on_streets(network)), data.draw(on_streets(network))
    ties = ties_on_foot(network, points, facilities, within_m=WITHIN_M)
    assert list(zip(ties.point.tolist(), ties.facility.tolist(), strict=True)) == slowly(
        network, points, facilities
    )
