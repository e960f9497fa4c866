"""Every list that the office sent: its steps, its remarks, and the workbook that goes back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import streamlit as st

from core.text import text
from data.store.records import DRAFT
from jobs.collect.words import STATES, shown, who
from jobs.collect.workbooks import returned_workbooks
from jobs.desk.desk import SentList
from ui.office.now import remarks_of
from ui.office.own import Own
from ui.shell.choices import choices, words
from ui.shell.safe import in_markdown
from ui.widgets.pick import pick
from ui.widgets.sections import answer, number, table
from ui.widgets.uploads import EXCEL, file_button

_STEPS: Final = (text("When"), text("Done by"), text("Step"), text("Version"), text("Remark"))


def history(own: Own) -> None:
    """One of the lists, the newest first."""
    tr, lists = words(), {one.now.id: one for one in own.desk.lists}
    if not lists:
        answer(text("You have not sent a list yet."))
        return

    def said(key: str) -> str:
        now = lists[key].now
        return " · ".join(part for part in (key, now.round, tr(STATES[now.state]), shown(now.at)) if part)

    one = lists[pick(st.selectbox, text("List"), list(lists), key=f"desk-sent-{own.key}", said=said)]
    now = one.now
    answer(
        text(
            "{rows} {rows:row|rows}: {accepted} {accepted:counts|count}, {refused} {refused:was|were} "
            "refused and {set_aside} set aside.",
            rows=now.rows,
            accepted=now.accepted,
            refused=now.refused,
            set_aside=now.set_aside,
        )
    )
    rows = [
        [shown(step.at), tr(who(step.by)), tr(STATES[step.state]), number(step.version), step.remark]
        for step in one.steps
    ]
    table(text("What became of it"), _STEPS, rows)
    remarks_of(one)
    if now.state != DRAFT:
        _workbooks(own, one)


def _workbooks(own: Own, one: SentList) -> None:
    """The lists in the office's own layout, with all that was said of them; made when they are asked for."""
    tr, made = words(), f"desk-books-{one.now.id}-{one.now.step}"
    if st.button(tr(text("Make the workbook with all findings and remarks"))):
        with st.spinner(tr(text("One moment …"))), TemporaryDirectory() as folder:
            paths = returned_workbooks(
                own.store, one.now.id, Path(folder), by=own.by, language=choices().language
            )
            st.session_state[made] = tuple((path.name, path.read_bytes()) for path in paths)
    for name, content in st.session_state.get(made, ()):
        label = text("Download {file}", file=in_markdown(name))
        file_button(st, label, partial(bytes, content), name=name, mime=EXCEL)
