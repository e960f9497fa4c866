"""What goes back to the office: the accepted facilities as CSV, and a workbook to mend and send again."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from core.text import Text, text
from data.files import write_csv
from data.formats.raw import Cell
from data.formats.worksheets import OWN_SHEETS
from data.intake.coordinates import MIXED, belief_in_words
from data.intake.drafts import REFUSED
from data.intake.findings import ERROR, INFO, WARNING, Finding
from data.intake.intake import Intake
from data.intake.likelihood import UNKNOWN
from data.intake.sheets import Table

Say = Callable[[Text], str]

_COLOURS: Final = {ERROR: "#F8B4A6", WARNING: "#FFE699", INFO: "#DDEBF7"}
_LEVELS: Final = {ERROR: text("error"), WARNING: text("warning"), INFO: text("remark")}
_RANK: Final = {ERROR: 0, WARNING: 1, INFO: 2}
EXPLANATION: Final = text("Explanation")
REFUSED_ROWS: Final = text("Refused rows")
ALL_FINDINGS: Final = text("All findings")
FINDINGS_TITLE: Final = text("Result of the check")
_NAME_LENGTH: Final = 31
_WIDTH: Final = 60
_LONGEST_CELL: Final = 32_000


def write_accepted(intake: Intake, path: Path) -> None:
    """The accepted facilities, WGS-84, as Excel reads CSV."""
    write_csv(path, intake.accepted)


def write_not_open(intake: Intake, path: Path) -> None:
    """Planned and closed facilities with their status and dates, for a look at coverage year by year.

    No file where there are none.
    """
    rows = intake.not_open
    if len(rows):
        write_csv(path, rows)
    else:
        path.unlink(missing_ok=True)


def write_findings(intake: Intake, folder: Path, tr: Say) -> tuple[Path, ...]:
    """The workbooks that go back, one a sender: `findings.xlsx` for one list, `findings/<list>.xlsx` for each
    of several. Those of an earlier check are removed."""
    alone, several = folder / "findings.xlsx", folder / "findings"
    for old in (alone, *(several.glob("*.xlsx") if several.is_dir() else ())):
        old.unlink(missing_ok=True)
    books = workbooks_of(intake, folder)
    for name, path in books.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_findings_workbook(_of_file(intake, name) if len(books) > 1 else intake, path, tr)
    return tuple(books.values())


def workbooks_of(intake: Intake, folder: Path) -> dict[str, Path]:
    """File of the lists → the workbook that goes back to its sender."""
    if len(intake.files) <= 1:
        return {file.name: folder / "findings.xlsx" for file in intake.files} or {
            "": folder / "findings.xlsx"
        }
    books: dict[str, Path] = {}
    for file in intake.files:
        stem = Path(file.name).stem
        path, count = folder / "findings" / f"{stem}.xlsx", 2
        while str(path).casefold() in {str(taken).casefold() for taken in books.values()}:
            path, count = folder / "findings" / f"{stem}-{count}.xlsx", count + 1
        books[file.name] = path
    return books


def _of_file(intake: Intake, name: str) -> Intake:
    """What concerns one of several lists: its rows, the remarks on them, and the system that they are in."""
    frame = intake.frame[intake.frame["source_file"] == name].reset_index(drop=True)
    systems, datum = set(frame.loc[frame["lon"].notna(), "system"]), intake.datum
    if len(systems) == 1 and systems != {datum.system}:
        system = str(systems.pop())
        own = tuple(piece for piece in datum.evidence if piece.system == system)
        datum = replace(datum, system=system, decided=system not in (MIXED, UNKNOWN), evidence=own)
    return replace(
        intake,
        datum=datum,
        frame=frame,
        findings=tuple(found for found in intake.findings if found.file == name),
        files=tuple(file for file in intake.files if file.name == name),
        tables=tuple(table for table in intake.tables if table.file == name),
        groups=(),
    )


def write_findings_workbook(intake: Intake, path: Path, tr: Say) -> None:
    """The workbook that goes back, in the reader's language.

    Every sheet stands there with all its rows where they were, so that row numbers hold; one more column says
    what is wrong, and the cells meant are coloured. Mended and uploaded again it is read like the original:
    the added sheets, which a property of the workbook names, and the added column are passed over.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        _Writer(book, tr, _formats(book)).write(intake)


