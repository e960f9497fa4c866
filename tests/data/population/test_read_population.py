"""Residents from every kind of file."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import from_origin

from core.errors import InputError
from data.population import Reading, read_population
from data.population.polygons import polygon_cells
from geo.crs import unproject

SHARED = Path(__file__).parents[3] / ".." / "shared" / "data"
ROWS = pd.DataFrame({"lon": [118.8, 118.801], "lat": [32.0, 32.0], "residents": [10.0, 20.5]})


def test_csv_and_parquet_give_the_same_grid(tmp_path: Path) -> None:
    ROWS.to_csv(tmp_path / "p.csv", index=False)
    ROWS.to_parquet(tmp_path / "p.parquet")
    one, other = (read_population(tmp_path / name).grid for name in ("p.csv", "p.parquet"))
    assert one.total == other.total == 30.5
    assert np.array_equal(one.xy, other.xy)
    assert one.crs == "EPSG:4549"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_columns_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    frame = ROWS.set_axis(["经度", "纬度", "常住人口"], axis=1).assign(老年人口=[1, 2])
    (tmp_path / "p.csv").write_bytes(frame.to_csv(index=False).encode(encoding))
    grid = read_population(tmp_path / "p.csv").grid
    assert grid.total == 30.5
    assert grid.groups["elderly"].tolist() == [1.0, 2.0]


def test_rows_that_cannot_be_used_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "lon,lat,residents\n118.8,32,10\n118.8,320,5\n118.8,32,many\n118.8,32,-1\n"
    )
    read = read_population(tmp_path / "p.csv")
    assert read.grid.total == 10.0
    assert [(f.row, f.column) for f in read.findings] == [(3, "lat"), (4, "residents"), (5, "residents")]


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("lon,lat,mayors\n118.8,32,1\n")
    with pytest.raises(InputError, match=r"no column counts residents.*lon, lat, mayors"):
        read_population(tmp_path / "p.csv")


def raster(path: Path, values: np.ndarray, **options: object) -> Path:
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1}
    profile |= {
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": from_origin(118.8, 32.0, 1 / 1200, 1 / 1200),
    }
    with rasterio.open(path, "w", **(profile | options)) as target:
        target.write(values.astype("float32"), 1)
    return path


def test_raster_cells_count_at_their_centres_with_their_true_area(tmp_path: Path) -> None:
    values = np.asarray([[1, 0, -9999], [np.nan, 2.5, 3]], float)
    grid = read_population(raster(tmp_path / "p.tif", values, nodata=-9999)).grid
    assert sorted(grid.residents.tolist()) == [1.0, 2.5, 3.0]
    lon, lat = grid.lonlat()
    assert (lon[0], lat[0]) == (pytest.approx(118.8 + 0.5 / 1200), pytest.approx(32.0 - 0.5 / 1200))
    # A 3-arc-second cell at 32°N is 0.727 ha.
    assert grid.area_m2 == pytest.approx(7270, rel=0.002)


def test_a_raster_without_coordinate_system_is_refused_unless_its_numbers_are_degrees(tmp_path: Path) -> None:
    read = read_population(raster(tmp_path / "p_ppp.tif", np.ones((2, 2)), crs=None))
    assert "p_ppp.tif does not say its coordinate system; WGS-84 is taken." in [
        str(f.message) for f in read.findings
    ]
    metres = raster(
        tmp_path / "m.tif", np.ones((2, 2)), crs=None, transform=from_origin(4e5, 3.5e6, 100, 100)
    )
    with pytest.raises(InputError, match="coordinate system"):
        read_population(metres)
    assert read_population(metres, reading=Reading(datum="epsg:4549", unit="count")).grid.total == 4.0


def polygons(sides_m: list[float], residents: list[float]) -> gpd.GeoDataFrame:
    west = np.cumsum([0.0, *sides_m])[:-1]
    shapes = [
        shapely.box(400_000 + w, 3.5e6, 400_000 + w + s, 3.5e6 + s)
        for w, s in zip(west, sides_m, strict=True)
    ]
    return gpd.GeoDataFrame({"residents": residents}, geometry=shapes, crs="EPSG:4549")


@given(st.lists(st.tuples(st.floats(300, 2000), st.floats(0, 1e6)), min_size=1, max_size=5))
def test_spreading_large_polygons_conserves_every_total(rows: list[tuple[float, float]]) -> None:
    sides, residents = [row[0] for row in rows], [row[1] for row in rows]
    frame = polygons(sides, residents)
    cells = polygon_cells(frame, "p.gpkg", "EPSG:4549")
    assert cells.residents.sum() == pytest.approx(sum(residents), rel=1e-9, abs=1e-6)


def test_small_polygons_count_at_their_inner_point(tmp_path: Path) -> None:
    frame = polygons([100, 100, 100], [5, 6, 7])
    frame.to_file(tmp_path / "p.gpkg")
    grid = read_population(tmp_path / "p.gpkg").grid
    assert grid.residents.tolist() == [5.0, 6.0, 7.0]
    assert grid.area_m2 == pytest.approx(10_000, rel=1e-3)
    lon, lat = unproject(np.asarray([[400_050.0, 3_500_050.0]]), "EPSG:4549")
    assert (grid.lonlat()[0][0], grid.lonlat()[1][0]) == (pytest.approx(lon[0]), pytest.approx(lat[0]))


@pytest.mark.parametrize("content", [b"", b"PAR1 broken", b"II*\x00 broken", b"\xff\xfe\x00", b"{}"])
def test_broken_files_end_in_a_message(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p").write_bytes(content)
    with pytest.raises(InputError, match=r"^p"):
        read_population(tmp_path / "p")


@pytest.mark.skipif(not SHARED.exists(), reason="the shared trial data are not here")
def test_helsinki_and_porto_alegre_are_read_to_the_resident() -> None:
    porto = read_population(SHARED / "porto_alegre" / "poa_hexgrid.csv").grid
    assert (porto.total, len(porto), porto.crs) == (812_935.0, 1227, "EPSG:32722")
    helsinki = read_population(SHARED / "helsinki" / "helsinki_population_grid_2020.gpkg").grid
    assert helsinki.crs == "EPSG:32635"


def test_rows_that_are_there_twice_are_remarked_on(tmp_path: Path) -> None:
    rows = ["118.80,32.05,100", "118.81,32.05,100", "118.80,32.05,40", "118.80,32.05,100", "118.82,32.05,0"]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(["lon,lat,residents", *rows, rows[-1]]), "utf-8")
    read = read_population(path)
    assert read.grid.residents.sum() == 340  # nothing is left out
    (found,) = [one for one in read.findings if one.code == "population-repeated"]
    assert (found.message.values["count"], found.message.values["residents"]) == (1, 100.0)


def test_areas_on_one_another_are_remarked_on(tmp_path: Path) -> None:
    """The second lies half on the first, the third beside them with a border drawn 1 % too wide."""
    boxes = [
        shapely.box(a, 32.05, b, 32.06) for a, b in ((118.80, 118.81), (118.804, 118.812), (118.8119, 118.82))
    ]
    frame = gpd.GeoDataFrame({"residents": [500, 200, 300]}, geometry=boxes, crs=4326)
    frame.to_file(tmp_path / "people.gpkg")
    read = read_population(tmp_path / "people.gpkg")
    (found,) = [one for one in read.findings if one.code == "population-overlaps"]
    assert (found.message.values["count"], found.message.values["residents"]) == (1, 200.0)
