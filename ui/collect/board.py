"""The planner's board: who is asked until when, who has sent what, and sending a list oneself."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any, Final

import streamlit as st

from core.errors import UserError
from core.text import text
from data.store import Store
from data.store.records import ACCEPTED, SENT, city_named, rounds
from jobs.collect.cities import city_document
from jobs.collect.review import open_round
from jobs.collect.submit import Sending, submissions_document, submit
from jobs.collect.words import BEIJING, STATES, shown, who
from ui.check.upload import LIST_TYPES
from ui.shell.choices import choices, words
from ui.shell.work import forget, result_of
from ui.widgets.pick import pick
from ui.widgets.sections import NOTHING, answer, number, table
from ui.widgets.uploads import drop_files, files_from

NO_ROUND: Final = ""
_NOT_BEGUN: Final = text("not begun")
_OVERDUE: Final = text("overdue")
_HEAD: Final = (
    text("Office"), text("State"), text("Round"), text("Due"), text("Sent"), text("Sent by"), text("Version"),
    text("Facilities now"), text("Remark"),
)  # fmt: skip
_ROUND_DAYS: Final = 30
_SENDING: Final = "collect-sending"


def board(store: Store, city: str, by: str) -> None:
    """A row an office: how its newest list stands."""
    tr = words()
    lists = submissions_document(store, city=city, by=by)["submissions"]
    document = city_document(store, city)
    asked = _asked(store, city)
    rows = [_row(office, lists, asked) for office in document["offices"]]
    waiting = sum(1 for one in lists if one["state"] == "sent")
    answer(
        text(
            "{count} {count:list waits|lists wait} for a decision; {answered} of {offices} offices have sent "
            "one.",
            count=waiting,
            answered=len({one["office"] for one in lists if one["sent_at"]}),
            offices=sum(1 for office in document["offices"] if office["unit_id"]),
        )
    )
    table(
        text("Lists of the offices"),
        _HEAD,
        [[tr(c) if not isinstance(c, str) else c for c in r] for r in rows],
    )
    _reminders(document["offices"], lists, asked)
    left, right = st.columns(2, gap="medium")
    with left, st.expander(tr(text("Open a round"))), st.form("collect-round", border=False):
        name = st.text_input(tr(text("Name of the round")), max_chars=60)
        due = st.date_input(tr(text("Due")), value=date.today() + timedelta(days=_ROUND_DAYS))
        if st.form_submit_button(tr(text("Ask all offices"))) and name.strip():
            open_round(store, name.strip(), city=city, due=due.isoformat(), by=by)
            st.rerun()
    with right, st.expander(tr(text("Send an office's list"))):
        _send(store, city, [office["name"] for office in document["offices"]], by)


def _reminders(
    offices: list[dict[str, Any]], lists: list[dict[str, Any]], asked: dict[str, tuple[str, str]]
) -> None:
    """A sentence, to be sent, for each office whose list for the newest round that asks it is missing."""
    tr, today, said = words(), datetime.now(BEIJING).date(), []
    answered = {(one["office"], one["round"]) for one in lists if one["state"] in (SENT, ACCEPTED)}
    for office in offices:
        name, due = asked.get(office["name"], (NO_ROUND, ""))
        if not name or (office["name"], name) in answered:
            continue
        days = (date.fromisoformat(due) - today).days
        told = (
            text("{office}: please send your list for {round} by {due} ({days} {days:day|days} left).")
            if days >= 0
            else text("{office}: your list for {round} was due on {due}, {days} {days:day|days} ago.")
        )
        values = {"office": office["name"], "round": name, "due": due, "days": abs(days)}
        said.append(tr(text(told.template, **values)))
    if said:
        with st.expander(tr(text("Reminders ({count})", count=len(said)))):
            st.code("\n".join(said), language=None, wrap_lines=True)


def _asked(store: Store, city: str) -> dict[str, tuple[str, str]]:
    """Office → name and last day of the newest round that asks it."""
    with store.read() as connection:
        found = rounds(connection, city_named(connection, city))
    return {office: (one.name, one.due) for one in found for office in one.offices}


def _row(office: dict[str, Any], lists: list[dict[str, Any]], asked: dict[str, tuple[str, str]]) -> list[Any]:
    round_name, due = asked.get(office["name"], (NO_ROUND, ""))
    own = [one for one in lists if one["office"] == office["name"]]
    newest = next((one for one in reversed(own) if one["round"] == round_name), own[-1] if own else None)
    answered = newest is not None and newest["round"] == round_name
    late = bool(due) and date.today().isoformat() > due
    if newest is not None and (answered or not round_name):
        state: Any = STATES[newest["state"]]
    else:
        state = (_OVERDUE if late else _NOT_BEGUN) if round_name else NOTHING
    told = newest if newest is not None and (answered or not round_name) else None
    return [
        office["name"],
        state,
        round_name or NOTHING,
        due or NOTHING,
        shown(told["sent_at"]) if told else NOTHING,
        words()(who(told["sent_by"])) if told else NOTHING,
        number(office["version"]),
        number(office["facilities"]),
        told["remark"] if told else "",
    ]


def _send(store: Store, city: str, offices: list[str], by: str) -> None:
    """An office's list, sent by whoever sits here."""
    tr = words()
    with store.read() as connection:
        open_rounds = [one.name for one in rounds(connection, city_named(connection, city))]
    office = pick(st.selectbox, text("Office"), offices, key="collect-office", said=str)
    in_round = pick(
        st.selectbox, text("Round"), [*reversed(open_rounds), NO_ROUND], key="collect-in-round",
        said=lambda option: option or tr(text("none")),
    )  # fmt: skip
    files = files_from(st, tr(text("Its list")), LIST_TYPES, key="collect-lists", several=True)
    if st.button(tr(text("Check and send")), disabled=not files):
        # Each click is a sending of its own, also of the same list.
        st.session_state[_SENDING] = secrets.token_hex(8)
    asked = st.session_state.get(_SENDING)
    if not files or asked is None:
        return
    sending = Sending(city, office, in_round, language=choices().language)
    paths = [file.path for file in files]
    try:
        done = result_of(
            "collect-send", asked, lambda tell: submit(store, paths, sending, by=by, progress=tell)
        )
    except UserError:
        st.session_state.pop(_SENDING, None)
        raise
    st.session_state.pop(_SENDING, None)
    forget("collect-send")
    drop_files("collect-lists")
    st.session_state["collect-sent"] = done
    st.rerun()
