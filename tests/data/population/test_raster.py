"""Population rasters: any CRS, nodata convention and unit; only the part that is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from core.errors import InputError, SettingError
from data.population import Reading, read_population
from data.population.area import read_outline
from data.population.raster_unit import UNITS, decide_unit

STEP = 1 / 1200
# At 32°N; 3 arc seconds in both directions.
HECTARES = 0.727


def raster(path: Path, *bands: np.ndarray, **options: object) -> Path:
    tags = options.pop("tags", {})
    names = options.pop("names", ())
    profile = {
        "driver": "GTiff",
        "height": bands[0].shape[0],
        "width": bands[0].shape[1],
        "count": len(bands),
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": from_origin(118.8, 32.0, STEP, STEP),
    }
    with rasterio.open(path, "w", **(profile | options)) as target:
        for number, values in enumerate(bands, start=1):
            target.write(values.astype(target.dtypes[0]), number)
        for number, name in enumerate(names, start=1):
            target.set_band_description(number, name)
        target.update_tags(**tags)
    return path


def codes(path: Path, reading: Reading | None = None) -> dict[str, str]:
    return {finding.code: str(finding.message) for finding in read_population(path, reading=reading).findings}


@pytest.mark.parametrize(
    ("file", "tags", "hectares"),
    [
        ("chn_ppp_2020_1km_UNadj.tif", {}, 0.0),
        ("nanjing_pph_2015.tif", {}, HECTARES),
        ("chn_pd_2020.tif", {}, HECTARES / 100),
        ("p.tif", {"units": "people per hectare"}, HECTARES),
        ("p.tif", {"UNIT": "persons/km2"}, HECTARES / 100),
        ("chn_ppp_2020.tif", {"单位": "人/公顷"}, HECTARES),
        ("人口密度.tif", {"description": "每平方公里人口"}, HECTARES / 100),
        ("GHS_POP_E2020.tif", {}, 0.0),
    ],
)
def test_the_unit_is_told_by_tags_then_by_the_name(
    tmp_path: Path, file: str, tags: dict[str, str], hectares: float
) -> None:
    grid = read_population(raster(tmp_path / file, np.full((2, 2), 50.0), tags=tags)).grid
    assert grid.total == pytest.approx(200.0 * (hectares or 1.0), rel=0.002)


def test_a_density_counts_with_the_true_area_of_each_pixel(tmp_path: Path) -> None:
    path = raster(tmp_path / "p.tif", np.full((2, 2), 50.0))
    grid = read_population(path, reading=Reading(unit="per_ha")).grid
    assert grid.residents == pytest.approx(50.0 * grid.area_m2 / 10_000)
    assert grid.area_m2 / 10_000 == pytest.approx(HECTARES, rel=0.002)


def test_without_a_unit_counts_are_taken_and_the_other_readings_are_told(tmp_path: Path) -> None:
    found = codes(raster(tmp_path / "p.tif", np.full((100, 100), 100.0)))
    assert "1,000,000 in all" in found["population-unit-unclear"]
    assert "per km² 7,2" in found["population-unit-unclear"]


def test_a_known_total_tells_the_unit_and_overrules_a_wrong_one(tmp_path: Path) -> None:
    silent = raster(tmp_path / "p.tif", np.full((10, 10), 100.0))
    read = read_population(silent, reading=Reading(known_residents=7_100.0))
    assert read.grid.total == pytest.approx(7_270, rel=0.01)
    wrong = raster(tmp_path / "p_ppp.tif", np.full((10, 10), 100.0))
    assert read_population(wrong, reading=Reading(known_residents=75.0)).grid.total == pytest.approx(
        72.7, rel=0.01
    )
    assert (
        "fits residents per km²"
        in codes(wrong, Reading(known_residents=75.0))["population-unit-contradicted"]
    )


@pytest.mark.parametrize(
    ("known", "source"),
    [(10_100.0, "totals"), (7_200.0, "totals"), (8_600.0, "assumed"), (700.0, "assumed"), (1e6, "assumed")],
)
def test_a_total_decides_only_where_it_fits_one_reading_much_better(known: float, source: str) -> None:
    sums = {"count": 10_000.0, "per_ha": 7_270.0, "per_km2": 72.7}
    assert decide_unit(("", ""), sums, known, "p.tif").source == source


def test_on_cells_of_a_hectare_counts_and_people_per_hectare_are_one() -> None:
    sums = {"count": 10_000.0, "per_ha": 10_003.0, "per_km2": 100.0}
    assert decide_unit(("count", "name"), sums, 10_100.0, "p.tif").unit == "count"
    assert decide_unit(("", ""), sums, 10_100.0, "p.tif").source == "totals"


def test_an_unknown_unit_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingError, match=", ".join(("auto", "ask", *UNITS))):
        Reading(unit="per_acre")


@pytest.mark.parametrize(
    ("dtype", "nodata", "nobody", "code"),
    [
        ("float32", -9999, -9999, "population-nodata"),
        ("float32", None, np.nan, "population-nodata"),
        ("float32", None, -200, "population-negative"),
        ("float32", None, 3.4028235e38, "population-undeclared-nodata"),
        ("uint16", None, 65535, "population-undeclared-nodata"),
        ("uint16", 0, 0, "population-nodata"),
        ("int32", -2147483648, -2147483648, "population-nodata"),
        ("float32", float("nan"), np.nan, "population-nodata"),
        ("float32", -200, -200, "population-nodata"),
        ("float64", -99999, -99999, "population-nodata"),
        ("float32", None, -3.4028235e38, "population-negative"),
        ("float32", None, np.inf, "population-nodata"),
        ("uint8", 255, 255, "population-nodata"),
        ("int16", None, 32767, "population-undeclared-nodata"),
    ],
)
def test_every_convention_for_no_data_is_understood_and_counted(
    tmp_path: Path, dtype: str, nodata: float | None, nobody: float, code: str
) -> None:
    path = raster(
        tmp_path / "p_ppp.tif", np.asarray([[nobody, 5.0], [7.0, nobody]]), dtype=dtype, nodata=nodata
    )
    assert read_population(path).grid.total == 12.0
    assert codes(path)[code].startswith("2 pixels")


def test_a_full_byte_counts_and_is_told_since_it_may_mean_no_data(tmp_path: Path) -> None:
    path = raster(tmp_path / "p_ppp.tif", np.asarray([[255, 200], [7, 255]]), dtype="uint8")
    assert read_population(path).grid.total == 717.0
    assert codes(path)["population-full-byte"].startswith("2 pixels hold 255")


@pytest.mark.parametrize("sign", [255, 9999, 32767, 65535, 99999, 999999, 2147483647])
def test_a_number_that_stands_apart_from_all_others_is_no_resident(tmp_path: Path, sign: int) -> None:
    values = np.asarray([[sign, 5.0], [70.0, sign]])
    for number, (scale, offset) in enumerate([(1.0, 0.0), (0.5, 0.0), (0.5, 10.0)]):
        path = raster(tmp_path / f"p{number}_ppp.tif", values, dtype="int32", nodata=-7)
        with rasterio.open(path, "r+") as target:
            target.scales, target.offsets = (scale,), (offset,)
        assert read_population(path).grid.total == 75.0 * scale + 2 * offset
        assert f"{sign} × 2" in codes(path)["population-undeclared-nodata"]


@pytest.mark.parametrize("side", ["0", "nan", "1e999"])
def test_a_grid_whose_cells_have_no_size_is_refused(tmp_path: Path, side: str) -> None:
    path = tmp_path / "people.asc"
    path.write_text(f"ncols 2\nnrows 1\nxllcorner 118\nyllcorner 32\ncellsize {side}\n1 2\n", "utf-8")
    with pytest.raises(InputError, match=r"people.asc: its pixels have no size|damaged"):
        read_population(path, reading=Reading(datum="wgs84"))


def test_scale_and_offset_of_the_file_are_applied(tmp_path: Path) -> None:
    path = raster(tmp_path / "p_ppp.tif", np.full((1, 2), 30), dtype="uint16")
    with rasterio.open(path, "r+") as target:
        target.scales = (0.1,)
    assert read_population(path).grid.total == pytest.approx(6.0)


@pytest.mark.parametrize("crs", ["EPSG:32650", "EPSG:4549", "ESRI:54009", "EPSG:3857"])
def test_any_coordinate_system_is_read_at_its_place_and_with_true_areas(tmp_path: Path, crs: str) -> None:
    x, y = rasterio.warp.transform("EPSG:4326", crs, [118.8], [32.0])
    where = from_origin(x[0], y[0], 100.0, 100.0)
    grid = read_population(raster(tmp_path / "p_ppp.tif", np.ones((3, 3)), crs=crs, transform=where)).grid
    lon, lat = grid.lonlat()
    assert (lon.mean(), lat.mean()) == (pytest.approx(118.8015, abs=1e-3), pytest.approx(31.9985, abs=1e-3))
    # Web Mercator is 1.18 times too long at 32°N.
    assert grid.area_m2 == pytest.approx(10_000 / (1.389 if crs == "EPSG:3857" else 1.0), rel=0.01)


def test_bands_that_name_a_group_give_it_and_others_are_told(tmp_path: Path) -> None:
    bands = [np.full((2, 2), value) for value in (3.0, 10.0, 1.0)]
    path = raster(tmp_path / "p_ppp.tif", *bands, names=("60+", "population", "mystery"))
    grid = read_population(path).grid
    assert (grid.total, grid.groups["elderly"].sum()) == (40.0, 12.0)
    assert "bands mystery" in codes(path)["population-band-unused"]


def test_a_group_in_its_own_raster_keeps_its_total(tmp_path: Path) -> None:
    people = raster(tmp_path / "p_ppp.tif", np.asarray([[10.0, 0.0], [10.0, 20.0]]))
    coarse = from_origin(118.8, 32.0, 2 * STEP, 2 * STEP)
    old = raster(tmp_path / "old_ppp.tif", np.asarray([[8.0]]), transform=coarse)
    fine = raster(tmp_path / "young_ppp.tif", np.asarray([[1.0, 2.0], [3.0, 4.0]]))
    reading = Reading(groups=(("elderly", old), ("children", fine)))
    groups = read_population(people, reading=reading).grid.groups
    assert (groups["elderly"].sum(), groups["children"].sum()) == (8.0, 10.0)
    assert any("2.0 of them live where" in message for message in messages(people, reading))


def messages(path: Path, reading: Reading) -> list[str]:
    return [str(finding.message) for finding in read_population(path, reading=reading).findings]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.floats(0.5, 9.5), st.floats(0.5, 9.5), st.floats(0.1, 4.0))
def test_pixels_count_by_their_centre_and_the_border_is_told_to_the_resident(
    tmp_path_factory: pytest.TempPathFactory, column: float, row: float, radius: float
) -> None:
    values = np.arange(100.0).reshape(10, 10) + 1.0
    path = raster(tmp_path_factory.mktemp("r") / "p_ppp.tif", values)
    area = shapely.Point(118.8 + column * STEP, 32.0 - row * STEP).buffer(radius * STEP)
    centre_x, centre_y = np.meshgrid(
        118.8 + (np.arange(10) + 0.5) * STEP, 32.0 - (np.arange(10) + 0.5) * STEP
    )
    expected = values[shapely.contains_xy(area, centre_x, centre_y)].sum()
    try:
        assert read_population(path, reading=Reading(area=area)).grid.total == expected
    except InputError:
        assert expected == 0


def test_cells_keep_their_numbers_whatever_part_is_read(tmp_path: Path) -> None:
    path = raster(tmp_path / "p_ppp.tif", np.arange(1.0, 401.0).reshape(20, 20))
    whole = read_population(path).grid
    part = read_population(path, reading=Reading(area=shapely.box(118.805, 31.99, 118.81, 31.995))).grid
    assert 0 < len(part) < len(whole)
    assert np.array_equal(whole.residents[np.isin(whole.cell_id, part.cell_id)], part.residents)


def test_an_area_without_residents_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nobody lives in the study area"):
        read_population(
            raster(tmp_path / "p.tif", np.ones((2, 2))), reading=Reading(area=shapely.box(0, 0, 1, 1))
        )


MEASURE = """
import resource, sys
from pathlib import Path
import shapely
from data.population import Reading
from data.population.raster import raster_cells
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
cells = raster_cells(Path(sys.argv[1]), Reading(area=shapely.box(118.6, 31.9, 118.7, 32.0)))
print(cells.residents.sum(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_of_a_national_raster_only_the_city_is_read(tmp_path: Path) -> None:
    side, path = 120_000, tmp_path / "nation_ppp.tif"
    profile = {"driver": "GTiff", "height": side, "width": side, "count": 1, "dtype": "float32", "nodata": 0}
    profile |= {"crs": "EPSG:4326", "transform": from_origin(60.0, 60.0, STEP, STEP), "BIGTIFF": "YES"}
    profile |= {"tiled": True, "blockxsize": 512, "blockysize": 512, "SPARSE_OK": True, "compress": "deflate"}
    window = rasterio.windows.Window(int(58.5 * 1200), int(27.9 * 1200), 400, 400)
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.ones((400, 400), "float32"), 1, window=window)
    assert side * side * 4 > 57e9
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    residents, peak_kb = map(float, ran.stdout.split())
    assert residents == 120 * 120
    assert peak_kb < 150_000


def _wide(folder: Path, side_m: float) -> Path:
    """Two pixels beside each other of 400 and 100 residents, their western edge at 300 km east."""
    place = from_origin(300_000, 3_550_000, side_m, side_m)
    return raster(folder / "wide.tif", np.array([[400.0, 100.0]]), crs="EPSG:32650", transform=place)


def _layer(path: Path, shapes: list[shapely.Geometry], **columns: object) -> Path:
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:32650").to_file(path)
    return path


def test_residents_of_wide_pixels_follow_buildings_within_each_pixel(tmp_path: Path) -> None:
    homes = [
        shapely.box(300_050, 3_549_900, 300_070, 3_549_920),
        shapely.box(301_950, 3_549_100, 301_970, 3_549_120),
    ]
    buildings = _layer(tmp_path / "b.gpkg", homes, building=["apartments", "house"])
    reading = Reading(by="floor", buildings=buildings)
    grid = read_population(_wide(tmp_path, 1000.0), crs="EPSG:32650", reading=reading).grid
    order = np.argsort(grid.xy[:, 0])
    assert grid.residents[order].tolist() == pytest.approx([400.0, 100.0])
    assert np.hypot(*(grid.xy[order] - [[300_060, 3_549_910], [301_960, 3_549_110]]).T).max() < 100


def test_residents_of_wide_pixels_follow_settlements_and_leave_water(tmp_path: Path) -> None:
    west = _layer(tmp_path / "s.gpkg", [shapely.box(300_000, 3_549_000, 300_500, 3_550_000)])
    settled = Reading(by="mask", mask=west)
    found = read_population(_wide(tmp_path, 1000.0), crs="EPSG:32650", reading=settled)
    inside = found.grid.xy[:, 0] < 300_600  # a cell of 100 m at the rim has its centre a little beyond
    assert found.grid.residents[inside].sum() == pytest.approx(400.0)
    assert found.grid.total == pytest.approx(500.0)
    assert "spread-by-area" in {
        finding.code for finding in found.findings
    }  # the other pixel holds no settlement
    dry = read_population(_wide(tmp_path, 1000.0), crs="EPSG:32650", reading=Reading(water=west)).grid
    assert dry.residents[dry.xy[:, 0] < 300_400].sum() == 0
    assert dry.total == pytest.approx(500.0)


def test_pixels_as_fine_as_they_should_be_follow_nothing(tmp_path: Path) -> None:
    homes = _layer(tmp_path / "b.gpkg", [shapely.box(300_050, 3_549_950, 300_070, 3_549_970)])
    with pytest.raises(SettingError, match="would do nothing"):
        read_population(_wide(tmp_path, 100.0), reading=Reading(by="floor", buildings=homes))


def test_points_of_a_wide_grid_say_how_wide_it_is_whatever_the_reach(tmp_path: Path) -> None:
    rows = [f"{118.7 + 0.01 * k},{32.0 + 0.0085 * j},10" for k in range(5) for j in range(5)]
    (tmp_path / "p.csv").write_text("lon,lat,residents\n" + "\n".join(rows))
    found = read_population(tmp_path / "p.csv")
    assert "population-coarse" in {finding.code for finding in found.findings}


def test_a_study_area_as_wide_as_the_earth_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "area.geojson"
    path.write_text(shapely.to_geojson(shapely.box(-180, -90, 180, 90)), "utf-8")
    with pytest.raises(InputError, match="360 degrees wide"):
        read_outline(path)
