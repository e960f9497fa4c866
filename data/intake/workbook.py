"""What goes back to the office: accepted facilities as CSV, and a workbook of findings to mend and resend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import xlsxwriter

from data.files import write_csv
from data.intake.intake import Intake
from geo.text import Text, text

Say = Callable[[Text], str]


def write_accepted(intake: Intake, path: Path) -> None:
    """The accepted facilities, WGS-84, as Excel reads CSV."""
    write_csv(path, intake.accepted)


def write_findings(intake: Intake, path: Path, say: Say) -> None:
    """Every finding, one row each, in the reader's language."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(say(text("Findings")))
        titles = (
            text("File"),
            text("Sheet"),
            text("Row"),
            text("Column"),
            text("Level"),
            text("Code"),
            text("What and how to mend"),
        )
        for column, title in enumerate(titles):
            sheet.write(0, column, say(title))
        for row, finding in enumerate(intake.findings, start=1):
            cells = (finding.file, finding.sheet, finding.row, finding.column, finding.level, finding.code)
            for column, cell in enumerate((*cells, say(finding.message))):
                sheet.write(row, column, cell)
