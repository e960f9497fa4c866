"""A result of residential land alone, without residents: the same briefing model, so the same forms, and a
workbook. Whatever is counted is ground."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from core.text import Sayable, Text, listed, remarked, text, text_from_json
from coverage.equity.residential_land import SQUARE_M
from coverage.model.standard import share_title
from coverage.model.verdict_rows import PRESENT, basis_title, remarks_of, summary, verdict_rows
from coverage.publish import Results
from locales import translator
from reports.briefing.keys import figures_of_notes
from reports.briefing.make import Cover
from reports.briefing.model import Briefing, Figure, KeyFigure, Said, Table, View
from reports.briefing.numbers import share
from reports.briefing.strip import code_of, day_of, mark_of
from reports.briefing.tables import rules_table, shares_table
from reports.fixed_zip import moment_of
from reports.plan.words import among_which
from reports.sheet import Book, workbook

LAND_M2: Final = "residential_land_m2"
LAND: Final = "residential_land"
_MOST_ROWS: Final = 20
_KEY_FIGURES: Final = 3
_DASH: Final = text("–")
_IN_SQUARES: Final = text(
    "Counted in squares of {side:g} m by their centres: areas differ a little from those by the polygons.",
    side=SQUARE_M,
)
UNKNOWN: Final = text(
    "Residents are unknown: everything here counts residential land, not people. Ground where many live "
    "counts no more than ground where few do."
)
_ROLES: Final = {
    "facilities": text("Facility list"), "network": text("Streets"), "units": text("Units"),
    "residential": text("Residential land"), "compounds": text("Residential compounds"),
}  # fmt: skip


def land_briefing(results: Results, cover: Cover) -> Briefing:
    """What every form says; figures stand in assessment.json, denominators.csv and plan.json."""
    document, standard, provenance = results.document, results.standard, results.provenance
    rows, created = verdict_rows(document, standard), str(provenance.get("created", ""))
    met, nearly, missed = summary(document)
    open_rules = len(rows) - met - nearly - missed
    tally = text(
        "Of {all} {all:rule|rules} {met} {met:is|are} met, {nearly} nearly, {missed} not; {open} cannot be "
        "judged.",
        all=len(rows), met=met, nearly=nearly, missed=missed, open=open_rules,
    )  # fmt: skip
    headline, main = _headline(results), main_rule(document)
    plan = results.plan.plan if results.plan is not None else None
    proposal = [] if plan is None else [Said(one) for one in plan_words(plan)]
    shares = shares_table(results)
    # What lies between residents and ground is not for a result without residents.
    tables = [
        *([replace(shares, notes=())] if shares is not None else []),
        _gaps(results, public=cover.public),
        _ways(results),
    ]
    tables += [] if plan is None else [_sites(plan, public=cover.public)]
    mark = mark_of(cover.mark, public=cover.public)
    return Briefing(
        kind="land",
        public=cover.public,
        city=str(document["area"]["name"]),
        title=cover.title
        or text("{name}: service circle by residential land", name=document["area"]["name"]),
        subtitle=standard.title,
        badges=(text("Synthetic data: a fictional city"),) if document["area"]["synthetic"] else (),
        headline=headline,
        key_figures=tuple(_key_figures(results)),
        tally=Said(tally),
        conclusion=(headline, Said(tally), *proposal),
        caveats=(UNKNOWN, *remarks_of(document, standard)),
        map=View("city", _map_title(results), f"rule:{main}" if main else ""),
        method=_method(results),
        strip=tuple(_strip(results, cover, mark)),
        author=cover.author,
        mark=mark,
        day=day_of(created),
        created=created,
        code=code_of(provenance),
        rules=rules_table(rows, document, state=PRESENT),
        lists=tuple(table for table in tables if table.rows),
    )  # fmt: skip


def main_rule(document: Mapping[str, Any]) -> str:
    """The rule that is spoken of first: of those judged by land the one that leaves most of it out, radius
    rules before others; "" where none is."""
    judged = [row for row in document["rules"]
              if row["verdict"] is not None and row.get("denominator") == LAND]  # fmt: skip
    if not judged:
        return ""
    return str(max(judged, key=lambda r: (r["check"] == "radius", r["total"] - r["covered"]))["id"])


def _hectares(key: str, m2: float) -> Figure:
    return Figure(key, m2, text("{area:,.2f} ha", area=m2 / 1e4))


def _headline(results: Results) -> Said:
    main = main_rule(results.document)
    if not main:
        return Said(text("No rule can be judged by residential land."))
    row, key = results.row(main), f"rules[{main}]"
    part, covered = share(f"{key}.share", row["share"]), _hectares(f"{key}.covered", row["covered"])
    total = _hectares(f"{key}.total", row["total"])
    said = text(
        "Of the residential land that the rule “{rule}” speaks of, {covered} of {total} ({share}) are "
        "within reach.",
        rule=results.standard.rule_title(results.standard.rule(main)),
        covered=covered.words, total=total.words, share=part.words,
    )  # fmt: skip
    return Said(said, (covered, total, part))


def _key_figures(results: Results) -> Iterator[KeyFigure]:
    """Of the rules that are judged by land the three that leave most of it out."""
    rows = [row for row in results.document["rules"]
            if row["verdict"] is not None and row.get("denominator") == LAND]  # fmt: skip
    for row in sorted(rows, key=lambda row: row["share"])[:_KEY_FIGURES]:
        key = f"rules[{row['id']}]"
        part, total = share(f"{key}.share", row["share"]), _hectares(f"{key}.total", row["total"])
        whole = text("of {area:,.2f} ha of residential land", area=row["total"] / 1e4)
        title = results.standard.rule_title(results.standard.rule(row["id"]))
        yield KeyFigure(part, title, whole, (total,))


def _map_title(results: Results) -> Text:
    main = main_rule(results.document)
    if not main:
        return text("Squares with residential land")
    title = results.standard.rule_title(results.standard.rule(main))
    return text("Residential land in squares, by their centres: {rule}", rule=title)


def _gaps(results: Results, *, public: bool) -> Table:
    """The largest gaps of every rule; where they lie is not for the public."""
    rows = sorted(enumerate(results.document["gaps"]), key=lambda row: -row[1][LAND_M2])
    body, figures = [], []
    for number, row in rows[:_MOST_ROWS]:
        area = Figure(f"gaps[{number}].{LAND_M2}", row[LAND_M2], text("{area:,.2f}", area=row[LAND_M2] / 1e4))
        near = _metres(f"gaps[{number}].nearest_m", row["nearest_m"])
        place = _DASH if public else str(row["unit"]) or _DASH
        title = results.standard.rule_title(results.standard.rule(row["rule"]))
        body.append((title, str(row["rank"]), place, area.words, near.words))
        figures += [area, near]
    head = (text("Rule"), text("Rank"), text("Place"), text("Residential land, ha"), text("Median way, m"))
    shown = text("{shown} of {all} shown; the workbook has all of them.", shown=_MOST_ROWS, all=len(rows))
    return Table(text("Gaps, by residential land"), head, tuple(body), (34, 8, 30, 14, 14), (1, 3, 4),
                 (_IN_SQUARES, *([shown] if len(rows) > _MOST_ROWS else [])), _finite(figures))  # fmt: skip


def _finite(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Those that are numbers: what is out of reach has none."""
    return tuple(one for one in figures if math.isfinite(one.value))


