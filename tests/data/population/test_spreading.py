"""Residents of large polygons on the ground where people live."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from data.population import Reading, read_population
from data.population.ground import vector_ground
from data.population.places import buildings_of, places_by_area, places_by_floor, places_by_mask
from data.population.polygons import polygon_cells
from geo.crs import unproject

CRS = "EPSG:4549"
EAST, NORTH = 400_000.0, 3_500_000.0


def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def layer(path: Path, shapes: list[shapely.Geometry], **columns: list[object]) -> Path:
    gpd.GeoDataFrame(columns or {"n": list(range(len(shapes)))}, geometry=shapes, crs=CRS).to_file(path)
    return path


TWO = [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]


def quarters(grid_xy: np.ndarray, residents: np.ndarray) -> tuple[float, float]:
    """Residents of the first polygon, and of those the ones in its northern half."""
    x, y = grid_xy.T - np.array([[EAST], [NORTH]])
    return float(residents[x < 1000].sum()), float(residents[(x < 1000) & (y > 500)].sum())


def test_by_area_half_the_ground_holds_half_the_residents(tmp_path: Path) -> None:
    path = layer(tmp_path / "u.gpkg", TWO, residents=[600.0, 10.0])
    grid = read_population(path, crs=CRS).grid
    assert quarters(grid.xy, grid.residents) == (pytest.approx(600), pytest.approx(300))
    assert len(grid) == 200


def test_by_floor_area_footprint_times_floors_counts_and_homes_only(tmp_path: Path) -> None:
    path = layer(tmp_path / "u.gpkg", TWO, residents=[600.0, 10.0])
    houses = layer(
        tmp_path / "b.gpkg",
        [box(10, 10, 30, 20), box(510, 710, 530, 720), box(600, 100, 900, 400)],
        floors=[1, 5, 9],
        building=["house", "apartments", "industrial"],
    )
    read = read_population(path, crs=CRS, reading=Reading(by="floor", buildings=houses))
    whole, north = quarters(read.grid.xy, read.grid.residents)
    assert (whole, north) == (pytest.approx(600), pytest.approx(500))
    found = {finding.code: str(finding.message) for finding in read.findings}
    assert "1 of other uses do not" in found["population-buildings"]
    assert found["spread-by-area"].startswith("1 areas with 10 residents")


@pytest.mark.parametrize(
    ("columns", "floors"),
    [
        ({"building:levels": ["3", None]}, [3, 1]),
        ({"层数": ["6层", "0"]}, [6, 1]),
        ({"height": [17.8, "9 m"]}, [6, 3]),
        ({"other": [1, 2]}, [1, 1]),
        ({"floors": [None, 900], "height": [12, 12]}, [4, 4]),
    ],
)
def test_floors_come_from_storeys_else_height_else_one(
    columns: dict[str, list[object]], floors: list[int]
) -> None:
    frame = gpd.GeoDataFrame(columns, geometry=[box(0, 0, 10, 10)] * 2, crs=CRS)
    assert buildings_of(frame, "b").floor_m2 == pytest.approx(np.asarray(floors) * 100.0)


def mask_raster(path: Path) -> Path:
    lon, lat = unproject(np.asarray([[EAST, NORTH + 1000.0]]), CRS)
    profile = {
        "driver": "GTiff",
        "height": 1000,
        "width": 3000,
        "count": 1,
        "dtype": "uint8",
        "crs": "EPSG:4326",
    }
    values = np.zeros((1000, 3000), np.uint8)
    values[:300] = 1
    with rasterio.open(path, "w", **profile, transform=from_origin(lon[0], lat[0], 1e-5, 1e-5)) as target:
        target.write(values, 1)
    return path


def test_by_settlement_nobody_lives_outside_it_vector_or_raster(tmp_path: Path) -> None:
    path = layer(tmp_path / "u.gpkg", TWO, residents=[600.0, 10.0])
    masks = [layer(tmp_path / "m.gpkg", [box(0, 700, 2000, 1000)]), mask_raster(tmp_path / "m.tif")]
    for mask in masks:
        grid = read_population(path, crs=CRS, reading=Reading(by="mask", mask=mask)).grid
        assert quarters(grid.xy, grid.residents) == (pytest.approx(600), pytest.approx(600))
        assert (grid.xy[:, 1] > NORTH + 600).all()


def test_nobody_is_spread_into_water(tmp_path: Path) -> None:
    path = layer(tmp_path / "u.gpkg", TWO, residents=[600.0, 10.0])
    lake = layer(tmp_path / "w.gpkg", [box(0, 0, 3000, 500)])
    grid = read_population(path, crs=CRS, reading=Reading(water=lake)).grid
    assert quarters(grid.xy, grid.residents) == (pytest.approx(600), pytest.approx(600))


def test_a_row_that_cannot_be_used_does_not_change_the_others(tmp_path: Path) -> None:
    path = layer(tmp_path / "u.gpkg", [*TWO, box(0, 2000, 1000, 3000)], residents=["600", "many", "10"])
    read = read_population(path, crs=CRS)
    assert (len(read.grid), read.grid.total) == (200, pytest.approx(610))
    assert [finding.row for finding in read.findings if finding.level == "error"] == [2]


def test_small_and_large_polygons_in_one_layer_are_each_treated_by_their_size(tmp_path: Path) -> None:
    path = layer(tmp_path / "u.gpkg", [box(0, 0, 100, 100), box(100, 0, 1100, 1000)], residents=[5.0, 100.0])
    grid = read_population(path, crs=CRS).grid
    assert len(grid) == 101
    assert grid.area_m2.sum() == pytest.approx(1_010_000)


blob = st.tuples(
    st.floats(0, 3000), st.floats(0, 3000), st.floats(5, 900), st.integers(3, 9), st.floats(0, 1e6)
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(blob, min_size=1, max_size=6), st.sampled_from(["area", "floor", "mask"]), st.booleans())
def test_whatever_residents_follow_every_polygon_keeps_its_total(
    rows: list[tuple[float, float, float, int, float]], by: str, grouped: bool
) -> None:
    shapes = np.asarray([shapely.Point(EAST + x, NORTH + y).buffer(r, quad_segs=q) for x, y, r, q, _ in rows])
    totals = [row[4] for row in rows]
    frame = gpd.GeoDataFrame({"residents": totals, "elderly": totals[::-1]}, geometry=shapes, crs=CRS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("data.population.polygons.read_buildings", lambda *_: HOUSES)
        patch.setattr("data.population.polygons.read_ground", lambda *_: SETTLED)
        cells = polygon_cells(frame, "p", CRS, Reading(by=by, buildings=Path("b"), mask=Path("m")))
    for name, values in {"residents": cells.residents, "elderly": cells.groups["elderly"]}.items():
        kept = np.bincount(cells.source, weights=values, minlength=len(rows))
        assert kept == pytest.approx(frame[name].to_numpy(), rel=1e-9, abs=1e-9)
    assert (cells.residents >= 0).all()


HOUSES = buildings_of(
    gpd.GeoDataFrame(
        {"floors": np.arange(100) % 7},
        geometry=[box(x, y, x + 12, y + 9) for x in range(0, 2000, 200) for y in range(0, 3000, 300)],
        crs=CRS,
    ),
    "b",
)
SETTLED = vector_ground(np.asarray([box(0, 0, 1500, 800), box(2000, 2000, 2050, 2900)]))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.permutations(range(4)))
def test_the_order_of_the_polygons_changes_nothing(order: list[int]) -> None:
    shapes = np.asarray([box(i * 1000 + 37, 11, (i + 1) * 1000 + 37, 1000) for i in range(4)])

    def weights(shapes: np.ndarray, names: list[int]) -> list[dict[tuple[float, ...], tuple[int, float]]]:
        ways = [
            places_by_area(shapes, None),
            places_by_floor(shapes, HOUSES),
            places_by_mask(shapes, SETTLED, None),
        ]
        return [
            {tuple(xy): (names[a], w) for a, xy, w in zip(p.area, p.xy, p.weight, strict=True)} for p in ways
        ]

    assert weights(shapes, [0, 1, 2, 3]) == weights(shapes[list(order)], list(order))


def test_small_polygons_get_the_cells_that_each_would_get_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tried cell by cell, many at once, as burnt one by one; outlines run through centres of cells too."""
    from data.population import places

    discs = shapely.buffer(shapely.points(np.random.default_rng(1).uniform(0, 9000, (200, 2))), 350)
    blocks = [shapely.box(150 * x, 150 * y, 150 * x + 150, 150 * y + 150) for x in range(9) for y in range(9)]
    for shapes in (discs, np.asarray(blocks, object)):
        together = places_by_area(shapes, None)
        with monkeypatch.context() as patched:
            patched.setattr(places, "_MOST_TRIED", 0)
            alone = places_by_area(shapes, None)
        np.testing.assert_array_equal(together.area, alone.area)
        np.testing.assert_array_equal(together.xy, alone.xy)
