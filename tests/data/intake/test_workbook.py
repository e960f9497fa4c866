"""What goes back to the office, and what becomes of it when it returns."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from core.text import text
from data.intake import read_facilities
from data.intake.findings import LEVEL_TITLES
from data.intake.store import keep_originals, store_original
from data.intake.workbook import _BEGINS, write_accepted, write_findings, write_findings_workbook
from jobs.lists.check import ListFiles, check_lists
from locales import translator
from tests.data.intake.small_lists import write_xlsx

HEADER = ["名称", "类型", "经度", "纬度", "备注"]
ROWS = [
    ["某区统计表", None, None, None, None],
    HEADER,
    ["甲社区公共服务站", "站", 118.78901, 32.04001, "@甲"],
    ["乙社区公共服务站", "站", 32.05001, 118.79001, None],
    [None, "站", 118.79901, 32.05001, None],
    ["合计", "3", None, None, None],
]
SAY = {"zh": translator("zh"), "en": translator("en")}


@pytest.fixture
def returned(tmp_path):
    path = write_xlsx(tmp_path / "list.xlsx", {"梅园街道": ROWS}, {"梅园街道": ["A1:E1"]})
    intake = read_facilities([path])
    write_findings_workbook(intake, tmp_path / "findings.xlsx", SAY["zh"], original=path.read_bytes())
    return intake, tmp_path / "findings.xlsx"


def test_the_rows_stand_where_they_stood_with_the_result_beside_them(returned):
    sheet = openpyxl.load_workbook(returned[1])["梅园街道"]
    assert [sheet.cell(3, column).value for column in range(1, 5)] == ROWS[2][:4]
    assert sheet.cell(2, 6).value == "检查结果"
    assert "经度" in sheet.cell(4, 6).value and "填反" in sheet.cell(4, 6).value
    assert [str(cells) for cells in sheet.merged_cells.ranges] == ["A1:E1"]


def test_the_cells_meant_have_comments_with_all_that_is_said_of_them(returned):
    sheet = openpyxl.load_workbook(returned[1])["梅园街道"]
    assert sheet["C4"].comment.text.startswith("检查结果\n[需修改] 经度")
    assert "缺少名称" in sheet["A5"].comment.text
    assert sheet["A3"].comment is None and sheet["C4"].fill.fgColor.rgb == "00000000"
    assert sheet["F4"].fill.fgColor.rgb == "FFF8B4A6"


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("名称,类型,经度,纬度,备注\n甲社区服务站,站,118.78901,32.04001,=1+1\n", encoding="utf-8")
    intake = read_facilities([path])
    write_findings_workbook(intake, tmp_path / "findings.xlsx", str)
    cell = openpyxl.load_workbook(tmp_path / "findings.xlsx")["list"]["E2"]
    assert cell.value == "=1+1" and cell.data_type == "s"
    write_accepted(intake, tmp_path / "accepted.csv")
    assert ",'=1+1," in (tmp_path / "accepted.csv").read_text("utf-8-sig")


def test_one_sheet_in_front_lists_the_findings_with_links_to_their_cells(returned):
    book = openpyxl.load_workbook(returned[1])
    assert book.sheetnames == ["检查结果", "梅园街道"] and book.active.title == "检查结果"
    front = book["检查结果"]
    found = [row for row in front.iter_rows() if row[0].value == "梅园街道"]
    assert {(row[1].value, row[4].value) for row in found} >= {("4", "需修改"), ("5", "需修改")}
    assert found[0][0].hyperlink.location.startswith("'梅园街道'!")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sent_back_as_it_is_it_gives_the_same_findings(returned, tmp_path, language):
    intake, _ = returned
    original = (tmp_path / "list.xlsx").read_bytes()
    write_findings_workbook(intake, tmp_path / "again.xlsx", SAY[language], original=original)
    again = read_facilities([tmp_path / "again.xlsx"])
    assert counts(again) == counts(intake)
    assert told(again) == told(intake)


def test_mended_in_place_and_sent_back_every_row_is_accepted(returned, tmp_path):
    book = openpyxl.load_workbook(returned[1])
    sheet = book["梅园街道"]
    sheet["C4"], sheet["D4"], sheet["A5"] = 118.79001, 32.05001, "丙社区公共服务站"
    book.save(tmp_path / "mended.xlsx")
    again = read_facilities([tmp_path / "mended.xlsx"])
    assert (again.accepted_count, again.refused_count, again.set_aside_count) == (3, 0, 1)
    assert again.accepted["street"].eq("梅园街道").all()


def cells_of(path):
    """All that a workbook says, its sheet names too."""
    book = openpyxl.load_workbook(path)
    return [
        str(c) for sheet in book for row in sheet.iter_rows(values_only=True) for c in row if c is not None
    ]


def several(tmp_path):
    """Two offices' lists with a row to mend each, and a file that cannot be read."""
    for office, system, lon in (("玄武", "GCJ-02", 118.79401), ("秦淮", "WGS-84", 118.77402)):
        rows = [f"{office}{k}社区服务站,站,{lon + k / 500:.5f},32.0{k}003,{system}" for k in range(1, 6)]
        rows = ["名称,类型,经度,纬度,坐标系", *rows, f"{office}坏社区服务站,站,abc,32.05"]
        (tmp_path / f"{office}.csv").write_text("\n".join(rows), "utf-8-sig")
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    return [tmp_path / name for name in ("玄武.csv", "秦淮.csv", "坏.xlsx")]


