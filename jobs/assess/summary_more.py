"""Isochrones, scenarios and comparisons in a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.text import Text, text, text_from_json
from coverage.model.standard import Standard
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
    """Rule by rule: shares before and after, who gains, who loses, who walks farther."""
    rows = [row for row in found["rules"] if row["check"] in ("radius", "walk", "units")]
    first = tr(text("{before} → {after}", before=found["before"], after=found["after"]))
    return [first, *(tr(_change(row, standard)) for row in rows)]


def _change(row: Mapping[str, Any], standard: Standard) -> Text:
    return text(
        "{rule}: {before:.1%} → {after:.1%}; gained {gained:,.0f}, lost {lost:,.0f}, "
        "worse off {worse:,.0f} (by {metres:,.0f} m on average)",
        rule=standard.rule_title(standard.rule(row["rule"])),
        before=row["share_before"] or 0.0,
        after=row["share_after"] or 0.0,
        gained=row["gained"],
        lost=row["lost"],
        worse=row["worse_off"],
        metres=row["worse_m"],
    )
