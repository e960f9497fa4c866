"""Kinds of lists as offices write them: each read rightly, or refused by its true cause; files made on the
fly."""

import csv
import io
import json
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest

from data.intake.read import read_facilities
from data.intake.tables.tiers import tier_of
from geo.crs import project
from geo.datum import BD09, GCJ02, WGS84, convert
from tests.data.intake.small_lists import stations, units, write_xlsx

PLACES = stations(12)
NAMES = [name for name, *_ in PLACES]
TRUTH = {name: (lon, lat) for name, lon, lat, _ in PLACES}


def read(tmp_path, rows, name="list.xlsx", merged=(), **options):
    path = tmp_path / name
    if name.endswith(".xlsx"):
        write_xlsx(path, {"Sheet1": rows}, {"Sheet1": merged})
    else:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(rows)
        path.write_text(text.getvalue(), encoding="utf-8-sig")
    return read_facilities([path], **options)


def away_m(intake):
    """Metres between where accepted facilities lie and where they are; each must be a known one."""
    found = intake.accepted
    return [
        ((lon - TRUTH[name][0]) ** 2 * 0.72 + (lat - TRUTH[name][1]) ** 2) ** 0.5 * 111_320
        for name, lon, lat in zip(found["name"], found["lon"], found["lat"], strict=True)
    ]


def codes(intake):
    return {found.code for found in intake.findings}


def all_right(intake, count=12, metres=1.0):
    assert (intake.rows, intake.accepted_count) == (count, count), [str(f.message) for f in intake.findings]
    assert max(away_m(intake)) <= metres


BOTH = pytest.mark.parametrize("kind", ["list.xlsx", "list.csv"])


@BOTH
@pytest.mark.parametrize("gap", [0, 1])
@pytest.mark.parametrize("titles", [("中心名称", "站点名称"), ("名称", "名称"), ("Name", "Name")])
def test_two_tables_side_by_side_are_two_tables(tmp_path, kind, gap, titles):
    half = len(PLACES) // 2
    pairs = zip(PLACES[:half], PLACES[half:], strict=True)
    rows = [[titles[0], "经度", "纬度", *[None] * gap, titles[1], "经度", "纬度"]]
    rows += [[*left[:3], *[None] * gap, *right[:3]] for left, right in pairs]
    all_right(read(tmp_path, rows, kind))


def test_the_type_of_a_table_is_told_by_its_own_titles(tmp_path):
    rows = [
        ["街道服务中心", None, None, "社区服务站", None, None],
        ["中心名称", "经度", "纬度", "站点名称", "经度", "纬度"],
    ]
    rows += [[f"甲{k}", 118.78001 + k / 997, 32.05, f"乙{k}", 118.79001 + k / 997, 32.06] for k in range(5)]
    tiers = read(tmp_path, rows).accepted.set_index("name")["tier"]
    assert set(tiers[[f"甲{k}" for k in range(5)]]) == {"centre"}
    assert set(tiers[[f"乙{k}" for k in range(5)]]) == {"station"}


