"""Relatives of the layouts in `test_layouts.py`: the same 30 cells in further words, forms and formats that
providers use. The truth is the same and is computed apart from the readers."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pygeohash
import pytest
import rasterio
import shapely
from pyproj import Transformer
from rasterio.transform import from_origin

from core.errors import InputError
from data.formats.asked import OpenQuestionError
from data.population import Reading, read_population
from geo.crs import project
from tests.data.population.test_layouts import (
    ELDERLY,
    LAT,
    LON,
    PEOPLE,
    PLACE,
    TOTAL,
    H,
    N,
    beside,
    head,
    long,
    placed,
    table,
)

HEADS = (
    "年末常住人口",
    "常住人口数",
    "常住人口数量（人）",
    "总人数",
    "居住人口数",
    "人口规模",
    "pop_total",
    "population_total_2020",
    "TOTAL_POP",
    "POPULATION_2021",
    "Population (persons)",
    "ghs_pop",
    "est_pop",
    "RESIDENT_POPULATION",
    "人口_人",
    "常住人口_2020",
    "2020年第七次人口普查常住人口",
    "居民人数",
    "CZRK",
    "ZRK",
    "RKS",
    "no_of_people",
    "pop2020",
    "Total Population",
    "TOT_P_2021",
    "TOTPOP_CY",
)
WRITTEN: dict[str, Callable[[float], str]] = {
    "a space in thousands": lambda v: f"{v:,.0f}".replace(",", " "),
    "an apostrophe": lambda v: f"{v:,.0f}".replace(",", "’"),
    "exponents": lambda v: f"{v:.3E}",
    "about": lambda v: f"约{v:.0f}人",
    "full width commas": lambda v: f"{v:,.0f}".replace(",", "，"),
    "a unit after a space": lambda v: f"{v:.0f} 人",
    "ten thousands in full width": lambda v: (
        f"{v / 1e4:.4f}".translate(str.maketrans("0123456789.", "０１２３４５６７８９．")) + "万"
    ),
}


def wide(**columns: object) -> Callable[[Path], Path]:
    return lambda folder: table(folder, pd.DataFrame({**columns, "pop": PEOPLE}))


def dms(degrees: np.ndarray, letter: str) -> list[str]:
    seconds = np.round(degrees * 3600, 2)
    return [f"{s // 3600:.0f}°{s % 3600 // 60:.0f}′{s % 60:.2f}″{letter}" for s in seconds]


def metres_of(code: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = Transformer.from_crs(4326, code, always_xy=True).transform(LON, LAT)
    return np.asarray(x), np.asarray(y)


def crossed(folder: Path) -> Path:
    """By sex and year at once."""
    rows = [
        PLACE.assign(网格编号=range(N), 性别=sex, 年份=year, 人口=PEOPLE * share * factor)
        for sex, share in (("男", 0.6), ("女", 0.4))
        for year, factor in ((2010, 0.5), (2020, 1.0))
    ]
    return table(folder, pd.concat(rows))


def subtotals(folder: Path) -> Path:
    """Rows of sums within the table and above it."""
    frame = PLACE.assign(名称=[f"格网{k}" for k in range(N)], 人口=PEOPLE)
    sums = [
        pd.DataFrame({"lon": [None], "lat": [None], "名称": [word], "人口": [value]})
        for word, value in (
            ("全市合计", TOTAL),
            ("小计", float(PEOPLE[:15].sum())),
            ("小计：", float(PEOPLE[15:].sum())),
        )
    ]
    return table(folder, pd.concat([sums[0], frame[:15], sums[1], frame[15:], sums[2]]))


def signs(value: float) -> Callable[[Path], Path]:
    """A further cell without a figure."""
    further = pd.DataFrame({"lon": [118.771], "lat": [32.0345], "人口": [value]})
    return lambda folder: table(folder, pd.concat([PLACE.assign(人口=PEOPLE), further]))


def zipped(made: Callable[[Path], Path], inside: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / "in").mkdir()
        path = made(folder / "in")
        with zipfile.ZipFile(folder / "p.zip", "w") as archive:
            for part in sorted((folder / "in").rglob("*")):
                if part.is_file():
                    archive.write(part, f"{inside}{part.relative_to(folder / 'in')}")
            archive.writestr(f"__MACOSX/{inside}._{path.name}", b"\0\5\26\7")
        return folder / "p.zip"

    return make


def packed(folder: Path) -> Path:
    (folder / "p.csv.gz").write_bytes(
        gzip.compress(PLACE.assign(人口=PEOPLE).to_csv(index=False).encode("gb18030"))
    )
    return folder / "p.csv.gz"


def layer(suffix: str, driver: str | None = None, **how: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        frame = gpd.GeoDataFrame({"人口": PEOPLE}, geometry=shapely.points(LON, LAT), crs=4326)
        frame.to_crs(how.get("crs", 4326)).to_file(folder / f"p.{suffix}", driver=driver)
        return folder / f"p.{suffix}"

    return make


def topojson(folder: Path) -> Path:
    points = [
        {"type": "Point", "coordinates": [x, y], "properties": {"pop": p}}
        for x, y, p in zip(LON, LAT, PEOPLE, strict=True)
    ]
    whole = {
        "type": "Topology",
        "arcs": [],
        "objects": {"p": {"type": "GeometryCollection", "geometries": points}},
    }
    (folder / "p.json").write_text(json.dumps(whole))
    return folder / "p.json"


def esrijson(folder: Path) -> Path:
    rows = [
        {"attributes": {"POP": p}, "geometry": {"x": x, "y": y}}
        for x, y, p in zip(LON, LAT, PEOPLE, strict=True)
    ]
    about = {
        "geometryType": "esriGeometryPoint",
        "spatialReference": {"wkid": 4326},
        "fields": [{"name": "POP", "type": "esriFieldTypeDouble"}],
        "features": rows,
    }
    (folder / "p.json").write_text(json.dumps(about))
    return folder / "p.json"


def geodatabase(folder: Path) -> Path:
    frame = gpd.GeoDataFrame({"POP": PEOPLE}, geometry=shapely.points(LON, LAT), crs=4326)
    frame.to_file(folder / "p.gdb", driver="OpenFileGDB", layer="grid")
    return folder / "p.gdb"


def second_sheet(folder: Path) -> Path:
    with pd.ExcelWriter(folder / "p.xlsx") as book:
        pd.DataFrame({"填表说明": ["每行一个格网", "单位：人"]}).to_excel(
            book, sheet_name="说明", index=False
        )
        PLACE.assign(常住人口=PEOPLE).to_excel(book, sheet_name="数据", index=False, startrow=2)
    return folder / "p.xlsx"


def merged_heads(folder: Path) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["某市人口网格统计表"])
    sheet.append(["编号", "坐标", "", "常住人口"])
    sheet.append(["", "经度", "纬度", ""])
    sheet.merge_cells("B2:C2")
    for cell in ("A2:A3", "D2:D3"):
        sheet.merge_cells(cell)
    for k in range(N):
        sheet.append([k + 1, LON[k], LAT[k], PEOPLE[k]])
    book.save(folder / "p.xlsx")
    return folder / "p.xlsx"


def wkb(folder: Path) -> Path:
    shapes = [shapely.to_wkb(point, hex=True) for point in shapely.points(LON, LAT)]
    return table(folder, pd.DataFrame({"geom": shapes, "人口": PEOPLE}))


def bare_geojson(folder: Path) -> Path:
    texts = [shapely.to_geojson(point) for point in shapely.points(LON, LAT)]
    return table(folder, pd.DataFrame({"geometry": texts, "人口": PEOPLE}))


def raster(crs: str = "EPSG:4326", **how: object) -> Callable[[Path], Path]:
    """The 6 × 5 cells as pixels; `sign` fills a further row, `scale` divides, `said` describes the band."""

    def make(folder: Path) -> Path:
        values = np.flipud(PEOPLE.reshape(5, 6)) * float(how.get("factor", 1.0))
        if "sign" in how:
            values = np.vstack([values, np.full((1, 6), how["sign"])])
        west, north, step = 118.77 - H, 32.03 + 5 * 0.001 - H, 0.001
        place = from_origin(west, north, step, step)
        with rasterio.open(
            folder / str(how.get("name", "p.tif")),
            "w",
            driver="GTiff",
            height=len(values),
            width=6,
            count=1,
            dtype=str(how.get("dtype", "float64")),
            crs=crs,
            transform=place,
            nodata=how.get("nodata"),
        ) as target:
            target.write(values.astype(target.dtypes[0]), 1)
            if "said" in how:
                target.set_band_description(1, str(how["said"]))
            target.update_tags(**how.get("tags", {}))
        return folder / str(how.get("name", "p.tif"))

    return make


def zonal(count: str, total: str) -> Callable[[Path], Path]:
    """Pixels by zone, as QGIS and ArcGIS write them."""
    return beside(**{count: np.full(N, 12.0), total: PEOPLE, "_mean": PEOPLE / 12})


def cut(title: str) -> Callable[[Path], Path]:
    """A shapefile whose titles are cut at ten bytes of UTF-8."""

    def make(folder: Path) -> Path:
        frame = gpd.GeoDataFrame({title: PEOPLE}, geometry=shapely.points(LON, LAT), crs=4326)
        frame.to_file(folder / "p.shp", encoding="utf-8")
        return folder / "p.shp"

    return make


MX, MY = metres_of("EPSG:4549")
LAYOUTS: dict[str, Callable[[Path], Path]] = {
    **{f"head {title}": head(title) for title in HEADS},
    "zonal statistics of QGIS": zonal("_count", "_sum"),
    "zonal statistics of ArcGIS": zonal("COUNT", "SUM"),
    "zonal statistics with a prefix": zonal("wp_count", "wp_sum"),
    "time stamps": long("时间", {"2023-05-11 03:00:00": 1.0, "2023-05-11 09:00:00": 2.0}),
    "time stamps with slashes": long("time", {"2023/5/1 15:30": 3.0, "2023/5/1 2:30": 1.0}),
    "time stamps in digits": long("时段", {"2023050102": 1.0, "2023050111": 2.0, "2023050123": 3.0}),
    "spans of hours": long("时段", {"03:00-04:00": 1.0, "12:00-13:00": 2.0}),
    **{
        f"cut {title}": cut(title) for title in ("常住人口数量", "居住人数", "人口总数量", "total_population")
    },
    "2023年末常住人口（万人）": head("2023年末常住人口（万人）", 1e4),
    **{
        f"written with {name}": (lambda f, w=write: table(f, PLACE.assign(人口=[w(v) for v in PEOPLE])))
        for name, write in WRITTEN.items()
    },
    "degrees, minutes, seconds": placed("经度", "纬度", dms(LON, "E"), dms(LAT, "N")),
    "both words for an axis": placed("经度(东经)", "纬度(北纬)"),
    "axes in two languages": placed("经度 Longitude", "纬度 Latitude"),
    "the system after": placed("lon_wgs84", "lat_wgs84"),
    "centres in English": placed("center_lng", "center_lat"),
    "points of ArcGIS": placed("POINT_X", "POINT_Y"),
    "in one, Chinese comma": lambda f: table(
        f, pd.DataFrame({"经纬度": [f"{a}，{b}" for a, b in zip(LON, LAT, strict=True)], "人口": PEOPLE})
    ),
    "west, south, east, north": wide(west=LON - H, south=LAT - H, east=LON + H, north=LAT + H),
    "xmin … ymax": wide(xmin=LON - H, ymin=LAT - H, xmax=LON + H, ymax=LAT + H),
    "upper left, lower right": wide(
        左上角经度=LON - H, 左上角纬度=LAT + H, 右下角经度=LON + H, 右下角纬度=LAT - H
    ),
    "hex of WKB": wkb,
    "shapes as GeoJSON": bare_geojson,
    "sexes and years": crossed,
    "residents and visitors": long("人群类别", {"常住人口": 1.0, "流动人口": 0.3}),
    "where they live and work": long("类型", {"居住地": 1.0, "工作地": 0.8}),
    "months": long("年月", {201912: 0.9, 202006: 0.95, 202012: 1.0}),
    "subtotals": subtotals,
    "registered and floating beside": beside(户籍人口=PEOPLE * 0.7, 流动人口=PEOPLE * 0.3, 常住人口=PEOPLE),
    "density per hectare beside": beside(density_ha=PEOPLE * 3, pop_count=PEOPLE),
    **{f"sign {value:g}": signs(value) for value in (-9999.0, -1.0, 999999.0, 99999.0)},
    "utf-16 big end": lambda f: table(f, PLACE.assign(人口=PEOPLE), encoding="utf-16", sep=","),
    "gbk tabs": lambda f: table(f, PLACE.assign(人口=PEOPLE), "p.txt", encoding="gbk", sep="\t"),
    "bom and semicolons": lambda f: table(f, PLACE.assign(人口=PEOPLE), encoding="utf-8-sig", sep=";"),
    "zip within folders": zipped(head("人口"), "数据/2020/"),
    "gz of gb18030": packed,
    "zipped shapefile": zipped(layer("shp"), "人口/"),
    "zipped geodatabase": zipped(geodatabase, ""),
    "GeoJSON a line": layer("geojsonl", "GeoJSONSeq"),
    "KML": layer("kml", "KML"),
    "TopoJSON": topojson,
    "EsriJSON": esrijson,
    "CGCS2000 in metres": layer("gpkg", crs="EPSG:4549"),
    "web mercator": layer("shp", crs="EPSG:3857"),
    "second sheet": second_sheet,
    "heads on two rows": merged_heads,
    "raster of CGCS2000": raster("EPSG:4490"),
    "raster, 32767": raster(dtype="int16", sign=32767),
    "raster, not a number": raster(sign=np.nan, nodata=np.nan),
    "raster, -3.4e38": raster(dtype="float32", sign=-3.4e38),
    "raster, 2147483647": raster(dtype="int32", sign=2147483647),
    "raster in a county": raster(name="xx_county_country_pop.tif"),
    "raster with a title": raster(tags={"TIFFTAG_IMAGEDESCRIPTION": "Estimated residents per grid cell"}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_relative_gives_the_same_residents_at_the_same_place(tmp_path: Path, layout: str) -> None:
    grid = read_population(LAYOUTS[layout](tmp_path)).grid
    assert grid.total == pytest.approx(TOTAL, rel=1e-3)
    lon, lat = grid.lonlat()
    weight = grid.residents / grid.total
    assert float((lon * weight).sum()) == pytest.approx(float((LON * PEOPLE).sum() / TOTAL), abs=2e-5)
    assert float((lat * weight).sum()) == pytest.approx(float((LAT * PEOPLE).sum() / TOTAL), abs=2e-5)


def test_metres_of_cgcs2000_are_answered_by_their_number(tmp_path: Path) -> None:
    path = placed("X坐标", "Y坐标", MX, MY)(tmp_path)
    grid = read_population(path, reading=Reading(datum="epsg:4549")).grid
    np.testing.assert_allclose(np.column_stack(grid.lonlat()), np.column_stack([LON, LAT]), atol=1e-6)


CELLS: dict[str, Callable[[], pd.DataFrame]] = {
    "geohash": lambda: pd.DataFrame(
        {"geohash": [pygeohash.encode(b, a, 8) for a, b in zip(LON, LAT, strict=True)]}
    ),
    "geohash in capitals": lambda: pd.DataFrame(
        {"GEOHASH8": [pygeohash.encode(b, a, 8).upper() for a, b in zip(LON, LAT, strict=True)]}
    ),
    "h3 as numbers": lambda: pd.DataFrame(
        {"h3": [int(h3.latlng_to_cell(b, a, 10), 16) for a, b in zip(LON, LAT, strict=True)]}
    ),
    "h3 in capitals": lambda: pd.DataFrame(
        {"H3_INDEX": [h3.latlng_to_cell(b, a, 10).upper() for a, b in zip(LON, LAT, strict=True)]}
    ),
}


@pytest.mark.parametrize("kind", CELLS)
def test_named_cells_lie_where_their_names_say(tmp_path: Path, kind: str) -> None:
    grid = read_population(table(tmp_path, CELLS[kind]().assign(人口=PEOPLE))).grid
    assert grid.total == pytest.approx(TOTAL)
    away = np.hypot(*(grid.xy - project(LON, LAT, grid.crs)).T)
    assert away.max() < 80


@pytest.mark.parametrize(
    ("said", "factor"),
    [
        ("persons/km^2", 1 / 0.0105),
        ("inhabitants per hectare", 1 / 1.05),
        ("人口密度（人/公顷）", 1 / 1.05),
        ("Population density per square kilometre", 1 / 0.0105),
    ],
)
def test_a_density_counts_by_the_ground_of_each_pixel(tmp_path: Path, said: str, factor: float) -> None:
    path = raster(said=said, factor=factor)(tmp_path)
    assert read_population(path).grid.total == pytest.approx(TOTAL, rel=0.01)


GROUPS: dict[str, dict[str, np.ndarray]] = {
    "60周岁及以上人口": {"60周岁及以上人口": PEOPLE / 5},
    "60+": {"60+": PEOPLE / 5},
    "pop_60_plus": {"pop_60_plus": PEOPLE / 5},
    "65 and 60–64": {"60–64岁人口": PEOPLE / 10, "65岁以上人口": PEOPLE / 10},
    "five-year bands": {f"{age}-{age + 4}岁": PEOPLE / 25 for age in (60, 65, 70, 75)}
    | {"80岁及以上": PEOPLE / 25},
    "percent as words": {"老年人口占比（%）": np.full(N, 20.0)},
    "years of WorldPop": {
        f"chn_{sex}_{age}_2020": PEOPLE / 50 for sex in "mf" for age in (60, 65, 70, 75, 80)
    },
}


@pytest.mark.parametrize("layout", GROUPS)
def test_a_group_in_further_words(tmp_path: Path, layout: str) -> None:
    path = table(tmp_path, PLACE.assign(常住人口=PEOPLE, **GROUPS[layout]))
    assert read_population(path).grid.groups["elderly"].sum() == pytest.approx(ELDERLY)


@pytest.mark.parametrize(
    "columns",
    [
        {"家庭户数": PEOPLE},
        {"人口密度（人/平方公里）": PEOPLE},
        {"就业人口": PEOPLE},
        {"人口增长率": PEOPLE},
        {"老龄化率": PEOPLE},
        {"外来人口": PEOPLE},
        {"男": PEOPLE},
        {"男厕": PEOPLE, "女厕": PEOPLE},
        {"性别比": PEOPLE, "女": PEOPLE},
        {"15-59岁": PEOPLE, "60岁以上": PEOPLE},
        {"城镇人口": PEOPLE, "城镇化率": PEOPLE},
    ],
)
def test_what_is_no_number_of_residents_is_never_taken_for_it(
    tmp_path: Path, columns: dict[str, np.ndarray]
) -> None:
    with pytest.raises(InputError, match=r"p\.csv"):
        read_population(table(tmp_path, PLACE.assign(**columns)))


def banded(folder: Path, **shares: float) -> Path:
    """A raster whose bands are these shares of the residents, under their names."""
    place = from_origin(118.77 - H, 32.03 + 5 * 0.001 - H, 0.001, 0.001)
    with rasterio.open(folder / "b.tif", "w", driver="GTiff", width=6, height=5, count=len(shares),
                       dtype="float64", crs="EPSG:4326", transform=place) as target:  # fmt: skip
        for number, (name, share) in enumerate(shares.items(), start=1):
            target.write(np.flipud(PEOPLE.reshape(5, 6) * share), number)
            target.set_band_description(number, name)
    return folder / "b.tif"


BANDS: dict[str, dict[str, float]] = {
    "sexes": {"male": 0.6, "female": 0.4},
    "sexes in Chinese": {"男": 0.6, "女": 0.4},
    "ages": {"0-14": 0.2, "15-59": 0.6, "60+": 0.2},
    "a total among ages": {"0-14": 0.2, "total": 1.0, "60+": 0.2},
    "years": {"2010": 0.5, "2020": 1.0, "2000": 0.3},
    "a density beside": {"density per km2": 90.0, "population count": 1.0},
    "epochs": {"pop_2010": 0.5, "pop_2020": 1.0},
}


@pytest.mark.parametrize("bands", BANDS)
def test_bands_that_make_up_everybody_are_added_and_of_years_the_latest_is_taken(
    tmp_path: Path, bands: str
) -> None:
    found = read_population(banded(tmp_path, **BANDS[bands]))
    assert found.grid.total == pytest.approx(TOTAL)
    if "60+" in BANDS[bands]:
        assert found.grid.groups["elderly"].sum() == pytest.approx(ELDERLY)


def test_bands_of_which_none_is_known_are_asked_about(tmp_path: Path) -> None:
    path = banded(tmp_path, day=2.0, evening=1.0)
    with pytest.raises(OpenQuestionError, match="day, evening") as asked:
        read_population(path)
    assert asked.value.choices == ("day", "evening")
    assert read_population(path, reading=Reading(column="evening")).grid.total == pytest.approx(TOTAL)


SCALES = {
    "常住人口(千人)": 1e3, "population (thousands)": 1e3, "人口(百人)": 1e2, "人口（百万人）": 1e6,
    "人口（亿人）": 1e8, "Population in thousands": 1e3,
}  # fmt: skip


@pytest.mark.parametrize("title", SCALES)
def test_numbers_are_multiplied_with_the_unit_of_their_title(tmp_path: Path, title: str) -> None:
    assert read_population(head(title, SCALES[title])(tmp_path)).grid.total == pytest.approx(TOTAL)


def sheets(**parts: pd.DataFrame) -> Callable[[Path], Path]:
    """A workbook with a sheet a part; `_2020` is called 2020."""

    def make(folder: Path) -> Path:
        with pd.ExcelWriter(folder / "p.xlsx") as book:
            for name, part in parts.items():
                part.to_excel(book, sheet_name=name.lstrip("_"), index=False)
        return folder / "p.xlsx"

    return make


def hours(title: str, *, others: float = 1.4) -> Callable[[Path], Path]:
    """A column an hour; only who is there at three at night lives there."""
    return beside(**{title.format(hour): PEOPLE * (1.0 if hour == 3 else others) for hour in range(24)})


ROWS = PLACE.assign(编号=[*range(10), *range(20)], 人口=PEOPLE)
FURTHER: dict[str, Callable[[Path], Path]] = {
    "a sheet a district": sheets(玄武区=ROWS[:10], 秦淮区=ROWS[10:]),
    "a sheet a year": sheets(_2010年=ROWS.assign(人口=PEOPLE / 2), _2020年=ROWS),
    **{
        f"by hour, {title}": hours(title)
        for title in ("{}时", "h{}", "hour_{:02d}", "{:02d}:00", "t{:02d}", "人口_{}时", "{}")
    },
    "by hour, beside their sum": lambda f: table(
        f,
        PLACE.assign(**{f"{h}点": PEOPLE * (1 if h == 3 else 2) for h in range(24)}, 人口=PEOPLE * 47),
    ),
    "years alone": beside(**{"2010年": PEOPLE / 2, "2020年": PEOPLE}),
    "indicators a row": long("指标", {"户籍人口": 0.7, "常住人口": 1.0, "户数": 0.3}),
    "the ground beside": beside(AREA_KM2=np.full(N, 0.01), v0001=PEOPLE, v0002=PEOPLE / 3),
    "a total beside sexes": beside(男=PEOPLE * 0.6, 女=PEOPLE * 0.4, 合计=PEOPLE),
    "all beside sexes": beside(人口_男=PEOPLE * 0.6, 人口_女=PEOPLE * 0.4, 人口_合计=PEOPLE),
    "at night": beside(白天人口=PEOPLE * 1.6, 夜间人口=PEOPLE),
    "at home": beside(home_pop=PEOPLE, work_pop=PEOPLE * 3),
    "Meta's text": beside(chn_general_2020=PEOPLE, chn_men_2020=PEOPLE / 2),
    "at night in English": beside(pop_day=PEOPLE * 1.6, pop_night=PEOPLE),
    "where they live": beside(居住=PEOPLE, 就业=PEOPLE * 0.5),
    "latitude first in one": lambda f: table(
        f, pd.DataFrame({"纬度,经度": [f"{b},{a}" for a, b in zip(LON, LAT, strict=True)], "人口": PEOPLE})
    ),
    "millionths": wide(lng=np.round(LON * 1e6).astype(int), lat=np.round(LAT * 1e6).astype(int)),
    "WKT under coordinates": lambda f: table(
        f, pd.DataFrame({"坐标": [p.wkt for p in shapely.points(LON, LAT)], "人口": PEOPLE})
    ),
}


def test_numbers_that_may_be_hours_or_years_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(OpenQuestionError, match="pop_03"):
        read_population(hours("pop_{:02d}")(tmp_path))


def test_sheets_about_the_same_places_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(OpenQuestionError, match="--population-layer"):
        read_population(sheets(工作日=ROWS, 周末=ROWS.assign(人口=PEOPLE / 2))(tmp_path))


@pytest.mark.parametrize("layout", FURTHER)
def test_every_further_layout_gives_the_same_residents(tmp_path: Path, layout: str) -> None:
    grid = read_population(FURTHER[layout](tmp_path)).grid
    assert grid.total == pytest.approx(TOTAL)
    lon, lat = grid.lonlat()
    np.testing.assert_allclose([lon.mean(), lat.mean()], [LON.mean(), LAT.mean()], atol=2e-5)


GROUP_FILES: dict[str, dict[str, np.ndarray]] = {
    "its own column": {"老年人口": PEOPLE / 5},
    "ages from a year on": {"60岁及以上人口": PEOPLE / 5},
    "old people": {"60岁以上老人数": PEOPLE / 5},
    "its very name": {"elderly": PEOPLE / 5},
    "bands": {"60-69岁": PEOPLE / 10, "70岁以上": PEOPLE / 10},
    "beside all residents": {"人口": PEOPLE, "60岁以上": PEOPLE / 5},
    "a count": {"count": PEOPLE / 5},
    "the only numbers": {"num": PEOPLE / 5},
    "percent": {"老年人口占比(%)": np.full(N, 20.0)},
    "a share": {"老年人口比例": np.full(N, 0.2)},
}


@pytest.mark.parametrize("layout", GROUP_FILES)
@pytest.mark.parametrize("areas", [False, True])
def test_a_file_of_a_group_is_read_for_that_group(tmp_path: Path, layout: str, areas: bool) -> None:
    base = table(tmp_path, PLACE.assign(人口=PEOPLE), "base.csv")
    own = table(tmp_path, PLACE.assign(**GROUP_FILES[layout]), "own.csv")
    if areas:
        own = tmp_path / "own.gpkg"
        squares = shapely.box(LON - H, LAT - H, LON + H, LAT + H)
        gpd.GeoDataFrame(GROUP_FILES[layout], geometry=squares, crs=4326).to_file(own)
    grid = read_population(base, reading=Reading(groups=(("elderly", own),))).grid
    np.testing.assert_allclose(grid.groups["elderly"], PEOPLE / 5, rtol=1e-6)


def test_percent_that_only_the_answer_names_are_of_the_residents_there(tmp_path: Path) -> None:
    base = table(tmp_path, PLACE.assign(人口=PEOPLE), "base.csv")
    own = table(tmp_path, PLACE.assign(某数=np.full(N, 20.0)), "own.csv")
    reading = Reading(groups=(("elderly", own),), group_units={"elderly": "percent"})
    assert read_population(base, reading=reading).grid.groups["elderly"].sum() == pytest.approx(ELDERLY)


def test_a_band_of_a_group_is_taken_before_one_of_everybody(tmp_path: Path) -> None:
    base = table(tmp_path, PLACE.assign(人口=PEOPLE), "base.csv")
    own = banded(tmp_path, **{"total": 1.0, "60+": 0.2})
    grid = read_population(base, reading=Reading(groups=(("elderly", own),))).grid
    assert grid.groups["elderly"].sum() == pytest.approx(ELDERLY)


def two_rows(suffix: str, **columns: np.ndarray) -> Callable[[Path], Path]:
    """Heads on two rows, `above|below`, merged in a workbook, empty cells to the right in a text."""

    def make(folder: Path) -> Path:
        import openpyxl

        titles = ["网格编号|", "坐标|经度", "坐标|纬度", *columns]
        above, below = zip(*(title.split("|") for title in titles), strict=True)
        upper = [word if k == 0 or above[k - 1] != word else "" for k, word in enumerate(above)]
        rows = [[k + 1, LON[k], LAT[k], *(column[k] for column in columns.values())] for k in range(N)]
        if suffix == "csv":
            frame = pd.DataFrame([upper, below, *rows])
            frame.to_csv(folder / "p.csv", index=False, header=False, encoding="gb18030")
            return folder / "p.csv"
        book = openpyxl.Workbook()
        for row in (["某市人口网格统计表"], upper, below, *rows):
            book.active.append(row)
        for start in (k for k, word in enumerate(upper) if word):
            end = next((k for k in range(start + 1, len(upper)) if upper[k]), len(upper))
            last = 3 if not below[start] else 2
            book.active.merge_cells(start_row=2, end_row=last, start_column=start + 1, end_column=end)
        book.save(folder / "p.xlsx")
        return folder / "p.xlsx"

    return make


SEXES = {"人口数|合计": PEOPLE, "人口数|男": PEOPLE * 0.6, "人口数|女": PEOPLE * 0.4}
TWO_ROWS: dict[str, dict[str, np.ndarray]] = {
    "sexes below a count": SEXES,
    "households first": {"户数|合计": PEOPLE / 3, "户数|家庭户": PEOPLE / 4, **SEXES},
    "who works there beside": {"从业人员|男": PEOPLE * 9, "从业人员|女": PEOPLE * 9, **SEXES},
    "sexes alone": {k: v for k, v in SEXES.items() if "合计" not in k},
    "years": {"常住人口|2010年": PEOPLE / 2, "常住人口|2020年": PEOPLE, "户籍人口|2020年": PEOPLE * 3},
    "shares of ages": {
        "常住人口|": PEOPLE,
        "占比(%)|0-14岁": PEOPLE * 0 + 20,
        "占比(%)|60岁以上": PEOPLE * 0 + 20,
    },
    "English below": {"总　人　口|Total Population": PEOPLE, "户数|Households": PEOPLE / 3},
}


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("layout", TWO_ROWS)
def test_heads_on_two_rows_are_read_together(tmp_path: Path, layout: str, suffix: str) -> None:
    grid = read_population(two_rows(suffix, **TWO_ROWS[layout])(tmp_path)).grid
    assert grid.total == pytest.approx(TOTAL)
    if "ages" in layout:
        assert grid.groups["elderly"].sum() == pytest.approx(ELDERLY)


@pytest.mark.parametrize(
    "title",
    [
        "常住人口 Permanent Population",
        "常 住 人 口",
        "常住人口\n(万人)\nPermanent population (10 000 persons)",
    ],
)
def test_titles_as_yearbooks_set_them(tmp_path: Path, title: str) -> None:
    scale = 1e4 if "万" in title else 1.0
    assert read_population(head(title, scale)(tmp_path)).grid.total == pytest.approx(TOTAL)


def test_corners_in_metres_are_asked_for_their_system_and_answered(tmp_path: Path) -> None:
    corners = {"最小X": MX - 50, "最小Y": MY - 50, "最大X": MX + 50, "最大Y": MY + 50}
    path = table(tmp_path, pd.DataFrame({"格网ID": range(N), **corners, "人口": PEOPLE}))
    with pytest.raises(InputError, match="--population-datum"):
        read_population(path)
    grid = read_population(path, reading=Reading(datum="epsg:4549")).grid
    np.testing.assert_allclose(np.column_stack(grid.lonlat()), np.column_stack([LON, LAT]), atol=1e-6)


def square(folder: Path, name: str, *bands: np.ndarray, described: tuple[str, ...] = ()) -> Path:
    """A raster of the cells in their order, from the south."""
    shape = {"height": 5, "width": 6, "count": len(bands), "dtype": "float64"}
    place = from_origin(118.77 - H, 32.03 + 4.5 * 0.001, 0.001, 0.001)
    with rasterio.open(folder / name, "w", "GTiff", crs="EPSG:4326", transform=place, **shape) as out:
        for number, numbers in enumerate(bands, start=1):
            out.write(np.flipud(numbers.reshape(5, 6)), number)
            if described:
                out.set_band_description(number, described[number - 1])
    return folder / name


SHARES = 15.0 + np.arange(N) % 7
# Elderly of a raster that does not say what it counts; whether they are asked about.
UNSAID = {
    "percent": (SHARES, PEOPLE, True),
    "parts of one": (SHARES / 100, PEOPLE, True),
    "percent of few": (SHARES, PEOPLE / 20, True),
    "the same percent everywhere": (SHARES * 0 + 18, PEOPLE, True),
    "people": (PEOPLE * SHARES / 1000, PEOPLE / 10, False),
    "people, and too many": (PEOPLE / 10, PEOPLE / 30, False),
    "single people": (np.round(SHARES / 12), PEOPLE / 10, False),
    "people where all cells are alike": (SHARES, SHARES * 5, False),
}


@pytest.mark.parametrize("bands", [False, True])
@pytest.mark.parametrize("case", UNSAID)
def test_a_raster_of_a_group_that_may_be_percent_is_asked_about(
    tmp_path: Path, case: str, *, bands: bool
) -> None:
    elderly, people, asked = UNSAID[case]
    if bands:
        base, own = square(tmp_path, "b.tif", people, elderly, described=("pop", "elderly")), ()
    else:
        base = square(tmp_path, "b_ppp.tif", people)
        own = (("elderly", square(tmp_path, "aged.tif", elderly)),)
    if not asked:
        groups = read_population(base, reading=Reading(groups=own)).grid.groups
        assert groups["elderly"].sum() == pytest.approx(elderly.sum())
        return
    with pytest.raises(OpenQuestionError, match="people or percent"):
        read_population(base, reading=Reading(groups=own))
    answered = Reading(groups=own, group_units={"elderly": "percent"})
    share = elderly / (100 if elderly.max() > 1 else 1)
    grid = read_population(base, reading=answered).grid
    assert grid.groups["elderly"].sum() == pytest.approx((people * share).sum())


def test_a_coarse_raster_of_percent_beside_fine_cells_is_asked_about(tmp_path: Path) -> None:
    base = table(tmp_path, PLACE.assign(人口=PEOPLE), "base.csv")
    place = from_origin(118.77 - H, 32.03 + 4.5 * 0.001, 0.002, 0.0025)
    values = np.array([[17.0, 18.0, 16.0], [15.0, 19.0, 17.5]])
    shape = {"height": 2, "width": 3, "count": 1, "dtype": "float64"}
    with rasterio.open(tmp_path / "a.tif", "w", "GTiff", crs="EPSG:4326", transform=place, **shape) as out:
        out.write(values, 1)
    with pytest.raises(OpenQuestionError, match="group-unit"):
        read_population(base, reading=Reading(groups=(("elderly", tmp_path / "a.tif"),)))


def test_a_band_described_as_percent_is_of_the_residents_there(tmp_path: Path) -> None:
    path = square(tmp_path, "b.tif", PEOPLE, SHARES, described=("pop", "老年人口占比（%）"))
    assert read_population(path).grid.groups["elderly"].sum() == pytest.approx((PEOPLE * SHARES / 100).sum())


def by_age_and_sex(folder: Path, ages: tuple[int, ...] = (0, 1, *range(5, 85, 5))) -> list[Path]:
    """A raster an age and sex, as WorldPop has them; the residents of a place in equal parts."""
    share = 1 / (2 * len(ages))
    return [raster(factor=share, name=f"chn_{sex}_{age}_2020.tif")(folder) for sex in "fm" for age in ages]


def test_rasters_by_age_and_sex_are_added_up_and_give_the_groups(tmp_path: Path) -> None:
    first, *others = by_age_and_sex(tmp_path)
    grid = read_population(first, more=others).grid
    assert grid.total == pytest.approx(TOTAL) and len(grid) == N
    assert grid.groups["elderly"].sum() == pytest.approx(TOTAL * 5 / 18)


@pytest.mark.parametrize("count", [1, 5])
def test_rasters_of_some_ages_are_not_all_residents(tmp_path: Path, count: int) -> None:
    first, *others = by_age_and_sex(tmp_path)[:count]
    with pytest.raises(InputError, match="--group"):
        read_population(first, more=others)
    with_answer = read_population(first, reading=Reading(column="1"))
    assert with_answer.grid.total == pytest.approx(TOTAL / 36)


@pytest.mark.parametrize(("inside", "total"), [(0.6, 1000.0), (0.9, 1000.0), (1.4, 1000.0), (1.6, 1500.0)])
def test_wide_pixels_count_whole_by_their_centre_and_live_inside(
    tmp_path: Path, inside: float, total: float
) -> None:
    """Two pixels of a hundredth of a degree; the area holds the first `inside` of their width."""
    with rasterio.open(
        tmp_path / "p.tif", "w", driver="GTiff", height=1, width=2, count=1, dtype="float64", crs="EPSG:4326",
        transform=from_origin(118.77, 32.04, 0.01, 0.01),
    ) as target:  # fmt: skip
        target.write(np.array([[1000.0, 500.0]]), 1)
    area = shapely.box(118.77, 32.03, 118.77 + 0.01 * inside, 32.04)
    grid = read_population(tmp_path / "p.tif", reading=Reading(area=area)).grid
    assert grid.total == pytest.approx(total)
    lon, lat = grid.lonlat()
    assert shapely.intersects_xy(area.buffer(1e-9), lon, lat).all()
