"""A layer of the built-up area that tells urban from rural, or is refused."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from core.errors import InputError
from data.units import read_units
from tests.data.units.layouts import CRS, EAST, NORTH, city, classes, geojson

CITY = city()
TOWN = shapely.union_all([unit.shape for unit in CITY if unit.settlement == "urban"])
LIMITS = shapely.union_all([unit.shape for unit in CITY])


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return geojson(tmp_path / "u.geojson", CITY, lambda unit: {"name": unit.name, "level": unit.level})


def layer(path: Path, shapes: list[shapely.Geometry], **columns: list[object]) -> Path:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS).to_file(path)
    return path


def settlements(units: Path, urban: Path) -> dict[str, str]:
    table = read_units(units, urban=urban).table.frame
    return dict(table.loc[table["level"] == "community", ["name", "settlement"]].itertuples(index=False))


def test_half_the_ground_decides(tmp_path: Path, units: Path) -> None:
    assert settlements(units, layer(tmp_path / "b.gpkg", [TOWN])) == classes(CITY)


def test_a_column_of_one_class_or_of_names_is_no_reason_to_refuse(tmp_path: Path, units: Path) -> None:
    parts = [unit.shape for unit in CITY if unit.settlement == "urban"]
    path = layer(
        tmp_path / "b.gpkg", parts, DN=[1] * len(parts), code=[f"{k + 100}" for k in range(len(parts))]
    )
    assert settlements(units, path) == classes(CITY)


OUTSIDE = (
    ("DN", 1, 0),
    ("gridcode", 1, 0),
    ("是否建成", 1, 0),
    ("类型", "城区", "乡村"),
    ("CLASS", "Urban", "Rural"),
    ("fclass", "residential", "farmland"),
    ("地类名称", "城镇村及工矿用地", "耕地"),
    ("DLMC", "城市", "水田"),
    ("name", "建成区", "非建成区"),
)


@pytest.mark.parametrize(("title", "built", "other"), OUTSIDE)
def test_areas_that_are_not_built_up_among_others_are_refused(
    tmp_path: Path, units: Path, title: str, built: object, other: object
) -> None:
    shapes = [TOWN, shapely.difference(LIMITS, TOWN)]
    with pytest.raises(InputError, match=f"in column “{title}” 1 of 2 areas are called “{other}”"):
        settlements(units, layer(tmp_path / "b.gpkg", shapes, **{title: [built, other]}))


@pytest.mark.parametrize("title", ["ORIG_FID", "Id", "OBJECTID_1", "gid"])
def test_the_number_of_a_row_is_no_class(tmp_path: Path, units: Path, title: str) -> None:
    parts = [unit.shape for unit in CITY if unit.settlement == "urban"]
    assert settlements(units, layer(tmp_path / "b.gpkg", parts, **{title: list(range(len(parts)))})) == (
        classes(CITY)
    )


@pytest.mark.parametrize("metres", [30_000, 400_000])
def test_a_layer_elsewhere_is_refused(tmp_path: Path, units: Path, metres: float) -> None:
    with pytest.raises(InputError, match="touches none of the units"):
        settlements(units, layer(tmp_path / "b.gpkg", [shapely.transform(TOWN, lambda xy: xy + metres)]))


def test_a_layer_cut_off_inside_the_city_is_refused(tmp_path: Path, units: Path) -> None:
    sheet = shapely.box(EAST - 9000, NORTH - 9000, EAST + 3500, NORTH + 9000)
    with pytest.raises(InputError, match="ends along a straight line 4,500 m inside"):
        settlements(units, layer(tmp_path / "b.gpkg", [shapely.intersection(TOWN, sheet)]))


@pytest.mark.parametrize("nodata", [None, 0, 255])
def test_a_raster_counts_where_it_is_above_0(tmp_path: Path, units: Path, nodata: int | None) -> None:
    rows, columns = 40, 160
    transform = from_origin(EAST, NORTH + 2000, 50, 50)
    x = EAST + (np.arange(columns) + 0.5) * 50
    y = NORTH + 2000 - (np.arange(rows) + 0.5) * 50
    grid = np.meshgrid(x, y)
    band = shapely.contains_xy(TOWN, *grid).astype("uint8")
    size = {"height": rows, "width": columns, "count": 1, "dtype": "uint8", "crs": CRS, "nodata": nodata}
    with rasterio.open(tmp_path / "b.tif", "w", driver="GTiff", transform=transform, **size) as target:
        target.write(band, 1)
    assert settlements(units, tmp_path / "b.tif") == classes(CITY)


# A name of a product, its classes of town and of country around it.
PRODUCTS = (
    ("GHS_SMOD_E2020_GLOBE_R2023A_54009_1000.tif", (30, 23, 21), (11, 12, 13)),
    ("ESACCI-LC-L4-LCCS-Map-300m.tif", (190,), (10, 130, 210)),
    ("GLC_FCS30_2020.tif", (190,), (52, 91, 210)),
    ("MCD12Q1_LC_Type1.tif", (13,), (12, 10, 17)),
    ("CNLUCC2020.tif", (51, 52), (11, 43, 53)),
    ("CLCD_v01_2022.tif", (8,), (1, 2, 5)),
)


def classed(path: Path, inside: tuple[int, ...], outside: tuple[int, ...]) -> Path:
    """Kilometres of the city with classes in turn."""
    values = np.zeros((2, 8), "int16")
    for row in range(2):
        for column in range(8):
            town = shapely.contains_xy(TOWN, EAST + 500 + column * 1000, NORTH + 1500 - row * 1000)
            kinds = inside if town else outside
            values[row, column] = kinds[(row + column) % len(kinds)]
    place = {"crs": CRS, "transform": from_origin(EAST, NORTH + 2000, 1000, 1000)}
    with rasterio.open(path, "w", "GTiff", height=2, width=8, count=1, dtype="int16", **place) as out:
        out.write(values, 1)
    return path


@pytest.mark.parametrize(("name", "inside", "outside"), PRODUCTS)
def test_classes_of_a_product_tell_the_town(
    tmp_path: Path, units: Path, name: str, inside: tuple[int, ...], outside: tuple[int, ...]
) -> None:
    assert settlements(units, classed(tmp_path / name, inside, outside)) == classes(CITY)


def test_classes_of_a_product_that_is_not_known_are_refused(tmp_path: Path, units: Path) -> None:
    with pytest.raises(InputError, match="holds classes of land cover"):
        settlements(units, classed(tmp_path / "nj_2020.tif", (8, 7), (1, 2, 5)))
