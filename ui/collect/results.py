"""Long work on a city of the store: asked for here, done by a worker, with an address when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from core.text import Text, labelled, remarked, text
from data.store import Store
from jobs.collect.permissions import actor
from jobs.collect.words import shown, who
from jobs.collect.work import (
    CANCELLED,
    DONE,
    FAILED,
    OPEN,
    QUEUED,
    RUNNING,
    ask_for_result,
    cancel,
    jobs_document,
)
from ui.shell.choices import choices, words
from ui.shell.gate import base
from ui.shell.safe import Html, in_html
from ui.widgets.pick import pick
from ui.widgets.sections import NOTHING, answer, table

_HEAD: Final = (text("Asked"), text("By"), text("Lists as of"), text("State"), text("Result"))
_STATES: Final[Mapping[str, Text]] = {
    QUEUED: text("waits for a worker"),
    RUNNING: text("under way"),
    DONE: text("done"),
    FAILED: text("failed"),
    CANCELLED: text("taken back"),
}


def results(store: Store, city: str, by: str) -> None:
    """The city's jobs, newest first; whoever may ask for one may take one back."""
    tr = words()
    own = [one for one in jobs_document(store, by=by)["jobs"] if one["asked"]["city"] == city]
    if own:
        rows = [
            [
                *(shown(one["at"]), tr(who(one["asked_by"])), shown(one["asked"]["at"]), _state(one)),
                _address(one["id"]) if one["state"] == DONE else NOTHING,
            ]
            for one in reversed(own)
        ]
        table(text("Long work"), _HEAD, rows)
        st.button(tr(text("Look again")))
    else:
        answer(text("Nothing was asked for yet. A worker of the server does it, also when nobody looks."))
    if not actor(store, by).may("job.ask"):
        return
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    if left.button(tr(text("Assess the city with its lists as they are now")), width="stretch"):
        ask_for_result(store, city, by=by, language=choices().language)
        st.rerun()
    open_ones = [one["id"] for one in own if one["state"] in OPEN]
    if open_ones:
        with right:
            number = pick(st.selectbox, text("Number"), open_ones, key="collect-job", said=str)
            if st.button(tr(text("Take back")), width="stretch"):
                cancel(store, number, by=by)
                st.rerun()


def _state(job: Mapping[str, Any]) -> str:
    tr = words()
    said = tr(_STATES[job["state"]])
    if job["state"] == RUNNING:
        return tr(remarked(said, f"{job['share']:.0%}"))
    return tr(labelled(said, job["said"])) if job["said"] else said


def _address(number: str) -> Html:
    return Html(
        f'<a href="{in_html(base())}/?result={in_html(number)}" target="_blank">{in_html(number)}</a>'
    )
