"""The conditions of a plan as widgets: each is off until it is touched."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.text import Text, text
from coverage.model.standard import level_title
from jobs.siting.conditions import read_conditions
from jobs.siting.request import FROM_LIST, PlanConditions, UnitQuota
from ui.shell.choices import words
from ui.widgets.pick import pick
from ui.widgets.uploads import file_from

_NO_LEVEL: Final = ""
_NO_LIMIT: Final = text("no limit")
_NOT_STATED: Final = text("not stated")
_LEVELS: Final = (_NO_LEVEL, "district", "street", "community")


def ask_conditions() -> PlanConditions:
    """What the plan must respect; a conditions file first, what is typed here on top."""
    tr = words()
    stated = PlanConditions()
    with st.expander(tr(text("Conditions"))):
        left, middle, right = st.columns(3, gap="medium")
        with left:
            budget = _number(text("Budget, in the list's unit"), "budget", step=10.0)
            cost = _number(text("Cost of a site without a stated cost"), "cost", step=10.0, empty=_NOT_STATED)
            metres = _number(text("Least metres between facilities"), "spacing", step=100.0)
            stated = stated.with_more(PlanConditions(budget=budget, cost=cost, spacing_m=metres or 0.0))
        with middle:
            stated = stated.with_more(_quota())
            stated = stated.with_more(_weights())
        with right:
            stated = stated.with_more(_loads())
        stated = stated.with_more(_named())
        told = tr(text("Conditions as a TOML file (what is typed above goes first)"))
        file = file_from(st, told, ["toml"], key="siting-file")
        return stated if file is None else read_conditions(file).with_more(stated)


def _number(label: Text, key: str, *, step: float, empty: Text = _NO_LIMIT) -> float | None:
    """A number that may be left empty, which means `empty`."""
    value = st.number_input(
        words()(label), 0.0, None, None, step, key=f"siting-{key}", placeholder=words()(empty)
    )
    return None if value is None else float(value)


def _quota() -> PlanConditions:
    tr = words()
    level = pick(
        st.selectbox, text("At most so many per unit"), _LEVELS, key="siting-level",
        said=lambda option: tr(level_title(option)) if option else tr(text("no limit")),
    )  # fmt: skip
    if level == _NO_LEVEL:
        return PlanConditions()
    most = int(st.number_input(tr(text("Most in each")), 0, 99, 1, key="siting-most"))
    only_new = st.checkbox(tr(text("count new sites only")), value=True, key="siting-only-new")
    return PlanConditions(quotas=(UnitQuota(str(level), most=most, only_new=only_new),))


def _weights() -> PlanConditions:
    tr = words()
    weight = float(
        st.number_input(
            tr(text("An elderly resident counts")), 0.1, 20.0, 1.0, 0.5, key="siting-elderly",
            help=tr(text("1: as everybody; 2: twice.")),
        )
    )  # fmt: skip
    worth = float(
        st.number_input(
            tr(text("A second facility within reach counts")), 0.0, 1.0, 0.0, 0.1, key="siting-backup",
            help=tr(text("0: not at all; 0.5: half as much as the first.")),
        )
    )  # fmt: skip
    weights = (("elderly", weight),) if weight != 1.0 else ()
    return PlanConditions(weights=weights, backup=worth)


def _loads() -> PlanConditions:
    tr = words()
    close = int(
        st.number_input(
            tr(text("Close so many existing ones")), 0, 50, 0, key="siting-close",
            help=tr(text("Relocation: the least needed ones of the tier give way to new sites.")),
        )
    )  # fmt: skip
    capacity = _number(text("Most residents per new site"), "capacity", step=500.0)
    from_list = st.checkbox(tr(text("capacity as the list states")), key="siting-capacity-list")
    band = st.checkbox(
        tr(text("keep the standard's residents per site (rural)")),
        key="siting-band",
        help=tr(text("Every new rural site serves as many as the standard's band asks for.")),
    )
    return PlanConditions(close=close, capacity=FROM_LIST if from_list else capacity, within_band=band)


def _named() -> PlanConditions:
    tr = words()
    told = tr(text("One a line: a name of the list, or longitude, latitude."))
    left, right = st.columns(2, gap="medium")
    required = left.text_area(tr(text("Must be built")), key="siting-required", height=80, help=told)
    forbidden = right.text_area(tr(text("Must not be built")), key="siting-forbidden", height=80, help=told)
    return PlanConditions(required=_lines(required), forbidden=_lines(forbidden))


def _lines(written: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (written or "").splitlines() if line.strip())
