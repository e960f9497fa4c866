"""Facilities that seem to be listed twice: a card each, with the choice to merge, keep or drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from core.text import Text, listed, remarked, text
from ui.check.checking import Checked, decide
from ui.shell.choices import words
from ui.shell.safe import in_html, in_markdown
from ui.widgets.pick import pick
from ui.widgets.small_map import list_map
from ui.widgets.tables import scrolling, tier_name

if TYPE_CHECKING:
    from data.intake.review import Group, Member

_PAGE: Final = 10
_SHOWN: Final = "groups-shown"
_ON_MAP: Final = "group-on-map"
_HEIGHT_PX: Final = 260
ACTIONS: Final = {"merge": text("merge"), "keep": text("keep all"), "drop": text("drop the others")}
_MEANING: Final = {
    "merge": text("One stays and takes what it lacks from the others."),
    "keep": text("They are different facilities; all stay."),
    "drop": text("One stays as it is; the others are left out."),
}


def twice_step(done: Checked) -> None:
    """The groups, ten at a time; nothing happens to a row until somebody decides."""
    tr = words()
    waiting = [group for group in done.groups if not group.decision]
    st.caption(
        tr(
            text(
                "{count} {count:group|groups}, {waiting} not decided. Until you decide, every row stays.",
                count=len(done.groups),
                waiting=len(waiting),
            )
        )
    )
    if len(waiting) > 1:
        _decide_all(done, waiting)
    shown = int(st.session_state.get(_SHOWN, _PAGE))
    for number, group in enumerate(done.groups[:shown], 1):
        with st.container(border=True):
            _card(done, number, group)
    if len(done.groups) > shown and st.button(tr(text("Show more"))):
        st.session_state[_SHOWN] = shown + _PAGE
        st.rerun()


def _decide_all(done: Checked, waiting: list[Group]) -> None:
    tr = words()
    left, right = st.columns([0.7, 0.3], vertical_alignment="bottom")
    action = pick(
        left.selectbox, text("For all that are not decided"), list(ACTIONS), key="all-groups",
        said=lambda option: f"{tr(ACTIONS[option])} – {tr(_MEANING[option])}",
    )  # fmt: skip
    if right.button(tr(text("Apply to {count} {count:group|groups}", count=len(waiting))), width="stretch"):
        decide(done, {group.id: action for group in waiting})
        for group in waiting:
            st.session_state.pop(_key(group), None)
        st.rerun()


def _card(done: Checked, number: int, group: Group) -> None:
    tr = words()
    st.html(f"<b>{number}. {in_html(tr(_reason(group)))}</b>{_table(done, group)}")
    left, right = st.columns([0.55, 0.45], vertical_alignment="bottom")
    with left:
        action = _ask_for_action(group)
    with right:
        stays = _ask_for_staying(group, action)
    if action:
        st.caption(tr(_MEANING[action]))
    if (action, stays) != (group.decision, group.stays if group.decision in ("merge", "drop") else ""):
        _apply(done, group, action, stays)
    if st.session_state.get(_ON_MAP) == group.id:
        _map(group)
    elif st.button(tr(text("Show on the map")), key=f"map-{group.id}", type="tertiary"):
        st.session_state[_ON_MAP] = group.id
        st.rerun()


def _apply(done: Checked, group: Group, action: str, stays: str) -> None:
    from data.intake.decisions import GroupChoice

    decide(done, {group.id: GroupChoice(action, stays) if action else ""})
    st.rerun()


def _ask_for_action(group: Group) -> str:
    tr = words()
    key = _key(group)
    # Set anew in every run: else the browser goes on with the words of the language before.
    st.session_state[key] = st.session_state.get(key, group.decision or None)
    chosen = st.segmented_control(
        tr(text("What to do")),
        list(ACTIONS),
        format_func=lambda option: tr(ACTIONS[option]),
        key=key,
        label_visibility="collapsed",
    )
    return str(chosen or "")


def _ask_for_staying(group: Group, action: str) -> str:
    """The row that stays, where one must; a facility kept already stands for itself."""
    if action not in ("merge", "drop"):
        return ""
    ids = [*([""] if group.stored else []), *(member.row_id for member in group.members)]
    titles = {member.row_id: _title(member) for member in group.members}
    titles[""] = words()(listed(group.stored))
    if len(ids) < 2:
        return ids[0]
    return str(
        pick(
            st.selectbox, text("This one stays"), ids, key=f"stays-{group.id}",
            said=titles.__getitem__, first=group.stays,
        )
    )  # fmt: skip


def _title(member: Member) -> str:
    where = " ".join(str(part) for part in (member.sheet, member.row) if part)
    return words()(remarked(member.name, where))


def _reason(group: Group) -> Text:
    if group.stored:
        return text("In the list of the city too, as {names}", names=listed(group.stored))
    if group.reason == "name":
        return text("Names alike, {metres:,.0f} m apart", metres=group.apart_m)
    return text("Different names at one spot ({metres:,.0f} m apart)", metres=group.apart_m)


def _table(done: Checked, group: Group) -> str:
    tr = words()
    head = (text("Name"), text("Kind"), text("Address"), text("List"), text("Sheet"), text("Row"))
    rows = [
        (m.name, tier_name(m.tier), m.address, done.lists.called(m.file), m.sheet, m.row)
        for m in group.members
    ]
    return scrolling(tr(_reason(group)), [tr(title) for title in head], rows)


def _map(group: Group) -> None:
    from maps.still.sketch import Dots, Frame, Sketch, widened

    lon = np.array([member.lon for member in group.members], float)
    lat = np.array([member.lat for member in group.members], float)
    box = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    dots = Dots(lon, lat, "outside", [_title(member) for member in group.members])
    title = text("Where they lie")
    st.caption(in_markdown(words()(title)))
    list_map(
        Sketch(widened(box, 250.0), (dots,)), Frame(title, _HEIGHT_PX, wheel=False), key=f"at-{group.id}"
    )


def _key(group: Group) -> str:
    return f"group-{group.id}"
