"""The largest gaps of a rule the user chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Text, text
from coverage.model.gap_words import gap_place
from coverage.model.standard import Rule, Standard
from ui.scenario.ask import TRY, open_there, tier_for
from ui.shell.choices import bound, choices, choose, words
from ui.shell.compute import View, current_assessed
from ui.shell.safe import in_markdown
from ui.widgets.goto import Spot, hidden_buttons, place_button, press_button
from ui.widgets.pick import pick
from ui.widgets.tables import exact, small_table

if TYPE_CHECKING:
    import pandas as pd

MOST_GAPS: Final = 10
_MOST_SHOWN: Final = 200
_ASKED: Final = "gap-being-split"
_PARTS_HEAD: Final = (
    text("Facility"), text("Residents it serves"), text("Left"), text("Longitude, latitude"),
)  # fmt: skip


def gaps(view: View) -> None:
    """The gaps with most residents; where they are and how far the nearest facility is."""
    tr = words()
    st.subheader(tr(text("Largest gaps")), anchor=False)
    rules = list(dict.fromkeys(gap["rule"] for gap in view.document["gaps"]))
    if not rules:
        reach = [rule for rule in view.document["rules"] if rule["check"] in ("radius", "walk")]
        judged = [rule for rule in reach if rule["verdict"] is not None]
        if judged:
            st.success(tr(text("Every radius and walk rule that could be judged covers everybody.")))
        else:
            st.caption(tr(text("No radius or walk rule could be judged, so nothing is said of gaps.")))
        return
    if choices().gap_rule not in rules:
        # Radius before walking, then most residents: as the map begins.
        missed = {
            row["id"]: (row["check"] == "radius", row["residents"] - row["residents_met"])
            for row in view.document["rules"]
            if row["id"] in rules
        }
        choose(gap_rule=max(rules, key=missed.__getitem__))
    standard = view.standard
    st.selectbox(
        tr(text("Rule")),
        rules,
        format_func=lambda rule: tr(standard.rule_title(standard.rule(rule))),
        **bound("gap_rule"),
    )
    found = [gap for gap in view.document["gaps"] if gap["rule"] == choices().gap_rule]
    shown = found[:MOST_GAPS]
    if len(found) > MOST_GAPS:
        every = text("Show all {count}", count=len(found))
        if len(found) > _MOST_SHOWN:
            every = text("Show the first {most} of {count}", most=_MOST_SHOWN, count=len(found))
        if st.toggle(tr(every), key="all-gaps"):
            shown = found[:_MOST_SHOWN]
    st.html(_table(shown, standard))
    rule = standard.rule(choices().gap_rule)
    # A gap's best site, opened in *What if*.
    _open_pressed({_key(gap): gap.get("site") or gap for gap in shown}, tier_for(rule, standard))
    _split(rule, shown, standard)
    if len(found) > len(shown):
        st.caption(
            tr(
                text(
                    "{count} {count:gap|gaps} in all; the others are on the map and in the report.",
                    count=len(found),
                )
            )
        )


def _open_pressed(places: Mapping[str, Mapping[Any, Any]], tier: str) -> None:
    """Hidden buttons by key; the place whose button was pressed is opened in *What if*."""
    pressed = hidden_buttons(text("Try"), list(places))
    if pressed is not None:
        open_there((places[pressed]["lon"], places[pressed]["lat"]), tier)


def _table(found: list[Mapping[str, Any]], standard: Standard) -> str:
    tr = words()
    elderly = any("residents_elderly" in gap for gap in found)
    head = [text("No."), text("Residents"), *([text("Elderly")] if elderly else [])]
    head += [
        text("Where"),
        text("Median distance to the nearest"),
        text("One at the best point found in the gap serves"),
    ]
    rows = [_row(gap, standard, elderly=elderly) for gap in found]
    return small_table([*(tr(title) for title in head), tr(TRY)], rows)


def _row(gap: Mapping[str, Any], standard: Standard, *, elderly: bool) -> list[object]:
    old = [exact(gap["residents_elderly"])] if elderly else []
    served = exact(gap["site"]["residents"]) if gap.get("site") else "–"
    where = words()(gap_place(gap))
    button = place_button(gap["rank"], spot_of(gap, standard))
    tried = press_button(text("Try"), _key(gap), where)
    return [button, exact(gap["residents"]), *old, where, words()(_far(gap)), served, tried]


def spot_of(gap: Mapping[str, Any], standard: Standard) -> Spot:
    """Where a gap is on the map, and who lives there."""
    rule = standard.rule_title(standard.rule(gap["rule"]))
    said = text(
        "Gap {rank}, {where}: {residents:,.0f} {residents:resident|residents} not covered by “{rule}”. "
        "Median distance to the nearest: {far}.",
        rank=gap["rank"],
        where=gap_place(gap),
        residents=gap["residents"],
        rule=rule,
        far=_far(gap),
    )
    return Spot(gap["lon"], gap["lat"], said, rule)


def _far(gap: Mapping[str, Any]) -> Text:
    metres = gap["nearest_m"]
    return text("cannot be reached") if metres is None else text("{metres:,.0f} m", metres=metres)


def _key(gap: Mapping[str, Any]) -> str:
    return f"try-gap-{gap['rank']}"


def _split(rule: Rule, gaps: Sequence[Mapping[str, Any]], standard: Standard) -> None:
    """For a gap that one facility cannot serve whole: facility by facility, on request."""
    tr = words()
    large = [gap for gap in gaps if gap.get("site") and gap["site"]["residents"] < gap["residents"] - 0.5]
    if not large:
        return
    names = {
        gap["rank"]: f"{gap['rank']} · {gap['unit'] or '–'} · {exact(gap['residents'])}" for gap in large
    }
    with st.expander(tr(text("A gap too large for one facility"))):
        rank = pick(st.selectbox, text("Gap"), list(names), key="split-gap", said=names.__getitem__)
        asked = f"{rule.id} {rank}"
        if st.button(tr(text("How many facilities does it take?"))):
            st.session_state[_ASKED] = asked
        if st.session_state.get(_ASKED) != asked:
            return
        with st.spinner(tr(text("Splitting the gap …"))):
            parts = _parts(current_assessed()[0], rule.id, int(rank or 0))
        left = float(parts["remaining"].iloc[-1]) if len(parts) else 0.0
        said = (
            text(
                "{count} {count:facility leaves|facilities leave} {left:,.0f} {left:resident|residents}.",
                count=len(parts),
                left=left,
            )
            if left > 0
            else text("{count} {count:facility serves|facilities serve} everybody in it.", count=len(parts))
        )
        st.markdown(in_markdown(tr(said)))
        places = {f"try-part-{row['part']}": row for row in parts.to_dict("records")}
        rows = [
            [
                str(row["part"]),
                exact(row["residents"]),
                exact(row["remaining"]),
                f"{row['lon']:.5f}, {row['lat']:.5f}",
                press_button(text("Try"), key, str(row["part"])),
            ]
            for key, row in places.items()
        ]
        st.html(small_table([*(tr(word) for word in _PARTS_HEAD), tr(TRY)], rows))
        _open_pressed(places, tier_for(rule, standard))


@st.cache_resource(max_entries=30, show_spinner=False)
def _parts(key: str, rule: str, rank: int) -> pd.DataFrame:  # noqa: ARG001 - what the cache keeps it under
    from jobs.assess.optional_analyses import parts_of_gap

    return parts_of_gap(current_assessed()[1], rule, rank)
