"""An office's workbook, annotated: compared part by part with what was sent."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

import openpyxl
import pytest
import xlsxwriter

from data.formats.office.annotate import Front, SheetNotes, annotated
from data.formats.office.comments import Note
from data.formats.office.package import PackageError

SHEET = "玄武区"
TITLE = "检查结果"
FRONT = Front(TITLE, [("wrapped", "说明"), ("error", "红色")], ["表"], [((SHEET, 3, 3), [SHEET])], [40])
LONG = "经纬度是否填反？" * 40


def office_workbook() -> bytes:
    """What offices use: formats, a hidden sheet and row, widths, filter, validation, comments, a link, names,
    print set-up, protection, a picture's drawing."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, hidden, other = (book.add_worksheet(name) for name in (SHEET, "隐藏表", TITLE))
        hidden.hide()
        other.write(0, 0, "某单位自己的表")
        head = book.add_format({"bold": True, "bg_color": "#FFD700"})
        looks = [
            None,
            None,
            None,
            None,
            *(
                book.add_format(look)
                for look in (
                    {"num_format": "000000000000"},
                    {"num_format": "0.0%", "bg_color": "#CCFFCC"},
                    {"num_format": 'yyyy"年"m"月"'},
                )
            ),
        ]
        sheet.write_row(0, 0, ["名称", "类型", "经度", "纬度", "编码", "比例", "开办", "网址"], head)
        for number in range(1, 5):
            row = [f"甲{number}服务站", "站", 118.78901, 32.04, 320102001000 + number, 0.123, 43586]
            for column, (value, look) in enumerate(zip(row, looks, strict=True)):
                sheet.write(number, column, value, look)
        sheet.write_url(1, 7, "https://example.org", string="网站")
        sheet.write_formula(2, 7, "=E3+1", None, 320102001003)
        sheet.write_comment("D3", "请核实", {"author": "张三"})
        sheet.set_column(0, 0, 33)
        sheet.set_column(4, 20, 17)
        sheet.set_row(4, None, None, {"hidden": True})
        sheet.autofilter(0, 0, 4, 7)
        sheet.data_validation("B2:B99", {"validate": "list", "source": ["站", "中心"]})
        sheet.conditional_format("C2:C5", {"type": "cell", "criteria": "<", "value": 9, "format": head})
        sheet.set_landscape()
        sheet.set_paper(8)
        sheet.print_area(0, 0, 4, 7)
        sheet.set_header("&C内部资料")
        sheet.freeze_panes(1, 2)
        sheet.protect("")
        sheet.insert_textbox("J10", "文本框")
        book.define_name("表头", f"={SHEET}!$A$1:$H$1")
    return out.getvalue()


def notes() -> dict[str, SheetNotes]:
    said = [Note("error", LONG), Note("warning", "另一条")]
    beside = {3: said, 4: [Note("info", "短")], 5: [Note("warning", LONG)]}
    return {SHEET: SheetNotes(TITLE, (1,), beside, {(3, 3): said, (3, 4): said}, (TITLE,))}


@pytest.fixture(scope="module")
def sent() -> bytes:
    return office_workbook()


@pytest.fixture(scope="module")
def back(sent: bytes) -> bytes:
    return annotated(sent, notes(), FRONT)


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_parts_that_need_no_change_stay_byte_for_byte(sent: bytes, back: bytes) -> None:
    before, after = parts(sent), parts(back)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {
        "[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/comments1.xml",
        "xl/drawings/vmlDrawing1.vml", "xl/styles.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml",
        "xl/worksheets/_rels/sheet1.xml.rels",
    }  # fmt: skip
    assert {name for name in after if name not in before} == {
        "docProps/custom.xml",
        "xl/worksheets/sheet4.xml",
    }


@pytest.mark.parametrize(
    "element",
    ["sheetPr", "sheetFormatPr", "sheetProtection", "autoFilter", "conditionalFormatting", "dataValidations",
     "hyperlinks", "pageMargins", "pageSetup", "headerFooter", "drawing"],
)  # fmt: skip
def test_every_element_of_the_sheet_is_as_it_was(sent: bytes, back: bytes, element: str) -> None:
    pattern = re.compile(rb"<%s\b.*?(?:</%s>|/>)" % ((element.encode(),) * 2), re.DOTALL)
    before, after = (pattern.findall(parts(one)["xl/worksheets/sheet1.xml"]) for one in (sent, back))
    assert before == after


