"""Isochrones, scenarios and comparisons in a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from geo.text import text
from locales import Translator

_MOST: Final = 20


def reach_lines(found: Mapping[str, Any], say: Translator) -> list[str]:
    """Every area: whose, minutes, how large, how many live within."""
    everybody = text("all together")
    lines = [
        say(
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
        lines.append(say(text("… and {count} more in reach.json", count=len(found["areas"]) - _MOST)))
    return lines
