"""One list held against what it would change; and every version of every office's list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from core.text import Text, listed, text
from coverage.model.standard import Standard, level_title, share_title
from coverage.model.verdict_rows import VERDICT_WORDS
from coverage.publish.wide import share_of
from data.formats.geometry import EXTENT
from data.intake.review import FIELD_TITLES
from data.store import Store
from jobs.cache import prebuild as warm
from jobs.collect.changes import WHOLE, ByRow, OfficeChange, changes_in
from jobs.collect.cities import standard_of, study_at
from jobs.collect.preview import preview
from jobs.collect.review import Decision, compare_versions, history, restore, review
from jobs.collect.submit import submissions_document
from jobs.collect.words import remark_at, shown, who
from ui.briefing.source import brief_on
from ui.collect.change_map import change_map
from ui.shell.choices import choose, words
from ui.shell.compute import cache_folder
from ui.shell.measured import title_of_rule
from ui.shell.work import result_of
from ui.widgets.pick import pick
from ui.widgets.sections import NOTHING, answer, explained, number, share_or_dash, table
from ui.widgets.tables import exact

_BY_ROW: Final = "collect-by-row"
_WHAT: Final[Mapping[str, Text]] = {
    "new": text("newly listed"), "gone": text("gone"), "moved": text("moved"), "changed": text("changed"),
}  # fmt: skip
_FACILITIES: Final = (text("What"), text("Office"), text("Name"), text("Type"), text("Difference"))
_RULES: Final = (
    text("Rule"), text("Which share"), text("Before"), text("After"), text("Newly served"),
    text("No longer served"), text("Verdict"),
)  # fmt: skip
_ENDS: Final = (text("From"), text("To"))
_VERSIONS: Final = (
    text("When"), text("Office"), text("Version"), text("Facilities"), text("Done by"), text("Where from"),
)  # fmt: skip


def reviews(store: Store, city: str, by: str) -> None:
    """The lists that wait for a decision, one or several together, in their consequences."""
    tr = words()
    sent = submissions_document(store, city=city, by=by)["submissions"]
    waiting = [one for one in sent if one["state"] == "sent"]
    if not waiting:
        answer(text("No list waits for a decision."))
        return
    named = {
        one["id"]: f"{one['office']} · {shown(one['sent_at'])} · {tr(who(one['sent_by']))}" for one in waiting
    }
    chosen = st.multiselect(
        tr(text("Lists to look at together")),
        list(named),
        default=list(named)[:1],
        format_func=named.__getitem__,
    )
    if not chosen:
        return
    asked = (tuple(chosen), tuple((one["id"], one["version"]) for one in waiting), _versions(store, city, by))
    by_row = _by_row(asked)
    told = result_of(
        "collect-preview",
        (*asked, by_row),
        lambda tell: preview(
            store, chosen, by_row=by_row, by=by, cache=warm.streets_of(cache_folder()), progress=tell
        ),
    )
    _doubts(told)
    standard = standard_of(store, city)
    _facilities(store, city, told, standard, key="collect-changes")
    _consequences(told, standard)
    _row_by_row(told, asked)
    _decide(store, [one for one in waiting if one["id"] in chosen], by_row, by)


def versions(store: Store, city: str, by: str) -> None:
    """The line of versions; any one comes back as a new one, or is looked at as the city was then."""
    tr = words()
    found = history(store, city=city, by=by)["versions"]
    rows = [
        [
            *(shown(one["at"]), one["office"], number(one["version"]), number(one["facilities"])),
            tr(who(one["by"])),
            _where_from(one),
        ]
        for one in reversed(found)
    ]
    table(text("Versions of the city's list"), _VERSIONS, rows)
    explained(
        text("What a version is"),
        text("Nothing is overwritten: an earlier version that is brought back becomes a new one."),
    )
    _two_versions(store, city, found, by)
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    keys = [(one["office"], one["version"]) for one in reversed(found)]
    with left:
        office, version = pick(
            st.selectbox, text("Version"), keys, key="collect-version",
            said=lambda key: tr(text("{office}, version {version}", office=key[0], version=key[1])),
        )  # fmt: skip
        if st.button(tr(text("Bring this version back")), width="stretch"):
            restore(store, city=city, office=office, to=version, by=by)
            st.rerun()
    if right.button(tr(text("Briefing: the city now beside its earlier lists")), width="stretch"):
        brief_on(city)
    if right.button(tr(text("Show the city with its newest lists on all pages")), width="stretch"):
        choose(city=study_at(store, city, by=by), stored=city, lists=None)
        st.switch_page("ui/overview/page.py")


def _two_versions(store: Store, city: str, found: Any, by: str) -> None:
    """Any two versions of one office's list, compared."""
    tr = words()
    several: dict[str, list[int]] = {}
    for one in found:
        several.setdefault(one["office"], []).append(one["version"])
    several = {office: versions for office, versions in several.items() if len(versions) > 1}
    if not several:
        return
    with st.expander(tr(text("Compare two versions of a list"))):
        boxes = st.columns(3, gap="medium")
        with boxes[0]:
            office = pick(st.selectbox, text("Office"), list(several), key="collect-compare", said=str)
        ends = []
        for box, label, first in zip(boxes[1:], _ENDS, (-2, -1), strict=True):
            with box:
                ends.append(
                    pick(
                        st.selectbox, label, several[office], key=f"collect-compare-{office}{first}",
                        said=lambda version: tr(text("version {version}", version=version)),
                        first=several[office][first],
                    )
                )  # fmt: skip
        told = compare_versions(store, city=city, office=office, versions=(ends[0], ends[1]), by=by)
        _facilities(store, city, told, standard_of(store, city), key="collect-compared")


