"""Files made on the spot, so that the promises are tested without any data."""

import zipfile

import openpyxl
import pytest


@pytest.fixture
def workbook(tmp_path):
    """Writes rows (and merged ranges such as "A1:C1") to an .xlsx and returns its path."""

    def write(rows, name="list.xlsx", merged=(), sheets=None):
        book = openpyxl.Workbook()
        for k, (title, content) in enumerate((sheets or {"Sheet1": rows}).items()):
            sheet = book.active if k == 0 else book.create_sheet()
            sheet.title = title
            for row in content:
                sheet.append(row)
            for cells in merged if k == 0 else ():
                sheet.merge_cells(cells)
        book.save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def rezipped():
    """Copies a zip, changing members by a function of name and content."""

    def copy(source, target, change):
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(name, change(name, old.read(name)))
        return target

    return copy
