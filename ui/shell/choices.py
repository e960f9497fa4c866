"""What the user has chosen: one frozen value under one key of the session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from data.standards import DEFAULT_STANDARD
from jobs.siting.request import SitingRequest
from jobs.study.cases import OwnLists, StudyFiles
from locales import DEFAULT_LANGUAGE, Translator, translator

_KEY: Final = "choices"


@dataclass(frozen=True)
class ListInUse:
    """The user's own lists: where they lie, what the user calls them, how many rows were accepted."""

    files: OwnLists
    names: tuple[str, ...]
    accepted: int


@dataclass(frozen=True)
class Choices:
    """`standard` is a preset's id or one of `own_standards` (paths of the user's own files).

    `city` None is the demo city, `stored` its name in the store ("": it is not from there), `lists` None
    the city's own lists. `wish` counts once it is the user's own (`wish_is_own`; None: no sites wanted),
    before that a first look has suggestions. `gap_rule` is the rule whose gaps are listed ("": the one with
    most residents), `view` how table and map share the page ("both", "map", "table").
    """

    language: str
    standard: str = DEFAULT_STANDARD
    own_standards: tuple[str, ...] = ()
    city: StudyFiles | None = None
    stored: str = ""
    lists: ListInUse | None = None
    wish: SitingRequest | None = None
    wish_is_own: bool = False
    gap_rule: str = ""
    view: str = "both"


def choices() -> Choices:
    """The choices of this session; the browser's language decides the first time."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Choices(translator(st.context.locale or DEFAULT_LANGUAGE).language)
    chosen: Choices = st.session_state[_KEY]
    return chosen


def choose(**changes: Any) -> Choices:
    """Change some choices; returns the new ones. A city is one of the store only if that is said with it."""
    of_store = {"stored": ""} if "city" in changes else {}
    st.session_state[_KEY] = replace(choices(), **{**of_store, **changes})
    return choices()


def bound(field: str) -> dict[str, Any]:
    """Arguments that bind a widget to one of the choices, in both directions."""
    key = f"choose-{field}"
    st.session_state[key] = getattr(choices(), field)
    return {"key": key, "on_change": _follow, "args": (field, key)}


def _follow(field: str, key: str) -> None:
    choose(**{field: st.session_state[key]})


def words() -> Translator:
    """The translator of the chosen language."""
    return translator(choices().language)