@BOTH
@pytest.mark.parametrize(
    "second", [("名称", "经度", "纬度"), ("名称", "纬度", "经度"), ("经度", "纬度", "名称")]
)
def test_tables_below_each_other_are_read_each_by_its_own_titles(tmp_path, kind, second):
    rows = [["名称", "经度", "纬度"], *(list(place[:3]) for place in PLACES[:6]), [None] * 3, list(second)]
    order = [("名称", "经度", "纬度").index(title) for title in second]
    rows += [[place[k] for k in order] for place in PLACES[6:]]
    intake = read(tmp_path, rows, kind)
    assert intake.accepted_count == 12 and max(away_m(intake)) <= 1
    assert intake.rows == intake.accepted_count + intake.refused_count + intake.set_aside_count


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("原经度 原纬度", "核实后经度 核实后纬度"),
        ("旧经度 旧纬度", "经度 纬度"),
        ("经度 纬度", "修正经度 修正纬度"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_corrected_coordinates_outrank_former_ones_wherever_they_stand(tmp_path, old, new, turned):
    pairs = [(old, 0.01), (new, 0.0)]
    pairs = pairs[::-1] if turned else pairs
    rows = [["名称", *pairs[0][0].split(), *pairs[1][0].split()]]
    for name, lon, lat, _ in PLACES:
        rows.append([name, lon + pairs[0][1], lat, lon + pairs[1][1], lat])
    intake = read(tmp_path, rows)
    all_right(intake)
    assert "unused-column" in codes(intake)


def test_what_was_not_corrected_keeps_its_former_place(tmp_path):
    rows = [["名称", "原经度", "原纬度", "核实后经度", "核实后纬度"]]
    for number, (name, lon, lat, _) in enumerate(PLACES):
        rows.append([name, lon + 0.01, lat, lon, lat] if number % 2 else [name, lon, lat, None, None])
    all_right(read(tmp_path, rows))


def test_each_of_two_pairs_is_in_the_system_its_titles_name(tmp_path):
    for first, second in ((("高德", "gcj02"), ("WGS84", "wgs84")), (("百度", "bd09"), ("高德", "gcj02"))):
        rows = [["名称", *(f"{word}{axis}" for word, _ in (first, second) for axis in ("经度", "纬度"))]]
        for name, lon, lat, _ in PLACES:
            cells = [
                float(v[0]) for _, system in (first, second) for v in convert([lon], [lat], "wgs84", system)
            ]
            rows.append([name, *cells])
        intake = read(tmp_path, rows)
        all_right(intake)
        assert "unused-column" in codes(intake)


def test_places_that_cannot_be_one_are_asked_about(tmp_path):
    rows = [["名称", "经度", "纬度", "坐标"]]
    rows += [[name, lon, lat, f"{lon + 0.02},{lat}"] for name, lon, lat, _ in PLACES]
    intake = read(tmp_path, rows)
    assert (intake.accepted_count, intake.refused_count) == (0, 12) and "places-disagree" in codes(intake)


@BOTH
@pytest.mark.parametrize("column", ["坐标系", "坐标来源", "CRS"])
def test_the_system_named_in_a_cell_is_that_of_its_row(tmp_path, kind, column):
    rows = [["名称", "经度", "纬度", column]]
    words = [("GCJ-02", "gcj02"), ("百度拾取", "bd09"), ("WGS84", "wgs84")]
    for number, (name, lon, lat, _) in enumerate(PLACES):
        word, system = words[number % 3]
        x, y = convert([lon], [lat], "wgs84", system)
        rows.append([name, float(x[0]), float(y[0]), word])
    all_right(read(tmp_path, rows, kind))


def test_a_list_taken_at_its_word_says_so(tmp_path):
    rows = [["名称", "WGS84经度", "WGS84纬度"], *(list(place[:3]) for place in PLACES)]
    intake = read(tmp_path, rows)
    assert intake.datum.decided and "unchecked-datum" in codes(intake)


def dms(value, form):
    degrees = int(value)
    minutes = int((value - degrees) * 60)
    seconds = ((value - degrees) * 60 - minutes) * 60
    return form.format(d=degrees, m=minutes, s=seconds)


@BOTH
@pytest.mark.parametrize(
    ("form", "titles"),
    [
        ("{d} {m:02d}’ {s:05.2f}’’", ("经度", "纬度")),
        ("{d}°{m}'{s:.2f}''", ("经度", "纬度")),
        ("{d}:{m:02d}:{s:05.2f}", ("经度", "纬度")),
        ("{d}{m:02d}{s:05.2f}", ("经度", "纬度")),
        ("{d}.{m:02d}{s:05.2f}", ("经度（度.分秒）", "纬度（度.分秒）")),
    ],
)
def test_degrees_minutes_and_seconds_in_disguise(tmp_path, kind, form, titles):
    packed = form.startswith("{d}.")
    rows = [["名称", *titles]]
    for name, lon, lat, _ in PLACES:
        cells = [dms(value, form) for value in (lon, lat)]
        if packed:  # 118.4720.26 → 118.472026
            cells = [".".join((c.split(".")[0], "".join(c.split(".")[1:]))) for c in cells]
        rows.append([name, *cells])
    all_right(read(tmp_path, rows, kind), metres=1.5)


@pytest.mark.parametrize("merged", [("B1:D1", "E1:G1"), ()])
def test_degrees_minutes_and_seconds_in_three_columns(tmp_path, merged):
    rows = [["名称", "经度", None, None, "纬度", None, None], [None, "度", "分", "秒", "度", "分", "秒"]]
    for name, lon, lat, _ in PLACES:
        cells = [dms(value, "{d} {m} {s:.3f}").split() for value in (lon, lat)]
        rows.append([name, *(float(part) for cell in cells for part in cell)])
    all_right(read(tmp_path, rows, merged=merged))


def test_scaled_decimals_are_not_taken_for_minutes(tmp_path):
    rows = [["名称", "经度", "纬度"], *([n, round(x * 1e6), round(y * 1e6)] for n, x, y, _ in PLACES)]
    all_right(read(tmp_path, rows))


def test_few_digits_that_can_be_both_are_asked_about(tmp_path):
    rows = [["名称", "经度", "纬度"], ["甲社区服务站", 1184720, 320158], ["乙社区服务站", 1184730, 320208]]
    intake = read(tmp_path, rows)
    assert intake.accepted_count == 0 and codes(intake) >= {"unclear-notation"}


@BOTH
@pytest.mark.parametrize(
    ("title", "cell"),
    [
        ("WKT", "POINT ({x} {y})"),
        ("geom", "SRID=4326;POINT({x} {y})"),
        ("geojson", '{{"type": "Point", "coordinates": [{x}, {y}]}}'),
        ("位置", '["{x}", "{y}"]'),
        ("value", "[{x}, {y}, 5]"),
        ("location", "{x},{y}"),
        ("地图链接", "https://www.openstreetmap.org/?mlat={y}&mlon={x}#map=17/{y}/{x}"),
        ("导航", "https://www.google.com/maps/@{y},{x},17z"),
        ("定位", "南京市某路1号（{x}，{y}）"),
        ("4、设施位置（必填）", "南京市某路1号[{x},{y}]"),
        ("经纬度", "E{x}, N{y}"),
        ("经纬度", "N{y} E{x}"),
    ],
)
def test_places_in_one_cell(tmp_path, kind, title, cell):
    rows = [["名称", "地址", title]]
    rows += [[name, "某路1号", cell.format(x=lon, y=lat)] for name, lon, lat, _ in PLACES]
    all_right(read(tmp_path, rows, kind))


def test_a_link_says_whose_coordinates_it_has(tmp_path):
    rows = [["名称", "链接"]]
    for name, lon, lat, _ in PLACES:
        x, y = convert([lon], [lat], "wgs84", "gcj02")
        rows.append([name, f"https://uri.amap.com/marker?position={x[0]:.7f},{y[0]:.7f}&name=x"])
    all_right(read(tmp_path, rows))


def test_codes_of_places_are_named_with_their_column(tmp_path):
    for title, cell in (
        ("Plus Code", "2QMQ+4H 南京"),
        ("坐标", "50SXA6892945465"),
        ("坐标", "///filled.count.soap"),
    ):
        intake = read(tmp_path, [["名称", "类型", title], *([name, "服务站", cell] for name in NAMES)])
        told = [found for found in intake.findings if found.code == "unread-notation"]
        assert told and told[0].column == title and intake.accepted_count == 0


@BOTH
def test_characters_that_nobody_sees_do_not_hide_a_number(tmp_path, kind):
    rows = [["名称", "经度", "纬度"]]
    rows += [[name, f"\u200b{lon}\xa0", f"\ufeff{lat}\u202c"] for name, lon, lat, _ in PLACES]
    all_right(read(tmp_path, rows, kind))


def test_a_formula_without_a_value_is_named_in_its_cell(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["名称", "经度", "纬度"])
    for number, (name, _, lat, _) in enumerate(PLACES, start=2):
        book.active.append([name, f"=A{number}+1", lat])
    book.save(tmp_path / "list.xlsx")
    intake = read_facilities([tmp_path / "list.xlsx"])
    told = [found for found in intake.findings if found.code == "formula-without-value"]
    assert len(told) == 12 and told[0].cell == "B2" and "=A2+1" in str(told[0].message)


@pytest.mark.parametrize("lines", [2, 3])
def test_a_merged_block_is_one_facility(tmp_path, lines):
    rows, merged = [["序号", "名称", "经度", "纬度", "服务项目", "联系人"]], []
    for number, (name, lon, lat, _) in enumerate(PLACES):
        top = len(rows) + 1
        rows.append([number + 1, name, lon, lat, "社保", "张某"])
        rows += [[None, None, None, None, f"就业{k}", "李某"] for k in range(lines - 1)]
        merged += [f"{letter}{top}:{letter}{top + lines - 1}" for letter in "ABCD"]
    intake = read(tmp_path, rows, merged=merged)
    all_right(intake)
    assert intake.accepted["services"][0].split("、") == ["社保", *(f"就业{k}" for k in range(lines - 1))]


def test_rows_that_only_go_on_are_part_of_the_one_above(tmp_path):
    rows = [["名称", "经度", "纬度", "服务项目"]]
    for name, lon, lat, _ in PLACES:
        rows += [[name, lon, lat, "社保"], [None, None, None, "就业"]]
    intake = read(tmp_path, rows, "list.csv")
    all_right(intake)
    assert set(intake.accepted["services"]) == {"社保、就业"}


def test_different_places_under_one_merged_name_stay_apart(tmp_path):
    rows = [
        ["名称", "类型", "经度", "纬度"],
        ["甲", "服务站", 118.78001, 32.05001],
        [None, "服务站", 118.79001, 32.06001],
    ]
    assert read(tmp_path, rows, merged=["A2:A3"]).accepted_count == 2


@pytest.mark.parametrize("depth", ["groups", "list of groups", "nested"])
def test_json_grouped_by_district_loses_nobody(tmp_path, depth):
    records = [{"name": name, "lng": lon, "lat": lat} for name, lon, lat, _ in PLACES]
    groups = {"玄武区": records[:3], "秦淮区": records[3:]}
    document = {
        "groups": groups,
        "list of groups": [{"district": key, "facilities": value} for key, value in groups.items()],
        "nested": {"data": {key: {"某街道": value} for key, value in groups.items()}, "code": 0},
    }[depth]
    (tmp_path / "list.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    intake = read_facilities([tmp_path / "list.json"])
    all_right(intake)
    assert sorted(intake.accepted["district"].value_counts()) == [3, 9]


def test_a_separator_within_a_field_is_named_and_no_telephone_is_quoted(tmp_path):
    lines = ["名称,地址,经度,纬度,联系电话", *(f"{n},某路1号,{x},{y},025-83330000" for n, x, y, _ in PLACES)]
    lines[3] = lines[3].replace("某路1号", "某路1号,靠近地铁口")
    (tmp_path / "list.csv").write_text("\n".join(lines), encoding="gb18030")
    intake = read_facilities([tmp_path / "list.csv"])
    (wrong,) = [found for found in intake.findings if found.level == "error"]
    assert (wrong.code, wrong.row, intake.accepted_count, intake.refused_count) == ("extra-field", 4, 11, 1)
    assert not any("83330000" in str(found.message) for found in intake.findings)


@pytest.mark.parametrize("encoding", ["big5", "utf-16-le", "utf-16-be"])
def test_encodings_that_do_not_say_what_they_are(tmp_path, encoding):
    text = "名稱,類型,經度,緯度\n" + "".join(
        f"第{k}社區服務站,公共服務站,118.78{k}96,32.05{k}31\n" for k in range(9)
    )
    (tmp_path / "list.csv").write_bytes(text.encode(encoding))
    intake = read_facilities([tmp_path / "list.csv"])
    assert (intake.accepted_count, set(intake.accepted["tier"])) == (9, {"station"})


def test_a_broken_byte_costs_its_cell_and_is_named(tmp_path):
    text = "名称,类型,经度,纬度,地址\n" + "".join(f"{n},服务站,{x},{y},秦淮区某路\n" for n, x, y, _ in PLACES)
    content = bytearray(text.encode("gb18030"))
    content[content.rindex("秦".encode("gb18030"))] = 0xFF
    (tmp_path / "list.csv").write_bytes(bytes(content))
    intake = read_facilities([tmp_path / "list.csv"])
    all_right(intake)
    (told,) = [found for found in intake.findings if found.code == "broken-character"]
    assert (told.row, told.column) == (13, "地址")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "DXF"),
        (b"AC1027" + bytes(100), "DWG"),
        (b"fgb\x03fgb\x00" + bytes(50), "damaged"),
        (b"PAR1" + bytes(50), "damaged"),
        (b"!table\n!version 300\n!charset WindowsSimpChinese\n", "MapInfo"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
    ],
)
def test_files_are_named_as_what_they_are(tmp_path, content, word):
    (tmp_path / "list.xlsx").write_bytes(content)
    (found,) = read_facilities([tmp_path / "list.xlsx"]).findings
    assert found.code == "unreadable-file" and word in str(found.message)


