"""How far one gets on foot: isochrones, radius against walking, the worst barriers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import text
from ui.reach.barriers import barriers
from ui.reach.walk import walk
from ui.shell.choices import words
from ui.shell.compute import measure_once
from ui.shell.measured import Reading, assessed_under
from ui.widgets.pick import pick_level, pick_rule
from ui.widgets.sections import answer, number, page_of_sections, share_or_dash, table
from ui.widgets.small_map import city_box, dots_of, legend, list_map, picture_of
from ui.widgets.tables import exact

_UNIT_HEAD: Final = (
    text("Unit name"), text("Residents in the radius"), text("Too far on foot"), text("Share"),
)  # fmt: skip
_FACILITY_HEAD: Final = (
    text("Facility"), text("Residents in the radius for whom it is the nearest"), text("Too far on foot"),
    text("Share"), text("Detour ratio"),
)  # fmt: skip
_HEIGHT_PX: Final = 460
_MOST: Final = 300


def circle(reading: Reading) -> None:
    """One radius rule: how many are cut off, where, in which units and around which facilities."""
    found = reading.table("detours")
    if not len(found):
        answer(text("This standard has no radius rule, so there is nothing to set against walking."))
        return
    rule = pick_rule(reading.standard, found["rule"].tolist(), key="circle-rule")
    row = found[found["rule"] == rule].iloc[0].to_dict()
    against = (
        text(
            "the walk rule “{rule}”",
            rule=reading.standard.rule_title(reading.standard.rule(row["walk_rule"])),
        )
        if row["walk_rule"]
        else text("the radius itself, walked along streets")
    )
    answer(
        text(
            "Of {inside:,.0f} {inside:resident|residents} inside the circle, {cut:,.0f} ({share:.1%}) "
            "{cut:walks|walk} farther than {metres:,.0f} m.",
            inside=row["in_radius"],
            cut=row["cut_off"],
            share=row["share"] if row["share"] == row["share"] else 0.0,
            metres=row["walk_m"],
        ),
        text(
            "Half of them walk at least {ratio:.2f} times the straight line. Held against {against}.",
            ratio=row["median_detour"],
            against=against,
        ),
    )
    _map(reading, rule)
    _units(reading, rule)
    found = reading.table("detours_facilities")
    with st.expander(words()(text("Facility by facility"))):
        shown = _worst(found[found["rule"] == rule])
        rows = [[*_row(row), number(row["median_detour"], 2)] for row in shown.to_dict("records")]
        table(text("Facility by facility"), _FACILITY_HEAD, rows)


def _map(reading: Reading, rule: str) -> None:
    from jobs.assess.pictures import detour_classes
    from maps.palette import CUT_OFF
    from maps.still.picture import CellPicture
    from maps.still.sketch import Frame, Sketch

    done = reading.assessed()
    measure_once()
    one = next(one for one in _detours(reading.key, reading.slow) if one.rule.id == rule)
    picture = CellPicture(picture_of(reading), detour_classes(one), CUT_OFF)
    frame = done.inputs.study.facilities.frame
    serving = frame["tier"].isin(one.rule.serves).to_numpy(bool).nonzero()[0]
    sketch = Sketch(city_box(done), dots=(dots_of(done, serving, look="other"),), over=(picture,))
    title = text("Map: in the circle and not within a walk")
    list_map(sketch, Frame(title, height_px=_HEIGHT_PX), key="circle-map")
    legend(
        [
            (CUT_OFF[0], text("in the circle, and walkable")),
            (CUT_OFF[1], text("in the circle, too far on foot")),
        ]
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _detours(key: str, slow: bool) -> tuple[Detours, ...]:
    from jobs.assess.pictures import detours_of

    return detours_of(assessed_under(key, slow=slow))


def _units(reading: Reading, rule: str) -> None:
    tr, found = words(), reading.table("detours_units")
    found = found[found["rule"] == rule] if len(found) else found
    if not len(found):
        return
    with st.expander(tr(text("Unit by unit"))):
        shown = _worst(pick_level(found, key="circle-level"))
        table(text("Unit by unit"), _UNIT_HEAD, [_row(row) for row in shown.to_dict("records")])


def _worst(found: pd.DataFrame) -> pd.DataFrame:
    """Most residents cut off first."""
    lived = found[found["in_radius"] > 0]
    return lived.sort_values("cut_off", ascending=False, kind="stable").head(_MOST)


def _row(row: Mapping[Any, Any]) -> list[str]:
    return [row["name"], exact(row["in_radius"]), exact(row["cut_off"]), share_or_dash(row["share"])]


page_of_sections(
    text("Reach"),
    text("Where one gets on foot, who is near and still cannot walk there, and what stands in the way."),
    {
        "walk": (text("On foot from here"), walk),
        "circle": (text("Radius against walking"), circle),
        "barriers": (text("Barriers"), barriers),
    },
    key="reach-section",
)


if TYPE_CHECKING:
    import pandas as pd

    from coverage.equity.detours import Detours
