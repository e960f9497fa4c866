"""An office's lists beside OpenStreetMap: the same briefing model, so the same forms, and a workbook."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from core.text import Sayable, Text, listed, remarked, text
from coverage.compare_lists import CLOSED, ELSEWHERE, ONLY_LIST, ONLY_MAP, RESULTS, SAME, Compared
from coverage.model.standard import tier_name
from locales import Translator, translator
from reports.briefing.make import Cover
from reports.briefing.model import Briefing, Figure, KeyFigure, Said, Table, View
from reports.briefing.numbers import exact, share
from reports.briefing.strip import code_of, day_of, mark_of
from reports.fixed_zip import moment_of
from reports.sheet import MEASURES, Book, workbook

RESULT_TITLES: Final = {
    SAME: text("in place on the map"),
    ELSEWHERE: text("elsewhere on the map"),
    CLOSED: text("closed on the map"),
    ONLY_LIST: text("not found on the map"),
    ONLY_MAP: text("not found in the list"),
}
CITY_VIEW: Final = View("compared", text("The list beside OpenStreetMap"), "paths")
# Longer tables of names go on in the workbook.
_MOST_ROWS: Final = 20
_DASH: Final = text("–")
# Result → the columns of its table: title, column of compared.csv, width.
_COLUMNS: Final[dict[str, tuple[tuple[Text, str, float], ...]]] = {
    ELSEWHERE: (
        (text("In the list"), "name", 34), (text("Kind"), "tier", 16), (text("On the map"), "map_name", 34),
        (text("Metres apart"), "metres", 16),
    ),
    CLOSED: (
        (text("In the list"), "name", 40), (text("Kind"), "tier", 20), (text("On the map"), "map_name", 40),
    ),
    ONLY_LIST: (
        (text("In the list"), "name", 34), (text("Kind"), "tier", 16),
        (text("Nearest on the map"), "nearest_name", 34), (text("Metres to it"), "nearest_m", 16),
    ),
    ONLY_MAP: ((text("On the map"), "map_name", 70), (text("Kind"), "tier", 30)),
}  # fmt: skip


def compared_briefing(compared: Compared, provenance: Mapping[str, Any], cover: Cover) -> Briefing:
    """What every form says of two lists; figures are the counts that `compare --json` prints."""
    created = str(provenance.get("created", ""))
    mark, alike = mark_of(cover.mark, public=cover.public), compared.alike
    basis = text(
        "Names at least {similarity:.0%} alike and no more than {far:,g} m apart are taken for one facility; "
        "one no more than {near:,g} m away is in place, of one farther away the name’s own words are the "
        "same. A number, a point of the compass or 甲 and 乙 tell two facilities apart.",
        similarity=float(alike.similarity), far=alike.far_m, near=alike.near_m,
    )  # fmt: skip
    headline = _headline(compared)
    strip = (
        (text("State of the data"),
         cover.as_of or text("as in the files under “Data”, read on {day}; their own date is not stated",
                             day=day_of(created) or "–")),
        (text("Compared on"), day_of(created) or "–"),
        (text("Basis"), basis),
        (text("Data"), listed(list(_sources(provenance)))),
        (text("Made by"), cover.author or "____________"),
        (text("Mark"), mark),
        (text("Code of the result"), code_of(provenance)),
    )  # fmt: skip
    method = (
        (text("What is compared"),
         text("kinds that the list has: {kinds}", kinds=listed([tier_name(one) for one in compared.tiers]))),
        (text("What is one facility"), basis),
        (text("Pairs"), text("each facility is paired once, the most alike first, then the nearest")),
        (text("Closed"), text("a facility that the map says is closed and the list does not have is left "
                              "out")),
    )  # fmt: skip
    return Briefing(
        kind="lists",
        public=cover.public,
        city="",
        title=cover.title or text("Facility list beside OpenStreetMap"),
        subtitle=text("Names and places of either side; residents are not counted."),
        badges=(),
        headline=headline,
        key_figures=tuple(_key_figures(compared)),
        tally=Said(basis),
        conclusion=(headline, Said(basis)),
        caveats=(
            text("OpenStreetMap is mapped by volunteers: what is not found there may exist, and what is "
                 "there may be gone. The comparison says where to look; it does not say which side is "
                 "right."),
        ),
        map=CITY_VIEW,
        method=Table(text("Method, data and limits"), (text("Term"), text("What holds here")), method,
                     (22, 78)),
        lists=(_by_kind(compared), *(_names(compared, one) for one in _COLUMNS if compared.counts[one])),
        strip=strip,
        author=cover.author,
        mark=mark,
        day=day_of(created),
        created=created,
        code=code_of(provenance),
    )  # fmt: skip


def _headline(compared: Compared) -> Said:
    only_map = exact("counts.only_map", compared.counts[ONLY_MAP])
    if not compared.listed:
        said = text("The list has no facility; {n} of these kinds {n:stands|stand} on OpenStreetMap.")
        return Said(Text(said.template, {"n": only_map.value}), (only_map,))
    all_of = exact("listed", compared.listed)
    same, elsewhere, closed, only_list = (
        exact(f"counts.{one}", compared.counts[one]) for one in (SAME, ELSEWHERE, CLOSED, ONLY_LIST)
    )
    part = share("counts.same / listed", same.value / all_of.value)
    said = text(
        "Of {all} {n:facility|facilities} in the list, {same} ({share}) {m:stands|stand} in place on "
        "OpenStreetMap; elsewhere: {elsewhere}, closed there: {closed}, not found there: {only_list}. On the "
        "map and not found in the list: {only_map}."
    )
    values = {
        "all": all_of.words, "n": all_of.value, "same": same.words, "m": same.value, "share": part.words,
        "elsewhere": elsewhere.words, "closed": closed.words, "only_list": only_list.words,
        "only_map": only_map.words,
    }  # fmt: skip
    figures = (all_of, same, part, elsewhere, closed, only_list, only_map)
    return Said(Text(said.template, values), figures)


def _key_figures(compared: Compared) -> Iterator[KeyFigure]:
    whole = text("of {n:,} in the list", n=compared.listed)
    for one in (ELSEWHERE, ONLY_LIST, ONLY_MAP):
        figure = exact(f"counts.{one}", compared.counts[one])
        yield KeyFigure(figure, RESULT_TITLES[one], text("on the map") if one == ONLY_MAP else whole)


def _by_kind(compared: Compared) -> Table:
    """A row a kind of facility, a column a result."""
    rows, figures = [], []
    for tier, counts in _counts(compared):
        cells = [
            exact(f"count(compared|tier={tier}|result={result})", count)
            for result, count in zip(RESULTS, counts, strict=True)
        ]
        rows.append((tier_name(tier), *(one.words for one in cells)))
        figures += cells
    head = (text("Kind"), *RESULT_TITLES.values())
    return Table(text("By kind of facility"), head, tuple(rows), (25, *(15 for _ in RESULTS)),
                 tuple(range(1, 6)), figures=tuple(figures))  # fmt: skip


def _counts(compared: Compared) -> list[tuple[str, list[int]]]:
    """Of each kind of facility how many of each result."""
    found = pd.crosstab(compared.table["tier"], compared.table["result"])
    found = found.reindex(columns=list(RESULTS), fill_value=0).sort_index()
    return [(str(tier), counts) for tier, counts in zip(found.index, found.to_numpy().tolist(), strict=True)]


def _names(compared: Compared, result: str) -> Table:
    """Those of one result, the farthest first, else in the list's order."""
    table = compared.table.reset_index(drop=True)
    table = table[table["result"] == result]
    if result == ELSEWHERE:
        table = table.sort_values("metres", ascending=False, kind="stable")
    columns = _COLUMNS[result]
    shown = table.head(_MOST_ROWS)
    cells = [
        {key: _cell(row[key], key, number) for _, key, _ in columns}
        for number, row in zip(shown.index, shown.to_dict("records"), strict=True)
    ]
    rows = tuple(
        tuple(one.words if isinstance(one, Figure) else one for one in row.values()) for row in cells
    )
    figures = tuple(one for row in cells for one in row.values() if isinstance(one, Figure))
    notes: tuple[Sayable, ...] = ()
    if len(table) > _MOST_ROWS:
        notes = (text("{shown} of {all} shown; the workbook has all of them.", shown=_MOST_ROWS,
                      all=len(table)),)  # fmt: skip
    right = tuple(i for i, (_, key, _) in enumerate(columns) if key in ("metres", "nearest_m"))
    title = text("{result}: {n:,}", result=RESULT_TITLES[result], n=len(table))
    widths = tuple(width for _, _, width in columns)
    return Table(title, tuple(one for one, _, _ in columns), rows, widths, right, notes, figures)


