"""report.xlsx: the assessment table, every unit, the gaps, the facilities, and what it all rests on."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any, Final

from core.progress import Progress, silent
from core.text import Text, labelled, listed, text, text_from_json
from coverage.model.standard import LEVELS, Check, Rule, level_title, whole_title
from coverage.model.verdict_rows import (
    CONCERNED,
    NOT_COVERED,
    PRESENT,
    SYNTHETIC,
    VERDICT_WORDS,
    after_title,
    before_title,
    remarks_of,
    scenario_title,
    verdict_rows,
)
from coverage.publish import Results, own_facilities
from locales import Translator, translator
from reports.briefing import Cover
from reports.briefing.period import history_table
from reports.briefing.strip import day_of, mark_of, strip_lines
from reports.extra_sheets import more_sheets
from reports.fixed_zip import moment_of
from reports.issues import COLUMNS as ISSUE_COLUMNS
from reports.issues import issue_table, issue_titles
from reports.plan.sheets import plan_sheets
from reports.sheet import MEASURES, Book, Sheet, workbook

_VERDICT_COLOURS: Final = {"meets": "#d8efe3", "nearly": "#fdf1cc", "not": "#fbdcd3"}
_ASSESSMENT_HEAD: Final = (
    text("Verdict"),
    text("Shortfall"),
    NOT_COVERED,
    CONCERNED,
    text("Responsible units"),
    text("Source of the figure"),
    text("Remark"),
)
_CUT: Final = text("On paper the first {n} rows; the whole table is in this sheet.", n="{n}")
_ISSUE_KINDS: Final = {
    "number": "count", "residents": "people", "lon": "degrees", "lat": "degrees",
    **dict.fromkeys(("rule", "problem", "place", "actual", "responsible"), "words"),
}  # fmt: skip
_UNITS_HEAD: Final = (
    text("Level"),
    text("Unit"),
    text("Code"),
    text("Rule"),
    text("Residents"),
    text("Residents served"),
    text("Units judged"),
    text("Units that meet it"),
    text("Share"),
    text("Share of"),
    text("Places per 1,000, or m² per 100 households"),
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
    text("Median distance to the nearest facility (m)"),
    text("Longest distance to the nearest facility (m)"),
    text("Nearest for most of them"),
    text("One facility at the best point found in the gap would serve"),
    text("Best point found in the gap: longitude"),
    text("Best point found in the gap: latitude"),
)
_FACILITIES_HEAD: Final = (
    text("Number"),
    text("Name"),
    text("Tier"),
    text("Longitude"),
    text("Latitude"),
    text("To the street (m)"),
    text("All residents for whom it is the nearest of its kind on foot"),
)


def workbook_bytes(
    results: Results, *, language: str, cover: Cover | None = None, progress: Progress = silent
) -> bytes:
    """The workbook in one language; day and security mark (the usual one where none is given) are printed
    below every page, the strip of every product begins its last sheet."""
    buffer = io.BytesIO()
    tr, asked = translator(language), cover or Cover()
    mark = mark_of(asked.mark, public=False)
    created = moment_of(str(results.provenance.get("created", "")))
    with workbook(buffer) as xlsx:
        xlsx.set_properties({"created": created, "title": asked.title, "author": asked.author})
        foot = printed_below(results, tr, tr(mark))
        book = Book(xlsx, about_lines(results, tr), footer=foot, cut=tr(_CUT), progress=progress)
        compared = (28, 28, 20) if results.document.get("before") else (30,)
        widths = (30, 6, 14, *compared, 10, 18, 12, 12, 34, 18, 22)
        _assessment_sheet(book.sheet(tr(text("Assessment")), widths), results, tr)
        of_units = (16, 22, 14, 40, 14, 14, 10, 10, 10, 20, 14, 14)
        _units_sheet(book.sheet(tr(text("Units")), of_units), results, tr)
        _history_sheet(book, results, tr)
        widths = (40, 8, 14, 14, 12, 34, 10, 50, 16, 16, 30, 16, 14, 14)
        _gaps_sheet(book.sheet(tr(text("Gaps")), widths), results, tr)
        _facilities_sheet(
            book.sheet(tr(text("Facilities")), (14, 34, 14, 12, 12, 12, 16, 24, 24, 12)), results, tr
        )
        plan_sheets(book, results, tr)
        more_sheets(book, results, tr)
        _wide_sheet(book, results, tr)
        issues = issue_table(results, tr)
        if len(issues):
            sheet = book.sheet(tr(text("Issue ledger")), (6, 40, 28, 36, 14, 12, 12, 16, 36, 60, 14, 12))
            kinds = [_ISSUE_KINDS.get(key, "text") for key in ISSUE_COLUMNS]
            rows = issues.to_numpy(object).tolist()
            sheet.table([tr(word) for word in issue_titles(results.document)], rows, kinds)
        basis = book.sheet(tr(text("Basis")), (30, 80))
        for term, value in strip_lines(results, author=asked.author, mark=mark, as_of=asked.as_of):
            basis.line([tr(term), tr(value)])
        _basis_sheet(basis, results, tr)
    return buffer.getvalue()


def about_lines(results: Results, tr: Translator) -> list[tuple[str, dict[str, object]]]:
    """What every sheet says above its figures, so that one cut out still says what it is of: area, sheet,
    standard, date; that the city is fictional, or a scenario; the units of measure."""
    document, standard = results.document, results.standard
    date = day_of(results.provenance.get("created", ""))
    named = (document["area"]["name"], "{sheet}", tr(standard.title), standard.document, date)
    lines: list[tuple[str, dict[str, object]]] = [
        (" · ".join(part for part in named if part), {"bold": True, "font_size": 12})
    ]
    scenario = scenario_title(document)
    if scenario is not None:
        lines.append((tr(scenario), {"bold": True, "font_size": 14, "font_color": "#5b1a8c"}))
    if document["area"]["synthetic"]:
        lines.append((tr(SYNTHETIC), {"font_color": "#b00020"}))
    return [*lines, (tr(MEASURES), {"font_color": "#555555"})]


def printed_below(results: Results, tr: Translator, mark: str = "") -> str:
    """What every printed page says at its foot: area, that it is fictional or a scenario, date and mark."""
    document = results.document
    scenario = scenario_title(document)
    parts = (
        str(document["area"]["name"]),
        tr(SYNTHETIC) if document["area"]["synthetic"] else "",
        tr(scenario) if scenario is not None else "",
        day_of(str(results.provenance.get("created", ""))),
        mark,
    )
    return " · ".join(part for part in parts if part)


def _assessment_sheet(sheet: Sheet, results: Results, tr: Translator) -> None:
    document = results.document
    held_against = bool(document.get("before"))
    for said in remarks_of(document, results.standard):
        sheet.note(tr(said), font_color="#b00020")
    compared = [before_title(document), after_title(document), text("Change")]
    shown = compared if held_against else [PRESENT]
    head = [text("Rule"), text("Clause"), text("Figure"), *shown, *_ASSESSMENT_HEAD]
    sheet.line([tr(word) for word in head], bold=True, bg_color="#e8edf2", bottom=1)
    kinds = [*("text",) * (6 + len(shown) - 1), "people", "people", *("text",) * 3]
    for line in verdict_rows(document, results.standard):
        figures = [line.actual]
        if held_against:
            figures = [line.before or text("–"), line.actual, line.change or text("–")]
        colour = _VERDICT_COLOURS.get(line.verdict or "")
        missed = (line.missed, None) if line.missed_title is NOT_COVERED else (None, line.missed)
        values = [tr(line.title), line.rule.clause, tr(line.figure)]
        values += [*(tr(figure) for figure in figures), tr(line.verdict_words)]
        values += [tr(line.lacking) if line.lacking else "", *missed, tr(listed(line.responsible))]
        values += [tr(line.evidence), tr(line.remark) if line.remark else ""]
        sheet.line(values, kinds=kinds, **({"bg_color": colour} if colour else {}))


def _units_sheet(sheet: Sheet, results: Results, tr: Translator) -> None:
    titles = {rule.id: tr(results.standard.rule_title(rule)) for rule in results.standard.rules}
    wholes = {rule.id: tr(_share_of(rule)) for rule in results.standard.rules}
    numbers = ("residents", "residents_met", "units", "units_met", "share")
    rows = (
        [tr(level_title(row["level"])), row["name"], row["unit_id"], titles[row["rule"]]]
        + [row[name] for name in numbers]
        + [wholes[row["rule"]], row["actual"], _verdict(row["verdict"], tr)]
        for row in results.units.to_dict("records")
    )
    kinds = [*("text",) * 4, "people", "people", "count", "count", "share", "text", "number", "text"]
    sheet.table([tr(word) for word in _UNITS_HEAD], rows, kinds)


def _history_sheet(book: Book, results: Results, tr: Translator) -> None:
    """Of a result set against several earlier ones: rule by rule through time."""
    told = history_table(results.document, results.standard)
    if told is None:
        return
    sheet = book.sheet(tr(told.title), (40, *(32 for _ in told.head[1:])))
    rows = [[tr(cell) for cell in row] for row in told.rows]
    sheet.table([tr(one) for one in told.head], rows, ["words"] * len(told.head))


def _wide_sheet(book: Book, results: Results, tr: Translator) -> None:
    """分区总表: a row a unit, a column a rule; a chart of the units of the widest level by the main rule."""
    units, standard = results.units, results.standard
    if not len(units):
        return
    rules = [rule for rule in standard.rules if (units["rule"] == rule.id).any()]
    shares = units.pivot_table(index="unit_id", columns="rule", values="share", aggfunc="first", dropna=False)
    named = units.drop_duplicates("unit_id")
    order = {level: number for number, level in enumerate(LEVELS)}
    named = named.assign(order=named["level"].map(order)).sort_values("order", kind="stable")
    sheet = book.sheet(tr(text("Units by rule")), (16, 22, *(16 for _ in rules)))
    sheet.note(tr(text("Shares of residents, facilities or units, as the column’s rule counts.")))
    wide = shares.reindex(index=named["unit_id"], columns=[rule.id for rule in rules]).to_numpy(float)
    rows = [
        [tr(level_title(level)), unit, *(None if share != share else share for share in of_unit)]
        for level, unit, of_unit in zip(named["level"], named["name"], wide.tolist(), strict=True)
    ]
    head = [tr(text("Level")), tr(text("Unit")), *(tr(standard.rule_title(rule)) for rule in rules)]
    sheet.table(head, rows, ["text", "text", *("share" for _ in rules)])
    main, first = results.main_rule, sum(named["level"] == named["level"].iloc[0])
    if main is None or main not in rules:
        return
    chart = book.xlsx.add_chart({"type": "bar"})
    column, top, name = 2 + rules.index(main), sheet.head_row + 1, tr(text("Units by rule"))
    chart.add_series({
        "categories": [name, top, 1, top + first - 1, 1],
        "values": [name, top, column, top + first - 1, column],
        "name": tr(standard.rule_title(main)), "fill": {"color": "#5f9fcc"}, "data_labels": {"value": True},
    })  # fmt: skip
    chart.set_legend({"none": True})
    chart.set_x_axis({"min": 0, "max": 1, "num_format": "0%"})
    chart.set_y_axis({"reverse": True})
    sheet.chart(chart, column=3 + len(rules))


def _share_of(rule: Rule) -> Text:
    """What the shares of a rule's units are shares of; nothing where they have none."""
    if rule.check in (Check.RADIUS, Check.WALK):
        return whole_title(rule)
    if rule.check is Check.LOAD:
        return text("facilities")
    if rule.check is Check.UNITS:
        return text("units in which every resident is covered")
    return text("units with a facility") if rule.check is Check.PRESENCE else text("–")


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
    kinds = ("text", "count", "people", "people", "km2", "text", "count", "text", "metres", "metres", "text",
             "people", "degrees", "degrees")  # fmt: skip
    sheet.table([tr(word) for word in _GAPS_HEAD], rows, kinds)


