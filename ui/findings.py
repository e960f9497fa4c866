"""What a check found, for the reader: counts, coordinate system, findings, accepted rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.text import Text, text
from ui.checking import Checked, Lists
from ui.choices import words
from ui.safe import in_html, in_markdown
from ui.tables import small_table

if TYPE_CHECKING:
    import pandas as pd

MOST_FINDINGS: Final = 300
LEVELS: Final = {"error": text("to mend"), "warning": text("to look at"), "info": text("for information")}
SYSTEMS: Final = {
    "wgs84": text("WGS-84 / CGCS2000"),
    "gcj02": text("GCJ-02 (Amap, Tencent)"),
    "bd09": text("BD-09 (Baidu)"),
    "mixed": text("several systems"),
    "unknown": text("not known"),
}
_COLUMNS: Final = {
    "name": text("Name"),
    "tier": text("Tier"),
    "lon": text("Longitude"),
    "lat": text("Latitude"),
    "district": text("District"),
    "street": text("Street or town"),
    "community": text("Community or village"),
    "address": text("Address"),
    "places": text("Places"),
    "facility_id": text("Number"),
    "source_file": text("File"),
    "source_row": text("Row"),
}


def counts(done: Checked) -> None:
    """Rows, and what became of them."""
    report = done.report
    cards = (
        (text("Rows"), report["rows"], ""),
        (text("Accepted"), report["accepted"], "good"),
        (text("Sent back"), report["refused"], "bad" if report["refused"] else ""),
        (text("Set aside (totals, notes, no place)"), report["set_aside"], ""),
    )
    shown = "".join(
        f'<section class="card"><h2>{in_html(words()(title))}</h2>'
        f'<p class="value {kind}">{count:,}</p></section>'
        for title, count, kind in cards
    )
    st.html(f'<div class="cards">{shown}</div>')


def coordinate_system(done: Checked) -> None:
    """What the coordinates were taken for, on what evidence; a warning where that is open."""
    say, datum = words(), done.report["datum"]
    system = say(SYSTEMS.get(datum["system"], datum["system"].upper()))
    reasons = " ".join(say(piece.message) for piece in done.evidence)
    if datum["decided"]:
        sentence = text("Coordinate system: {system}. {reasons}", system=system, reasons=reasons)
        st.success(in_markdown(say(sentence)))
    else:
        sentence = text(
            "The list does not show for sure which coordinate system it is in. It was read as WGS-84; if it "
            "comes from Amap, Tencent or Baidu, points lie 500 to 1,200 m off. Please choose the system "
            "above. {reasons}",
            reasons=reasons,
        )
        st.warning(in_markdown(say(sentence)))


def findings(done: Checked, lists: Lists) -> None:
    """The findings by level, as a table to work through."""
    say, found = words(), done.report["findings"]
    if not found:
        st.success(say(text("Nothing to mend.")))
        return
    numbers = {level: sum(row["level"] == level for row in found) for level in LEVELS}
    present = [level for level in LEVELS if numbers[level]]
    shown = st.pills(
        say(text("Show")),
        present,
        selection_mode="multi",
        default=[level for level in present if level != "info"] or present,
        format_func=lambda level: f"{say(LEVELS[level])} ({numbers[level]})",
        key="finding-levels",
    )
    rows = [_row(row, lists) for row in found if row["level"] in shown]
    head = (
        text("Severity"),
        text("File"),
        text("Sheet"),
        text("Row"),
        text("Column"),
        text("What and how to mend"),
    )
    title = in_html(say(text("Findings")))
    table = small_table([say(word) for word in head], rows[:MOST_FINDINGS])
    st.html(f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">{table}</div>')
    if len(rows) > MOST_FINDINGS:
        st.caption(say(text("… and {count} more in the workbook.", count=len(rows) - MOST_FINDINGS)))


def accepted(done: Checked) -> None:
    """The accepted rows, in WGS-84."""
    say = words()
    columns = [name for name in _COLUMNS if name in done.accepted and _filled(done.accepted[name])]
    table = done.accepted[columns].rename(columns={name: say(_COLUMNS[name]) for name in columns})
    st.dataframe(table, hide_index=True, height=360)


def _filled(column: pd.Series[Any]) -> bool:
    return bool((column.notna() & (column.astype(str) != "")).any())


def _row(finding: dict[str, Any], lists: Lists) -> list[object]:
    level: Text = LEVELS[finding["level"]]
    place = (lists.called(finding["file"]), finding["sheet"], finding["row"] or "", finding["column"])
    return [words()(level), *place, finding["message"]]
