"""Choices whose values are keys: a change of language, of page or of the options loses none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Text, text
from coverage.model.standard import Standard, level_title
from ui.shell.choices import words
from ui.shell.measured import title_of_rule

if TYPE_CHECKING:  # tables take a second to import
    import pandas as pd

_USUAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "radio": {"horizontal": True},
    # A row of buttons says by itself what it is about; its label is read aloud.
    "segmented_control": {"required": True, "label_visibility": "collapsed"},
}


def pick(
    widget: Callable[..., Any],
    label: Text,
    options: Sequence[Any],
    *,
    key: str,
    said: Callable[[Any], str],
    first: Any = None,
) -> Any:
    """One of `options` by a select box, a radio or a row of buttons; `first` (or the first of them) at first.

    Written back at every run, so that the choice shown speaks the language just chosen. None without options.
    """
    chosen = st.session_state.get(key)
    if chosen not in options:
        chosen = first if first in options else next(iter(options), None)
    st.session_state[key] = chosen
    name = getattr(widget, "__name__", "")
    return widget(words()(label), list(options), format_func=said, key=key, **_USUAL.get(name, {}))


def pick_several(
    widget: Callable[..., Any],
    label: Text,
    options: Sequence[Any],
    *,
    key: str,
    said: Callable[[Any], str],
    first: Sequence[Any],
) -> list[Any]:
    """Any of `options`; `first` at first. What is chosen and no longer among them is left out."""
    chosen = st.session_state.get(key)
    kept = [one for one in options if one in (first if chosen is None else chosen)]
    st.session_state[key] = kept
    return list(widget(words()(label), list(options), selection_mode="multi", format_func=said, key=key))


def pick_rule(
    standard: Standard,
    rules: Sequence[str],
    *,
    key: str,
    box: Any = st,
    first: str | None = None,
) -> Any:
    """One of some rules, by its title; None if there are none."""
    return pick(
        box.selectbox,
        text("Rule"),
        rules,
        key=key,
        said=lambda rule: title_of_rule(standard, rule),
        first=first,
    )


def pick_level(table: pd.DataFrame, *, key: str) -> pd.DataFrame:
    """The rows of one level of units, chosen among those in the column `level`."""
    tr = words()
    level = pick(
        st.radio, text("Level"), distinct(table, "level"), key=key, said=lambda one: tr(level_title(one))
    )
    shown: pd.DataFrame = table[table["level"] == level]
    return shown


def distinct(table: pd.DataFrame, column: str) -> list[str]:
    """The different entries of a column as they come; none of a table without rows."""
    return list(dict.fromkeys(table[column])) if len(table) else []
