"""Parts that the pages on units, reach and scenarios share: the answer first, tables, a section switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from geo.text import Sayable, Text
from ui.choices import words
from ui.numbers import exact, share
from ui.safe import in_html
from ui.tables import small_table

_STYLE: Final = Path(__file__).parent / "assets" / "measuring.css"
NOTHING: Final = "–"


def style() -> None:
    """The look of these pages."""
    st.html(_STYLE)


def answer(*said: Sayable) -> None:
    """The answer to the page's question in a sentence or two, before anything else."""
    say = words()
    st.html(f'<div class="answer">{"".join(f"<p>{in_html(say(one))}</p>" for one in said)}</div>')


def sentences(said: Sequence[Sayable]) -> None:
    """Plain statements, one a line."""
    say = words()
    st.html(f'<ul class="said">{"".join(f"<li>{in_html(say(one))}</li>" for one in said)}</ul>')


def table(title: Sayable, head: Sequence[Text], rows: Sequence[Sequence[object]], *, css: str = "") -> None:
    """A table in a box that scrolls both ways, also by keyboard; `title` is what it is called aloud."""
    say = words()
    inside = small_table([say(word) for word in head], rows)
    label = in_html(say(title))
    st.html(f'<div class="scroll wide {css}" tabindex="0" role="region" aria-label="{label}">{inside}</div>')


def choose_section(label: Text, titles: Mapping[str, Text], *, key: str) -> str:
    """One of the page's sections; the first at first."""
    say = words()
    if st.session_state.get(key) not in titles:
        st.session_state[key] = next(iter(titles))
    chosen = st.segmented_control(
        say(label),
        list(titles),
        format_func=lambda option: say(titles[option]),
        required=True,
        label_visibility="collapsed",
        key=key,
    )
    return str(chosen)


def share_or_dash(part: float | None) -> str:
    """A share as a percentage; a dash where there is nothing to divide by."""
    return NOTHING if part is None or part != part else share(part)


def number(value: float | None, decimals: int = 0) -> str:
    """A number as written for people; a dash for none, ∞ where nothing is reached."""
    if value is None or value != value:
        return NOTHING
    if value in (float("inf"), float("-inf")):
        return "∞"
    return exact(value) if decimals == 0 else f"{value:,.{decimals}f}"