@dataclass(frozen=True)
class _Writer:
    book: Any
    tr: Say
    formats: dict[str, Any]

    def write(self, intake: Intake) -> None:
        names = {"": 0, **{self.tr(name): 0 for name in (EXPLANATION, REFUSED_ROWS, ALL_FINDINGS)}}
        explanation = self.book.add_worksheet(self.tr(EXPLANATION))
        several = len(intake.files) > 1
        by_sheet: dict[tuple[str, str], list[Table]] = {}
        for table in intake.tables:
            by_sheet.setdefault((table.file, table.sheet.name), []).append(table)
        for (file, sheet), tables in by_sheet.items():
            name = f"{file} {sheet}" if several else sheet or Path(file).stem
            self._sheet(tables, _unused(name, names), intake.findings)
        self._refused(intake)
        self._all_findings(intake.findings)
        self._explanation(explanation, intake)
        own = [self.tr(name) for name in (EXPLANATION, REFUSED_ROWS, ALL_FINDINGS)]
        self.book.set_custom_property(OWN_SHEETS, json.dumps(own, ensure_ascii=False))

    def _sheet(self, tables: Sequence[Table], name: str, findings: Iterable[Finding]) -> None:
        table = tables[0]
        header_row = min(table.header_row for table in tables)
        sheet = self.book.add_worksheet(name)
        own = [f for f in findings if (f.file, f.sheet) == (table.file, table.sheet.name) and f.row]
        by_row: dict[int, list[Finding]] = {}
        for finding in sorted(own, key=lambda found: _RANK[found.level]):
            by_row.setdefault(finding.row, []).append(finding)
        points = _point_columns(table)
        width = max((len(row) for row in table.sheet.rows), default=0) + len(points)
        for top, left, bottom, right in table.sheet.merged:
            if (bottom, right) != (top, left):
                sheet.merge_range(top, left, bottom, right, "", self.formats["plain"])
        for number, row in enumerate(table.sheet.rows, start=1):
            cells = [
                *row,
                *[None] * (width - len(points) - len(row)),
                *(column[number - 1] for column in points),
            ]
            self._row(sheet, number, cells, by_row.get(number, []))
            if number in by_row:
                said = "\n".join(self._spoken(finding) for finding in by_row[number])
                sheet.write_string(number - 1, width, said, self.formats["wrapped"])
        sheet.write_string(max(header_row - 1, 0), width, self.tr(FINDINGS_TITLE), self.formats["bold"])
        sheet.set_column(width, width, _WIDTH)
        sheet.freeze_panes(header_row, 0)

    def _row(self, sheet: Any, number: int, cells: list[Cell], findings: list[Finding]) -> None:
        marked: dict[int, str] = {}
        for finding in reversed(findings):
            marked[finding.column_number - 1] = finding.level
        for column, cell in enumerate(cells):
            if column in marked:
                _write(sheet, number - 1, column, cell, self.formats, marked[column])
            elif cell is not None:
                _write(sheet, number - 1, column, cell, self.formats, "plain")

    def _spoken(self, finding: Finding) -> str:
        column = f"{finding.column}: " if finding.column else ""
        return f"[{self.tr(_LEVELS[finding.level])}] {column}{self.tr(finding.message)}"

    def _refused(self, intake: Intake) -> None:
        sheet = self.book.add_worksheet(self.tr(REFUSED_ROWS))
        titles = (text("File"), text("Sheet"), text("Row"), text("Name"), text("What and how to mend"))
        self._titles(sheet, titles)
        reasons: dict[tuple[str, str, int], list[str]] = {}
        for found in intake.findings:
            if found.level == ERROR:
                reasons.setdefault((found.file, found.sheet, found.row), []).append(self._spoken(found))
        refused = intake.frame[intake.frame["outcome"] == REFUSED]
        columns = (refused[name].tolist() for name in ("source_file", "source_sheet", "source_row", "name"))
        for line, (file, name, number, facility) in enumerate(zip(*columns, strict=True), start=1):
            said = "\n".join(reasons.get((file, name, number), []))
            cells = (file, name, number, facility, said)
            for column, cell in enumerate(cells):
                _write(sheet, line, column, cell, self.formats, "wrapped" if column == 4 else "plain")
        sheet.set_column(4, 4, 1.5 * _WIDTH)

    def _all_findings(self, findings: Iterable[Finding]) -> None:
        sheet = self.book.add_worksheet(self.tr(ALL_FINDINGS))
        titles = (text("File"), text("Sheet"), text("Row"), text("Column"), text("Level"), text("Code"))
        self._titles(sheet, (*titles, text("What and how to mend")))
        for line, found in enumerate(findings, start=1):
            level = self.tr(_LEVELS[found.level])
            cells = (found.file, found.sheet, found.row or None, found.column, level, found.code)
            for column, cell in enumerate((*cells, self.tr(found.message))):
                _write(sheet, line, column, cell, self.formats, "plain")
        sheet.set_column(6, 6, 1.5 * _WIDTH)

    def _titles(self, sheet: Any, titles: Iterable[Text]) -> None:
        for column, title in enumerate(titles):
            sheet.write_string(0, column, self.tr(title), self.formats["bold"])
        sheet.freeze_panes(1, 0)

    def _explanation(self, sheet: Any, intake: Intake) -> None:
        lines: list[tuple[Text, str]] = [(line, "wrapped") for line in _explanation_lines(intake)]
        lines += [(_MEANING[level], level) for level in (ERROR, WARNING, INFO)]
        for piece in intake.datum.evidence:
            belief = belief_in_words(piece.weight)
            lines.append(
                (text("{message} (evidence: {belief})", message=piece.message, belief=belief), "wrapped")
            )
        for line, (said, kind) in enumerate(lines):
            sheet.write_string(line, 0, self.tr(said), self.formats[kind])
        sheet.set_column(0, 0, 110)


