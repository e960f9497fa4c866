"""Everything that people decided about a list, and the original it was decided on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from core.text import listed, text
from ui.check.checking import Checked
from ui.check.duplicates import ACTIONS
from ui.shell.choices import words
from ui.widgets.tables import small_table, system_title
from ui.widgets.uploads import file_button

_HEAD: Final = (text("About"), text("What was decided"), text("By"))


def record_step(done: Checked) -> None:
    """The decisions as a table and a file; nothing else was changed. The originals by their SHA-256."""
    tr, rows = words(), decisions_of(done)
    if rows:
        head = [tr(title) for title in _HEAD]
        st.html(small_table(head, rows))
        box, _ = st.columns([0.3, 0.7])
        make = _written(done, head, rows).read_bytes
        file_button(box, text("Decisions (CSV)"), make, name="decisions.csv", mime="text/csv")
    else:
        st.caption(tr(text("Nothing was decided by hand yet.")))
    st.caption(tr(text("The originals are kept unchanged, under their SHA-256:")))
    kept = [(done.lists.called(file.name), file.sha256) for file in done.report.intake.files]
    st.html(small_table([tr(text("File")), "SHA-256"], kept))


def decisions_of(done: Checked) -> list[tuple[str, str, str]]:
    """(about what, what was decided, by whom) for the coordinate system, columns, places and groups."""
    from data.intake.review import FIELD_TITLES

    tr, datum, mapping = words(), done.document["datum"], done.report.decisions.columns
    you, found = tr(text("you")), list[tuple[str, str, str]]()
    if datum["decided"]:
        by = tr(text("the tool")) if done.lists.datum == "auto" else you
        found.append((tr(text("Coordinate system")), _read_as(datum["system"]), by))
    for where, system in done.lists.parts:
        part = done.lists.in_own_words(" · ".join(piece for piece in where if piece))
        found.append((part, _read_as(system), you))
    for title in dict.fromkeys(column.title for column in done.columns):
        if mapping.get(title) in FIELD_TITLES:
            about = tr(text("Column “{title}”", title=title))
            found.append((about, tr(FIELD_TITLES[mapping[title]]), you))
    for row in done.to_locate:
        if row.lon is not None:
            placed = tr(text("placed at {lon:.6f}, {lat:.6f}", lon=row.lon, lat=row.lat))
            found.append((row.name, placed, tr(_PLACERS.get(row.by, text("its address")))))
    for group in done.groups:
        if group.decision:
            names = tr(listed(member.name for member in group.members))
            found.append((names, tr(ACTIONS[group.decision]), you))
    return found


_PLACERS: Final = {
    "hand": text("you"),
    "proposal": text("you, as the check proposed"),
}


def _read_as(datum: str) -> str:
    return words()(text("read as {system}", system=system_title(datum)))


def _written(done: Checked, head: list[str], rows: list[tuple[str, str, str]]) -> Path:
    """The table as a file of the check's folder too, safe to open in a spreadsheet."""
    import pandas as pd

    from data.files import write_csv

    path = done.folder / "decided.csv"
    write_csv(path, pd.DataFrame(rows, columns=head))
    return path
