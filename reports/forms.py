"""An official form as a workbook: its own rows, filled from published tables, blank with the reason else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from core.text import Text, text, text_from_json
from coverage.model.form import Form, FormRow
from coverage.model.standard import (
    Check,
    Rule,
    classes_title,
    evidence_title,
    level_title,
    settlement_title,
)
from coverage.model.verdict_rows import SYNTHETIC, basis_title, scenario_title
from coverage.publish import Results
from locales import Translator, translator
from reports.briefing.strip import day_of
from reports.sheet import Book, workbook
from reports.workbook import printed_below

_HEAD: Final = (
    text("No."), text("Indicator"), text("Value"), text("Counted in"), text("Numerator"), text("Denominator"),
    text("Counted by"), text("Threshold"), text("In order"), text("Source"), text("Definition read"),
    text("Why it is blank"),
)  # fmt: skip
_IN_UNIT: Final = {"公顷": 1e4, "ha": 1e4, "km²": 1e6, "平方公里": 1e6, "万人": 1e4}
_NO_RULE: Final = text("The standard of this result has no rule for it; assess with one that has.")
_NO_KIND: Final = text("The list has no facility of this kind.")
_NOT_COMPUTED: Final = {
    "residential_land": text("No residential land was given."),
    "compounds": text("No compounds were given."),
    "households": text("Neither the population nor the compounds count households."),
}
_NO_UNITS: Final = text("No units were given, or none the rule speaks of.")


@dataclass(frozen=True)
class Filled:
    """A row's figure in its unit, what was divided and by what (m², residents or numbers), or why it is
    blank; `rule` is the one it was taken from."""

    row: FormRow
    figure: float | None = None
    covered: float | None = None
    total: float | None = None
    basis: str = ""
    blank: Text | None = None
    rule: Rule | None = None


def fill_form(results: Results, form: Form, *, unit_id: str = "", level: str = "city") -> tuple[Filled, ...]:
    """Every row for the city, or for one unit of a level; never 0 where an input is missing."""
    return tuple(_filled(results, row, level, unit_id) for row in form.rows)


def form_bytes(results: Results, form: Form, *, language: str, public: bool = False, mark: str = "") -> bytes:
    """The workbook: the city's rows, and a sheet a level with units down and rows across; one for the public
    names no unit."""
    buffer, tr = io.BytesIO(), translator(language)
    about: list[tuple[str, dict[str, object]]] = [
        (line, {"bold": True}) for line in _above(results, form, tr)
    ]
    with workbook(buffer) as xlsx:
        book = Book(xlsx, about, footer=printed_below(results, tr, mark))
        sheet = book.sheet(tr(text("Form")), (8, 44, 12, 10, 16, 16, 22, 12, 10, 40, 20, 44))
        kinds: list[str | list[str]] = ["text"] * len(_HEAD)
        kinds[2], kinds[7] = [*map(_kind, form.rows)], [*map(_kind, form.rows)]
        sheet.table([tr(word) for word in _HEAD], [_line(one, tr) for one in fill_form(results, form)], kinds)
        for level in () if public else form.levels:
            units = results.units[results.units["level"] == level].drop_duplicates("unit_id")
            if not len(units):
                continue
            shown = book.sheet(tr(level_title(level)), (14, 24, *(16 for _ in form.rows)))
            rows = [
                [unit["unit_id"], unit["name"]]
                + [
                    one.figure if one.figure is not None else ""
                    for one in fill_form(results, form, unit_id=unit["unit_id"], level=level)
                ]
                for unit in units.to_dict("records")
            ]
            head = [tr(text("Code")), tr(text("Unit")), *(_headed(row) for row in form.rows)]
            shown.table(head, rows, ["text", "text", *map(_kind, form.rows)])
    return buffer.getvalue()


def _above(results: Results, form: Form, tr: Translator) -> Iterator[str]:
    area, scenario = results.document["area"], scenario_title(results.document)
    date = day_of(results.provenance.get("created", ""))
    yield " · ".join(part for part in (f"{area['name']} · {tr(form.title)} {form.document}", date) if part)
    yield tr(text("By the standard: {standard}", standard=results.standard.title))
    if scenario is not None:
        yield tr(scenario)
    if area["synthetic"]:
        yield tr(SYNTHETIC)


def _kind(row: FormRow) -> str:
    """The kind of number that a row's figure and threshold are."""
    if row.measure in ("share", "units_share", "within_share"):
        return "percent"
    return "number"


def _headed(row: FormRow) -> str:
    return f"{row.name}（{row.unit}）" if row.unit and row.unit not in row.name else row.name


def _line(one: Filled, tr: Translator) -> list[object]:
    row = one.row
    order = ""
    if one.figure is not None and row.threshold is not None:
        good = one.figure <= row.threshold if row.at_most else one.figure >= row.threshold
        order = tr(text("yes") if good else text("no"))
    words = [part for part in (row.whole, tr(basis_title(one.basis)) if one.basis else "") if part]
    words += [tr(narrower) for narrower in (_narrower(one.rule) if one.rule else ())]
    return [
        row.number, row.name, one.figure, row.unit, _counted(one.covered, row, tr),
        _counted(one.total, row, tr),
        " · ".join(words), row.threshold, order, row.source, tr(evidence_title(row.evidence)),
        tr(one.blank) if one.blank else "",
    ]  # fmt: skip


