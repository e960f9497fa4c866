"""What goes back to the office: the accepted facilities as CSV, and a workbook to mend and send again."""

from __future__ import annotations

import glob
import hashlib
import io
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from core.text import Text, listed, printable, text
from data.files import file_name, remove_csv, write_bytes, write_csv
from data.formats.office.annotate import Front, SheetNotes, annotated, has_macros, is_package
from data.formats.office.comments import Note
from data.formats.office.package import PackageError
from data.formats.raw import Cell, RawFile
from data.handed_over import HandedOver, write_handed_over
from data.intake.datum.coordinates import MIXED, belief_in_words
from data.intake.datum.likelihood import UNKNOWN
from data.intake.facility_numbers import is_facility_id
from data.intake.findings import ERROR, INFO, LEVEL_TITLES, WARNING, Finding
from data.intake.intake import Intake
from data.intake.tables.sheets import Table

Say = Callable[[Text], str]

_RANK: Final = {ERROR: 0, WARNING: 1, INFO: 2}
MACROS: Final = ".xlsm"
_NO_MACROS: Final = text("The macros of your workbook are not in this one, which holds its values.")
EXPLANATION: Final = text("Explanation")
FINDINGS_TITLE: Final = text("Result of the check")
# What stands over our columns in either language: a workbook may come back from a check in the other one.
_EARLIER: Final = ("检查结果", "Result of the check")
_BEGINS: Final = tuple(
    f"[{word}] "
    for word in (
        "需修改",
        "需核对",
        "供参考",
        "规划部门",
        "to fix",
        "to look at",
        "for information",
        "Planners",
    )
)
# What the column of the facilities' own numbers is called, as the readers of lists know it in both languages;
# the last beside numbers of the office's, which are read only where there are no others.
_NUMBERS: Final = ("设施编号", "Facility number", "facility_id", "服务圈编号")
_NAME_LENGTH: Final = 31
_LONGEST_CELL: Final = 32_000
# From here on a program shows a number without a format as 3.2E+11.
_LONG_NUMBER: Final = 1e11