def test_of_several_lists_each_sender_gets_a_workbook_with_its_own_rows_only(tmp_path):
    paths = several(tmp_path)
    written = write_findings(read_facilities(paths), tmp_path / "out", SAY["zh"], originals=tmp_path)
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == [
        "findings/玄武.xlsx", "findings/秦淮.xlsx", "findings/坏.xlsx",
    ]  # fmt: skip
    for own, other in ((0, "秦淮"), (1, "玄武")):
        said = cells_of(written[own])
        assert not [cell for cell in said if other in cell]
        assert any("6行" in cell and "采用5行" in cell for cell in said), said
        assert any("坏社区服务站" in cell for cell in said)
    assert any("GCJ02" in cell for cell in cells_of(written[0]))
    assert not [cell for cell in cells_of(written[1]) if "GCJ" in cell]
    assert any("坏.xlsx" in cell for cell in cells_of(written[2]))
    assert not [cell for cell in cells_of(written[2]) if "玄武" in cell or "秦淮" in cell]


def test_lists_of_one_name_are_told_apart_by_their_folders(tmp_path):
    paths = [tmp_path / office / "清单.csv" for office in ("玄武", "秦淮")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(f"name,type,lon,lat\n{path.parent.name}站,station,118.78901,32.04001\n", "utf-8")
    write_findings(read_facilities(paths[:1]), tmp_path / "out", str, originals=tmp_path)
    written = write_findings(read_facilities(paths), tmp_path / "out", str, originals=tmp_path)
    assert [path.name for path in written] == ["清单.xlsx", "清单-2.xlsx"]
    assert not (tmp_path / "out" / "findings.xlsx").exists()
    assert "秦淮站" in cells_of(written[1]) and "玄武站" not in cells_of(written[1])
    assert any("秦淮/清单.csv" in cell for cell in cells_of(written[1]))


def test_a_geojson_list_comes_back_with_its_coordinates_in_columns(tmp_path):
    (tmp_path / "a.geojson").write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature",'
        '"properties": {"名称": "甲社区服务站"},'
        '"geometry": {"type": "Point", "coordinates": [118.78901, 32.04001]}}]}',
        encoding="utf-8",
    )
    intake = read_facilities([tmp_path / "a.geojson"])
    write_findings_workbook(intake, tmp_path / "back.xlsx", str)
    again = read_facilities([tmp_path / "back.xlsx"])
    assert again.accepted[["name", "lon", "lat"]].to_numpy().tolist() == [
        ["甲社区服务站", 118.78901, 32.04001]
    ]


def test_accepted_facilities_open_in_excel_as_utf8(returned, tmp_path):
    write_accepted(returned[0], tmp_path / "accepted.csv")
    content = (tmp_path / "accepted.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbffacility_id,name,tier,lon,lat")


