"""The tools that make the demo city, on small cases."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from data.demo.local_streets import samples_along, weave_streets
from data.demo.names import community_names, road_names
from data.demo.people import shared_out
from data.demo.shapes import Field, Warp, closed_curve, curve, join, plain, strokes_of
from data.demo.units import spread_seeds, tile
from data.demo.zones import Weave

SQUARE = shapely.box(0, 0, 2_000, 2_000)
GRID = Weave((100, 80), 4, 0.0, 0, 1.0, 1.0, 0)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_curve_passes_through_its_points() -> None:
    points = np.array([[0, 0], [1, 1], [2, 0]], float)
    made = curve(points, step_m=50)
    for point in points * 1_000:
        assert np.hypot(*(made - point).T).min() < 1e-6
    assert closed_curve(points, step_m=50).is_valid


def test_a_field_is_centred_and_of_unit_size() -> None:
    values = Field(rng(), wavelength_m=500)(rng().uniform(0, 50_000, (20_000, 2)))
    assert abs(values.mean()) < 0.1
    assert 0.9 < values.std() < 1.1


def test_segments_of_a_run_become_one_line() -> None:
    ends = np.array([[[0, 0], [1, 0]], [[1, 0], [2, 0]], [[5, 5], [6, 5]]], float)
    made = strokes_of(ends, np.array([1, 1, 2], np.int8), np.array([4, 4, 5]), np.array([0, 0, -1]))
    assert [line.wkt for line in made.lines] == ["LINESTRING (0 0, 1 0, 2 0)", "LINESTRING (5 5, 6 5)"]
    assert made.rank.tolist() == [1, 2]


def test_joined_strokes_keep_their_ways_apart() -> None:
    line = np.array([shapely.LineString([(0, 0), (1, 0)])], object)
    one = strokes_of(np.array([[[0.0, 0], [1, 0]]]), np.zeros(1, np.int8), np.zeros(1, int), np.zeros(1, int))
    assert join([one, plain(line, 3), one]).way.tolist() == [0, -1, 1]


def test_a_full_grid_has_crossroads_at_equal_vertices() -> None:
    made = weave_streets(SQUARE, GRID, warp=None, rng=rng())
    xy = shapely.get_coordinates(made.lines)
    places, uses = np.unique(xy, axis=0, return_counts=True)
    assert (uses[(places > 150).all(axis=1) & (places < 1_850).all(axis=1)] == 2).all()


@pytest.mark.parametrize("brick", [0.2, 0.9])
def test_woven_streets_stay_inside_and_meet_only_in_vertices(brick: float) -> None:
    weave = Weave((90, 70), 5, brick, 20, 0.8, 0.7, 25)
    made = weave_streets(SQUARE, weave, warp=Warp(rng(), wavelength_m=900), rng=rng())
    assert shapely.covers(SQUARE, shapely.points(shapely.get_coordinates(made.lines))).all()
    noded = shapely.get_parts(shapely.union_all(made.lines))
    assert len(np.unique(shapely.get_coordinates(noded), axis=0)) == len(
        np.unique(shapely.get_coordinates(made.lines), axis=0)
    )


def test_samples_lie_on_their_line_at_even_steps() -> None:
    lines = np.array([shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 9), (40, 9)])], object)
    xy, line = samples_along(lines, 20)
    assert xy[:, 0].tolist() == [10, 30, 50, 70, 90, 10, 30]
    assert line.tolist() == [0] * 5 + [1] * 2


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.integers(3, 40))
def test_tiles_are_one_piece_each_and_cover_both_banks_exactly(seed: int, count: int) -> None:
    banks = (shapely.box(0, 0, 9_000, 4_000), shapely.box(0, 4_000, 9_000, 8_000))
    dice = rng(seed)
    seeds = tuple(dice.uniform(bank.bounds[:2], bank.bounds[2:], (count, 2)) for bank in banks)
    made = np.array(tile(banks, seeds, dice), object)
    assert shapely.coverage_is_valid(made)
    assert abs(shapely.area(made).sum() - 72e6) < 1.0
    assert not shapely.is_empty(made).any()


def test_seeds_crowd_where_the_weights_are() -> None:
    xy = np.column_stack([np.linspace(0, 1_000, 400), np.zeros(400)])
    weights = np.where(xy[:, 0] < 500, 50.0, 1.0)
    seeds = spread_seeds(xy, weights, 12, rng())
    assert (seeds[:, 0] < 500).sum() >= 7


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30), st.integers(100, 5_000))
def test_people_are_shared_out_to_the_last(weights: list[float], total: int) -> None:
    made = shared_out(np.array(weights), total, at_least=2)
    assert made.sum() == total
    assert made.min() >= 2


def test_names_are_never_used_twice() -> None:
    rural = np.arange(500) % 2 == 0
    made = community_names(rural, rng())
    assert len(set(made)) == 500
    assert all(name.endswith("村") == is_rural for name, is_rural in zip(made, rural, strict=True))
    roads = road_names(900, rng())
    assert len(set(roads)) == 900