def _narrower(rule: Rule) -> Iterator[Text]:
    """What a rule asks for that the form's row does not say."""
    if rule.settlement != "any":
        yield text("{who} units only", who=settlement_title(rule.settlement))
    if rule.speed_kmh is not None:
        yield text("at {speed:g} km/h", speed=rule.speed_kmh)
    if rule.tolerance:
        yield text("with a tolerance of {share:g}%", share=round(100.0 * rule.tolerance, 6))
    if rule.classes:
        yield text("by size: {classes}", classes=classes_title(rule))


def _counted(value: float | None, row: FormRow, tr: Translator) -> str:
    """Ground in hectares, all else in numbers, as text so that the unit stands with it."""
    if value is None:
        return ""
    if row.denominator in ("residential_land", "area") and row.measure in ("share", "covered", "total"):
        return tr(text("{figure:,.1f} ha", figure=value / 1e4))
    return f"{value:,.0f}"


def _filled(results: Results, row: FormRow, level: str, unit_id: str) -> Filled:
    if row.measure in ("facilities", "residents", "residents_per_facility"):
        return _counts(results, row, level, unit_id)
    rule = row.asked.found_in(results.standard) if row.asked else None
    if rule is None:
        return Filled(row, blank=_NO_RULE)
    there = set(results.facilities["tier"])
    if not there & set(rule.serves):
        return Filled(row, blank=_NO_KIND)
    by = _share if row.measure in ("share", "covered", "total") else _of_rule
    filled = by(results, row, rule, level, unit_id)
    return filled if filled.figure is None else replace(filled, rule=rule)


def _counts(results: Results, row: FormRow, level: str, unit_id: str) -> Filled:
    cells, facilities = results.cells, results.facilities
    if level != "city":
        if level not in cells:
            return Filled(row, blank=_NO_UNITS)
        cells = cells[cells[level] == unit_id]
        units = results.units[results.units["level"] == level].drop_duplicates("unit_id")
        name = units.loc[units["unit_id"] == unit_id, "name"].iloc[0]
        if row.measure != "residents" and (units["name"] == name).sum() > 1:
            return Filled(row, blank=text("Several units are called “{name}”.", name=name))
        facilities = facilities[facilities[f"in_{level}"] == name]
    kinds = row.asked.kinds if row.asked else ()
    if kinds:
        if not set(results.facilities["tier"]) & set(kinds):
            return Filled(row, blank=_NO_KIND)
        facilities = facilities[facilities["tier"].isin(kinds)]
    residents, count = float(cells["residents"].sum()), float(len(facilities))
    if row.measure == "facilities":
        return Filled(row, count)
    if row.measure == "residents":
        return Filled(row, residents / _IN_UNIT.get(row.unit, 1.0))
    if not count:
        return Filled(row, blank=_NO_KIND)
    return Filled(row, residents / count / _IN_UNIT.get(row.unit, 1.0), residents, count)


def _share(results: Results, row: FormRow, rule: Rule, level: str, unit_id: str) -> Filled:
    table = results.extras.get("denominators", pd.DataFrame(columns=["rule"]))
    mine = table[table["rule"] == rule.id]
    mine = mine[(mine["denominator"] == row.denominator) & (mine["level"] == level)]
    mine = mine[mine["unit_id"] == unit_id]
    basis = row.basis or ("inner point" if row.denominator in ("compounds", "communities") else "")
    mine = mine[mine["basis"] == basis] if basis else mine[mine["basis"] != "declared area"]
    if not len(mine):
        return Filled(row, blank=_NOT_COMPUTED.get(row.denominator, _NO_UNITS))
    found = mine.iloc[0]
    if not found["total"] > 0:
        return Filled(row, blank=text("There is nothing here that it divides by."))
    figure = {
        "share": 100.0 * float(found["share"]),
        "covered": float(found["covered"]) / _IN_UNIT.get(row.unit, 1.0),
        "total": float(found["total"]) / _IN_UNIT.get(row.unit, 1.0),
    }[row.measure]
    return Filled(row, figure, float(found["covered"]), float(found["total"]), str(found["basis"]))


def _of_rule(results: Results, row: FormRow, rule: Rule, level: str, unit_id: str) -> Filled:
    """From assessment.json for the city, from units.csv for a unit."""
    found: dict[str, Any]
    if level == "city":
        found = next(dict(one) for one in results.document["rules"] if one["id"] == rule.id)
        if found["verdict"] is None:
            why = text_from_json(found["reason"]) if found.get("reason") else _NO_UNITS
            return Filled(row, blank=why)
    else:
        units = results.units[(results.units["rule"] == rule.id) & (results.units["unit_id"] == unit_id)]
        if not len(units) or not units["verdict"].iloc[0]:
            return Filled(row, blank=_NO_UNITS)
        found = {str(key): value for key, value in units.iloc[0].items()}
    pairs = {"units_share": ("units_met", "units"), "within_share": ("within", "facilities")}
    if row.measure in pairs and (row.measure == "within_share") == (rule.check is Check.LOAD):
        part, whole = (found.get(key) for key in pairs[row.measure])
        if part is None or not whole:
            return Filled(row, blank=_NO_UNITS)
        return Filled(row, 100.0 * float(part) / float(whole), float(part), float(whole))
    if row.measure == "units_missed" and found.get("units") is not None:
        return Filled(row, float(found["units"]) - float(found["units_met"]))
    key = {"per_1000": "actual", "m2_per_100_households": "actual"}.get(row.measure, row.measure)
    figure = found.get(key)
    if figure is None or figure != figure:
        return Filled(row, blank=_NO_UNITS)
    return Filled(row, float(figure))