def test_originals_are_kept_unchanged(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.csv"
    path.write_bytes(b"\xb0\xa1\r\n")
    stored = store_original(path, tmp_path / "store")
    assert stored.read_bytes() == path.read_bytes() and len(stored.stem) == 64
    assert store_original(path, tmp_path / "store") == stored
    kept = keep_originals([path], tmp_path / "out")
    assert kept[0].name == "a.csv" and kept[0].read_bytes() == path.read_bytes()


def counts(intake):
    return intake.rows, intake.accepted_count, intake.refused_count, intake.set_aside_count


def told(intake):
    return {(f.sheet, f.row, f.column, f.code) for f in intake.findings if f.code != "own-sheet"}


def test_checked_again_it_holds_the_new_result_only(returned, tmp_path):
    content = returned[1].read_bytes()
    again = read_facilities([returned[1]])
    write_findings_workbook(again, tmp_path / "again.xlsx", SAY["en"], original=content)
    book = openpyxl.load_workbook(tmp_path / "again.xlsx")
    assert book.sheetnames == ["Result of the check", "梅园街道"]
    sheet = book["梅园街道"]
    assert [cell.value for cell in sheet[2]][5:] == ["Result of the check"]
    assert sheet["C4"].comment.text.startswith("Result of the check")


def test_a_list_of_another_format_says_what_it_could_not_carry(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("名称,类型,经度,纬度,编码\n甲社区服务站,站,118.78901,32.04001,320102001002\n", "utf-8")
    intake = read_facilities([path])
    write_findings_workbook(intake, tmp_path / "back.xlsx", SAY["zh"], original=path.read_bytes())
    book = openpyxl.load_workbook(tmp_path / "back.xlsx")
    said = [row[0].value for row in book["检查结果"].iter_rows()]
    assert any(".csv" in str(line) and "数字格式" in str(line) and "隐藏行" in str(line) for line in said)
    assert "原表。新增" not in "".join(map(str, said)), "it is not the office's own workbook"


def test_a_package_that_is_not_put_together_as_it_says_is_rebuilt_and_says_so(returned, tmp_path):
    broken = io.BytesIO()
    with zipfile.ZipFile(tmp_path / "list.xlsx") as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            if not name.endswith("styles.xml"):
                new.writestr(name, old.read(name))
    write_findings_workbook(returned[0], tmp_path / "back.xlsx", SAY["en"], original=broken.getvalue())
    book = openpyxl.load_workbook(tmp_path / "back.xlsx")
    said = [str(row[0].value) for row in book["Result of the check"].iter_rows()]
    assert any("not put together as Excel does it" in line for line in said)
    assert book["梅园街道"]["A3"].value == "甲社区公共服务站"


def with_macros(path: Path) -> Path:
    """The workbook as one that programs open under .xlsm alone."""
    out = path.with_suffix(".xlsm")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            plain = b"openxmlformats-officedocument.spreadsheetml.sheet."
            macros = b"ms-excel.sheet.macroEnabled."
            content = old.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(b"vnd." + plain + b"main", b"vnd." + macros + b"main")
            new.writestr(name, content)
        new.writestr("xl/vbaProject.bin", b"macros")
    path.unlink()
    return out


def test_a_workbook_with_macros_goes_back_as_one(tmp_path):
    path = with_macros(write_xlsx(tmp_path / "list.xlsx", {"梅园街道": ROWS}))
    report = check_lists(ListFiles((path,)), out=tmp_path / "out")
    (back,) = report.workbooks().values()
    assert back.name == "findings.xlsm" and not (tmp_path / "out/findings.xlsx").exists()
    with zipfile.ZipFile(back) as archive:
        assert archive.read("xl/vbaProject.bin") == b"macros"
        assert b"macroEnabled.main+xml" in archive.read("[Content_Types].xml")
    assert openpyxl.load_workbook(back, keep_vba=True)["梅园街道"].cell(2, 6).value == "检查结果"
    two = (path, write_xlsx(tmp_path / "b.xlsx", {"a": ROWS}))
    several = check_lists(ListFiles(two), out=tmp_path / "out")
    assert [book.name for book in several.workbooks().values()] == ["list.xlsm", "b.xlsx"]
    assert not back.exists()


def test_a_column_of_the_senders_own_under_our_title_stays_at_every_return(tmp_path):
    header = [*HEADER, "检查结果"]
    rows = [header, *([*row, "已现场核对"] for row in ROWS[2:5])]
    name, expected = "list.xlsx", ["检查结果", "检查结果 (2)", None]
    write_xlsx(tmp_path / name, {"梅园街道": rows})
    for language in ("zh", "zh", "en"):
        intake, original = read_facilities([tmp_path / name]), (tmp_path / name).read_bytes()
        name = f"{language}-{name}"
        write_findings_workbook(intake, tmp_path / name, SAY[language], original=original)
        sheet = openpyxl.load_workbook(tmp_path / name)["梅园街道"]
        if language == "en":
            expected = ["检查结果", "Result of the check", None]
        assert [sheet.cell(1, column).value for column in (6, 7, 8)] == expected
        assert [sheet.cell(row, 6).value for row in (2, 3, 4)] == ["已现场核对"] * 3
        assert sheet.cell(3, 7).value.startswith("[")


@pytest.mark.parametrize("word", ["[需修改] 经度", "[to fix] lon", "[规划部门] 请核实"])
def test_notes_of_a_check_whose_mark_was_lost_on_the_way_go(tmp_path, word):
    rows = [[*HEADER, "检查结果"], *([*row, word] for row in ROWS[2:5])]
    write_xlsx(tmp_path / "list.xlsx", {"梅园街道": rows})
    intake = read_facilities([tmp_path / "list.xlsx"])
    original = (tmp_path / "list.xlsx").read_bytes()
    write_findings_workbook(intake, tmp_path / "back.xlsx", SAY["zh"], original=original)
    sheet = openpyxl.load_workbook(tmp_path / "back.xlsx")["梅园街道"]
    assert [sheet.cell(1, column).value for column in (6, 7)] == ["检查结果", None]
    assert sheet.cell(2, 6).value is None and "填反" in sheet.cell(3, 6).value


def test_how_notes_begin_is_known_in_both_languages():
    for say in SAY.values():
        assert all(f"[{say(title)}] " in _BEGINS for title in LEVEL_TITLES.values())
        assert say(text("[Planners] {remark}", remark="")) in _BEGINS
