"""Parts that the pages on units, reach and scenarios share: the answer first, tables, a section switch.
Headings say what is shown, by which standard, and that it is synthetic when it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.text import Sayable, Text, listed, text, text_from_json
from ui.shell.choices import choices, words
from ui.shell.compute import View, current_view, demo_city
from ui.shell.measured import Reading, current_reading, elderly_switch
from ui.shell.safe import Html, in_html
from ui.widgets.pick import pick
from ui.widgets.tables import exact, share

_STYLE: Final = Path(__file__).parents[1] / "assets" / "measuring.css"
NOTHING: Final = "–"
_SHORT: Final = 22
_NUMBER: Final = re.compile(r"[-+−]?[\d,.]+(万|%)?|–|∞|[\d.]+% – [\d.]+%")
SYNTHETIC = text("Synthetic data: a fictional city")


def style() -> None:
    """The look of these pages."""
    st.html(_STYLE)


def answer(*said: Sayable) -> None:
    """The answer to the page's question in a sentence or two, before anything else."""
    tr = words()
    st.html(f'<div class="answer">{"".join(f"<p>{in_html(tr(one))}</p>" for one in said)}</div>')


def sentences(said: Sequence[Sayable]) -> None:
    """Plain statements, one a line."""
    tr = words()
    st.html(f'<ul class="said">{"".join(f"<li>{in_html(tr(one))}</li>" for one in said)}</ul>')


def heading(title: Text, about: Text, view: View) -> None:
    """The page's question, the city it is asked of, and that it is synthetic where it is."""
    tr, area = words(), view.document["area"]
    mark = synthetic_mark() if area["synthetic"] else ""
    st.html(
        f'<header class="heading"><h1>{in_html(tr(title))}</h1><p>{in_html(area["name"])}</p>{mark}</header>'
        f'<p class="about">{in_html(tr(about))}</p>'
    )


def table(title: Sayable, head: Sequence[Text], rows: Sequence[Sequence[object]], *, css: str = "") -> None:
    """A table in a box that scrolls both ways, also by keyboard; `title` is what it is called aloud."""
    tr = words()
    inside = figures_table([tr(word) for word in head], rows)
    label = in_html(tr(title))
    st.html(f'<div class="scroll wide {css}" tabindex="0" role="region" aria-label="{label}">{inside}</div>')


def figures_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table whose columns of numbers stand to the right, their headings too."""
    written = [[value if isinstance(value, Html) else str(value) for value in row] for row in rows]
    numeric = [all(_is_number(row[c]) for row in written) for c in range(len(head))]
    kinds = [
        "number" if is_number else "words short" if _is_short(written, c) else "words"
        for c, is_number in enumerate(numeric)
    ]
    titles = "".join(
        f'<th scope="col" class="{kind}">{in_html(word)}</th>' for kind, word in zip(kinds, head, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td class="{kind}">{in_html(v)}</td>' for kind, v in zip(kinds, row, strict=True))
        + "</tr>"
        for row in written
    )
    return f'<table class="figures"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'


def _is_short(rows: Sequence[Sequence[str]], column: int) -> bool:
    """A column of few letters stays on one line."""
    return all(isinstance(row[column], Html) or len(row[column]) <= _SHORT for row in rows)


def _is_number(written: str) -> bool:
    return bool(_NUMBER.fullmatch(written))


def explained(title: Text, *said: Text) -> None:
    """How the figures come about, folded."""
    tr = words()
    with st.expander(tr(title)):
        for one in said:
            st.caption(tr(one))


Sections = Mapping[str, tuple[Text, Callable[[Reading], None]]]


def page_of_sections(title: Text, about: Text, sections: Sections, *, key: str) -> None:
    """A page that shows one of its sections, at the usual speed or that of the elderly."""
    style()
    heading(title, about, current_view())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        section = choose_section({name: title for name, (title, _) in sections.items()}, key=key)
        slow = elderly_switch()
    sections[section][1](current_reading(slow=slow))


def choose_section(titles: Mapping[str, Text], *, key: str) -> str:
    """One of the page's sections; the first at first."""
    tr = words()
    return str(
        pick(
            st.segmented_control, text("What to look at"), list(titles), key=key,
            said=lambda option: tr(titles[option]),
        )
    )  # fmt: skip


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


def city_heading(view: View) -> None:
    """The city's name, the standard, the label, and whose lists it is judged by."""
    tr, lists = words(), choices().lists
    marks = synthetic_mark() if view.document["area"]["synthetic"] else ""
    if lists is not None:
        named = tr(text("With your list: {names}", names=listed(lists.names)))
        marks += f'<span class="mark own">{in_html(named)}</span>'
    st.html(
        f'<header class="heading"><h1>{in_html(view.document["area"]["name"])}</h1>'
        f"<p>{in_html(tr(view.standard.title))}</p>{marks}</header>"
    )


def page_heading(title: Text, about: Text, *, compares: bool = True) -> None:
    """The heading of the other pages; the city in use, with which some compare, is named and labelled."""
    tr, chosen = words(), choices()
    city = chosen.city or demo_city()
    # Whether the demo city is synthetic need not be computed.
    synthetic = chosen.city is None or current_view().document["area"]["synthetic"]
    if compares:
        template = (
            text("Compared with {city} (synthetic data)") if synthetic else text("Compared with {city}")
        )
    else:
        template = text("Now in use: {city} (synthetic data)") if synthetic else text("Now in use: {city}")
    named = in_html(tr(Text(template.template, {"city": city.name})))
    marks = f'<span class="mark {"synthetic" if synthetic else "own"}">{named}</span>'
    st.html(
        f'<header class="heading"><h1>{in_html(tr(title))}</h1>{marks}</header>'
        f'<p class="about">{in_html(tr(about))}</p>'
    )


def limits(view: View) -> None:
    """What limits the trust in every figure of the result: it stands before them and before the map."""
    _told(text("What limits these figures"), view.document.get("limits", ()), "limits")


def notes(view: View) -> None:
    """What else the reader must know beside the figures: a line each, scrolling where they are many."""
    told = view.document.get("limits", ())
    _told(
        text("What to know beside the figures"),
        [note for note in view.document["notes"] if note not in told],
        "notes",
    )


def _told(title: Text, sentences: Sequence[Any], looks: str) -> None:
    tr = words()
    said = [f"<li>{in_html(tr(text_from_json(one)))}</li>" for one in sentences]
    if said:
        box = f'<div class="{looks}" tabindex="0" role="region" aria-label="{in_html(tr(title))}">'
        st.html(f"{box}<ul>{''.join(said)}</ul></div>")


def synthetic_mark() -> str:
    """The label of synthetic data, as HTML."""
    return f'<span class="mark synthetic">{in_html(words()(SYNTHETIC))}</span>'
