"""What is shown, by which standard, and that it is synthetic when it is."""

from __future__ import annotations

import streamlit as st

from core.text import Text, text, text_from_json
from ui.shell.choices import choices, words
from ui.shell.compute import View, current_view, demo_city
from ui.shell.safe import in_html

SYNTHETIC = text("Synthetic data: a fictional city")


def heading(view: View) -> None:
    """The city's name, the standard, the label, and whose lists it is judged by."""
    tr, lists = words(), choices().lists
    marks = synthetic_mark() if view.document["area"]["synthetic"] else ""
    if lists is not None:
        named = tr(text("With your list: {names}", names="、".join(lists.names)))
        marks += f'<span class="mark own">{in_html(named)}</span>'
    st.html(
        f'<header class="heading"><h1>{in_html(view.document["area"]["name"])}</h1>'
        f"<p>{in_html(tr(view.standard.title))}</p>{marks}</header>"
    )


def page_heading(title: Text, about: Text) -> None:
    """The heading of the other pages; the city they compare with is named and labelled there too."""
    tr, chosen = words(), choices()
    city = chosen.city or demo_city()
    # Whether the demo city is synthetic need not be computed.
    synthetic = chosen.city is None or current_view().document["area"]["synthetic"]
    template = text("Compared with {city} (synthetic data)") if synthetic else text("Compared with {city}")
    named = in_html(tr(Text(template.template, {"city": city.name})))
    marks = f'<span class="mark {"synthetic" if synthetic else "own"}">{named}</span>'
    st.html(
        f'<header class="heading"><h1>{in_html(tr(title))}</h1>{marks}</header>'
        f'<p class="about">{in_html(tr(about))}</p>'
    )


def notes(view: View) -> None:
    """What the reader must know beside the figures: a line each, scrolling where they are many."""
    tr = words()
    said = [f"<li>{in_html(tr(text_from_json(note)))}</li>" for note in view.document["notes"]]
    if said:
        title = in_html(tr(text("What to know beside the figures")))
        box = f'<div class="notes" tabindex="0" role="region" aria-label="{title}">'
        st.html(f"{box}<ul>{''.join(said)}</ul></div>")


def synthetic_mark() -> str:
    """The label of synthetic data, as HTML."""
    return f'<span class="mark synthetic">{in_html(words()(SYNTHETIC))}</span>'
