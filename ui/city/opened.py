"""A result that was made on the command line, opened to be looked at: verdicts, map, notes, exports."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from core.progress import Progress
from core.text import text
from data.guard import in_worker
from jobs.cache.results import Shelf
from ui.overview.table_and_map import table_and_map
from ui.shell.choices import choices, words
from ui.shell.compute import view_of
from ui.shell.safe import in_html
from ui.shell.session import session_folder
from ui.shell.work import result_of
from ui.widgets.sections import notes
from ui.widgets.uploads import downloads, file_from


def open_result() -> None:
    """A box for a packed result folder and, once there is one, what it says; the city in use stays."""
    tr = words()
    st.caption(
        tr(
            text(
                "Pack the folder that “assess”, “suggest” or “scenario” has written (or take the ZIP that a "
                "page exports) and put it in here: it is shown as it was made, and nothing is computed anew."
            )
        )
    )
    packed = file_from(st, tr(text("Result folder as ZIP")), ("zip",), key="city-result")
    if packed is None:
        return
    shelf, language = Shelf(session_folder() / "assessments"), choices().language
    view = view_of(result_of("opened", (packed, language), partial(_opened, packed, shelf, language)))
    st.html(
        f'<header class="heading"><h2>{in_html(view.document["area"]["name"])}</h2>'
        f"<p>{in_html(tr(view.standard.title))}</p></header>"
    )
    table_and_map(view)
    notes(view)
    downloads(view)


def _opened(packed: Path, shelf: Shelf, language: str, report: Progress) -> Path:
    """In a thread of its own: nothing of the session may be asked here."""
    from jobs.cache.opened import open_packed

    return in_worker(open_packed, (packed, shelf), {"language": language}, progress=report)
