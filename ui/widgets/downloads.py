"""What may be taken away: the map, the workbook, the whole result folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import streamlit as st

from core.text import Text, text
from jobs.cache.results import archive, map_page, report
from ui.shell.choices import choices, words
from ui.shell.compute import View
from ui.widgets.pick import pick

_PROFILES: Final = {
    "internal": text("internal (watermark)"),
    "public": text("public (no borders, place for the review number)"),
}
EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def downloads(view: View) -> None:
    """Three files in the language of the page; made when asked for."""
    tr, language = words(), choices().language
    st.subheader(tr(text("Export")), anchor=False)
    profile = pick(
        st.radio, text("Map for"), list(_PROFILES), key="profile", said=lambda option: tr(_PROFILES[option])
    )
    page, packed = partial(map_page, profile=profile), partial(archive, profile=profile)
    boxes = st.columns(3)
    # Internal and public files have names of their own.
    made: tuple[tuple[Text, str, str, Callable[..., str | bytes]], ...] = (
        (text("Map (HTML, works offline)"), f"map-{profile}.html", "text/html", page),
        (text("Report (Excel)"), "report.xlsx", EXCEL, report),
        (text("Result folder (ZIP)"), f"results-{profile}.zip", "application/zip", packed),
    )
    for box, (label, name, mime, make) in zip(boxes, made, strict=True):
        file_button(box, label, partial(make, view.folder, language=language), name=name, mime=mime)


def file_button(box: Any, label: Text, make: Callable[[], str | bytes], *, name: str, mime: str) -> None:
    """A button as wide as its box that hands out a file, made when asked for; the page does not run anew."""
    box.download_button(words()(label), make, file_name=name, mime=mime, on_click="ignore", width="stretch")
