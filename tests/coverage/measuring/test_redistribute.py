"""Totals onto places and places onto totals."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.measuring.redistribute import Places, joined, rescale_to_units, spread
from coverage.model.membership import locate
from coverage.model.tables import PopulationGrid, UnitTable

CRS = "EPSG:4549"
SIDE = 4

weights = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=8)
areas = st.lists(st.tuples(weights, st.floats(0, 1e8)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(areas)
def test_every_total_is_kept_and_nobody_is_negative(given_areas: list[tuple[list[float], float]]) -> None:
    totals = np.asarray([total for _, total in given_areas])
    area = np.repeat(np.arange(len(totals)), [len(w) for w, _ in given_areas])
    weight = np.concatenate([w for w, _ in given_areas])
    residents = spread(totals, Places(area, np.zeros((len(area), 2)), weight))
    assert np.bincount(area, weights=residents) == pytest.approx(totals, rel=1e-12)
    assert (residents >= 0).all()


def test_residents_follow_the_weights() -> None:
    places = Places(np.asarray([0, 0, 1]), np.zeros((3, 2)), np.asarray([1.0, 3.0, 2.0]))
    assert spread(np.asarray([100.0, 7.0]), places).tolist() == [25.0, 75.0, 7.0]


def test_an_area_with_residents_and_no_place_is_a_mistake_of_the_caller() -> None:
    places = joined(Places(np.asarray([0]), np.zeros((1, 2)), np.asarray([1.0])))
    with pytest.raises(ValueError, match="no place"):
        spread(np.asarray([1.0, 2.0]), places)


def quarters() -> UnitTable:
    shapes = [shapely.box(x * 200, y * 200, x * 200 + 200, y * 200 + 200) for y in range(2) for x in range(2)]
    frame = gpd.GeoDataFrame(
        {
            "unit_id": [f"q{i}" for i in range(4)],
            "name": list("abcd"),
            "level": "street",
            "settlement": "",
            "parent_id": "",
        },
        geometry=shapes,
        crs=CRS,
    )
    return UnitTable(frame)


def cells(residents: np.ndarray, elderly: np.ndarray) -> PopulationGrid:
    x, y = np.meshgrid(np.arange(SIDE) * 100.0 + 50, np.arange(SIDE) * 100.0 + 50)
    xy, n = np.column_stack([x.ravel(), y.ravel()]), SIDE * SIDE
    return PopulationGrid(np.arange(n), xy, residents, np.full(n, 1e4), 100.0, CRS, {"elderly": elderly})


counts = st.lists(st.floats(0, 1e4).map(lambda v: round(v, 3)), min_size=16, max_size=16).map(np.asarray)
totals_of_four = st.lists(st.one_of(st.just(np.nan), st.floats(0, 1e6)), min_size=4, max_size=4).map(
    np.asarray
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(counts, counts, totals_of_four, totals_of_four)
def test_rescaled_units_have_their_totals_and_the_others_are_as_they_were(
    residents: np.ndarray, elderly: np.ndarray, wanted: np.ndarray, wanted_elderly: np.ndarray
) -> None:
    units, grid = quarters(), cells(residents, elderly)
    done = rescale_to_units(grid, units, {"residents": wanted, "elderly": wanted_elderly}, level="street")
    for before, after, total in (
        (grid.residents, done.grid.residents, wanted),
        (grid.groups["elderly"], done.grid.groups["elderly"], wanted_elderly),
    ):
        had, has = (
            np.bincount(locate(units, xy).rows["street"], weights=values, minlength=4)
            for xy, values in ((grid.xy, before), (done.grid.xy, after))
        )
        stated = np.isfinite(total)
        assert has[stated] == pytest.approx(total[stated], rel=1e-9)
        assert has[~stated] == pytest.approx(had[~stated], rel=1e-9)


def test_proportions_inside_a_unit_stay_and_groups_follow_the_residents() -> None:
    residents = np.zeros(16)
    residents[:2] = [10.0, 30.0]
    done = rescale_to_units(
        cells(residents, residents / 10),
        quarters(),
        {"residents": np.asarray([80.0, 5.0, np.nan, 0.0])},
        level="street",
    )
    assert done.grid.residents[:2].tolist() == [20.0, 60.0]
    assert done.grid.groups["elderly"][:2].tolist() == [2.0, 6.0]


def test_a_unit_without_a_populated_cell_gets_its_residents_at_an_inner_point() -> None:
    done = rescale_to_units(
        cells(np.zeros(16), np.zeros(16)),
        quarters(),
        {"residents": np.asarray([0.0, 5.0, np.nan, 0.0])},
        level="street",
    )
    assert done.placed.tolist() == [1]
    assert (done.grid.total, done.grid.cell_id[-1]) == (5.0, "unit:q1")
    assert locate(quarters(), done.grid.xy).rows["street"][-1] == 1


def test_cells_outside_all_units_stay_and_are_told() -> None:
    grid = cells(np.ones(16), np.zeros(16))
    far = PopulationGrid(grid.cell_id, grid.xy + 1000.0, grid.residents, grid.area_m2, 100.0, CRS)
    done = rescale_to_units(far, quarters(), {"residents": np.full(4, np.nan)}, level="street")
    assert (done.outside, done.grid.total) == (16.0, 16.0)