@pytest.mark.parametrize("driver", ["FlatGeobuf", "OpenFileGDB", "Parquet", "GeoParquet"])
def test_layers_of_other_programs_are_read(tmp_path, driver):
    frame = gpd.GeoDataFrame(
        {"名称": NAMES, "类型": ["服务站"] * 12, "备注": [None] * 12},
        geometry=gpd.points_from_xy(*zip(*((x, y) for _, x, y, _ in PLACES), strict=True)),
        crs="EPSG:4490",
    )
    path = tmp_path / "list.fgb"
    if driver == "Parquet":
        table = pd.DataFrame(frame.drop(columns="geometry"))
        table.assign(经度=frame.geometry.x, 纬度=frame.geometry.y).to_parquet(path)
    elif driver == "GeoParquet":
        frame.to_parquet(path)
    elif driver == "OpenFileGDB":
        pyogrio.write_dataframe(frame, tmp_path / "a.gdb", driver=driver)
        path = tmp_path / "list.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for part in (tmp_path / "a.gdb").iterdir():
                archive.write(part, f"数据/a.gdb/{part.name}")
    else:
        frame.to_file(path, driver=driver)
    all_right(read_facilities([path]))


def test_a_table_on_its_side_is_read_turned(tmp_path):
    columns = [["名称", "类型", "经度", "纬度"], *([n, "服务站", x, y] for n, x, y, _ in PLACES)]
    turned = read(tmp_path, [list(row) for row in zip(*columns, strict=True)])
    assert "transposed-table" in codes(turned)
    all_right(turned)


