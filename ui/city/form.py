"""The form that takes a whole city in."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st

from core.errors import InputError, UserError
from core.text import text
from coverage.model.standard import LEVELS, level_title
from data.formats.asked import OpenQuestionError
from jobs.study.cases import ASK, Layers, StudyFiles
from jobs.study.offers import Offers, offers_of
from ui.check.upload import LIST_TYPES
from ui.city.land import show_land
from ui.city.layers import PEOPLE_TYPES, STREET_TYPES, VECTOR_TYPES, ask_for_layers
from ui.city.recognised import ask_as, forget_boxes, show_recognised, unit_title
from ui.shell.choices import choices, choose, words
from ui.shell.compute import first_view, read_city
from ui.shell.safe import in_markdown
from ui.shell.work import forget
from ui.widgets.pick import pick
from ui.widgets.tables import SYSTEMS
from ui.widgets.uploads import file_from, files_from

_WANTED: Final = "city-wanted"
_CONFIRMED: Final = "city-confirmed"
_OFFERS: Final = "city-offers"
_COMMAND: Final = """python cli.py assess --facilities LIST.xlsx --population PEOPLE.tif \\
    --network STREETS.osm.pbf --units UNITS.gpkg --name CITY --out RESULT"""

_CUT: Final = "osmium extract --bbox WEST,SOUTH,EAST,NORTH PROVINCE.osm.pbf -o CITY.osm.pbf"


def city_form() -> None:
    """Files for residents, streets, units and lists; read and checked before the city is shown."""
    tr = words()
    name = st.text_input(tr(text("Name of the city")), max_chars=60, key="city-name")
    left, right = st.columns(2, gap="medium")
    label = tr(text("Residents (GeoTIFF, CSV, Parquet, GeoPackage)"))
    people = files_from(left, label, PEOPLE_TYPES, key="city-people", several=True)
    streets = file_from(
        right, tr(text("Streets (OSM, GraphML, GeoPackage)")), STREET_TYPES, key="city-streets",
    )  # fmt: skip
    lists = files_from(left, tr(text("Facility lists")), LIST_TYPES, key="city-lists", several=True)
    label = tr(text("Units (optional: level and name)"))
    units = files_from(right, label, VECTOR_TYPES, key="city-units", several=True)
    further = ask_for_layers()
    if st.button(tr(text("Read the files")), type="primary", key="city-read"):
        kept = further.kept()
        of_land = not people and kept.residential is not None
        homes = kept.residential if of_land else people[0].path if people else None
        if homes is None or streets is None or not lists:
            raise InputError("Please choose the files for residents, streets and facility lists.")
        if of_land:
            _require_land_alone(kept, bool(units))
        _want(StudyFiles(
            tuple(file.path for file in lists),
            homes,
            streets,
            units[0].path if units else None,
            datum=ASK,
            name=name.strip() or Path(people[0].name if people else homes).stem,
            population_unit="ask" if further.raster_unit == "auto" else further.raster_unit,
            layers=kept,
            more_population=tuple(file.path for file in people[1:]),
            more_units=tuple(file.path for file in units[1:]),
            land_alone=of_land,
        ))  # fmt: skip
    if _WANTED in st.session_state:
        _show(st.session_state[_WANTED])


def _require_land_alone(layers: Layers, units: bool) -> None:
    """InputError for a study without residents that lacks units, or names files that speak of residents."""
    if not units:
        raise InputError("Without residents the units are needed as well: which land counts is told by them.")
    if any((layers.totals, layers.buildings, layers.settled, layers.water, layers.groups)):
        raise InputError(
            "Without residents everything is counted by residential land. Please take out the files that "
            "speak of residents: census totals, buildings, settlements, water and groups."
        )


def command() -> None:
    """Two ways for files beyond the upload limit: smaller streets, or the same from the command line."""
    tr = words()
    st.caption(
        tr(
            text(
                "The streets of a whole province: cut them to the city and some kilometres around it, and "
                "upload the smaller file."
            )
        )
    )
    st.code(_CUT, language="bash")
    st.caption(tr(text("Or assess the city on the command line, which has no such limit.")))
    st.code(_COMMAND, language="bash")
    said = text("The folder RESULT then holds map.html, report.xlsx and all tables; packed, it opens below.")
    st.caption(tr(said))


def _want(files: StudyFiles) -> None:
    """Read these files from now on; what was read, answered or stopped before is begun anew."""
    for slot in ("city", "answer"):
        forget(slot)
    forget_boxes()
    st.session_state[_WANTED] = files
    st.session_state.pop(_CONFIRMED, None)


def _show(files: StudyFiles) -> None:
    """Read and show what was recognised; once that is confirmed, assess and show the overview of the city. A
    city of land alone has no overview: what it says stands here."""
    tr = words()
    if files.land_alone:
        try:
            show_land(files)
        except OpenQuestionError as question:
            _ask(files, question)
        return
    wanted = replace(choices(), city=files, lists=None, wish=None, wish_is_own=False, gap_rule="")
    if st.session_state.get(_CONFIRMED) != files:
        try:
            inputs = read_city(wanted)
        except OpenQuestionError as question:
            _ask(files, question)
            return
        except UserError:
            # Another column or layer may be what mends it.
            _offer_again(files, ask_as(files, _offers(files), None))
            raise
        show_recognised(inputs)
        changed = ask_as(files, _offers(files), inputs)
        if changed != files:
            _offer_again(files, changed)
            return
        if not st.button(tr(text("Begin the assessment")), type="primary", key="city-confirm"):
            return
        st.session_state[_CONFIRMED] = files
    try:
        first_view(wanted)
    except UserError:
        del st.session_state[_WANTED]
        raise
    del st.session_state[_WANTED]
    choose(city=files, lists=None, wish=None, wish_is_own=False, gap_rule="")
    st.switch_page("ui/overview/page.py")


def _offers(files: StudyFiles) -> Offers:
    """What the files offer, looked up once."""
    kept = st.session_state.get(_OFFERS)
    if kept is None or kept[0] != files:
        kept = st.session_state[_OFFERS] = files, offers_of(files)
    offers: Offers = kept[1]
    return offers


def _offer_again(files: StudyFiles, changed: StudyFiles) -> None:
    label = words()(text("Read again with these choices"))
    if st.button(label, type="primary", key="city-again", disabled=changed == files):
        _want(changed)
        st.rerun()


def _ask(files: StudyFiles, question: OpenQuestionError) -> None:
    """What a file leaves open, asked of its user; the answer goes where its option would."""
    tr = words()
    with st.container(border=True):
        # Which option of the command line answers is of no use here.
        said = re.split(r"(?<=[。？])|(?<=[.?]) ", tr(question.message))
        st.warning(in_markdown(" ".join(one for one in said if one and question.option not in one)))
        key = f"city-answer-{question.field}"
        if question.choices:
            label = text("Your answer")
            chosen = pick(
                st.selectbox,
                label,
                list(question.choices),
                key=key,
                said=partial(_choice_words, question.field),
            )
        else:
            chosen = st.text_input(tr(text("Your answer")), max_chars=80, key=key).strip()
        if st.button(tr(text("Read with this answer")), type="primary", disabled=not chosen):
            _want(files.answered(question.field, str(chosen)))
            st.rerun()


def _choice_words(field: str, choice: str) -> str:
    """The choice for a reader; what a file calls its layers and columns stays as it is."""
    tr = words()
    if field.endswith(("_layer", "_layers", "_column", "_class")):
        return choice
    if choice in LEVELS:
        return tr(level_title(choice))
    if choice in ("count", "per_ha", "per_km2", "percent"):
        return tr(unit_title(choice))
    return tr(_OPEN) if choice == "auto" else tr(SYSTEMS[choice]) if choice in SYSTEMS else choice


_OPEN: Final = text("not known: read as WGS-84, and say so beside every figure")
