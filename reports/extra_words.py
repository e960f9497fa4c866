"""Words for the further tables of an assessment: groups of people, methods, bands, kinds of service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pandas as pd

from core.text import Sayable, Text, text
from coverage.equity.completeness import SEVEN_KINDS
from coverage.model.standard import Check, Standard, group_people, settlement_title

WITHIN: Final = {
    "under": text("below the band"),
    "within": text("within the band"),
    "over": text("above the band"),
}
NEED_STATES: Final = {
    "met": text("met"),
    "not stated": text("size not stated"),
    "too small": text("too small"),
    "too far": text("too far"),
    "absent": text("absent"),
}
METHODS: Final = {
    "2sfca": text("within 30 min, all alike (2SFCA)"),
    "e2sfca": text("the nearer the more, within 10, 20, 30 min on foot (E2SFCA)"),
    "e2sfca_walk": text("the nearer the more, within 5, 10, 15 min on foot (E2SFCA)"),
}


def bands_lines(bands: pd.DataFrame, standard: Standard) -> Iterator[Text]:
    """What a band is, what was drawn, and why a figure may lie outside it; `bands` is bands.csv."""
    if not len(bands):
        return
    drawn = bands.iloc[0]
    yield text(
        "A band runs from the 5 % to the 95 % mark of the draws: nine in ten (90 %) lie within it, one in "
        "twenty below it and one in twenty above. Only radius and walk rules that divide by residents have "
        "one."
    )
    if "draws" in bands:  # folders of earlier versions do not say what was drawn
        yield text(
            "Each of the {draws:,.0f} draws varies the walking speed (evenly from {low:g} to {high:g} km/h, "
            "one for everybody), the place of every facility (standard error {metres:g} m to the east and to "
            "the north) and how residents lie within their unit (variation {variation:g}; every unit keeps "
            "its total), and nothing else. These errors are assumptions, not measurements.",
            draws=float(drawn["draws"]),
            low=float(drawn["speed_low"]),
            high=float(drawn["speed_high"]),
            metres=float(drawn["position_m"]),
            variation=float(drawn["variation"]),
        )
    yield text(
        "The share shown is that of the inputs as they are, no mean of the draws: it may lie at an end of "
        "its band or outside it, where moving a facility or residents only loses, or only gains."
    )
    walked = [rule.id for rule in standard.rules if rule.check is Check.WALK and not rule.in_metres]
    speed = standard.walking.speed_kmh
    if bands["rule"].isin(walked).any() and "speed_low" in bands:
        low, high = float(drawn["speed_low"]), float(drawn["speed_high"])
        if abs((low + high) / 2.0 - speed) > 1e-9:
            yield text(
                "The speed is drawn evenly from {low:g} to {high:g} km/h, while the shares shown are those "
                "at {speed:g} km/h. So the share of a walk rule does not stand in the middle of its band, "
                "and may lie outside it.",
                low=low,
                high=high,
                speed=speed,
            )


def people_title(kind: str, people_id: str) -> Sayable:
    """Whom a row of equity.csv speaks of."""
    if kind == "group":
        return group_people(people_id)
    if kind == "settlement":
        return text("{who} residents", who=settlement_title(people_id))
    if kind == "area":
        return text("residents of the old town") if people_id == "0" else text("residents of the new town")
    return text("all residents")


def kind_title(kind: str, standard: Standard) -> Sayable:
    """A kind of service: one of the seven of task 26, or a tier."""
    return next((known.title for known in SEVEN_KINDS if known.id == kind), standard.tier_title(kind))


def kinds_in(columns: Sequence[str]) -> list[str]:
    """The kinds that completeness.csv has columns for, in their order."""
    return [column.removeprefix("has_") for column in columns if column.startswith("has_")]