@pytest.mark.parametrize(("shift", "count"), [(0.3, 12), (0.3, 5), (0.05, 8)])
def test_rows_far_outside_their_unit_are_reported_once_with_the_district(tmp_path, shift, count):
    rows = [["名称", "经度", "纬度", "社区"]]
    rows += [[n, x - shift * (k < count), y, c] for k, (n, x, y, c) in enumerate(PLACES)]
    intake = read(tmp_path, rows, units=units())
    told = [found for found in intake.findings if found.code in ("unit-conflict", "outside-area")]
    conflicts = [found for found in told if found.code == "unit-conflict"]
    outside = {found.row for found in told if found.code == "outside-area" and found.level == "error"}
    if shift > 0.2:  # so far that they lie nowhere near the area
        assert outside == set(range(2, 2 + count))
    else:
        assert (
            len(conflicts) == 1
            and "测试区" in str(conflicts[0].message)
            and "km" in str(conflicts[0].message)
        )


def test_a_swapped_row_is_mended_by_one_decision(tmp_path):
    from jobs.lists.check import ListFiles, accept_proposals, check_lists

    rows = [["名称", "经度", "纬度"], *([n, x, y] for n, x, y, _ in PLACES)]
    rows[4] = [rows[4][0], rows[4][2], rows[4][1]]
    rows[7] = [rows[7][0], f"l{str(rows[7][1])[1:]}", rows[7][2]]
    write_xlsx(tmp_path / "list.xlsx", {"表": rows})
    report = check_lists(ListFiles([tmp_path / "list.xlsx"]), out=tmp_path / "out")
    assert (report.intake.accepted_count, sum(row.proposed is not None for row in report.to_locate())) == (
        10,
        2,
    )
    mended = accept_proposals(report).intake
    assert mended.accepted_count == 12 and max(away_m(mended)) <= 1


