"""Where a gap is, in words. Light to import: the first page says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.text import Sayable, text


def gap_place(gap: Mapping[str, Any]) -> Sayable:
    """Where a gap (a row of assessment.json) is: the unit that most of its residents live in, and how many
    units it touches where it is not that one alone. A gap that leaves the districts chosen is named after a
    unit in them."""
    if gap.get("crosses"):
        return text("{unit} and across the border of the districts", unit=gap["unit"])
    touched = int(gap.get("units_touched") or 0)
    if not gap["unit"]:
        return text("outside all units")
    if touched < 2:
        return str(gap["unit"])
    return text(
        "{unit} (most residents) and {more} more {more:unit|units}", unit=gap["unit"], more=touched - 1
    )
