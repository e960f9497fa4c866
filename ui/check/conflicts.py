"""Facilities that lie outside the unit they declare, in a table and on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from core.text import text
from ui.check.checking import Checked
from ui.shell.choices import words
from ui.shell.safe import in_markdown
from ui.widgets.pick import pick
from ui.widgets.small_map import list_map
from ui.widgets.tables import scrolling

if TYPE_CHECKING:
    from jobs.lists.places import Conflict

_MOST: Final = 200
_HEIGHT_PX: Final = 400


def conflicts_step(done: Checked) -> None:
    """The farthest first; the one chosen is drawn with its unit and the way to it."""
    tr, found = words(), done.conflicts
    st.caption(
        tr(
            text(
                "The list names one unit, the coordinates lie in another. Either may be wrong: mend the "
                "list, or leave it if the border is out of date."
            )
        )
    )
    left, right = st.columns([0.5, 0.5], gap="medium")
    with right:
        _map(_choose(found))
    with left:
        head = (text("Name"), text("Declared"), text("Away"), text("Sheet"), text("Row"))
        rows = [
            (
                c.name,
                c.said,
                tr(text("{metres:,.0f} m", metres=c.away_m)),
                c.sheet or done.lists.called(c.file),
                c.row,
            )
            for c in found[:_MOST]
        ]
        st.html(scrolling(tr(text("Outside their unit")), [tr(title) for title in head], rows))


def _choose(found: tuple[Conflict, ...]) -> Conflict:
    number = pick(
        st.selectbox, text("Shown on the map"), range(len(found[:_MOST])), key="conflict",
        said=lambda k: f"{found[k].name} → {found[k].said}",
    )  # fmt: skip
    return found[int(number or 0)]


def _map(conflict: Conflict) -> None:
    from maps.sketch import Dots, Frame, Sketch, widened

    here = (conflict.lon, conflict.lat)
    west, south, east, north = conflict.outline.bounds
    box = (min(west, here[0]), min(south, here[1]), max(east, here[0]), max(north, here[1]))
    dots = Dots(np.array([here[0]]), np.array([here[1]]), "outside", [conflict.name])
    sketch = Sketch(widened(box, 200.0), (dots,), units=(conflict.outline,), ways=((here, conflict.nearest),))
    title = text(
        "{name} lies {metres:,.0f} m outside {unit}",
        name=conflict.name,
        metres=conflict.away_m,
        unit=conflict.said,
    )
    list_map(sketch, Frame(title, _HEIGHT_PX, wheel=False), key="conflict-map")
    st.caption(in_markdown(words()(title)))