def _cell(value: Any, key: str, number: int) -> Sayable | Figure:
    if key == "tier":
        return tier_name(str(value))
    if key in ("metres", "nearest_m"):
        return _DASH if value != value else exact(f"compared[{number}].{key}", float(value))
    return str(value) or _DASH


def _sources(provenance: Mapping[str, Any]) -> Iterator[Sayable]:
    run = provenance.get("run") or {}
    for one in run.get("lists") or ():
        yield remarked(str(one["file"]), text("Facility list"))
    yield remarked(str((run.get("osm") or {}).get("file", "")), "OpenStreetMap")
    yield from provenance.get("credits", ())


def compared_workbook(
    compared: Compared, provenance: Mapping[str, Any], *, language: str, cover: Cover | None = None
) -> bytes:
    """Every facility of either side with what was found, and the counts by kind."""
    buffer, tr = io.BytesIO(), translator(language)
    told = compared_briefing(compared, provenance, cover or Cover())
    about: list[tuple[str, dict[str, object]]] = [
        (f"{tr(told.title)} · {{sheet}} · {told.day}", {"bold": True, "font_size": 12})
    ]
    about += [(tr(one), {"font_color": "#b00020"}) for one in told.caveats]
    about.append((tr(MEASURES), {"font_color": "#555555"}))
    foot = " · ".join(part for part in (tr(told.title), told.day, tr(told.mark)) if part)
    with workbook(buffer) as xlsx:
        xlsx.set_properties({"created": moment_of(told.created), "author": told.author})
        book = Book(xlsx, about, footer=foot)
        sheet = book.sheet(tr(text("Summary")), (28, *(18 for _ in RESULTS)))
        sheet.note(tr(told.headline.words))
        rows: list[list[object]] = [[tr(tier_name(tier)), *counts] for tier, counts in _counts(compared)]
        head = [tr(one) for one in told.lists[0].head]
        sheet.table(head, rows, ["text", *("count" for _ in RESULTS)])
        _all_rows(book, compared, tr)
        basis = book.sheet(tr(text("Basis")), (30, 80))
        for term, value in (*told.method.rows, *told.strip):
            basis.line([tr(term), tr(value)])
    return buffer.getvalue()


