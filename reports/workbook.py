"""report.xlsx: the assessment table, every unit, the gaps, the facilities, and what it all rests on."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

import xlsxwriter

from core.text import Sayable, text, text_from_json
from coverage.model.standard import level_title
from coverage.publish import Results
from coverage.publish.verdicts import CONCERNED, NOT_COVERED, SYNTHETIC, VERDICT_WORDS, verdict_rows
from locales import Translator, translator
from reports.extra_sheets import more_sheets
from reports.plan_sheets import plan_sheets
from reports.sheet import OPTIONS, Sheet

_VERDICT_COLOURS: Final = {"meets": "#d8efe3", "nearly": "#fdf1cc", "not": "#fbdcd3"}
_ASSESSMENT_HEAD: Final = (
    text("Rule"),
    text("Clause"),
    text("Figure"),
    text("Actual"),
    text("Verdict"),
    text("Lacking"),
    NOT_COVERED,
    CONCERNED,
    text("Responsible units"),
    text("Figure read"),
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
    text("of them elderly"),
    text("Area (km²)"),
    text("Where"),
    text("Units touched"),
    text("Most residents in (share of the gap’s residents)"),
    text("To the nearest facility, half have at most (m)"),
    text("The farthest of them have (m)"),
    text("Nearest for most of them"),
    text("One facility at the best point would serve"),
    text("Best point: longitude"),
    text("Best point: latitude"),
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


def workbook_bytes(results: Results, *, language: str) -> bytes:
    """The workbook in one language."""
    buffer = io.BytesIO()
    tr = translator(language)
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        _assessment_sheet(
            Sheet(book, tr(text("Assessment")), (34, 10, 16, 40, 14, 18, 14, 14, 40, 24, 40)), results, tr
        )
        _units_sheet(Sheet(book, tr(text("Units")), (16, 22, 14, 40, 14, 14, 10, 14)), results, tr)
        _gaps_sheet(
            Sheet(book, tr(text("Gaps")), (40, 8, 14, 14, 12, 34, 10, 50, 16, 16, 30, 16, 14, 14)),
            results,
            tr,
        )
        _facilities_sheet(Sheet(book, tr(text("Facilities")), (14, 34, 14, 12, 12, 12, 12)), results, tr)
        plan_sheets(book, results, tr)
        more_sheets(book, results, tr)
        _basis_sheet(Sheet(book, tr(text("Basis")), (30, 80)), results, tr)
    return buffer.getvalue()


def _assessment_sheet(sheet: Sheet, results: Results, tr: Translator) -> None:
    area = results.document["area"]
    sheet.line([f"{area['name']} · {tr(results.standard.title)}"], bold=True, font_size=14, text_wrap=False)
    if area["synthetic"]:
        sheet.line([tr(SYNTHETIC)], font_color="#b00020", text_wrap=False)
    sheet.line([tr(word) for word in _ASSESSMENT_HEAD], bold=True, bg_color="#e8edf2", bottom=1)
    for line in verdict_rows(results.document, results.standard):
        values: list[Sayable] = [line.title, line.rule.clause, line.figure, line.actual, line.verdict_words]
        said = [tr(value) if not isinstance(value, str) else value for value in values]
        remark = tr(line.remark) if line.remark else ""
        colour = _VERDICT_COLOURS.get(line.verdict or "")
        style = {"bg_color": colour} if colour else {}
        lacking = tr(line.lacking) if line.lacking else ""
        units = "、".join(line.responsible)
        missed = (line.missed, None) if line.missed_title is NOT_COVERED else (None, line.missed)
        values = [*said, lacking, *missed, units, tr(line.evidence), remark]
        sheet.line(values, num_format="#,##0", **style)


def _units_sheet(sheet: Sheet, results: Results, tr: Translator) -> None:
    titles = {rule.id: tr(results.standard.rule_title(rule)) for rule in results.standard.rules}
    numbers = ("residents", "residents_met", "share")
    head = [tr(word) for word in _UNITS_HEAD]
    rows = (
        [tr(level_title(row["level"])), row["name"], row["unit_id"], titles[row["rule"]]]
        + [row[name] for name in numbers]
        + [_verdict(row["verdict"], tr)]
        for row in results.units.to_dict("records")
    )
    sheet.table(head, rows)


def _verdict(verdict: str, tr: Translator) -> str:
    return tr(VERDICT_WORDS[verdict]) if verdict else ""


def _gaps_sheet(sheet: Sheet, results: Results, tr: Translator) -> None:
    titles = {rule.id: tr(results.standard.rule_title(rule)) for rule in results.standard.rules}
    rows = []
    for gap in results.document["gaps"]:
        site = gap.get("site", {})
        rows.append(
            [titles[gap["rule"]], gap["rank"], gap["residents"], gap.get("residents_elderly"),
             gap["area_km2"], gap["unit"], gap.get("units_touched"), _shares(gap, tr), gap["nearest_m"],
             gap.get("farthest_m"), gap.get("nearest"), site.get("residents"), site.get("lon"),
             site.get("lat")]
        )  # fmt: skip
    sheet.table([tr(word) for word in _GAPS_HEAD], rows)


def _shares(gap: Mapping[str, Any], tr: Translator) -> str:
    """The units with most of a gap's residents, where it touches several."""
    if gap.get("units_touched", 0) < 2:
        return ""
    comma = "；" if tr.language == "zh" else "; "
    return comma.join(f"{share['unit']} {share['share']:.1%}" for share in gap["units"])


def _facilities_sheet(sheet: Sheet, results: Results, tr: Translator) -> None:
    head = [tr(word) for word in _FACILITIES_HEAD]
    rows = (
        [row["facility_id"], row["name"], tr(results.standard.tier_title(row["tier"]))]
        + [row[key] for key in ("lon", "lat", "snap_m", "load")]
        for row in results.facilities.to_dict("records")
    )
    sheet.table(head, rows)


def _basis_sheet(sheet: Sheet, results: Results, tr: Translator) -> None:
    settings = results.provenance.get("settings", {})
    program = results.provenance.get("program", {})
    sheet.line([tr(text("Standard")), f"{tr(results.standard.title)} {results.standard.document}"])
    sheet.line([tr(text("Program")), f"{program.get('name', '')} {program.get('version', '')}"])
    sheet.line([tr(text("Made at")), results.provenance.get("created", "")])
    for key, value in settings.items():
        sheet.line([key, str(value)])
    for key, value in results.provenance.get("inputs", {}).items():
        sheet.line([key, f"SHA-256 {value}"])
    for note in results.document["notes"]:
        sheet.line([tr(text("Note")), tr(text_from_json(note))])