def _versions(store: Store, city: str, by: str) -> tuple[str, ...]:
    return tuple(f"{one['office']} {one['version']}" for one in history(store, city=city, by=by)["versions"])


def _where_from(one: Mapping[str, Any]) -> str:
    tr = words()
    if one["from"]:
        return tr(text("version {version}, brought back", version=one["from"]))
    return (
        tr(text("list {id}", id=one["submission"])) if one["submission"] else tr(text("the city's own lists"))
    )


def _facilities(store: Store, city: str, told: Mapping[str, Any], standard: Standard, *, key: str) -> None:
    """Every facility that differs, in a table and on the map."""
    tr = words()
    answer(
        text(
            "New {new}, gone {gone}, moved {moved}, changed {changed}.",
            **{name: told[name] for name in _WHAT},
        ),
    )
    rows = [
        [
            *(tr(_WHAT[one["what"]]), one["office"], one["name"]),
            tr(standard.tier_title(one["tier"])),
            _difference(one),
        ]
        for one in told["facilities"]
    ]
    if rows:
        table(text("Facilities that differ"), _FACILITIES, rows)
        change_map(store, city, told["facilities"], key=key)


def _consequences(told: Mapping[str, Any], standard: Standard) -> None:
    tr = words()
    answer(text("{count} {count:verdict|verdicts} of units would change.", count=len(told["units_changed"])))
    changed = [
        rule
        for rule in told["rules"]
        if rule["residents_gained"] or rule["residents_lost"] or rule["share_before"] != rule["share_after"]
    ]
    if not changed:
        st.caption(tr(text("No rule's figure would change.")))
        return
    rules = [
        [
            title_of_rule(standard, rule["id"]),
            tr(share_title(share_of(standard.rule(rule["id"])))),
            *(share_or_dash(rule["share_before"]), share_or_dash(rule["share_after"])),
            *(exact(rule["residents_gained"]), exact(rule["residents_lost"])),
            _verdict(rule),
        ]
        for rule in changed
    ]
    table(text("Rules that change"), _RULES, rules)
    units = [
        [one["name"], tr(level_title(one["level"])), title_of_rule(standard, one["rule"]), _verdict(one)]
        for one in told["units_changed"]
    ]
    if units:
        head = (text("Unit name"), text("Level"), text("Rule"), text("Verdict"))
        table(text("Units whose verdict changes"), head, units)


def _doubts(told: Mapping[str, Any]) -> None:
    """What carries the change and may be wrong, before the figures that come of it."""
    tr = words()
    if told["doubts"]:
        rows = [[one["office"], tr(one["message"])] for one in told["doubts"]]
        table(text("Please look at these first"), (text("Office"), text("Doubt")), rows)