def write_accepted(intake: Intake, path: Path) -> None:
    """The accepted facilities, WGS-84, as Excel reads CSV; beside them what a table of accepted rows cannot
    say (see `handed_over`)."""
    write_csv(path, intake.accepted)
    not_open, unplaced = (
        [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
        for table in (
            one.astype(object).where(one.notna(), None) for one in (intake.not_open, intake.unplaced)
        )
    )
    said = HandedOver(intake.refused_count, intake.set_aside_count, intake.datum.decided, not_open, unplaced)
    write_handed_over(path, said, accepted=intake.accepted_count)


def write_not_open(intake: Intake, path: Path) -> None:
    """Planned and closed facilities with their status and dates, for a look at coverage year by year.

    No file where there are none.
    """
    rows = intake.not_open
    if len(rows):
        write_csv(path, rows)
    else:
        remove_csv(path)


def write_findings(intake: Intake, folder: Path, tr: Say, *, originals: Path) -> tuple[Path, ...]:
    """The workbooks that go back, one a sender: `findings.xlsx` for one list, `findings/<list>.xlsx` for each
    of several; `.xlsm` where the list is a workbook with macros, which it keeps. `originals` is the folder
    that keeps the lists as they were sent. Those of an earlier check are removed."""
    for old in (*folder.glob("findings.xls?"), *folder.glob("findings/*.xls?")):
        old.unlink()
    books = workbooks_of(intake, folder)
    for name, path in books.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        own = _of_file(intake, name) if len(books) > 1 else intake
        write_findings_workbook(own, path, tr, original=_original(own.files, originals))
    return tuple(workbooks_of(intake, folder).values())


def workbooks_of(intake: Intake, folder: Path) -> dict[str, Path]:
    """File of the lists → the workbook that goes back to its sender."""
    if len(intake.files) <= 1:
        alone = _as_written(folder / "findings.xlsx")
        return {file.name: alone for file in intake.files} or {"": alone}
    books: dict[str, Path] = {}
    taken: set[str] = set()
    for file in intake.files:
        stem, count = Path(file.name).stem, 2
        name = file_name(stem, ending=".xlsx")
        while name.casefold() in taken:
            name, count = file_name(stem, ending=f"-{count}.xlsx"), count + 1
        taken.add(name.casefold())
        books[file.name] = _as_written(folder / "findings" / name)
    return books


def _as_written(path: Path) -> Path:
    """The workbook, under the ending that it was written with."""
    with_macros = path.with_suffix(MACROS)
    return with_macros if with_macros.is_file() else path


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


def _original(files: Sequence[RawFile], folder: Path) -> bytes | None:
    """The list as it was sent, which the folder keeps under its name, or with a few digits in front."""
    if len(files) != 1:
        return None
    name = file_name(Path(files[0].name).name)
    for path in (folder / name, *folder.glob(f"*-{glob.escape(name)}")):
        if path.is_file():
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() == files[0].sha256:
                return content
    return None


@dataclass(frozen=True)
class Reviewed:
    """What the planners add to a list that goes back: the facilities' own `numbers` by (sheet, row),
    `remarks` as (sheet, row, column, text) with row and column 0 for none, and a word on the whole list."""

    numbers: Mapping[tuple[str, int], str] = field(default_factory=dict)
    remarks: Sequence[tuple[str, int, int, str]] = ()
    remark: str = ""


def write_findings_workbook(
    intake: Intake, path: Path, tr: Say, *, original: bytes | None = None, reviewed: Reviewed | None = None
) -> None:
    """The workbook that goes back, in the reader's language.

    Of an `original` that is an .xlsx workbook it is that workbook (as `.xlsm` beside `path` where it has
    macros: no program opens these under another ending): added are columns that say what is wrong, comments
    at the cells meant, and one sheet in front. Of another format the values stand in a new workbook, rows
    where they were, and a line names what the format could not carry. Mended and uploaded again it is read
    like the original: the sheet in front, which a property of the workbook names, and the added columns are
    passed over.
    """
    by_sheet: dict[tuple[str, str], list[Table]] = {}
    for table in intake.tables:
        by_sheet.setdefault((table.file, table.sheet.name), []).append(table)
    findings: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(intake.findings, key=lambda found: _RANK[found.level]):
        findings.setdefault((finding.file, finding.sheet), []).append(finding)
    turned = any(found.code == "transposed-table" for found in intake.findings)  # its rows are columns there
    if original is not None and is_package(original) and not turned:
        same = {key: key[1] for key in by_sheet}
        notes = {
            name: _with_review(_notes(by_sheet[key], findings.get(key, ()), tr), key[1], reviewed, tr)
            for key, name in same.items()
        }
        try:
            content = annotated(original, notes, _front(intake, same, tr, _review_lines(reviewed)))
            write_bytes(path.with_suffix(MACROS) if has_macros(original) else path, content)
            return
        except PackageError:
            lost = text(
                "The parts of your workbook are not put together as Excel does it, so it could not be "
                "annotated in place: the values of its sheets with facilities stand here. Not carried over "
                "are formats, colours, widths, formulas, comments, drop-down lists, filters, hidden rows, "
                "print settings and sheets without facilities."
            )
    else:
        endings = sorted({Path(file.name).suffix.lower() or file.kind for file in intake.files})
        lost = text(
            "Your list came as {format}: the values of its sheets with facilities stand here as you sent "
            "them. Not carried over are number formats, colours, widths, formulas, comments, drop-down "
            "lists, filters, hidden rows, print settings and sheets without facilities.",
            format=listed(endings),
        )
    without = (lost, _NO_MACROS) if original is not None and has_macros(original) else (lost,)
    content, names = _rebuilt(by_sheet, several=len(intake.files) > 1)
    notes = {
        name: _with_review(_notes(by_sheet[key], findings.get(key, ()), tr), key[1], reviewed, tr)
        for key, name in names.items()
    }
    lines = (*without, *_review_lines(reviewed))
    write_bytes(path, annotated(content, notes, _front(intake, names, tr, lines, rebuilt=True)))


def _with_review(notes: SheetNotes, sheet: str, reviewed: Reviewed | None, tr: Say) -> SheetNotes:
    """The notes of a sheet with the planners' remarks, which count as errors, and the facilities' numbers."""
    if reviewed is None:
        return notes
    beside = {row: list(said) for row, said in notes.beside.items()}
    at = {place: list(said) for place, said in notes.at.items()}
    for where, row, column, said in reviewed.remarks:
        if where in ("", sheet) and row:
            note = Note(ERROR, tr(text("[Planners] {remark}", remark=said)))
            beside.setdefault(row, []).insert(0, note)
            if column:
                at.setdefault((row, column), []).insert(0, note)
    numbers = {row: number for (name, row), number in reviewed.numbers.items() if name == sheet}
    return replace(
        notes, beside=beside, at=at, numbers=numbers, numbers_titles=_NUMBERS, is_number=is_facility_id
    )


def _review_lines(reviewed: Reviewed | None) -> tuple[Text, ...]:
    if reviewed is None:
        return ()
    whole = [reviewed.remark] if reviewed.remark else []
    whole += [said for _, row, _, said in reviewed.remarks if not row]
    lines = [text("[Planners] {remark}", remark=said) for said in whole]
    if reviewed.numbers:
        lines.append(
            text(
                "The column of facility numbers tells which facility a row is: leave the numbers as they are."
            )
        )
    return tuple(lines)


def _notes(tables: Sequence[Table], findings: Sequence[Finding], tr: Say) -> SheetNotes:
    """What is said of one sheet: beside its rows everything, at the cells meant errors and warnings."""
    beside: dict[int, list[Note]] = {}
    at: dict[tuple[int, int], list[Note]] = {}
    for found in findings:
        if found.row:
            column = f"{found.column}: " if found.column else ""
            said = Note(found.level, f"[{tr(LEVEL_TITLES[found.level])}] {column}{tr(found.message)}")
            beside.setdefault(found.row, []).append(said)
            if found.column_number and found.level != INFO:
                at.setdefault((found.row, found.column_number), []).append(said)
    headers = tuple(sorted({max(table.header_row, 1) for table in tables}))
    return SheetNotes(tr(FINDINGS_TITLE), headers, beside, at, _EARLIER, _BEGINS)


def _front(
    intake: Intake,
    names: Mapping[tuple[str, str], str],
    tr: Say,
    lost: Sequence[Text],
    *,
    rebuilt: bool = False,
) -> Front:
    """The sheet in front: what was done, what the colours mean, the evidence on coordinates, all findings."""
    lines = [(line, "wrapped") for line in (*_explanation_lines(intake, rebuilt=rebuilt), *lost)]
    lines += [(_MEANING[level], level) for level in (ERROR, WARNING, INFO)]
    for piece in intake.datum.evidence:
        belief = belief_in_words(piece.weight)
        said = text("{message} (evidence: {belief})", message=piece.message, belief=belief)
        lines.append((said, "wrapped"))
    columns = (intake.frame[name].tolist() for name in ("source_file", "source_sheet", "source_row", "name"))
    facility = {(file, sheet, row): name for file, sheet, row, name in zip(*columns, strict=True)}
    head = (
        text("Sheet"),
        text("Row"),
        text("Column"),
        text("Name"),
        text("Severity"),
        text("What is wrong and how to fix it"),
        text("Code"),
    )
    rows = []
    for found in sorted(intake.findings, key=lambda one: _RANK[one.level]):
        key = (found.file, found.sheet)
        cells = (
            names.get(key, found.sheet), found.row or "", found.column,
            facility.get((*key, found.row), ""), tr(LEVEL_TITLES[found.level]), tr(found.message), found.code,
        )  # fmt: skip
        rows.append(((names.get(key, ""), found.row if key in names else 0, found.column_number), cells))
    return Front(
        tr(FINDINGS_TITLE),
        [(look, tr(line)) for line, look in lines],
        [tr(title) for title in head],
        rows,
        (18, 7, 12, 26, 9, 90, 24),
    )


_MEANING: Final = {
    ERROR: text("Red: the row cannot be used until this is fixed."),
    WARNING: text("Yellow: the row is used; please look whether it is right."),
    INFO: text("Blue: a remark; nothing needs to be done."),
}


def _explanation_lines(intake: Intake, *, rebuilt: bool) -> tuple[Text, ...]:
    as_sent = text(
        "This is your list as you sent it. Added are this sheet, the result of the check beside each "
        "table, and comments at the cells meant."
    )
    values = text(
        "These are the values of your list. Added are this sheet, the result of the check beside each "
        "table, and comments at the cells meant."
    )
    return (
        values if rebuilt else as_sent,
        text("Mend the cells in place and upload the workbook again; nothing else needs to change."),
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


def _rebuilt(
    by_sheet: Mapping[tuple[str, str], Sequence[Table]], *, several: bool
) -> tuple[bytes, dict[tuple[str, str], str]]:
    """A workbook of the values of every sheet, rows where they were; and what each sheet is called in it."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
               "in_memory": True}  # fmt: skip
    out = io.BytesIO()
    names: dict[tuple[str, str], str] = {}
    with xlsxwriter.Workbook(out, options) as book:
        looks = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "long": book.add_format({"num_format": "0"}),
        }
        for (file, title), tables in by_sheet.items():
            name = _unused(f"{file} {title}" if several else title or Path(file).stem, names.values())
            names[file, title] = name
            table, sheet = tables[0], book.add_worksheet(name)
            for top, left, bottom, right in table.sheet.merged:
                if (bottom, right) != (top, left):
                    sheet.merge_range(top, left, bottom, right, "")
            points = _point_columns(table)
            width = max((len(row) for row in table.sheet.rows), default=0)
            for number, row in enumerate(table.sheet.rows):
                for column, cell in enumerate(row):
                    _write(sheet, number, column, cell, looks)
                for offset, column_of in enumerate(points):
                    _write(sheet, number, width + offset, column_of[number], looks)
            sheet.freeze_panes(min(one.header_row for one in tables), 0)
        if not names:
            book.add_worksheet("1")
    return out.getvalue(), names


def _write(sheet: Any, row: int, column: int, cell: Cell, looks: Mapping[str, Any]) -> None:
    """The value as it was; a long number (a code) shows all its digits."""
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float) and math.isfinite(cell):
        long = abs(cell) >= _LONG_NUMBER and float(cell).is_integer()
        sheet.write_number(row, column, cell, looks["long"] if long else None)
    elif isinstance(cell, datetime | date):
        moment = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
        sheet.write_datetime(row, column, moment, looks["date"])
    else:
        sheet.write_string(row, column, str(cell)[:_LONGEST_CELL])


def _point_columns(table: Table) -> list[list[Cell]]:
    """The places of a format with geometry as two more columns, so that they can be mended and read."""
    points = table.sheet.points
    if points is None:
        return []
    header = max(table.header_row - 1, 0)
    columns: list[list[Cell]] = [[point and point[axis] for point in points] for axis in (0, 1)]
    columns[0][header], columns[1][header] = "经度 lon", "纬度 lat"
    return columns


def _unused(name: str, names: Collection[str]) -> str:
    """A sheet name that Excel takes and that does not occur yet."""
    safe = "".join("_" if letter in "[]:*?/\\'" else letter for letter in printable(name))
    safe = " ".join(safe.split())[:_NAME_LENGTH] or "1"
    taken = {known.casefold() for known in names}
    unique, count = safe, 2
    while unique.casefold() in taken:
        unique = f"{safe[: _NAME_LENGTH - len(str(count)) - 1]}-{count}"
        count += 1
    return unique
