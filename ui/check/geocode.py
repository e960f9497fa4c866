"""Addresses looked up by a map service: proposals with what speaks for them, to be confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from core.errors import Cancelled
from core.progress import Progress
from core.text import Text, text
from ui.check.checking import Checked, memory_of, place
from ui.shell.choices import words
from ui.shell.safe import in_markdown
from ui.shell.work import Work, wait_for
from ui.widgets.pick import pick

if TYPE_CHECKING:  # what asks takes a moment to load
    from data.geocode import Proposals
    from data.geocode.services import Service
    from data.intake.decisions import Place
    from data.intake.review import ToLocate
    from jobs.lists.check import CheckReport

_CREDITS: Final = {"nominatim": text("Answers © OpenStreetMap contributors (ODbL).")}
_WORK: Final = "geocode-work"
_ANSWERS: Final = "geocode-answers"


@dataclass(frozen=True)
class Answers:
    """What a service said about the addresses of some lists."""

    paths: tuple[Path, ...]
    service: str
    found: Proposals


def look_up(done: Checked) -> None:
    """The way to ask a service, folded away; once asked, what it said, and those to be taken together."""
    from jobs.lists.geocode import to_ask

    asked = to_ask(done.report)
    if asked:
        with st.expander(words()(text("Look the addresses up with a map service (needs the internet)"))):
            _ask(done, asked)
    _follow(done)
    answers = _answers(done)
    if answers is not None:
        _tell(done, answers)


def proposal_of(done: Checked, row: ToLocate) -> Place | None:
    """Where the service puts a facility that nobody placed yet."""
    answers = _answers(done)
    return answers.found.places.get(row.row_id) if answers and row.lon is None else None


def evidence_of(done: Checked, row: ToLocate) -> Text | None:
    """What the service found by the row's address; None if it was not asked or the row is placed."""
    answers = _answers(done)
    if answers is None or row.lon is not None:
        return None
    found, service = answers.found, _title(answers.service)
    if row.row_id in found.places:
        return text("{service} found: “{found}”.", service=service, found=found.places[row.row_id].found)
    if row.row_id in found.rough:
        rough = found.rough[row.row_id]
        return text("{service} found only “{found}”, a whole street or area.", service=service, found=rough)
    if row.row_id in found.unknown:
        return text("{service} knows no place of this address.", service=service)
    return None


def state_of(row: ToLocate, proposal: Place | None, away_m: float | None) -> Text:
    """Whether a row is placed or proposed, in a few words; `away_m` from the unit it declares."""
    if row.lon is not None and row.lat is not None:
        by = _PLACED_BY.get(row.by, text("by its address"))
        return text("{lon:.5f}, {lat:.5f} {by}", lon=row.lon, lat=row.lat, by=by)
    if proposal is None and row.proposed is not None:
        return text("proposed: {lon:.5f}, {lat:.5f}", lon=row.proposed[0], lat=row.proposed[1])
    if proposal is None:
        return text("not placed")
    if away_m is None:
        return text("proposed: {found}", found=proposal.found)
    if away_m == 0:
        return text("proposed, within its unit: {found}", found=proposal.found)
    return text("proposed, {metres:,.0f} m outside its unit: {found}", metres=away_m, found=proposal.found)


_PLACED_BY: Final = {"hand": text("by hand"), "proposal": text("as the check proposed")}


def proposals(done: Checked) -> Mapping[str, Place]:
    """Row id → proposal, for rows that nobody placed yet."""
    said = ((row.row_id, proposal_of(done, row)) for row in done.to_locate)
    return {row: found for row, found in said if found is not None}


def _title(service: str) -> Text:
    from data.geocode import TITLES

    return TITLES[service]


def _answers(done: Checked) -> Answers | None:
    answers: Answers | None = st.session_state.get(_ANSWERS)
    return answers if answers is not None and answers.paths == done.lists.paths else None


