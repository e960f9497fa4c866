"""Facilities without usable coordinates, to be placed on the map by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from core.text import Text, text
from ui.check.checking import Checked, accept, place
from ui.check.geocode import evidence_of, look_up, proposal_of, proposals, state_of
from ui.shell.choices import words
from ui.shell.safe import in_html, in_markdown
from ui.widgets.pick import pick
from ui.widgets.small_map import city_bounds, list_map
from ui.widgets.tables import SYSTEMS, scrolling, tier_name

if TYPE_CHECKING:
    import shapely

    from data.intake.decisions import Place
    from data.intake.review import ToLocate
    from maps.still.sketch import Bounds, Dots

Spot = tuple[float, float]

_HEIGHT_PX: Final = 470
_MOST_OTHERS: Final = 600
_CHOSEN: Final = "place-row"
_NEXT: Final = "place-next"
_TYPED: Final = ("wgs84", "gcj02", "bd09")


def proposals_line(done: Checked) -> None:
    """Rows whose coordinates the check would mend, with a button for all of one kind."""
    tr = words()
    for problem, (sentence, label) in _MENDABLE.items():
        rows = [row for row in done.to_locate if row.proposed and row.problem == problem]
        if not rows:
            continue
        told, button = st.columns([0.72, 0.28], gap="medium", vertical_alignment="center")
        first = rows[0].proposed or (0.0, 0.0)
        example = {"count": len(rows), "name": rows[0].name, "lon": first[0], "lat": first[1]}
        told.info(in_markdown(tr(Text(sentence.template, example))))
        wanted = tr(Text(label.template, {"count": len(rows)}))
        if button.button(wanted, key=f"accept-{problem}", type="primary", width="stretch"):
            accept(done, [row.row_id for row in rows])
            st.rerun()


_MENDABLE: Final = {
    "swapped-coordinates": (
        text(
            "In {count} {count:row|rows} longitude and latitude seem to be exchanged. Proposed for {name}: "
            "longitude {lon:.6f}, latitude {lat:.6f} (WGS-84)."
        ),
        text("Accept the proposals: exchanged ({count} {count:row|rows})"),
    ),
    "unreadable-coordinates": (
        text(
            "In {count} {count:row|rows} a slip of the keyboard can be mended. Proposed for {name}: "
            "longitude {lon:.6f}, latitude {lat:.6f} (WGS-84)."
        ),
        text("Accept the proposals: slips of the keyboard ({count} {count:row|rows})"),
    ),
}


def places_step(done: Checked) -> None:
    """Addresses to be looked up; then one facility at a time with a map to click on, and all of them."""
    look_up(done)
    tr = words()
    rows = {row.row_id: row for row in done.to_locate}
    placed = sum(row.lon is not None for row in rows.values())
    row = rows[_choose(done, rows)]
    left, right = st.columns([0.36, 0.64], gap="medium")
    with left:
        _about(done, row)
    with right:
        _map(done, row)
        _buttons(done, row)
    st.caption(tr(text("{placed} of {count} are placed.", placed=placed, count=len(rows))))
    st.html(_overview(done, list(rows.values())))


def _choose(done: Checked, rows: dict[str, ToLocate]) -> str:
    """The facility chosen; after placing, the next one that has no place."""
    following = st.session_state.pop(_NEXT, None)
    if following in rows:
        st.session_state[_CHOSEN] = following
        st.session_state.pop(_written_key(rows[following]), None)
    here = st.session_state.get(_CHOSEN)
    if here not in rows:
        here = next((k for k, r in rows.items() if r.lon is None), next(iter(rows)))
    # Set anew every time: else the browser goes on showing the title that the facility had before.
    st.session_state[_CHOSEN] = here
    titles = {
        k: f"{n}/{len(rows)} {_mark(done, row)}{row.name}" for n, (k, row) in enumerate(rows.items(), 1)
    }
    chosen = st.selectbox(words()(text("Facility")), list(rows), format_func=titles.__getitem__, key=_CHOSEN)
    return str(chosen)


def _mark(done: Checked, row: ToLocate) -> str:
    """✓ placed, ? proposed."""
    if row.lon is not None:
        return "✓ "
    return "? " if row.proposed or proposal_of(done, row) is not None else ""


def _about(done: Checked, row: ToLocate) -> None:
    tr = words()
    where = " · ".join(str(part) for part in (done.lists.called(row.file), row.sheet, row.row) if part)
    facts = (
        (text("Kind"), tier_name(row.tier)),
        (text("Address"), row.address or "–"),
        (text("Unit"), row.unit or "–"),
        (text("Row"), where),
    )
    shown = "".join(f"<dt>{in_html(tr(name))}</dt><dd>{in_html(value)}</dd>" for name, value in facts)
    st.html(f'<div class="facts"><h4>{in_html(row.name)}</h4><dl>{shown}</dl></div>')
    evidence = evidence_of(done, row)
    if evidence is not None:
        st.info(in_markdown(tr(evidence)))
    st.caption(tr(text("To look it up elsewhere, search for:")))
    st.code(_hint(row), language=None, wrap_lines=True)


def _hint(row: ToLocate) -> str:
    """Words that a map service finds the place by: units, what of the address does not repeat them, name."""
    units = row.unit.split()
    known = next((number for number, unit in enumerate(units) if unit in row.address), len(units))
    return " ".join(part for part in ("".join(units[:known]) + row.address, row.name) if part)


def _buttons(done: Checked, row: ToLocate) -> None:
    tr, here = words(), _shown_place(done, row)
    if here is not None and here != _place(row):
        st.caption(in_markdown(tr(_against_unit(done, row, here))))
    elif here is None and st.session_state.get(_written_key(row)):
        st.warning(tr(text("These are no coordinates. Write them like 118.796900, 32.060300.")))
    new = here is not None and here != _place(row)
    if row.proposed and st.button(
        tr(text("Accept the proposal")), key=f"accept-{row.row_id}", type="primary"
    ):
        accept(done, [row.row_id])
        st.session_state[_NEXT] = row.row_id
        st.rerun()
    left, right = st.columns(2)
    if left.button(tr(text("Place it here")), type="primary", disabled=not new, width="stretch"):
        later = [r.row_id for r in done.to_locate if r.lon is None and r.row_id != row.row_id]
        proposal = proposal_of(done, row) if _typed_place(row) is None else None
        _settle(done, row, proposal or here, follow=later[0] if later else row.row_id)
    back = tr(text("Take the placing back"))
    if right.button(back, disabled=row.lon is None, width="stretch"):
        _settle(done, row, None, follow=row.row_id)


def _settle(done: Checked, row: ToLocate, here: Spot | Place | None, *, follow: str) -> None:
    """Place the row or take its placing back, then show the facility `follow` with nothing typed."""
    place(done, {row.row_id: here})
    st.session_state[_NEXT] = follow
    st.rerun()


def _map(done: Checked, row: ToLocate) -> None:
    """The unit that the list names, what else is near, and the place chosen; then coordinates to type."""
    from jobs.lists.places import declared_outline
    from maps.still.sketch import Frame, Sketch

    tr = words()
    outline = declared_outline(done.report, row.row_id)
    here = _shown_place(done, row)
    bounds = _view(outline, here)
    sketch = Sketch(bounds, _dots(done, row, bounds, here), units=() if outline is None else (outline,))
    frame = Frame(text("Click where the facility is"), _HEIGHT_PX, click=True)
    st.caption(tr(_advice(outline is not None)))
    clicked = list_map(sketch, frame, key=f"place-{row.row_id}")
    if clicked is not None and clicked != here:
        st.session_state[_written_key(row)] = f"{clicked[0]:.6f}, {clicked[1]:.6f}"
        st.session_state[_system_key(row)] = "wgs84"
        st.rerun()
    left, right = st.columns([0.6, 0.4])
    left.text_input(tr(text("Or longitude, latitude")), key=_written_key(row), max_chars=60)
    pick(right.selectbox, text("from"), _TYPED, key=_system_key(row), said=lambda option: tr(SYSTEMS[option]))


def _advice(known: bool) -> Text:
    if known:
        return text("Click where the facility is. The unit that the list names is outlined.")
    return text("Click where the facility is.")


def _view(outline: shapely.Geometry | None, here: Spot | None) -> Bounds:
    """The declared unit, else the city; with the place that is shown."""
    from maps.still.sketch import widened

    west, south, east, north = city_bounds() if outline is None else outline.bounds
    if here is not None:
        west, east = min(west, here[0]), max(east, here[0])
        south, north = min(south, here[1]), max(north, here[1])
    box = (float(west), float(south), float(east), float(north))
    return box if outline is None else widened(box, 150.0)


def _dots(done: Checked, row: ToLocate, bounds: Bounds, here: Spot | None) -> tuple[Dots, ...]:
    from maps.still.sketch import Dots, widened

    west, south, east, north = widened(bounds, 3_000.0)
    others = done.accepted
    others = others[others["facility_id"] != row.row_id]
    near = others[others["lon"].between(west, east) & others["lat"].between(south, north)].head(_MOST_OTHERS)
    dots = [Dots(near["lon"].to_numpy(float), near["lat"].to_numpy(float), "other", near["name"].tolist())]
    if here is not None:
        dots.append(Dots(np.array([here[0]]), np.array([here[1]]), "here", [row.name]))
    return tuple(dots)


def _against_unit(done: Checked, row: ToLocate, here: Spot) -> Text:
    from jobs.lists.places import away_from, declared_outline

    outline = declared_outline(done.report, row.row_id)
    spot = text("Longitude {lon:.6f}, latitude {lat:.6f} (WGS-84)", lon=here[0], lat=here[1])
    if outline is None:
        return spot
    away_m = away_from(outline, *here)
    unit = row.unit.split()[-1] if row.unit else ""
    if away_m == 0:
        return text("{spot}: within {unit}.", spot=spot, unit=unit)
    return text("{spot}: {metres:,.0f} m outside {unit}.", spot=spot, metres=away_m, unit=unit)


def _typed_place(row: ToLocate) -> Spot | None:
    from jobs.lists.places import place_of

    written = str(st.session_state.get(_written_key(row), ""))
    return place_of(written, str(st.session_state.get(_system_key(row), "wgs84"))) if written else None


def _shown_place(done: Checked, row: ToLocate) -> Spot | None:
    """What is written, else where it is placed, else where it is proposed."""
    proposal = proposal_of(done, row)
    offered = row.proposed if proposal is None else (proposal.lon, proposal.lat)
    return _typed_place(row) or _place(row) or offered


def _place(row: ToLocate) -> Spot | None:
    return None if row.lon is None or row.lat is None else (row.lon, row.lat)


def _written_key(row: ToLocate) -> str:
    return f"spot-{row.row_id}"


def _system_key(row: ToLocate) -> str:
    return f"spot-system-{row.row_id}"


def _overview(done: Checked, rows: Sequence[ToLocate]) -> str:
    from jobs.lists.places import away_from_declared

    tr, waiting = words(), proposals(done)
    away_m = away_from_declared(done.report, {row: (p.lon, p.lat) for row, p in waiting.items()})
    head = (text("Name"), text("Address"), text("Unit"), text("Sheet"), text("Row"), text("Place"))
    states = [state_of(row, waiting.get(row.row_id), away_m.get(row.row_id)) for row in rows]
    lines = [
        (row.name, row.address, row.unit, row.sheet or done.lists.called(row.file), row.row, tr(state))
        for row, state in zip(rows, states, strict=True)
    ]
    return scrolling(tr(text("To be located")), [tr(title) for title in head], lines, css="low")
