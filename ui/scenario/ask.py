"""Which change to make: the kinds of change, each with its few questions; places come from the map.

From any place on another page into *What if*: a facility is opened there, and the page is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Text, remarked, text
from coverage.model.edits import (
    AddBarrier,
    AddStreet,
    Close,
    Grow,
    Move,
    Open,
    SetFigure,
    SetSpeed,
    UseStandard,
)
from coverage.model.standard import ANY_TIER, Check, Rule, Standard, level_title
from data.parse_standard import parse_standard
from data.standards import open_standard, preset_ids
from ui.scenario.state import do, draft, metres, opening
from ui.shell.choices import words
from ui.widgets.goto import Spot, hidden_buttons
from ui.widgets.pick import pick, pick_rule

TRY = text("What if")
_SAME_M = 0.5

if TYPE_CHECKING:
    from coverage.assessment import Assessment

LonLat = tuple[float, float]
KINDS: Final[Mapping[str, Text]] = {
    "open": text("Open a facility"),
    "close": text("Close a facility"),
    "move": text("Move a facility"),
    "street": text("New street or bridge"),
    "barrier": text("New barrier"),
    "grow": text("More or fewer residents"),
    "figure": text("Another figure"),
    "speed": text("Another walking speed"),
    "standard": text("Another standard"),
}
# These take their places from the map.
ON_THE_MAP: Final = ("open", "move", "street", "barrier")
_CORNERS: Final = "scenario-corners"


def ask(city: Assessment) -> str:
    """The kind of change wanted and its questions; changes without a place are made by a button here."""
    tr = words()
    kind = str(
        pick(st.selectbox, text("What changes?"), list(KINDS), key="change", said=lambda k: tr(KINDS[k]))
    )
    if kind in ("open", "move"):
        _whose(kind, city)
        st.caption(tr(text("Click on the map where it is to stand.")))
        _by_coordinates(kind, city)
    elif kind in ("street", "barrier"):
        _line(kind)
        _by_coordinates(kind, city)
    else:
        _FORMS[kind](city)
    return kind


def clicked(kind: str, place: LonLat, city: Assessment) -> None:
    """A place chosen on the map or by its coordinates."""
    if kind == "open":
        tier = st.session_state.get("open-tier")
        tiers = city.standard.tiers
        wished = str(st.session_state.get("open-name", "")).strip()
        do(opening(place, tier if tier in tiers else tiers[0], wished or new_name()))
    elif kind == "move":
        do(Move(str(st.session_state["move-whose"]), *metres(place)))
    else:
        st.session_state[_CORNERS] = (*corners(), place)


def corners() -> tuple[LonLat, ...]:
    """Places of the line being drawn, in degrees."""
    found: tuple[LonLat, ...] = st.session_state.get(_CORNERS, ())
    return found


def _whose(kind: str, city: Assessment) -> None:
    tr = words()
    if kind == "open":
        tiers = list(city.standard.tiers)
        pick(
            st.selectbox, text("Kind"), tiers, key="open-tier",
            said=lambda t: tr(city.standard.tier_title(t)),
        )  # fmt: skip
        st.text_input(tr(text("Name (optional)")), max_chars=60, key="open-name")
    else:
        _facility(city, "move-whose")


def _facility(city: Assessment, key: str) -> str:
    frame = city.study.facilities.frame
    names = dict(zip(frame["facility_id"], frame["name"], strict=True))
    return str(pick(st.selectbox, text("Facility"), list(names), key=key, said=lambda n: names.get(n, n)))


def _line(kind: str) -> None:
    tr, found = words(), corners()
    st.caption(tr(text(
        "Click the corners of the line on the map, then press the button. The ends of a street join the "
        "nearest streets within 200 m."
    )))  # fmt: skip
    left, right = st.columns(2)
    add = tr(text("Add this line ({count} {count:place|places})", count=len(found)))
    if left.button(add, type="primary", disabled=len(found) < 2, width="stretch"):
        line = tuple(metres(place) for place in found)
        do(AddStreet(line) if kind == "street" else AddBarrier(line))
        st.session_state[_CORNERS] = ()
        st.rerun()
    if right.button(tr(text("Draw anew")), disabled=not found, width="stretch"):
        st.session_state[_CORNERS] = ()
        st.rerun()


def _by_coordinates(kind: str, city: Assessment) -> None:
    """The same without the map: by keyboard, or for a place that is known."""
    tr = words()
    with st.expander(tr(text("By coordinates instead"))), st.form(f"by-coordinates-{kind}", border=False):
        lon, lat = city.study.grid.lonlat()
        left, right = st.columns(2)
        place = (
            left.number_input(tr(text("Longitude")), value=float(lon.mean()), format="%.6f", step=0.001),
            right.number_input(tr(text("Latitude")), value=float(lat.mean()), format="%.6f", step=0.001),
        )
        if st.form_submit_button(tr(text("Take this place"))):
            clicked(kind, place, city)
            st.rerun()


def _close(city: Assessment) -> None:
    number = _facility(city, "close-whose")
    if st.button(words()(text("Close it")), type="primary"):
        do(Close(number))
        st.rerun()


def _grow(city: Assessment) -> None:
    tr, units = words(), city.study.units
    options = {"": tr(text("the whole city"))}
    if units is not None:
        for level in units.levels[:2]:
            frame = units.frame[units.frame["level"] == level]
            title = tr(level_title(level))
            options |= {
                number: tr(remarked(name, title))
                for number, name in zip(frame["unit_id"], frame["name"], strict=True)
            }
    unit = pick(st.selectbox, text("Where"), list(options), key="grow-where", said=options.__getitem__)
    percent = st.number_input(tr(text("Change of residents (%)")), -100.0, 1000.0, 10.0, 5.0, key="grow-by")
    if st.button(tr(text("Count them so")), type="primary"):
        do(Grow(str(unit), 1.0 + float(percent) / 100.0))
        st.rerun()


def _figure(city: Assessment) -> None:
    tr, standard = words(), city.standard
    rules = [rule.id for rule in standard.rules if rule.check is not Check.PRESENCE]
    chosen = pick_rule(standard, rules, key="figure-rule")
    if chosen is None:
        return
    edit = _figure_of(standard.rule(chosen))
    if st.button(tr(text("Use this figure")), type="primary"):
        do(edit)
        st.rerun()


def _figure_of(rule: Rule) -> SetFigure:
    tr = words()
    if rule.band is not None:
        left, right = st.columns(2)
        low = left.number_input(tr(text("From")), 0.0, None, float(rule.band[0]), key=f"low-{rule.id}")
        high = right.number_input(tr(text("To")), 0.0, None, float(rule.band[1]), key=f"high-{rule.id}")
        return SetFigure(rule.id, band=(float(low), float(high)))
    share = rule.check is Check.UNITS
    value = st.number_input(
        tr(text("Share of units (%)") if share else text("Figure")),
        0.0,
        100.0 if share else None,
        rule.figure * 100.0 if share else float(rule.figure),
        key=f"figure-{rule.id}",
    )
    return SetFigure(rule.id, figure=float(value) / 100.0 if share else float(value))


def _speed(city: Assessment) -> None:
    tr, now = words(), city.standard.walking.speed_kmh
    speed = st.number_input(tr(text("Walking speed (km/h)")), 1.0, 10.0, float(now), 0.5, key="speed-kmh")
    if st.button(tr(text("Walk at this speed")), type="primary"):
        do(SetSpeed(float(speed)))
        st.rerun()


def _standard(city: Assessment) -> None:
    tr = words()
    others = [name for name in preset_ids() if name != city.standard.id]
    chosen = pick(
        st.selectbox, text("Standard"), others, key="other-standard",
        said=lambda name: tr(open_standard(name).title),
    )  # fmt: skip
    if st.button(tr(text("Judge by this standard")), type="primary") and chosen is not None:
        do(UseStandard(parse_standard(open_standard(chosen).toml, source="scenario")))
        st.rerun()


_FORMS: Final = {"close": _close, "grow": _grow, "figure": _figure, "speed": _speed, "standard": _standard}


def new_name() -> str:
    """A name for a facility that nobody named: the first that no change has."""
    names = {edit.name for edit in draft().edits if isinstance(edit, Open)}
    tr = words()
    numbered = (tr(text("New facility {number}", number=i)) for i in range(1, len(names) + 2))
    return next(name for name in numbered if name not in names)


def open_there(place: tuple[float, float], tier: str) -> None:
    """Open a facility at a place (lon, lat in degrees) in the draft, once, and go to it."""
    # The engine behind these is heavy, and the first view has no need of it.
    from ui.scenario.state import do, draft, opening

    edit = opening(place, tier, new_name())
    if not any(_is_same(edit, other) for other in draft().edits):
        do(edit)
    st.switch_page("ui/scenario/page.py")


def tier_for(rule: Rule, standard: Standard) -> str:
    """The kind of facility that a gap of a rule lacks: the rule's own, else the first that serves."""
    if rule.tier != ANY_TIER:
        return rule.tier
    return next((tier for tier in reversed(standard.tiers) if tier in rule.serves), standard.tiers[-1])


def _is_same(one: Open, other: object) -> bool:
    if not isinstance(other, Open) or other.tier != one.tier:
        return False
    return abs(one.x - other.x) < _SAME_M and abs(one.y - other.y) < _SAME_M


def spot_of_site(site: Mapping[str, Any]) -> Spot:
    """Where a site is on the map, and whom it would serve."""
    said = text(
        "Site {rank}, {where}: {residents:,.0f} {residents:resident|residents} would be newly served.",
        rank=site["rank"],
        where=site["unit"] or "–",
        residents=site["residents_gained"],
    )
    return Spot(site["lon"], site["lat"], said)


def site_key(site: Mapping[str, Any]) -> str:
    """The key of the button that tries a site."""
    return f"try-site-{site['rank']}"


def offer_sites(sites: Sequence[Mapping[str, Any]], tier: str) -> None:
    """A button for each site that opens a facility there in *What if*; `tier` where the site names none."""
    pressed = hidden_buttons(text("Try"), [site_key(site) for site in sites])
    for site in sites:
        if pressed == site_key(site):
            open_there((site["lon"], site["lat"]), site.get("tier") or tier)
