"""Workbooks as LibreOffice Calc opens, prints and saves them again."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pypdfium2 as pdfium
import pytest

from jobs.assess.folder import assess_files
from jobs.lists.check import ListFiles, check_lists
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
    assess_files(files, out=folder / "assess")
    check_lists(ListFiles(files.facilities, datum="wgs84"), out=folder / "check")
    shutil.copy(folder / "assess" / "report.xlsx", folder)
    shutil.copy(folder / "check" / "findings.xlsx", folder)
    books = sorted(folder.glob("*.xlsx"))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for kind, place in (("xlsx", "saved"), ("pdf", "printed")):
        command = [office, "--headless", profile, "--convert-to", kind, "--outdir", folder / place, *books]
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