# Title, column of compared.csv and kind of every column of the workbook's list.
_SHEET: Final = (
    (text("Result"), "result", "text"), (text("Kind"), "tier", "text"), (text("In the list"), "name", "text"),
    (text("On the map"), "map_name", "text"), (text("Metres apart"), "metres", "metres"),
    (text("Names alike"), "similarity", "share"), (text("Nearest on the map"), "nearest_name", "text"),
    (text("Metres to it"), "nearest_m", "metres"), (text("Longitude in the list"), "lon", "degrees"),
    (text("Latitude in the list"), "lat", "degrees"), (text("Longitude on the map"), "map_lon", "degrees"),
    (text("Latitude on the map"), "map_lat", "degrees"),
)  # fmt: skip


def _all_rows(book: Book, compared: Compared, tr: Translator) -> None:
    said = {one: tr(title) for one, title in RESULT_TITLES.items()}
    table = compared.table.assign(
        result=compared.table["result"].map(said),
        tier=[tr(tier_name(str(tier))) for tier in compared.table["tier"]],
    )
    sheet = book.sheet(tr(text("Facilities")), (20, 16, 34, 34, 12, 12, 34, 12, 14, 14, 14, 14))
    rows = table[[key for _, key, _ in _SHEET]].to_numpy(object).tolist()
    sheet.table([tr(title) for title, _, _ in _SHEET], rows, [kind for _, _, kind in _SHEET])