def packed_minutes(value):
    """As GPS receivers write it: dddmm.mmmm."""
    return f"{int(value) * 100 + value % 1 * 60:.6f}"


def with_marks(value, marks):
    minutes = value % 1 * 60
    return f"{int(value)}{marks[0]}{int(minutes)}{marks[1]}{minutes % 1 * 60:.3f}{marks[2]}"


@BOTH
@pytest.mark.parametrize(
    "written",
    [
        packed_minutes,
        lambda value: with_marks(value, "˚´˝"),
        lambda value: with_marks(value, "。′″"),
        lambda value: with_marks(value, "°'\""),
    ],
)
def test_degrees_and_minutes_of_receivers_and_of_odd_keyboards(tmp_path, kind, written):
    rows = [["名称", "类型", "经度", "纬度"], *([n, "站", written(x), written(y)] for n, x, y, _ in PLACES)]
    all_right(read(tmp_path, rows, kind))


@pytest.mark.parametrize(
    "written",
    [
        '{{"lng":{x},"lat":{y}}}', '{{"latitude":"{y}","longitude":"{x}"}}', "X={x},Y={y}", "({x}, {y}, 0.0)",
        "{x},{y},0", "经度：{x}；纬度：{y}", "lat:{y} lng:{x}", "TMap.LatLng({y}, {x})",
    ],
)  # fmt: skip
@pytest.mark.parametrize("title", ["坐标", "备注"])
def test_places_that_pages_and_scripts_write_into_one_cell(tmp_path, written, title):
    rows = [["名称", "类型", title], *([n, "站", written.format(x=x, y=y)] for n, x, y, _ in PLACES)]
    all_right(read(tmp_path, rows))