def _shares(gap: Mapping[str, Any], tr: Translator) -> str:
    """The units with most of a gap's residents, where it touches several."""
    if gap.get("units_touched", 0) < 2:
        return ""
    shares = (f"{share['unit']} {share['share']:.1%}" for share in gap["units"])
    return tr(listed(shares, between="；"))


def _facilities_sheet(sheet: Sheet, results: Results, tr: Translator) -> None:
    """With the residents whom each load rule counts, since it counts others than those nearest."""
    table, standard = own_facilities(results), results.standard
    loads = [rule for rule in standard.rules if f"load_{rule.id}" in table]
    states = {"new": tr(text("new")), "moved": tr(text("moved"))} if "in_scenario" in table else {}
    head = [
        *_FACILITIES_HEAD,
        *(text("Residents counted by the rule “{rule}”", rule=standard.rule_title(rule)) for rule in loads),
    ]
    head += [text("In the scenario")] if states else []
    keys = ("lon", "lat", "snap_m", "load", *(f"load_{rule.id}" for rule in loads))
    rows = (
        [row["facility_id"], row["name"], tr(standard.tier_title(row["tier"])), *(row[key] for key in keys)]
        + ([states.get(row["in_scenario"], "")] if states else [])
        for row in table.to_dict("records")
    )
    kinds = [*("text",) * 3, "degrees", "degrees", "metres", "people", *("people" for _ in loads)]
    sheet.table([tr(word) for word in head], rows, [*kinds, *(["text"] if states else [])])