def _metres(key: str, value: float | None) -> Figure:
    if value is None or value == math.inf:
        return Figure(key, math.inf, text("out of reach"))
    return Figure(key, float(value), text("{metres:,.0f}", metres=float(value)))


def _ways(results: Results) -> Table:
    body: list[tuple[Sayable, ...]] = []
    figures: list[Figure] = []
    for row in results.extras["land_equity"].to_dict("records"):
        key = f"land_equity[{row['rule']}]"
        land, beyond = (
            Figure(f"{key}.{name}", row[name], text("{area:,.2f}", area=row[name] / 1e4))
            for name in ("land_m2", "land_unreachable_m2")
        )
        median, most = (_metres(f"{key}.{name}", row[name]) for name in ("median_m", "p90_m"))
        unequal = float(row["gini"])
        gini = Figure(
            f"{key}.gini", unequal, text("{gini:.2f}", gini=unequal) if unequal == unequal else _DASH
        )
        cells = (land, median, most, beyond, gini)
        title = results.standard.rule_title(results.standard.rule(row["rule"]))
        body.append((title, *(one.words for one in cells)))
        figures += cells
    head = (text("Rule"), text("Residential land, ha"), text("Half of it within, m"),
            text("Nine tenths within, m"), text("Out of reach, ha"), text("Gini"))  # fmt: skip
    return Table(text("How far residential land lies"), head, tuple(body), (32, 14, 14, 14, 14, 8),
                 (1, 2, 3, 4, 5), (_IN_SQUARES,), _finite(figures))  # fmt: skip


