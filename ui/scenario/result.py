"""What the changes bring: the answer, rule by rule, unit by unit, who walks farther, and the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Sayable, Text, text
from coverage.model.edits import AddBarrier, AddStreet, Move, Open
from coverage.model.standard import Check, Standard, share_title
from coverage.model.verdict_rows import VERDICT_WORDS, by_figure, figure_title
from maps import palette
from ui.scenario.ask import LonLat, corners
from ui.scenario.state import draft, stored_names
from ui.shell.choices import words
from ui.shell.measured import Reading, title_of_rule
from ui.widgets.pick import pick, pick_level, pick_rule
from ui.widgets.sections import answer, number, share_or_dash, table
from ui.widgets.small_map import city_box, legend, list_map, picture_of
from ui.widgets.tables import exact

if TYPE_CHECKING:
    from coverage.scenario.comparison import Comparison, RuleChange
    from maps.still.picture import Over

NOW: Final = ""
_MAP: Final = "scenario-map"
_RULE: Final = "scenario-rule"
_OWN_RULE: Final = "scenario-rule-own"
_SHOWN_RULE: Final = "scenario-rule-shown"
_HEAD: Final = (
    text("Rule"), text("Which share"), text("Before"), text("After"), text("Residents gained"),
    text("Residents lost"), text("Farther to go"), text("Verdict after"),
)  # fmt: skip
_UNIT_HEAD: Final = (
    text("Unit name"), text("Residents gained"), text("Residents lost"), text("Served before"),
    text("Served after"),
)  # fmt: skip
_COLOURS: Final = (*palette.CHANGES[:4], "#ffffff")
_HEIGHT_PX: Final = 500
_MOST: Final = 200


def just_clicked() -> LonLat | None:
    """The place on the map whose click began this run, if one did."""
    place = getattr(st.session_state.get(_MAP), "place", None)
    return (float(place[0]), float(place[1])) if place else None


def just_dropped() -> tuple[str, LonLat] | None:
    """What was dragged on the map and let go as this run began (see `edits.drop`), and where."""
    dropped = getattr(st.session_state.get(_MAP), "dropped", None)
    return (str(dropped[0]), (float(dropped[1]), float(dropped[2]))) if dropped else None


def choose_before() -> str:
    """What the changes are compared with: "" for the city as it is, or the name of a stored scenario."""
    tr, names = words(), stored_names()
    if not names:
        return NOW
    chosen = pick(
        st.selectbox, text("Compared with"), [NOW, *names], key="scenario-before",
        said=lambda name: name or tr(text("the city as it is")),
    )  # fmt: skip
    return str(chosen)


def choose_rule(found: Comparison) -> str:
    """The rule that the map shows: the one that changes most, until the user chooses one."""
    rules = [r for r, change in found.rules.items() if change.cells is not None]
    if not rules:
        return ""
    standard = found.after.standard
    chosen, shown = st.session_state.get(_RULE), st.session_state.get(_SHOWN_RULE)
    if chosen != shown and shown is not None:
        st.session_state[_OWN_RULE] = chosen
    own = st.session_state.get(_OWN_RULE)
    moved = {
        rule: (change.rule.check is not Check.UNITS, change.gained + change.lost)
        for rule, change in found.rules.items()
    }
    most = max(rules, key=moved.__getitem__)
    st.session_state[_RULE] = st.session_state[_SHOWN_RULE] = own if own in rules else most
    return str(pick_rule(standard, rules, key=_RULE))


def say_answer(found: Comparison, rule: str) -> None:
    """Who gains and who loses under the rule shown."""
    if not draft().edits:
        answer(text("Nothing is changed yet. Choose a change and click on the map, or use the form."))
        return
    if not rule:
        answer(text("The two have no rule with a distance in common."))
        return
    change = found.rules[rule]
    said: list[Sayable] = [
        text(
            "{gained:,.0f} {gained:resident gains|residents gain} and {lost:,.0f} {lost:loses|lose}; "
            "{name}: {before} → {after}.",
            gained=change.gained,
            lost=change.lost,
            name=share_title(change.rule.denominator),
            before=_by_its_figure(share_or_dash(change.shares[0]), change),
            after=share_or_dash(change.shares[1]),
        )
    ]
    if change.rule.check is Check.RADIUS and change.worse_off:
        said.append(
            text(
                "{worse:,.0f} {worse:resident has|residents have} farther to the nearest in a straight line, "
                "by {metres:,.0f} m on average.",
                worse=change.worse_off,
                metres=change.worse_m,
            )
        )
    if change.walk_worse_off:
        said.append(
            text(
                "{worse:,.0f} {worse:resident has|residents have} farther to the nearest on foot, by "
                "{metres:,.0f} m on average.",
                worse=change.walk_worse_off,
                metres=change.walk_worse_m,
            )
        )
    elif change.worse_off == 0:
        said.append(text("Nobody has farther to go."))
    answer(*said)


def show_map(reading: Reading, found: Comparison, rule: str, *, click: bool) -> None:
    """The cells by what becomes of them, the facilities, what is drawn; clicks are for `just_clicked`."""
    # Facilities that the rule accepts as they are after; those opened or moved and the corners of new
    # lines apart, which can be dragged; and the corners of the line being drawn.
    import numpy as np

    from geo.crs import unproject
    from maps.still.sketch import Dots, Frame, Sketch

    facilities, edits = found.after.study.facilities, draft().edits
    lon, lat = facilities.lonlat()
    names = facilities.frame["name"].to_numpy(str)
    # The last change that puts a facility somewhere is the one that a drag changes.
    placed = {edit.facility_id: str(i) for i, edit in enumerate(edits) if isinstance(edit, Open | Move)}
    numbers = facilities.frame["facility_id"].astype(str)
    new = numbers.isin(placed).to_numpy(bool)
    tiers = found.after.standard.rule(rule).serves if rule else facilities.tiers
    old = ~new & facilities.frame["tier"].isin(tiers or facilities.tiers).to_numpy(bool)
    lines = {i: edit.line for i, edit in enumerate(edits) if isinstance(edit, AddStreet | AddBarrier)}
    ends = [(f"{i}:{corner}", xy) for i, line in lines.items() for corner, xy in enumerate(line)]
    end_lon, end_lat = unproject(np.array([xy for _, xy in ends], float).reshape(-1, 2), facilities.crs)
    points = np.array(corners(), float).reshape(-1, 2)
    sketch = Sketch(
        city_box(reading.assessed()),
        dots=(
            Dots(lon[old], lat[old], "small", names[old].tolist()),
            Dots(end_lon, end_lat, "plain", keys=[key for key, _ in ends]),
            Dots(
                lon[new], lat[new], "here", names[new].tolist(), [placed[number] for number in numbers[new]]
            ),
            Dots(points[:, 0], points[:, 1], "outside"),
        ),
        over=[*_picture(reading, found, rule), *_drawn(found)],
    )
    frame = Frame(text("Map: what changes"), height_px=_HEIGHT_PX, click=click)
    list_map(sketch, frame, key=_MAP)
    meanings = (
        text("served before and after"), text("served only after"), text("served only before"),
        text("served neither time"),
    )  # fmt: skip
    legend([*zip(_COLOURS, meanings, strict=False), ("#0b7a4b", text("new or moved"))])


def _picture(reading: Reading, found: Comparison, rule: str) -> list[Over]:
    from coverage.publish.change_tables import NOT_SUBJECT, change_classes
    from maps.cells_image import TRANSPARENT
    from maps.still.picture import CellPicture

    classes = change_classes(found, rule) if rule else None
    if classes is None:
        return []
    shown = classes.copy()
    shown[classes == NOT_SUBJECT] = TRANSPARENT
    return [CellPicture(picture_of(reading), shown, _COLOURS)]


def _drawn(found: Comparison) -> list[Over]:
    """New streets and barriers, and the line being drawn."""
    import numpy as np

    from geo.crs import unproject
    from maps.still.picture import Paths

    over: list[Over] = []
    for kind, look in ((AddStreet, "street"), (AddBarrier, "drawn_barrier")):
        lines = [edit.line for edit in draft().edits if isinstance(edit, kind)]
        degrees = [unproject(np.asarray(line, float), found.after.study.grid.crs) for line in lines]
        over.append(Paths([list(zip(*pair, strict=True)) for pair in degrees], look))
    if len(corners()) > 1:
        over.append(Paths([list(corners())], "street"))
    return over


def rules_table(found: Comparison) -> None:
    """Every rule that both have: before and after."""
    from coverage.publish.change_tables import change_table

    standard = found.after.standard
    rows = [_row(row, found.rules[row["rule"]], standard) for row in change_table(found).to_dict("records")]
    table(text("Rule by rule"), _HEAD, rows)
    if found.only_before or found.only_after:
        st.caption(words()(text("Rules that only one of the two standards has are left out.")))


def _by_its_figure(before: str, change: RuleChange) -> Sayable:
    """What was before, with the figure that the rule asked for then where that was another."""
    same = figure_title(change.was) == figure_title(change.rule)
    return before if same else by_figure(before, change.was)


def _row(row: Mapping[Any, Any], change: RuleChange, standard: Standard) -> list[str]:
    farther = row["worse_off"] if row["check"] in ("radius", "walk") else None
    counted = [number(row["gained"]), number(row["lost"]), "–" if farther is None else number(farther)]
    before, after = (_share(row, when) for when in ("before", "after"))
    tr, counted_by = words(), str(row["share_of"] or "")
    before = tr(_by_its_figure(before, change))
    which = tr(share_title(counted_by)) if counted_by else "–"
    return [title_of_rule(standard, row["rule"]), which, before, after, *counted, tr(_verdicts(row))]


def _share(row: Mapping[Any, Any], when: str) -> str:
    actual = row[f"actual_{when}"]
    if actual is not None and actual == actual:
        return number(actual, 1)
    return share_or_dash(row[f"share_{when}"])


def _verdicts(row: Mapping[Any, Any]) -> Text:
    before, after = (VERDICT_WORDS[row[f"verdict_{when}"] or None] for when in ("before", "after"))
    if row["verdict_before"] == row["verdict_after"]:
        return after
    return text("{before} → {after}", before=before, after=after)


def units_table(found: Comparison, rule: str) -> None:
    """Units in which somebody gains or loses under the rule shown."""
    from coverage.publish.change_tables import change_units_table

    shown_alone = {name: change for name, change in found.rules.items() if name == rule}
    tr, moved = words(), change_units_table(replace(found, rules=shown_alone))
    if not len(moved):
        return
    with st.expander(tr(text("Unit by unit"))):
        shown = pick_level(moved, key="scenario-level")
        order = (shown["gained"] + shown["lost"]).sort_values(ascending=False, kind="stable").index
        columns = ("gained", "lost", "met_before", "met_after")
        rows = [
            [row["name"], *(exact(row[column]) for column in columns)]
            for row in shown.loc[order].head(_MOST).to_dict("records")
        ]
        table(text("Unit by unit"), _UNIT_HEAD, rows)
