"""Isochrones, scenarios and comparisons in a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.text import Sayable, Text, text, text_from_json
from coverage.model.standard import Standard
from coverage.model.verdict_rows import VERDICT_WORDS
from locales import Translator

_MOST: Final = 20


def reach_lines(found: Mapping[str, Any], tr: Translator) -> list[str]:
    """Every area: whose, minutes, how large, how many live within."""
    everybody = text("all together")
    lines = [
        tr(
            text(
                "{name}: {minutes:g} min at {speed:g} km/h, {area:,.2f} km², {residents:,.0f} residents",
                name=row["name"] or everybody,
                minutes=row["minutes"],
                speed=row["speed_kmh"],
                area=row["km2"],
                residents=row["residents"],
            )
        )
        for row in found["areas"][:_MOST]
    ]
    if len(found["areas"]) > _MOST:
        lines.append(tr(text("… and {count} more in reach.json", count=len(found["areas"]) - _MOST)))
    return [*lines, *(tr(text_from_json(note)) for note in found.get("notes", ()))]


def comparison_lines(found: Mapping[str, Any], standard: Standard, tr: Translator) -> list[str]:
    """Every rule: its figure before and after, the verdicts, who gains, who loses, who has farther to go."""
    first = tr(text("{before} → {after}", before=_named(found["before"]), after=_named(found["after"])))
    lines = [first]
    for row in found["rules"]:
        said = [_figures(row), _verdicts(row)]
        if row["gained"] or row["lost"]:
            said.append(
                text("gained {gained:,.0f}, lost {lost:,.0f}", gained=row["gained"], lost=row["lost"])
            )
        said += _farther(row)
        rule = tr(standard.rule_title(standard.rule(row["rule"])))
        lines.append(f"{rule}{tr(_COLON)}{tr(_SEMICOLON).join(tr(part) for part in said)}")
    return lines


_COLON: Final = text(": ")
_SEMICOLON: Final = text("; ")
_NOW: Final = "now"


def _named(scenario: str) -> Sayable:
    return text("the city as it is") if scenario == _NOW else scenario


def _figures(row: Mapping[str, Any]) -> Text:
    """In what the rule counts: shares of residents, facilities within the band, units, places."""
    if row["facilities_after"] is not None:
        return text(
            "{was} of {were} facilities within → {within} of {count}",
            was=row["within_before"], were=row["facilities_before"],
            within=row["within_after"], count=row["facilities_after"],
        )  # fmt: skip
    if row["actual_after"] is not None or row["actual_before"] is not None:
        return text(
            "{before:.1f} → {after:.1f}", before=row["actual_before"] or 0.0, after=row["actual_after"] or 0.0
        )
    if row["units_after"] is not None:
        return text(
            "{was} of {were} units → {met} of {count}",
            was=row["units_met_before"] or 0, were=row["units_before"] or 0,
            met=row["units_met_after"] or 0, count=row["units_after"],
        )  # fmt: skip
    if row["share_before"] is None or row["share_after"] is None:
        return text("cannot be judged")
    return text("{before:.1%} → {after:.1%}", before=row["share_before"], after=row["share_after"])


def _verdicts(row: Mapping[str, Any]) -> Text:
    before, after = (VERDICT_WORDS[row[f"verdict_{when}"] or None] for when in ("before", "after"))
    return after if before is after else text("{before} → {after}", before=before, after=after)


def _farther(row: Mapping[str, Any]) -> list[Text]:
    """In the rule's own measure, and on foot; nothing of rules without a distance."""
    said = []
    if row["check"] == "radius" and row["worse_off"]:
        said.append(
            text(
                "farther in a straight line: {worse:,.0f} (by {metres:,.0f} m on average)",
                worse=row["worse_off"],
                metres=row["worse_m"],
            )
        )
    if row["walk_worse_off"]:
        said.append(
            text(
                "farther on foot: {worse:,.0f} (by {metres:,.0f} m on average)",
                worse=row["walk_worse_off"],
                metres=row["walk_worse_m"],
            )
        )
    return said
