"""Where a running search stands, in one sentence."""

from __future__ import annotations

import math

from core.text import Text, text
from coverage.siting import Progress


def search_words(state: Progress) -> Text:
    """Best plan so far, bound and gap; what is not known yet is left out."""
    found, bound = state.objective, state.bound
    if not math.isfinite(found) or abs(found) > 1e29:
        return text("Searching for {seconds:.0f} s: no plan yet", seconds=state.seconds)
    if not math.isfinite(bound) or abs(bound) > 1e29:
        return text(
            "Searching for {seconds:.0f} s: best so far {found:,.0f}", seconds=state.seconds, found=found
        )
    return text(
        "Searching for {seconds:.0f} s: best so far {found:,.0f}, none can pass {bound:,.0f} (gap {gap:.2%})",
        seconds=state.seconds,
        found=found,
        bound=bound,
        gap=state.gap,
    )