def _ask(done: Checked, asked: tuple[ToLocate, ...]) -> None:
    from data.geocode import SERVICES, TITLES

    tr = words()
    service = pick(
        st.radio, text("Service"), SERVICES, key="geocode-service", said=lambda option: tr(TITLES[option])
    )
    # A form takes what is typed even while the field still has the focus.
    with st.form("geocode", border=False):
        left, right = st.columns(2, gap="medium")
        city = left.text_input(
            tr(text("City, written before each address")),
            max_chars=30,
            placeholder="南京市",
            key="geocode-city",
        )
        with right:
            key = _ask_for_key(service)
        st.warning(in_markdown(tr(_warning(service))))
        label = text(
            "Send {count} {count:address|addresses} to {service}", count=len(asked), service=TITLES[service]
        )
        wanted = st.form_submit_button(in_markdown(tr(label)), key="geocode-send")
    if wanted:
        _begin(done, service, key, city.strip())


def _ask_for_key(service: str) -> str:
    """A key given by hand, for a service that wants one; it is kept nowhere."""
    from data.geocode import KEYS

    if service not in KEYS:
        return ""
    tr = words()
    note = (
        text("needed; applied for at lbs.tianditu.gov.cn")
        if _lacks_key(service)
        else text("the key of this computer")
    )
    key = st.text_input(
        tr(text("Key (used for this search only, never stored)")),
        type="password",
        placeholder=tr(note),
        key="geocode-key",
        autocomplete="off",
    )
    return key.strip()


def _lacks_key(service: str) -> bool:
    from jobs.lists.geocode import key_is_missing

    return key_is_missing(service)


def _warning(service: str) -> Text:
    return text(
        "The addresses leave this network: they are sent over the internet to {service}, one by one, with "
        "the unit they name; nothing else of the list is. Do so only if they may be known outside.",
        service=_title(service),
    )


def _begin(done: Checked, service: str, key: str, city: str) -> None:
    from jobs.lists.geocode import service_with

    if _lacks_key(service) and not key:
        st.error(
            words()(text("{service} answers only with a key; please fill it in.", service=_title(service)))
        )
        return
    ask = partial(_propose, done.report, service_with(service, key), city, _cache(done))
    st.session_state[_WORK] = (service, Work(done.lists.paths).start(ask))


def _cache(done: Checked) -> Path:
    """Answers are kept where the office's decisions are; without an office, for this session."""
    return memory_of(done.lists.office) / "geocode"


def _propose(report: CheckReport, service: Service, city: str, cache: Path, tell: Progress) -> Proposals:
    """In a thread of its own: nothing of the session may be asked here."""
    from jobs.lists.geocode import propose_places

    return propose_places(report, service, city=city, cache=cache, progress=tell)


def _follow(done: Checked) -> None:
    """Wait for a search under way; its answers are kept, its errors raised, its end by a button is told."""
    service, work = st.session_state.get(_WORK, ("", None))
    if work is None:
        return
    if work.question != done.lists.paths:
        work.stop.set()
    wait_for(work, lambda: work.running, button=text("Cancel"), key="geocode-cancel")
    del st.session_state[_WORK]
    if work.stop.is_set():
        st.info(in_markdown(words()(Cancelled().message)))
    elif work.error is not None:
        raise work.error
    else:
        st.session_state[_ANSWERS] = Answers(done.lists.paths, service, work.result)
        st.rerun()


def _tell(done: Checked, answers: Answers) -> None:
    """How many were found, why others were not asked, and those that lie where they should."""
    tr, found = words(), answers.found
    counts = text(
        "Found: {found}; only as a street or area: {rough}; not known: {unknown}. These are proposals: "
        "nothing is placed until you confirm it.",
        found=len(found.places),
        rough=len(found.rough),
        unknown=len(found.unknown),
    )
    st.caption(in_markdown(" ".join([tr(counts), *_credit(answers)])))
    if found.problem is not None:
        st.warning(in_markdown(tr(found.problem)))
    _offer_those_inside(done)


def _credit(answers: Answers) -> list[str]:
    return [words()(_CREDITS[answers.service])] if answers.service in _CREDITS else []


def _offer_those_inside(done: Checked) -> None:
    from jobs.lists.places import away_from_declared

    waiting = proposals(done)
    away_m = away_from_declared(done.report, {row: (p.lon, p.lat) for row, p in waiting.items()})
    inside = {row: waiting[row] for row, metres in away_m.items() if metres == 0}
    if not inside:
        return
    label = text("Confirm the {count} that lie in the unit they name", count=len(inside))
    if st.button(words()(label), key="geocode-confirm"):
        place(done, inside)
        st.rerun()
