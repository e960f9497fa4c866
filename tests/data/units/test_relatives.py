"""Relatives of the layouts in `test_layouts.py`: the same small city in further words of providers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from core.errors import InputError
from data.units import read_totals, read_units
from tests.data.units.layouts import CRS, LEVELS, Unit, classes, frame, geojson, of
from tests.data.units.test_layouts import CITY, require_city, seen_classes

LEVEL_WORDS = [
    ("行政级别", ("县（市、区）级", "乡（镇、街道）级", "村（社区）级")),
    ("级别", ("区县级", "乡镇街道级", "村居委会级")),
    ("类别", ("县级区划", "乡级区划", "村级区划")),
    ("层级", ("第三级", "第四级", "第五级")),
    ("level", ("L3", "L4", "L5")),
    ("LEVEL", ("COUNTY", "TOWN", "VILLAGE")),
    ("levelName", ("区", "镇", "村")),
    ("行政层级", ("县", "乡", "村")),
    ("区划类型", ("区", "街道办", "居委会")),
    ("type", ("urban district", "sub-district", "residential community")),
    ("adm_level", ("ADM3", "ADM4", "ADM5")),
    ("place", ("district", "town", "neighbourhood")),
    ("行政区类型", ("市辖区", "街道、镇", "社区、村")),
    ("DJ", (1, 2, 3)),
]


@pytest.mark.parametrize(("title", "words"), LEVEL_WORDS)
def test_further_words_of_levels(tmp_path: Path, title: str, words: Sequence[object]) -> None:
    word = dict(zip(LEVELS, words, strict=True))
    path = geojson(tmp_path / "u.geojson", CITY, lambda unit: {"name": unit.name, title: word[unit.level]})
    require_city(read_units(path))


LAYERS = [
    ("县级行政区划", "乡级行政区划", "村级行政区划"),
    ("District_boundary", "Street_boundary", "Community_boundary"),
    ("区县边界", "乡镇街道边界", "村社区边界"),
    ("xzq_county", "xzq_town", "xzq_village"),
    ("COUNTY", "TOWN", "VILLAGE"),
    ("南京_区县_2020", "南京_街镇_2020", "南京_社区村_2020"),
    ("admin_3", "admin_4", "admin_5"),
    ("L3_district", "L4_street", "L5_community"),
]


@pytest.mark.parametrize("names", LAYERS)
def test_further_names_of_layers(tmp_path: Path, names: Sequence[str]) -> None:
    for level, layer in zip(LEVELS, names, strict=True):
        table = frame(of(level, CITY), lambda unit: {"mc": unit.name})
        table.to_file(tmp_path / "u.gpkg", layer=layer)
    require_city(read_units(tmp_path / "u.gpkg"))


PARENT_TITLES = [
    ("vill_name", "town_name", "county_name"),
    ("Village", "Town", "County"),
    ("社区居委会", "街道办事处", "市辖区"),
    ("村居名", "镇街名", "县区名"),
    ("CUN", "XIANG", "XIAN"),
    ("shequ", "jiedao", "quxian"),
    ("Community_name", "Street_name", "District_name"),
    ("SQMC", "SSJD", "SSQX"),
    ("行政村/社区", "乡镇/街道", "县/区"),
    ("社区（村）", "街道（乡镇）", "区（县）"),
    ("CMC", "SSXZ", "SSQXMC"),
]


@pytest.mark.parametrize(("own", "street", "district"), PARENT_TITLES)
def test_further_titles_of_parents(tmp_path: Path, own: str, street: str, district: str) -> None:
    path = geojson(
        tmp_path / "u.geojson",
        of("community", CITY),
        lambda unit: {own: unit.name, street: unit.street, district: unit.district},
    )
    require_city(read_units(path, crs=CRS))


CLASSES = [
    ("城乡分类代码", "111-主城区", "220-村庄"),
    ("城乡分类", "城镇地域", "乡村地域"),
    ("城乡属性", "城镇社区", "行政村"),
    ("URBAN_RURA", "urban", "rural"),
    ("是否城区", "√", "×"),
    ("urban", True, False),
    ("城乡类型", "主城", "农村"),
    ("城乡", "城镇（111）", "乡村（220）"),
    ("CXDM", 121, 210),
]


@pytest.mark.parametrize(("title", "urban", "rural"), CLASSES)
def test_further_words_of_urban_and_rural(tmp_path: Path, title: str, urban: object, rural: object) -> None:
    said = {"urban": urban, "rural": rural, "": None}
    path = geojson(
        tmp_path / "u.geojson",
        CITY,
        lambda unit: {"name": unit.name, "level": unit.level, title: said[unit.settlement]},
    )
    assert seen_classes(read_units(path)) == classes(CITY)


@pytest.mark.parametrize(
    ("title", "urban", "rural"),
    [
        ("性质", "城市社区", "农村社区"), ("社区性质", "城镇社区", "乡村社区"), ("单位性质", "城区", "农村"),
        ("备注", "城镇", "乡村"), ("类型", "城市社区", "农村社区"), ("属性", "主城区", "村庄"),
        ("XZ", "城市", "农村"), ("nature", "Urban", "Rural"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("levels", ["one file", "communities alone"])
def test_a_column_of_another_title_tells_the_class_by_what_stands_in_it(
    tmp_path: Path, title: str, urban: str, rural: str, levels: str
) -> None:
    words = {"district": "区", "street": "街道"}
    said = {"urban": urban, "rural": rural}
    units = CITY if levels == "one file" else of("community", CITY)
    path = geojson(
        tmp_path / "u.geojson",
        units,
        lambda unit: {"name": unit.name, title: said.get(unit.settlement, words.get(unit.level))},
    )
    read = read_units(path)
    assert seen_classes(read) == classes(CITY)
    assert sorted(read.table.frame["level"]) == sorted(unit.level for unit in units)


def test_words_of_no_class_beside_known_ones_are_quoted(tmp_path: Path) -> None:
    def kind(name: str) -> str:
        return "涉农社区" if name == "夹岗村" else "农村社区" if name.endswith("村") else "城市社区"

    units = of("community", CITY)
    path = geojson(tmp_path / "u.geojson", units, lambda unit: {"name": unit.name, "性质": kind(unit.name)})
    read = read_units(path)
    assert seen_classes(read) == classes(CITY) | {"夹岗村": ""}
    assert any("“涉农社区”" in str(found.message) for found in read.findings)


@pytest.mark.parametrize("word", ["社区", "行政村", "公立"])
def test_words_that_also_mean_something_else_tell_no_class(tmp_path: Path, word: str) -> None:
    units = of("community", CITY)
    path = geojson(tmp_path / "u.geojson", units, lambda unit: {"name": unit.name, "性质": word})
    assert set(seen_classes(read_units(path)).values()) == {""}


@pytest.mark.parametrize("word", ["网格", "居住小区", "村民小组", "自然村"])
def test_what_stands_below_the_communities_is_left_out_and_named(tmp_path: Path, word: str) -> None:
    words = dict(zip(LEVELS, ("区", "街道", "社区"), strict=True))
    below = [replace(unit, name=f"{unit.name}第1", level=word) for unit in of("community", CITY)]
    path = geojson(
        tmp_path / "u.geojson",
        [*CITY, *below],
        lambda unit: {"name": unit.name, "层级": words.get(unit.level, word)},
    )
    read = read_units(path)
    require_city(read)
    assert sum(found.code == "below-community" for found in read.findings) == len(below)


@pytest.mark.parametrize(
    ("own", "code", "above", "above_code"),
    [("乡", "乡级码", "县", "县级码"), ("乡", "乡代码", "县", "县代码"), ("乡镇", "PAC", "县", "县级码")],
)
def test_townships_as_they_are_passed_around(
    tmp_path: Path, own: str, code: str, above: str, above_code: str
) -> None:
    def row(unit: Unit) -> dict[str, object]:
        named = {own: unit.name, code: int(unit.code[:9]), above: unit.district}
        return {"省": "江苏省", "省级码": 320000, "市": "南京市", **named, above_code: int(unit.code[:6])}

    read = read_units(geojson(tmp_path / "乡镇.geojson", of("street", CITY), row))
    found = read.table.frame
    assert sorted(found["name"][found["level"] == "street"]) == sorted(u.name for u in of("street", CITY))
    assert sorted(found["name"][found["level"] == "district"]) == sorted(u.name for u in of("district", CITY))


@pytest.mark.parametrize("title", ["行政区划", "行政区划名称", "地区"])
def test_totals_by_the_whole_chain_of_names(tmp_path: Path, title: str) -> None:
    path = geojson(tmp_path / "u.geojson", CITY, lambda u: {"name": u.name, "level": u.level, "code": u.code})
    units, own = read_units(path, crs=CRS).table, of("community", CITY)
    rows = "".join(f"{u.district}{u.street}{u.name},10\n" for u in own)
    (tmp_path / "t.csv").write_text(f"{title},人口\n{rows}", "utf-8")
    read = read_totals(tmp_path / "t.csv", units)
    assert read.values["residents"][units.of_level("community")].tolist() == [10.0] * len(own)


CODES = {
    "numbers with a point": lambda code: f"{code}.0",
    "an apostrophe before": lambda code: f"'{code}",
    "without the zeros of the level below": lambda code: code.removesuffix("000"),
    "spaces": lambda code: f" {code} ",
    "spaces within": lambda code: f"{code[:6]} {code[6:9]} {code[9:]}",
    "lines within": lambda code: f"{code[:6]}-{code[6:9]}-{code[9:]}",
}


@pytest.mark.parametrize("written", CODES)
@pytest.mark.parametrize("level", ["street", "community"])
def test_totals_find_their_units_by_codes_however_they_are_written(
    tmp_path: Path, written: str, level: str
) -> None:
    path = geojson(tmp_path / "u.geojson", CITY, lambda u: {"name": u.name, "level": u.level, "code": u.code})
    units = read_units(path, crs=CRS).table
    own = of(level, CITY)
    rows = "".join(f"{CODES[written](unit.code)},{100 * k}\n" for k, unit in enumerate(own, start=1))
    (tmp_path / "t.csv").write_text(f"区划代码,常住人口\n{rows}")
    read = read_totals(tmp_path / "t.csv", units)
    assert read.level(units) == level
    assert read.values["residents"][units.of_level(level)].sum() == 100 * sum(range(1, len(own) + 1))


TABLES: dict[str, str] = {
    "sexes alone": "名称,男,女\n{},6,4\n",
    "town and country": "社区名称,城镇人口,乡村人口\n{},10,\n",
    "a header in two languages": '"地区\nRegion","常住人口（万人）\nPopulation (10 000 persons)"\n{},0.001\n',
    "spread letters": "社 区,总 人 口\n{},10\n",
    "sexes below a count": "社区,人口数,,\n,合计,男,女\n{},10,6,4\n",
    "in the title": "南京市常住人口（万人）,\n社区,常住人口\n{},0.001\n",
    "in a note": "社区,常住人口\n{},0.001\n注：人口以万人计,\n",
    "years alone": "社区,2010,2020\n{},5,10\n",
    "indicators a row": "社区,指标,数值\n{0},户数,3\n{0},常住人口（万人）,0.001\n",
    "two censuses": "社区,2010年,,2020年,\n,常住人口,户籍人口,常住人口,户籍人口\n{},5,4,10,8\n",
}


@pytest.mark.parametrize("layout", TABLES)
def test_totals_as_statistics_bureaus_set_them(tmp_path: Path, layout: str) -> None:
    path = geojson(tmp_path / "u.geojson", CITY, lambda u: {"name": u.name, "level": u.level, "code": u.code})
    units, own = read_units(path, crs=CRS).table, of("community", CITY)
    lines = TABLES[layout].splitlines(keepends=True)
    first, last = (find(k for k, line in enumerate(lines) if "{" in line) for find in (min, max))
    rows = "".join("".join(lines[first : last + 1]).format(unit.name) for unit in own)
    text = "".join([*lines[:first], rows, *lines[last + 1 :]])
    (tmp_path / "t.csv").write_text(text, "utf-8")
    read = read_totals(tmp_path / "t.csv", units)
    assert read.values["residents"][units.of_level("community")].tolist() == pytest.approx([10.0] * len(own))


def test_totals_on_a_sheet_a_district_are_of_one_whole_and_of_years_the_latest(tmp_path: Path) -> None:
    path = geojson(tmp_path / "u.geojson", CITY, lambda u: {"name": u.name, "level": u.level, "code": u.code})
    units, own = read_units(path, crs=CRS).table, of("community", CITY)
    rows = pd.DataFrame({"社区": [unit.name for unit in own], "常住人口": 10})
    for sheets in ({"甲区": rows[:2], "乙区": rows[2:]}, {"2010": rows.assign(常住人口=5), "2020": rows}):
        with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
            for name, part in sheets.items():
                part.to_excel(book, sheet_name=name, index=False)
        read = read_totals(tmp_path / "t.xlsx", units)
        assert read.values["residents"][units.of_level("community")].tolist() == [10.0] * len(own)


@pytest.mark.parametrize(("prefix", "level"), [("NAME_", "GADM"), ("ADM{}_EN", "HDX")])
def test_columns_of_the_country_are_no_level(tmp_path: Path, prefix: str, level: str) -> None:
    own = of("district", CITY)
    titles = [(prefix + "{}").format(k, k) if level == "GADM" else prefix.format(k) for k in range(4)]
    path = geojson(
        tmp_path / f"{level}.geojson", own,
        lambda u: dict(zip(titles, ("China", "Jiangsu", "Nanjing", u.name), strict=True)),
    )  # fmt: skip
    assert set(read_units(path).table.frame["level"]) == {"district"}


STATED: dict[str, dict[str, object]] = {
    "in ten thousands": {"2020年常住人口（万人）": 0.01},
    "the sexes": {"男": 60, "女": 40},
    "a density beside": {"人口密度": 9, "常住人口": "100人"},
}


@pytest.mark.parametrize("layout", [*STATED, "registered", "two that could be meant"])
def test_what_units_state_of_their_residents_is_understood_as_in_tables(tmp_path: Path, layout: str) -> None:
    other = {"户籍人口": 100} if layout == "registered" else {"pop": 100, "population": 900}
    cells = STATED.get(layout, other)
    path = geojson(tmp_path / "u.geojson", CITY, lambda u: {"name": u.name, "level": u.level, **cells})
    stated = read_units(path, crs=CRS).residents
    if layout in STATED:
        assert stated is not None and stated.tolist() == pytest.approx([100.0] * len(CITY))
    else:
        assert stated is None


def test_names_in_a_structure_of_parquet_are_the_primary_ones(tmp_path: Path) -> None:
    """As Overture's division areas come."""
    kinds = {"district": "county", "street": "locality", "community": "neighborhood"}
    table = frame(
        CITY,
        lambda unit: {
            "names": {"primary": unit.name, "common": {"en": "x"}, "rules": None},
            "subtype": kinds[unit.level],
        },
        crs="EPSG:4326",
    )
    table.to_parquet(tmp_path / "division_area.parquet")
    assert set(read_units(tmp_path / "division_area.parquet").table.frame["name"]) == {
        unit.name for unit in CITY
    }


def test_hundreds_of_outlines_at_one_spot_are_refused_and_not_held_against_each_other(tmp_path: Path) -> None:
    one = shapely.box(118.7, 32.0, 118.71, 32.01)
    frame = gpd.GeoDataFrame(
        {"name": [f"{k}社区" for k in range(2_000)], "level": "community", "unit_id": range(2_000)},
        geometry=[one] * 2_000,
        crs=4326,
    )
    frame.to_file(tmp_path / "units.geojson")
    begun = time.process_time()
    with pytest.raises(InputError, match="lie at one spot"):
        read_units(tmp_path / "units.geojson")
    assert time.process_time() - begun < 10
