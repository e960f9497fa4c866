"""Which coordinate system a list is in: the evidence in words, and each possibility on a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from core.text import Sayable, Text, text
from ui.check.checking import Checked
from ui.check.parts import parts_of_list, rows_of_mixture
from ui.check.upload import choose_system
from ui.shell.choices import words
from ui.shell.safe import in_html, in_markdown
from ui.widgets.small_map import list_map
from ui.widgets.tables import share, small_table, system_title

if TYPE_CHECKING:
    import pandas as pd

    from coverage.model.tables import Floats
    from maps.still.sketch import Bounds, Dots

_ABREAST: Final = 3
_MOST_POINTS: Final = 300
_HEIGHT_PX: Final = 330
_MOVED_LEAST_M: Final = 5.0
# A mistake of conversion that is hardly likely is no choice to burden the reader with.
_WORTH_SHOWING: Final = 0.005


@dataclass(frozen=True)
class Possibility:
    """A system the list may be in, and where its rows would lie; `belief` None where nothing was weighed."""

    id: str
    title: Sayable
    option: str
    rows: pd.DataFrame
    lon: Floats
    lat: Floats
    belief: float | None = None
    way_m: tuple[float, float] = (0.0, 0.0)


def system_line(done: Checked) -> None:
    """One line on top of the steps: what the coordinates were read as, or that it must be decided."""
    tr, datum = words(), done.document["datum"]
    if datum["decided"]:
        chosen = done.lists.datum != "auto" or done.lists.parts
        template = (
            text("Coordinates read as {system}, as you chose.")
            if chosen
            else text("Coordinates read as {system}.")
        )
        system = tr(system_title(datum["system"]))
        st.success(in_markdown(tr(Text(template.template, {"system": system}))))
    elif done.document["accepted"]:
        st.warning(in_markdown(tr(_mixed if datum["system"] == "mixed" else _open)))


def system_step(done: Checked) -> None:
    """Evidence, parts of different systems, and the possibilities side by side."""
    decided = bool(done.document["datum"]["decided"])
    _evidence(done)
    rows_of_mixture(done)
    parts_of_list(done)
    found = _possibilities(done)
    if not found:
        st.caption(words()(text("No row gives coordinates, so there is nothing to compare.")))
        return
    tr = words()
    if decided and not st.toggle(tr(text("Show the other systems on the map")), key="show-systems"):
        return
    st.caption(in_markdown(tr(_legend(done))))
    bounds = _window(found)
    for begin in range(0, len(found), _ABREAST):
        for box, possibility in zip(st.columns(_ABREAST), found[begin : begin + _ABREAST], strict=False):
            with box:
                _card(done, possibility, bounds)


_open = text(
    "Which coordinate system the list is in is not certain. Until you decide, it is read as WGS-84; "
    "coordinates from Amap, Tencent or Baidu would then lie 300 to 1,200 m off."
)
_mixed = text(
    "The list seems to hold coordinates of more than one system. Until that is settled they are read as "
    "WGS-84. Please look at the parts below, or ask the office for one list each."
)


def _evidence(done: Checked) -> None:
    from data.intake.datum.coordinates import belief_in_words

    tr, datum = words(), done.report.intake.datum
    if not datum.evidence:
        if done.lists.datum == "auto":
            st.caption(tr(text("Neither the list itself nor the units it names tell which system it is in.")))
        return
    head = (text("What was found"), text("Speaks for"), text("Weight"))
    rows = [
        (tr(piece.message), tr(system_title(piece.system)), tr(belief_in_words(piece.weight)))
        for piece in datum.evidence
    ]
    st.html(small_table([tr(title) for title in head], rows))
    if datum.system != "mixed":
        st.caption(tr(text("Certainty of the whole: {share}.", share=_certainty(datum.confidence))))


def _possibilities(done: Checked) -> list[Possibility]:
    from jobs.lists.places import metre_rows, metre_systems, sampled_rows

    found = []
    for candidate in done.systems:
        if len(candidate.lon) and (candidate.option or candidate.belief >= _WORTH_SHOWING):
            rows = sampled_rows(done.report, len(candidate.lon))
            way = (candidate.east_m, candidate.north_m)
            found.append(
                Possibility(
                    candidate.id, candidate.title, candidate.option, rows, candidate.lon, candidate.lat,
                    candidate.belief, way,
                )
            )  # fmt: skip
    found.sort(key=lambda possibility: not possibility.option)  # those that can be chosen stand first
    metres = metre_rows(done.report, _MOST_POINTS)
    found += [
        Possibility(system.option, system.option.upper(), system.option, metres, system.lon, system.lat)
        for system in metre_systems(metres)
    ]
    return found


def _window(found: Sequence[Possibility]) -> Bounds:
    """Where most rows of the likeliest possibility lie close together: there a shift is seen."""
    from maps.still.sketch import window

    return window(found[0].lon, found[0].lat)


def _card(done: Checked, possibility: Possibility, bounds: Bounds) -> None:
    from jobs.lists.places import inside_declared, known_buildings
    from maps.still.sketch import Frame, Sketch, window

    tr = words()
    known, near = inside_declared(done.report, possibility.rows, possibility.lon, possibility.lat)
    weighed = done.document["datum"]["system"] != "mixed"
    st.html(_heading(possibility, int(known.sum()), int(near.sum()), weighed=weighed))
    metric = possibility.belief is None
    shown = window(possibility.lon, possibility.lat) if metric else bounds
    sketch = Sketch(shown, _dots(possibility, known, near), buildings=known_buildings(done.report))
    title = text("The list if it is in {system}", system=possibility.title)
    frame = Frame(title, _HEIGHT_PX, group="" if metric else "systems", wheel=False)
    list_map(sketch, frame, key=f"system-{possibility.id}")
    if not possibility.option:
        st.caption(tr(text("The list itself must be mended if it was converted so.")))
        return
    st.button(
        tr(text("These are right")),
        key=f"choose-system-{possibility.id}",
        type="primary" if done.lists.datum == possibility.option else "secondary",
        width="stretch",
        on_click=choose_system,
        args=(possibility.option,),
    )


def _heading(possibility: Possibility, known: int, near: int, *, weighed: bool) -> str:
    """`weighed`: how likely it is can be said, which of a mixed list as a whole it cannot."""
    tr = words()
    lines = [_moved(possibility)]
    if known:
        lines.append(text("{near} of {known} lie in the unit they name", near=near, known=known))
    if possibility.belief is not None and weighed:
        lines.append(_likely(possibility.belief))
    said = "".join(f"<li>{in_html(tr(line))}</li>" for line in lines if line is not None)
    return f'<div class="system"><h4>{in_html(tr(possibility.title))}</h4><ul>{said}</ul></div>'


def _likely(belief: float) -> Text:
    if round(belief, 3) == 0:
        return text("hardly likely")
    return text("{share} likely", share=_certainty(belief))


def _certainty(belief: float) -> str:
    """Evidence is never a proof: the highest figure shown is 99.9 %."""
    return share(min(belief, 0.999))


def _moved(possibility: Possibility) -> Text | None:
    """How far and which way the rows move from where the bare numbers would lie."""
    if possibility.belief is None:
        return None
    east, north = possibility.way_m
    metres = float(np.hypot(east, north))
    if metres < _MOVED_LEAST_M:
        return text("as the numbers stand")
    way = _WAYS[int(np.round(np.degrees(np.arctan2(east, north)) / 45.0)) % 8]
    return text("moved {metres:,.0f} m {way}", metres=metres, way=way)


_WAYS: Final = (
    text("north"), text("north-east"), text("east"), text("south-east"),
    text("south"), text("south-west"), text("west"), text("north-west"),
)  # fmt: skip


def _dots(possibility: Possibility, known: np.ndarray, near: np.ndarray) -> tuple[Dots, ...]:
    from maps.still.sketch import Dots

    looks = (("plain", ~known), ("inside", known & near), ("outside", known & ~near))
    names = possibility.rows["name"].to_numpy(object)
    return tuple(
        Dots(possibility.lon[rows], possibility.lat[rows], look, names[rows].tolist()) for look, rows in looks
    )


def _legend(done: Checked) -> Text:
    if done.lists.units is not None:
        return text(
            "Each map shows the same rows. Blue: within the unit that the list names (or 100 m of it); "
            "orange: outside it. Where is the list at home? The maps move together."
        )
    return text("Each map shows the same rows. Where is the list at home? The maps move together.")
