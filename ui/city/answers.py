"""What files leave open, as boxes that may stay as they are: what is not answered is recognised or asked."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.text import Text, text
from coverage.model.standard import LEVELS, level_title
from jobs.study.layers import Answers
from ui.shell.choices import words
from ui.widgets.names import SYSTEMS
from ui.widgets.pick import pick

_RECOGNISED: Final = text("recognised in the file")
_SYSTEMS: Final = ("auto", "wgs84", "gcj02", "bd09")
_LEVELS: Final = ("", *LEVELS)


def ask_for_answers() -> Answers:
    """The options of the command line on columns, layers, systems and levels, under a fold."""
    tr = words()
    with st.expander(tr(text("What the files are to be read as"))):
        st.caption(tr(text("Fill in only what is recognised wrongly; what cannot be recognised is asked.")))
        left, middle, right = st.columns(3, gap="medium")
        with left:
            column = _written(text("Column or band of residents"), "population-column")
            layer = _written(text("Layer of residents"), "population-layer")
        with middle:
            datum = pick(
                st.selectbox, text("Coordinates of residents"), _SYSTEMS, key="city-population-datum",
                said=lambda one: tr(_RECOGNISED if one == "auto" else SYSTEMS[one]),
            )  # fmt: skip
            level = pick(
                st.selectbox, text("Level of units without a level"), _LEVELS, key="city-units-level",
                said=lambda one: tr(level_title(one) if one else _RECOGNISED),
            )  # fmt: skip
        with right:
            streets = _written(text("Layer of streets"), "network-layer")
            classes = _written(text("Column of street classes"), "network-class")
    return Answers(
        population_column=column,
        population_layer=layer,
        population_datum=str(datum),
        units_level=str(level),
        network_layer=streets,
        network_class=classes,
    )


def _written(label: Text, name: str) -> str:
    tr = words()
    return st.text_input(tr(label), max_chars=80, key=f"city-{name}", placeholder=tr(_RECOGNISED)).strip()
