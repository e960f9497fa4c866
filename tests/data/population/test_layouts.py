"""Residents in the layouts in which providers ship them. A grid of 6 × 5 cells near Nanjing with 10, 11, …
residents: the truth is computed here, apart from the readers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.shutil import copy as copy_raster
from rasterio.transform import from_origin

from core.errors import InputError
from data.population import Reading, read_population
from geo.datum import convert

N = 30
X, Y = np.tile(np.arange(6), 5), np.repeat(np.arange(5), 6)
LON, LAT = 118.77 + X * 0.001, 32.03 + Y * 0.001
PEOPLE = 10.0 + np.arange(N) ** 2
TOTAL, ELDERLY = float(PEOPLE.sum()), float((PEOPLE / 5).sum())
PLACE = pd.DataFrame({"lon": LON, "lat": LAT})


def table(folder: Path, frame: pd.DataFrame, name: str = "p.csv", **how: object) -> Path:
    path = folder / name
    path.write_bytes(
        frame.to_csv(index=False, sep=str(how.get("sep", ","))).encode(str(how.get("encoding", "utf-8")))
    )
    return path


def head(title: str, scale: float = 1.0) -> Callable[[Path], Path]:
    return lambda folder: table(folder, PLACE.assign(**{title: PEOPLE / scale}))


def beside(**more: np.ndarray) -> Callable[[Path], Path]:
    return lambda folder: table(folder, PLACE.assign(**more))


def placed(
    lon: str, lat: str, x: np.ndarray = LON, y: np.ndarray = LAT, **more: object
) -> Callable[[Path], Path]:
    return lambda folder: table(folder, pd.DataFrame({lon: x, lat: y, "pop": PEOPLE, **more}))


def long(title: str, factors: dict[object, float]) -> Callable[[Path], Path]:
    rows = [
        PLACE.assign(grid_id=range(N), **{title: kind, "pop": PEOPLE * share})
        for kind, share in factors.items()
    ]
    return lambda folder: table(folder, pd.concat(rows))


GCJ = convert(LON, LAT, "wgs84", "gcj02")
BD = convert(LON, LAT, "wgs84", "bd09")
H = 0.0005
COUNT = ("常住人口", "常住人口（人）", "2020年常住人口", "七普常住人口", "人口总数", "实有人口", "人口",
"population_2020",
         "POP_SUM", "GRID_CODE", "value", "total_population", "居住人口", "residents", "第七次人口普查人口数",
         "人口数(人)", "totpop", "Population", "户籍人口")  # fmt: skip
LAYOUTS: dict[str, Callable[[Path], Path]] = {
    **{f"head {title}": head(title) for title in COUNT},
    "万人": head("常住人口(万人)", 1e4),
    "人口（万人）": head("人口（万人）", 1e4),
    "thousands with commas": lambda f: table(f, PLACE.assign(人口=[f"{v:,.1f}人" for v in PEOPLE])),
    "万 in the cell": lambda f: table(f, PLACE.assign(人口=[f"{v / 1e4:.4f}万" for v in PEOPLE])),
    "full width": lambda f: table(f, PLACE.assign(人口=[str(int(v)).translate(str.maketrans("0123456789",
    "０１２３４５６７８９")) for v in PEOPLE])),
    "registered beside": beside(户籍人口=PEOPLE * 2, 常住人口=PEOPLE),
    "households beside": beside(户数=PEOPLE / 3, 人口=PEOPLE),
    "a density under pop": beside(pop=PEOPLE * 100, 人口密度=PEOPLE * 100, 总人口=PEOPLE),
    "density in English": beside(POP_DENS=PEOPLE * 100, population=PEOPLE),
    "two epochs": beside(pop_2010=PEOPLE / 2, pop_2020=PEOPLE),
    "three epochs": beside(人口_2000=PEOPLE / 3, 人口_2010=PEOPLE / 2, 人口_2020=PEOPLE),
    "an index under value": beside(value=np.arange(N), population=PEOPLE),
    "utf-16 tabs": lambda f: table(f, PLACE.assign(pop=PEOPLE), encoding="utf-16", sep="\t"),
    "gb18030 semicolons": lambda f: table(f, PLACE.assign(人口=PEOPLE), encoding="gb18030", sep=";"),
    "bars": lambda f: table(f, PLACE.assign(pop=PEOPLE), sep="|"),
    "a title above": lambda f: _titled(f),
    "chinese centres": placed("中心点经度", "中心点纬度"),
    "x and y": placed("x", "y"),
    "swapped": placed("lon", "lat", LAT, LON),
    "wgs84 beside another": placed("lng", "lat", *GCJ, wgs84_lng=LON, wgs84_lat=LAT),
    "gcj02 by name": placed("gcj02_lng", "gcj02_lat", *GCJ),
    "bd09 by name": placed("百度经度", "百度纬度", *BD),
    "a column of systems": placed("经度", "纬度", *GCJ, 坐标系="GCJ-02"),
    "min and max": lambda f: table(f, pd.DataFrame({"ext_min_x": LON - H, "ext_min_y": LAT - H,
    "ext_max_x": LON + H, "ext_max_y": LAT + H, "pop": PEOPLE})),
    "corner and opposite": placed("lng", "lat", LON - H, LAT - H, lng_ru=LON + H, lat_ru=LAT + H),
    "lower left, upper right": placed("左下角经度", "左下角纬度", LON - H, LAT - H, 右上角经度=LON + H,
    右上角纬度=LAT + H),
    "both in one": lambda f: table(f, pd.DataFrame({"坐标": [f"{a},{b}" for a, b in zip(LON, LAT,
    strict=True)], "人口": PEOPLE})),
    "purposes": long("人口类型", {"居住人口": 1.0, "工作人口": 0.6, "到访人口": 2.0}),
    "years": long("year", {2010: 0.5, 2015: 0.8, 2020: 1.0}),
    "hours": long("hour", {2: 1.0, 9: 3.0, 14: 2.5, 20: 1.5}),
    "sexes": long("性别", {"男": 0.6, "女": 0.4}),
    "sexes and all": long("sex", {"male": 0.6, "female": 0.4, "total": 1.0}),
    "ages": long("年龄", {"0-14": 0.2, "15-59": 0.6, "60岁及以上": 0.2}),
    "a total row": lambda f: table(f, pd.concat([PLACE.assign(名称="c", 人口=PEOPLE),
    pd.DataFrame({"lon": [118.772], "lat": [32.032], "名称": ["合计"], "人口": [TOTAL]})])),
    "h3": lambda f: _h3(f),
    "quadkey": lambda f: _quadkey(f),
    "wkt": lambda f: table(f, pd.DataFrame({"人口": PEOPLE, "wkt": [p.wkt for p in shapely.points(LON,
    LAT)]})),
    **{f"layer {suffix}": (lambda f, s=suffix: _layer(f, s)) for suffix in ("gpkg", "geojson", "fgb",
    "shp", "parquet")},
    **{f"raster {suffix}": (lambda f, s=suffix: _raster(f, s)) for suffix in ("tif", "img", "asc", "nc")},
    "a sign beside nodata": lambda f: _raster(f, "tif", sign=9999.0),
    "65535": lambda f: _raster(f, "tif", sign=65535.0),
    "a huge sign": lambda f: _raster(f, "tif", sign=1e20),
    "scale and offset": lambda f: _raster(f, "tif", scaled=True),
}  # fmt: skip


def _titled(folder: Path) -> Path:
    (folder / "p.csv").write_text("某市人口网格,,\n" + PLACE.assign(人口=PEOPLE).to_csv(index=False), "utf-8")
    return folder / "p.csv"


def _h3(folder: Path) -> Path:
    cells = [h3.latlng_to_cell(float(b), float(a), 10) for a, b in zip(LON, LAT, strict=True)]
    return table(folder, pd.DataFrame({"hex_id": cells, "pop": PEOPLE}))


def _quadkey(folder: Path) -> Path:
    tiles = 1 << 17
    x = np.floor((LON + 180) / 360 * tiles).astype(int)
    sine = np.sin(np.radians(LAT))
    y = np.floor((0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)) * tiles).astype(int)
    keys = [
        "".join(str((a >> k & 1) + 2 * (b >> k & 1)) for k in range(16, -1, -1))
        for a, b in zip(x, y, strict=True)
    ]
    return table(folder, pd.DataFrame({"quadkey": keys, "pop": PEOPLE}))


def _layer(folder: Path, suffix: str) -> Path:
    frame = gpd.GeoDataFrame({"人口": PEOPLE}, geometry=shapely.points(LON, LAT), crs=4326)
    path = folder / f"p.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, encoding="utf-8" if suffix == "shp" else None)
    return path


def _raster(folder: Path, suffix: str, sign: float = 0.0, *, scaled: bool = False) -> Path:
    values = np.flipud(PEOPLE.reshape(5, 6))
    if sign:
        values = np.vstack([values, np.full((1, 6), sign)])
    driver = {"tif": "GTiff", "img": "HFA", "asc": "AAIGrid", "nc": "netCDF"}[suffix]
    path, plain = folder / f"p_ppp.{suffix}", folder / "plain.tif"
    size = {
        "height": len(values),
        "width": 6,
        "count": 1,
        "dtype": "float64",
        "crs": "EPSG:4326",
        "nodata": -9999.0,
    }
    where = from_origin(118.77 - H, 32.03 + 5 * 0.001 - H, 0.001, 0.001)
    with rasterio.open(
        path if driver == "GTiff" else plain, "w", driver="GTiff", transform=where, **size
    ) as target:
        target.write((values - 5.0) * 10.0 if scaled else values, 1)
        if scaled:
            target.scales, target.offsets = (0.1,), (5.0,)
    if driver != "GTiff":
        copy_raster(plain, path, driver=driver)
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_residents_at_the_same_place(tmp_path: Path, layout: str) -> None:
    grid = read_population(LAYOUTS[layout](tmp_path)).grid
    assert grid.total == pytest.approx(TOTAL, rel=1e-3)
    lon, lat = grid.lonlat()
    weight = grid.residents / grid.total
    # A hexagon or a tile may lie some tens of metres beside the point it was made from.
    near = 6e-4 if layout in ("h3", "quadkey") else 2e-5
    assert float((lon * weight).sum()) == pytest.approx(float((LON * PEOPLE).sum() / TOTAL), abs=near)
    assert float((lat * weight).sum()) == pytest.approx(float((LAT * PEOPLE).sum() / TOTAL), abs=near)


GROUPS: dict[str, dict[str, np.ndarray]] = {
    "60岁及以上": {"60岁及以上": PEOPLE / 5},
    "老年人口": {"老年人口": PEOPLE / 5},
    "two bands": {"60-64岁": PEOPLE / 10, "65岁及以上": PEOPLE / 10},
    "em dash": {"60—69岁": PEOPLE / 10, "70岁以上": PEOPLE / 10},
    "percent": {"60岁以上占比(%)": np.full(N, 20.0)},
    "share": {"老年人口比例": np.full(N, 0.2)},
    "by sex": {f"{sex}_{age}": PEOPLE / 50 for sex in "MF" for age in (60, 65, 70, 75, 80)},
    "by sex in words": {f"{sex}60岁以上": PEOPLE / 10 for sex in "男女"},
}


@pytest.mark.parametrize("layout", GROUPS)
def test_a_group_is_its_column_or_the_bands_that_make_it_up(tmp_path: Path, layout: str) -> None:
    path = table(tmp_path, PLACE.assign(常住人口=PEOPLE, **GROUPS[layout]))
    assert read_population(path).grid.groups["elderly"].sum() == pytest.approx(ELDERLY)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"pop": PEOPLE, "population": PEOPLE * 2}, "--population-column"),
        ({"人口密度": PEOPLE}, "density"),
        ({"户数": PEOPLE}, "no column counts residents"),
        ({"流动人口": PEOPLE}, "no column counts residents"),
        (
            {"常住人口": np.full(N, "待核")},
            f"常住人口 .* {N} of {N} rows .*“待核”.*--population-column",
        ),
        ({"常住人口": PEOPLE * 100, "60岁以上": np.full(N, 20.3)}, "--group-unit elderly"),
    ],
)
def test_what_could_mean_two_things_is_refused_with_the_option_that_answers(
    tmp_path: Path, columns: dict[str, np.ndarray], said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        read_population(table(tmp_path, PLACE.assign(**columns)))
    assert "p.csv" in str(refused.value)


def test_the_option_answers(tmp_path: Path) -> None:
    path = table(tmp_path, PLACE.assign(pop=PEOPLE, population=PEOPLE * 2, e=np.full(N, 20.0)))
    assert read_population(path, reading=Reading(column="population")).grid.total == 2 * TOTAL
    assert read_population(path, reading=Reading(column="3")).grid.total == TOTAL


def test_parts_of_one_whole_are_added_and_shared_ground_counts_once(tmp_path: Path) -> None:
    west, east = X < 4, X > 2
    frame = PLACE.assign(pop=PEOPLE)
    one, other = table(tmp_path, frame[west], "w.csv"), table(tmp_path, frame[east], "e.csv")
    read = read_population(one, more=(other,))
    assert read.grid.total == TOTAL
    assert [f.code for f in read.findings if "shared" in f.code] == ["population-shared-ground"]


@pytest.mark.parametrize("sides", [(0.0, 0.5), (0.25, 1.0), (0.1, 0.35)])
def test_a_polygon_that_the_rim_cuts_counts_by_its_share(tmp_path: Path, sides: tuple[float, float]) -> None:
    shape = shapely.box(118.77, 32.03, 118.78, 32.04)
    gpd.GeoDataFrame({"人口": [1000.0]}, geometry=[shape], crs=4326).to_file(tmp_path / "p.gpkg")
    area = shapely.box(118.77 + 0.01 * sides[0], 32.0, 118.77 + 0.01 * sides[1], 32.1)
    grid = read_population(tmp_path / "p.gpkg", reading=Reading(area=area)).grid
    assert grid.total == pytest.approx(1000.0 * (sides[1] - sides[0]), rel=1e-3)


def test_a_column_of_households_counts_households(tmp_path: Path) -> None:
    path = table(tmp_path, PLACE.assign(常住人口=PEOPLE, 户数=PEOPLE / 2.5))
    found = read_population(path)
    assert float(found.grid.residents.sum()) == pytest.approx(TOTAL)
    assert float(found.grid.groups["households"].sum()) == pytest.approx(TOTAL / 2.5)
