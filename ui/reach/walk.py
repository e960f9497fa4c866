"""How far one gets on foot from a facility or a kind of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Sayable, Text, text
from maps import palette
from ui.shell.choices import words
from ui.shell.compute import measure_once
from ui.shell.measured import Reading, assessed_under
from ui.widgets.pick import pick, pick_several
from ui.widgets.sections import answer, number, table
from ui.widgets.small_map import city_box, dots_of, legend, list_map
from ui.widgets.tables import exact
from ui.widgets.uploads import file_button

if TYPE_CHECKING:
    from jobs.reach import Reached

_MINUTES: Final = (5, 10, 15, 20, 30)
_SHAPES: Final = {
    "dissolved": text("all together"),
    "each": text("each alone"),
    "nearest": text("where it is the nearest"),
}
_HEAD: Final = (
    text("Facility"), text("Minutes"), text("Residents within"), text("Area (km²)"),
)  # fmt: skip
_HEIGHT_PX: Final = 520
_MOST_ROWS: Final = 400
_GEOPACKAGE: Final = "application/geopackage+sqlite3"


def walk(reading: Reading) -> None:
    """Choose facilities and minutes; who lives within, the map, and the shapes as files."""
    tr = words()
    wish = _ask(reading)
    if wish is None:
        st.info(tr(text("Please choose at least one walking time.")))
        return
    measure_once()
    with st.spinner(tr(text("Drawing how far one gets on foot …"))):
        found = _reached(reading.key, reading.slow, wish)
    if not len(found.layers.areas):
        answer(text("No street is near enough to walk from there."))
        return
    answer(*_answers(found, wish))
    _map(reading, found)
    if len(found.wish.facilities) > 1 and wish[3] != "dissolved":
        rows = found.layers.areas.drop(columns="geometry").to_dict("records")[:_MOST_ROWS]
        with st.expander(tr(text("Facility by facility"))):
            table(text("Facility by facility"), _HEAD, [_row(row) for row in rows])
    _take_away(found)


Wish = tuple[tuple[str, ...], str, tuple[float, ...], str]


def _ask(reading: Reading) -> Wish | None:
    """Facilities (numbers), tier, minutes and shape; None without a time."""
    tr, done = words(), reading.assessed()
    frame = done.inputs.study.facilities.frame
    tiers = [tier for tier in reading.standard.tiers if (frame["tier"] == tier).any()]
    names = dict(zip(frame["facility_id"], frame["name"], strict=True))
    options = [*(f"tier:{tier}" for tier in tiers), *names]
    left, middle, right = st.columns([0.44, 0.3, 0.26])
    whose = pick(
        left.selectbox,
        text("From"),
        options,
        key="reach-from",
        said=lambda option: _whose(option, names, reading),
        first=next(iter(names), None),
    )
    minutes = pick_several(
        middle.pills, text("Minutes on foot"), _MINUTES, key="reach-minutes", said=str, first=(10, 15)
    )
    shape = "dissolved"
    if whose is not None and whose.startswith("tier:"):
        shape = pick(
            right.selectbox, text("Shapes"), list(_SHAPES), key="reach-shape", said=lambda o: tr(_SHAPES[o])
        )
    if not minutes or whose is None:
        return None
    tier = whose.removeprefix("tier:") if whose.startswith("tier:") else ""
    return (() if tier else (whose,), tier, tuple(sorted(map(float, minutes))), shape)


def _whose(option: str, names: Mapping[str, str], reading: Reading) -> str:
    if option.startswith("tier:"):
        tier = reading.standard.tier_title(option.removeprefix("tier:"))
        return words()(text("every {tier}", tier=tier))
    return names[option]


@st.cache_resource(max_entries=12, show_spinner=False)
def _reached(key: str, slow: bool, wish: Wish) -> Reached:
    from jobs.reach import ReachWish, reached

    facilities, tier, minutes, shape = wish
    return reached(assessed_under(key, slow=slow), ReachWish(facilities, tier, minutes, shape))


def _answers(found: Reached, wish: Wish) -> list[Sayable]:
    from geo.isochrone.street_buffer import HALF_STREET_M

    areas = found.layers.areas
    said: list[Sayable] = []
    for minutes in sorted(areas["minutes"].unique()):
        rows = areas[areas["minutes"] == minutes]
        if wish[3] == "each" and len(rows) > 1:
            said.append(_on_average(rows["residents"].tolist(), float(minutes)))
        else:
            said.append(
                text(
                    "Within {minutes:g} min on foot ({metres:,.0f} m) {residents:lives|live} "
                    "{residents:,.0f} {residents:resident|residents}, on {area:,.2f} km² of ground up to "
                    "{beside:g} m beside the streets.",
                    beside=HALF_STREET_M,
                    minutes=float(minutes),
                    metres=float(rows["limit_m"].iloc[0]),
                    residents=float(rows["residents"].sum()),
                    area=float(rows["km2"].sum()),
                )
            )
    return said


def _on_average(residents: Sequence[float], minutes: float) -> Text:
    return text(
        "Within {minutes:g} min of each live {mean:,.0f} residents on average, {least:,.0f} to {most:,.0f}; "
        "who is near several counts at each.",
        minutes=minutes,
        mean=sum(residents) / len(residents),
        least=min(residents),
        most=max(residents),
    )


def _map(reading: Reading, found: Reached) -> None:
    from maps.still.picture import Shapes
    from maps.still.sketch import Frame, Sketch

    done, areas = reading.assessed(), found.layers.areas
    limits = sorted(areas["minutes"].unique(), reverse=True)
    looks = [f"reach_{min(i, 2)}" for i in range(len(limits))]
    over = []
    for minutes, look in zip(limits, looks, strict=True):
        rows = areas[areas["minutes"] == minutes]
        names = [_title(row) for row in rows.drop(columns="geometry").to_dict("records")]
        over.append(Shapes(list(rows.geometry), look, names))
    west, south, east, north = areas.total_bounds.tolist()
    alone = len(found.wish.facilities) == 1
    box = (west, south, east, north) if alone else city_box(done)
    dots = (
        dots_of(done, look="other"),
        dots_of(done, found.wish.facilities, look="here" if alone else "plain"),
    )
    list_map(
        Sketch(box, dots=dots if alone else dots[1:], over=over),
        Frame(text("Map: how far one gets on foot"), height_px=_HEIGHT_PX),
        key="reach-map",
    )
    keys = [
        (str(palette.OVERLAYS[look]["fillColor"]), text("within {minutes:g} min", minutes=float(minutes)))
        for minutes, look in reversed(list(zip(limits, looks, strict=True)))
    ]
    legend([*keys, (str(palette.DOTS["here" if alone else "plain"]["fillColor"]), text("from here"))])


def _title(row: Mapping[Any, Any]) -> Text:
    if not row["name"]:
        return text("{minutes:g} min: {residents:,.0f} {residents:resident|residents}", **_facts(row))
    return text(
        "{name}, {minutes:g} min: {residents:,.0f} {residents:resident|residents}",
        name=row["name"],
        **_facts(row),
    )


def _facts(row: Mapping[Any, Any]) -> dict[str, float]:
    return {"minutes": float(row["minutes"]), "residents": float(row["residents"])}


def _row(row: Mapping[Any, Any]) -> list[str]:
    return [row["name"], f"{row['minutes']:g}", exact(row["residents"]), number(row["km2"], 2)]


def _take_away(found: Reached) -> None:
    from functools import partial

    from jobs.reach import area_bytes, package_bytes

    made = (
        (text("Areas and reached streets (GeoPackage)"), "reach.gpkg", _GEOPACKAGE, package_bytes),
        (text("Areas (GeoJSON)"), "isochrones.geojson", "application/geo+json", area_bytes),
    )
    for box, (label, name, mime, make) in zip(st.columns(3), made, strict=False):
        file_button(box, label, partial(make, found), name=name, mime=mime)
