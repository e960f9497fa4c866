"""Buttons inside tables: one moves the map beside the table and says who lives there, one presses another.

`front.js` does the moving: no run of the page is needed for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.text import Sayable, labelled, text
from ui.shell.choices import words
from ui.shell.safe import Html, in_html

_AFTER_MAP: Final = "after-map"


@dataclass(frozen=True)
class Spot:
    """Where a button leads: degrees, what is said there, and the rule (its title) to be shown on the map.

    `bounds` (west, south, east, north) is what the map is to show; without it a neighbourhood is.
    """

    lon: float
    lat: float
    said: Sayable
    rule: Sayable = ""
    bounds: tuple[float, float, float, float] | None = None


def place_button(label: object, spot: Spot) -> Html:
    """A button in a table that moves the map to the spot."""
    tr = words()
    data: dict[str, object] = {
        "lon": round(spot.lon, 6),
        "lat": round(spot.lat, 6),
        "says": tr(spot.said),
        "rule": tr(spot.rule),
    }
    if spot.bounds is not None:
        data |= zip(("west", "south", "east", "north"), spot.bounds, strict=True)
    attributes = " ".join(f'data-{name}="{in_html(value)}"' for name, value in data.items())
    title = in_html(tr(text("Show on the map")))
    return Html(
        f'<button type="button" class="goto" title="{title}" data-goto="" {attributes}>'
        f"{in_html(label)}</button>"
    )


def press_button(label: Sayable, key: str, about: str = "") -> Html:
    """A button in a table that presses the button of `hidden_buttons` with this key; `about` is its row."""
    tr = words()
    said = tr(label)
    name = f' aria-label="{in_html(tr(labelled(said, about)))}"' if about else ""
    return Html(
        f'<button type="button" class="goto press" data-press="{in_html(key)}"{name}>{in_html(said)}</button>'
    )


def hidden_buttons(label: Sayable, keys: Sequence[str]) -> str | None:
    """Buttons that nobody sees, for those of a table; the key of the one just pressed."""
    pressed = None
    with st.container(key=f"hidden-{keys[0]}" if keys else None):
        for key in keys:
            if st.button(words()(label), key=key):
                pressed = key
    return pressed


def said_line() -> None:
    """Where it is said who lives at the place just shown, aloud too."""
    st.html('<p class="goto-said" role="status" aria-live="polite"></p>')


def skip_map(draw: Callable[[], object]) -> None:
    """Draw a map that somebody at a keyboard may pass by."""
    said = in_html(words()(text("Skip the map")))
    st.html(f'<a class="skip" href="#{_AFTER_MAP}" data-skip="{_AFTER_MAP}">{said}</a>')
    draw()
    st.html(f'<span id="{_AFTER_MAP}" tabindex="-1"></span>')


def places_list(title: Sayable, places: Mapping[str, Spot]) -> None:
    """All places of the map as buttons, folded: for who cannot point at them."""
    rows = "".join(f"<li>{place_button(name, spot)}</li>" for name, spot in places.items())
    st.html(
        f'<details class="places"><summary>{in_html(words()(title))} ({len(places)})</summary>'
        f"<ul>{rows}</ul></details>"
    )