_MEANING: Final = {
    ERROR: text("Red: the row cannot be used until this is mended."),
    WARNING: text("Yellow: the row is used; please look whether it is right."),
    INFO: text("Blue: a remark; nothing needs to be done."),
}


def _explanation_lines(intake: Intake) -> tuple[Text, ...]:
    return (
        text(
            "This workbook holds your list as you sent it, with the result of the check in the last column."
        ),
        text("Mend the coloured cells in place and upload the workbook again; nothing else needs to change."),
        text(
            "Of {rows} {rows:row|rows}, {accepted} {accepted:was|were} accepted, {refused} refused and "
            "{aside} set aside "
            "(totals, notes, closed or planned facilities, facilities without coordinates).",
            rows=intake.rows,
            accepted=intake.accepted_count,
            refused=intake.refused_count,
            aside=intake.set_aside_count,
        ),
        _system_line(intake),
        *(
            text("Checked was the file {file}, SHA-256 {digest}.", file=file.name, digest=file.sha256)
            for file in intake.files
        ),
    )


def _system_line(intake: Intake) -> Text:
    if not intake.datum.decided:
        return text("Coordinate system: not decided; the coordinates were taken as WGS-84. Say which it is.")
    if intake.datum.system == MIXED:
        return text("Coordinate system: several, each part read in its own.")
    return text(
        "Coordinate system: {system}, belief {percent:.0f} %.",
        system=intake.datum.system.upper(),
        percent=100 * intake.datum.confidence,
    )


def _formats(book: Any) -> dict[str, Any]:
    looks: dict[str, dict[str, object]] = {
        "plain": {},
        "bold": {"bold": True},
        "wrapped": {"text_wrap": True, "valign": "top"},
        **{level: {"bg_color": colour} for level, colour in _COLOURS.items()},
    }
    made = {kind: book.add_format(look) for kind, look in looks.items()}
    return made | {
        f"date-{kind}": book.add_format({**look, "num_format": "yyyy-mm-dd"}) for kind, look in looks.items()
    }


def _write(sheet: Any, row: int, column: int, cell: Cell, formats: dict[str, Any], kind: str) -> None:
    look = formats[kind] if kind != "plain" else None
    if isinstance(cell, str):
        sheet.write_string(row, column, cell[:_LONGEST_CELL], look)
    elif cell is None:
        sheet.write_blank(row, column, None, look)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell, look)
    elif isinstance(cell, int | float) and math.isfinite(cell):
        sheet.write_number(row, column, cell, look)
    elif isinstance(cell, datetime | date):
        moment = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
        sheet.write_datetime(row, column, moment, formats[f"date-{kind}"])
    else:
        sheet.write_string(row, column, str(cell)[:_LONGEST_CELL], look)


def _point_columns(table: Table) -> list[list[Cell]]:
    """The places of a format with geometry as two more columns, so that they can be mended and read."""
    points = table.sheet.points
    if points is None:
        return []
    header = max(table.header_row - 1, 0)
    columns: list[list[Cell]] = [[point and point[axis] for point in points] for axis in (0, 1)]
    columns[0][header], columns[1][header] = "经度 lon", "纬度 lat"
    return columns


def _unused(name: str, names: dict[str, int]) -> str:
    """A sheet name that Excel takes and that does not occur yet."""
    safe = "".join("_" if letter in "[]:*?/\\'" else letter for letter in name)[:_NAME_LENGTH] or "1"
    taken = {known.casefold() for known in names}
    unique, count = safe, 2
    while unique.casefold() in taken:
        unique = f"{safe[: _NAME_LENGTH - len(str(count)) - 1]}-{count}"
        count += 1
    names[unique] = 1
    return unique
