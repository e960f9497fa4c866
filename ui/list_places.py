"""Facilities without usable coordinates, to be placed on the map by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from geo.text import Text, text
from ui.checking import Checked, place
from ui.choices import words
from ui.list_map import city_bounds, list_map
from ui.names import SYSTEMS, tier_name
from ui.safe import in_html, in_markdown
from ui.tables import scrolling

if TYPE_CHECKING:
    import shapely

    from data.intake.review import ToLocate
    from maps.sketch import Bounds, Dots

Place = tuple[float, float]

_HEIGHT_PX: Final = 470
_MOST_OTHERS: Final = 600
_CHOSEN: Final = "place-row"
_NEXT: Final = "place-next"
_TYPED: Final = ("wgs84", "gcj02", "bd09")


def places_step(done: Checked) -> None:
    """One facility at a time: its address, a map to click on, and all of them below."""
    say = words()
    rows = {row.row_id: row for row in done.to_locate}
    placed = sum(row.lon is not None for row in rows.values())
    row = rows[_choose(rows)]
    left, right = st.columns([0.36, 0.64], gap="medium")
    with left:
        _about(done, row)
    with right:
        _map(done, row)
        _buttons(done, row)
    st.caption(say(text("{placed} of {count} are placed.", placed=placed, count=len(rows))))
    st.html(_overview(done, list(rows.values())))


def _choose(rows: dict[str, ToLocate]) -> str:
    """The facility chosen; after placing, the next one that has no place."""
    following = st.session_state.pop(_NEXT, None)
    if following in rows:
        st.session_state[_CHOSEN] = following
        st.session_state.pop(_written_key(rows[following]), None)
    if st.session_state.get(_CHOSEN) not in rows:
        st.session_state[_CHOSEN] = next((k for k, r in rows.items() if r.lon is None), next(iter(rows)))
    numbers = {row_id: number for number, row_id in enumerate(rows, 1)}
    chosen = st.selectbox(
        words()(text("Facility")),
        list(rows),
        format_func=lambda k: f"{numbers[k]}/{len(rows)} {_mark(rows[k])}{rows[k].name}",
        key=_CHOSEN,
    )
    return str(chosen)


def _mark(row: ToLocate) -> str:
    return "" if row.lon is None else "✓ "


def _about(done: Checked, row: ToLocate) -> None:
    say = words()
    where = " · ".join(str(part) for part in (done.lists.called(row.file), row.sheet, row.row) if part)
    facts = (
        (text("Kind"), tier_name(row.tier)),
        (text("Address"), row.address or "–"),
        (text("Unit"), row.unit or "–"),
        (text("Row"), where),
    )
    shown = "".join(f"<dt>{in_html(say(name))}</dt><dd>{in_html(value)}</dd>" for name, value in facts)
    st.html(f'<div class="facts"><h4>{in_html(row.name)}</h4><dl>{shown}</dl></div>')
    st.caption(say(text("To look it up elsewhere, search for:")))
    st.code(_hint(row), language=None, wrap_lines=True)


def _hint(row: ToLocate) -> str:
    """Words that a map service finds the place by: units, what of the address does not repeat them, name."""
    units = row.unit.split()
    known = next((number for number, unit in enumerate(units) if unit in row.address), len(units))
    return " ".join(part for part in ("".join(units[:known]) + row.address, row.name) if part)


def _buttons(done: Checked, row: ToLocate) -> None:
    say, here = words(), _typed_place(row)
    if here is not None:
        st.caption(in_markdown(say(_against_unit(done, row, here))))
    elif st.session_state.get(_written_key(row)):
        st.warning(say(text("These are no coordinates. Write them like 118.796900, 32.060300.")))
    new = here is not None and here != _place(row)
    left, right = st.columns(2)
    if left.button(say(text("Place it here")), type="primary", disabled=not new, width="stretch"):
        later = [r.row_id for r in done.to_locate if r.lon is None and r.row_id != row.row_id]
        _settle(done, row, here, follow=later[0] if later else row.row_id)
    back = say(text("Take the placing back"))
    if right.button(back, disabled=row.lon is None, width="stretch"):
        _settle(done, row, None, follow=row.row_id)


def _settle(done: Checked, row: ToLocate, here: Place | None, *, follow: str) -> None:
    """Place the row or take its placing back, then show the facility `follow` with nothing typed."""
    place(done, row.row_id, here)
    st.session_state[_NEXT] = follow
    st.rerun()


def _map(done: Checked, row: ToLocate) -> None:
    """The unit that the list names, what else is near, and the place chosen; then coordinates to type."""
    from jobs.list_places import declared_outline
    from maps.sketch import Frame, Sketch

    say = words()
    outline = declared_outline(done.report, row.row_id)
    bounds = _view(outline)
    here = _typed_place(row) or _place(row)
    sketch = Sketch(bounds, _dots(done, row, bounds, here), units=() if outline is None else (outline,))
    frame = Frame(text("Click where the facility is"), _HEIGHT_PX, click=True)
    st.caption(say(_advice(outline is not None)))
    clicked = list_map(sketch, frame, key=f"place-{row.row_id}")
    if clicked is not None and clicked != here:
        st.session_state[_written_key(row)] = f"{clicked[0]:.6f}, {clicked[1]:.6f}"
        st.session_state[_system_key(row)] = "wgs84"
        st.rerun()
    left, right = st.columns([0.6, 0.4])
    left.text_input(say(text("Or longitude, latitude")), key=_written_key(row), max_chars=60)
    right.selectbox(
        say(text("from")), _TYPED, format_func=lambda option: say(SYSTEMS[option]), key=_system_key(row)
    )


def _advice(known: bool) -> Text:
    if known:
        return text("Click where the facility is. The unit that the list names is outlined.")
    return text("Click where the facility is.")


def _view(outline: shapely.Geometry | None) -> Bounds:
    from maps.sketch import widened

    if outline is None:
        return city_bounds()
    west, south, east, north = (float(side) for side in outline.bounds)
    return widened((west, south, east, north), 150.0)


def _dots(done: Checked, row: ToLocate, bounds: Bounds, here: Place | None) -> tuple[Dots, ...]:
    from maps.sketch import Dots, widened

    west, south, east, north = widened(bounds, 3_000.0)
    others = done.accepted
    others = others[others["facility_id"] != row.row_id]
    near = others[others["lon"].between(west, east) & others["lat"].between(south, north)].head(_MOST_OTHERS)
    dots = [Dots(near["lon"].to_numpy(float), near["lat"].to_numpy(float), "other", near["name"].tolist())]
    if here is not None:
        dots.append(Dots(np.array([here[0]]), np.array([here[1]]), "here", [row.name]))
    return tuple(dots)


def _against_unit(done: Checked, row: ToLocate, here: Place) -> Text:
    from jobs.list_places import away_from, declared_outline

    outline = declared_outline(done.report, row.row_id)
    spot = text("Longitude {lon:.6f}, latitude {lat:.6f} (WGS-84)", lon=here[0], lat=here[1])
    if outline is None:
        return spot
    away_m = away_from(outline, *here)
    unit = row.unit.split()[-1] if row.unit else ""
    if away_m == 0:
        return text("{spot}: within {unit}.", spot=spot, unit=unit)
    return text("{spot}: {metres:,.0f} m outside {unit}.", spot=spot, metres=away_m, unit=unit)


def _typed_place(row: ToLocate) -> Place | None:
    from jobs.list_places import place_of

    written = str(st.session_state.get(_written_key(row), ""))
    return place_of(written, str(st.session_state.get(_system_key(row), "wgs84"))) if written else None


def _place(row: ToLocate) -> Place | None:
    return None if row.lon is None or row.lat is None else (row.lon, row.lat)


def _written_key(row: ToLocate) -> str:
    return f"spot-{row.row_id}"


def _system_key(row: ToLocate) -> str:
    return f"spot-system-{row.row_id}"


def _overview(done: Checked, rows: Sequence[ToLocate]) -> str:
    say = words()
    head = (text("Name"), text("Address"), text("Unit"), text("Sheet"), text("Row"), text("Place"))
    lines = [
        (row.name, row.address, row.unit, row.sheet or done.lists.called(row.file), row.row, say(_state(row)))
        for row in rows
    ]
    return scrolling(say(text("To be located")), [say(title) for title in head], lines, css="low")


def _state(row: ToLocate) -> Text:
    if row.lon is None or row.lat is None:
        return text("not placed")
    by = text("by hand") if row.by == "hand" else text("by its address")
    return text("{lon:.5f}, {lat:.5f} {by}", lon=row.lon, lat=row.lat, by=by)
