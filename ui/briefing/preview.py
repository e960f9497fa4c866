"""What the forms will say: headline, figures, conclusion, and the strip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.text import labelled, remarked
from locales import translator
from ui.shell.safe import in_html

if TYPE_CHECKING:
    from jobs.assess.export import ExportRequest
    from reports.briefing import Briefing


def preview(request: ExportRequest) -> None:
    """Everything of the first page, in the language of the forms."""
    tr = translator(request.language)
    told = _told(request)
    parts = [f"<h2>{in_html(tr(told.title))}</h2>"]
    parts += [f'<p class="mark synthetic">{in_html(tr(one))}</p>' for one in told.badges]
    parts.append(f"<p><b>{in_html(tr(told.headline.words))}</b></p>")
    parts.append("<ul>")
    for one in told.key_figures:
        about = remarked(one.title, one.whole)
        parts.append(f"<li><b>{in_html(tr(one.figure.words))}</b> {in_html(tr(about))}</li>")
    parts.append("</ul>")
    joined = ("" if tr.language == "zh" else " ").join(tr(one.words) for one in told.conclusion)
    parts.append(f"<p>{in_html(joined)}</p>")
    parts += [f"<p>{in_html(tr(one))}</p>" for one in told.caveats]
    strip = " · ".join(tr(labelled(term, value)) for term, value in told.strip)
    parts.append(f"<small>{in_html(strip)}</small>")
    st.html(f'<section class="briefing-preview" lang="{tr.language}">{"".join(parts)}</section>')


@st.cache_data(show_spinner=False, max_entries=20)
def _told(request: ExportRequest) -> Briefing:
    from jobs.assess.export import told_by

    return told_by(request)
