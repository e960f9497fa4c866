"""What is asked of the office, and its part of the city's list as a table and on a map."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import streamlit as st

from core.text import Sayable, Text, text
from data.store.records import ACCEPTED, DRAFT, RETURNED, SENT, Remark
from jobs.collect.cities import standard_of
from jobs.collect.words import BEIJING, STATES, shown, who
from jobs.collect.workbooks import office_template
from jobs.desk.desk import Asked, SentList
from ui.office.own import Own
from ui.shell.choices import choices, words
from ui.widgets.sections import NOTHING, answer, number, table
from ui.widgets.small_map import list_map, on_ground
from ui.widgets.uploads import EXCEL, file_button

_ROUNDS: Final = (text("Round"), text("Due"), text("Asked by"), text("Asked on"), text("Your list"))
_REMARKS: Final = (text("Where"), text("Remark"))
_LIST: Final = (
    text("Number"), text("Name"), text("Type"), text("Street or town"), text("Community or village"),
    text("Longitude"), text("Latitude"), text("Status"),
)  # fmt: skip
_HEIGHT_PX: Final = 460
_STATUS: Final[Mapping[str, Sayable]] = {
    "open": text("in operation"), "planned": text("planned"), "closed": text("closed"), "": NOTHING,
}  # fmt: skip


def asked(own: Own) -> None:
    """The rounds, what is to be done next, and what was remarked of a returned list."""
    tr, desk = words(), own.desk
    waiting = [one for one in desk.asked if one.state in ("", DRAFT, RETURNED)]
    if not desk.asked:
        answer(text("Nothing is asked of you at the moment. You may send your list at any time."))
    elif waiting:
        answer(_next(waiting[0]))
    else:
        answer(text("You have answered every round that asked you."))
    if desk.asked:
        rows = [
            [
                *(one.round, one.due, tr(who(one.opened_by)), shown(one.opened_at)),
                tr(STATES[one.state]) if one.state else tr(text("not begun")),
            ]
            for one in desk.asked
        ]
        table(text("Rounds that ask you"), _ROUNDS, rows)
    last = desk.open_list
    if last is not None:
        _stands(last)
        remarks_of(last)
    if desk.draft is not None:
        st.info(tr(text("A draft of {at} is kept. It is not sent yet.", at=shown(desk.draft.now.at))))


def remarks_of(one: SentList) -> None:
    """What the planners remarked of a list at its cells, rows and facilities."""
    tr = words()
    if one.now.remark:
        title = tr(text("Remark of the planners"))
        st.markdown(f"**{title}**")
        st.text(one.now.remark)
    if one.remarks:
        rows = [[tr(_where(remark)), remark.said] for remark in one.remarks]
        table(text("Remarks at rows and cells"), _REMARKS, rows)


def own_list(own: Own) -> None:
    """The part of the city's list that counts now: a table, the map beside it, the workbook to fill in."""
    tr, desk = words(), own.desk
    if desk.version is None or desk.rows.empty:
        answer(text("The city's list has no facility of yours yet."))
        return
    answer(
        text(
            "Version {version}, since {at}: {count} {count:facility|facilities}.",
            version=desk.version.version,
            at=shown(desk.version.at),
            count=len(desk.rows),
        )
    )
    standard = standard_of(own.store, desk.city.name)
    left, right = st.columns([0.5, 0.5], gap="medium")
    with left:
        rows = [
            [
                *(row["facility_id"], row["name"], tr(standard.tier_title(row["tier"]))),
                *(row["street"] or NOTHING, row["community"] or NOTHING),
                *(number(row["lon"], 6), number(row["lat"], 6)),
                tr(_STATUS.get(row["status"], row["status"])),
            ]
            for row in desk.rows.to_dict("records")
        ]
        table(text("My list as it stands"), _LIST, rows)
        file_button(
            st, text("Download it as a workbook to fill in"), partial(_workbook, own, choices().language),
            name=f"{desk.office.name}.xlsx", mime=EXCEL,
        )  # fmt: skip
    with right:
        _map(own)


def _map(own: Own) -> None:
    from maps.still.sketch import Dots, Frame, Sketch, widened

    rows = own.desk.rows[own.desk.rows["lon"].notna()]
    lon, lat = rows["lon"].to_numpy(float), rows["lat"].to_numpy(float)
    ground, outline = own.ground, own.outline
    sketch = Sketch(
        widened(ground.bounds, 200.0),
        (Dots(lon, lat, "plain", rows["name"].tolist()),),
        units=() if outline is None else (outline,),
    )
    with on_ground(ground):
        title = text("The facilities of {office}", office=own.desk.office.name)
        list_map(sketch, Frame(title, _HEIGHT_PX), key=f"desk-map-{own.key}")
    without = len(own.desk.rows) - len(rows)
    if without:
        said = text("{count} {count:facility has|facilities have} no place yet.", count=without)
        st.caption(words()(said))


def _workbook(own: Own, language: str) -> bytes:
    desk = own.desk
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        office_template(
            own.store, path, city=desk.city.name, office=desk.office.name, by=own.by, language=language
        )
        return path.read_bytes()


def _next(one: Asked) -> Text:
    late = datetime.now(BEIJING).date().isoformat() > one.due
    days = (date.fromisoformat(one.due) - datetime.now(BEIJING).date()).days
    if one.state == RETURNED:
        return text("Your list for {round} was returned: please mend it and send it again.", round=one.round)
    if late:
        return text("Your list for {round} was due on {due} and is missing.", round=one.round, due=one.due)
    return text(
        "{round}: please send your list by {due} ({days} {days:day|days} left).",
        round=one.round,
        due=one.due,
        days=days,
    )


def _stands(last: SentList) -> None:
    """Who has the newest list, since when."""
    now, tr = last.now, words()
    when, by = shown(now.at), who(now.by)
    said = {
        SENT: text("Sent on {at} by {by}; it waits for a planner.", at=when, by=by),
        RETURNED: text("Returned on {at} by {by}.", at=when, by=by),
        ACCEPTED: text("Accepted on {at} by {by}.", at=when, by=by),
    }[now.state]
    box = st.warning if now.state == RETURNED else st.success if now.state == ACCEPTED else st.info
    box(tr(said))


def _where(remark: Remark) -> Sayable:
    from data.formats.office.package import letters

    if remark.facility_id:
        return text("facility {number}", number=remark.facility_id)
    place = f"{letters(remark.column)}{remark.row}" if remark.column else ""
    sheet = f"{remark.sheet} · " if remark.sheet else ""
    if place:
        return f"{sheet}{place}"
    return text("{sheet}row {row}", sheet=sheet, row=remark.row)
