"""The form that takes a whole city in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import InputError, UserError
from core.text import text
from jobs.study.cases import StudyFiles
from ui.check.upload import LIST_TYPES
from ui.city.layers import CENSUS_TYPES, PEOPLE_TYPES, VECTOR_TYPES, FurtherFiles, ask_for_layers
from ui.shell.choices import choices, choose, words
from ui.shell.compute import answer_to
from ui.shell.session import keep
from ui.shell.work import forget

_STREETS: Final = ("osm", "gz", "bz2", "pbf", "graphml", "gpkg", "geojson", "json", "zip")
_WANTED: Final = "city-wanted"
_COMMAND: Final = """python cli.py assess --facilities LIST.xlsx --population PEOPLE.tif \\
    --network STREETS.osm.pbf --units UNITS.gpkg --name CITY --out RESULT"""


def city_form() -> None:
    """Files for residents, streets, units and lists; read and checked before the city is shown."""
    tr = words()
    with st.form("city", border=False):
        name = st.text_input(tr(text("Name of the city")), max_chars=60)
        left, right = st.columns(2, gap="medium")
        people = left.file_uploader(
            tr(text("Residents (GeoTIFF, CSV, Parquet, GeoPackage)")),
            type=[*PEOPLE_TYPES, *CENSUS_TYPES],
        )
        streets = right.file_uploader(tr(text("Streets (OSM, GraphML, GeoPackage)")), type=list(_STREETS))
        lists = left.file_uploader(
            tr(text("Facility lists")), type=list(LIST_TYPES), accept_multiple_files=True
        )
        units = right.file_uploader(tr(text("Units (optional: level and name)")), type=list(VECTOR_TYPES))
        further = ask_for_layers()
        wanted = st.form_submit_button(tr(text("Read and assess")), type="primary")
    if wanted:
        forget("answer")  # what was stopped before is begun anew
        st.session_state[_WANTED] = _city(name, (people, streets, units), lists, further)
    if _WANTED in st.session_state:
        _show(st.session_state[_WANTED])


def command() -> None:
    """The same from the command line."""
    tr = words()
    st.code(_COMMAND, language="bash")
    st.caption(tr(text("The folder RESULT then holds map.html, report.xlsx and all tables.")))


def _city(
    name: str,
    ground: tuple[UploadedFile | None, UploadedFile | None, UploadedFile | None],
    lists: list[UploadedFile],
    further: FurtherFiles,
) -> StudyFiles:
    """`ground`: residents, streets, units. InputError for what is missing."""
    people, streets, units = ground
    if people is None or streets is None or not lists:
        raise InputError("Please choose the files for residents, streets and facility lists.")
    return StudyFiles(
        tuple(dict.fromkeys(keep(upload) for upload in lists)),
        keep(people),
        keep(streets),
        keep(units) if units else None,
        name=name.strip() or Path(people.name).stem,
        population_unit=further.raster_unit,
        layers=further.kept(),
    )


def _show(files: StudyFiles) -> None:
    """Read, build and assess, with a bar and a way to stop; then the overview of this city."""
    wanted = replace(choices(), city=files, lists=None, wish=None, wish_is_own=False, gap_rule="")
    try:
        answer_to(wanted)
    except UserError:
        del st.session_state[_WANTED]
        raise
    del st.session_state[_WANTED]
    choose(city=files, lists=None, wish=None, wish_is_own=False, gap_rule="")
    st.switch_page("ui/overview/page.py")