def _by_row(asked: object) -> ByRow:
    """What was said of single facilities of the lists that are looked at; nothing of others."""
    of, by_row = st.session_state.get(_BY_ROW, (None, WHOLE))
    return by_row if of == asked else WHOLE


def _row_by_row(told: Mapping[str, Any], asked: object) -> None:
    """Facilities that stay as they were, and rows that are another facility than they were taken for."""
    tr, now = words(), _by_row(asked)
    rows = {one["facility_id"]: one for one in told["facilities"]}
    if not rows:
        return

    def named(number: str) -> str:
        one = rows.get(number)
        return f"{one['name']} · {tr(_WHAT[one['what']])} · {number}" if one else number

    unsure = sorted({number for number, one in rows.items() if one.get("unsure")} | now.apart)
    with (
        st.expander(tr(text("Facility by facility")), expanded=now != WHOLE),
        st.form("collect-rows", border=False),
    ):
        left = st.multiselect(
            tr(text("Leave these as they were")), sorted({*rows} | now.left), default=sorted(now.left),
            format_func=named,
        )  # fmt: skip
        apart = st.multiselect(
            tr(text("Not the same facility")), unsure, default=sorted(now.apart), format_func=named
        )
        if st.form_submit_button(tr(text("Work it out"))):
            st.session_state[_BY_ROW] = (asked, ByRow(frozenset(left), frozenset(apart)))
            st.rerun()


def _difference(one: Mapping[str, Any]) -> str:
    tr, said = words(), []
    if "moved_m" in one:
        said.append(tr(text("by {metres:,.0f} m", metres=one["moved_m"])))
    for name, (was, now) in one.get("changed", {}).items():
        if name == EXTENT:
            said.append(tr(text("other doors or another outline")))
        else:
            values = {"what": FIELD_TITLES[name], "before": _value(was), "after": _value(now)}
            said.append(tr(text("{what}: {before} → {after}", **values)))
    if one.get("unsure"):
        said.append(tr(text("recognised by place and type alone")))
    return tr(listed(said, between="；"))


def _value(value: object) -> str:
    return NOTHING if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)


def _verdict(one: Mapping[str, Any]) -> str:
    tr = words()
    before, after = (tr(VERDICT_WORDS[one[f"verdict_{when}"] or None]) for when in ("before", "after"))
    return before if before == after else f"{before} → {after}"


def _decide(store: Store, chosen: list[dict[str, Any]], by_row: ByRow, by: str) -> None:
    tr = words()
    remark = st.text_input(tr(text("Remark for the office")), max_chars=500, key="collect-remark")
    cells = st.text_area(
        tr(text("Remarks at cells, rows or facilities, one a line")), placeholder="B7=…\n9=…", max_chars=5000,
        key="collect-cells",
    )  # fmt: skip
    left, right = st.columns(2, gap="medium")
    accept = left.button(tr(text("Accept")), type="primary", width="stretch")
    if accept or right.button(tr(text("Return")), width="stretch"):
        remarks = tuple(remark_at(line) for line in cells.splitlines() if line.strip())
        for one in chosen:
            own = _of_office(store, one["id"], by_row) if accept else WHOLE
            review(store, one["id"], Decision(accept, remark, remarks, own, seen=one["version"]), by=by)
        st.session_state["collect-decided"] = (accept, [one["office"] for one in chosen])
        for key in ("collect-remark", "collect-cells", _BY_ROW):
            st.session_state.pop(key, None)
        st.rerun()


def _of_office(store: Store, number: str, by_row: ByRow) -> ByRow:
    """What was said of the facilities of one of several lists."""
    with store.read() as connection:
        (made,) = changes_in(connection, store.files, [number])
        (apart,) = changes_in(connection, store.files, [number], ByRow(apart=_known(made, by_row.apart)))
    return ByRow(_known(made, by_row.left) | _known(apart, by_row.left), _known(made, by_row.apart))


def _known(made: OfficeChange, numbers: frozenset[str]) -> frozenset[str]:
    return numbers & ({row["facility_id"] for row in made.told} | set(made.before["facility_id"].astype(str)))
