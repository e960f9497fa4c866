"""The store that this page works on, and who may use it from where."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.errors import InputError
from core.text import text
from coverage.model.standard import LEVELS, level_title
from data.store import Store, is_there, open_store, store_place
from jobs.cache import prebuild as warm
from jobs.collect.cities import NewCity, add_city, all_cities
from jobs.collect.demo import has_demo, require_demo
from ui.shell.choices import choices, words
from ui.shell.compute import cache_folder, case_of
from ui.shell.gate import the_store
from ui.shell.safe import in_markdown
from ui.shell.who import visitor
from ui.shell.work import result_of
from ui.widgets.pick import pick

_ADDING: Final = "collect-adding"


def acting() -> str | None:
    """Who acts in the store, by name ("" is the local user); None for whoever may not, which is then said."""
    who = visitor()
    if who.why is not None:
        st.info(in_markdown(words()(who.why)))
    return who.name


def kept_store() -> Store | None:
    """The store, opened once for the server; None where there is none yet. InputError where it cannot be
    used."""
    return the_store() if is_there(store_place()) else None


def offer_city(store: Store | None, by: str) -> None:
    """Take the city in use into the store, with an office for each unit of a level."""
    tr, files = words(), case_of(choices()).files
    label = text("Keep {city} and its lists in the store", city=files.name)
    with st.expander(in_markdown(tr(label)), expanded=store is None):
        st.caption(
            tr(
                text(
                    "The city's files are kept once; every unit of the level chosen becomes an office, with "
                    "its part of the lists as its first version."
                )
            )
        )
        left, right = st.columns(2, vertical_alignment="bottom")
        with left:
            level = pick(
                st.selectbox, text("An office for each"), list(LEVELS), key="collect-level",
                said=lambda option: tr(level_title(option)),
            )  # fmt: skip
        if right.button(tr(text("Keep this city")), width="stretch", disabled=files.units is None):
            st.session_state[_ADDING] = level
        if st.session_state.get(_ADDING):
            _add(st.session_state[_ADDING], by)


def cities(store: Store, by: str) -> list[str]:
    return [city["name"] for city in all_cities(store, by=by)["cities"]]


def take_in_demo(store: Store, city: str) -> None:
    """The demo city is one of the store's from the start; its files are taken in when it is first chosen."""
    if city == warm.DEMO_CITY and not has_demo(store):
        result_of("collect-demo", (city,), lambda tell: require_demo(store, city, progress=tell))


def _add(level: str, by: str) -> None:
    files = case_of(choices()).files
    made = open_store(store_place(), make=True)
    wanted = NewCity(files.name or files.population.stem, files, level)
    try:
        result_of(
            "collect-add",
            (wanted.name, level),
            lambda tell: add_city(made, wanted, by=by, cache=warm.streets_of(cache_folder()), progress=tell),
        )
    except InputError:
        st.session_state.pop(_ADDING, None)
        raise
    st.session_state.pop(_ADDING, None)
    st.rerun()