_SETTINGS: Final = {
    "speed_kmh": text("Walking speed (km/h)"),
    "elderly_speed_kmh": text("Walking speed of the elderly (km/h)"),
    "snap_limit_m": text("A place joins a street no farther than (m)"),
    "island_m": text("Streets shorter in all are islands (m)"),
    "meets_share": text("Met from this share on"),
    "nearly_share": text("Nearly met from this share on"),
    "datum": text("Coordinate system of the lists"),
    "heal_m": text("Gaps between streets closed up to (m)"),
    "population_unit": text("What the residents' raster counts"),
    "answers": text("Answers on what files leave open"),
    "crs": text("Measured in"),
}


_ANSWERS: Final = {
    "population_column": text("column of the residents"),
    "population_layer": text("layer of the residents"),
    "population_datum": text("coordinate system of the residents"),
    "group_units": text("units of the groups"),
    "units_level": text("level of the units"),
    "units_layers": text("layers of the units"),
    "units_within": text("unit that the study is of"),
    "network_layer": text("layer of the streets"),
    "network_class": text("column of the streets’ classes"),
}


def _basis_sheet(sheet: Sheet, results: Results, tr: Translator) -> None:
    settings = results.provenance.get("settings", {})
    program = results.provenance.get("program", {})
    sheet.line([tr(text("Program")), f"{program.get('name', '')} {program.get('version', '')}"])
    created = str(results.provenance.get("created", ""))
    if created:
        in_china = moment_of(created) + dt.timedelta(hours=8)
        sheet.line(
            [tr(text("Made at")), tr(text("{time} (Beijing time)", time=f"{in_china:%Y-%m-%d %H:%M}"))]
        )
    for key, value in settings.items():
        if isinstance(value, Mapping):
            given = {name: part for name, part in value.items() if name in _ANSWERS and part != "auto"}
            value = tr(listed((labelled(_ANSWERS[name], part) for name, part in given.items()), between="；"))
        if isinstance(value, float):
            value = f"{value:.1%}" if key.endswith("_share") else f"{value:g}"
        if key in _SETTINGS and str(value):
            sheet.line([tr(_SETTINGS[key]), value])
    for key, value in results.provenance.get("inputs", {}).items():
        role, _, name = str(key).partition(":")
        title = tr(_INPUTS.get(role, Text(role)))
        sheet.line([f"{title} {name}".strip(), f"SHA-256 {value}"])
    for said in results.standard.differences:
        sheet.line([tr(text("Edited")), tr(said)])
    for note in results.document["notes"]:
        sheet.line([tr(text("Note")), tr(text_from_json(note))])


_INPUTS: Final = {
    "facilities": text("Facility list"),
    "population": text("Residents"),
    "network": text("Streets"),
    "units": text("Units"),
    "standard": text("Standard"),
}
