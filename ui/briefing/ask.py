"""What is made, for whom, and what the office writes on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from core.errors import UserError
from core.text import listed, text
from ui.briefing.source import Source
from ui.shell.choices import choices, words
from ui.shell.frame import LANGUAGE_NAMES
from ui.widgets.pick import pick

if TYPE_CHECKING:  # what writes takes seconds to load
    from jobs.assess.export import ExportRequest

FORMS: Final = {
    "pptx": text("Slides (PowerPoint, WPS)"),
    "docx": text("Document (Word, WPS)"),
    "pdf": text("PDF"),
    "png": text("Map sheets A4 and A3 (PNG)"),
    "html": text("Map (HTML, works offline)"),
    "xlsx": text("Report (Excel)"),
    "gpkg": text("GeoPackage (QGIS, ArcGIS)"),
}
_PROFILES: Final = {"internal": text("internal"), "public": text("public: no units, no internal words")}
_NOT_PUBLIC: Final = ("xlsx",)
_LONGEST: Final = 120
_LONGEST_STEPS: Final = 30_000


def asked(source: Source) -> tuple[ExportRequest, tuple[str, ...]]:
    """The request and the kinds chosen; the workbook is left out for the public."""
    from jobs.assess.export import ExportRequest

    tr = words()
    profile = pick(
        st.radio, text("For"), list(_PROFILES), key="briefing-profile", said=lambda one: tr(_PROFILES[one])
    )
    there = [kind for kind in FORMS if profile == "internal" or kind not in _NOT_PUBLIC]
    kinds = [
        kind
        for kind in there
        if st.checkbox(tr(FORMS[kind]), value=kind in ("pptx", "docx", "pdf"), key=f"briefing-{kind}")
    ]
    spoken = pick(
        st.radio, text("Language of the forms"), ["", *LANGUAGE_NAMES], key="briefing-language",
        said=lambda one: LANGUAGE_NAMES.get(one) or tr(text("as this page")),
    )  # fmt: skip
    districts = _districts(source) if profile == "internal" else ()
    title = st.text_input(tr(text("Title")), key="briefing-title", max_chars=_LONGEST,
                          help=tr(text("Left empty: the usual one.")))  # fmt: skip
    author = st.text_input(tr(text("Made by")), key="briefing-author", max_chars=_LONGEST)
    as_of = st.text_input(tr(text("State of the data")), key="briefing-as-of", max_chars=_LONGEST,
                          help=tr(text("The date the data are of, e.g. 2025-12-31.")))  # fmt: skip
    mark = st.text_input(
        tr(text("Security mark or map review number")), key="briefing-mark", max_chars=_LONGEST
    )
    request = ExportRequest(
        source.folder, "all", spoken or choices().language, profile, title=title, author=author, mark=mark,
        as_of=as_of, before=source.before, districts=districts,
    )  # fmt: skip
    if "html" in kinds and profile == "internal":
        request = replace(request, steps=_steps(request))
    return request, tuple(kinds)


def _districts(source: Source) -> tuple[str, ...]:
    """Those that all forms are limited to; not asked where the result has none, or one."""
    tr, there = words(), _there(source.folder)
    if len(there) < 2:
        return ()
    said = text("Left empty: the whole area. Slides, document and maps are then of these alone.")
    chosen = st.multiselect(
        tr(text("Only these districts")), there, key=f"briefing-districts-{source.folder.name}", help=tr(said)
    )
    return tuple(chosen)


@st.cache_data(show_spinner=False, max_entries=20)
def _there(folder: Path) -> tuple[str, ...]:
    from jobs.assess.export import districts_of

    return districts_of(folder)


def _steps(request: ExportRequest) -> str:
    """The steps of the map's presentation as they were edited here; "" for the usual ones."""
    from reports.briefing.steps import steps_from_json

    tr = words()
    with st.expander(tr(text("Presentation of the map: steps"))):
        usual, layers = _usual(replace(request, title="", author="", mark="", as_of=""))
        said = text(
            "Each step has words, layer (one of those below; empty keeps the one there) and box (west, "
            "south, east, north; null shows all). On the map P begins, the arrow keys go on."
        )
        st.caption(tr(said))
        edited = st.text_area(
            tr(text("Steps (JSON)")), usual, height=260, max_chars=_LONGEST_STEPS,
            key=f"briefing-steps-{request.language}",
        )  # fmt: skip
        st.caption(tr(listed(layers)))
        try:
            steps_from_json(edited, layers)
        except UserError as error:
            st.error(tr(error.message))
            return ""
    return "" if edited == usual else edited


@st.cache_data(show_spinner=False, max_entries=20)
def _usual(request: ExportRequest) -> tuple[str, tuple[str, ...]]:
    from jobs.assess.export import usual_steps

    return usual_steps(request)