@pytest.mark.parametrize(
    ("call", "system"), [("new BMap.Point", BD09), ("BMapGL.Point", BD09), ("new AMap.LngLat", GCJ02)]
)
def test_a_place_made_by_a_maps_own_script_is_in_its_system(tmp_path, call, system):
    x, y = convert(*np.array([place[1:3] for place in PLACES]).T, WGS84, system)
    rows = [["名称", "类型", "坐标"]]
    rows += [[n, "站", f"{call}({a:.7f},{b:.7f})"] for n, a, b in zip(NAMES, x, y, strict=True)]
    found = read(tmp_path, rows)
    assert found.datum.system == system
    all_right(found)


@pytest.mark.parametrize("round_to", [0, 2])
@pytest.mark.parametrize("titles", [("X", "Y"), ("X坐标(EPSG:3857)", "Y坐标(EPSG:3857)")])
def test_metres_of_a_web_map_are_never_degrees_without_their_point(tmp_path, round_to, titles):
    """13223526, 3769874 is no 132.23526, 37.69874; unless it is named, it is asked what they are."""
    xy = project(*np.array([place[1:3] for place in PLACES]).T, "EPSG:3857").round(round_to)
    named = titles != ("X", "Y")
    rows = [
        ["名称", "类型", *titles],
        *([n, "站", x, y] for n, (x, y) in zip(NAMES, xy.tolist(), strict=True)),
    ]
    found = read(tmp_path, rows)
    if named:
        all_right(found)
    else:
        assert (found.accepted_count, codes(found)) == (0, {"unknown-projection"})
        assert all("EPSG:3857" in str(finding.message) for finding in found.findings)
    all_right(read(tmp_path, rows, datum="epsg:3857"))


