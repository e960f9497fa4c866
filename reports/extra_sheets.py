"""The workbook's further sheets, one a table of `Results.extras`; those without a table are left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from core.text import Sayable, Text, labelled, text, text_from_json
from coverage.model.share_rows import share_comparison
from coverage.model.standard import level_title
from coverage.model.verdict_rows import VERDICT_WORDS
from coverage.publish import Results
from locales import Translator
from reports.complete import complete_communities
from reports.extra_words import METHODS, NEED_STATES, WITHIN, bands_lines, kind_title, kinds_in, people_title
from reports.sheet import Book, Sheet

# A column of a table, its heading and how its values are said ("" as they are).
Column = tuple[str, Text, str]

_UNIT: Final[tuple[Column, ...]] = (("level", text("Level"), "level"), ("name", text("Unit"), ""))
_CUT: Final[tuple[Column, ...]] = (
    ("in_radius", text("Residents in the radius"), ""),
    ("cut_off", text("Of these too far on foot"), ""),
    ("share", text("Share of those in the radius"), ""),
)
_MARKS: Final[tuple[Column, ...]] = (
    ("low", text("Band from (5 % mark)"), ""), ("high", text("Band to (95 % mark)"), ""),
)  # fmt: skip
_TABLES: Final[tuple[tuple[str, Text, tuple[Column, ...]], ...]] = (
    ("league", text("Ranking"), (
        *_UNIT[:1], ("rank", text("Rank"), ""), *_UNIT[1:], ("residents", text("Residents"), ""),
        ("residents_missed", text("Residents whom a radius or walk rule does not cover"), ""),
        ("share", text("Share within every radius and walk rule"), ""),
        ("rules_met", text("Rules met"), ""), ("rules_nearly", text("Rules nearly met"), ""),
        ("rules_not", text("Rules not met"), ""))),
    ("equity", text("Equity"), (
        ("rule", text("Rule"), "rule"), ("who", text("Who"), ""), ("residents", text("Residents"), ""),
        ("median_m", text("Median (m)"), ""), ("median_min", text("Median (min)"), ""),
        ("p90_m", text("Nine in ten within (m)"), ""), ("p90_min", text("Nine in ten within (min)"), ""),
        ("speed_kmh", text("Walking speed (km/h)"), ""), ("share_beyond", text("Share beyond the rule"), ""),
        ("nearest_fifth_m", text("Nearest fifth (m)"), ""),
        ("farthest_fifth_m", text("Farthest fifth (m)"), ""),
        ("worst_to_best", text("Farthest to nearest"), ""), ("gini", text("Gini"), ""))),
    ("loads", text("Loads"), (
        ("rule", text("Rule"), "rule"), ("name", text("Name"), ""), ("residents", text("Residents"), ""),
        ("low", text("Band from"), ""), ("high", text("Band to"), ""),
        ("within", text("Finding"), "within"))),
    ("detours_units", text("Radius and walking"), (("rule", text("Rule"), "rule"), *_UNIT, *_CUT)),
    ("detours_facilities", text("Radius, by facility"), (
        ("rule", text("Rule"), "rule"), ("name", text("Name"), ""),
        ("in_radius", text("Residents in the radius for whom it is the nearest"), ""), *_CUT[1:],
        ("median_detour", text("Detour ratio, median"), ""))),
    ("readings", text("Elderly speed"), (
        ("rule", text("Rule"), "rule"), ("speed_kmh", text("Walking speed (km/h)"), ""),
        ("limit_m", text("Reach (m)"), ""), ("residents", text("Residents"), ""),
        ("residents_met", text("Residents served"), ""), ("share", text("Share"), ""),
        ("verdict", text("Verdict"), "verdict"))),
    ("bands", text("Certainty"), (
        ("rule", text("Rule"), "rule"), ("share", text("Share"), ""), *_MARKS,
        ("meets", text("Draws: meets"), ""), ("nearly", text("Draws: nearly meets"), ""),
        ("not", text("Draws: does not meet"), ""))),
    ("bands_units", text("Doubtful units"), (
        ("rule", text("Rule"), "rule"), *_UNIT, ("verdict", text("Verdict"), "verdict"),
        ("share", text("Share"), ""), *_MARKS,
        ("agree", text("Draws with this verdict"), ""))),
    ("timeline", text("Year by year"), (
        ("rule", text("Rule"), "rule"), ("year", text("Year"), "year"),
        ("facilities", text("Facilities open"), ""), ("share", text("Share"), ""),
        ("residents_met", text("Residents served"), ""), ("planned", text("Planned in addition"), ""),
        ("share_planned", text("Share with the plan"), ""), ("verdict", text("Verdict"), "verdict"))),
    ("supply", text("Reachable supply"), (
        ("rule", text("Rule"), "rule"), ("method", text("Method"), "method"), *_UNIT,
        ("people", text("People"), ""), ("people_met", text("Have the figure within reach"), ""),
        ("share", text("Share"), ""), ("per_1000", text("Places per 1,000 within reach"), ""))),
    ("gap_parts", text("Gaps in parts"), (
        ("rule", text("Rule"), "rule"), ("rank", text("Gap"), ""), ("part", text("Facility"), ""),
        ("residents", text("Residents it would serve"), ""), ("remaining", text("Residents left"), ""),
        ("lon", text("Longitude"), ""), ("lat", text("Latitude"), ""))),
)  # fmt: skip
# What kind of number a column holds, where it is not "number"; a table's own word goes first.
_KINDS: Final = {
    key: kind
    for kind, keys in {
        "share": "share share_beyond low high meets nearly not agree share_planned",
        "people": "residents residents_missed residents_met in_radius cut_off people people_met left",
        "metres": "median_m p90_m nearest_fifth_m farthest_fifth_m limit_m length_m walk_m",
        "count": "rank rules_met rules_nearly rules_not facilities planned part",
        "minutes": "median_min p90_min speed_kmh",
        "ratio": "gini worst_to_best median_detour detour",
        "degrees": "lon lat",
        "text": "name unit_id who place",
    }.items()
    for key in keys.split()
}
# The bands of loads are of residents, not of shares.
_OWN_KINDS: Final = {("loads", "low"): "people", ("loads", "high"): "people"}
_FLIPPING: Final = text(
    "The doubtful units are those whose verdict by a rule is another one in at least one draw."
)
_FIRM: Final = text("No unit has another verdict in any draw.")
_WIDE, _NARROW = 34.0, 15.0


def more_sheets(book: Book, results: Results, tr: Translator) -> None:
    """Every table that is there and has rows; completeness as a matrix, equity with its statements."""
    for name, title, columns in _TABLES:
        table = results.extras.get(name)
        if table is not None and len(table):
            if name == "equity":
                pairs = zip(table["kind"], table["id"], strict=True)
                table = table.assign(who=[tr(people_title(kind, who)) for kind, who in pairs])
            widths = [_WIDE if said or key in ("name", "who") else _NARROW for key, _, said in columns]
            sheet = book.sheet(tr(title), widths)
            found = results.document.get("equity") if name == "equity" else None
            for said in found["statements"] if found else ():
                sheet.note(tr(text_from_json(said)))
            if name in ("bands", "bands_units"):
                for line in bands_lines(results.extras["bands"], results.standard):
                    sheet.note(tr(line))
                doubtful = len(results.extras["bands_units"])
                sheet.note(tr(_FLIPPING if doubtful else _FIRM))
            _fill(sheet, table, columns, (name, results, tr))
    _shares(book, results, tr)
    _completeness(book, results, tr)
    _complete(book, results, tr)
    _barriers(book, results, tr)


def _fill(
    sheet: Sheet, table: pd.DataFrame, columns: Sequence[Column], about: tuple[str, Results, Translator]
) -> None:
    """The columns that the table has; words for codes are looked up once for each value."""
    name, results, tr = about
    standard = results.standard
    words: Mapping[str, Callable[[Any], Sayable]] = {
        "rule": lambda value: standard.rule_title(standard.rule(value)),
        "level": level_title,
        "verdict": VERDICT_WORDS.__getitem__,
        "within": WITHIN.__getitem__,
        "method": METHODS.__getitem__,
        "year": lambda value: f"{int(value)}",
    }
    there = [column for column in columns if column[0] in table]
    shown, kinds = [], []
    for key, _, how in there:
        values = [None if value is pd.NA else value for value in table[key].tolist()]
        known = {value: tr(words[how](value)) if value != "" else "" for value in set(values)} if how else {}
        shown.append([known[value] for value in values] if how else values)
        kinds.append("text" if how else _OWN_KINDS.get((name, key), _KINDS.get(key, "number")))
    sheet.table([tr(title) for _, title, _ in there], zip(*shown, strict=True), kinds)


def _shares(book: Book, results: Results, tr: Translator) -> None:
    """The same facilities by what a share divides: rules down, denominators across."""
    found = share_comparison(results.extras.get("denominators"), results.standard)
    if not found.rows:
        return
    sheet = book.sheet(tr(text("By denominator")), (_WIDE, *(_NARROW + 3 for _ in found.columns), 24))
    for said in (*([found.apart] if found.apart else []), *found.missing):
        sheet.note(tr(said))
    rows = [[tr(row.title), *row.shares, tr(found.columns[row.own])] for row in found.rows]
    head = [text("Rule"), *found.columns, text("Judged by")]
    sheet.table([tr(word) for word in head], rows, ["text", *("share" for _ in found.columns), "text"])


def _completeness(book: Book, results: Results, tr: Translator) -> None:
    """Communities down, kinds of service across."""
    table = results.extras.get("completeness")
    kinds = kinds_in([str(column) for column in table.columns]) if table is not None else []
    if table is None or not len(table) or not kinds:
        return
    heads: list[Sayable] = [
        text("Unit"),
        text("Residents"),
        *(kind_title(k, results.standard) for k in kinds),
    ]
    sheet = book.sheet(tr(text("Kinds of service")), (24, 12, *(14 for _ in kinds), 12))
    marks = [*(f"has_{kind}" for kind in kinds), "complete"]
    rows = [
        [row["name"], row["residents"], *("✓" if row[mark] else "" for mark in marks)]
        for row in table.to_dict("records")
    ]
    titles = [*(tr(head) for head in heads), tr(text("Complete"))]
    sheet.table(titles, rows, ["text", "people", *("text" for _ in marks)])


def _complete(book: Book, results: Results, tr: Translator) -> None:
    """Communities down, what a complete community has across; the share that is complete above."""
    extras = results.extras
    found = complete_communities(
        extras.get("complete_needs"), extras.get("complete_communities"), results.standard
    )
    if found is None:
        return
    sheet = book.sheet(tr(text("Complete communities")), (24, 12, *(16 for _ in found.needs), 12))
    for need in found.needs:
        sheet.note(tr(labelled(need.title, need.figure)))
    for said in found.said:
        sheet.note(tr(said))
    rows = [
        [place.name, place.residents, *(tr(NEED_STATES[one]) if one else "" for one in place.states),
         "✓" if place.complete else ""]
        for place in found.places
    ]  # fmt: skip
    heads = [text("Unit"), text("Residents"), *(need.title for need in found.needs), text("Complete")]
    sheet.table([tr(head) for head in heads], rows, ["text", "people", *("text" for _ in heads[2:])])


def _barriers(book: Book, results: Results, tr: Translator) -> None:
    layer = results.layers.get("barriers")
    if layer is None or not len(layer):
        return
    columns: tuple[Column, ...] = (
        ("rank", text("Rank"), ""), ("place", text("Where"), ""), ("length_m", text("Crossing (m)"), ""),
        ("walk_m", text("Way on foot now (m)"), ""), ("detour", text("Times as far"), ""),
        ("saved_km", text("Walking saved (resident-km)"), ""), ("residents", text("Residents gained"), ""),
        ("lon", text("Longitude"), ""), ("lat", text("Latitude"), ""), ("rule", text("Rule"), "rule"),
    )  # fmt: skip
    sheet = book.sheet(tr(text("Worst barriers")), (8, _WIDE, *(_NARROW for _ in range(7)), _WIDE))
    _fill(sheet, pd.DataFrame(layer.drop(columns="geometry")), columns, ("barriers", results, tr))
