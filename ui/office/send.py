"""The office's list before it is sent: taken in, checked, mended row by row, then sent or kept as a draft."""

from __future__ import annotations

import hashlib
import secrets
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.errors import UserError
from core.progress import Progress
from core.text import text
from data.store.records import ACCEPTED, RETURNED
from jobs.collect.cities import city_files
from jobs.collect.submit import Sending, submit
from jobs.collect.words import shown
from jobs.collect.workbooks import office_template
from jobs.desk.desk import originals_of
from ui.check.checking import Checked, Lists, checked
from ui.check.findings import counts
from ui.check.places import proposals_line
from ui.check.steps import take_step
from ui.check.system import system_line
from ui.check.upload import LIST_TYPES, ask_for_datum, decide_anew, mapping_of, parts_chosen
from ui.office.mend import forget_mended, mend_rows, with_mended
from ui.office.now import remarks_of
from ui.office.own import Own
from ui.shell.choices import choices, words
from ui.shell.session import keep_bytes, session_folder
from ui.shell.work import forget, result_of
from ui.widgets.pick import pick
from ui.widgets.small_map import on_ground
from ui.widgets.uploads import KeptFile, drop_files, files_from, put_files

if TYPE_CHECKING:
    from jobs.lists.check import CheckReport

BOX: Final = "desk-lists"
NO_ROUND: Final = ""
_SENDING: Final = "desk-sending"
_SENT: Final = "desk-sent"
_TIMES: Final = "desk-times-sent"


def send(own: Own) -> None:
    """From the file, or the list as it stands, to what was sent."""
    brought = _files(own)
    if not brought:
        return
    first = tuple(file.path for file in brought)
    decide_anew(first)
    files = with_mended(brought)
    lists = Lists(
        tuple(file.path for file in files),
        tuple(file.name for file in files),
        ask_for_datum(),
        city_files(own.store, own.desk.city).units,
        None,
        own.desk.office.name,
        mapping_of(own.desk.office.name),
        parts=parts_chosen(),
    )
    with on_ground(own.ground):
        done = checked(lists, partial(_check, own, _memory(own, first)))
        counts(done)
        _settled(own, done)
        system_line(done)
        proposals_line(done)
        mend_rows(done, _remarked(own, brought, done))
        take_step(done)
    _send(own, done, brought)


def tell_sent() -> None:
    """What the last click sent, now that it is on disk."""
    sent = st.session_state.pop(_SENT, None)
    if sent is None:
        return
    said = (
        text("Kept as a draft: {id}, version {version}. It is not sent yet.", **_named(sent))
        if sent["state"] == "draft"
        else text("Sent: {id}, version {version}. It waits for a planner's decision.", **_named(sent))
    )
    st.success(words()(said))


def _named(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: sent[name] for name in ("id", "version")}


def _files(own: Own) -> tuple[KeptFile, ...]:
    """The office's files as it brought them; before there are any, the ways to begin."""
    tr, box = words(), _box(own)
    label = tr(text("The list as you have it (Excel, WPS, CSV, GeoJSON, GeoPackage, KML, zipped shapefile)"))
    files = files_from(st, label, LIST_TYPES, key=box, several=True)
    if files:
        return files
    left, right = st.columns(2, gap="medium")
    desk = own.desk
    if len(desk.rows) and left.button(tr(text("Begin with my list as it stands")), width="stretch"):
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"{desk.office.name}.xlsx"
            office_template(
                own.store, path, city=desk.city.name, office=desk.office.name, by=own.by,
                language=choices().language,
            )  # fmt: skip
            put_files(box, [KeptFile(keep_bytes(path.read_bytes(), path.name), path.name)])
        st.rerun()
    last = next((one for one in desk.lists if one.now.state != ACCEPTED), None)
    if last is not None and right.button(
        tr(text("Go on with the list of {at}", at=shown(last.now.at))), width="stretch"
    ):
        with TemporaryDirectory() as folder:
            paths = originals_of(
                own.store, last.now.id, Path(folder), city=desk.city.name, office=desk.office.name, by=own.by
            )
            put_files(box, [KeptFile(keep_bytes(one.read_bytes(), one.name), one.name) for one in paths])
        st.rerun()
    return ()