def test_metres_of_a_citys_own_grid_are_named_as_such(tmp_path):
    rows = [["名称", "类型", "X坐标", "Y坐标"]]
    rows += [[n, "站", 146125.521 + k, 135602.157 + k] for k, n in enumerate(NAMES)]
    found = read(tmp_path, rows)
    assert codes(found) == {"impossible-coordinates"}
    assert all("own grid" in str(finding.message) for finding in found.findings)


@pytest.mark.parametrize("serial", [False, True])
def test_a_facility_written_out_again_for_each_service_is_one(tmp_path, serial):
    """Not where each row has a number of its own: then it is asked whether they are one."""
    rows = [["序号", "名称", "类型", "经度", "纬度", "服务事项"]]
    for n, x, y, _ in PLACES:
        rows += [[len(rows) if serial else None, n, "站", x, y, service] for service in ("社保", "养老")]
    found = read(tmp_path, rows)
    assert found.rows == (24 if serial else 12)
    assert ("duplicate" in codes(found)) == serial
    if not serial:
        all_right(found)
        assert set(found.accepted["services"]) == {"社保、养老"}


def records():
    return [{"name": n, "type": "站", "lng": x, "lat": y} for n, x, y, _ in PLACES]


TITLES = ("name", "type", "lng", "lat")


@pytest.mark.parametrize(
    "written",
    [
        lambda: json.dumps({title: [row[title] for row in records()] for title in TITLES}),
        lambda: json.dumps({"columns": TITLES, "data": [list(row.values()) for row in records()]}),
        lambda: f"var places = {json.dumps(records(), ensure_ascii=False)};\n",
        lambda: f"window.data={json.dumps(records())}",
        lambda: f"callback({json.dumps({'data': records()})});",
        lambda: "\n".join("  ".join(map(str, row)) for row in (TITLES, *(r.values() for r in records()))),
        lambda: "\n".join("，".join(map(str, row)) for row in (TITLES, *(r.values() for r in records()))),
    ],
)
def test_tables_as_scripts_and_hands_write_them(tmp_path, written):
    (tmp_path / "list.txt").write_text(written(), "utf-8")
    all_right(read_facilities([tmp_path / "list.txt"]))


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("梅园社区退役军人服务站", "退役军人"), ("梅园街道公共法律服务站", "司法"),
        ("梅园社区医保服务站", "其他服务"), ("梅园街道社会工作服务站", "其他服务"),
        ("梅园社区菜鸟服务站", "邮政快递"), ("法律巷社区服务站", "station"), ("梅园村便民服务室", "station"),
        ("梅园街道便民服务大厅", "centre"), ("梅园社区便民服务大厅", "station"),
    ],
)  # fmt: skip
def test_stations_of_other_services_are_no_service_stations(name, tier):
    assert tier_of("", name, ()).tier == tier


@pytest.mark.parametrize(
    ("lon", "lat", "system"),
    [
        ("gd_lng", "gd_lat", GCJ02), ("腾讯lng", "腾讯lat", GCJ02), ("gd经度", "gd纬度", GCJ02),
        ("百度坐标X", "百度坐标Y", BD09), ("lon84", "lat84", ""), ("location_lng", "location_lat", ""),
        ("mapx", "mapy", ""), ("经", "纬", ""), ("longtitude", "lattitude", ""),
    ],
)  # fmt: skip
def test_coordinates_are_known_under_the_name_of_their_system_or_source(tmp_path, lon, lat, system):
    x, y = convert(*np.array([place[1:3] for place in PLACES]).T, WGS84, system or WGS84)
    rows = [["名称", "类型", lon, lat], *([n, "站", a, b] for n, a, b in zip(NAMES, x, y, strict=True))]
    found = read(tmp_path, rows)
    all_right(found)
    assert not system or found.datum.system == system


@pytest.mark.parametrize("newer", ["修改后", "核定", "更新后", "改正后"])
def test_the_corrected_place_counts_whatever_correction_is_called(tmp_path, newer):
    rows = [["名称", "类型", "经度", "纬度", f"{newer}经度", f"{newer}纬度"]]
    found = read(tmp_path, [*rows, *([n, "站", x + 0.01, y, x, y] for n, x, y, _ in PLACES)])
    all_right(found)
    assert "unused-column" in codes(found)


