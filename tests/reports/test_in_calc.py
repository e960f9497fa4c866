"""Workbooks as LibreOffice Calc opens, prints and saves them again."""

from __future__ import annotations

import itertools
import shutil
import statistics
import subprocess
from pathlib import Path

import openpyxl
import pypdfium2 as pdfium
import pytest

from jobs.assess.export import ExportRequest, export
from jobs.lists.check import ListFiles, check_lists
from jobs.siting.request import SitingRequest
from jobs.siting.suggest import suggest_files
from jobs.study.inputs import StudyFiles
from locales import LANGUAGES
from tests.browser.paper import points
from tests.small_city import write_small_city

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with workbooks, `saved/` with what Calc made of them, `printed/` with their pages."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("no LibreOffice on this machine")
    folder = tmp_path_factory.mktemp("calc")
    files = write_small_city(folder / "in")
    suggest_files(files, SitingRequest(tier="station", count=1), out=folder / "assess")
    export(ExportRequest(folder / "assess", "docx", out=folder / "briefing.docx"))
    check_lists(ListFiles(files.facilities, datum="wgs84"), out=folder / "check")
    shutil.copy(folder / "assess" / "report.xlsx", folder)
    shutil.copy(folder / "check" / "findings.xlsx", folder)
    books = sorted(folder.glob("*.xlsx"))
    papers = [*books, folder / "briefing.docx"]
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for kind, place, read in (("xlsx", "saved", books), ("pdf", "printed", papers)):
        command = [office, "--headless", profile, "--convert-to", kind, "--outdir", folder / place, *read]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
    return folder


@pytest.mark.parametrize("name", ["report", "findings"])
def test_sheets_cells_and_formats_are_the_same_after_calc_saved_them(opened: Path, name: str) -> None:
    ours = openpyxl.load_workbook(opened / f"{name}.xlsx")
    theirs = openpyxl.load_workbook(opened / "saved" / f"{name}.xlsx")
    assert theirs.sheetnames == ours.sheetnames
    cells = 0
    for sheet in ours:
        for row in sheet.iter_rows():
            for cell in row:
                other = theirs[sheet.title][cell.coordinate]
                if cell.value not in (None, ""):
                    cells += 1
                    told = pytest.approx(cell.value) if isinstance(cell.value, float) else cell.value
                    assert other.value == told, (sheet.title, cell.coordinate)
                    assert other.number_format == cell.number_format, (sheet.title, cell.coordinate)
    assert cells > 20


def test_no_text_of_a_printed_report_is_smaller_than_6_points(opened: Path) -> None:
    document = pdfium.PdfDocument(opened / "printed" / "report.pdf")
    assert len(document) >= len(openpyxl.load_workbook(opened / "report.xlsx").sheetnames)
    for page in document:
        text = page.get_textpage()
        drawn = [i for i in range(text.count_chars()) if text.get_text_range(i, 1).strip()]
        assert min(points(text, i) for i in drawn) >= 5.9


def test_the_report_of_the_demo_city_prints_on_at_most_60_pages(demo_folder: Path, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("no LibreOffice on this machine")
    files = StudyFiles(
        (demo_folder / "facilities.xlsx",), demo_folder / "population.parquet", demo_folder / "streets.gpkg",
        demo_folder / "units.gpkg",
    )  # fmt: skip
    suggest_files(files, SitingRequest(tier="station", count=5), out=tmp_path / "plan")
    for language in LANGUAGES:
        book = tmp_path / f"{language}.xlsx"
        export(ExportRequest(tmp_path / "plan", "xlsx", language, out=book))
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [office, "--headless", profile, "--convert-to", "pdf", "--outdir", tmp_path, book]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        assert len(pdfium.PdfDocument(book.with_suffix(".pdf"))) <= 60


def test_the_document_has_22_lines_of_28_characters_as_the_national_standard_asks(opened: Path) -> None:
    """GB/T 9704-2012: 156 × 225 mm of text; measured on the page that Writer sets."""
    page = pdfium.PdfDocument(opened / "printed" / "briefing.pdf")[0]
    text, mm = page.get_textpage(), 25.4 / 72
    drawn = [i for i in range(text.count_chars()) if text.get_text_range(i, 1) > "\u2e80"]
    body = [i for i in drawn if points(text, i) == pytest.approx(16, abs=0.2)]
    tops = sorted({round((page.get_height() - text.get_charbox(i, loose=True)[3]) * mm, 1) for i in body})
    steps = [later - first for first, later in itertools.pairwise(tops)]
    # Faces of one line, and of the line after, differ by a hair.
    assert statistics.median(step for step in steps if step > 2) == pytest.approx(225 / 22, abs=0.2)
    pairs = [(i, j) for i, j in itertools.pairwise(body) if j == i + 1]
    lefts = [(text.get_charbox(i, loose=True)[0], text.get_charbox(j, loose=True)[0]) for i, j in pairs]
    advance = statistics.median(right - left for left, right in lefts if right > left) * mm
    assert advance * 28 == pytest.approx(156, abs=1.0)
    assert min(text.get_charbox(i, loose=True)[0] for i in body) * mm == pytest.approx(28, abs=0.5)
