"""The form that takes a whole city in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import streamlit as st

from core.errors import InputError, UserError
from core.text import text
from coverage.model.standard import LEVELS, level_title
from data.formats.asked import OpenQuestionError
from jobs.study.cases import ASK, StudyFiles
from ui.check.upload import LIST_TYPES
from ui.city.answers import ask_for_answers
from ui.city.layers import CENSUS_TYPES, PEOPLE_TYPES, VECTOR_TYPES, ask_for_layers
from ui.shell.choices import choices, choose, words
from ui.shell.compute import answer_to
from ui.shell.safe import in_markdown
from ui.shell.work import forget
from ui.widgets.names import SYSTEMS
from ui.widgets.pick import pick
from ui.widgets.uploads import file_from, files_from

_STREETS: Final = ("osm", "gz", "bz2", "pbf", "graphml", "gpkg", "geojson", "json", "zip")
_WANTED: Final = "city-wanted"
# Answers that are fields of the files themselves.
_OF_FILES: Final = ("population_unit", "datum")
_COMMAND: Final = """python cli.py assess --facilities LIST.xlsx --population PEOPLE.tif \\
    --network STREETS.osm.pbf --units UNITS.gpkg --name CITY --out RESULT"""


def city_form() -> None:
    """Files for residents, streets, units and lists; read and checked before the city is shown."""
    tr = words()
    name = st.text_input(tr(text("Name of the city")), max_chars=60, key="city-name")
    left, right = st.columns(2, gap="medium")
    people_types = (*PEOPLE_TYPES, *CENSUS_TYPES)
    label = tr(text("Residents (GeoTIFF, CSV, Parquet, GeoPackage)"))
    people = files_from(left, label, people_types, key="city-people", several=True)
    streets = file_from(right, tr(text("Streets (OSM, GraphML, GeoPackage)")), _STREETS, key="city-streets")
    lists = files_from(left, tr(text("Facility lists")), LIST_TYPES, key="city-lists", several=True)
    label = tr(text("Units (optional: level and name)"))
    units = files_from(right, label, VECTOR_TYPES, key="city-units", several=True)
    further = ask_for_layers()
    answers = ask_for_answers()
    if st.button(tr(text("Read and assess")), type="primary", key="city-read"):
        if not people or streets is None or not lists:
            raise InputError("Please choose the files for residents, streets and facility lists.")
        forget("answer")  # what was stopped before is begun anew
        st.session_state[_WANTED] = StudyFiles(
            tuple(file.path for file in lists),
            people[0].path,
            streets,
            units[0].path if units else None,
            datum=ASK,
            name=name.strip() or Path(people[0].name).stem,
            population_unit=further.raster_unit,
            layers=further.kept(),
            more_population=tuple(file.path for file in people[1:]),
            more_units=tuple(file.path for file in units[1:]),
            answers=answers,
        )
    if _WANTED in st.session_state:
        _show(st.session_state[_WANTED])


def command() -> None:
    """The same from the command line."""
    tr = words()
    st.code(_COMMAND, language="bash")
    st.caption(tr(text("The folder RESULT then holds map.html, report.xlsx and all tables.")))


def _show(files: StudyFiles) -> None:
    """Read, build and assess, with a bar and a way to stop; then the overview of this city."""
    wanted = replace(choices(), city=files, lists=None, wish=None, wish_is_own=False, gap_rule="")
    try:
        answer_to(wanted)
    except OpenQuestionError as question:
        _ask(files, question)
        return
    except UserError:
        del st.session_state[_WANTED]
        raise
    del st.session_state[_WANTED]
    choose(city=files, lists=None, wish=None, wish_is_own=False, gap_rule="")
    st.switch_page("ui/overview/page.py")


def _ask(files: StudyFiles, question: OpenQuestionError) -> None:
    """What a file leaves open, asked of its user; the answer goes where its option would."""
    tr = words()
    with st.container(border=True):
        st.warning(in_markdown(tr(question.message)))
        key = f"city-answer-{question.field}"
        if question.choices:
            label = text("Your answer")
            chosen = pick(st.selectbox, label, list(question.choices), key=key, said=_choice_words)
        else:
            chosen = st.text_input(tr(text("Your answer")), max_chars=80, key=key).strip()
        if st.button(tr(text("Read with this answer")), type="primary", disabled=not chosen):
            forget("answer")
            if question.field in _OF_FILES:
                answered = replace(files, **{question.field: chosen})
            else:
                answered = replace(files, answers=replace(files.answers, **{question.field: chosen}))
            st.session_state[_WANTED] = answered
            st.rerun()


def _choice_words(choice: str) -> str:
    tr = words()
    if choice in LEVELS:
        return tr(level_title(choice))
    return tr(_OPEN if choice == "auto" else SYSTEMS.get(choice, choice))


_OPEN: Final = text("not known: read as WGS-84, and say so beside every figure")