def _sites(plan: Mapping[str, Any], *, public: bool) -> Table:
    body, figures = [], []
    for number, site in enumerate(plan["sites"]):
        where = text("{lon:.5f}, {lat:.5f}", lon=site["lon"], lat=site["lat"])
        gained = f"{LAND_M2}_gained"
        area = Figure(
            f"plan.sites[{number}].{gained}", site[gained], text("{area:,.2f}", area=site[gained] / 1e4)
        )
        place = _DASH if public else site["name"] or site["unit"] or _DASH
        body.append((str(site["rank"]), place, _DASH if public else where, area.words))
        figures.append(area)
        if not public:
            figures += [Figure(f"plan.sites[{number}].{axis}", site[axis], where) for axis in ("lon", "lat")]
    head = (text("Rank"), text("Place"), text("Longitude, latitude"), text("Residential land gained, ha"))
    notes = (*map(text_from_json, plan["notes"]),
             text("Whether anything can be built at a site was not looked at."))  # fmt: skip
    title = text("Suggested sites, by residential land")
    return Table(title, head, tuple(body), (8, 40, 26, 20), (0, 3), notes, tuple(figures))


def plan_words(plan: Mapping[str, Any]) -> tuple[Text, ...]:
    """What a plan by land alone reaches, and how sure that is."""
    land = plan["land_m2"]
    said = text(
        "With {count} new {count:site|sites}, {after:,.2f} of {total:,.2f} ha of residential land are within "
        "reach instead of {before:,.2f} ha, counted at the squares’ centres.",
        count=plan["count"], after=land["after"] / 1e4, total=land["total"] / 1e4,
        before=land["before"] / 1e4,
    )  # fmt: skip
    closed = [text("Closed: {names}.", names=listed(plan["closed"]))] if plan["closed"] else []
    return (said, *closed, among_which(plan, text_from_json(plan["verdict"])))


def _method(results: Results) -> Table:
    standard, walking = results.standard, results.standard.walking
    rows: list[tuple[Sayable, Sayable]] = [
        (text("What counts as covered"),
         text("ground within the rule’s figure of a facility, the boundary included: in a straight line by "
              "the polygons, on foot within half a street of the streets reached")),
        (text("Ways on foot"),
         text("along the streets at {speed:g} km/h; farther than {limit:g} m from any street: out of reach",
              speed=walking.speed_kmh, limit=walking.snap_limit_m)),
        (text("Measured in"), str(results.document["area"]["crs"])),
        (text("Left out"),
         text("loads, places per 1,000, floor area per 100 households, shares of units, choice, bands and "
              "groups: they count residents or households")),
    ]  # fmt: skip
    rows += [(text("Edited"), said) for said in standard.differences]
    notes = [text_from_json(note) for note in results.document["notes"]]
    rows += [(text("Note"), note) for note in notes]
    head, figures = (text("Term"), text("What holds here")), tuple(figures_of_notes("notes", notes))
    return Table(text("Method, data and limits"), head, tuple(rows), (22, 78), figures=figures)


def _strip(results: Results, cover: Cover, mark: Sayable) -> Iterator[tuple[Sayable, Sayable]]:
    provenance, limits = results.provenance, results.standard.verdicts
    day = day_of(str(provenance.get("created", "")))
    read = text("as in the files under “Data”, read on {day}; their own date is not stated", day=day or "–")
    yield text("State of the data"), cover.as_of or read
    yield text("Assessed on"), day or "–"
    yield text("Standard"), results.standard.title
    yield text("Basis"), UNKNOWN
    yield text("Met from"), text("{meets:.1%}; nearly met from {nearly:.1%}", meets=float(limits.meets_share),
                                 nearly=float(limits.nearly_share))  # fmt: skip
    yield text("Data"), listed([*_files(provenance), *provenance.get("credits", ())])
    yield text("Made by"), cover.author or "____________"
    yield text("Mark"), mark
    yield text("Code of the result"), code_of(provenance)


