"""report.xlsx: the assessment table, every unit, the gaps, the facilities, and what it all rests on."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pandas as pd
import xlsxwriter

from coverage.publish import Results
from coverage.standard import level_title
from geo.text import Sayable, text, text_from_json
from locales import Translator, translator
from reports.lines import SYNTHETIC, VERDICT_WORDS, assessment_lines

_VERDICT_COLOURS: Final = {"meets": "#d8efe3", "nearly": "#fdf1cc", "not": "#fbdcd3"}
# Texts stay texts: a facility called "=1+1" must not become a formula.
_OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}


_ASSESSMENT_HEAD: Final = (
    text("Rule"),
    text("Clause"),
    text("Figure"),
    text("Actual"),
    text("Verdict"),
    text("Residents missed"),
    text("Responsible units"),
    text("Remark"),
)
_UNITS_HEAD: Final = (
    text("Level"),
    text("Unit"),
    text("Code"),
    text("Rule"),
    text("Residents"),
    text("Residents served"),
    text("Share"),
    text("Verdict"),
)
_GAPS_HEAD: Final = (
    text("Rule"),
    text("Rank"),
    text("Residents"),
    text("Area (km²)"),
    text("Where"),
    text("Nearest facility (m)"),
    text("Longitude"),
    text("Latitude"),
)
_FACILITIES_HEAD: Final = (
    text("Number"),
    text("Name"),
    text("Tier"),
    text("Longitude"),
    text("Latitude"),
    text("To the street (m)"),
    text("Residents nearest"),
)


_GAP_KEYS: Final = ("rank", "residents", "area_km2", "unit", "nearest_m", "lon", "lat")


def workbook_bytes(results: Results, *, language: str) -> bytes:
    """The workbook in one language."""
    buffer = io.BytesIO()
    say = translator(language)
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        _assessment_sheet(
            _Sheet(book, say(text("Assessment")), (34, 10, 16, 40, 14, 26, 40, 20)), results, say
        )
        _units_sheet(_Sheet(book, say(text("Units")), (16, 22, 14, 40, 14, 14, 10, 14)), results, say)
        _gaps_sheet(_Sheet(book, say(text("Gaps")), (40, 8, 14, 12, 34, 16, 12, 12)), results, say)
        _facilities_sheet(_Sheet(book, say(text("Facilities")), (14, 34, 14, 12, 12, 12, 12)), results, say)
        _basis_sheet(_Sheet(book, say(text("Basis")), (30, 80)), results, say)
    return buffer.getvalue()


class _Sheet:
    """One worksheet, filled from the top."""

    def __init__(self, book: Any, name: str, widths: Sequence[float]) -> None:
        self._book = book
        self._sheet = book.add_worksheet(name)
        self._row = 0
        for column, width in enumerate(widths):
            self._sheet.set_column(column, column, width)

    def line(self, values: Iterable[object], **style: object) -> None:
        """The next row; `style` are xlsxwriter format properties."""
        form = self._book.add_format({"valign": "top", "text_wrap": True, **style})
        for column, value in enumerate(values):
            self._cell(column, value, form)
        self._row += 1

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A bold header that stays in view, then the rows."""
        self.line(head, bold=True, bg_color="#e8edf2", bottom=1)
        self._sheet.freeze_panes(self._row, 0)
        form = self._book.add_format({"valign": "top", "num_format": "#,##0.###"})
        for row in rows:
            for column, value in enumerate(row):
                self._cell(column, value, form)
            self._row += 1

    def _cell(self, column: int, value: object, form: object) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf"):
            self._sheet.write_number(self._row, column, value, form)
        else:
            self._sheet.write_string(self._row, column, _shown(value), form)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return "∞" if value == float("inf") else ""
    return "" if value is None or value is pd.NA else str(value)


def _assessment_sheet(sheet: _Sheet, results: Results, say: Translator) -> None:
    area = results.document["area"]
    sheet.line([f"{area['name']} · {say(results.standard.title)}"], bold=True, font_size=14, text_wrap=False)
    if area["synthetic"]:
        sheet.line([say(SYNTHETIC)], font_color="#b00020", text_wrap=False)
    sheet.line([say(word) for word in _ASSESSMENT_HEAD], bold=True, bg_color="#e8edf2", bottom=1)
    for line in assessment_lines(results.document, results.standard):
        values: list[Sayable] = [line.title, line.rule.clause, line.figure, line.actual, line.verdict_words]
        said = [say(value) if not isinstance(value, str) else value for value in values]
        remark = say(line.remark) if line.remark else ""
        colour = _VERDICT_COLOURS.get(line.verdict or "")
        style = {"bg_color": colour} if colour else {}
        sheet.line([*said, say(line.missed_words), "、".join(line.responsible), remark], **style)


def _units_sheet(sheet: _Sheet, results: Results, say: Translator) -> None:
    titles = {rule.id: say(results.standard.rule_title(rule)) for rule in results.standard.rules}
    numbers = ("residents", "residents_met", "share")
    head = [say(word) for word in _UNITS_HEAD]
    rows = (
        [say(level_title(row["level"])), row["name"], row["unit_id"], titles[row["rule"]]]
        + [row[name] for name in numbers]
        + [_verdict(row["verdict"], say)]
        for row in results.units.to_dict("records")
    )
    sheet.table(head, rows)


def _verdict(verdict: str, say: Translator) -> str:
    return say(VERDICT_WORDS[verdict]) if verdict else ""


def _gaps_sheet(sheet: _Sheet, results: Results, say: Translator) -> None:
    titles = {rule.id: say(results.standard.rule_title(rule)) for rule in results.standard.rules}
    head = [say(word) for word in _GAPS_HEAD]
    rows = ([titles[gap["rule"]], *(gap[key] for key in _GAP_KEYS)] for gap in results.document["gaps"])
    sheet.table(head, rows)


def _facilities_sheet(sheet: _Sheet, results: Results, say: Translator) -> None:
    head = [say(word) for word in _FACILITIES_HEAD]
    rows = (
        [row["facility_id"], row["name"], say(results.standard.tier_title(row["tier"]))]
        + [row[key] for key in ("lon", "lat", "snap_m", "load")]
        for row in results.facilities.to_dict("records")
    )
    sheet.table(head, rows)


def _basis_sheet(sheet: _Sheet, results: Results, say: Translator) -> None:
    settings = results.provenance.get("settings", {})
    program = results.provenance.get("program", {})
    sheet.line([say(text("Standard")), f"{say(results.standard.title)} {results.standard.document}"])
    sheet.line([say(text("Program")), f"{program.get('name', '')} {program.get('version', '')}"])
    sheet.line([say(text("Made at")), results.provenance.get("created", "")])
    for key, value in settings.items():
        sheet.line([key, str(value)])
    for key, value in results.provenance.get("inputs", {}).items():
        sheet.line([key, f"SHA-256 {value}"])
    for note in results.document["notes"]:
        sheet.line([say(text("Note")), say(text_from_json(note))])
