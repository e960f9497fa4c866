"""What a check found, for the reader: counts, findings, accepted rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st

from core.text import remarked, text
from ui.check.checking import Checked, Lists
from ui.shell.choices import words
from ui.shell.safe import in_html, in_markdown
from ui.widgets.pick import pick, pick_several
from ui.widgets.small_map import list_map
from ui.widgets.tables import scrolling

if TYPE_CHECKING:
    pass

MOST_FINDINGS: Final = 300
LEVELS: Final = ("error", "warning", "info")
_ALL: Final = -1
_COLUMNS: Final = {
    "name": text("Name"),
    "tier": text("Tier"),
    "lon": text("Longitude"),
    "lat": text("Latitude"),
    "located_by": text("Located by"),
    "district": text("District"),
    "street": text("Street or town"),
    "community": text("Community or village"),
    "address": text("Address"),
    "places": text("Places"),
    "capacity": text("Can serve"),
    "services": text("Services"),
    "status": text("Status"),
    "opened": text("Opened"),
    "facility_id": text("Number"),
    "source_file": text("File"),
    "source_sheet": text("Sheet"),
    "source_row": text("Row"),
}
_LOCATED_BY: Final = {
    "list": text("the list"),
    "hand": text("hand"),
    "address": text("address"),
    "proposal": text("the check's proposal"),
}


def counts(done: Checked) -> None:
    """Rows, and what became of them."""
    report = done.document
    lost = sum(place.lon is None for place in done.to_locate)
    cards = (
        (text("Rows"), report["rows"], ""),
        (text("Accepted"), report["accepted"], "good"),
        (text("Sent back"), report["refused"], "bad" if report["refused"] else ""),
        (text("Set aside (totals, notes, no place)"), report["set_aside"], ""),
        (text("Of these to be located"), lost, "bad" if lost else ""),
    )
    shown = "".join(
        f'<section class="card"><h2>{in_html(words()(title))}</h2>'
        f'<p class="value {kind}">{count:,}</p></section>'
        for title, count, kind in cards
    )
    st.html(f'<div class="cards">{shown}</div>')


def findings(done: Checked) -> None:
    """The findings by level and sheet, as a table to work through."""
    tr, found = words(), done.document["findings"]
    if not found:
        st.success(tr(text("Nothing to fix.")))
        return
    left, right = st.columns([0.62, 0.38], vertical_alignment="bottom")
    with left:
        levels = _ask_for_levels(found)
    with right:
        place = _ask_for_sheet(done.lists, found)
    rows = [row for row in found if row["level"] in levels and place in (None, _place(row))]
    head = (
        text("Severity"),
        text("File"),
        text("Sheet"),
        text("Row"),
        text("Column"),
        text("What is wrong and how to fix it"),
    )
    if not rows:
        st.caption(tr(text("Nothing of this kind.")))
        return
    shown = [_row(row, done.lists) for row in rows[:MOST_FINDINGS]]
    st.html(scrolling(tr(text("Findings")), [tr(word) for word in head], shown))
    if len(rows) > MOST_FINDINGS:
        st.caption(tr(text("… and {count} more in the workbook.", count=len(rows) - MOST_FINDINGS)))


def accepted(done: Checked) -> None:
    """The accepted rows, in WGS-84."""
    tr, rows = words(), done.accepted
    if rows.empty:
        st.caption(tr(text("No row was accepted yet.")))
        return
    located = {by: tr(words_of) for by, words_of in _LOCATED_BY.items()}
    rows = rows.assign(
        source_file=rows["source_file"].map(done.lists.called),
        located_by=rows["located_by"].replace(located) if (rows["located_by"] != "list").any() else "",
    )
    given = rows.notna() & (rows.astype(str) != "")
    columns = [name for name in _COLUMNS if name in rows and given[name].any()]
    table = rows[columns].rename(columns={name: tr(_COLUMNS[name]) for name in columns})
    st.dataframe(table, hide_index=True, height=360)


def _ask_for_levels(found: list[dict[str, Any]]) -> list[str]:
    from data.intake.findings import LEVEL_TITLES

    tr = words()
    numbers = {level: sum(row["level"] == level for row in found) for level in LEVELS}
    present = [level for level in LEVELS if numbers[level]]
    return pick_several(
        st.pills, text("Show"), present, key="finding-levels",
        said=lambda level: tr(remarked(LEVEL_TITLES[level], numbers[level])),
        first=[level for level in present if level != "info"] or present,
    )  # fmt: skip


def _ask_for_sheet(lists: Lists, found: list[dict[str, Any]]) -> tuple[str, str] | None:
    """One file and sheet, or None for all; not asked where there is only one."""
    places = list(dict.fromkeys(_place(row) for row in found))
    if len(places) < 2:
        return None
    tr = words()
    titles = {_ALL: tr(text("all sheets"))} | {
        number: " · ".join(part for part in (lists.called(file), sheet) if part)
        for number, (file, sheet) in enumerate(places)
    }
    chosen = pick(st.selectbox, text("Sheet"), list(titles), key="finding-sheet", said=titles.__getitem__)
    return None if chosen == _ALL else places[chosen]


def _place(finding: Mapping[str, Any]) -> tuple[str, str]:
    return str(finding["file"]), str(finding["sheet"])


def _row(finding: dict[str, Any], lists: Lists) -> list[object]:
    from data.intake.findings import LEVEL_TITLES

    level = LEVEL_TITLES[finding["level"]]
    place = (lists.called(finding["file"]), finding["sheet"], finding["row"] or "", finding["column"])
    return [words()(level), *place, lists.in_own_words(finding["message"])]


if TYPE_CHECKING:
    from jobs.lists.places import Conflict

_MOST: Final = 200
_HEIGHT_PX: Final = 400


def conflicts_step(done: Checked) -> None:
    """The farthest first; the one chosen is drawn with its unit and the way to it."""
    tr, found = words(), done.conflicts
    st.caption(
        tr(
            text(
                "The list names one unit, the coordinates lie in another. Either may be wrong: mend the "
                "list, or leave it if the border is out of date."
            )
        )
    )
    left, right = st.columns([0.5, 0.5], gap="medium")
    with right:
        _map(_choose(found))
    with left:
        head = (text("Name"), text("Declared"), text("Away"), text("Sheet"), text("Row"))
        rows = [
            (
                c.name,
                c.said,
                tr(text("{metres:,.0f} m", metres=c.away_m)),
                c.sheet or done.lists.called(c.file),
                c.row,
            )
            for c in found[:_MOST]
        ]
        st.html(scrolling(tr(text("Outside their unit")), [tr(title) for title in head], rows))


def _choose(found: tuple[Conflict, ...]) -> Conflict:
    number = pick(
        st.selectbox, text("Shown on the map"), range(len(found[:_MOST])), key="conflict",
        said=lambda k: f"{found[k].name} → {found[k].said}",
    )  # fmt: skip
    return found[int(number or 0)]


def _map(conflict: Conflict) -> None:
    from maps.still.sketch import Dots, Frame, Sketch, widened

    here = (conflict.lon, conflict.lat)
    west, south, east, north = conflict.outline.bounds
    box = (min(west, here[0]), min(south, here[1]), max(east, here[0]), max(north, here[1]))
    dots = Dots(np.array([here[0]]), np.array([here[1]]), "outside", [conflict.name])
    sketch = Sketch(widened(box, 200.0), (dots,), units=(conflict.outline,), ways=((here, conflict.nearest),))
    title = text(
        "{name} lies {metres:,.0f} m outside {unit}",
        name=conflict.name,
        metres=conflict.away_m,
        unit=conflict.said,
    )
    list_map(sketch, Frame(title, _HEIGHT_PX, wheel=False), key="conflict-map")
    st.caption(in_markdown(words()(title)))