@pytest.mark.parametrize("marks", ["“{}”", "‘{}’", "'{}", '"{}"', "`{}"])
def test_a_number_in_quotation_marks_is_the_number(tmp_path, marks):
    rows = [["名称", "类型", "经度", "纬度"]]
    all_right(
        read(tmp_path, [*rows, *([n, "站", marks.format(x), marks.format(y)] for n, x, y, _ in PLACES)])
    )


def test_an_outline_in_a_cell_is_named_as_what_it_is(tmp_path):
    outline = "{0},{1};{2},{1};{2},{3}"
    rows = [["名称", "类型", "边界坐标"]]
    rows += [[n, "站", outline.format(x, y, x + 0.001, y + 0.001)] for n, x, y, _ in PLACES]
    found = read(tmp_path, rows)
    assert any("outlines of several points" in str(one.message) for one in found.findings)


def geohash(lon, lat, length=10):
    """Bits that halve longitude and latitude in turn, five to a letter."""
    (west, east), (south, north), bits = (-180.0, 180.0), (-90.0, 90.0), ""
    while len(bits) < 5 * length:
        if len(bits) % 2 == 0:
            middle = (west + east) / 2
            bits += str(int(lon >= middle))
            west, east = (middle, east) if lon >= middle else (west, middle)
        else:
            middle = (south + north) / 2
            bits += str(int(lat >= middle))
            south, north = (middle, north) if lat >= middle else (south, middle)
    letters = "0123456789bcdefghjkmnpqrstuvwxyz"
    return "".join(letters[int(bits[k : k + 5], 2)] for k in range(0, len(bits), 5))


def test_geohashes_and_whole_plus_codes_are_the_middle_of_their_square(tmp_path):
    rows = [["名称", "类型", "geohash"], *([n, "站", geohash(x, y)] for n, x, y, _ in PLACES)]
    all_right(read(tmp_path, rows))
    whole = read(tmp_path, [["名称", "类型", "Plus Code"], [NAMES[0], "站", "8P4W2QMQ+4H"]]).accepted
    assert whole[["lon", "lat"]].iloc[0].tolist() == pytest.approx([118.788938, 32.032812], abs=1e-6)


def test_a_geohash_of_some_hundred_metres_is_too_coarse(tmp_path):
    rows = [["名称", "类型", "geohash"], *([n, "站", geohash(x, y, 6)] for n, x, y, _ in PLACES)]
    assert "coarse-coordinates" in codes(read(tmp_path, rows))


def test_a_round_coordinate_among_fine_ones_is_no_address(tmp_path):
    written = ["118.790000,32.040000", "118.794131,32.043207", "118.798264,32.046411"]
    rows = [
        ["name", "type", "location"],
        *([f"{n}社区服务站", "公共服务站", w] for n, w in zip("甲乙丙", written, strict=True)),
    ]
    intake = read(tmp_path, rows)
    assert intake.set_aside_count == 0 and "to-locate" not in codes(intake)


@pytest.mark.parametrize(
    "heading", ["玄武区（4处）", "江宁区 共12处", "梅园街道：", "张庄镇(3)", "桥林街道办事处"]
)
def test_a_unit_alone_in_a_row_is_a_heading_and_no_facility(tmp_path, heading):
    rows = [[name, "公共服务站", lon, lat] for name, lon, lat, _ in PLACES]
    found = read(tmp_path, [["名称", "类型", "经度", "纬度"], [heading], *rows[:6], [heading], *rows[6:]])
    assert (found.rows, found.accepted_count, found.set_aside_count) == (14, 12, 2)
    assert codes(found) >= {"heading-row"}


def test_a_compound_alone_in_a_row_is_asked_about(tmp_path):
    rows = [[name, "公共服务站", lon, lat] for name, lon, lat, _ in PLACES]
    found = read(tmp_path, [["名称", "类型", "经度", "纬度"], ["荷花小区"], *rows])
    assert found.accepted_count == 12 and "heading-row" not in codes(found)