def _box(own: Own) -> str:
    return f"{BOX}-{own.key}-{st.session_state.get(_TIMES, 0)}"


def _memory(own: Own, first: tuple[Path, ...]) -> Path:
    """Where what is decided on these files is kept, also while rows of them are mended."""
    # Uploads lie in folders called by their contents, wherever the session's own folder lies.
    uploads = [f"{path.parent.name}/{path.name}" for path in first]
    name = hashlib.sha256(repr((own.key, uploads)).encode()).hexdigest()[:16]
    return session_folder() / "desk" / name


def _check(own: Own, memory: Path, lists: Lists, out: Path, language: str, report: Progress) -> CheckReport:
    """In a thread of its own: nothing of the session may be asked here."""
    from jobs.desk.check import check_own_list

    mine = _own_list(own, lists)
    return check_own_list(own.store, mine, out=out, memory=memory, language=language, progress=report)


def _own_list(own: Own, lists: Lists) -> Any:
    from jobs.desk.check import OwnList

    city, office = own.desk.city.name, own.desk.office.name
    return OwnList(city, office, lists.paths, own.by, lists.datum, dict(lists.columns), dict(lists.parts))


def _settled(own: Own, done: Checked) -> None:
    """How much of what was found last time is settled."""
    from jobs.desk.check import settled

    found = settled(own.store, own.desk, done.report)
    if found is None or not found.count:
        return
    said = text(
        "{settled} of last time's {count} {count:finding is|findings are} settled.",
        settled=found.settled,
        count=found.count,
    )
    (st.success if found.settled == found.count else st.info)(words()(said))


def _remarked(own: Own, brought: tuple[KeptFile, ...], done: Checked) -> set[tuple[str, str, int]]:
    """The planners' remarks of a list that they returned, and the rows that they are about."""
    from jobs.desk.check import rows_remarked

    last = own.desk.open_list
    if last is None or last.now.state != RETURNED:
        return set()
    remarks_of(last)
    return rows_remarked(own.store, last, [file.path for file in brought], done.report)


def _send(own: Own, done: Checked, brought: tuple[KeptFile, ...]) -> None:
    tr, desk = words(), own.desk
    rounds = [*(one.round for one in desk.asked), NO_ROUND]
    left, middle, right = st.columns([0.4, 0.3, 0.3], gap="medium", vertical_alignment="bottom")
    with left:
        in_round = pick(
            st.selectbox, text("For the round"), rounds, key=f"desk-round-{own.key}",
            said=lambda option: option or tr(text("none")),
        )  # fmt: skip
    nothing = not done.document["accepted"]
    is_draft = middle.button(tr(text("Keep as a draft")), width="stretch")
    if is_draft or right.button(
        tr(text("Send to the planners")), type="primary", disabled=nothing, width="stretch"
    ):
        # Each click is a sending of its own; a run that a click elsewhere began anew waits for the same.
        st.session_state[_SENDING] = (secrets.token_hex(8), is_draft, in_round)
    if st.session_state.get(_SENDING) is None:
        return
    _, draft, wanted_round = asked = st.session_state[_SENDING]
    sending = Sending(
        desk.city.name, desk.office.name, wanted_round, draft, done.lists.datum, choices().language
    )
    task = partial(_submitted, own, done, sending)
    try:
        st.session_state[_SENT] = result_of("desk-send", asked, task)
    except UserError:
        st.session_state.pop(_SENDING, None)
        raise
    st.session_state.pop(_SENDING, None)
    forget("desk-send")
    if not draft:
        forget_mended(brought)
        drop_files(_box(own))
        # A box of another key is an empty one: the browser's own still shows the file that was sent.
        st.session_state[_TIMES] = st.session_state.get(_TIMES, 0) + 1
    st.rerun()


def _submitted(own: Own, done: Checked, sending: Sending, report: Progress) -> Any:
    from jobs.desk.check import decided_in

    decisions = decided_in(own.store, _own_list(own, done.lists), done.report)
    return submit(own.store, done.lists.paths, sending, by=own.by, decisions=decisions, progress=report)
