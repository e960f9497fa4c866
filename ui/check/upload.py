"""Taking lists in: the files, what is known about them, and what they are compared with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from core.text import text
from ui.check.checking import Lists
from ui.shell.choices import choices, words
from ui.shell.compute import case_of, city_view
from ui.shell.safe import in_markdown
from ui.widgets.pick import pick
from ui.widgets.tables import SYSTEMS
from ui.widgets.uploads import file_from, files_from

if TYPE_CHECKING:
    from data.intake.groups import Part

LIST_TYPES: Final = (
    *("xlsx", "xls", "et", "ods", "csv", "tsv", "txt"),
    *("geojson", "json", "gpkg", "kml", "kmz", "zip", "tar", "tgz", "gz"),
)
_LAYER_TYPES: Final = ("gpkg", "geojson", "json", "zip", "kml")
_OTHER: Final = "epsg"
_DATUMS: Final = ("auto", "wgs84", "gcj02", "bd09", _OTHER)
_BEFORE: Final = "lists-before"
_PARTS: Final = "systems-of-parts"
_COLUMNS: Final = "columns-of-offices"
# How lists are used in the end: in place of the city's own, or in addition to them.
INSTEAD: Final = "instead"
BESIDE: Final = "beside"


def ask_for_lists() -> Lists | None:
    """The uploaded lists and how to read them; None as long as there are none."""
    tr = words()
    left, right = st.columns([0.64, 0.36], gap="medium")
    label = tr(text("Facility lists (Excel, WPS, CSV, GeoJSON, GeoPackage, KML, zipped shapefile)"))
    kept = {file.path: file.name for file in files_from(left, label, LIST_TYPES, key="lists", several=True)}
    decide_anew(tuple(kept))
    with right:
        datum = ask_for_datum()
        against = _ask_for_units()
    with st.expander(tr(text("Office, reference layer"))):
        office, reference = _ask_for_more()
    if not kept:
        return None
    return Lists(
        tuple(kept),
        tuple(kept.values()),
        datum,
        case_of(choices()).files.units if against else None,
        reference,
        office,
        mapping_of(office),
        (city_view().folder / "facilities.csv",) if st.session_state.get("in-addition") == BESIDE else (),
        parts_chosen(),
    )


def choose_system(option: str) -> None:
    """Read the coordinates in a system from now on: one of the presets or “epsg:N”."""
    name, _, number = option.partition(":")
    st.session_state["datum"] = _OTHER if number else name
    if number:
        st.session_state["epsg"] = int(number)


def choose_parts(chosen: dict[Part, str]) -> None:
    """Read parts of the lists in systems of their own from now on."""
    st.session_state[_PARTS] = tuple(chosen.items())


def parts_chosen() -> tuple[tuple[Part, str], ...]:
    """The systems chosen for parts of the lists."""
    return tuple(st.session_state.get(_PARTS, ()))


def mapping_of(office: str) -> tuple[tuple[str, str], ...]:
    """The columns confirmed for an office in this session: (title, field)."""
    return tuple(st.session_state.get(_COLUMNS, {}).get(office, ()))


def confirm_columns(office: str, mapping: dict[str, str]) -> None:
    """Remember a mapping; the next run checks the lists by it."""
    confirmed = tuple({**dict(mapping_of(office)), **mapping}.items())
    st.session_state[_COLUMNS] = {**st.session_state.get(_COLUMNS, {}), office: confirmed}


def decide_anew(paths: tuple[Path, ...]) -> None:
    """To be told which lists these are: a system chosen for one list must not be put on the next."""
    before = st.session_state.get(_BEFORE, ())
    if before and before != paths:
        st.session_state["datum"] = "auto"
        st.session_state.pop(_PARTS, None)
    st.session_state[_BEFORE] = paths


def ask_for_datum() -> str:
    """The coordinate system that is said of the lists: auto, one of the presets or “epsg:N”."""
    tr = words()
    titles = {**SYSTEMS, "auto": text("decide from the list"), _OTHER: text("another, by EPSG number")}
    datum = pick(
        st.selectbox, text("Coordinates are in"), _DATUMS, key="datum", said=lambda option: tr(titles[option])
    )
    if datum != _OTHER:
        return str(datum)
    st.session_state.setdefault("epsg", 4549)
    number = st.number_input(tr(text("EPSG number")), 1024, 99999, key="epsg")
    return f"epsg:{number}"


def _ask_for_units() -> bool:
    files = case_of(choices()).files
    if files.units is None:
        return False
    label = words()(text("Compare with the units of {city}", city=files.name))
    return st.checkbox(in_markdown(label), value=True, key="against-units")


def _ask_for_more() -> tuple[str, Path | None]:
    tr = words()
    left, right = st.columns(2, gap="medium")
    office = left.text_input(
        tr(text("Office that sends the list")),
        max_chars=60,
        key="office",
        help=tr(text("The columns and places you confirm are remembered for its next upload.")),
    )
    layer = file_from(
        right,
        tr(text("Buildings or named places in true coordinates (optional)")),
        _LAYER_TYPES,
        key="reference",
        note=tr(text("They help to find out which coordinate system the list is in.")),
    )
    return office.strip(), layer