def _files(provenance: Mapping[str, Any]) -> Iterator[Sayable]:
    study: dict[str, Any] = dict((provenance.get("run") or {}).get("study") or {})
    given = study | {key: (study.get("layers") or {}).get(key) for key in ("residential", "compounds")}
    for key, role in _ROLES.items():
        found = given.get(key) or []
        for one in found if isinstance(found, list) else [found]:
            yield remarked(str(one["file"]), role)


def land_workbook(results: Results, *, language: str, cover: Cover | None = None) -> bytes:
    """Rules, every row of denominators.csv, every gap, ways, sites, and what it all rests on."""
    buffer, tr = io.BytesIO(), translator(language)
    told = land_briefing(results, cover or Cover())
    about: list[tuple[str, dict[str, object]]] = [
        (f"{tr(told.title)} · {{sheet}} · {told.day}", {"bold": True, "font_size": 12})
    ]
    about += [(tr(one), {"font_color": "#b00020"}) for one in (*told.badges, *told.caveats)]
    foot = " · ".join(part for part in (tr(told.title), told.day, tr(told.mark)) if part)
    titles = {rule.id: tr(results.standard.rule_title(rule)) for rule in results.standard.rules}
    with workbook(buffer) as xlsx:
        xlsx.set_properties({"created": moment_of(told.created), "author": told.author})
        book = Book(xlsx, about, footer=foot)
        rows: list[list[object]] = []
        for row in verdict_rows(results.document, results.standard):
            said = (
                row.title,
                row.figure,
                row.actual,
                row.lacking or _DASH,
                row.verdict_words,
                row.remark or "",
            )
            rows.append([*map(tr, said), tr(listed(row.responsible))])
        sheet = book.sheet(tr(text("Verdicts")), (40, 14, 40, 26, 14, 40, 30))
        sheet.note(tr(told.headline.words))
        head = [text("Rule"), text("Figure"), PRESENT, text("Shortfall"), text("Verdict"), text("Remark"),
                text("Responsible units")]  # fmt: skip
        sheet.table([tr(one) for one in head], rows, ["words", "text", *["words"] * 5])
        sheet = book.sheet(tr(text("What the shares divide by")), (40, 12, 14, 20, 20, 22, 16, 16, 10))
        head = [text("Rule"), text("Level"), text("Unit code"), text("Unit"), text("Kind of share"),
                text("Counted"), text("Within reach (m² or number)"), text("In all (m² or number)"),
                text("Share")]  # fmt: skip
        rows = [
            [titles[row["rule"]], tr(_level(row["level"])), row["unit_id"], row["name"],
             tr(share_title(row["denominator"])), tr(basis_title(row["basis"])), row["covered"], row["total"],
             row["share"]]
            for row in results.extras["denominators"].to_dict("records")
        ]  # fmt: skip
        kinds = ["words", *["text"] * 5, "number", "number", "share"]
        sheet.table([tr(one) for one in head], rows, kinds)
        sheet = book.sheet(tr(text("Gaps")), (40, 8, 30, 16, 14, 14, 14))
        head = [text("Rule"), text("Rank"), text("Place"), text("Residential land, m²"),
                text("Median way, m"), text("Longitude"), text("Latitude")]  # fmt: skip
        rows = [
            [titles[row["rule"]], row["rank"], row["unit"], row[LAND_M2],
             row["nearest_m"] if row["nearest_m"] is not None else float("inf"), row["lon"], row["lat"]]
            for row in results.document["gaps"]
        ]  # fmt: skip
        kinds = ["words", "count", "text", "count", "metres", "degrees", "degrees"]
        sheet.table([tr(one) for one in head], rows, kinds)
        for table in told.lists:
            if table.title in (_ways(results).title, text("Suggested sites, by residential land")):
                sheet = book.sheet(tr(table.title)[:31], [max(one, 10) for one in table.widths])
                cells = [[tr(cell) for cell in row] for row in table.rows]
                sheet.table([tr(one) for one in table.head], cells, ["words"] * len(table.head))
        basis = book.sheet(tr(text("Basis")), (30, 80))
        for term, value in (*told.method.rows, *told.strip):
            basis.line([tr(term), tr(value)])
    return buffer.getvalue()


_LEVELS: Final = {
    "city": text("whole city"), "district": text("district"), "street": text("street or town"),
    "community": text("community or village"),
}  # fmt: skip


def _level(level: str) -> Text:
    return _LEVELS[level]
