"""An editor for single rows of the list: what is changed is written into the file that the office brought."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.text import text
from ui.check.checking import Checked
from ui.shell.choices import words
from ui.shell.safe import in_markdown
from ui.shell.session import keep_bytes
from ui.widgets.pick import pick
from ui.widgets.uploads import KeptFile

_MENDED: Final = "desk-mended"
# Rows (file, sheet, row) that were changed since the list came: what was remarked on them is answered.
_ANSWERED: Final = "desk-answered"
_MOST_ROWS: Final = 500
_HEIGHT_PX: Final = 320
_ROW_PX: Final = 35


def with_mended(files: Sequence[KeptFile]) -> tuple[KeptFile, ...]:
    """The files as they stand after what was mended in them."""
    newest: dict[Path, Path] = st.session_state.get(_MENDED, {})
    return tuple(replace(file, path=newest.get(file.path, file.path)) for file in files)


def forget_mended(files: Sequence[KeptFile]) -> None:
    """The list is sent with what was mended in it: the same files brought again are read as they are."""
    newest: dict[Path, Path] = st.session_state.get(_MENDED, {})
    brought = {file.path for file in files}
    st.session_state[_MENDED] = {first: last for first, last in newest.items() if first not in brought}
    st.session_state[_ANSWERED] = set()


def mend_rows(done: Checked, remarked: Collection[tuple[str, str, int]]) -> None:
    """The rows of which something was found or remarked (or all) as they stand in the file, to be changed,
    added and taken out; the list is checked anew with what was changed."""
    from jobs.desk.check import rows_to_mend
    from jobs.desk.mend import mendable

    tr, answered = words(), st.session_state.get(_ANSWERED, set())
    found = rows_to_mend(done.report) | (set(remarked) - answered)
    tables = mendable(done.report.intake, done.lists.paths)
    wrong = {(one.file, one.sheet, row) for one in tables for row in one.rows} & found
    label = text("Mend single rows here ({count} to mend)", count=len(wrong))
    with st.expander(tr(label), expanded=bool(wrong)):
        if not tables:
            st.caption(tr(text("Mend the rows of this file in its own program, or save it as .xlsx first.")))
            return
        titles = [
            " · ".join(part for part in (done.lists.called(one.file), one.sheet) if part) for one in tables
        ]
        at = 0
        if len(tables) > 1:
            at = pick(
                st.selectbox, text("Table"), range(len(tables)), key="desk-table",
                said=lambda number: titles[number],
            )  # fmt: skip
        table = tables[at]
        of_table = [row for row in table.rows if (table.file, table.sheet, row) in wrong]
        show_all = st.toggle(tr(text("Show all rows")), key="desk-all-rows", value=not of_table)
        rows = list(table.rows) if show_all else of_table
        if len(rows) > _MOST_ROWS:
            st.caption(tr(text("The first {count} rows are shown.", count=_MOST_ROWS)))
        _edit(done, table, rows[:_MOST_ROWS])


def _edit(done: Checked, table: Any, rows: Sequence[int]) -> None:
    import pandas as pd

    tr = words()
    number = tr(text("Row"))
    titles = [title if title != number else f"{title} " for title in table.titles]
    frame = pd.DataFrame([[str(row), *table.rows[row]] for row in rows], columns=[number, *titles], dtype=str)
    key = f"desk-rows-{done.lists.paths}-{table.file}-{table.sheet}-{hash(tuple(rows))}"
    height_px = min(_HEIGHT_PX, _ROW_PX * (len(rows) + 2) + 3)
    st.data_editor(frame, key=key, hide_index=True, height=height_px, num_rows="dynamic", disabled=[number])
    said = st.session_state.get(key, {})
    edited, added, removed = (said.get(f"{name}_rows") or () for name in ("edited", "added", "deleted"))
    count = len(edited) + len(added) + len(removed)
    st.caption(
        in_markdown(tr(text("{count} {count:row is|rows are} changed and not taken over yet.", count=count)))
    )
    if st.button(tr(text("Take the changes over and check again")), disabled=not count):
        _take_over(done, table, rows, dict(zip(titles, table.titles, strict=True)), said)
        st.rerun()


def _take_over(
    done: Checked, table: Any, rows: Sequence[int], called: dict[str, str], said: dict[str, Any]
) -> None:
    """Write the changes into the file, which takes the place of the one that was checked."""
    from jobs.desk.mend import changes, mended

    def words_of(row: dict[str, Any]) -> dict[str, str]:
        return {called[name]: str(value or "") for name, value in row.items() if name in called}

    edited = {rows[int(at)]: words_of(row) for at, row in (said.get("edited_rows") or {}).items()}
    cells = changes(
        table,
        edited,
        [words_of(row) for row in said.get("added_rows") or ()],
        [rows[int(at)] for at in said.get("deleted_rows") or ()],
    )
    at = next(number for number, path in enumerate(done.lists.paths) if path.name == table.file)
    path = done.lists.paths[at]
    new = keep_bytes(mended(path, path.read_bytes(), cells), path.name)
    answered = {(table.file, table.sheet, row) for row in edited}
    st.session_state[_ANSWERED] = st.session_state.get(_ANSWERED, set()) | answered
    newest: dict[Path, Path] = st.session_state.get(_MENDED, {})
    chain = {first: new for first, last in newest.items() if last == path}
    st.session_state[_MENDED] = {**newest, **(chain or {path: new})}
