from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest

from core.text import text
from locales import translator
from reports.briefing.strip import day_of
from reports.sheet import FORMATS, Book, share_format, workbook


def written(rows: list[list[object]], kinds: list[str]) -> openpyxl.worksheet.worksheet.Worksheet:
    out = io.BytesIO()
    with workbook(out) as xlsx:
        book = Book(xlsx, [("某市 · {sheet}", {"bold": True})], footer="某市 & 某区")
        book.sheet("表", [10] * len(kinds)).table([f"c{n}" for n in range(len(kinds))], rows, kinds)
    return openpyxl.load_workbook(io.BytesIO(out.getvalue())).worksheets[0]


def test_every_workbook_of_a_process_names_the_same_font_and_no_theme() -> None:
    for _ in range(2):
        cell = written([[1]], ["people"])["A3"]
        assert (cell.font.name, cell.font.scheme) == ("宋体", None)


def test_every_sheet_begins_with_what_it_is_of_and_prints_on_wide_pages() -> None:
    sheet = written([[1]], ["people"])
    assert sheet["A1"].value == "某市 · 表"
    assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.fitToHeight == 0
    assert sheet.print_title_rows == "$2:$2" and sheet.auto_filter.ref == "A2:A3"
    assert "某市 && 某区" in (sheet.oddFooter.left.text or "")


@pytest.mark.parametrize("kind", list(FORMATS))
def test_a_column_has_the_format_of_its_kind(kind: str) -> None:
    value: object = dt.date(2026, 1, 2) if kind == "date" else "001" if kind == "text" else 0.55
    assert written([[value]], [kind])["A3"].number_format == FORMATS[kind]


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [("percent", 99.996, "0.000"), ("percent", 100.0, "0.0"), ("number", 71.0, "#,##0"),
     ("number", 71.4, "#,##0.0"), ("number", 71.429, "#,##0.00"), ("number", 5.001, "#,##0")],
)  # fmt: skip
def test_a_number_has_the_decimals_that_it_takes(kind: str, value: float, shown: str) -> None:
    assert written([[value]], [kind])["A3"].number_format == shown


def test_codes_stay_texts_and_infinity_is_a_sign() -> None:
    sheet = written([["0012", float("inf"), None]], ["text", "metres", "people"])
    assert [cell.value for cell in sheet[3]] == ["0012", "∞", None]
    assert sheet["A3"].data_type == "s"


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.5, "0.0%"), (1.0, "0.0%"), (0.0, "0.0%"), (0.99951, "0.00%"), (0.99996, "0.000%"), (1e-5, "0.000%")],
)
def test_a_share_below_one_never_reads_100_percent(share: float, shown: str) -> None:
    assert share_format(share) == shown
    said = translator("en")(text("{share:.1%}", share=share))
    assert (said == "100.0%") == (share == 1.0) and (said == "0.0%") == (share == 0.0)


def test_a_day_is_the_day_in_china() -> None:
    assert day_of("2026-11-29T17:00:00+00:00") == "2026-11-30"
    assert day_of("") == ""


def test_a_long_table_is_cut_on_paper_and_says_so() -> None:
    out = io.BytesIO()
    with workbook(out) as xlsx:
        sheet = Book(xlsx, [], cut="打印前{n}行").sheet("表", [10])
        sheet.table(["c"], ([n] for n in range(300)), ["count"])
    read = openpyxl.load_workbook(io.BytesIO(out.getvalue())).worksheets[0]
    assert read["A1"].value == "打印前100行" and read.max_row == 302
    assert read.print_area == "'表'!$A$1:$A$102"
