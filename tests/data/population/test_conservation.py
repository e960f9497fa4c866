"""Nobody is lost or doubled on the way from a file to cells: every path, to a millionth of the total."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from coverage.measuring.redistribute import rescale_to_units
from coverage.model.tables import UnitTable
from data.population import Reading, read_population
from data.population.area import cut_to
from data.population.cells import Cells

CRS = "EPSG:4549"
EAST, NORTH = 400_000.0, 3_550_000.0
LAW = settings(max_examples=12, deadline=None, derandomize=True)
residents = st.floats(0.0, 1e7, allow_subnormal=False)
sides = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 12), st.integers(1, 12))


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def kept(total: float) -> object:
    return pytest.approx(total, rel=1e-6, abs=1e-9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("law")
    size = {"height": 60, "width": 60, "count": 1, "dtype": "float32", "crs": CRS}
    size |= {"transform": from_origin(EAST, NORTH + 6000, 100, 100)}
    with rasterio.open(place / "settled.tif", "w", driver="GTiff", **size) as target:
        target.write((np.indices((60, 60)).sum(axis=0) % 7 == 0).astype("float32"), 1)
    layer = {"buildings": [box(x * 370.0, y * 410.0, 25, 18) for x in range(14) for y in range(13)]}
    gpd.GeoDataFrame(geometry=layer["buildings"], crs=CRS).to_file(place / "buildings.gpkg")
    gpd.GeoDataFrame(geometry=[box(900, -100, 700, 6000)], crs=CRS).to_file(place / "water.gpkg")
    return place


@LAW
@given(st.lists(st.tuples(sides, residents, residents), min_size=1, max_size=5), st.booleans())
@pytest.mark.parametrize("by", ["area", "floor", "mask"])
def test_polygons_keep_their_totals_and_groups_whatever_residents_follow(
    folder: Path, by: str, rows: list[tuple[tuple[int, int, int, int], float, float]], wet: bool
) -> None:
    shapes = [box(*(150.0 * number for number in sides)) for sides, _, _ in rows]
    columns = {"residents": [row[1] for row in rows], "elderly": [row[2] for row in rows]}
    gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS).to_file(folder / f"{by}.gpkg")
    reading = Reading(
        by=by,
        buildings=folder / "buildings.gpkg" if by == "floor" else None,
        mask=folder / "settled.tif" if by == "mask" else None,
        water=folder / "water.gpkg" if wet else None,
    )
    grid = read_population(folder / f"{by}.gpkg", crs=CRS, reading=reading).grid
    assert grid.total == kept(sum(columns["residents"]))
    assert grid.groups["elderly"].sum() == kept(sum(columns["elderly"]))


@LAW
@given(st.lists(residents, min_size=2, max_size=40), st.integers(0, 40))
def test_inside_and_left_out_are_all_there_were(counts: list[float], at: int) -> None:
    n = len(counts)
    lon = 118.8 + np.arange(n) * 0.001
    cells = Cells(np.arange(n), lon, np.full(n, 32.0), np.array(counts), {"elderly": np.array(counts) / 3})
    area = shapely.box(118.7995, 31.9, 118.8 + min(at, n - 1) * 0.001 + 0.0005, 32.1)
    inside = cut_to(cells, area, "f")
    left_out = [f.message.values["residents"] for f in inside.findings if f.code == "population-outside"]
    assert float(inside.residents.sum()) + float(sum(map(float, map(str, left_out)))) == kept(sum(counts))
    assert len(inside.groups["elderly"]) == len(inside)


@LAW
@given(st.lists(st.tuples(residents, st.one_of(st.none(), residents)), min_size=3, max_size=3))
def test_census_totals_are_met_unit_by_unit_and_the_rest_stays(
    rows: list[tuple[float, float | None]],
) -> None:
    from coverage.model.tables import PopulationGrid

    n = len(rows)
    frame = gpd.GeoDataFrame(
        {"unit_id": ["a", "b", "c"], "name": "u", "level": "street", "settlement": "", "parent_id": ""},
        geometry=[box(k * 1000.0, 0, 1000, 1000) for k in range(n)],
        crs=CRS,
    )
    x = np.repeat(np.arange(n) * 1000.0, 4) + np.tile([100.0, 300.0, 500.0, 700.0], n)
    xy = np.column_stack([EAST + np.append(x, 9000.0), np.full(4 * n + 1, NORTH + 500.0)])
    shares = np.tile([0.1, 0.2, 0.3, 0.4], n) * np.repeat([row[0] for row in rows], 4)
    grid = PopulationGrid(
        np.arange(4 * n + 1), xy, np.append(shares, 7.0), np.full(4 * n + 1, 1e4), 100.0, CRS
    )
    wanted = np.array([np.nan if row[1] is None else row[1] for row in rows])
    done = rescale_to_units(grid, UnitTable(frame), {"residents": wanted}, level="street")
    expected = [have if total is None else total for have, total in rows]
    of = ((done.grid.xy[:, 0] - EAST) // 1000).astype(int)
    sums = np.bincount(of, weights=done.grid.residents, minlength=n)
    assert sums[:n].tolist() == [kept(total) for total in expected]
    assert done.outside == 7.0
    assert done.grid.total == kept(sum(expected) + 7.0)


@LAW
@given(
    st.lists(residents, min_size=9, max_size=9),
    st.lists(residents, min_size=4, max_size=4),
    st.sampled_from(["csv", "tif"]),
)
def test_a_group_of_its_own_keeps_its_total_on_cells_of_any_kind(
    folder: Path, people: list[float], group: list[float], kind: str
) -> None:
    everybody = np.array(people).reshape(3, 3) + 1.0
    for name, values, step in (("p", everybody, 0.001), ("g", np.array(group).reshape(2, 2) + 1.0, 0.0017)):
        rows, columns = values.shape
        place = {"transform": from_origin(118.8, 32.0, step, step), "crs": "EPSG:4326", "count": 1}
        size = {"height": rows, "width": columns, "dtype": "float64"}
        with rasterio.open(folder / f"{name}_ppp.tif", "w", driver="GTiff", **place, **size) as target:
            target.write(values, 1)
    lon, lat = np.meshgrid(118.8005 + np.arange(3) * 0.001, 31.9995 - np.arange(3) * 0.001)
    table = {"lon": lon.ravel(), "lat": lat.ravel(), "residents": everybody.ravel()}
    pd.DataFrame(table).to_csv(folder / "p.csv", index=False)
    path = folder / ("p.csv" if kind == "csv" else "p_ppp.tif")
    grid = read_population(path, reading=Reading(groups=(("elderly", folder / "g_ppp.tif"),))).grid
    assert grid.total == kept(float(everybody.sum()))
    assert grid.groups["elderly"].sum() == kept(sum(group) + 4.0)


@LAW
@given(st.lists(residents, min_size=36, max_size=36), st.floats(0.2, 5.8), st.floats(0.2, 5.8))
def test_of_a_raster_what_counts_and_what_the_border_leaves_out_are_all_it_touches(
    folder: Path, values: list[float], x: float, y: float
) -> None:
    # A border through pixels' centres is a tie that the way to degrees and back decides either way.
    assume(min(abs(side % 1.0 - 0.5) for side in (x, y)) > 1e-6)
    numbers = np.array(values).reshape(6, 6) + 1.0
    size = {"height": 6, "width": 6, "count": 1, "dtype": "float64", "crs": CRS}
    size |= {"transform": from_origin(EAST, NORTH + 600, 100, 100)}
    with rasterio.open(folder / "b_ppp.tif", "w", driver="GTiff", **size) as target:
        target.write(numbers, 1)
    whole = gpd.GeoSeries([box(-50, -50, x * 100 + 50, y * 100 + 50)], crs=CRS).to_crs(4326).iloc[0]
    rest = gpd.GeoSeries([box(-50, -50, 700, 700)], crs=CRS).to_crs(4326).iloc[0]
    part = read_population(folder / "b_ppp.tif", crs=CRS, reading=Reading(area=rest)).grid.total
    assert part == kept(float(numbers.sum()))
    columns, rows = int(x + 0.5), int(y + 0.5)
    if columns and rows:
        inside = read_population(folder / "b_ppp.tif", crs=CRS, reading=Reading(area=whole)).grid.total
        assert inside == kept(float(numbers[6 - rows :, :columns].sum()))
