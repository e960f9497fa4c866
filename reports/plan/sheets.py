"""The plan's sheets of the workbook: sites, curve with a chart, other plans, what existing ones are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from core.text import Text, text
from coverage.model.standard import Standard, group_people
from coverage.publish import Results
from locales import Translator
from reports.plan import words
from reports.sheet import Book

_SITES_HEAD: Final = (
    text("No."),
    text("Tier"),
    text("Name"),
    text("Where"),
    text("Longitude"),
    text("Latitude"),
    text("Residents newly served"),
    text("If built alone"),
    text("Residents served in all"),
    text("Nearest existing"),
    text("Metres to it"),
)
_CURVE_HEAD: Final = (
    text("Sites"),
    text("Best found"),
    text("At most, among the places compared"),
    text("Built in this order"),
)
_OTHERS_HEAD: Final = (
    text("Plan"),
    text("Worse by"),
    text("Residents served"),
    text("No."),
    text("Where"),
    text("Longitude"),
    text("Latitude"),
    text("Residents newly served"),
    text("Also in the plan"),
)
_SPARE_HEAD: Final = (
    text("Number"),
    text("Name"),
    text("Tier"),
    text("Residents whom only it serves, by the rule of this plan"),
    text("Rules that get worse by closing it alone"),
    text("Longitude"),
    text("Latitude"),
)
_WHY: Final = text("Why here")
_GROUP: Final = text("of them: {people}")
_FIGURES: Final = {
    "residents_nearer": text("Residents with a shorter way"),
    "saved_m": text("Metres saved on average"),
    "load": text("Residents to serve"),
    "cost": text("Cost"),
    "capacity": text("Capacity"),
    "area_m2": text("Area (m²)"),
}


_FIGURE_KINDS: Final = {
    "residents_nearer": "people",
    "saved_m": "metres",
    "load": "people",
    "cost": "number",
    "capacity": "people",
    "area_m2": "number",
}


def plan_sheets(book: Book, results: Results, tr: Translator) -> None:
    """The sheets of the plan, if there is one; those about what it lacks are left out."""
    if results.plan is None:
        return
    plan, standard = results.plan.plan, results.standard
    _sites(book, plan, standard, tr)
    if len(plan.get("curve_bound", [])) > 1:
        _curve(book, plan, tr)
    if plan.get("alternatives"):
        sheet = book.sheet(tr(text("Other plans")), (8, 10, 14, 8, 40, 12, 12, 14, 14))
        kinds = ("count", "share", "people", "count", "text", "degrees", "degrees", "people", "text")
        sheet.table([tr(title) for title in _OTHERS_HEAD], _others(plan["alternatives"], tr), kinds)
    if plan.get("redundancy"):
        sheet = book.sheet(tr(text("Which could close")), (16, 40, 16, 18, 80, 12, 12))
        for said in words.redundancy(plan, standard):
            sheet.note(tr(said))
        spare = ("text", "text", "text", "people", "text", "degrees", "degrees")
        sheet.table([tr(title) for title in _SPARE_HEAD], _spare(plan["redundancy"], standard, tr), spare)


def _sites(book: Book, plan: Mapping[str, Any], standard: Standard, tr: Translator) -> None:
    sites = plan["sites"]
    groups = list(dict.fromkeys(group for site in sites for group in site.get("groups_gained", {})))
    figures = [key for key in _FIGURES if any(key in site for site in sites)]
    widths = (6, 16, 24, 36, 12, 12, 14, 12, 14, 34, 12, *(12 for _ in (*groups, *figures)), 90)
    sheet = book.sheet(tr(text("Suggested sites")), widths)
    for said in (*words.results(plan, standard), *words.notes(plan)):
        sheet.note(tr(said))
    head = [tr(title) for title in _SITES_HEAD]
    head += [tr(Text(_GROUP.template, {"people": group_people(group)})) for group in groups]
    head += [tr(_FIGURES[key]) for key in figures] + [tr(_WHY)]
    together = dict(map(tuple, plan["curve"]))
    gap = "" if tr.language == "zh" else " "
    rows = (
        [
            site["rank"],
            tr(standard.tier_title(site["tier"])),
            site["name"],
            site["unit"],
            site["lon"],
            site["lat"],
            site["residents_gained"],
            site["residents_alone"],
            # Residents served once this site and those before it are open.
            together.get(site["rank"]),
            site["nearest"],
            site["nearest_m"],
            *(site.get("groups_gained", {}).get(group) for group in groups),
            *(site.get(key) for key in figures),
            gap.join(tr(said) for said in words.reasons(site, plan, standard)),
        ]
        for site in sites
    )
    kinds = ["count", "text", "text", "text", "degrees", "degrees", *("people",) * 3, "text", "metres"]
    kinds += [*("people" for _ in groups), *(_FIGURE_KINDS[key] for key in figures), "words"]
    sheet.table(head, rows, kinds)


def _curve(book: Book, plan: Mapping[str, Any], tr: Translator) -> None:
    name, points = tr(text("How many sites")), plan["curve_bound"]
    sheet = book.sheet(name, (10, 16, 18, 18))
    counts = words.curve_counts(plan)
    if counts is not None:
        sheet.note(tr(counts))
    head = [tr(title) for title in _CURVE_HEAD]
    rows = [[p["sites"], p["best"], p["bound"], p["in_order"]] for p in points]
    sheet.table(head, rows, ("count", "people", "people", "people"))
    top, last = sheet.head_row, sheet.head_row + len(points)
    chart = book.xlsx.add_chart({"type": "line"})
    for column in (1, 2, 3):
        chart.add_series(
            {
                "name": [name, top, column],
                "categories": [name, top + 1, 0, last, 0],
                "values": [name, top + 1, column, last, column],
                "marker": {"type": "automatic", "size": 4},
            }
        )
    chart.set_x_axis({"name": head[0]})
    lowest = min(p["in_order"] for p in points)
    chart.set_y_axis({"num_format": "#,##0", "min": float(int(lowest * 0.98))})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 720, "height": 380})
    sheet.chart(chart, column=5)


def _others(others: Iterable[Mapping[str, Any]], tr: Translator) -> Iterable[list[object]]:
    mark = {True: tr(text("yes")), False: tr(text("no"))}
    for number, other in enumerate(others, start=1):
        for site in other["sites"]:
            yield [
                number,
                other["worse_by"],
                other["residents_after"],
                site["rank"],
                words.site_name(site),
                site["lon"],
                site["lat"],
                site["residents_gained"],
                mark[bool(site["in_best"])],
            ]


def _spare(rows: Iterable[Mapping[str, Any]], standard: Standard, tr: Translator) -> Iterable[list[object]]:
    for row in rows:
        yield [
            row["facility_id"],
            row["name"],
            tr(standard.tier_title(row["tier"])),
            row["residents_lost"],
            tr(words.worse_rules(row, standard)),
            row["lon"],
            row["lat"],
        ]
