"""A city of which only the residential land is known: verdicts by land, the map, and files to take away."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st

from core.progress import Progress
from core.text import text
from data.guard import in_worker
from jobs.cache.results import Shelf, packed
from jobs.study.cases import StudyFiles
from ui.shell.choices import choices, words
from ui.shell.compute import cache_folder
from ui.shell.session import session_folder
from ui.shell.work import result_of
from ui.widgets.goto import skip_map
from ui.widgets.uploads import EXCEL, file_button

_HEIGHT: Final = 460


def show_land(files: StudyFiles) -> None:
    """What the assessment by land says; made at once, since there is nobody to count."""
    tr, language = words(), choices().language
    asked = replace(files, standard=choices().standard)
    shelf = Shelf(session_folder() / "assessments")
    made = partial(_made, asked, shelf, cache_folder(), language)
    folder = result_of("land", (asked, language), made)
    st.markdown((folder / f"briefing-{language}.md").read_text("utf-8"))
    page = (folder / "map.html").read_text("utf-8")
    skip_map(lambda: st.iframe(page, height=_HEIGHT, alt=tr(text("Map of {city}", city=files.name))))
    st.subheader(tr(text("Export")), anchor=False)
    left, middle, right = st.columns(3)
    file_button(
        left, text("Map (HTML, works offline)"), lambda: page, name="map-internal.html", mime="text/html"
    )
    file_button(
        middle, text("Report (Excel)"), (folder / "report.xlsx").read_bytes, name="report.xlsx", mime=EXCEL
    )
    file_button(
        right, text("Result folder (ZIP)"), partial(packed, folder, {}), name="results-internal.zip",
        mime="application/zip",
    )  # fmt: skip


def _made(files: StudyFiles, shelf: Shelf, cache: Path, language: str, report: Progress) -> Path:
    """In a thread of its own: nothing of the session may be asked here."""
    from jobs.cache.land import land_folder

    return in_worker(land_folder, (files, shelf, cache), {"language": language}, progress=report)
