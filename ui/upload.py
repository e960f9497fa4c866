"""Taking lists in, and showing the result with them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from geo.text import text
from jobs.cases import OwnLists
from jobs.shelf import bounds_of
from ui.checking import Checked, Lists, inside
from ui.choices import ListInUse, choices, choose, words
from ui.compute import case_of, current_view
from ui.findings import SYSTEMS
from ui.safe import in_markdown
from ui.session import keep

LIST_TYPES: Final = ("xlsx", "xls", "et", "ods", "csv", "tsv", "txt", "geojson", "json", "gpkg", "kml", "zip")
_OTHER: Final = "epsg"
_DATUMS: Final = ("auto", "wgs84", "gcj02", "bd09", _OTHER)
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def ask_for_lists() -> Lists | None:
    """The uploaded lists and how to read them; None as long as there are none."""
    say = words()
    left, right = st.columns([0.64, 0.36], gap="medium")
    uploads = left.file_uploader(
        say(text("Facility lists (Excel, WPS, CSV, GeoJSON, GeoPackage, KML, zipped shapefile)")),
        type=list(LIST_TYPES),
        accept_multiple_files=True,
        key="lists",
    )
    with right:
        datum = _ask_for_datum()
        against = _ask_for_units()
    if not uploads:
        return None
    kept = {keep(upload): upload.name for upload in uploads}
    units = case_of(choices()).files.units if against else None
    return Lists(tuple(kept), tuple(kept.values()), datum, units, choices().language)


def offer_result(lists: Lists, done: Checked) -> None:
    """The way to the overview with these lists, in place of the city's own or beside them."""
    say, view = words(), current_view()
    name = view.document["area"]["name"]
    within = inside(done.accepted, bounds_of(view.folder))
    if done.report["accepted"] and not within:
        st.warning(
            in_markdown(
                say(
                    text(
                        "No accepted facility lies in {city}: the result would show nobody served.", city=name
                    )
                )
            )
        )
    how, button = st.columns([0.64, 0.36], gap="medium", vertical_alignment="bottom")
    in_addition = how.radio(
        say(text("How to use the list")),
        [False, True],
        format_func=lambda more: say(_USES[more]),
        horizontal=True,
        key="in-addition",
    )
    wanted = button.button(
        say(text("Show the result with this list")),
        type="primary",
        disabled=not done.report["accepted"],
        width="stretch",
    )
    if wanted:
        files = OwnLists(lists.paths, lists.datum, bool(in_addition))
        choose(lists=ListInUse(files, lists.names, done.report["accepted"]), gap_rule="")
        st.switch_page("ui/pages/overview.py")


def take_away(done: Checked) -> None:
    """The workbook of findings and the accepted rows as files."""
    say = words()
    left, right = st.columns(2)
    left.download_button(
        say(text("Findings to send back (Excel)")),
        (done.folder / "findings.xlsx").read_bytes(),
        file_name="findings.xlsx",
        mime=_EXCEL,
        on_click="ignore",
        width="stretch",
    )
    right.download_button(
        say(text("Accepted rows (CSV, WGS-84)")),
        (done.folder / "accepted.csv").read_bytes(),
        file_name="accepted.csv",
        mime="text/csv",
        on_click="ignore",
        width="stretch",
    )


_USES: Final = {False: text("in place of the city's list"), True: text("in addition to the city's list")}


def _ask_for_datum() -> str:
    say = words()
    titles = {**SYSTEMS, "auto": text("decide from the list"), _OTHER: text("another, by EPSG number")}
    datum = st.selectbox(
        say(text("Coordinates are in")), _DATUMS, format_func=lambda option: say(titles[option]), key="datum"
    )
    if datum != _OTHER:
        return str(datum)
    number = st.number_input(say(text("EPSG number")), 1024, 99999, 4549, key="epsg")
    return f"epsg:{number}"


def _ask_for_units() -> bool:
    files = case_of(choices()).files
    if files.units is None:
        return False
    label = words()(text("Compare with the units of {city}", city=files.name))
    return st.checkbox(in_markdown(label), value=True, key="against-units")
