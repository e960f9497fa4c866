"""Single cells of a list set in its own file: what is not set stays as it was."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from core.errors import InputError
from data.formats.office.cells import can_set_cells, with_cells


def workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, other = book.add_worksheet("西苑"), book.add_worksheet("说明")
        red = book.add_format({"bg_color": "#FF0000", "num_format": "0.000000"})
        sheet.write_row(0, 0, ["名称", "经度", "编码", "合计"])
        sheet.write(1, 0, "甲站")
        sheet.write(1, 1, 32.06, red)
        sheet.write(1, 2, "0123")
        sheet.write_formula(1, 3, "=B2*2")
        sheet.set_column(0, 0, 44)
        other.write(0, 0, "不动")
    return out.getvalue()


def test_a_cell_is_set_and_keeps_its_look_while_the_rest_stays() -> None:
    before = workbook()
    after = with_cells(
        "a.xlsx", before, {("西苑", 2, 2): "118.79", ("西苑", 4, 1): "乙站", ("西苑", 2, 3): "0456"}
    )
    sheet = openpyxl.load_workbook(io.BytesIO(after))["西苑"]
    assert sheet["B2"].value == 118.79 and sheet["B2"].number_format == "0.000000"
    assert sheet["B2"].fill.fgColor.rgb == "FFFF0000"
    assert (sheet["A4"].value, sheet["C2"].value, sheet["D2"].value) == ("乙站", "0456", "=B2*2")
    assert sheet.column_dimensions["A"].width == pytest.approx(44, abs=1)
    with zipfile.ZipFile(io.BytesIO(before)) as old, zipfile.ZipFile(io.BytesIO(after)) as new:
        differs = {name for name in old.namelist() if old.read(name) != new.read(name)}
    assert differs == {"xl/worksheets/sheet1.xml"}


def test_a_formula_is_replaced_and_an_emptied_cell_is_empty() -> None:
    after = with_cells("a.xlsx", workbook(), {("西苑", 2, 4): "7", ("西苑", 2, 1): ""})
    sheet = openpyxl.load_workbook(io.BytesIO(after))["西苑"]
    assert sheet["D2"].value == 7 and sheet["A2"].value is None


def test_what_is_typed_never_becomes_a_formula() -> None:
    after = with_cells("a.xlsx", workbook(), {("西苑", 2, 1): "=HYPERLINK(1)", ("西苑", 2, 2): "nan"})
    sheet = openpyxl.load_workbook(io.BytesIO(after))["西苑"]
    assert sheet["A2"].data_type == "s" and sheet["B2"].value == "nan"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_text_table_keeps_its_delimiter(delimiter: str) -> None:
    written = delimiter.join(["名称", "经度"]) + "\n" + delimiter.join(["甲站", "32"]) + "\n"
    after = with_cells("a.csv", written.encode("gb18030"), {("", 2, 2): "118", ("", 3, 1): "乙, 站"})
    lines = after.decode("utf-8-sig").splitlines()
    assert lines[:2] == [delimiter.join(["名称", "经度"]), delimiter.join(["甲站", "118"])]
    assert "乙, 站" in lines[2]


def test_files_of_other_kinds_are_refused_in_words(tmp_path: Path) -> None:
    assert not can_set_cells("a.kml", b"<kml/>")
    with pytest.raises(InputError, match=r"a\.kml"):
        with_cells("a.kml", b"<kml/>", {("", 1, 1): "x"})
    with pytest.raises(InputError, match="没有"):
        with_cells("a.xlsx", workbook(), {("没有", 1, 1): "x"})