def test_every_cell_keeps_value_and_format(sent: bytes, back: bytes) -> None:
    before, after = (openpyxl.load_workbook(io.BytesIO(one)) for one in (sent, back))
    for name in before.sheetnames:
        assert after[name].sheet_state == before[name].sheet_state
        for row in before[name].iter_rows():
            for cell in row:
                other = after[name][cell.coordinate]
                assert (other.value, other.number_format, other.fill.fgColor.rgb, other.font.b) == (
                    cell.value, cell.number_format, cell.fill.fgColor.rgb, cell.font.b,
                )  # fmt: skip
    assert after[SHEET]["E2"].number_format == "000000000000"
    assert after[SHEET].row_dimensions[5].hidden
    assert isinstance(after[SHEET]["G2"].value, dt.datetime)


def test_names_and_views_count_one_sheet_more(back: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(back))
    assert book.sheetnames == [f"{TITLE}-2", SHEET, "隐藏表", TITLE]
    assert book[SHEET].print_area == f"'{SHEET}'!$A$1:$H$5"
    assert book.defined_names["表头"].value == f"{SHEET}!$A$1:$H$1"
    assert book.active.title == f"{TITLE}-2"
    assert not book[SHEET].sheet_view.tabSelected


def test_widths_are_kept_and_ours_is_wide(sent: bytes, back: bytes) -> None:
    before, after = (openpyxl.load_workbook(io.BytesIO(one))[SHEET] for one in (sent, back))
    assert after.column_dimensions["A"].width == before.column_dimensions["A"].width
    xml = parts(back)["xl/worksheets/sheet1.xml"].decode()
    found = re.findall(r'<col [^>]*?min="(\d+)"[^>]*?max="(\d+)"[^>]*?width="([\d.]+)"', xml)
    assert [(int(low), int(high)) for low, high, _ in found] == [(1, 1), (5, 8), (9, 9), (10, 21)]
    assert found[2][2] == "60"


def test_a_cell_with_somebodys_comment_keeps_it(back: bytes) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(back))[SHEET]
    assert (sheet["D3"].comment.text, sheet["D3"].comment.author) == ("请核实", "张三")
    assert sheet["C3"].comment.text == f"{TITLE}\n{LONG}\n另一条"


def test_rows_are_high_enough_for_all_that_is_said(back: bytes) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(back))[SHEET]
    assert sheet["I3"].value == f"{LONG}\n另一条" and sheet["I3"].alignment.wrap_text
    # 320 Chinese letters are 640 wide: twelve lines of 58, and the other note.
    assert sheet.row_dimensions[3].height == 13 * 15
    assert sheet.row_dimensions[4].height is None


def test_more_than_a_row_can_show_goes_into_a_second_column(sent: bytes) -> None:
    many = {3: [Note("error", f"{n} {LONG}") for n in range(4)]}
    back = annotated(sent, {SHEET: SheetNotes(TITLE, (1,), many)}, FRONT)
    sheet = openpyxl.load_workbook(io.BytesIO(back))[SHEET]
    assert [sheet.cell(1, column).value for column in (9, 10)] == [TITLE, TITLE]
    assert [str(sheet.cell(3, column).value)[:1] for column in (9, 10)] == ["0", "2"]


def test_the_same_input_gives_the_same_bytes(sent: bytes, back: bytes) -> None:
    assert annotated(sent, notes(), FRONT) == back


def test_annotated_again_nothing_of_the_first_time_is_left(sent: bytes, back: bytes) -> None:
    again = annotated(back, {SHEET: SheetNotes(TITLE, (1,), earlier=(TITLE,))}, FRONT)
    book = openpyxl.load_workbook(io.BytesIO(again))
    assert book.sheetnames == [f"{TITLE}-2", SHEET, "隐藏表", TITLE]
    sheet = book[SHEET]
    assert sheet["C3"].comment is None and sheet["D3"].comment.text == "请核实"
    assert [cell.value for cell in sheet[3]][8:] == [None]
    assert b"<x:Row>2</x:Row><x:Column>2<" not in parts(again)["xl/drawings/vmlDrawing1.vml"]


def test_macros_stay(sent: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts(sent).items():
            archive.writestr(name, content)
        archive.writestr("xl/vbaProject.bin", b"macros")
    assert parts(annotated(out.getvalue(), notes(), FRONT))["xl/vbaProject.bin"] == b"macros"


@pytest.mark.parametrize("lost", ["xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_a_package_without_a_part_is_refused(sent: bytes, lost: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts(sent).items():
            archive.writestr(name, b"<broken" if name == lost else content)
    with pytest.raises(PackageError):
        annotated(out.getvalue(), notes(), FRONT)


def test_the_added_sheet_s_part_is_called_as_every_reader_expects(back: bytes) -> None:
    sheets = [name for name in parts(back) if name.startswith("xl/worksheets/") and name.endswith(".xml")]
    assert len(sheets) == 4 and all(re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name) for name in sheets)
