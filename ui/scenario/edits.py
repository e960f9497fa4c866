"""The changes made so far: each can be mended or taken out; undo and redo; names to store them under."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import streamlit as st

from core.errors import InputError, SettingError
from core.text import Text, text
from coverage.model.edits import (
    AddBarrier,
    AddStreet,
    Close,
    Edit,
    Grow,
    Move,
    Open,
    SetFigure,
    SetSpeed,
    UseStandard,
)
from coverage.model.standard import Standard
from data.scenarios import (
    delete_scenario,
    kept_scenarios,
    rename_scenario,
    save_scenario,
    scenario_to_json,
)
from ui.scenario.state import (
    begin_anew,
    change_edit,
    changed_city,
    crs,
    degrees,
    draft,
    metres,
    name_draft,
    redo,
    scenario_of,
    store_folder,
    stored,
    undo,
)
from ui.shell.choices import words
from ui.shell.safe import in_html, in_markdown
from ui.widgets.pick import pick
from ui.widgets.uploads import drop_files, file_from

if TYPE_CHECKING:
    from coverage.assessment import Assessment
    from coverage.model.study import Study

# The number of the change that is being mended.
_MENDED: Final = "scenario-mended"
_NONE: Final = -1
_TIME: Final = "%Y-%m-%d %H:%M"


def mended() -> int | None:
    """Which change is being mended: a click on the map moves its place."""
    number = int(st.session_state.get(_MENDED, _NONE))
    return number if 0 <= number < len(draft().edits) else None


def mend(number: int) -> None:
    """Begin to mend a change; -1 ends it."""
    st.session_state[_MENDED] = number


def move_mended(place: tuple[float, float]) -> bool:
    """Put the place of the change being mended; False where none is, or it has no place of its own."""
    number = mended()
    if number is None or not isinstance(draft().edits[number], Open | Move):
        return False
    drop(str(number), place)
    return True


def drop(key: str, place: tuple[float, float]) -> None:
    """Put what was dragged on the map where it was let go: the place of change `key`, or a corner of its
    line (`change:corner`). A place that cannot be is said below the changes, which stay as they were."""
    number, _, corner = key.partition(":")
    xy = metres(place)

    def moved(edit: Edit) -> Edit:
        match edit:
            case Open() | Move():
                return replace(edit, x=xy[0], y=xy[1])
            case AddStreet(line) | AddBarrier(line):
                at = int(corner or 0)
                return replace(edit, line=(*line[:at], xy, *line[at + 1 :]))
        return edit

    if int(number) < len(draft().edits):
        _try(int(number), moved)


def changes(city: Assessment) -> None:
    """The list of changes with undo and redo."""
    tr, now = words(), draft()
    with st.container(horizontal=True):
        st.button(tr(text("Undo")), disabled=not now.edits, on_click=undo, width="stretch")
        st.button(tr(text("Redo")), disabled=not now.undone, on_click=redo, width="stretch")
        st.button(tr(text("Clear")), disabled=not now.edits, on_click=begin_anew, width="stretch")
    if not now.edits:
        st.caption(tr(text("No changes yet.")))
        return
    names = facility_names(changed_city(()).study, now.edits)
    for number, edit in enumerate(now.edits):
        said = tr(edit_words(edit, city.study, city.standard, names))
        with st.container(horizontal=True, vertical_alignment="center", key=f"edit-row-{number}"):
            st.html(f'<p class="edit">{number + 1}. {in_html(said)}</p>', width="stretch")
            if isinstance(edit, Open | Move | Grow | SetSpeed | SetFigure | AddStreet | AddBarrier):
                st.button(
                    tr(text("Edit")), key=f"mend-{number}", on_click=mend, args=(number,), type="tertiary"
                )
            st.button(
                tr(text("Remove")),
                key=f"take-{number}",
                on_click=_take_out,
                args=(number,),
                type="tertiary",
            )
        if mended() == number:
            _form(number, edit)
    refused = st.session_state.pop("scenario-refused", None)
    if refused is not None:
        st.error(in_markdown(tr(refused)))


def _take_out(number: int) -> None:
    mend(_NONE)
    _try(number, lambda _: None)


def _try(number: int, change: Callable[[Edit], Edit | None]) -> None:
    """Make a change in a callback, where nothing can be shown yet."""
    try:
        change_edit(number, change)
    except SettingError as error:
        st.session_state["scenario-refused"] = error.message


def _form(number: int, edit: Edit) -> None:
    """The questions of one change, as they are answered now."""
    tr = words()
    with st.form(f"mend-{number}-form"):
        new = _asked(edit)
        left, right = st.columns(2)
        if left.form_submit_button(tr(text("Change it")), type="primary", width="stretch"):
            change_edit(number, lambda _: new)
            mend(_NONE)
            st.rerun()
        if right.form_submit_button(tr(text("Leave it")), width="stretch"):
            mend(_NONE)
            st.rerun()


def _asked(edit: Edit) -> Edit:
    tr = words()
    match edit:
        case Open() | Move():
            if isinstance(edit, Open):
                name = st.text_input(tr(text("Name")), edit.name, max_chars=60)
                edit = replace(edit, name=name.strip() or edit.name)
            st.caption(tr(text("Drag it on the map, click there, or write where it is to stand.")))
            left, right = st.columns(2)
            lon, lat = degrees(edit.x, edit.y)
            east = left.number_input(tr(text("Longitude")), value=lon, format="%.6f", step=0.001)
            north = right.number_input(tr(text("Latitude")), value=lat, format="%.6f", step=0.001)
            if (round(east, 6), round(north, 6)) == (round(lon, 6), round(lat, 6)):
                return edit
            x, y = metres((east, north))
            return replace(edit, x=x, y=y)
        case Grow():
            now = 100.0 * (edit.factor - 1.0)
            percent = st.number_input(tr(text("Change of residents (%)")), -100.0, 1000.0, now, 5.0)
            return replace(edit, factor=1.0 + percent / 100.0)
        case SetSpeed():
            label = tr(text("Walking speed (km/h)"))
            return replace(edit, speed_kmh=st.number_input(label, 1.0, 10.0, edit.speed_kmh, 0.5))
        case SetFigure(band=(low, high)):
            left, right = st.columns(2)
            low = left.number_input(tr(text("From")), 0.0, None, low)
            return replace(edit, band=(low, right.number_input(tr(text("To")), 0.0, None, high)))
        case SetFigure():
            return replace(edit, figure=st.number_input(tr(text("Figure")), 0.0, None, edit.figure or 0.0))
        case AddStreet(line) | AddBarrier(line):
            return replace(edit, line=_corners(line))
    return edit


def _corners(line: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """Corners as text, a longitude and a latitude a line; those not written anew stay to the millimetre."""
    tr = words()
    shown = [f"{lon:.6f}, {lat:.6f}" for lon, lat in (degrees(x, y) for x, y in line)]
    written = st.text_area(tr(text("Corners: longitude, latitude, one a line")), "\n".join(shown), height=110)
    before, after = dict(zip(shown, line, strict=True)), []
    for row in (part.strip() for part in written.splitlines() if part.strip()):
        try:
            lon, lat = (float(part) for part in row.replace("，", ",").split(","))
        except ValueError as error:
            raise InputError("“{row}” is no place; write it like 118.7969, 32.0603.", row=row) from error
        after.append(before.get(row) or metres((lon, lat)))
    return tuple(after)


def kept() -> None:
    """Store by name, open, rename or delete a stored one; take the changes away or bring some as a file."""
    tr, now = words(), draft()
    with st.expander(tr(text("Store and open"))):
        # One of the same name is replaced only where somebody says so.
        with st.form("store-scenario", border=False):
            left, right = st.columns(2)
            name = left.text_input(tr(text("Name")), value=now.name, max_chars=60)
            author = right.text_input(tr(text("Your name")), max_chars=40, key="scenario-author")
            replacing = st.checkbox(tr(text("Replace the one stored under this name")))
            if st.form_submit_button(tr(text("Store")), disabled=not now.edits, width="stretch"):
                scenario = scenario_of(now.edits, name.strip())
                save_scenario(store_folder(), scenario, author=author.strip(), replacing=replacing)
                name_draft(name.strip())
                st.rerun()
        _stored()
        label = tr(text("Bring changes (JSON) or drawn lines (GeoPackage, GeoJSON, zipped shapefile)"))
        path = file_from(st, label, ("json", "gpkg", "geojson", "zip"), key="scenario-file")
        if path is not None and st.button(tr(text("Use this file"))):
            from jobs.scenario import read_scenario

            brought = read_scenario(path, crs())
            begin_anew((*now.edits, *brought.edits), brought.name)
            drop_files("scenario-file")
            st.rerun()
        st.download_button(
            tr(text("Take the changes away (JSON)")),
            scenario_to_json(scenario_of(now.edits, now.name)),
            file_name="scenario.json",
            mime="application/json",
            on_click="ignore",
            disabled=not now.edits,
        )


def _stored() -> None:
    tr, folder = words(), store_folder()
    found = {one.name: one for one in kept_scenarios(folder)} if folder.is_dir() else {}
    if not found:
        return
    chosen = pick(st.selectbox, text("Stored scenarios"), list(found), key="stored-scenario", said=str)
    one = found[chosen]
    said = text(
        "{count} {count:change|changes}, stored {when}",
        count=one.edits,
        when=one.stored.astimezone().strftime(_TIME),
    )
    if one.author:
        said = text("{what} by {author}", what=said, author=one.author)
    st.caption(in_markdown(tr(said)))
    with st.container(horizontal=True):
        if st.button(tr(text("Open it")), width="stretch"):
            begin_anew(stored(chosen).edits, chosen)
            st.rerun()
        with st.popover(tr(text("Rename")), width="stretch"):
            new = st.text_input(tr(text("New name")), chosen, max_chars=60, key=f"rename-{chosen}")
            if st.button(tr(text("Rename it"))):
                rename_scenario(folder, chosen, new.strip())
                st.rerun()
        with st.popover(tr(text("Delete")), width="stretch"):
            st.markdown(in_markdown(tr(text("Delete the scenario “{name}” for good?", name=chosen))))
            if st.button(tr(text("Delete it"))):
                delete_scenario(folder, chosen)
                st.rerun()


def facility_names(study: Study, made: Sequence[Edit]) -> dict[str, str]:
    """What to call every facility that edits on `study` may speak of: its own and those they open.

    `study` is the city before the edits: afterwards a closed facility has no row left to name it.
    """
    frame = study.facilities.frame
    opened = {edit.facility_id: edit.name for edit in made if isinstance(edit, Open)}
    return dict(zip(frame["facility_id"], frame["name"].astype(str), strict=True)) | opened


def edit_words(edit: Edit, study: Study, standard: Standard, names: Mapping[str, str]) -> Text:
    """What an edit does; units are named as in the files, facilities by `facility_names`."""
    match edit:
        case Open():
            return text("Open {tier} “{name}”", tier=standard.tier_title(edit.tier), name=edit.name)
        case Close():
            return text("Close “{name}”", name=names.get(edit.facility_id, edit.facility_id))
        case Move():
            return text("Move “{name}”", name=names.get(edit.facility_id, edit.facility_id))
        case AddStreet():
            return text("New street of {metres:,.0f} m", metres=_length_m(edit.line))
        case AddBarrier():
            return text("New barrier of {metres:,.0f} m", metres=_length_m(edit.line))
        case SetFigure(rule_id, figure, band):
            titles = {rule.id: standard.rule_title(rule) for rule in standard.rules}
            rule = titles.get(rule_id, rule_id)
            if band is not None:
                return text("{rule}: now {low:,g}–{high:,g}", rule=rule, low=band[0], high=band[1])
            return text("{rule}: now {figure:,g}", rule=rule, figure=figure or 0.0)
        case SetSpeed():
            return text("Walking speed {speed:g} km/h", speed=edit.speed_kmh)
        case UseStandard():
            return text("Another standard")
        case Grow():
            units = None if study.units is None else study.units.frame
            names = {} if units is None else dict(zip(units["unit_id"], units["name"], strict=True))
            unit = str(names.get(edit.unit_id, edit.unit_id)) if edit.unit_id else text("the whole city")
            return text("Residents of {unit}: {change:+.0%}", unit=unit, change=edit.factor - 1)


def _length_m(line: tuple[tuple[float, float], ...]) -> float:
    return float(sum(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 for a, b in pairwise(line)))
