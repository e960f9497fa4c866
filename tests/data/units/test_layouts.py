"""Units in the layouts in which providers ship them: each is the same small city, read right or asked."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import shapely

from core.errors import InputError, SettingError
from data.formats.asked import OpenQuestionError
from data.units import UnitAnswers, UnitFile, read_units
from tests.data.units.layouts import CRS, LEVELS, Cells, Unit, city, classes, frame, geojson, of, split, truth

CITY = city()
SHORT = {"district": 6, "street": 9, "community": 12}


def seen(found: UnitFile) -> set[tuple[str, str, str]]:
    table = found.table.frame
    name_of = dict(zip(table["unit_id"], table["name"], strict=True))
    return {
        (level, name, name_of.get(parent, ""))
        for level, name, parent in zip(table["level"], table["name"], table["parent_id"], strict=True)
    }


def seen_classes(found: UnitFile) -> dict[str, str]:
    table = found.table.frame
    return dict(table.loc[table["level"] == "community", ["name", "settlement"]].itertuples(index=False))


def require_city(found: UnitFile, units: Sequence[Unit] = CITY) -> None:
    assert seen(found) == truth(units)
    assert len(found.table) == len(units)
    assert not [finding for finding in found.findings if finding.level == "error"]


LEVEL_WORDS = [
    *(
        (title, ("district", "street", "community"))
        for title in ("level", "Level", "层级", "级别", "行政级别")
    ),
    ("level", ("区", "街道", "社区")),
    ("类型", ("区县", "街道/镇", "社区/村")),
    ("等级", ("县级", "乡级", "村级")),
    ("level", ("county", "township", "village")),
    ("level", ("市辖区", "街道办事处", "居民委员会")),
    ("type", ("District", "Subdistrict", "Community")),
    ("行政等级", ("区级", "镇街", "村居")),
    ("区划级别", ("区(县)", "乡镇街道", "村(社区)")),
    ("shapeType", ("ADM3", "ADM4", "ADM5")),
    ("subtype", ("county", "locality", "neighborhood")),
    ("级别", ("县级行政区", "乡级行政区", "村级行政区")),
    ("admin_level", ("6", "8", "10")),
    ("admin_level", (6, 8, 10)),
    ("level", (3, 4, 5)),
    ("level", ("2", "3", "4")),
    ("等级", (1, 2, 3)),
    ("级别", (3, 2, 1)),
    ("level", (3.0, 4.0, 5.0)),
]


@pytest.mark.parametrize(("title", "words"), LEVEL_WORDS)
def test_a_column_of_levels_is_understood_in_any_words_and_numbers(
    tmp_path: Path, title: str, words: Sequence[object]
) -> None:
    word = dict(zip(LEVELS, words, strict=True))
    path = geojson(tmp_path / "u.geojson", CITY, lambda unit: {"name": unit.name, title: word[unit.level]})
    require_city(read_units(path))


CODES: list[tuple[str, str, Cells]] = [
    ("6, 9 and 12 digits", "代码", lambda unit: {"code": unit.code[: SHORT[unit.level]]}),
    ("12 digits", "统计用区划代码", lambda unit: {"code": unit.code}),
    ("numbers", "code", lambda unit: {"code": int(unit.code)}),
    ("numbers with a point", "区划代码", lambda unit: {"code": float(unit.code)}),
    ("19 digits of the land survey", "ZLDWDM", lambda unit: {"code": f"{unit.code}0000000"}),
]


@pytest.mark.parametrize(("kind", "title", "code"), CODES)
def test_official_codes_tell_levels_and_parents(tmp_path: Path, kind: str, title: str, code: Cells) -> None:
    def cells(unit: Unit) -> dict[str, object]:
        return {"名称": f"{unit.name}", title: code(unit)["code"]}

    require_city(read_units(geojson(tmp_path / "u.geojson", CITY, cells)))


LAYERS = [
    ("district", "street", "community"),
    ("districts", "streets", "communities"),
    ("区县", "街道", "社区"),
    ("区界", "乡镇界", "村界"),
    ("quxian", "jiedao", "shequ"),
    ("nj_county", "nj_township", "nj_village"),
    ("adm3", "adm4", "adm5"),
]


@pytest.mark.parametrize("names", LAYERS)
def test_layers_called_after_levels_are_read_each(tmp_path: Path, names: Sequence[str]) -> None:
    path = tmp_path / "u.gpkg"
    for level, layer in zip(LEVELS, names, strict=True):
        frame(of(level, CITY), lambda unit: {"mc": unit.name}).to_file(path, layer=layer)
    require_city(read_units(path))


@pytest.mark.parametrize("names", LAYERS)
def test_files_called_after_levels_are_one_whole_in_any_order(tmp_path: Path, names: Sequence[str]) -> None:
    paths = [
        geojson(tmp_path / f"{name}.geojson", of(level, CITY), lambda unit: {"name": unit.name})
        for level, name in zip(LEVELS, names, strict=True)
    ]
    require_city(read_units(*reversed(paths)))


PARENT_TITLES = [
    ("name", "街道", "区"),
    ("社区名称", "街道名称", "区县名称"),
    ("SQMC", "JDMC", "QXMC"),
    ("社区", "所属街道", "所属区"),
    ("村名", "乡镇", "区县"),
    ("community", "town", "county"),
    ("NAME_5", "NAME_4", "NAME_3"),
    ("ADM5_ZH", "ADM4_ZH", "ADM3_ZH"),
]


@pytest.mark.parametrize(("own", "street", "district"), PARENT_TITLES)
def test_units_that_only_columns_name_are_built_from_the_lowest(
    tmp_path: Path, own: str, street: str, district: str
) -> None:
    path = geojson(
        tmp_path / "u.geojson",
        of("community", CITY),
        lambda unit: {own: unit.name, street: unit.street, district: unit.district},
    )
    found = read_units(path, crs=CRS)
    require_city(found)
    area = dict(zip(found.table.frame["name"], found.table.frame.area, strict=True))
    assert all(area[unit.name] == pytest.approx(unit.shape.area, rel=1e-6) for unit in CITY)


@pytest.mark.parametrize("titles", [("name", "parent"), ("名称", "上级"), ("name", "所属单位")])
def test_without_any_column_of_levels_the_endings_of_names_tell_them(
    tmp_path: Path, titles: tuple[str, str]
) -> None:
    path = geojson(
        tmp_path / "u.geojson", CITY, lambda unit: dict(zip(titles, (unit.name, unit.parent), strict=True))
    )
    require_city(read_units(path))


PROVIDERS: list[tuple[str, Cells, str]] = [
    (
        "DataV",
        lambda unit: {"adcode": int(unit.code[:6]), "name": unit.name, "level": unit.level, "childrenNum": 0},
        "",
    ),
    ("Tianditu", lambda unit: {"gb": f"156{unit.code[:6]}", "name": unit.name, "level": unit.level}, ""),
    ("OpenStreetMap", lambda unit: {
        "osm_id": int(unit.code) % 10**9, "boundary": "administrative", "name": unit.name,
        "admin_level": {"district": "6", "street": "8", "community": "10"}[unit.level],
    }, ""),
    ("Overture", lambda unit: {
        "id": f"08f{unit.code}", "class": "land",
        "names": f'{{"primary": "{unit.name}", "common": null}}', "country": "CN",
        "subtype": {"district": "county", "street": "localadmin"}.get(unit.level, "neighborhood"),
    }, ""),
    ("geoBoundaries", lambda unit: {
        "shapeName": unit.name, "shapeID": f"A{unit.code}", "shapeGroup": "CHN",
        "shapeType": f"ADM{LEVELS.index(unit.level) + 3}",
    }, ""),
    ("GADM", lambda unit: {
        "GID_3": f"CHN.{unit.code[:6]}_1", "NAME_1": "Jiangsu", "NAME_2": "Nanjing", "NAME_3": "Xuanwu",
        "NL_NAME_3": unit.name, "ENGTYPE_3": "District",
    }, "district"),
    ("HDX", lambda unit: {
        "ADM1_ZH": "江苏省", "ADM2_ZH": "南京市", "ADM3_EN": "Xuanwu", "ADM3_ZH": unit.name,
        "ADM3_PCODE": f"CN{unit.code[:6]}",
    }, "district"),
    ("XZQ", lambda unit: {"BSM": 0, "XZQDM": unit.code[:9], "XZQMC": unit.name}, "street"),
    ("CJDCQ", lambda unit: {"ZLDWDM": f"{unit.code}0000000", "ZLDWMC": unit.name}, "community"),
    ("civil affairs", lambda unit: {
        "SQMC": unit.name, "SQDM": unit.code, "JDMC": unit.street, "QXMC": unit.district
    }, "all from communities"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "cells", "level"), PROVIDERS, ids=[row[0] for row in PROVIDERS])
def test_the_columns_of_known_providers_are_understood(
    tmp_path: Path, provider: str, cells: Cells, level: str
) -> None:
    one = "community" if level.startswith("all") else level
    path = geojson(tmp_path / f"{provider}.geojson", of(one, CITY) if one else CITY, cells)
    alone = [replace(unit, parent="") for unit in of(level, CITY)]
    require_city(read_units(path), alone or CITY)


NO_NUMBERS: list[Cells] = [
    lambda unit: {"Id": 0},
    lambda unit: {"adcode": unit.code[:6]},
    lambda unit: {"代码": unit.code[:4]},
    lambda unit: {"code": ""},
    lambda unit: {"id": int(unit.code[:6])},
]


@pytest.mark.parametrize("numbers", NO_NUMBERS)
def test_numbers_that_number_no_units_are_not_taken_for_theirs(tmp_path: Path, numbers: Cells) -> None:
    path = geojson(
        tmp_path / "u.geojson", CITY, lambda unit: {**numbers(unit), "name": unit.name, "level": unit.level}
    )
    require_city(read_units(path))


def test_a_number_that_two_units_bear_names_the_column_the_number_and_both(tmp_path: Path) -> None:
    same = {"梅园甲社区": "9", "梅园乙社区": "9"}
    path = geojson(
        tmp_path / "u.geojson",
        CITY,
        lambda unit: {"代码": same.get(unit.name, unit.code), "name": unit.name, "level": unit.level},
    )
    with pytest.raises(
        InputError, match="number 9 in column “代码” belongs to two units, 梅园甲社区 and 梅园乙社区"
    ):
        read_units(path)


@pytest.mark.parametrize("numbered", [True, False])
def test_parts_of_a_unit_in_several_rows_are_one_at_every_level(tmp_path: Path, *, numbered: bool) -> None:
    parts = [
        part for unit in CITY for part in (split(unit) if unit.code.endswith(("000", "001")) else [unit])
    ]
    path = geojson(
        tmp_path / "u.geojson",
        parts,
        lambda unit: {"name": unit.name, "level": unit.level, **({"code": unit.code} if numbered else {})},
    )
    found = read_units(path, crs=CRS)
    require_city(found)
    assert "parts-united" in {finding.code for finding in found.findings}
    area = dict(zip(found.table.frame["name"], found.table.frame.area, strict=True))
    assert all(area[unit.name] == pytest.approx(unit.shape.area, rel=1e-6) for unit in CITY)


def test_two_communities_of_one_name_in_two_streets_stay_two(tmp_path: Path) -> None:
    units = [replace(unit, name="新华社区") if unit.code.endswith("002") and unit.code[6:9] == "002" else unit
             for unit in CITY]  # fmt: skip
    path = geojson(tmp_path / "u.geojson", units, lambda unit: {"name": unit.name, "level": unit.level})
    require_city(read_units(path), units)


@pytest.mark.parametrize("again", ["rows", "layer", "file"])
def test_what_comes_twice_counts_once_and_is_reported_once(tmp_path: Path, again: str) -> None:
    def cells(unit: Unit) -> dict[str, str]:
        return {"name": unit.name, "level": unit.level}

    twice = of("community", CITY)
    if again == "rows":
        paths = [geojson(tmp_path / "u.geojson", [*CITY, *twice], cells)]
    elif again == "file":
        paths = [geojson(tmp_path / "u.geojson", CITY, cells), geojson(tmp_path / "c.geojson", twice, cells)]
    else:
        paths = [tmp_path / "u.gpkg"]
        frame(CITY, cells).to_file(paths[0], layer="units")
        frame(twice, cells).to_file(paths[0], layer="communities")
    found = read_units(*paths)
    require_city(found)
    assert [finding.code for finding in found.findings].count("unit-twice") == 1


CLASSES = [
    ("城乡分类代码", "111", "220"),
    ("城乡分类代码", 112.0, 210.0),
    ("settlement_code", "121", "220"),
    ("城乡分类代码", "111主城区", "220村庄"),
    ("城乡", "1", "2"),
    ("城乡", "城镇", "乡村"),
    ("城乡类型", "主城区", "村庄"),
    ("城乡分类", "镇中心区", "乡中心区"),
    ("城乡属性", "城市社区", "农村社区"),
    ("urban_rural", "urban", "rural"),
    ("ur_code", "U", "R"),
    ("是否城镇", "是", "否"),
    ("是否农村", "否", "是"),
    ("is_urban", 1, 0),
    ("rural", "0", "1"),
    ("settlement", "Urban", "Rural"),
    ("城乡划分代码", "122", "210"),
    ("CXFL", "城乡结合区", "村庄"),
]


@pytest.mark.parametrize(("title", "urban", "rural"), CLASSES)
def test_urban_and_rural_are_understood_in_any_usual_words(
    tmp_path: Path, title: str, urban: object, rural: object
) -> None:
    said = {"urban": urban, "rural": rural, "": None}
    path = geojson(
        tmp_path / "u.geojson",
        CITY,
        lambda unit: {"name": unit.name, "level": unit.level, title: said[unit.settlement]},
    )
    found = read_units(path)
    assert seen_classes(found) == classes(CITY)
    assert "settlement-unknown" not in {finding.code for finding in found.findings}


@pytest.mark.parametrize("words", [("主城区", "新市镇"), ("甲类", "乙类"), ("7", "8")])
def test_words_of_class_that_are_not_known_are_quoted_and_never_guessed(
    tmp_path: Path, words: tuple[str, str]
) -> None:
    said = {"urban": words[0], "rural": words[1], "": ""}
    path = geojson(
        tmp_path / "u.geojson",
        CITY,
        lambda unit: {"name": unit.name, "level": unit.level, "城乡": said[unit.settlement]},
    )
    found = read_units(path)
    assert {seen_classes(found)[name] for name, true in classes(CITY).items() if true == "rural"} == {""}
    assert words[1] in next(str(f.message) for f in found.findings if f.code == "settlement-unknown")


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_titles_cut_at_ten_bytes_are_known(tmp_path: Path, encoding: str) -> None:
    said = {"urban": "111", "rural": "220", "": ""}
    titles = ("统计用区划代码", "名称", "行政级别", "城乡分类代码")
    table = frame(
        CITY,
        lambda unit: dict(
            zip(titles, (unit.code, unit.name, unit.level, said[unit.settlement]), strict=True)
        ),
    )
    table.to_file(tmp_path / "u.shp", encoding=encoding)
    found = read_units(tmp_path / "u.shp")
    require_city(found)
    assert seen_classes(found) == classes(CITY)


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".fgb", ".parquet", ".geojson"])
def test_the_format_makes_no_difference(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"units{suffix}"
    table = frame(CITY, lambda unit: {"Name": unit.name, "level": unit.level}, crs="EPSG:4326")
    if suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_file(path)
    require_city(read_units(path))


def test_a_zip_of_three_shapefiles_in_a_folder_is_one_city(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "u.zip", "w") as archive:
        for level, name in zip(LEVELS, ("quxian", "jiedao", "shequ"), strict=True):
            frame(of(level, CITY), lambda unit: {"name": unit.name}).to_file(tmp_path / f"{name}.shp")
            for part in tmp_path.glob(f"{name}.*"):
                archive.write(part, f"边界/{part.name}")
    require_city(read_units(tmp_path / "u.zip"))


def test_folders_of_a_kml_are_levels(tmp_path: Path) -> None:
    folders = []
    for level, title in zip(LEVELS, ("区", "街道", "社区"), strict=True):
        marks = [
            f"<Placemark><name>{unit.name}</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
            + " ".join(f"{x},{y}" for x, y in shape.exterior.coords)
            + "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
            for unit, shape in zip(
                of(level, CITY),
                frame(of(level, CITY), lambda unit: {}, crs="EPSG:4326").geometry,
                strict=True,
            )
        ]
        folders.append(f"<Folder><name>{title}</name>{''.join(marks)}</Folder>")
    body = "".join(folders)
    (tmp_path / "u.kml").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}'
        "</Document></kml>",
        encoding="utf-8",
    )
    require_city(read_units(tmp_path / "u.kml"))


def test_layers_that_hold_no_units_are_named_as_left_out(tmp_path: Path) -> None:
    path = tmp_path / "all.gpkg"
    roads = frame(of("street", CITY), lambda unit: {"name": unit.name})
    roads.set_geometry(roads.boundary).to_file(path, layer="a_roads")
    frame(of("community", CITY), lambda unit: {"height": 3}).to_file(path, layer="b_blocks")
    frame(CITY, lambda unit: {"name": unit.name, "level": unit.level}).to_file(path, layer="c_units")
    found = read_units(path)
    require_city(found)
    assert {entry.layer: entry.used for entry in found.read} == {
        "a_roads": False,
        "b_blocks": False,
        "c_units": True,
    }
    assert sum(finding.code == "layer-left-out" for finding in found.findings) == 2


def test_units_above_the_districts_are_named_and_left_out(tmp_path: Path) -> None:
    above = [replace(CITY[0], level="city", name="南京市", code="320100000000"), *CITY]
    path = geojson(tmp_path / "u.geojson", above, lambda unit: {"name": unit.name, "level": unit.level})
    found = read_units(path)
    require_city(found)
    assert [finding.row for finding in found.findings if finding.code == "above-district"] == [1]


PLAIN: Cells = lambda unit: {"name": f"第{int(unit.code[4:]) % 997}号"}  # noqa: E731
UNTOLD: list[tuple[Cells, str]] = [
    (PLAIN, "level"),
    (lambda unit: {**PLAIN(unit), "level": "甲级"}, "甲级"),
    (lambda unit: {**PLAIN(unit), "level": "galaxy"}, "galaxy"),
    (lambda unit: {**PLAIN(unit), "等级": 7}, "7"),
]


@pytest.mark.parametrize(("cells", "said"), UNTOLD)
def test_a_level_that_nothing_tells_is_asked_for_and_the_answer_counts(
    tmp_path: Path, cells: Cells, said: str
) -> None:
    path = geojson(tmp_path / "u.geojson", of("community", CITY), cells)
    with pytest.raises(OpenQuestionError, match=said) as asked:
        read_units(path)
    assert (asked.value.option, asked.value.choices) == ("--units-level", LEVELS)
    found = read_units(path, answers=UnitAnswers("street"))
    assert set(found.table.frame["level"]) == {"street"}


def test_layers_are_named_by_the_user_and_the_others_stay_aside(tmp_path: Path) -> None:
    path = tmp_path / "u.gpkg"
    for level, layer in zip(LEVELS, "abc", strict=True):
        frame(of(level, CITY), PLAIN).to_file(path, layer=layer)
    with pytest.raises(OpenQuestionError, match="a, b, c"):
        read_units(path)
    found = read_units(path, answers=UnitAnswers(layers=(("street", "b"), ("community", "c"))))
    assert found.table.frame["level"].value_counts().to_dict() == {"community": 16, "street": 4}
    with pytest.raises(SettingError, match="there are a, b, c"):
        read_units(path, answers=UnitAnswers(layers=(("street", "x"),)))


@pytest.mark.parametrize("how", ["number", "name", "column"])
def test_a_unit_that_lies_outside_its_stated_parent_is_a_finding_and_keeps_it(
    tmp_path: Path, how: str
) -> None:
    moved = [replace(unit, parent="洪武路街道") if unit.name == "梅园甲社区" else unit for unit in CITY]
    code_of = {unit.name: unit.code for unit in CITY}
    column = {"number": "parent_id", "name": "上级", "column": "街道"}[how]
    path = geojson(
        tmp_path / "u.geojson",
        moved,
        lambda unit: {
            "code": unit.code,
            "name": unit.name,
            "level": unit.level,
            column: code_of.get(unit.parent, "") if how == "number" else unit.parent,
        },
    )
    found = read_units(path)
    require_city(found, moved)
    message = next(str(f.message) for f in found.findings if f.code == "parent-elsewhere")
    assert "梅园甲社区 belongs to 洪武路街道, but 100% of its ground" in message
    assert "梅园新村街道" in message
    assert [one.stated for one in found.misplaced] == [True]


@pytest.mark.parametrize(("share", "told"), [(0.05, False), (0.15, True), (0.4, True)])
def test_a_tenth_outside_the_parent_is_the_limit(tmp_path: Path, share: float, *, told: bool) -> None:
    west, south, east, north = of("street", CITY)[1].shape.bounds
    wider = (east - west) / (1 - share)
    reaching = shapely.box(west, south, west + wider, north)
    units = [
        replace(unit, shape=reaching) if unit.name == "新街口街道" else unit
        for unit in CITY
        if unit.level != "community"
    ]
    path = geojson(tmp_path / "u.geojson", units, lambda unit: {"name": unit.name, "level": unit.level})
    assert ("parent-elsewhere" in {f.code for f in read_units(path).findings}) == told


def test_there_are_at_least_seventy_layouts() -> None:
    tables = (
        LEVEL_WORDS, CODES, LAYERS, LAYERS, PARENT_TITLES, PROVIDERS, NO_NUMBERS, CLASSES, UNTOLD,
    )  # fmt: skip
    assert sum(map(len, tables)) >= 70
    assert all(first != second for first, second in pairwise(LAYERS))


RELATIVES: list[tuple[str, Cells]] = [
    ("words of two kinds", lambda unit: {
        "name": unit.name,
        "级别": {"district": "区、县", "street": "街道办事处/镇政府", "community": "社区居委会/村委会"}[
            unit.level
        ],
    }),
    ("plural", lambda unit: {"name": unit.name, "level": f"{unit.level}s".replace("ys", "ies")}),
    ("an unknown title of levels", lambda unit: {"name": unit.name, "单位层次划分": unit.level}),
    ("an unknown title of names", lambda unit: {"本级单位全称": unit.name, "level": unit.level}),
    ("names in two tongues", lambda unit: {"name": f"x{unit.code}", "名称": unit.name, "level": unit.level}),
    ("the level of the unit above", lambda unit: {
        "name": unit.name, "上级层级": "city", "level": unit.level, "type": "Feature",
    }),
    ("DataV's parent", lambda unit: {
        "adcode": int(unit.code), "name": unit.name, "level": unit.level, "parent": {"adcode": 320100},
    } if unit.level == "district" else {"adcode": int(unit.code), "name": unit.name, "level": unit.level}),
    ("city before the name", lambda unit: {
        "name": unit.name, "level": unit.level, "上级": f"南京市{unit.parent}",
    }),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "cells"), RELATIVES, ids=[row[0] for row in RELATIVES])
def test_relatives_of_known_layouts_are_read_too(tmp_path: Path, kind: str, cells: Cells) -> None:
    require_city(read_units(geojson(tmp_path / "u.geojson", CITY, cells)))


def test_statistical_codes_are_known_under_any_title(tmp_path: Path) -> None:
    code = {"urban": "111", "rural": "220", "": None}
    path = geojson(
        tmp_path / "u.geojson",
        CITY,
        lambda unit: {"name": unit.name, "level": unit.level, "划分": code[unit.settlement]},
    )
    assert seen_classes(read_units(path)) == classes(CITY)


def test_an_outline_packed_with_its_label_is_an_outline(tmp_path: Path) -> None:
    packed = [
        replace(unit, shape=shapely.GeometryCollection([unit.shape.centroid, unit.shape])) for unit in CITY
    ]
    path = geojson(tmp_path / "u.geojson", packed, lambda unit: {"name": unit.name, "level": unit.level})
    found = read_units(path)
    require_city(found)
    assert set(found.table.frame.geom_type) == {"Polygon"}
